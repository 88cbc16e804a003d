"""Who is told what: from an event to the people and the occasion, on both stores."""

from collections.abc import Sequence
from datetime import timedelta
from typing import Any
from uuid import uuid5

import pytest

from application.commands import decider_of
from application.handle import handle
from application.ports import EventStore, Recorded
from application.reactions import Reacts, remind_in_time, tell_people
from domain.appeal import AppealDecided
from domain.booking.events import (
    BookingCancelled,
    BookingChanged,
    CallBooked,
    CallRequestAutoRejected,
    CallRequested,
    CallRequestRejected,
    CallRequestWithdrawn,
    CallReserved,
)
from domain.clearance import Side
from domain.conduct import SanctionImposed, WarningIssued
from domain.contact import Channel, ContactDetailsGiven
from domain.event import Event
from domain.identity import IdentityRejected
from domain.lifecycle import CallCompleted, CallMinutesCredited, CallMissed, CallStarted, CallTerminated
from domain.notification.decisions import TellPeople
from domain.notification.events import NotificationPlanned, Occasion
from domain.policy import Policy, PolicyPublished
from domain.relationship import VisitorLinkRejected
from domain.reminder import RemindOfMissing
from domain.standby import StandbyJoined, StandbyOffered
from domain.waiting_room.events import ParticipantArrived, WaitingRoomOpened
from tests.application.history import everything, put
from tests.facts import CALL, NOON, PRISONER, VISITOR, fact
from tests.stores import context

asked = fact(CallRequested, -9 * 86_400, for_staff=("policy",), decide_by=NOON - timedelta(days=3))
booked = fact(CallBooked, -8 * 86_400)


async def _recorded(store: EventStore, *history: Event) -> Recorded[Any]:
    """The last event of a history, as the log gives it to a reaction."""
    await put(store, *history)
    return (await everything(store))[-1]


async def _commands(reaction: Reacts, recorded: Recorded[Any], store: EventStore) -> Sequence[Any]:
    return [follows.command for follows in await reaction.react(recorded, store)]


async def _told(store: EventStore, *history: Event) -> dict[Occasion, TellPeople]:
    """What the last event of a history gives to tell."""
    recorded = await _recorded(store, *history)
    commands = await _commands(tell_people, recorded, store)
    assert all(command.event == recorded.id for command in commands)
    return {command.occasion: command for command in commands}


@pytest.mark.parametrize(
    ("event", "occasion"),
    [
        (asked, Occasion.CALL_REQUESTED),
        (booked, Occasion.CALL_BOOKED),
        (fact(CallRequestRejected), Occasion.REQUEST_REJECTED),
        (fact(CallRequestAutoRejected), Occasion.REQUEST_LAPSED),
        (fact(CallRequestWithdrawn), Occasion.REQUEST_WITHDRAWN),
        (fact(BookingCancelled), Occasion.CALL_CANCELLED),
    ],
)
async def test_what_happens_to_a_call_is_told_to_its_visitors_and_whoever_asked(
    store: EventStore, event: Event, occasion: Occasion
) -> None:
    wish = asked.model_copy(update={"requested_by": "visitor-2"})
    history = [] if event is asked else [wish]
    told = await _told(store, *history, event)
    assert list(told) == [occasion]
    command = told[occasion]
    assert set(command.people) == ({VISITOR} if event is asked else {VISITOR, "visitor-2"})
    assert (command.call, command.said.starts_at, command.said.zone) == (CALL, NOON, "Europe/London")


async def test_what_a_rule_approved_at_once_is_told_once(store: EventStore) -> None:
    assert await _told(store, fact(CallRequested)) == {}


async def test_children_are_not_written_to(store: EventStore) -> None:
    family = fact(CallBooked, visitors=(VISITOR, "child-1"), children=("child-1",))
    assert (await _told(store, family))[Occasion.CALL_BOOKED].people == (VISITOR,)


async def test_a_change_is_told_to_who_stayed_who_came_and_who_was_taken_off(store: EventStore) -> None:
    before = fact(CallBooked, visitors=(VISITOR, "visitor-2"))
    change = fact(BookingChanged, visitors=(VISITOR, "visitor-3"), changed=("people",))
    told = await _told(store, asked, before, change)
    assert {occasion: command.people for occasion, command in told.items()} == {
        Occasion.CALL_CHANGED: (VISITOR,),
        Occasion.CALL_BOOKED: ("visitor-3",),
        Occasion.TAKEN_OFF: ("visitor-2",),
    }
    assert told[Occasion.CALL_CHANGED].said.was_at is None


async def test_a_change_of_time_says_when_it_was_to_be(store: EventStore) -> None:
    told = await _told(store, asked, booked, fact(BookingChanged))
    assert told[Occasion.CALL_CHANGED].said.was_at == NOON - timedelta(days=1)


async def test_a_change_on_which_staff_decide_again_is_told_as_undecided(store: EventStore) -> None:
    told = await _told(store, asked, booked, fact(BookingChanged, booked=False))
    assert list(told) == [Occasion.CHANGE_UNDECIDED]


async def test_an_entry_in_a_calendar_changes_with_each_change_of_the_call(store: EventStore) -> None:
    history: list[Event] = [asked]
    changes = []
    for event in (booked, fact(BookingChanged), booked, fact(BookingCancelled)):
        history.append(event)
        recorded = await _recorded(store, *(history if len(history) == 2 else history[-1:]))
        (command,) = await _commands(tell_people, recorded, store)
        changes.append(command.said.changes)
    assert changes == [0, 1, 2, 3]


