"""A fact changes under a call: it is flagged, by whatever changed, and unflagged when the cause is gone."""

from collections.abc import Sequence
from datetime import date, timedelta
from typing import Any
from uuid import uuid5

import pytest

from application.commands import decider_of
from application.handle import handle
from application.ports import EventStore
from application.reactions import flag_bookings, reject_in_time
from domain import booking, flag
from domain.booking.commands import AutoRejectCall
from domain.booking.events import BookingChanged, CallBooked, CallRequestAutoRejected, CallRequested
from domain.clearance import Side
from domain.conduct import SanctionImposed, SanctionLifted
from domain.event import Event
from domain.flag.decisions import FlagBooking
from domain.flag.events import BookingFlagged, BookingUnflagged, FlagKind
from domain.lifecycle import CallStarted
from domain.person import PersonRegistered
from domain.prisoner.events import (
    AlertChanged,
    AlertCleared,
    AlertRaised,
    AppointmentCancelled,
    AppointmentRecorded,
    NonAssociationClosed,
    NonAssociationRecorded,
    PrisonerMerged,
    PrisonerProfileChanged,
    PrisonerReceived,
    PrisonerReleased,
    PrisonerTransferred,
)
from domain.relationship import RelationshipApproved, VisitorUnapproved
from domain.restriction import RestrictionLifted, RestrictionPlaced
from domain.timetable.events import (
    BlockScope,
    CallType,
    DateBlocked,
    DateUnblocked,
    DeviceWithdrawn,
    SessionTemplatePublished,
    SessionTemplateRetired,
)
from tests.application.history import everything, put
from tests.asked import ON_MONDAY
from tests.bookings import AHEAD, DAY, MONDAY, another
from tests.facts import CALL, DEVICE, NOON, PRISON, PRISONER, TEMPLATE, VISITOR, fact, recorded
from tests.stores import context

BEFORE = -2 * DAY  # when the fact changes: two days before the call
PLACE: dict[str, Any] = {
    "session": ON_MONDAY,
    "device": DEVICE,
    "device_day": (f"{DEVICE}/2026-11-23",),
}
BOOKED = [
    fact(PersonRegistered, -40 * DAY),
    fact(SessionTemplatePublished, -40 * DAY),
    fact(CallRequested, AHEAD, **PLACE),
    fact(CallBooked, AHEAD, **PLACE),
]
TOGETHER = another(CallBooked, session="session-2")  # of prisoner-2, on the same day


async def flagged_by(store: EventStore, *facts: Event) -> list[Event]:
    """What is flagged and unflagged when these facts become known, one after the other."""
    for event in facts:
        position = await put(store, event)
        entry = recorded(position, event)
        for index, follows in enumerate(await flag_bookings.react(entry, store)):
            cmd = uuid5(entry.id, f"{index}")
            await handle(store, decider_of(follows.command), follows.command, context(cmd))
    return [
        e.event for e in await everything(store) if isinstance(e.event, BookingFlagged | BookingUnflagged)
    ]


