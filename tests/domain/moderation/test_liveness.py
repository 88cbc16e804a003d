"""A photograph held before the camera: from which looks on it pauses the call, and what the record says."""

import json
from dataclasses import replace

import pytest
from pydantic import ValidationError

from domain.moderation.block import Block
from domain.moderation.kind import ASSESSED_BY_FACES, FaceWord, Kind
from domain.moderation.observation import Face, Observation
from domain.moderation.policy import LivenessPolicy
from domain.moderation.step import Word, hear
from domain.moderation.verdict import Evidence
from tests.domain.moderation.pictures import (
    COUNTED,
    GOOD,
    KNOWN,
    LEFT,
    MATCHED,
    POLICY,
    Stream,
    face,
    picture,
)

L = POLICY.liveness
ALIVE, DEAD = L.score, L.score - 1
TELLS = (*ASSESSED_BY_FACES, Kind.LIVENESS_FAILED)
EVERY_MS = 250


def _looked(score: int | None, side: int = GOOD.side) -> Face:
    return replace(face(KNOWN, quality=replace(GOOD, side=side)), liveness=score)


def _shown(stream: Stream, *scores: int | None, start_ms: int = 0) -> list[int]:
    """When a failed liveness was raised, of looks a quarter of a second apart."""
    for number, score in enumerate(scores):
        stream.show(start_ms + number * EVERY_MS, _looked(score), assessed=TELLS)
    return [media_ms for kind, _, _, media_ms in stream.raised if kind == Kind.LIVENESS_FAILED]


def test_a_photograph_pauses_the_call_for_staff_once_it_was_seen_for_long_enough() -> None:
    stream = Stream()
    assert _shown(stream, *[DEAD] * 12) == [L.span_ms]
    assert stream.raised[0] == ("liveness_failed", "pause", 0, L.span_ms)
    (raised,) = [raised for verdict in stream.verdicts for raised in verdict.raised]
    looks = L.span_ms // EVERY_MS + 1
    assert raised.evidence == Evidence((DEAD,) * looks, L.score, None, 0, looks, looks, GOOD)
    assert raised.severity >= 3
    assert not raised.self_clearing


@pytest.mark.parametrize("score", [ALIVE, None])
def test_who_is_alive_or_cannot_be_told_is_left_in_peace(score: int | None) -> None:
    assert _shown(Stream(), *[score] * 40) == []


def test_few_looks_are_no_evidence_however_far_apart() -> None:
    stream = Stream(policy=POLICY.model_copy(update={"liveness": L.model_copy(update={"samples": 4})}))
    for media_ms in (0, 1_200, 2_400):
        stream.show(media_ms, _looked(DEAD), assessed=TELLS)
    assert stream.raised == []
    stream.show(3_600, _looked(DEAD), assessed=TELLS)
    assert [kind for kind, *_ in stream.raised] == ["liveness_failed"]


def test_looks_that_disagree_are_no_evidence() -> None:
    assert _shown(Stream(), *[DEAD, DEAD, ALIVE] * 10) == []
    assert _shown(Stream(), *[DEAD, DEAD, DEAD, ALIVE] * 10) != []


def test_a_face_too_small_to_tell_is_not_judged() -> None:
    stream = Stream()
    for number in range(20):
        stream.show(number * EVERY_MS, _looked(DEAD, L.side_px - 1), assessed=TELLS)
    assert stream.raised == []


def test_what_is_no_face_is_not_called_a_photograph() -> None:
    stream, thing = Stream(), replace(_looked(DEAD), confirmed=POLICY.detection.confirmed_score - 1)
    for number in range(20):
        stream.show(number * EVERY_MS, thing, assessed=TELLS)
    assert "liveness_failed" not in [kind for kind, *_ in stream.raised]


def test_an_engine_that_cannot_tell_raises_nothing() -> None:
    stream = Stream()
    for number in range(20):
        stream.show(number * EVERY_MS, _looked(DEAD), assessed=ASSESSED_BY_FACES)
    assert stream.raised == []


def test_where_faces_are_only_counted_nobody_is_judged_by_it() -> None:
    assert _shown(Stream(terms=COUNTED), *[DEAD] * 20) == []


def test_a_photograph_held_still_is_looked_at_again_and_again() -> None:
    stream = Stream()
    _shown(stream, ALIVE, DEAD)
    assert [verdict.calm for verdict in stream.verdicts] == [True, False]


def test_after_the_officers_word_the_face_is_not_doubted_again_until_it_is_lost() -> None:
    stream = Stream()
    _shown(stream, *[DEAD] * 9)
    stream.state, stream.terms = hear(stream.state, stream.terms, Word(2_100, 0, FaceWord.IS))
    assert _shown(stream, *[DEAD] * 20, start_ms=2_250) == [L.span_ms]
    lost_ms = 7_000 + POLICY.tracking.gap_ms + 1
    again = _shown(stream, *[DEAD] * 9, start_ms=lost_ms)
    assert again == [L.span_ms, lost_ms + L.span_ms]


def test_liveness_stands_at_the_end_of_a_face_and_nothing_where_it_was_not_assessed() -> None:
    without, with_it = face(KNOWN), _looked(DEAD)
    assert with_it.to_record() == [*without.to_record(), DEAD]
    for each in (without, with_it, _looked(0)):
        assert Face.from_record(each.to_record()) == each


def test_a_block_from_before_liveness_was_known_reads_and_writes_as_it_was() -> None:
    old = (
        b'{"call":"call-1","engines":[["test",["unapproved_face"]]],"entries":[[0,0,[[100,150,120,120,8000,9000,[2000],'
        b'120,300,120,0,10000,50,1000,0]],120,50,0,500,0,0,0]],"format":1,"terms":["visitor","match",1,1,[]]}'
    )
    block = Block.from_bytes(old)
    (entry,) = block.entries
    assert isinstance(entry, Observation)
    assert entry.faces[0].liveness is None
    assert json.loads(block.to_bytes())["entries"] == json.loads(old)["entries"]


def test_a_block_keeps_liveness() -> None:
    block = Block("call-1", MATCHED, (picture(0, _looked(DEAD), face(KNOWN, at=LEFT), assessed=TELLS),))
    assert Block.from_bytes(block.to_bytes()) == block


def test_a_policy_that_could_never_tell_is_refused() -> None:
    with pytest.raises(ValidationError, match="never be told"):
        LivenessPolicy(window_ms=1_000, span_ms=1_001)
