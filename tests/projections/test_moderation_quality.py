"""What nobody has reviewed yet, and how often the machine was right, in the word of those who looked."""

from datetime import timedelta

import pytest

from domain.event import Event
from domain.lifecycle import CallCompleted
from domain.moderation.kind import Action, Kind
from domain.stream import ModerationStarted
from domain.violation import ReviewOutcome, ViolationRaised, ViolationReviewed
from projections import moderation_quality as read_model
from projections.moderation_quality import UNKNOWN, pauses_to_review, quality, unreviewed
from tests.facts import CALL, NOON, PRISON, fact
from tests.projections.conftest import Fill

pytestmark = pytest.mark.postgres

ENGINE = "full:0f3c"
JUDGED = fact(ModerationStarted, 0, models={"engine": ENGINE})
RAISED = fact(ViolationRaised, 9)
OVER = fact(CallCompleted, 1800, talk_ms=1_800_000)
SINCE = NOON - timedelta(days=1)


def pause(number: int, outcome: ReviewOutcome | None = None, **changes: object) -> list[Event]:
    """One more automatic pause of the call, and what somebody said of it."""
    name = f"violation-{number}"
    said = [] if outcome is None else [fact(ViolationReviewed, 2000, violation=name, outcome=outcome)]
    return [fact(ViolationRaised, 10 + number, violation=name, **changes), *said]


async def test_what_was_found_waits_for_its_review_from_the_end_of_the_call(fill: Fill) -> None:
    db = await fill(read_model, [JUDGED, RAISED])
    assert await unreviewed(db, PRISON) == []
    db = await fill(read_model, [JUDGED, RAISED, OVER])
    (found,) = await unreviewed(db, PRISON)
    assert (found.call, found.violation, found.kind, found.paused) == (
        CALL,
        "violation-1",
        Kind.UNAPPROVED_FACE,
        True,
    )
    assert (found.engine, found.evidence["distance"], found.over_at) == (ENGINE, 7800, OVER.at)
    assert await pauses_to_review(db, PRISON) == 1
    assert await pauses_to_review(db, "LEI") == 0


async def test_what_was_reviewed_waits_no_longer(fill: Fill) -> None:
    db = await fill(read_model, [JUDGED, RAISED, OVER, fact(ViolationReviewed, 2000)])
    assert await unreviewed(db, PRISON) == []
    assert await pauses_to_review(db, PRISON) == 0


async def test_what_stopped_a_call_stands_before_what_was_only_told(fill: Fill) -> None:
    told = pause(2, action=Action.ALERT)
    later = pause(5)
    db = await fill(read_model, [JUDGED, *told, *later, RAISED, OVER])
    assert [found.violation for found in await unreviewed(db, PRISON)] == [
        "violation-1",
        "violation-5",
        "violation-2",
    ]
    assert await pauses_to_review(db, PRISON) == 2


async def test_a_long_list_is_read_page_by_page(fill: Fill) -> None:
    told = [event for number in (7, 8) for event in pause(number, action=Action.ALERT)]
    db = await fill(read_model, [JUDGED, *(e for n in range(2, 5) for e in pause(n)), *told, OVER])
    pages, last = [], None
    for _ in range(3):
        page = await unreviewed(db, PRISON, after=last, limit=2)
        pages += [found.violation for found in page]
        last = page[-1].place
    assert pages == [f"violation-{number}" for number in (2, 3, 4, 7, 8)]


async def test_precision_counts_what_was_said_to_be_true_or_not(fill: Fill) -> None:
    said = [ReviewOutcome.CONFIRMED] * 3 + [ReviewOutcome.DISMISSED] + [ReviewOutcome.UNCLEAR, None]
    events = [event for number, outcome in enumerate(said, 2) for event in pause(number, outcome)]
    db = await fill(read_model, [JUDGED, *events, OVER])
    (found,) = await quality(db, PRISON, SINCE)
    assert (found.kind, found.engine) == (Kind.UNAPPROVED_FACE, ENGINE)
    assert (found.raised, found.reviewed, found.decided) == (6, 5, 4)
    assert (found.precision, found.dismissed_an_hour) == (0.75, 2.0)


async def test_what_paused_nothing_is_not_counted(fill: Fill) -> None:
    db = await fill(read_model, [JUDGED, *pause(2, ReviewOutcome.DISMISSED, action=Action.ALERT), OVER])
    assert await quality(db, PRISON, SINCE) == []


async def test_engines_are_told_apart_and_so_is_the_time_they_judged(fill: Fill) -> None:
    newer = {"evidence": {"engine": "full:99aa"}}
    other = [
        fact(ModerationStarted, 0, call="call-2", models={"engine": "full:99aa"}),
        fact(ViolationRaised, 9, call="call-2", violation="violation-2", **newer),
        fact(CallCompleted, 3600, call="call-2", talk_ms=3_600_000),
        fact(
            ViolationReviewed, 4000, call="call-2", violation="violation-2", outcome=ReviewOutcome.DISMISSED
        ),
    ]
    db = await fill(read_model, [JUDGED, RAISED, OVER, *other])
    found = {one.engine: one for one in await quality(db, PRISON, SINCE)}
    assert found[ENGINE].talk_ms == 1_800_000
    assert (found[ENGINE].precision, found[ENGINE].dismissed_an_hour) == (None, 0.0)
    assert (found["full:99aa"].precision, found["full:99aa"].dismissed_an_hour) == (0.0, 1.0)


async def test_a_finding_without_its_engine_is_told_apart(fill: Fill) -> None:
    db = await fill(read_model, [RAISED, OVER])
    (found,) = await quality(db, PRISON, SINCE)
    assert (found.engine, found.dismissed_an_hour) == (UNKNOWN, None)


async def test_what_was_raised_before_is_left_out(fill: Fill) -> None:
    db = await fill(read_model, [JUDGED, RAISED, OVER])
    assert await quality(db, PRISON, NOON + timedelta(hours=1)) == []
