"""Recorded calls over real WebRTC on loopback: what is played back is what the other side was sent."""

from pathlib import Path

import av
import pytest

from domain.clearance import ClearanceMode, Side
from domain.moderation.block import digest
from domain.policy.keeping import RecordingPolicy
from infrastructure.media import tape as tapes
from infrastructure.media.call import State
from infrastructure.media.playback import Played, play_back
from infrastructure.media.sampler import luma_plane
from infrastructure.media.segment import Picture, Segment
from tests.infrastructure.media.support import Stage, has_stranger, number_of, numbered, shown, stage
from tests.infrastructure.media.test_call import until

pytestmark = pytest.mark.slow  # real connections, in real time


async def played(on: Stage, side: Side, path: Path) -> tuple[Played, list[tuple[int | None, bool]]]:
    """The recording of one side, by the digests on record: each picture's number, and whether the stranger is there."""
    by_digest = {digest(piece["content"]): piece["content"] for piece in on.kept.pieces}
    sealed = [fact for fact in on.kept.named("RecordingSealed") if fact["side"] == side.value]
    segments = [Segment.from_bytes(by_digest[name]) for fact in sealed for name in fact["digests"]]
    found = play_back(segments, path)
    with av.open(path) as container:
        lumas = [luma_plane(picture) for picture in container.decode(video=0)]
    return found, [(number_of(luma), has_stranger(luma)) for luma in lumas]


async def test_the_recording_is_every_picture_that_was_shown_and_none_that_was_withheld(
    tmp_path: Path,
) -> None:
    async with stage(tmp_path, recording=RecordingPolicy()) as on:
        await on.begin(visitor=numbered(lambda at: at >= 2.0))
        await on.kept.until("RecordingStarted", side="visitor", sound=True)
        await on.kept.until("ReportViolation", side="visitor")
        await until(lambda: on.clients[Side.PRISONER].received.slate_frames >= 2)
        received = [number for _, number, _ in shown(on.clients[Side.PRISONER].pictures)]
        await on.call.end()
        await on.kept.until("RecordingStopped", side="visitor")
        await on.kept.until("RecordingStopped", side="prisoner")
        found, seen = await played(on, Side.VISITOR, tmp_path / "visitor.webm")
        assert on.kept.pictures == []  # of what was found none is kept: no policy says so
    numbers = [number for number, _ in seen]
    assert numbers == [number for number in received if number is not None]
    assert len(numbers) == found.pictures > 25
    assert not any(stranger for _, stranger in seen)
    assert found.sounds > 50
    marks = [mark.what for mark in found.marks]
    assert marks[:2] == ["live", "released"]
    assert marks.index("frozen") < marks.index("paused") < marks.index("violation")


@pytest.mark.parametrize(("required", "state"), [(False, State.LIVE), (True, State.INTERRUPTED)])
async def test_a_call_goes_on_unrecorded_unless_the_policy_demands_the_recording(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, required: bool, state: State
) -> None:
    monkeypatch.setattr(tapes, "PIECE_MS", 400)
    async with stage(tmp_path, recording=RecordingPolicy(required=required)) as on:
        on.kept.takes_pieces = False
        await on.begin()
        for side in () if required else Side:
            failed = await on.kept.until("RecordingFailed", side=side.value)
            assert failed["cause"] == "vault_refused"
        if (
            required
        ):  # the first side that fails interrupts the call, and the other may have no piece to put any more
            assert (await on.kept.until("RecordingFailed"))["cause"] == "vault_refused"
            await on.kept.until("ReportInterrupted", cause="recording_failed")
        assert on.call.state is state
        assert len(on.kept.named("ReportInterrupted")) == required
        assert on.kept.named("RecordingStopped") == []


async def test_nothing_is_recorded_where_no_policy_says_so_and_never_of_an_open_stream(
    tmp_path: Path,
) -> None:
    async with stage(tmp_path / "off") as on:
        await on.begin()
        await on.clients[Side.PRISONER].until_pictures(25)
        await on.call.end()
    assert on.kept.pieces == [] == on.kept.named("RecordingStarted")
    async with stage(tmp_path / "open", ClearanceMode.OPEN, recording=RecordingPolicy()) as on:
        await on.begin(ClearanceMode.OPEN)
        await on.clients[Side.PRISONER].until_pictures(25)
        await on.call.end()
    assert on.kept.pieces == [] == on.kept.named("RecordingStarted")


async def test_no_piece_of_a_recording_lies_in_the_workers_journal(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tapes, "PIECE_MS", 400)
    async with stage(tmp_path, recording=RecordingPolicy()) as on:
        await on.begin()
        await until(lambda: len(on.kept.pieces) >= 4)
        media = [entry.data for piece in on.kept.pieces for entry in _pictures(piece["content"])]
        written = b"".join(path.read_bytes() for path in (tmp_path / "journal").iterdir())
        assert written
        assert not any(picture in written for picture in media)


def _pictures(content: bytes) -> list[Picture]:
    return [entry for entry in Segment.from_bytes(content).entries if isinstance(entry, Picture)]
