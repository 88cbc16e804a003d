"""What is counted of one film: against labels, in media time, without any network."""

from pathlib import Path
from typing import Any

from domain.moderation.observation import Face
from infrastructure.evaluation.events import Film, assess
from infrastructure.evaluation.manifest import Clip, Interval, Label, Manifest, Person
from infrastructure.evaluation.summary import SMALL, summary
from infrastructure.moderation.footage import Shot
from tests.domain.moderation.pictures import BETWEEN, KNOWN, POLICY, RIGHT, STRANGE, Stream, face, picture

EVERY_MS = 40
SITTER, GUEST = face(KNOWN), face(STRANGE, at=RIGHT)


def clip(*strangers: tuple[float, float], until_s: float = 8.0, who: str = "p1", **more: Any) -> Clip:
    """A film of somebody approved, with a stranger at times."""
    sits = Interval(from_s=0, to_s=until_s, kind=Label.FACE, person=who)
    comes = (Interval(from_s=a, to_s=b, kind=Label.FACE, person="s1") for a, b in strangers)
    return Clip(path=Path("x.webm"), admitted=(who,), intervals=(sits, *comes), **more)


def film(labels: Clip, *scenes: tuple[int, int, list[Face]], end_ms: int = 8_000) -> Film:
    """Judged each eighth of a second: from when to when, and who is seen."""
    stream, shots = Stream(), []
    for media_ms in range(0, end_ms, 125):
        seen = next((faces for a, b, faces in scenes if a <= media_ms < b), [SITTER])
        verdict = stream.show(media_ms, *seen)
        shots.append(Shot(picture(media_ms, *seen), verdict, unexplained_change=False))
    return assess(labels, shots, list(range(0, end_ms, EVERY_MS)), POLICY)


def test_a_stranger_is_timed_from_when_they_are_to_be_seen() -> None:
    found = film(clip((3.0, 6.0)), (3_250, 6_000, [SITTER, GUEST]))
    (outcome,) = found.outcomes
    assert (outcome.froze_after_ms, outcome.paused_after_ms, outcome.found) == (250, 1_250, True)
    assert (found.false_pauses, found.false_freezes) == ((), ())


def test_pictures_before_the_first_unclean_one_leak_and_no_other() -> None:
    """Seen at 3.25 s for the first time: the span up to 3.125 s was clean, and had left."""
    found = film(clip((3.0, 6.0)), (3_250, 6_000, [SITTER, GUEST]))
    assert found.leaked == len(range(3_000, 3_126, EVERY_MS))
    assert found.stranger_pictures == 75


def test_a_stranger_nobody_sees_is_missed_and_leaks_whole() -> None:
    found = film(clip((3.0, 6.0)))
    (outcome,) = found.outcomes
    assert (outcome.froze_after_ms, outcome.paused_after_ms, outcome.found) == (None, None, False)
    assert found.leaked == found.stranger_pictures == 75


def test_an_approved_person_who_is_not_matched_is_a_false_freeze_and_then_a_false_pause() -> None:
    unsure = [SITTER, face(BETWEEN, at=RIGHT)]
    short = film(clip(), (3_000, 3_500, unsure))
    assert [(f.kind, f.from_ms, f.to_ms) for f in short.false_freezes] == [("new_face", 3_000, 4_500)]
    assert short.false_pauses == ()
    mistaken = film(clip(), (3_000, 8_000, [SITTER, GUEST]))
    assert [pause.kind for pause in mistaken.false_pauses] == ["unapproved_face"]


def test_a_freeze_that_lingers_after_a_stranger_left_is_none_of_the_false_ones() -> None:
    found = film(clip((3.0, 3.3)), (3_000, 3_300, [SITTER, GUEST]))
    assert found.false_freezes == ()


def test_the_errors_at_the_policys_thresholds_are_of_faces_that_were_found() -> None:
    found = film(clip((3.0, 6.0)), (3_000, 6_000, [SITTER, GUEST]), (6_000, 7_000, [face(BETWEEN)]))
    assert found.false_matches == (0, 24)
    assert found.non_matches == (8, 40)
    unseen = film(clip((3.0, 6.0)))
    assert unseen.false_matches == (0, 0)  # two are labelled and one was found: no comparison to count


def test_a_hand_that_is_gone_before_the_policy_acts_is_not_counted() -> None:
    short = Interval(from_s=2, to_s=3, kind=Label.CAMERA_COVERED)
    labels = clip().model_copy(update={"intervals": (short,)})
    assert film(labels).outcomes == ()


def test_a_group_is_reported_from_five_people_on() -> None:
    people = {f"p{n}": Person(photograph=Path("p.png"), group="a") for n in range(SMALL)}
    films = [film(clip(who=name), (3_000, 4_000, [face(BETWEEN)])) for name in people]
    whole = summary(Manifest(people=people, clips=tuple(f.clip for f in films)), films)
    group = whole["groups"]["a"]
    assert (group["identities"], group["suppressed"]) == (SMALL, False)
    assert group["false_non_match_rate"]["value"] == 8 / 64
    few = summary(Manifest(people=people, clips=tuple(f.clip for f in films)), films[1:])
    assert few["groups"]["a"] == {"identities": None, "suppressed": True}
