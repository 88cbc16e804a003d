"""What is kept of a call is destroyed after its last day, unless something keeps it; the record never lies about it."""

from datetime import date, timedelta

import pytest
from hypothesis import given as every
from hypothesis import strategies

from domain import evidence, retention
from domain.appeal import AppealDecided, AppealLodged
from domain.concern import ConcernClosed, ConcernRaised
from domain.event import Event
from domain.evidence import EvidenceHeld, HoldEvidence
from domain.evidence_picture import EvidencePictureKept
from domain.kept import MediaKept, MediaWeeded, RetentionExtended, WeedingBegun
from domain.lifecycle import CallCompleted, CallTerminated
from domain.moderation.kind import Action
from domain.policy import Policy, PolicyPublished
from domain.recording import RecordingSealed, RecordingStarted
from domain.retention import ExtendRetention, ReportWeeded, WeedMedia
from domain.stream import ObservationsSealed
from domain.violation import ViolationRaised
from domain.waiting_room.events import WaitingRoomOpened
from tests.asked import ask
from tests.facts import NOON, fact
from tests.scenario import given

DAY_S = 86_400
LAST = NOON.date() + timedelta(days=90)
RULES = Policy().merged({"retention": {"recordings_days": 30, "evidence_pictures_days": 20}})
BEFORE: tuple[Event, ...] = (
    fact(PolicyPublished, -99_000, document=RULES.document()),
    fact(WaitingRoomOpened, -900),
)
blocks = fact(ObservationsSealed, 60, digests=("block-1",))
pieces = fact(RecordingSealed, 60, digests=("piece-1", "piece-2"))
picture = fact(EvidencePictureKept, 60, digest="picture-1")
over = fact(CallCompleted, 1800)
CALL_KEPT = (*BEFORE, blocks, pieces, over)
EVERYTHING_KEPT = (*BEFORE, blocks, pieces, picture, over)
raised = fact(ConcernRaised, 70)


def weeding(media: MediaKept, references: tuple[str, ...], at: float, days: int) -> WeedingBegun:
    last = NOON.date() + timedelta(days=days)
    return fact(WeedingBegun, at, media=media, references=references, last_day=last)


def test_each_is_destroyed_on_the_day_after_its_own_last() -> None:
    recording = weeding(MediaKept.RECORDING, ("piece-1", "piece-2"), 31 * DAY_S, 30)
    given(retention, *CALL_KEPT).when(ask(WeedMedia, 30 * DAY_S)).then_nothing()
    given(retention, *CALL_KEPT).when(ask(WeedMedia, 31 * DAY_S)).then(recording)
    both = weeding(MediaKept.OBSERVATIONS, ("block-1",), 91 * DAY_S, 90)
    given(retention, *CALL_KEPT, recording).when(ask(WeedMedia, 91 * DAY_S)).then(both)


def test_pictures_of_what_was_found_have_a_time_of_their_own() -> None:
    kept = (*BEFORE, picture, fact(EvidencePictureKept, 70, digest="picture-2"), over)
    gone = weeding(MediaKept.PICTURES, ("picture-1", "picture-2"), 21 * DAY_S, 20)
    given(retention, *kept).when(ask(WeedMedia, 20 * DAY_S)).then_nothing()
    given(retention, *kept).when(ask(WeedMedia, 21 * DAY_S)).then(gone)
    given(retention, *kept, raised).when(ask(WeedMedia, 21 * DAY_S)).then_nothing()


def test_what_was_on_its_way_into_the_vault_is_destroyed_in_its_time_although_nothing_says_it_is_there() -> (
    None
):
    cut_off = (*BEFORE, fact(RecordingStarted, 1), over)
    given(retention, *cut_off).when(ask(WeedMedia, 30 * DAY_S)).then_nothing()
    given(retention, *cut_off).when(ask(WeedMedia, 31 * DAY_S)).then(
        weeding(MediaKept.RECORDING, (), 31 * DAY_S, 30)
    )
    pictured = fact(WaitingRoomOpened, -900, evidence_pictures=True)
    found = fact(ViolationRaised, 60, action=Action.ALERT)
    gone = weeding(MediaKept.PICTURES, (), 21 * DAY_S, 20)
    given(retention, BEFORE[0], pictured, found, over).when(ask(WeedMedia, 21 * DAY_S)).then(gone)
    given(retention, BEFORE[0], pictured, found, over, gone).when(ask(WeedMedia, 22 * DAY_S)).then_nothing()


def test_nothing_is_looked_for_where_no_picture_could_be_kept() -> None:
    pictured = fact(WaitingRoomOpened, -900, evidence_pictures=True)
    coached = fact(ViolationRaised, 60, action=Action.COACH)
    given(retention, BEFORE[0], pictured, coached, over).when(ask(WeedMedia, 400 * DAY_S)).then_nothing()
    alerted = fact(ViolationRaised, 60, action=Action.ALERT)
    given(retention, *BEFORE, alerted, over).when(ask(WeedMedia, 400 * DAY_S)).then_nothing()


def test_a_call_that_is_not_over_keeps_everything() -> None:
    given(retention, *BEFORE, blocks, pieces).when(ask(WeedMedia, 400 * DAY_S)).then_nothing()


