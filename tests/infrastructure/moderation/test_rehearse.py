"""A dress rehearsal under the real networks: the right face is recognised, another is not, and a dark one is told."""

from itertools import islice

import cv2
import numpy as np
import pytest

from application.moderation import Setup
from domain.clearance import ClearanceMode, Side
from domain.dress_rehearsal.events import RehearsalProblem, RehearsalResult, Rehearsed
from domain.dress_rehearsal.judging import judge
from domain.policy import Policy
from domain.waiting_room.events import Expected, ExpectedFace
from infrastructure import clips
from infrastructure.clips import Clip, sitter
from infrastructure.moderation import setups
from infrastructure.moderation.rehearse import observed
from tests.infrastructure.moderation.conftest import APPROVED, STRANGER

pytestmark = pytest.mark.models

EXPECTED = Expected(
    persons=("visitor-1",),
    faces=(ExpectedFace(person="visitor-1", template="sha256:aa"),),
    mode=ClearanceMode.MATCH,
)


def tried(setup: Setup, templates: list[tuple[float, ...]], clip: Clip) -> Rehearsed:
    """Four pictures of a film, half a second after each other, as the page sends them."""
    policy = Policy(moderation=setups.default_policy(setup.name))
    shown = islice(clips.pictures(clip, every=clips.FPS // 2), 4)
    sent = [cv2.imencode(".jpg", np.ascontiguousarray(picture[:, :, ::-1]))[1].tobytes() for picture in shown]
    observations = observed(sent, setup, policy.moderation, ClearanceMode.MATCH, templates)
    return judge(observations, policy, Side.VISITOR, EXPECTED)


def test_the_right_face_is_recognised_and_another_is_not(
    setup: Setup, templates: list[tuple[float, ...]]
) -> None:
    right = tried(setup, templates, Clip((sitter(APPROVED, 4),), 3.0))
    wrong = tried(setup, templates, Clip((sitter(STRANGER, 4),), 3.0))
    assert (right.result, right.problems) == (RehearsalResult.MATCHED, ())
    assert wrong.result is not RehearsalResult.MATCHED
    assert [one.result for one in wrong.persons] != [RehearsalResult.MATCHED]


def test_too_little_light_is_told(setup: Setup, templates: list[tuple[float, ...]]) -> None:
    dark = tried(setup, templates, Clip((sitter(APPROVED, 4),), 3.0, light=0.12))
    assert RehearsalProblem.TOO_DARK in dark.problems