async def test_what_happened_later_is_not_told_when_the_log_is_followed_again(store: EventStore) -> None:
    first = await _recorded(store, asked, booked)
    before = await _commands(tell_people, first, store)
    await put(store, fact(BookingChanged), fact(BookingCancelled))
    assert await _commands(tell_people, first, store) == before


async def test_a_free_place_is_offered_to_whoever_waited_for_it(store: EventStore) -> None:
    joined, reserved = fact(StandbyJoined, person="visitor-2"), fact(CallReserved)
    told = await _told(store, joined, reserved, fact(StandbyOffered, expires_at=NOON - timedelta(hours=2)))
    command = told[Occasion.PLACE_OFFERED]
    assert (command.people, command.said.starts_at) == (("visitor-2",), NOON)
    assert command.said.until == NOON - timedelta(hours=2)


@pytest.mark.parametrize("end", [fact(CallCompleted, 1800), fact(CallTerminated, 60), fact(CallMissed, 600)])
async def test_after_a_call_its_visitors_get_a_receipt(store: EventStore, end: Event) -> None:
    arrived = fact(ParticipantArrived, -200, side=Side.VISITOR)
    begun = () if isinstance(end, CallMissed) else (fact(CallStarted),)
    told = await _told(store, asked, booked, fact(WaitingRoomOpened, -900), arrived, *begun, end)
    attended = told[Occasion.JOIN_RECEIPT].said.attendance
    assert attended is not None
    assert attended.visitor.arrived_at == arrived.at
    assert Side.VISITOR not in attended.absent


async def test_what_was_given_back_together_with_the_end_is_on_the_receipt(store: EventStore) -> None:
    await put(store, asked, booked, fact(CallStarted))
    await put(store, fact(CallCompleted, 1800), fact(CallMinutesCredited, 1800, seconds=90))
    done = (await everything(store))[-2]
    (command,) = await _commands(tell_people, done, store)
    assert command.said.attendance.credited_s == 90


async def test_an_identity_that_was_not_confirmed_is_told_to_the_person_alone(store: EventStore) -> None:
    command = (await _told(store, fact(IdentityRejected)))[Occasion.IDENTITY_REJECTED]
    assert (command.people, command.call, command.said.because) == ((VISITOR,), None, "photo_unclear")


async def test_a_link_that_was_not_approved_is_told_to_whoever_asked_for_it(store: EventStore) -> None:
    command = (await _told(store, fact(VisitorLinkRejected, booker="booker-1")))[Occasion.LINK_REJECTED]
    assert (command.people, command.call) == (("booker-1",), None)
    assert command.said.because == "details_differ"


async def test_following_the_log_again_plans_nothing_twice(store: EventStore) -> None:
    await put(store, fact(ContactDetailsGiven, -99, channels=(Channel.EMAIL,)))
    recorded = await _recorded(store, asked, booked)
    for _ in range(2):
        for number, command in enumerate(await _commands(tell_people, recorded, store)):
            cmd = uuid5(recorded.id, f"{tell_people.NAME}/{number}")
            await handle(store, decider_of(command), command, context(cmd))
    planned = [each.event for each in await everything(store) if isinstance(each.event, NotificationPlanned)]
    assert [(event.person, event.occasion) for event in planned] == [(VISITOR, Occasion.CALL_BOOKED)]


async def test_people_in_prison_and_staff_are_not_written_to(store: EventStore) -> None:
    by_prisoner = fact(CallRequested, requested_by=PRISONER)
    recorded = await _recorded(store, by_prisoner, booked)
    (command,) = await _commands(tell_people, recorded, store)
    handled = await handle(store, decider_of(command), command, context())
    assert PRISONER in command.people
    assert list(handled.events) == []


# The reminder


@pytest.mark.parametrize("event", [asked, booked, fact(BookingChanged, -8 * 86_400)])
async def test_some_days_before_the_call_it_is_looked_at_what_is_missing(
    store: EventStore, event: Event
) -> None:
    await put(store, fact(PolicyPublished, -99 * 86_400))
    (follows,) = await remind_in_time.react(await _recorded(store, event), store)
    assert isinstance(follows.command, RemindOfMissing)
    assert follows.due_at == NOON - timedelta(days=3)


async def test_a_call_that_is_near_is_looked_at_at_once(store: EventStore) -> None:
    await put(store, fact(PolicyPublished, -99 * 86_400))
    (follows,) = await remind_in_time.react(await _recorded(store, fact(CallBooked, -3600)), store)
    assert follows.due_at == NOON - timedelta(hours=1)


async def test_a_prison_may_do_without_reminders(store: EventStore) -> None:
    document = Policy().merged({"notifications": {"reminder_days": 0}}).document()
    await put(store, fact(PolicyPublished, -99 * 86_400, document=document))
    assert await remind_in_time.react(await _recorded(store, booked), store) == []


@pytest.mark.parametrize(
    ("event", "occasion", "because"),
    [
        (fact(WarningIssued), Occasion.SANCTIONED, None),
        (fact(SanctionImposed), Occasion.SANCTIONED, None),
        (fact(AppealDecided), Occasion.APPEAL_DECIDED, "upheld"),
    ],
)
async def test_what_was_decided_about_somebody_is_told_to_them_alone(
    store: EventStore, event: Event, occasion: Occasion, because: str | None
) -> None:
    family = asked.model_copy(update={"visitors": (VISITOR, "visitor-2"), "requested_by": "visitor-3"})
    told = await _told(store, family, booked, event)
    assert list(told) == [occasion]
    assert told[occasion].people == (VISITOR,)
    assert (told[occasion].said.because, told[occasion].said.starts_at) == (because, NOON)
