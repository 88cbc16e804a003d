"""The timeline: everything on record about a call, and what each side saw."""

from dataclasses import replace
from datetime import timedelta
from typing import get_args
from uuid import UUID

import pytest

from application.ports import ActorKind, Sealed
from domain.access import RecordViewed, Viewed
from domain.call.events import CallInterrupted, CallPaused, CallResumed, ParticipantLeft, ParticipantRejoined
from domain.clearance import Side
from domain.event import Event, Purpose
from domain.events import EVENTS
from domain.lifecycle import CallCompleted, CallStarted, CallTerminated
from domain.stream import (
    DetectionObserved,
    ModerationLost,
    SlateShown,
    StreamEvent,
    StreamFrozen,
    StreamReleased,
)
from domain.takeover import JudgingGivenBack
from domain.timetable.events import SessionOpened
from domain.violation import ViolationRaised
from domain.waiting_room.events import WaitingRoomOpened
from projections import call_timeline
from projections.call_timeline import (
    FROZEN,
    LIVE,
    NOTHING,
    Seen,
    Sight,
    seen_after,
    timeline,
    what_each_side_saw,
)
from projections.runner import Poison, Unprojectable, project_all
from tests.facts import CALL, NOON, OFFICER, fact, recorded
from tests.projections.conftest import Fill

postgres = pytest.mark.postgres

both_live = Seen(LIVE, LIVE)


def seen(*events: Event, at_first: Seen | None = None) -> Seen:
    now = at_first or Seen()
    for event in events:
        now = seen_after(now, event)
    return now


def test_before_anything_is_released_nobody_sees_anything() -> None:
    assert seen(fact(CallStarted)) == Seen(NOTHING, NOTHING)


def test_a_released_stream_is_seen_by_the_other_side() -> None:
    assert seen(fact(StreamReleased, side=Side.VISITOR)) == Seen(prisoner=LIVE, visitor=NOTHING)


def test_a_frozen_stream_leaves_its_last_picture_with_the_other_side() -> None:
    assert seen(fact(StreamFrozen, side=Side.VISITOR), at_first=both_live) == Seen(FROZEN, LIVE)


def test_a_freeze_before_any_picture_left_shows_nothing() -> None:
    assert seen(fact(StreamFrozen, last_media_ms=None)) == Seen(NOTHING, NOTHING)


def test_a_freeze_does_not_bring_back_a_picture_that_a_slate_covers() -> None:
    covered = Seen("slate:checking_interrupted", LIVE)
    assert seen(fact(StreamFrozen), at_first=covered) == covered


def test_a_pause_covers_both_sides_with_its_cause_before_the_slates_are_reported() -> None:
    cause = "slate:unapproved_face"
    assert seen(fact(CallPaused), at_first=both_live) == Seen(cause, cause)


def test_a_reported_slate_says_what_its_viewer_saw() -> None:
    slate = fact(SlateShown, viewer=Side.PRISONER, reason="waiting")
    assert seen(slate) == Seen("slate:waiting", NOTHING)


def test_a_resumed_call_shows_no_picture_before_one_is_released() -> None:
    cause = "slate:unapproved_face"
    assert seen(fact(CallPaused), fact(CallResumed), at_first=both_live) == Seen(cause, cause)


def test_an_interruption_covers_the_side_that_is_still_there() -> None:
    gone = [fact(ParticipantLeft, side=Side.VISITOR), fact(CallInterrupted)]
    assert seen(*gone, at_first=both_live) == Seen("slate:interrupted", NOTHING)


def test_a_side_that_comes_back_sees_nothing_before_something_is_sent() -> None:
    gone = [fact(ParticipantLeft, side=Side.VISITOR), fact(ParticipantRejoined, side=Side.VISITOR)]
    assert seen(*gone, at_first=both_live).visitor == NOTHING


def test_unjudged_pictures_are_covered_for_whom_they_were_meant() -> None:
    lost = fact(ModerationLost, side=Side.VISITOR)
    assert seen(lost, at_first=both_live) == Seen("slate:checking_interrupted", LIVE)


def test_pictures_that_an_officer_no_longer_judges_are_covered_and_no_other_slate_is() -> None:
    given_back = fact(JudgingGivenBack, side=Side.VISITOR)
    assert seen(given_back, at_first=both_live) == Seen("slate:checking_interrupted", LIVE)
    assert seen(given_back, at_first=Seen("slate:staff", "slate:staff")) == Seen("slate:staff", "slate:staff")


@pytest.mark.parametrize("end", [fact(CallCompleted), fact(CallTerminated)], ids=["completed", "terminated"])
def test_after_the_end_nobody_sees_anything(end: Event) -> None:
    assert seen(end, at_first=both_live) == Seen(NOTHING, NOTHING)


STORY = [
    fact(WaitingRoomOpened, -900),
    fact(CallStarted),
    fact(StreamReleased, 1, side=Side.VISITOR, media_ms=500),
    fact(StreamReleased, 2, side=Side.PRISONER, media_ms=900),
    fact(StreamFrozen, 8),
    fact(ViolationRaised, 9),
    fact(CallPaused, 9),
    fact(SlateShown, 9, viewer=Side.PRISONER),
    fact(SlateShown, 9, viewer=Side.VISITOR, last_media_ms=9400),
    fact(CallResumed, 30),
    fact(StreamReleased, 31, side=Side.VISITOR, media_ms=30500),
    fact(CallTerminated, 60),
]


