import hashlib
import json
from collections.abc import Sequence
from dataclasses import replace

import pytest

from domain.moderation.block import Block, digest, judge_again
from domain.moderation.concern import Concern
from domain.moderation.kind import Action, FaceWord, Kind
from domain.moderation.observation import Observation, Proposer
from domain.moderation.policy import MatchingPolicy, ModerationPolicy
from domain.moderation.step import State, Word, hear, initial
from domain.moderation.verdict import Verdict
from tests.domain.moderation.pictures import (
    BETWEEN,
    COUNTED,
    KNOWN,
    MATCHED,
    POLICY,
    RIGHT,
    STRANGE,
    Stream,
    face,
    picture,
)


def replay(blocks: Sequence[Block], policy: ModerationPolicy) -> list[Verdict]:
    return [judgement.verdict for judgement in judge_again(blocks, policy)]


def _call() -> tuple[Stream, list[Block]]:
    """A stranger comes, the officer permits them, everything goes on; in blocks of two seconds."""
    stream, blocks = Stream(), []
    entries: list[Observation | Word] = []
    terms = stream.terms
    for media_ms in range(0, 8_000, 125):
        if media_ms % 2_000 == 0 and entries:
            blocks.append(Block("call-1", terms, tuple(entries)))
            entries, terms = [], stream.terms
        if media_ms == 5_000:
            word = Word(media_ms, stream.state.tracks[1].id, FaceWord.PERMITTED, template=1)
            stream.state, stream.terms = hear(stream.state, stream.terms, word)
            entries.append(word)
        stranger = [] if media_ms < 2_500 else [face(STRANGE, 9_000 if media_ms < 5_000 else 300, at=RIGHT)]
        faces = [face(KNOWN, 9_000), *stranger]
        stream.show(media_ms, *faces)
        entries.append(picture(media_ms, *faces))
    blocks.append(Block("call-1", terms, tuple(entries)))
    return stream, blocks


def test_a_replay_of_the_blocks_gives_the_verdicts_of_the_call() -> None:
    stream, blocks = _call()
    assert stream.raised
    again = [Block.from_bytes(block.to_bytes()) for block in blocks]
    assert replay(again, POLICY) == stream.verdicts


def test_a_block_read_and_written_again_is_the_same_to_the_byte() -> None:
    for block in _call()[1]:
        content = block.to_bytes()
        assert Block.from_bytes(content).to_bytes() == content
        assert Block.from_bytes(content).digest == digest(content)


def test_a_sample_with_one_face_takes_about_a_hundred_bytes() -> None:
    samples = tuple(picture(125 * n, face(KNOWN)) for n in range(80))
    assert len(Block("call-1", MATCHED, samples).to_bytes()) / 80 < 130


def test_under_another_policy_the_replay_decides_otherwise() -> None:
    stream, blocks = _call()
    milder = ModerationPolicy(matching=MatchingPolicy(reject=STRANGE + 1, reject_poor=STRANGE + 1))
    assert replay(blocks, milder) != stream.verdicts


def test_a_change_of_mode_begins_the_stream_anew() -> None:
    matched = Block("call-1", MATCHED, (picture(0, face(STRANGE)),))
    counted = Block("call-1", COUNTED, (picture(125, face()),))
    assert [verdict.clean for verdict in replay([matched, counted], POLICY)] == [False, True]


def test_what_one_mode_saw_withholds_nothing_under_another() -> None:
    matched = Block("call-1", MATCHED, (picture(0, face(STRANGE)),))
    counted = Block("call-1", COUNTED, (picture(125),))
    assert [verdict.clean for verdict in replay([matched, counted], POLICY)] == [False, True]
    same = Block("call-1", MATCHED, (picture(125),))
    assert [verdict.clean for verdict in replay([matched, same], POLICY)] == [False, False]


