"""Records one side of a call: what left towards the other side, in pieces that go to the vault at once.

A piece never goes through the journal: no picture lies on this machine's disk. While the vault is away a few
pieces wait in memory; when there is no more room the recording has failed, and says so. The call goes on.
"""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final, Protocol

from domain.clearance import TAPS, ClearanceMode, Side, Tap
from domain.moderation.block import digest
from infrastructure.media.clearance import Grant
from infrastructure.media.frame import Codec, EncodedFrame, EncodedSound
from infrastructure.media.into_vault import Put, into_vault
from infrastructure.media.segment import FORMAT, Entry, Head, Mark, Picture, Segment, Sound

PIECE_MS: Final = 10_000
PIECE_BYTES_MAX: Final = 2 * 1024 * 1024  # of media; beyond, the next piece begins early
PIECES_MAX: Final = 6  # that wait for the vault: about a minute; beyond, the recording has failed
SEALED_TOGETHER: Final = 6  # digests in one event
STOP_S: Final = 5.0  # at the end of a call what waits is given so long


class TapeFacts(Protocol):
    """What is put on record of a recording."""

    def recording_started(self, side: Side, *, sound: bool, media_ms: int) -> None:
        """It is recorded from here on."""

    def recording_sealed(
        self, side: Side, digests: tuple[str, ...], times: tuple[int, int], pictures: int, sounds: int
    ) -> None:
        """These pieces are in the vault."""

    def recording_stopped(self, side: Side, media_ms: int) -> None:
        """It is over, and whole."""

    def recording_failed(self, side: Side, cause: str, media_ms: int) -> None:
        """It is recorded no longer."""


@dataclass(frozen=True, slots=True)
class Grants:
    """Leave to record a stream: its pictures, and its sound where the mode allows that."""

    picture: Grant
    sound: Grant | None

    def __post_init__(self) -> None:
        if self.picture.tap is not Tap.RECORDING:
            raise ValueError("Pictures are recorded under a grant to record them.")
        if self.sound is not None and self.sound.tap is not Tap.RECORDING_SOUND:
            raise ValueError("Sound is recorded under a grant to record it.")

    @classmethod
    def of(cls, mode: ClearanceMode) -> "Grants":
        """What the mode allows. Raises `TapForbidden` where nothing may be recorded."""
        audible = Tap.RECORDING_SOUND in TAPS[mode]
        sound = Grant(mode, Tap.RECORDING_SOUND) if audible else None
        return cls(Grant(mode, Tap.RECORDING), sound)


@dataclass(frozen=True, slots=True)
class Terms:
    """Whose recording it is, and how it tells the time."""

    call: str
    side: Side
    codec: Callable[[], Codec]
    media_ms: Callable[[float], int]  # of a moment, monotonic seconds


@dataclass(frozen=True, slots=True)
class _Piece:
    content: bytes
    from_ms: int
    to_ms: int
    pictures: int
    sounds: int


