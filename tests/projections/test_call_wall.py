"""The wall: what an officer sees of each call, and what stands first."""

from datetime import timedelta
from typing import Any

import pytest

from domain.access import StreamLookedAt
from domain.audio_only import AudioOnlyEntered, AudioOnlyLeft
from domain.booking.events import BookingCancelled
from domain.call.events import (
    CallClosed,
    CallInterrupted,
    CallPaused,
    CallResumed,
    InterruptionOver,
    ParticipantLeft,
    ParticipantRejoined,
    PausedBy,
    PauseEscalated,
    PauseExplained,
)
from domain.clearance import ClearanceMode, Side
from domain.concern import ConcernAssigned, ConcernKind, ConcernRaised
from domain.event import Event
from domain.hint import ClientHintReported, HintKind
from domain.lifecycle import (
    CallCompleted,
    CallExtended,
    CallLocked,
    CallMinutesCredited,
    CallMissed,
    CallStarted,
    CallTerminated,
    CallUnlocked,
)
from domain.moderation.kind import Kind
from domain.mute import MediaKind, StreamMuted, StreamUnmuted
from domain.network import Grade, Way
from domain.policy import CallPolicy
from domain.stream import (
    MediaConnected,
    ModerationLost,
    ModerationRestored,
    QualityDegraded,
    QualityRecovered,
    StreamFrozen,
    StreamReleased,
)
from domain.takeover import JudgingGivenBack, JudgingTakenOver
from domain.violation import ViolationCleared, ViolationRaised, ViolationReviewed
from domain.waiting_room.events import (
    CallHeldForMonitor,
    ClearanceModeSet,
    IdentityChecked,
    IdentityResult,
    MonitorJoined,
    MonitorLeft,
    ParticipantAdmitted,
    ParticipantArrived,
    WaitingRoomOpened,
)
from projections import call_wall
from projections.call_wall import WallCall, WallStatus, call_on_wall, calls_on_wall
from tests.facts import CALL, COUNTED_VISITORS, NOON, OFFICER, PRISON, PRISONER, VISITOR, fact
from tests.projections.conftest import Fill

pytestmark = pytest.mark.postgres

opened = fact(WaitingRoomOpened, -900)
started = fact(CallStarted)
raised = fact(ViolationRaised, 9)
paused = fact(CallPaused, 10)


async def wall_of(fill: Fill, *events: Event) -> WallCall:
    db = await fill(call_wall, events)
    row = await call_on_wall(db, CALL)
    assert row is not None
    return row


async def test_a_call_stands_on_the_wall_when_its_waiting_room_opens(fill: Fill) -> None:
    row = await wall_of(fill, opened)
    assert (row.status, row.since, row.prison) == (WallStatus.WAITING, opened.at, PRISON)
    assert row.persons == {Side.PRISONER: (PRISONER,), Side.VISITOR: (VISITOR,)}
    assert row.modes == dict.fromkeys(Side, ClearanceMode.MATCH)
    assert row.starts_at == NOON
    assert not row.asks_admission


async def test_a_call_without_a_waiting_room_is_not_on_the_wall(fill: Fill) -> None:
    db = await fill(call_wall, [fact(BookingCancelled), fact(ConcernRaised)])
    assert await call_on_wall(db, CALL) is None


async def test_the_wall_shows_who_has_come_and_who_was_let_in(fill: Fill) -> None:
    row = await wall_of(
        fill,
        opened,
        fact(ParticipantArrived, -60, side=Side.PRISONER),
        fact(ParticipantArrived, -50),
        fact(IdentityChecked, -40, result=IdentityResult.UNSURE),
        fact(IdentityChecked, -30),
        fact(ParticipantAdmitted, -30),
        fact(ClearanceModeSet, -30, people=3),
    )
    assert (row.arrived, row.admitted) == ((Side.PRISONER, Side.VISITOR), (Side.VISITOR,))
    assert row.identity == {Side.VISITOR: IdentityResult.MATCH}
    assert row.people == {Side.VISITOR: 3}


async def test_a_side_whose_faces_did_not_match_asks_for_an_officer(fill: Fill) -> None:
    mismatch = fact(IdentityChecked, -40, result=IdentityResult.MISMATCH)
    row = await wall_of(fill, opened, fact(ParticipantArrived, -50), mismatch)
    assert row.asks_admission


async def test_a_side_that_is_only_counted_asks_for_an_officer_when_it_has_arrived(fill: Fill) -> None:
    counted = fact(WaitingRoomOpened, -900, visitor=COUNTED_VISITORS)
    row = await wall_of(fill, counted, fact(ParticipantArrived, -50))
    assert row.asks_admission


