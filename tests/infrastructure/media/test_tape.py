"""A recording is what left, in pieces that are in the vault before they are on record; and it fails honestly."""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from itertools import pairwise
from pathlib import Path

import av
import pytest

from domain.clearance import ClearanceMode, Side, Tap
from domain.event import Refused
from domain.moderation.block import digest
from infrastructure.media import into_vault
from infrastructure.media import tape as tapes
from infrastructure.media.clearance import Grant, TapForbidden
from infrastructure.media.frame import Codec, EncodedFrame, EncodedSound
from infrastructure.media.playback import play_back
from infrastructure.media.segment import Head, Mark, Picture, Segment, Sound
from infrastructure.media.slate import slate
from infrastructure.media.tape import PIECES_MAX, Grants, Tape, Terms
from infrastructure.rpc import PeerGone, PeerRefused

PICTURE = slate(Codec.VP8)
SILENCE = b"\xf8\xff\xfe"


@dataclass
class Told:
    """What was put on record, in order."""

    events: list[tuple[str, tuple[object, ...]]] = field(default_factory=list)

    def recording_started(self, side: Side, *, sound: bool, media_ms: int) -> None:
        self.events.append(("started", (sound, media_ms)))

    def recording_sealed(
        self, side: Side, digests: tuple[str, ...], times: tuple[int, int], pictures: int, sounds: int
    ) -> None:
        self.events.append(("sealed", (digests, times, pictures, sounds)))

    def recording_stopped(self, side: Side, media_ms: int) -> None:
        self.events.append(("stopped", (media_ms,)))

    def recording_failed(self, side: Side, cause: str, media_ms: int) -> None:
        self.events.append(("failed", (cause, media_ms)))

    @property
    def names(self) -> list[str]:
        return [name for name, _ in self.events]


@dataclass
class Recorded:
    """A tape, the pieces its vault took, and what it told."""

    tape: Tape
    told: Told
    vault: list[bytes]
    failed: list[str]

    def show(self, *seconds: float) -> None:
        """A picture and a packet of sound at each of these moments."""
        for at in seconds:
            self.tape.picture(EncodedFrame(PICTURE, 0, round(at * 1000), True, at))
            self.tape.sound(EncodedSound(SILENCE, round(at * 48_000), at))

    @property
    def segments(self) -> list[Segment]:
        return [Segment.from_bytes(content) for content in self.vault]


def recorded(
    mode: ClearanceMode = ClearanceMode.MATCH,
    put: Callable[[bytes], Awaitable[None]] | None = None,
    codec: Callable[[], Codec] = lambda: Codec.VP8,
) -> Recorded:
    told, vault, failed = Told(), list[bytes](), list[str]()

    async def keep(content: bytes) -> None:
        vault.append(content)

    terms = Terms("c-1", Side.VISITOR, codec, lambda at: round(at * 1000))
    tape = Tape(Grants.of(mode), terms, put or keep, told, failed.append, now=0.0)
    return Recorded(tape, told, vault, failed)


async def test_pieces_of_ten_seconds_are_on_record_once_they_are_in_the_vault() -> None:
    on = recorded()
    on.show(*range(25))
    on.tape.mark("frozen", 24.5, "new_face")
    await on.tape.stop()
    assert on.told.names == ["started", "sealed", "stopped"]
    digests, times, pictures, sounds = on.told.events[1][1]
    assert digests == tuple(digest(content) for content in on.vault)
    assert (times, pictures, sounds) == ((0, 24_500), 25, 25)
    assert [segment.head.number for segment in on.segments] == [0, 1, 2]
    assert on.segments[-1].entries[-1] == Mark(24_500, "frozen", "new_face")
    assert on.told.events[2][1] == (24_500,)


async def test_what_is_played_back_is_every_picture_and_every_sound_at_its_time(tmp_path: Path) -> None:
    on = recorded()
    on.show(0.2, 0.24, 11.0)
    await on.tape.stop()
    played = play_back(on.segments, tmp_path / "r.webm")
    assert (played.pictures, played.sounds, played.whole) == (3, 3, True)
    with av.open(tmp_path / "r.webm") as container:
        assert [round(f.time or 0, 2) for f in container.decode(video=0)] == [0.2, 0.24, 11.0]
    with av.open(tmp_path / "r.webm") as container:
        assert len([p for p in container.demux(audio=0) if p.pts is not None]) == 3


async def test_a_missing_piece_is_told(tmp_path: Path) -> None:
    on = recorded()
    on.show(*range(25))
    await on.tape.stop()
    first, _, last = on.segments
    assert not play_back([first, last], tmp_path / "r.webm").whole


