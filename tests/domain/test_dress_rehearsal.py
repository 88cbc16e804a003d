"""The dress rehearsal: when it may be held, what its pictures come to, and what is learnt of a photograph."""

from collections.abc import Sequence
from typing import Any

import pytest

from domain import dress_rehearsal
from domain.booking.events import BookingCancelled, BookingChanged, CallBooked
from domain.clearance import ClearanceMode, Side
from domain.dress_rehearsal.decisions import HoldRehearsal
from domain.dress_rehearsal.events import (
    PersonRehearsed,
    RehearsalHeld,
    RehearsalProblem,
    RehearsalResult,
    Rehearsed,
)
from domain.dress_rehearsal.judging import judge
from domain.dress_rehearsal.state import Rehearsals, evolve, initial
from domain.enrolment import BiometricConsentWithdrawn, FaceTemplateEnrolled
from domain.event import Event
from domain.moderation.observation import Face, Observation, Quality
from domain.policy import Policy, PolicyPublished
from domain.waiting_room.events import Expected, ExpectedFace
from tests.asked import ask
from tests.facts import VISITOR, fact
from tests.scenario import given

MATCHED, UNCERTAIN, NOT_MATCHED, COUNTED = RehearsalResult
DAY, EARLY = -86_400, -3600
NEAR, UNSURE, FAR = 3000, 5500, 8000
OTHER = "visitor-2"
booked: list[Event] = [
    fact(PolicyPublished, -990_000),
    fact(CallBooked, -900_000),
    fact(FaceTemplateEnrolled, -800_000, person=VISITOR, template="sha256:bb"),
]
ONE = Expected(
    persons=(VISITOR,), faces=(ExpectedFace(person=VISITOR, template="sha256:bb"),), mode=ClearanceMode.MATCH
)
TWO = Expected(
    persons=(VISITOR, OTHER),
    faces=(*ONE.faces, ExpectedFace(person=OTHER, template="sha256:cc")),
    mode=ClearanceMode.MATCH,
)
COUNT = Expected(persons=(VISITOR, OTHER), faces=(), mode=ClearanceMode.COUNT)


def face(*distances: int, x: int = 100, **seen: int) -> Face:
    """A face that is well seen, unless told otherwise."""
    quality = {"side": 120, "sharpness": 900, "brightness": 130, "turn": 200, "inside": 10_000, "edge": 50}
    return Face((x, 150, 120, 120), 9000, 9000, distances, Quality(**{**quality, "stir": 0, **seen}))


def pictures(*faces: Face, times: int = 4, luma: int = 120) -> list[Observation]:
    """The same faces in a few pictures, half a second after each other."""
    return [
        Observation(number * 500, faces, luma, 40, None, 4800, 0, False, False, "test/1", ())
        for number in range(1, times + 1)
    ]


def tried(seen: Sequence[Observation], expected: Expected = ONE) -> Rehearsed:
    return judge(seen, Policy(), Side.VISITOR, expected)


def of(rehearsed: Rehearsed) -> list[RehearsalResult]:
    return [one.result for one in rehearsed.persons]


def test_whoever_is_near_their_photograph_is_recognised() -> None:
    seen = tried(pictures(face(NEAR)))
    assert (seen.result, of(seen), seen.problems, seen.people) == (MATCHED, [MATCHED], (), 1)


def test_a_face_far_from_every_photograph_is_not_recognised() -> None:
    seen = tried(pictures(face(FAR)))
    assert (seen.result, of(seen), seen.problems) == (NOT_MATCHED, [NOT_MATCHED], ())


def test_between_the_two_it_is_uncertain() -> None:
    seen = tried(pictures(face(UNSURE)))
    assert (seen.result, of(seen)) == (UNCERTAIN, [UNCERTAIN])


def test_one_good_picture_is_not_enough() -> None:
    assert tried([*pictures(face(NEAR), times=1)]).result is UNCERTAIN


def test_each_person_of_a_side_has_a_result_of_their_own() -> None:
    both = tried(pictures(face(NEAR, FAR), face(FAR, NEAR, x=400)), TWO)
    assert (both.result, of(both), both.problems) == (MATCHED, [MATCHED, MATCHED], ())
    alone = tried(pictures(face(NEAR, FAR)), TWO)
    assert (alone.result, of(alone)) == (UNCERTAIN, [MATCHED, NOT_MATCHED])
    assert alone.problems == (RehearsalProblem.FEWER_PEOPLE,)


def test_where_faces_are_counted_nobody_is_compared() -> None:
    seen = tried(pictures(face(), face(x=400)), COUNT)
    assert (seen.result, seen.persons, seen.people) == (COUNTED, (), 2)
    crowd = tried(pictures(face(x=0), face(x=200), face(x=400)), COUNT)
    assert (crowd.result, crowd.problems) == (UNCERTAIN, (RehearsalProblem.MORE_PEOPLE,))


