"""Asking for a new photograph: after weak matches in a row, once for each template."""

from datetime import timedelta
from typing import Any

import pytest

from domain import reenrolment
from domain.enrolment import FaceTemplateEnrolled
from domain.policy import Policy, PolicyPublished
from domain.reenrolment import AskReenrolment, ReenrolmentAsked, months_back
from domain.waiting_room.events import IdentityChecked, IdentityResult, SeenFace
from tests.asked import ask
from tests.facts import NOON, VISITOR, fact
from tests.scenario import given

enrolled = fact(FaceTemplateEnrolled, -9_000_000, person=VISITOR, template="sha256:bb")
asked = fact(ReenrolmentAsked)


def seen(distance: int, seconds: float = -100, **changes: Any) -> IdentityChecked:
    faces = (SeenFace(person=VISITOR, distance=distance),)
    return fact(IdentityChecked, seconds, faces=faces, **changes)


weak, strong = seen(4501), seen(4500)
unsure = seen(3000, result=IdentityResult.UNSURE)


def test_three_weak_matches_in_a_row_ask_for_a_new_photograph() -> None:
    given(reenrolment, enrolled, strong, weak, unsure, weak).when(ask(AskReenrolment)).then(asked)


@pytest.mark.parametrize(
    "checks", [(), (weak, weak), (weak, weak, strong), (weak, strong, weak, weak)], ids=str
)
def test_fewer_or_strong_ones_in_between_ask_for_nothing(checks: tuple[IdentityChecked, ...]) -> None:
    given(reenrolment, enrolled, *checks).when(ask(AskReenrolment)).then_nothing()


def test_the_prisons_policy_says_how_many_and_how_weak() -> None:
    document = Policy().merged({"people": {"reenrol_after": 2, "reenrol_distance": 4000}}).document()
    policy = fact(PolicyPublished, -90_000, document=document)
    given(reenrolment, policy, enrolled, seen(4100), seen(4100)).when(ask(AskReenrolment)).then(
        fact(ReenrolmentAsked, checks=2)
    )
    given(reenrolment, policy, enrolled, seen(4000), seen(4100)).when(ask(AskReenrolment)).then_nothing()


def test_a_photograph_is_asked_for_once_for_each_template() -> None:
    given(reenrolment, enrolled, weak, weak, weak, asked, weak).when(ask(AskReenrolment)).then_nothing()
    again = fact(FaceTemplateEnrolled, person=VISITOR, template="sha256:b2")
    history = [enrolled, weak, weak, weak, asked, again]
    given(reenrolment, *history, weak, weak).when(ask(AskReenrolment)).then_nothing()
    given(reenrolment, *history, weak, weak, weak).when(ask(AskReenrolment)).then(asked)


def test_nobody_without_a_template_is_asked() -> None:
    given(reenrolment, weak, weak, weak).when(ask(AskReenrolment)).then_nothing()


def test_the_faces_of_others_in_the_same_picture_count_for_nobody_else() -> None:
    both = (SeenFace(person=VISITOR, distance=3000), SeenFace(person="visitor-2", distance=4900))
    check = fact(IdentityChecked, faces=both)
    given(reenrolment, enrolled, check, check, check).when(ask(AskReenrolment)).then_nothing()


def test_checks_of_the_last_half_year_count() -> None:
    assert months_back(NOON + timedelta(days=60)) == (
        "2027-01", "2026-12", "2026-11", "2026-10", "2026-09", "2026-08",
    )  # fmt: skip
    old = seen(4900, checked_month=(f"{VISITOR}/2026-09",))
    given(reenrolment, enrolled, old, weak, weak).when(ask(AskReenrolment)).then_nothing()