def test_a_stream_that_began_anew_is_proved_again() -> None:
    first = Block("call-1", MATCHED, (picture(0, face(KNOWN)),))
    unsure = (picture(125, face(BETWEEN)),)
    followed = [first, Block("call-1", MATCHED, unsure)]
    anew = [first, Block("call-1", MATCHED, unsure, anew=initial)]
    assert [verdict.clean for verdict in replay(followed, POLICY)] == [True, True]
    assert [verdict.clean for verdict in replay(anew, POLICY)] == [True, False]
    assert Block.from_bytes(anew[1].to_bytes()).anew == initial


def test_what_a_new_connection_carried_on_is_in_its_block() -> None:
    covered = Concern(Kind.CAMERA_COVERED, None, 1_000, 6_000, climbed=2, pausing=True)
    carried = State(next_track=7, concerns=(covered,))
    block = Block("call-1", MATCHED, (picture(8_125, face(KNOWN)),), anew=carried)
    assert Block.from_bytes(block.to_bytes()) == block
    (judged,) = judge_again([block], POLICY)
    assert judged.verdict.faces[0].track == 7
    assert [cleared.kind for cleared in judged.verdict.cleared] == [Kind.CAMERA_COVERED]


@pytest.mark.parametrize(
    ("live", "coached"), [(State(next_track=3), 1), (initial, 2)], ids=["goes on", "nothing before counts"]
)
def test_another_policy_keeps_what_it_raised_itself_when_the_stream_begins_anew(
    live: State, coached: int
) -> None:
    """A camera that is covered is told once, whether the call's own policy told it or not."""
    dark = [picture(ms, luma_mean=5, luma_deviation=1) for ms in range(0, 8_000, 250)]
    blocks = [
        Block("call-1", MATCHED, tuple(dark[:16])),
        Block("call-1", MATCHED, tuple(dark[16:]), anew=live),
    ]
    raised = [r for judged in judge_again(blocks, POLICY, own=False) for r in judged.verdict.raised]
    assert [r.action for r in raised].count(Action.COACH) == coached


def test_a_block_of_the_first_release_is_read_and_began_nothing_anew() -> None:
    block = Block("call-1", MATCHED, (picture(0, face(KNOWN)),), anew=initial)
    document = json.loads(block.to_bytes())
    del document["anew"]
    first = json.dumps({**document, "format": 1}, sort_keys=True, separators=(",", ":")).encode()
    assert Block.from_bytes(first) == replace(block, anew=None)


def test_a_block_is_written_in_one_way_only() -> None:
    content = _call()[1][0].to_bytes()
    again = json.dumps(json.loads(content), sort_keys=True, separators=(",", ":")).encode()
    assert content == again
    assert digest(content) == f"sha256:{hashlib.sha256(content).hexdigest()}"


def test_all_that_was_observed_is_read_back() -> None:
    seen = replace(face(KNOWN), proposer=Proposer.SCRFD)
    observed = picture(0, seen, identical=True, repeated=True, nudity=None, unexplained=3, repeats_ms=6_000)
    block = Block("call-1", MATCHED, (observed, replace(observed, media_ms=125, identical=False)))
    assert Block.from_bytes(block.to_bytes()) == block


def test_it_is_said_why_bytes_are_no_block() -> None:
    with pytest.raises(ValueError, match=r"^The block has a format this release does not know\.$"):
        Block.from_bytes(b'{"format":3}')
    with pytest.raises(ValueError, match=r"^These bytes are no observation block\.$"):
        Block.from_bytes(b"{}")


@pytest.mark.parametrize("content", [b"", b"[]", b"{}", b'{"format":3}', b"\xff"])
def test_bytes_that_are_no_block_are_refused(content: bytes) -> None:
    with pytest.raises(ValueError, match=r"block|format|JSON|codec|Expecting"):
        Block.from_bytes(content)


def test_a_block_holds_whole_numbers_only() -> None:
    def no_float(text: str) -> float:
        raise AssertionError(text)

    for block in _call()[1]:
        json.loads(block.to_bytes(), parse_float=no_float)