def test_a_call_that_staff_ended_is_weeded_like_any_other() -> None:
    ended = (*BEFORE, blocks, fact(CallTerminated, 100))
    given(retention, *ended).when(ask(WeedMedia, 91 * DAY_S)).then(
        weeding(MediaKept.OBSERVATIONS, ("block-1",), 91 * DAY_S, 90)
    )


def test_what_was_never_put_away_is_not_destroyed() -> None:
    given(retention, *BEFORE, over).when(ask(WeedMedia, 400 * DAY_S)).then_nothing()


@pytest.mark.parametrize(
    "keeps",
    [
        [raised],
        [raised, fact(EvidenceHeld, 70, review_by=date(2028, 1, 1)), fact(ConcernClosed, 300)],
        [fact(AppealLodged, 400)],
        [fact(RetentionExtended, 400, until=date(2028, 1, 1))],
    ],
    ids=["open concern", "hold", "open appeal", "extension"],
)
def test_nothing_that_something_keeps_is_destroyed(keeps: list[Event]) -> None:
    given(retention, *EVERYTHING_KEPT, *keeps).when(ask(WeedMedia, 120 * DAY_S)).then_nothing()


@pytest.mark.parametrize(
    "kept",
    [
        [raised, fact(EvidenceHeld, 70, review_by=LAST), fact(ConcernClosed, 300)],
        [fact(AppealLodged, 400), fact(AppealDecided, 500)],
        [fact(RetentionExtended, 400, until=LAST)],
    ],
    ids=["hold over", "appeal decided", "extension over"],
)
def test_what_nothing_keeps_any_more_is_destroyed(kept: list[Event]) -> None:
    outcome = given(retention, *EVERYTHING_KEPT, *kept).when(ask(WeedMedia, 91 * DAY_S)).outcome()
    assert [event.media for event in outcome if isinstance(event, WeedingBegun)] == list(MediaKept)


def test_it_is_said_once_that_it_is_destroyed_and_only_after_it_was_begun() -> None:
    begun = weeding(MediaKept.OBSERVATIONS, ("block-1",), 91 * DAY_S, 90)
    told = fact(MediaWeeded, 92 * DAY_S, references=("block-1",))
    report = ask(ReportWeeded, 92 * DAY_S)
    given(retention, *CALL_KEPT).when(report).then_nothing()
    given(retention, *CALL_KEPT, begun).when(report).then(told)
    given(retention, *CALL_KEPT, begun, told).when(report).then_nothing()


def test_a_hold_that_comes_too_late_holds_nothing() -> None:
    begun = weeding(MediaKept.OBSERVATIONS, ("block-1",), 91 * DAY_S, 90)
    late = fact(ConcernRaised, 91 * DAY_S)
    given(evidence, blocks, begun, late).when(ask(HoldEvidence, 91 * DAY_S, review_by=date(2027, 6, 1))).then(
        fact(EvidenceHeld, 91 * DAY_S, blocks=(), review_by=date(2027, 6, 1))
    )


# Keeping it longer


def test_a_governor_keeps_it_longer_with_a_ground_and_a_reason() -> None:
    until = NOON.date() + timedelta(days=40)
    asked = ask(ExtendRetention, until=until)
    given(retention, *CALL_KEPT).when(asked).then(fact(RetentionExtended, until=until))


@pytest.mark.parametrize(
    ("wrong", "rule"),
    [
        ({"reason": " "}, "reason_missing"),
        ({"until": NOON.date()}, "hold_shortened"),
        ({"until": NOON.date() + timedelta(days=91)}, "extension_too_long"),
    ],
)
def test_not_without_a_reason_nor_shorter_nor_for_ever(wrong: dict[str, object], rule: str) -> None:
    given(retention, *CALL_KEPT).when(ask(ExtendRetention, **wrong)).then_refused(rule)


def test_what_is_gone_cannot_be_kept_longer() -> None:
    gone = [weeding(media, ("x",), 91 * DAY_S, 90) for media in MediaKept]
    given(retention, *CALL_KEPT, *gone).when(ask(ExtendRetention, 91 * DAY_S)).then_refused("nothing_kept")
    given(retention, *BEFORE, over).when(ask(ExtendRetention)).then_refused("nothing_kept")


@every(day=strategies.integers(0, 400), until=strategies.integers(1, 300), open_=strategies.booleans())
def test_nothing_is_ever_destroyed_before_its_last_day_or_while_it_is_kept(
    day: int, until: int, open_: bool
) -> None:
    extended = fact(RetentionExtended, 400, until=NOON.date() + timedelta(days=until))
    facts = [*CALL_KEPT, extended, *([raised] if open_ else [])]
    outcome = given(retention, *facts).when(ask(WeedMedia, day * DAY_S)).outcome()
    destroyed = {event.media for event in outcome if isinstance(event, WeedingBegun)}
    free = day > until and not open_
    assert destroyed == {
        media
        for media, days in ((MediaKept.OBSERVATIONS, 90), (MediaKept.RECORDING, 30))
        if free and day > days
    }
