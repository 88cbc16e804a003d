"""Staff say something of a fixed list while somebody may be before a page of the call."""

import pytest

from api.web import texts
from api.web.texts import Language
from domain import message
from domain.booking.events import BookingCancelled
from domain.clearance import Side
from domain.event import Event
from domain.lifecycle import CallCompleted, CallMissed, CallTerminated
from domain.message import Canned, SendMessage, StaffMessageSent
from domain.texts import message_text
from domain.waiting_room.events import WaitingRoomOpened
from tests.asked import ask
from tests.facts import fact
from tests.scenario import given

opened = fact(WaitingRoomOpened, -900)


def test_an_officer_says_something_to_one_side() -> None:
    given(message, opened).when(ask(SendMessage)).then(fact(StaffMessageSent))


def test_a_message_to_both_sides_is_one_message() -> None:
    both = ask(SendMessage, to=(Side.VISITOR, Side.PRISONER))
    given(message, opened).when(both).then(fact(StaffMessageSent, to=(Side.PRISONER, Side.VISITOR)))


def test_the_same_may_be_said_twice() -> None:
    again = ask(SendMessage, message="message-2")
    given(message, opened, fact(StaffMessageSent)).when(again).then(
        fact(StaffMessageSent, message="message-2")
    )


def test_nobody_reads_anything_before_the_waiting_room_is_open() -> None:
    given(message).when(ask(SendMessage)).then_refused("waiting_room_closed")


@pytest.mark.parametrize(
    "over", [fact(CallCompleted), fact(CallTerminated), fact(CallMissed), fact(BookingCancelled)]
)
def test_nothing_is_said_when_the_call_is_over(over: Event) -> None:
    given(message, opened, over).when(ask(SendMessage)).then_refused("call_over")


@pytest.mark.parametrize("canned", Canned)
@pytest.mark.parametrize("language", Language)
def test_each_message_is_a_sentence_in_each_language(canned: Canned, language: Language) -> None:
    said = texts.text(language, message_text(canned))
    assert said[0].isupper()
    assert said.endswith(".")
