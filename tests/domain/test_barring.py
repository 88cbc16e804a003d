"""A barred face: asked for by one person, signed by another, for a time, on a short list of one person in prison."""

import pytest

from domain import barring
from domain.barring.commands import ApproveBarred, LapseBarred, ProposeBarred, RejectBarred, RemoveBarred
from domain.barring.events import (
    BarredFaceApproved,
    BarredFaceProposed,
    BarredFaceRejected,
    BarredFaceRemoved,
    OverBecause,
)
from domain.barring.state import Entry, Stands, on_call, with_fact
from domain.event import Event
from domain.person import PersonKind, PersonRegistered
from domain.policy import Policy, PolicyPublished
from domain.prisoner.events import PrisonerReceived, PrisonerTransferred
from tests.asked import ask
from tests.facts import BARRED, GOVERNOR, NOON, OFFICER, PRISON, PRISONER, fact
from tests.scenario import given

DAY_S = 86_400
END = 30 * DAY_S
HELD: tuple[Event, ...] = (
    fact(PolicyPublished, -99_000),
    fact(PersonRegistered, -90_000, person=PRISONER, kind=PersonKind.PRISONER),
    fact(PrisonerReceived, -90_000),
)
proposed = fact(BarredFaceProposed, -60)
signed = fact(BarredFaceApproved)


def test_one_person_proposes_and_another_signs_for_the_days_that_were_asked() -> None:
    given(barring, *HELD).when(ask(ProposeBarred)).then(fact(BarredFaceProposed))
    given(barring, proposed).when(ask(ApproveBarred)).then(signed)


def test_nobody_signs_or_refuses_what_they_proposed_themselves() -> None:
    given(barring, proposed).when(ask(ApproveBarred, approved_by=OFFICER)).then_refused("second_person")
    given(barring, proposed).when(ask(RejectBarred, rejected_by=OFFICER)).then_refused("second_person")


def test_what_is_not_signed_is_over() -> None:
    refused = fact(BarredFaceRejected)
    given(barring, proposed).when(ask(RejectBarred)).then(refused)
    given(barring, proposed, refused).when(ask(ApproveBarred)).then_refused("barred_decided")
    given(barring, proposed, refused).when(ask(RemoveBarred)).then_nothing()


def test_one_person_alone_takes_it_off_also_before_it_is_signed() -> None:
    off = fact(BarredFaceRemoved)
    given(barring, proposed, signed).when(ask(RemoveBarred)).then(off)
    given(barring, proposed).when(ask(RemoveBarred)).then(off)
    given(barring, proposed, off).when(ask(ApproveBarred)).then_refused("barred_decided")
    given(barring, proposed, signed, off).when(ask(RemoveBarred)).then_nothing()


def test_its_end_is_noted_once_and_not_before_its_time() -> None:
    lapsed = fact(BarredFaceRemoved, END, because=OverBecause.LAPSED, removed_by=None, reason=None)
    given(barring, proposed, signed).when(ask(LapseBarred, END - 1)).then_nothing()
    given(barring, proposed, signed).when(ask(LapseBarred, END)).then(lapsed)
    given(barring, proposed, signed, lapsed).when(ask(LapseBarred, END)).then_nothing()
    given(barring, proposed).when(ask(LapseBarred, END)).then_nothing()


@pytest.mark.parametrize(
    ("changes", "rule"),
    [
        ({"days": 0}, "barred_too_long"),
        ({"days": 91}, "barred_too_long"),
        ({"who": " "}, "reason_missing"),
        ({"necessity": ""}, "reason_missing"),
    ],
)
def test_a_proposal_says_who_why_and_for_how_long(changes: dict[str, object], rule: str) -> None:
    given(barring, *HELD).when(ask(ProposeBarred, **changes)).then_refused(rule)


def test_the_days_are_the_policys() -> None:
    short = fact(
        PolicyPublished, -98_000, document=Policy().merged({"people": {"barred_days_max": 7}}).document()
    )
    given(barring, *HELD[1:], short).when(ask(ProposeBarred, days=8)).then_refused("barred_too_long")


def test_it_is_about_somebody_whom_this_prison_holds() -> None:
    gone = fact(PrisonerTransferred, -80_000)
    given(barring, *HELD, gone).when(ask(ProposeBarred)).then_refused("prisoner_elsewhere")
    given(barring, *HELD[:1]).when(ask(ProposeBarred)).then_refused("prisoner_elsewhere")


def test_the_list_of_one_person_is_short_and_what_is_over_does_not_count() -> None:
    many = tuple(fact(BarredFaceProposed, -60, barred=f"barred-{n}") for n in range(2, 7))
    given(barring, *HELD, *many).when(ask(ProposeBarred)).then_refused("barred_enough")
    off = fact(BarredFaceRemoved, -50, barred="barred-3")
    given(barring, *HELD, *many, off).when(ask(ProposeBarred)).then(fact(BarredFaceProposed))


def test_an_entry_of_another_prison_is_not_known_here() -> None:
    given(barring, proposed).when(ask(ApproveBarred, prison="LEI")).then_refused("barred_unknown")
    given(barring).when(ask(RemoveBarred)).then_refused("barred_unknown")


def test_a_call_compares_with_what_is_in_force_at_its_prison_and_with_nothing_else() -> None:
    elsewhere = proposed.model_copy(update={"barred": "barred-2", "prison": "LEI"})
    also = signed.model_copy(update={"barred": "barred-2", "prison": "LEI"})
    waiting = proposed.model_copy(update={"barred": "barred-3"})
    known: dict[str, Entry] = {}
    for event in (proposed, signed, elsewhere, also, waiting):
        known = dict(with_fact(known, event))
    assert [entry.id for entry in on_call(known, PRISON, NOON)] == [BARRED]
    assert on_call(known, PRISON, signed.until) == (), "from that moment on, whether or not anybody noted it"
    assert known[BARRED].stands(signed.until) is Stands.LAPSED
    assert known["barred-3"].stands(signed.until) is Stands.PROPOSED


def test_both_people_are_on_record() -> None:
    assert (proposed.proposed_by, signed.approved_by) == (OFFICER, GOVERNOR)
