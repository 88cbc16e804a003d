"""With a registered child in the stream nobody's face alone pauses the call, and no unknown face is shown."""

from hypothesis import given
from hypothesis import strategies as st

from domain.moderation.block import Block
from domain.moderation.policy import ModerationPolicy
from domain.moderation.verdict import StreamTerms
from tests.domain.moderation.pictures import (
    KNOWN,
    LEFT,
    RIGHT,
    STRANGE,
    WITH_CHILD,
    Stream,
    face,
    picture,
)

KNOWN_PERSON = face(KNOWN, STRANGE, at=LEFT)
NOBODY = face(STRANGE, STRANGE, at=RIGHT)
IDENTITY = ("unapproved_face", "identity_swap")


def test_an_unknown_face_is_withheld_staff_are_told_and_then_decide() -> None:
    stream = Stream(terms=WITH_CHILD)
    stream.show_for(0, 1_000, KNOWN_PERSON)
    stream.show_for(1_125, 12_000, KNOWN_PERSON, NOBODY)
    assert [(kind, action) for kind, action, *_ in stream.raised] == [
        ("unapproved_face", "alert"),
        ("could_not_check", "coach"),
        ("could_not_check", "pause"),
    ]
    assert not any(verdict.clean for verdict in stream.verdicts if verdict.media_ms > 1_125)


def test_another_face_in_the_place_of_a_known_one_is_withheld_and_staff_are_told() -> None:
    stream = Stream(terms=WITH_CHILD)
    stream.show_for(0, 1_000, KNOWN_PERSON)
    stream.show_for(1_125, 4_000, face(STRANGE, STRANGE, at=LEFT))
    assert [(kind, action) for kind, action, *_ in stream.raised] == [("identity_swap", "alert")]
    assert not stream.verdicts[-1].clean


@given(
    looks=st.lists(st.sampled_from([KNOWN, 4_500, 5_500, 6_100, STRANGE]), min_size=1, max_size=60),
    hasty=st.booleans(),
)
def test_no_face_and_no_policy_pauses_such_a_call_for_identity(looks: list[int], hasty: bool) -> None:
    strict = {"evidence": {"mismatches": 1, "span_ms": 0}, "actions": {"unapproved_face": PAUSE_AT_ONCE}}
    stream = Stream(terms=WITH_CHILD, policy=ModerationPolicy.model_validate(strict if hasty else {}))
    for number, distance in enumerate(looks):
        stream.show(number * 125, face(distance, STRANGE))
    assert not [kind for kind, action, *_ in stream.raised if kind in IDENTITY and action == "pause"]


PAUSE_AT_ONCE = [{"after_ms": 0, "action": "pause", "severity": 4}]


def test_other_causes_pause_such_a_call_like_any_other() -> None:
    stream = Stream(terms=WITH_CHILD)
    stream.show_for(0, 1_000, KNOWN_PERSON, nudity=9_000)
    assert ("explicit_nudity", "pause") in [(kind, action) for kind, action, *_ in stream.raised]


def test_a_block_says_that_a_child_was_there_and_is_written_as_ever_where_none_was() -> None:
    entries = (picture(0, KNOWN_PERSON),)
    with_child = Block("call", WITH_CHILD, entries)
    assert Block.from_bytes(with_child.to_bytes()) == with_child
    usual = StreamTerms(WITH_CHILD.side, WITH_CHILD.mode, 2, 2)
    assert b'"terms":["visitor","match",2,2,[]]' in Block("call", usual, entries).to_bytes()