async def test_another_encoding_begins_another_piece_and_no_file_holds_both(tmp_path: Path) -> None:
    codec = [Codec.VP8]
    on = recorded(codec=lambda: codec[0])
    on.show(0.0)
    codec[0] = Codec.H264
    on.show(1.0)
    await on.tape.stop()
    assert [segment.head.codec for segment in on.segments] == [Codec.VP8, Codec.H264]
    with pytest.raises(Refused, match="encoded in two ways"):
        play_back(on.segments, tmp_path / "r.webm")


async def test_sound_that_came_unevenly_is_played_evenly(tmp_path: Path) -> None:
    head = Head("kinline-recording/1", "c-1", Side.VISITOR, 0, Codec.VP8)
    late = [Sound(20 * n + (15 if n % 2 else 0), 960 * n, SILENCE) for n in range(10)]
    play_back([Segment(head, (Picture(0, True, PICTURE), *late))], tmp_path / "r.webm")
    with av.open(tmp_path / "r.webm") as container:
        times = [packet.pts for packet in container.demux(audio=0) if packet.pts is not None]
    assert {after - before for before, after in pairwise(times)} == {20}


async def test_nothing_can_be_recorded_of_an_open_stream_and_no_sound_of_an_image_only_one() -> None:
    with pytest.raises(TapForbidden):
        Grants.of(ClearanceMode.OPEN)
    with pytest.raises(TapForbidden):
        Grant(ClearanceMode.IMAGE_ONLY, Tap.RECORDING_SOUND)
    on = recorded(ClearanceMode.IMAGE_ONLY)
    on.show(0.0, 1.0)
    await on.tape.stop()
    assert on.told.events[0] == ("started", (False, 0))
    assert [type(entry) for segment in on.segments for entry in segment.entries] == [Picture, Picture]


@pytest.mark.parametrize("tap", [Tap.SAMPLER, Tap.STAFF_PICTURE, Tap.STAFF_SOUND])
def test_a_grant_for_something_else_is_no_leave_to_record(tap: Tap) -> None:
    with pytest.raises(ValueError, match="recorded under a grant"):
        Grants(Grant(ClearanceMode.MATCH, tap), None)
    with pytest.raises(ValueError, match="recorded under a grant"):
        Grants(Grant(ClearanceMode.MATCH, Tap.RECORDING), Grant(ClearanceMode.MATCH, tap))


async def test_while_the_vault_is_away_pieces_wait_and_then_all_are_kept(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(into_vault, "_AGAIN_S", 0.0)
    away, vault = [PeerGone("piece"), PeerRefused("StoreAway", "")], list[bytes]()

    async def put(content: bytes) -> None:
        if away:
            raise away.pop()
        vault.append(content)

    on = recorded(put=put)
    on.show(*range(25))
    await on.tape.stop()
    assert on.told.names == ["started", "sealed", "stopped"]
    assert len(vault) == 3


async def test_when_too_much_waits_the_recording_has_failed_and_nothing_more_is_taken() -> None:
    async def never(_: bytes) -> None:
        await asyncio.Event().wait()

    on = recorded(put=never)
    for second in range(0, 10 * (PIECES_MAX + 4), 5):
        on.show(second)
        await asyncio.sleep(0)
    assert on.told.names == ["started", "failed"]
    assert on.told.events[1][1] == ("vault_behind", 0)
    await asyncio.sleep(0)
    assert on.failed == ["vault_behind"]
    await on.tape.stop()
    assert on.told.names == ["started", "failed"]


async def test_what_was_kept_before_a_failure_stays_on_record() -> None:
    kept = list[bytes]()

    async def put(content: bytes) -> None:
        if kept:
            raise PeerRefused("ValueError", "too large")
        kept.append(content)

    on = recorded(put=put)
    on.show(*range(25))
    await on.tape.stop()
    assert on.told.names == ["started", "sealed", "failed"]
    assert on.told.events[1][1][0] == (digest(kept[0]),)
    assert on.told.events[2][1] == ("vault_refused", 9000)


async def test_at_the_end_what_cannot_be_put_away_in_time_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tapes, "STOP_S", 0.01)

    async def away(_: bytes) -> None:
        raise PeerGone("piece")

    on = recorded(put=away)
    on.show(0.0)
    await on.tape.stop()
    assert on.told.names == ["started", "failed"]
    assert on.told.events[1][1] == ("vault_away", 0)


@pytest.mark.parametrize("content", [b"", b"\x00", b"\x00\x00\x00\x04ab", b"\x00\x00\x00\x01\xc1"])
def test_what_is_no_piece_is_refused(content: bytes) -> None:
    with pytest.raises(ValueError, match="recording"):
        Segment.from_bytes(content)
