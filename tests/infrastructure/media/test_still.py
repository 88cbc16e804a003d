"""Stills: a sensitive one leaves its worker blurred, unless one officer's request to see it is on record."""

import av
import cv2
import numpy as np
import pytest
from numpy.typing import NDArray

from application.ports import Still
from domain.moderation.kind import FreezeCause
from domain.moderation.observation import Observation
from domain.moderation.verdict import Verdict
from infrastructure.media.frame import EncodedFrame
from infrastructure.media.judge import Judged
from infrastructure.media.sampler import Seen
from infrastructure.media.still import still_of


def judged(cause: FreezeCause | None) -> Judged:
    """A picture of fine stripes, of which a blur leaves nothing."""
    stripes = np.zeros((240, 320, 3), np.uint8)
    stripes[:, ::8] = stripes[:, 1::8] = stripes[:, 2::8] = stripes[:, 3::8] = 255
    picture = av.VideoFrame.from_ndarray(stripes, format="bgr24")
    verdict = Verdict(
        media_ms=12_000,
        clean=cause is None,
        explained=False,
        cause=cause,
        next_ms=250,
        calm=False,
        everyone_proved=False,
    )
    observation = Observation(12_000, (), 128, 90, 8100, 0, 0, False, False, "test", ())
    return Judged(Seen(EncodedFrame(b"", 0, 0, True, 0.0), picture), observation, verdict, False)


def contrast(still: Still) -> float:
    """How much can be made out in it."""
    grey: NDArray[np.uint8] = np.asarray(
        cv2.imdecode(np.frombuffer(still.jpeg, np.uint8), cv2.IMREAD_GRAYSCALE), dtype=np.uint8
    )
    return float(grey[60:180, 80:240].std())


@pytest.mark.parametrize("cause", [None, FreezeCause.NEW_FACE])
def test_an_ordinary_still_shows_its_picture(cause: FreezeCause | None) -> None:
    assert contrast(still_of(judged(cause))) > 80


def test_a_sensitive_still_leaves_its_worker_blurred() -> None:
    assert contrast(still_of(judged(FreezeCause.NUDITY))) < 10


def test_it_leaves_bare_for_the_officer_who_is_shown_it() -> None:
    assert contrast(still_of(judged(FreezeCause.NUDITY), bare=True)) > 80