CHANGES: Sequence[tuple[FlagKind, Event, Event | None]] = (
    (FlagKind.PRISONER_RELEASED, fact(PrisonerReleased, BEFORE), fact(PrisonerReceived, BEFORE + 60)),
    (FlagKind.PRISONER_TRANSFERRED, fact(PrisonerTransferred, BEFORE), fact(PrisonerReceived, BEFORE + 60)),
    (FlagKind.PRISONER_RECEIVED, fact(PrisonerReceived, BEFORE, prison="LEI"), None),
    (FlagKind.PRISONER_MERGED, fact(PrisonerMerged, BEFORE, removed=PRISONER, kept="prisoner-9"), None),
    (FlagKind.PRISONER_PROFILE_CHANGED, fact(PrisonerProfileChanged, BEFORE), None),
    (FlagKind.PRISONER_ALERTS_UPDATED, fact(AlertRaised, BEFORE), fact(AlertCleared, BEFORE + 60)),
    (FlagKind.PRISONER_ALERTS_UPDATED, fact(AlertChanged, BEFORE), fact(AlertCleared, BEFORE + 60)),
    (
        FlagKind.RELATIONSHIP_RESTRICTION,
        fact(RestrictionPlaced, BEFORE),
        fact(RestrictionLifted, BEFORE + 60),
    ),
    (
        FlagKind.VISITOR_RESTRICTION,
        fact(RestrictionPlaced, BEFORE, prisoner=None),
        fact(RestrictionLifted, BEFORE + 60, prisoner=None),
    ),
    (FlagKind.VISITOR_UNAPPROVED, fact(VisitorUnapproved, BEFORE), fact(RelationshipApproved, BEFORE + 60)),
    (FlagKind.VISITOR_SANCTIONED, fact(SanctionImposed, BEFORE), fact(SanctionLifted, BEFORE + 60)),
    (
        FlagKind.PRISONER_SANCTIONED,
        fact(SanctionImposed, BEFORE, person=PRISONER, side=Side.PRISONER),
        fact(SanctionLifted, BEFORE + 60, person=PRISONER),
    ),
    (FlagKind.PRISON_DATE_BLOCKED, fact(DateBlocked, BEFORE), fact(DateUnblocked, BEFORE + 60)),
    (
        FlagKind.SESSION_DATE_BLOCKED,
        fact(DateBlocked, BEFORE, scope=BlockScope.SESSION, template=TEMPLATE),
        fact(DateUnblocked, BEFORE + 60, scope=BlockScope.SESSION, template=TEMPLATE),
    ),
    (FlagKind.SESSION_DATE_BLOCKED, fact(SessionTemplateRetired, BEFORE, from_day=MONDAY), None),
    (
        FlagKind.HIGHER_PRIORITY_APPOINTMENT,
        fact(AppointmentRecorded, BEFORE),
        fact(AppointmentCancelled, BEFORE + 60),
    ),
    (FlagKind.DEVICE_WITHDRAWN, fact(DeviceWithdrawn, BEFORE), None),
)


@pytest.mark.parametrize(
    ("kind", "change", "end"), CHANGES, ids=[f"{k}-{type(c).__name__}" for k, c, _ in CHANGES]
)
async def test_a_booked_call_is_flagged_and_unflagged(
    store: EventStore, kind: FlagKind, change: Event, end: Event | None
) -> None:
    await put(store, *BOOKED)
    (flagged,) = await flagged_by(store, change)
    assert isinstance(flagged, BookingFlagged)
    assert (flagged.call, flagged.kind, flagged.during_call) == (CALL, kind, False)
    if end is not None:
        _, unflagged = await flagged_by(store, end)
        assert isinstance(unflagged, BookingUnflagged)
        assert (unflagged.flag, unflagged.cleared_by) == (flagged.flag, None)


async def test_two_who_must_be_kept_apart_are_both_flagged_on_a_day_they_share(store: EventStore) -> None:
    await put(store, *BOOKED, TOGETHER)
    flagged = await flagged_by(store, fact(NonAssociationRecorded, BEFORE))
    assert {(one.call, one.kind) for one in flagged if isinstance(one, BookingFlagged)} == {
        (CALL, FlagKind.NON_ASSOCIATION),
        ("call-2", FlagKind.NON_ASSOCIATION),
    }
    changed = await flagged_by(store, fact(NonAssociationClosed, BEFORE + 60))
    assert [type(one) for one in changed] == [BookingFlagged] * 2 + [BookingUnflagged] * 2


def test_every_kind_of_flag_is_raised_by_some_fact() -> None:
    assert {kind for kind, _, _ in CHANGES} | {FlagKind.NON_ASSOCIATION} == set(FlagKind)
    assert len(FlagKind) == 16


async def test_a_sanction_flags_only_the_calls_of_its_days_and_of_a_person_in_prison_the_social_ones(
    store: EventStore,
) -> None:
    await put(store, *BOOKED)
    before = fact(SanctionImposed, BEFORE, first=MONDAY - timedelta(days=7), last=MONDAY - timedelta(days=1))
    assert not await flagged_by(store, before)
    legal = fact(CallBooked, BEFORE, call="call-7", call_type=CallType.LEGAL)
    await put(store, legal)
    theirs = fact(SanctionImposed, BEFORE, person=PRISONER, side=Side.PRISONER)
    assert [getattr(one, "call", None) for one in await flagged_by(store, theirs)] == [CALL]