async def test_a_call_held_for_a_monitor_waits_again_when_one_joins(fill: Fill) -> None:
    held = fact(CallHeldForMonitor, 5)
    assert (await wall_of(fill, opened, held)).status is WallStatus.HELD_FOR_MONITOR


async def test_a_monitor_who_joins_is_shown_until_he_leaves(fill: Fill) -> None:
    joined = fact(MonitorJoined, 20)
    row = await wall_of(fill, opened, fact(CallHeldForMonitor, 5), joined)
    assert (row.status, row.since, row.monitors) == (WallStatus.WAITING, joined.at, (OFFICER,))


async def test_a_monitor_who_left_is_not_shown(fill: Fill) -> None:
    assert (await wall_of(fill, opened, fact(MonitorJoined, 20), fact(MonitorLeft, 30))).monitors == ()


async def test_a_started_call_is_live_until_its_end_is_known(fill: Fill) -> None:
    row = await wall_of(fill, opened, started, fact(MediaConnected, 1))
    assert (row.status, row.started_at, row.ends_at) == (WallStatus.LIVE, started.at, started.ends_at)


async def test_a_side_that_stands_still_makes_the_call_frozen_with_its_cause(fill: Fill) -> None:
    frozen = fact(StreamFrozen, 8)
    row = await wall_of(fill, opened, started, frozen)
    assert (row.status, row.since, row.cause, row.side) == (
        WallStatus.FROZEN,
        frozen.at,
        "new_face",
        Side.VISITOR,
    )


async def test_of_two_frozen_sides_the_other_is_shown_when_one_goes_on(fill: Fill) -> None:
    other = fact(StreamFrozen, 9, side=Side.PRISONER, cause="head_count")
    row = await wall_of(fill, opened, started, fact(StreamFrozen, 8), other, fact(StreamReleased, 10))
    assert (row.status, row.since, row.side, row.cause) == (
        WallStatus.FROZEN,
        other.at,
        Side.PRISONER,
        "head_count",
    )


async def test_a_call_is_live_again_when_nothing_stands_still(fill: Fill) -> None:
    row = await wall_of(fill, opened, started, fact(StreamFrozen, 8), fact(StreamReleased, 9))
    assert (row.status, row.cause, row.side, row.frozen) == (WallStatus.LIVE, None, None, {})


async def test_a_pause_shows_its_cause_and_the_face_on_which_a_word_is_owed(fill: Fill) -> None:
    coached = fact(ViolationRaised, 5, violation="violation-0", kind=Kind.FACE_ABSENT, track=None)
    row = await wall_of(fill, opened, started, coached, raised, paused)
    assert (row.status, row.since, row.cause, row.for_staff) == (
        WallStatus.PAUSED,
        paused.at,
        "unapproved_face",
        True,
    )
    assert [(v.violation, v.side, v.track) for v in row.violations if v.owed] == [
        ("violation-1", Side.VISITOR, 2)
    ]
    assert row.unreviewed == ("violation-0", "violation-1")


async def test_a_pause_that_is_handed_to_staff_is_the_same_pause(fill: Fill) -> None:
    automatic = fact(CallPaused, 10, for_staff=False)
    row = await wall_of(fill, opened, started, automatic, fact(CallPaused, 30))
    assert (row.since, row.stopped_at, row.for_staff) == (automatic.at, automatic.at, True)


async def test_a_pause_nobody_decided_on_is_escalated(fill: Fill) -> None:
    assert (await wall_of(fill, opened, started, paused, fact(PauseEscalated, 130))).escalated


async def test_a_resumed_call_owes_no_word_any_more_but_its_reviews(fill: Fill) -> None:
    resumed = fact(CallResumed, 30)
    late = [fact(PauseEscalated, 20), fact(PauseExplained, 25)]
    row = await wall_of(fill, opened, started, raised, paused, *late, resumed)
    assert (row.status, row.since, row.stopped_at) == (WallStatus.LIVE, resumed.at, None)
    assert (row.cause, row.for_staff, row.violations) == (None, False, ())
    assert (row.escalated, row.may_leave) == (False, False)
    assert row.unreviewed == ("violation-1",)


async def test_the_wall_says_when_both_sides_know_that_they_may_leave(fill: Fill) -> None:
    assert (await wall_of(fill, opened, started, paused, fact(PauseExplained, 310))).may_leave