@pytest.mark.parametrize(
    ("seen", "problem"),
    [
        ({"brightness": 30}, RehearsalProblem.TOO_DARK),
        ({"brightness": 240}, RehearsalProblem.TOO_BRIGHT),
        ({"side": 47}, RehearsalProblem.TOO_FAR),
        ({"turn": 2500}, RehearsalProblem.TURNED),
        ({"inside": 9000}, RehearsalProblem.AT_THE_EDGE),
        ({"sharpness": 50}, RehearsalProblem.BLURRED),
    ],
)
def test_what_is_wrong_with_the_picture_is_said(seen: dict[str, int], problem: RehearsalProblem) -> None:
    assert tried(pictures(face(UNSURE, **seen))).problems == (problem,)


def test_an_empty_dark_picture_says_both() -> None:
    seen = tried(pictures(luma=20))
    assert seen.result is UNCERTAIN
    assert seen.problems == (RehearsalProblem.NO_FACE, RehearsalProblem.TOO_DARK)


def test_a_rehearsal_the_day_before_goes_on_record() -> None:
    given(dress_rehearsal, *booked).when(ask(HoldRehearsal, DAY)).then(fact(RehearsalHeld, DAY))


@pytest.mark.parametrize(
    ("at", "rule"), [(-48 * 3600 - 1, "rehearsal_early"), (-900, "rehearsal_late"), (60, "rehearsal_late")]
)
def test_it_is_held_in_the_days_before_the_call_and_not_beside_it(at: float, rule: str) -> None:
    given(dress_rehearsal, *booked).when(ask(HoldRehearsal, at)).then_refused(rule)


def test_a_prison_may_do_without() -> None:
    document = Policy().merged({"waiting_room": {"rehearsal_hours": 0}}).document()
    never = fact(PolicyPublished, -990_000, document=document)
    given(dress_rehearsal, never, *booked[1:]).when(ask(HoldRehearsal, DAY)).then_refused("rehearsal_early")


def test_a_side_tries_so_often_and_no_more() -> None:
    most = Policy().waiting_room.rehearsals_max
    before = [fact(RehearsalHeld, DAY + number) for number in range(most)]
    given(dress_rehearsal, *booked, *before).when(ask(HoldRehearsal, EARLY)).then_refused("rehearsals_max")
    other = [fact(RehearsalHeld, DAY, side=Side.PRISONER)] * most
    given(dress_rehearsal, *booked, *other).when(ask(HoldRehearsal, EARLY)).then(fact(RehearsalHeld, EARLY))


def test_nobody_tries_for_a_call_they_are_not_on() -> None:
    given(dress_rehearsal, *booked).when(ask(HoldRehearsal, DAY, person="visitor-9")).then_refused(
        "not_on_call"
    )


@pytest.mark.parametrize(
    "over", [fact(BookingCancelled, DAY - 1), fact(BookingChanged, DAY - 1, booked=False)]
)
def test_a_call_that_is_no_longer_booked_is_not_tried(over: Event) -> None:
    given(dress_rehearsal, *booked, over).when(ask(HoldRehearsal, DAY)).then_refused("call_unknown")


def test_whoever_said_no_to_a_comparison_is_counted() -> None:
    said_no = fact(BiometricConsentWithdrawn, DAY - 60)
    (held,) = given(dress_rehearsal, *booked, said_no).when(ask(HoldRehearsal, DAY)).outcome()
    assert isinstance(held, RehearsalHeld)
    assert held.mode is ClearanceMode.COUNT


def _after(*events: RehearsalHeld | FaceTemplateEnrolled) -> Rehearsals:
    state = initial
    for event in events:
        state = evolve(state, event)
    return state


def _weak(**changes: Any) -> RehearsalHeld:
    persons = (PersonRehearsed(person=VISITOR, result=UNCERTAIN),)
    return fact(RehearsalHeld, DAY, result=UNCERTAIN, persons=persons, **changes)


def test_a_weak_match_twice_in_good_light_speaks_for_a_new_photograph() -> None:
    dark = _weak(problems=(RehearsalProblem.TOO_DARK,))
    assert not _after(_weak()).doubts_photograph(VISITOR)
    assert not _after(_weak(), dark, dark).doubts_photograph(VISITOR)
    assert _after(_weak(), dark, _weak()).doubts_photograph(VISITOR)
    assert not _after(_weak(), fact(RehearsalHeld, DAY), _weak()).doubts_photograph(VISITOR)


def test_a_new_photograph_is_doubted_afresh() -> None:
    new = fact(FaceTemplateEnrolled, DAY, person=VISITOR, template="sha256:dd")
    assert not _after(_weak(), _weak(), new).doubts_photograph(VISITOR)
    assert not _after(_weak(), new, _weak()).doubts_photograph(VISITOR)