class Tape:
    """One side's recording, from the start of the call to its end or to its failure.

    `on_failed` is called once, when nothing more can be recorded.
    """

    def __init__(
        self,
        grants: Grants,
        terms: Terms,
        put: Put,
        facts: TapeFacts,
        on_failed: Callable[[str], None],
        *,
        now: float,
    ) -> None:
        self._grants, self._terms, self._put = grants, terms, put
        self._facts, self._on_failed = facts, on_failed
        self._entries: list[Entry] = []
        self._bytes = 0
        self._number = 0
        self._waiting: asyncio.Queue[_Piece] = asyncio.Queue(PIECES_MAX)
        self._sealed: list[tuple[str, _Piece]] = []  # in the vault, and not on record yet
        self._kept_ms = terms.media_ms(now)  # up to when it is in the vault
        self._codec = Codec.VP8
        self._over = False
        self.failed = False
        facts.recording_started(terms.side, sound=grants.sound is not None, media_ms=self._kept_ms)
        self._sending = asyncio.create_task(self._send())

    def picture(self, frame: EncodedFrame) -> None:
        """A picture left."""
        codec = self._terms.codec()
        if codec is not self._codec:
            self._close_piece()
            self._codec = codec
        self._add(Picture(frame.media_ms, frame.key, frame.data), len(frame.data))

    def sound(self, sound: EncodedSound) -> None:
        """Sound left. Nothing of it is kept where the mode does not allow that."""
        if self._grants.sound is not None:
            media_ms = self._terms.media_ms(sound.arrived)
            self._add(Sound(media_ms, sound.ticks, sound.data), len(sound.data))

    def mark(self, what: str, at: float, detail: str = "") -> None:
        """Something happened, at a moment in monotonic seconds."""
        self._add(Mark(self._terms.media_ms(at), what, detail), 0)

    async def stop(self) -> None:
        """The call is over: put away what there is."""
        self._close_piece()
        if not self.failed:
            self._over = True
            await self._settle()
        self._sending.cancel()
        await asyncio.gather(self._sending, return_exceptions=True)

    async def _settle(self) -> None:
        try:
            async with asyncio.timeout(STOP_S):
                await self._waiting.join()
        except TimeoutError:
            self._fail("vault_away")
        if not self.failed:
            self._tell_sealed()
            self._facts.recording_stopped(self._terms.side, self._kept_ms)

    def _add(self, entry: Entry, size: int) -> None:
        if self._over:
            return
        if self._entries and self._is_full(entry, size):
            self._close_piece()
        self._entries.append(entry)
        self._bytes += size

    def _is_full(self, entry: Entry, size: int) -> bool:
        lasts_ms = entry.media_ms - self._entries[0].media_ms
        return lasts_ms >= PIECE_MS or self._bytes + size > PIECE_BYTES_MAX

    def _close_piece(self) -> None:
        if not self._entries:
            return
        entries, self._entries, self._bytes = tuple(self._entries), [], 0
        head = Head(FORMAT, self._terms.call, self._terms.side, self._number, self._codec)
        self._number += 1
        times = [entry.media_ms for entry in entries]
        pictures = sum(isinstance(entry, Picture) for entry in entries)
        sounds = sum(isinstance(entry, Sound) for entry in entries)
        content = Segment(head, entries).to_bytes()
        try:
            self._waiting.put_nowait(_Piece(content, min(times), max(times), pictures, sounds))
        except asyncio.QueueFull:
            self._fail("vault_behind")

    async def _send(self) -> None:
        while True:
            piece = await self._waiting.get()
            if not await into_vault(self._put, piece.content, self._terms.call):
                self._waiting.task_done()
                self._fail("vault_refused")
                return
            self._sealed.append((digest(piece.content), piece))
            self._kept_ms = piece.to_ms
            if len(self._sealed) >= SEALED_TOGETHER:
                self._tell_sealed()
            self._waiting.task_done()

    def _fail(self, cause: str) -> None:
        """Nothing more is recorded; what is in the vault stays, and what still waits is let go."""
        self._over = self.failed = True
        self._entries, self._bytes = [], 0
        self._sending.cancel()
        while not self._waiting.empty():
            self._waiting.get_nowait()
            self._waiting.task_done()
        self._tell_sealed()
        self._facts.recording_failed(self._terms.side, cause, self._kept_ms)
        # Not now: a picture may be on its way out this very moment, and whoever is told may close its way.
        asyncio.get_running_loop().call_soon(self._on_failed, cause)

    def _tell_sealed(self) -> None:
        if not self._sealed:
            return
        sealed, self._sealed = self._sealed, []
        pieces = [piece for _, piece in sealed]
        times = pieces[0].from_ms, pieces[-1].to_ms
        pictures, sounds = sum(p.pictures for p in pieces), sum(p.sounds for p in pieces)
        self._facts.recording_sealed(
            self._terms.side, tuple(reference for reference, _ in sealed), times, pictures, sounds
        )