async def test_the_wall_shows_once_what_a_device_says_of_itself_and_nothing_stops(fill: Fill) -> None:
    camera = fact(ClientHintReported, 40, kind=HintKind.SECOND_CAMERA)
    row = await wall_of(
        fill, opened, started, fact(ClientHintReported, 5), camera, fact(ClientHintReported, 90)
    )
    assert row.hints == {Side.VISITOR: (HintKind.SCREEN_CAPTURE, HintKind.SECOND_CAMERA)}
    assert (row.status, row.violations) == (WallStatus.LIVE, ())


async def test_a_call_that_was_given_time_ends_later_and_says_by_how_much(fill: Fill) -> None:
    first = fact(CallExtended, 1740)
    second = fact(CallExtended, 1760, seconds=15, ends_at=first.ends_at + timedelta(seconds=15))
    row = await wall_of(fill, opened, started, first, second)
    assert (row.ends_at, row.extended_s) == (started.ends_at + timedelta(seconds=35), 35)


async def test_what_is_credited_does_not_move_the_end(fill: Fill) -> None:
    row = await wall_of(fill, opened, started, fact(CallCompleted, 1800), fact(CallMinutesCredited, 1800))
    assert row.ends_at == started.ends_at


async def test_a_running_call_without_its_monitor_stands_still_until_one_watches(fill: Fill) -> None:
    held = fact(CallHeldForMonitor, 60)
    row = await wall_of(fill, opened, started, fact(MonitorLeft, 60), held, fact(MonitorJoined, 70))
    assert (row.status, row.since, row.stopped_at) == (WallStatus.HELD_FOR_MONITOR, held.at, held.at)
    row = await wall_of(fill, opened, started, held, fact(MonitorJoined, 70), fact(CallResumed, 70))
    assert (row.status, row.stopped_at) == (WallStatus.LIVE, None)


async def test_an_interruption_that_is_over_still_waits_until_the_call_goes_on(fill: Fill) -> None:
    row = await wall_of(fill, opened, started, fact(CallInterrupted, 40), fact(InterruptionOver, 50))
    assert row.status is WallStatus.INTERRUPTED


async def test_a_picture_that_stood_still_before_the_pause_is_frozen_after_it_until_released(
    fill: Fill,
) -> None:
    frozen = fact(StreamFrozen, 8)
    row = await wall_of(fill, opened, started, frozen, paused, fact(CallResumed, 30))
    assert (row.status, row.cause) == (WallStatus.FROZEN, "new_face")


async def test_a_cleared_violation_owes_no_word(fill: Fill) -> None:
    assert (await wall_of(fill, opened, started, raised, fact(ViolationCleared, 12))).violations == ()


async def test_a_reviewed_violation_waits_for_no_review(fill: Fill) -> None:
    assert (await wall_of(fill, opened, started, raised, fact(ViolationReviewed, 99))).unreviewed == ()


async def test_an_interrupted_call_shows_who_is_away_and_until_when_they_may_rejoin(fill: Fill) -> None:
    interrupted = fact(CallInterrupted, 40)
    row = await wall_of(fill, opened, started, fact(ParticipantLeft, 40), interrupted)
    assert (row.status, row.away, row.rejoin_until) == (
        WallStatus.INTERRUPTED,
        (Side.VISITOR,),
        interrupted.rejoin_until,
    )


async def test_an_officers_pause_during_an_interruption_waits_for_its_end(fill: Fill) -> None:
    interrupted = fact(CallInterrupted, 40)
    asked = fact(CallPaused, 45, paused_by=PausedBy.STAFF, officer=OFFICER, cause="staff")
    row = await wall_of(fill, opened, started, interrupted, asked)
    assert (row.status, row.since, row.for_staff) == (WallStatus.INTERRUPTED, interrupted.at, True)


async def test_a_side_that_is_back_is_not_away(fill: Fill) -> None:
    gone = [fact(ParticipantLeft, 40), fact(CallInterrupted, 40)]
    row = await wall_of(fill, opened, started, *gone, fact(ParticipantRejoined, 50), fact(CallResumed, 50))
    assert (row.status, row.away, row.rejoin_until) == (WallStatus.LIVE, (), None)


async def test_the_wall_says_whose_pictures_nobody_judges(fill: Fill) -> None:
    assert (await wall_of(fill, opened, started, fact(ModerationLost, 12))).unchecked == (Side.VISITOR,)


