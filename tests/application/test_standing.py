"""One call as the log has it: how far it has come, and the version that a decision has to name."""

import pytest

from application.ports import EventStore
from application.standing import Stage, decided_upon, standing_of
from domain import booking, flag, violation, waiting_room
from domain import call as call_decider
from domain.booking.commands import CancelCall
from domain.booking.events import (
    BookingCancelled,
    CallBooked,
    CallRequested,
    CallRequestWithdrawn,
    CallReserved,
)
from domain.call.commands import ResumeCall
from domain.call.events import CallInterrupted, CallPaused, CallResumed
from domain.event import Event
from domain.flag.decisions import UnflagBooking
from domain.flag.events import BookingFlagged, BookingUnflagged
from domain.lifecycle import CallMissed, CallStarted, CallTerminated
from domain.stream import StreamFrozen
from domain.violation import ReviewViolation, ViolationRaised, ViolationReviewed
from domain.waiting_room.commands import AdmitParticipant
from domain.waiting_room.events import WaitingRoomOpened
from tests.application.history import put
from tests.asked import ask
from tests.facts import CALL, fact

BOOKED = (fact(CallRequested, -300), fact(CallBooked, -200))
WAITING = (*BOOKED, fact(WaitingRoomOpened, -100))
LIVE = (*WAITING, fact(CallStarted, 0))
PAUSED = (*LIVE, fact(ViolationRaised, 9), fact(CallPaused, 9))


@pytest.mark.parametrize(
    ("history", "stage"),
    [
        (BOOKED[:1], Stage.REQUESTED),
        (BOOKED, Stage.BOOKED),
        ((*BOOKED[:1], fact(CallRequestWithdrawn, -50)), Stage.GIVEN_UP),
        ((*BOOKED, fact(BookingCancelled, -50)), Stage.GIVEN_UP),
        (WAITING, Stage.WAITING),
        ((*WAITING, fact(CallMissed, 0)), Stage.MISSED),
        (LIVE, Stage.LIVE),
        (PAUSED, Stage.PAUSED),
        ((*PAUSED, fact(CallResumed, 20)), Stage.LIVE),
        ((*LIVE, fact(CallInterrupted, 20)), Stage.INTERRUPTED),
        ((*PAUSED, fact(CallTerminated, 30)), Stage.ENDED),
    ],
    ids=lambda value: str(value) if isinstance(value, Stage) else "",
)
async def test_a_call_is_as_far_as_it_has_come(
    store: EventStore, history: tuple[Event, ...], stage: Stage
) -> None:
    await put(store, *history)
    now = await standing_of(store, CALL)
    assert now is not None
    assert now.stage is stage
    assert now.place.session == "session-1"


async def test_what_is_only_reserved_or_unknown_is_no_call(store: EventStore) -> None:
    await put(store, fact(CallReserved, -300))
    assert await standing_of(store, CALL) is None
    assert await standing_of(store, "nowhere") is None


async def test_flags_and_violations_are_told_until_somebody_has_decided(store: EventStore) -> None:
    await put(store, *PAUSED, fact(BookingFlagged, 10))
    now = await standing_of(store, CALL)
    assert now is not None
    assert (list(now.flags), now.unreviewed, now.cause) == (["flag-1"], ("violation-1",), "unapproved_face")
    await put(store, fact(BookingUnflagged, 11), fact(ViolationReviewed, 12), fact(CallResumed, 13))
    now = await standing_of(store, CALL)
    assert now is not None
    assert (now.flags, now.unreviewed, now.cause) == ({}, (), None)


async def test_the_version_moves_with_what_a_decision_rests_on_and_with_nothing_else(
    store: EventStore,
) -> None:
    await put(store, *LIVE)
    live = await standing_of(store, CALL)
    await put(store, fact(StreamFrozen, 8), fact(CallPaused, 9, call="call-2"))
    same = await standing_of(store, CALL)
    await put(store, fact(CallPaused, 10))
    paused = await standing_of(store, CALL)
    assert live is not None
    assert same == live
    assert paused is not None
    assert paused.version == await store.head() > live.version


def test_the_version_counts_every_fact_that_a_decision_of_staff_reads_of_the_call() -> None:
    decisions = (
        (booking, ask(CancelCall)),
        (waiting_room, ask(AdmitParticipant)),
        (call_decider, ask(ResumeCall)),
        (violation, ask(ReviewViolation)),
        (flag, ask(UnflagBooking)),
    )
    for decider, command in decisions:
        read = {kind for facts in decider.boundary(command) for kind in facts.types}
        assert read <= set(decided_upon())