@postgres
async def test_the_timeline_tells_a_call_in_order(fill: Fill) -> None:
    entries = await timeline(await fill(call_timeline, STORY), CALL)
    assert [entry.type for entry in entries] == [type(event).__name__ for event in STORY]
    assert [entry.position for entry in entries] == list(range(1, len(STORY) + 1))


@postgres
async def test_an_entry_says_when_what_and_on_whose_word(fill: Fill) -> None:
    entries = await timeline(await fill(call_timeline, STORY), CALL)
    raised = next(entry for entry in entries if entry.type == "ViolationRaised")
    assert (raised.at, raised.media_ms, raised.side) == (NOON + timedelta(seconds=9), 9500, Side.VISITOR)
    assert (raised.actor_kind, raised.actor_role, raised.actor_id) == (ActorKind.STAFF, "LM", OFFICER)
    assert raised.data["evidence"] == {"distance": 7800, "threshold": 6000, "votes": 5}
    assert raised.data["severity"] == 3
    assert raised.seen == Seen(FROZEN, LIVE)


@postgres
async def test_what_people_typed_is_on_the_timeline_only_as_ciphertext(fill: Fill) -> None:
    db = await fill(call_timeline, STORY[:-1])
    sealed = Sealed(CALL, Purpose.CONVERSATION, 1, "c0ffee", "reason", UUID(int=7), b"\x00\x01sealed")
    end = replace(recorded(99, fact(CallTerminated, 60)), sealed={"reason": sealed})
    await call_timeline.project(db, end)
    entry = (await timeline(db, CALL))[-1]
    assert entry.sealed == {"reason": sealed}
    assert "reason" not in entry.data
    text = await db.fetchval("SELECT string_agg(entries::text, '') FROM entries")
    assert "asked twice" not in text


@postgres
async def test_an_auditor_can_say_what_each_side_saw(fill: Fill) -> None:
    sights = await what_each_side_saw(await fill(call_timeline, STORY), CALL)
    assert [(s.viewer, s.sees, _seconds(s)) for s in sights] == [
        (Side.PRISONER, NOTHING, (-900, 1)),
        (Side.PRISONER, LIVE, (1, 8)),
        (Side.PRISONER, FROZEN, (8, 9)),
        (Side.PRISONER, "slate:unapproved_face", (9, 31)),
        (Side.PRISONER, LIVE, (31, 60)),
        (Side.PRISONER, NOTHING, (60, None)),
        (Side.VISITOR, NOTHING, (-900, 2)),
        (Side.VISITOR, LIVE, (2, 9)),
        (Side.VISITOR, "slate:unapproved_face", (9, 60)),
        (Side.VISITOR, NOTHING, (60, None)),
    ]


@postgres
async def test_a_sight_names_the_media_times_at_its_edge(fill: Fill) -> None:
    sights = await what_each_side_saw(await fill(call_timeline, STORY), CALL)
    assert (sights[1].from_media_ms, sights[2].last_media_ms) == (500, 8000)


@postgres
async def test_another_call_is_not_on_the_timeline(fill: Fill) -> None:
    other = fact(CallStarted, call="call-2")
    db = await fill(call_timeline, [*STORY, other, fact(SessionOpened)])
    assert len(await timeline(db, CALL)) == len(STORY)
    assert [entry.seen for entry in await timeline(db, "call-2")] == [Seen()]


@postgres
async def test_who_read_the_record_of_a_call_is_on_its_timeline(fill: Fill) -> None:
    views = [
        fact(RecordViewed, 90),
        fact(RecordViewed, 91, viewed="calendar:MDI/2026-11-23", what=Viewed.CALENDAR),
    ]
    entries = await timeline(await fill(call_timeline, views), CALL)
    assert [(entry.type, entry.data["viewed_by"]) for entry in entries] == [("RecordViewed", "auditor-1")]


@postgres
async def test_every_event_of_a_call_is_on_its_timeline(fill: Fill) -> None:
    of_calls = [kind for kind in EVENTS.values() if "call" in kind.model_fields]
    assert len(of_calls) > len(get_args(StreamEvent))
    entries = await timeline(await fill(call_timeline, [fact(kind) for kind in of_calls]), CALL)
    assert [entry.type for entry in entries] == [kind.__name__ for kind in of_calls]


@postgres
async def test_the_media_time_of_a_span_is_that_of_its_end(fill: Fill) -> None:
    entries = await timeline(await fill(call_timeline, [fact(DetectionObserved)]), CALL)
    assert entries[0].media_ms == 10000


@postgres
async def test_the_timeline_stops_at_an_event_that_it_does_not_understand(fill: Fill) -> None:
    assert call_timeline.AUDIT
    db = await fill(call_timeline, STORY)
    with pytest.raises(Unprojectable):
        await project_all(db, call_timeline, [Poison(99, "position 99: unknown type CallTeleported")])


def _seconds(sight: Sight) -> tuple[float, float | None]:
    until = (sight.until - NOON).total_seconds() if sight.until else None
    return (sight.since - NOON).total_seconds(), until
