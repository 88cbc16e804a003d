"""A picture of what was found is in the vault, or it is on record that it is not; nobody waits for it for ever."""

import asyncio
from typing import Any

import av
import numpy as np
import pytest

from domain.clearance import ClearanceMode, Side, Tap
from domain.evidence_picture import PICTURES_MAX
from domain.moderation.kind import Action, Kind, Severity, Standing
from domain.moderation.verdict import Evidence as Figures
from domain.moderation.verdict import Raised, ShownFace, Verdict
from infrastructure.media import evidence
from infrastructure.media.clearance import Grant, TapForbidden
from infrastructure.media.evidence import Evidence, EvidencePicture
from infrastructure.media.frame import EncodedFrame
from infrastructure.media.into_vault import Put
from infrastructure.media.judge import Judged
from infrastructure.media.sampler import Seen
from infrastructure.rpc import PeerGone
from tests.facts import CALL

GRANT = Grant(ClearanceMode.MATCH, Tap.EVIDENCE)
FOUND = Raised(Kind.UNAPPROVED_FACE, Severity.HIGH, Action.PAUSE, 1000, 2000, Figures(track=4))


class Facts:
    """What went on record."""

    def __init__(self) -> None:
        self.kept: list[EvidencePicture] = []
        self.failed: list[tuple[str, str]] = []

    def picture_kept(self, side: Side, picture: EvidencePicture) -> None:
        self.kept.append(picture)

    def picture_failed(self, side: Side, violation: str, cause: str) -> None:
        self.failed.append((violation, cause))


def judged(width: int, height: int) -> Judged:
    """A judged picture with a thing and two people, the second of whom it is about."""
    picture = av.VideoFrame.from_ndarray(np.full((height * 3 // 2, width), 90, np.uint8), format="yuv420p")
    standings = ((3, Standing.THING), (7, Standing.PROVED), (4, Standing.STRANGER))
    faces = tuple(
        ShownFace(t, (100 * n, 20, 80, 60), standing, None, None) for n, (t, standing) in enumerate(standings)
    )
    frame = EncodedFrame(b"", 0, 2000, True, 0.0)
    verdict = Verdict(2000, False, False, None, 250, False, False, faces=faces)
    observed: Any = None  # nothing of it is asked here
    return Judged(Seen(frame, picture), observed, verdict, False)


def of(put: Put, facts: Facts) -> Evidence:
    return Evidence(CALL, Side.VISITOR, put, facts, asyncio.Lock())


async def away(_: bytes) -> None:
    raise PeerGone("picture")


@pytest.mark.parametrize(
    ("size", "kept", "box"),
    [
        ((640, 480), (640, 480), (200, 20, 80, 60)),
        ((1920, 1080), (1280, 720), (133, 13, 53, 40)),
    ],
)
async def test_a_picture_is_kept_in_its_own_size_up_to_a_limit_with_places_to_match(
    size: tuple[int, int], kept: tuple[int, int], box: tuple[int, int, int, int]
) -> None:
    facts, vault = Facts(), list[bytes]()

    async def put(content: bytes) -> None:
        vault.append(content)

    pictures = of(put, facts)
    pictures.keep(GRANT, "violation-1", FOUND, judged(*size))
    await pictures.stop()
    (picture,) = facts.kept
    assert vault == [picture.still.jpeg]
    assert (picture.still.width, picture.still.height) == kept
    assert picture.concerned == 1
    assert picture.still.faces[1] == box
    assert len(picture.still.faces) == 2  # a thing is nobody


async def test_of_what_is_found_again_and_again_only_so_many_are_kept() -> None:
    facts, vault = Facts(), list[bytes]()

    async def put(content: bytes) -> None:
        vault.append(content)

    pictures = of(put, facts)
    for number in range(PICTURES_MAX + 1):
        pictures.keep(GRANT, f"violation-{number}", FOUND, judged(64, 48))
    await pictures.stop()
    assert facts.failed == [(f"violation-{PICTURES_MAX}", "enough")]
    assert [one.violation for one in facts.kept] == [f"violation-{number}" for number in range(PICTURES_MAX)]
    assert len(vault) == PICTURES_MAX


async def test_at_the_end_of_a_call_what_is_not_in_the_vault_soon_is_given_up(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(evidence, "STOP_S", 0.0)
    facts = Facts()
    pictures = of(away, facts)
    pictures.keep(GRANT, "violation-1", FOUND, judged(640, 480))
    await pictures.stop()
    await pictures.stop()
    assert facts.failed == [("violation-1", "vault_away")]


async def test_during_a_call_nobody_tries_for_ever(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(evidence, "PATIENCE_S", 0.0)
    facts = Facts()
    pictures = of(away, facts)
    pictures.keep(GRANT, "violation-1", FOUND, judged(640, 480))
    await pictures.stop()
    assert facts.failed == [("violation-1", "vault_away")]
    assert facts.kept == []


@pytest.mark.parametrize("tap", [tap for tap in Tap if tap is not Tap.EVIDENCE])
async def test_a_grant_for_something_else_is_no_leave_to_keep_a_picture(tap: Tap) -> None:
    with pytest.raises(ValueError, match="under a grant to keep it"):
        of(away, Facts()).keep(Grant(ClearanceMode.MATCH, tap), "violation-1", FOUND, judged(640, 480))


@pytest.mark.parametrize("mode", [ClearanceMode.OPEN, ClearanceMode.IMAGE_ONLY])
def test_no_leave_is_given_where_a_call_is_confidential(mode: ClearanceMode) -> None:
    with pytest.raises(TapForbidden):
        Grant(mode, Tap.EVIDENCE)
