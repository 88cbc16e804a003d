"""The declaration: who confirms which words, that nobody joins without it, and that it is remembered."""

import pytest

from domain import waiting_room
from domain.booking.events import BookingCancelled, BookingChanged, CallBooked
from domain.clearance import Side
from domain.policy import Policy, PolicyPublished
from domain.texts import Language
from domain.waiting_room.commands import ArriveParticipant, MakeDeclaration, OpenWaitingRoom
from domain.waiting_room.declaring import owes_declaration
from domain.waiting_room.events import (
    CommunicationsCompactAcknowledged,
    DeclarationMade,
    ParticipantArrived,
    WaitingRoomOpened,
)
from domain.waiting_room.state import evolve, initial
from tests.asked import ask
from tests.facts import NOON, PRISONER, VISITOR, fact
from tests.scenario import given

booked = fact(CallBooked, -86_400)
opened = fact(WaitingRoomOpened, -900, declaration=True)
held = {"side": Side.PRISONER, "person": PRISONER}


def test_nobody_joins_before_they_confirmed_the_rules() -> None:
    given(waiting_room, booked, opened).when(ask(ArriveParticipant)).then_refused("declaration_missing")
    declared = fact(DeclarationMade, -60)
    given(waiting_room, booked, opened, declared).when(ask(ArriveParticipant)).then(fact(ParticipantArrived))


def test_what_one_person_confirmed_lets_nobody_else_in() -> None:
    family = fact(CallBooked, -86_400, visitors=(VISITOR, "visitor-2"))
    both = opened.visitor.model_copy(update={"persons": (VISITOR, "visitor-2")})
    room = opened.model_copy(update={"visitor": both})
    other = ask(ArriveParticipant, person="visitor-2")
    given(waiting_room, family, room, fact(DeclarationMade, -60)).when(other).then_refused(
        "declaration_missing"
    )


def test_it_is_remembered_when_somebody_comes_back() -> None:
    here = [booked, opened, fact(DeclarationMade, -60), fact(ParticipantArrived, -50)]
    given(waiting_room, *here).when(ask(ArriveParticipant, 20)).then_nothing()
    given(waiting_room, *here).when(ask(MakeDeclaration, 20)).then_nothing()


def test_a_call_of_before_the_rules_were_asked_for_is_joined_without() -> None:
    old = fact(WaitingRoomOpened, -900)
    given(waiting_room, booked, old).when(ask(ArriveParticipant)).then(fact(ParticipantArrived))


@pytest.mark.parametrize("asks", [True, False])
def test_the_policy_decides_whether_it_is_asked_for(asks: bool) -> None:
    document = Policy().merged({"waiting_room": {"declaration": asks}}).document()
    published = fact(PolicyPublished, -99_000, document=document)
    (room,) = given(waiting_room, booked, published).when(ask(OpenWaitingRoom, -900)).outcome()
    assert isinstance(room, WaitingRoomOpened)
    assert room.declaration is asks
    early = evolve(evolve(initial, booked), published)
    assert owes_declaration(early, VISITOR, NOON) is asks


def test_the_rules_may_be_confirmed_before_the_room_opens() -> None:
    given(waiting_room, booked).when(ask(MakeDeclaration, -3600)).then(fact(DeclarationMade, -3600))


def test_somebody_in_prison_also_says_that_staff_told_them_of_the_compact() -> None:
    given(waiting_room, booked, opened).when(ask(MakeDeclaration, **held)).then_refused("compact_untold")
    told = ask(MakeDeclaration, **held, language=Language.CY, told_by_staff=True)
    given(waiting_room, booked, opened).when(told).then(
        fact(DeclarationMade, **held, language=Language.CY), fact(CommunicationsCompactAcknowledged)
    )


def test_words_that_are_no_longer_the_newest_are_not_confirmed() -> None:
    old = ask(MakeDeclaration, text_version="0")
    given(waiting_room, booked, opened).when(old).then_refused("declaration_outdated")


def test_nobody_confirms_the_rules_of_a_call_they_are_not_on() -> None:
    stranger = ask(MakeDeclaration, person="visitor-9")
    given(waiting_room, booked, opened).when(stranger).then_refused("not_on_call")
    given(waiting_room, booked).when(stranger).then_refused("not_on_call")


@pytest.mark.parametrize(
    "over",
    [(), (booked, fact(BookingCancelled, -60)), (booked, fact(BookingChanged, -60, booked=False))],
    ids=["unknown", "cancelled", "undecided"],
)
def test_a_call_that_is_not_booked_has_no_rules_to_confirm(over: tuple[CallBooked, ...]) -> None:
    given(waiting_room, *over).when(ask(MakeDeclaration)).then_refused("call_unknown")
