"""Evidence pictures of real calls over loopback: the picture on which it was decided is kept, and nothing else."""

from pathlib import Path

import cv2
import numpy as np
import pytest

from domain.clearance import ClearanceMode, Side
from domain.moderation.block import digest
from domain.moderation.kind import Action, Kind, Severity
from domain.moderation.verdict import Raised
from infrastructure.media.call import State
from tests.infrastructure.media.support import Luma, Stage, has_stranger, number_of, numbered, stage

pytestmark = pytest.mark.slow  # real connections, in real time


def luma_of(jpeg: bytes) -> Luma:
    decoded = cv2.imdecode(np.frombuffer(jpeg, np.uint8), cv2.IMREAD_GRAYSCALE)
    assert decoded is not None
    return decoded.astype(np.uint8, copy=False)


async def paused(on: Stage) -> str:
    """A stranger comes into the visitor's picture; the name of what was found."""
    await on.begin(visitor=numbered(lambda at: at >= 1.0))
    found = await on.kept.until("ReportViolation", side="visitor", action="pause")
    return str(found["violation"])


async def test_the_picture_on_which_it_was_decided_is_kept_and_then_on_record(tmp_path: Path) -> None:
    async with stage(tmp_path, pictured=True) as on:
        violation = await paused(on)
        kept = await on.kept.until("EvidencePictureKept", violation=violation)
        assert on.call.state is State.PAUSED
        (picture,) = [one for one in on.kept.pictures if digest(one["content"]) == kept["digest"]]
        assert picture["side"] == "visitor"
        luma = luma_of(picture["content"])
        assert luma.shape == (kept["height"], kept["width"])
        assert number_of(luma) is not None
        assert has_stranger(luma)
        reported = await on.kept.until("ReportViolation", violation=violation)
        assert kept["media_ms"] == reported["media_ms"]
        assert len(kept["faces"]) == 2
        x, y, _, _ = kept["faces"][kept["concerned"]]
        assert luma[y + 8, x + 8] > 160  # the stranger's bright square
        written = b"".join(path.read_bytes() for path in (tmp_path / "journal").iterdir())
        assert written
        assert not any(picture["content"][at : at + 64] in written for at in range(600, 2000, 64))


async def test_where_the_vault_refuses_it_that_is_on_record_and_the_call_stays_paused(tmp_path: Path) -> None:
    async with stage(tmp_path, pictured=True) as on:
        on.kept.takes_pieces = False
        violation = await paused(on)
        failed = await on.kept.until("EvidencePictureFailed", violation=violation)
        assert failed["cause"] == "vault_refused"
        assert on.call.state is State.PAUSED


async def test_of_what_is_only_coached_no_picture_is_kept(tmp_path: Path) -> None:
    async with stage(tmp_path, pictured=True) as on:
        await paused(on)
        side = on.call._sides[Side.VISITOR]
        assert side.judge is not None
        assert side.judge.newest is not None
        side.keep_picture(
            "coached", Raised(Kind.FACE_ABSENT, Severity.LOW, Action.COACH, 0, 0), side.judge.newest
        )
        await on.call.end()
        await on.reporter.settled()
        assert "coached" not in {kept["violation"] for kept in on.kept.named("EvidencePictureKept")}
        assert on.kept.named("EvidencePictureFailed") == []


async def test_of_a_confidential_stream_none_could_be_kept(tmp_path: Path) -> None:
    async with stage(tmp_path, ClearanceMode.IMAGE_ONLY, pictured=True) as on:
        await on.begin(ClearanceMode.IMAGE_ONLY, visitor=numbered(lambda at: at >= 1.0))
        await on.kept.until("ReportViolation", side="visitor", action="pause")
        await on.call.end()
        assert on.kept.pictures == [] == on.kept.named("EvidencePictureFailed")