NEXT_DAY: dict[str, Any] = {
    "session": f"{TEMPLATE}.2026-11-24",
    "starts_at": NOON + timedelta(days=1),
    "device": "device-2",
    "device_day": ("device-2/2026-11-24",),
    "visitor_day": (f"{VISITOR}/2026-11-24",),
}
MOVED = fact(BookingChanged, BEFORE - 60, **NEXT_DAY, left=tuple(sorted(fact(CallBooked, **PLACE).tags())))


@pytest.mark.parametrize(
    "change",
    [
        fact(DateBlocked, BEFORE),
        fact(DateBlocked, BEFORE, scope=BlockScope.SESSION, template=TEMPLATE),
        fact(DeviceWithdrawn, BEFORE),
    ],
    ids=["its old day is blocked", "its old session is blocked", "its old room is withdrawn"],
)
async def test_a_call_that_has_moved_away_is_not_flagged(store: EventStore, change: Event) -> None:
    await put(store, *BOOKED, MOVED)
    assert await flagged_by(store, change) == []


async def test_a_call_that_was_flagged_before_it_moved_away_is_unflagged_with_its_old_day(
    store: EventStore,
) -> None:
    await put(store, *BOOKED)
    await flagged_by(store, fact(DateBlocked, BEFORE - 120))
    await put(store, MOVED)
    changed = await flagged_by(store, fact(DateUnblocked, BEFORE))
    assert [type(one).__name__ for one in changed] == ["BookingFlagged", "BookingUnflagged"]


@pytest.mark.parametrize(
    "change",
    [
        fact(RestrictionPlaced, BEFORE, first=date(2026, 11, 24)),
        fact(RestrictionPlaced, BEFORE, last=date(2026, 11, 22)),
        fact(RestrictionPlaced, BEFORE, prisoner="prisoner-2"),
        fact(AlertRaised, BEFORE, code="HA"),
        fact(PrisonerReleased, BEFORE, person="prisoner-2"),
        fact(AppointmentRecorded, BEFORE, minutes=30, starts_at=NOON.replace(hour=11, minute=30)),
        fact(DateBlocked, BEFORE, day=date(2026, 11, 24)),
        fact(SessionTemplateRetired, BEFORE, from_day=date(2026, 11, 24)),
        fact(PrisonerReceived, BEFORE),
        fact(PrisonerReleased, DAY),
    ],
    ids=[
        "a ban from the day after",
        "a ban until the day before",
        "a ban with somebody else",
        "an alert that asks nobody",
        "somebody else",
        "an appointment that ends when the call begins",
        "another day",
        "a template retired afterwards",
        "received where the call is held",
        "a call that is over",
    ],
)
async def test_what_does_not_concern_a_call_does_not_flag_it(store: EventStore, change: Event) -> None:
    await put(store, *BOOKED)
    assert await flagged_by(store, change) == []


async def test_a_fact_that_comes_during_the_call_asks_for_a_decision_at_once(store: EventStore) -> None:
    await put(store, *BOOKED, fact(CallStarted))
    (flagged,) = await flagged_by(store, fact(RestrictionPlaced, 60))
    assert isinstance(flagged, BookingFlagged)
    assert flagged.during_call


async def test_the_same_fact_flags_once(store: EventStore) -> None:
    await put(store, *BOOKED)
    change = fact(AlertRaised, BEFORE)
    await flagged_by(store, change)
    entry = recorded(90, change)
    (again,) = await flag_bookings.react(entry, store)
    assert isinstance(again.command, FlagBooking)
    assert not (await handle(store, flag, again.command, context())).events


@pytest.mark.parametrize("gone", [PrisonerReleased, PrisonerTransferred])
async def test_a_request_of_somebody_who_is_gone_is_rejected_at_once(
    store: EventStore, gone: type[Event]
) -> None:
    await put(store, fact(CallRequested, AHEAD))
    change: Any = fact(gone, BEFORE)
    (follows,) = await reject_in_time.react(recorded(await put(store, change), change), store)
    assert isinstance(follows.command, AutoRejectCall)
    handled = await handle(store, booking, follows.command, context())
    assert [type(event) for event in handled.events] == [CallRequestAutoRejected]
    assert handled.events[0].prison == PRISON