async def test_the_wall_says_which_side_an_officer_watches_in_place_of_the_checks(fill: Fill) -> None:
    allowed = fact(WaitingRoomOpened, -900, rules=CallPolicy(monitor_may_take_over=True))
    taken = fact(JudgingTakenOver, 14)
    row = await wall_of(fill, allowed, started, fact(ModerationLost, 12), taken)
    assert row.may_take_over
    assert row.by_eye == {Side.VISITOR: taken.officer}
    row = await wall_of(fill, allowed, started, fact(ModerationLost, 12), taken, fact(JudgingGivenBack, 20))
    assert row.by_eye == {}
    row = await wall_of(fill, allowed, started, taken, fact(CallTerminated, 20))
    assert row.by_eye == {}
    assert not (await wall_of(fill, opened, started)).may_take_over


async def test_pictures_that_are_judged_again_are_not_unchecked(fill: Fill) -> None:
    row = await wall_of(fill, opened, started, fact(ModerationLost, 12), fact(ModerationRestored, 15))
    assert row.unchecked == ()


async def test_the_wall_says_whose_line_is_weak_by_the_worse_of_its_ways(fill: Fill) -> None:
    poor = fact(QualityDegraded, 12, way=Way.TO_SIDE, grade=Grade.POOR)
    both = [poor, fact(QualityDegraded, 14)]
    assert (await wall_of(fill, opened, started, *both)).lines == {Side.VISITOR: Grade.BAD}
    recovered = fact(QualityRecovered, 40)
    assert (await wall_of(fill, opened, started, *both, recovered)).lines == {Side.VISITOR: Grade.POOR}
    well = fact(QualityRecovered, 45, way=Way.TO_SIDE)
    assert (await wall_of(fill, opened, started, *both, recovered, well)).lines == {}


async def test_a_side_that_is_only_heard_is_said_to_be_so_until_its_picture_is_back(fill: Fill) -> None:
    row = await wall_of(fill, opened, started, fact(StreamFrozen, 20), fact(AudioOnlyEntered, 30))
    assert (row.status, row.audio_only) == (WallStatus.LIVE, (Side.VISITOR,))
    row = await wall_of(fill, opened, started, fact(AudioOnlyEntered, 30), fact(AudioOnlyLeft, 60))
    assert row.audio_only == ()


