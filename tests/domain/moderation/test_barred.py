"""A face near to one that is barred from the call pauses it, on well seen looks only, and never on one alone."""

from dataclasses import replace

from domain.moderation.kind import Action, FaceWord, FreezeCause, Kind, Severity
from domain.moderation.observation import Face
from domain.moderation.step import Word, hear
from tests.domain.moderation.pictures import GOOD, KNOWN, POLICY, STRANGE, Stream, face

NEAR, FAR = 3_000, 7_000


def _barred(approved: int, *barred: int, side: int = GOOD.side) -> Face:
    return replace(face(approved, quality=replace(GOOD, side=side)), barred=barred)


def _shown(seen: Face, until_ms: int = 1_000) -> Stream:
    stream = Stream()
    stream.show_for(0, until_ms, seen, every_ms=125)
    return stream


def _raised(stream: Stream) -> list[tuple[str, str, int, int]]:
    return [one for one in stream.raised if one[0] == Kind.BARRED_PERSON]


def test_a_face_near_to_a_barred_one_is_withheld_and_pauses_the_call_before_a_stranger_would() -> None:
    stream = _shown(_barred(STRANGE, FAR, NEAR))
    assert stream.verdicts[0].cause is FreezeCause.NEW_FACE, "it was never shown"
    assert _raised(stream) == [("barred_person", "pause", 0, 250)]
    (raised,) = [r for v in stream.verdicts for r in v.raised if r.kind is Kind.BARRED_PERSON]
    assert (raised.severity, raised.action) == (Severity.CRITICAL, Action.PAUSE)
    assert raised.evidence.scores == (NEAR, NEAR, NEAR)
    assert raised.evidence.threshold == POLICY.barred.accept
    assert raised.evidence.entry == 1
    assert not raised.self_clearing


def test_whoever_is_far_from_every_barred_face_is_a_stranger_like_any_other() -> None:
    stream = _shown(_barred(STRANGE, FAR, FAR), 2_000)
    assert _raised(stream) == []
    assert ("unapproved_face", "pause") in {(kind, action) for kind, action, *_ in stream.raised}


def test_an_approved_person_who_is_nearer_to_themselves_is_not_taken_for_a_barred_one() -> None:
    assert _raised(_shown(_barred(KNOWN, KNOWN + 500), 3_000)) == []


def test_an_approved_person_who_is_nearer_to_a_barred_one_pauses_the_call() -> None:
    assert _raised(_shown(_barred(KNOWN, KNOWN - 500)))


def test_a_face_that_is_badly_seen_is_nobody_barred() -> None:
    assert _raised(_shown(_barred(STRANGE, NEAR, side=30), 3_000)) == []


def test_looks_that_contradict_each_other_are_not_enough() -> None:
    stream = Stream()
    for number in range(16):
        stream.show(number * 125, _barred(STRANGE, NEAR if number % 3 == 0 else FAR))
    assert _raised(stream) == []


def test_a_single_picture_never_pauses_whatever_the_policy_says() -> None:
    quick = POLICY.model_copy(
        update={"barred": POLICY.barred.model_copy(update={"samples": 1, "span_ms": 0})}
    )
    stream = Stream(policy=quick)
    stream.show(0, _barred(STRANGE, NEAR))
    assert _raised(stream) == []
    stream.show(125, _barred(STRANGE, NEAR))
    assert _raised(stream) == [("barred_person", "pause", 0, 125)]


def test_whom_an_officer_looked_at_is_not_taken_for_a_barred_one_again() -> None:
    stream = _shown(_barred(STRANGE, NEAR))
    word = Word(1_100, stream.state.tracks[0].id, FaceWord.IS, template=1)
    stream.state, stream.terms = hear(stream.state, stream.terms, word)
    before = len(_raised(stream))
    for number in range(10, 40):
        stream.show(number * 125, replace(_barred(STRANGE, 400), distances=(STRANGE, 500)))
    assert len(_raised(stream)) == before


def test_without_a_list_nothing_is_compared_and_the_record_is_as_ever() -> None:
    plain, live = face(KNOWN), replace(face(KNOWN), liveness=9_000)
    both = replace(live, barred=(NEAR, FAR))
    only = replace(plain, barred=(NEAR,))
    lengths = {
        name: len(one.to_record()) for name, one in {"plain": plain, "live": live, "both": both}.items()
    }
    assert lengths == {"plain": 15, "live": 16, "both": 17}
    for one in (plain, live, both, only):
        assert Face.from_record(one.to_record()) == one