@pytest.mark.parametrize(
    ("end", "outcome"),
    [
        (fact(CallCompleted, 1800), "completed_normally"),
        (fact(CallTerminated, 100), "terminated_by_staff"),
        (fact(CallMissed, 600), "visitor_did_not_arrive"),
        (fact(BookingCancelled, -100), "booker_cancelled"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
async def test_a_call_that_is_over_says_how_it_ended(fill: Fill, end: Event, outcome: str) -> None:
    row = await wall_of(fill, opened, started, fact(StreamFrozen, 8), paused, end, fact(CallClosed, 1900))
    assert (row.status, row.ended_at, row.outcome, row.closed) == (WallStatus.ENDED, end.at, outcome, True)
    assert (row.frozen, row.for_staff) == ({}, False)


async def test_a_late_report_does_not_wake_a_call_that_is_over(fill: Fill) -> None:
    row = await wall_of(fill, opened, started, fact(CallTerminated, 60), fact(StreamFrozen, 61))
    assert row.status is WallStatus.ENDED


async def test_a_call_stays_visible_for_two_hours_after_its_end(fill: Fill) -> None:
    db = await fill(call_wall, [opened, started, fact(CallTerminated, 60)])
    end = NOON + timedelta(seconds=60)
    assert len(await calls_on_wall(db, PRISON, end + timedelta(minutes=119))) == 1
    assert await calls_on_wall(db, PRISON, end + timedelta(minutes=120)) == []


async def test_the_row_of_a_call_is_let_go_when_the_log_is_two_hours_past_its_end(fill: Fill) -> None:
    later = fact(WaitingRoomOpened, 60 + 2 * 3600 + 1, call="call-2")
    db = await fill(call_wall, [opened, started, fact(CallTerminated, 60), later])
    assert await call_on_wall(db, CALL) is None
    assert await call_on_wall(db, "call-2") is not None


async def test_another_prison_sees_nothing_of_a_call(fill: Fill) -> None:
    db = await fill(call_wall, [opened])
    assert await calls_on_wall(db, "LEI") == []


async def test_who_asks_for_help_stands_first_until_an_officer_looks(fill: Fill) -> None:
    asked = fact(ConcernRaised, 20)
    row = await wall_of(fill, opened, started, asked, fact(ConcernRaised, 30, concern="concern-2"))
    assert row.help_asked_at == asked.at


@pytest.mark.parametrize(
    "taken_up",
    [
        fact(StreamLookedAt, 30),
        fact(MonitorJoined, 30),
        fact(CallPaused, 30, paused_by=PausedBy.STAFF, officer=OFFICER),
        fact(ConcernAssigned, 30),
    ],
    ids=["look", "monitor", "pause", "concern"],
)
async def test_help_is_taken_up_when_an_officer_does_something_about_it(fill: Fill, taken_up: Event) -> None:
    assert (await wall_of(fill, opened, started, fact(ConcernRaised, 20), taken_up)).help_asked_at is None


async def test_what_staff_saw_is_no_call_for_help(fill: Fill) -> None:
    seen = fact(ConcernRaised, 20, kind=ConcernKind.SEEN_BY_STAFF)
    row = await wall_of(fill, opened, started, seen)
    assert (row.help_asked_at, row.version) == (None, 3)


async def test_an_automatic_pause_does_not_take_up_who_asked_for_help(fill: Fill) -> None:
    assert (await wall_of(fill, opened, started, fact(ConcernRaised, 5), paused)).help_asked_at is not None


async def test_the_most_urgent_call_stands_first(fill: Fill) -> None:
    db = await fill(call_wall, [event for call, events in WALL for event in of_call(call, events)])
    assert [row.call for row in await calls_on_wall(db, PRISON, NOON)] == [call for call, _ in WALL]


async def test_the_version_of_a_row_is_the_position_of_its_newest_event(fill: Fill) -> None:
    assert (await wall_of(fill, opened, started, fact(ConcernRaised, 5))).version == 3


WALL: list[tuple[str, list[Event]]] = [
    ("help asked first", [opened, started, fact(ConcernRaised, 20)]),
    ("help asked later", [opened, started, fact(CallPaused, 1), fact(ConcernRaised, 21)]),
    ("paused for long", [opened, started, fact(CallPaused, 10, for_staff=False), fact(CallPaused, 30)]),
    ("paused for staff", [opened, started, fact(CallPaused, 20)]),
    ("paused by itself", [opened, started, fact(CallPaused, 5, for_staff=False)]),
    ("held", [opened, fact(CallHeldForMonitor, 1)]),
    ("interrupted", [opened, started, fact(CallInterrupted, 1)]),
    ("frozen", [opened, started, fact(StreamFrozen, 8)]),
    ("live", [opened, started]),
    (
        "asks admission",
        [opened, fact(ParticipantArrived), fact(IdentityChecked, result=IdentityResult.UNSURE)],
    ),
    ("waiting", [fact(WaitingRoomOpened, -950)]),
    ("ended", [opened, started, fact(CallTerminated, 10)]),
]


def of_call(call: str, events: list[Event]) -> list[Any]:
    """The events as those of another call."""
    return [event.model_copy(update={"call": call}) for event in events]


async def test_what_is_muted_is_seen_on_the_wall_until_it_is_lifted_or_the_call_ends(fill: Fill) -> None:
    muted = [fact(StreamMuted, 5), fact(StreamMuted, 6, kind=MediaKind.PICTURE)]
    assert (await wall_of(fill, opened, started, *muted)).muted == {
        Side.VISITOR: (MediaKind.SOUND, MediaKind.PICTURE)
    }
    row = await wall_of(fill, opened, started, *muted, fact(StreamUnmuted, 9))
    assert row.muted == {Side.VISITOR: (MediaKind.PICTURE,)}
    assert (await wall_of(fill, opened, started, *muted, fact(CallTerminated, 9))).muted == {}


async def test_a_muted_picture_does_not_stand_still(fill: Fill) -> None:
    frozen = fact(StreamFrozen, 5)
    row = await wall_of(fill, opened, started, frozen, fact(StreamMuted, 6, kind=MediaKind.PICTURE))
    assert (row.status, row.frozen) == (WallStatus.LIVE, {})
    assert (await wall_of(fill, opened, started, frozen, fact(StreamMuted, 6))).status is WallStatus.FROZEN


async def test_a_lock_is_seen_on_the_wall_until_it_is_lifted(fill: Fill) -> None:
    assert (await wall_of(fill, opened, fact(CallLocked, -60))).locked
    assert (await wall_of(fill, opened, fact(CallLocked, -60), fact(CallTerminated, 9))).locked
    assert not (await wall_of(fill, opened, fact(CallLocked, -60), fact(CallUnlocked, -30))).locked
