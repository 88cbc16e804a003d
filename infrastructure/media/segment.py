"""One piece of a recording: what a side showed in about ten seconds, as it was encoded, and what happened meanwhile.

No container's format: each entry is a length and a msgpack array, and the first of them is the head. So a
piece can be read by whoever knows these few lines, long after the player of the day is forgotten.
"""

import struct
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

import msgspec

from domain.clearance import Side
from infrastructure.media.frame import Codec

FORMAT: Final = "kinline-recording/1"
_LENGTH = struct.Struct("!I")


class Head(msgspec.Struct, frozen=True, array_like=True, tag="head"):
    """Whose piece it is. `number` counts the pieces of one recording without a gap."""

    format: str
    call: str
    side: Side
    number: int
    codec: Codec  # of the pictures


class Picture(msgspec.Struct, frozen=True, array_like=True, tag="picture"):
    """One encoded picture that left."""

    media_ms: int
    key: bool
    data: bytes


class Sound(msgspec.Struct, frozen=True, array_like=True, tag="sound"):
    """One packet of Opus that left. Its ticks, of 1/48,000 s, keep its pace; they may begin anew."""

    media_ms: int
    ticks: int
    data: bytes


class Mark(msgspec.Struct, frozen=True, array_like=True, tag="mark"):
    """Something that happened: released, frozen, paused, live, and so on."""

    media_ms: int
    what: str
    detail: str = ""


Entry = Picture | Sound | Mark
_READ = msgspec.msgpack.Decoder(Head | Picture | Sound | Mark)


@dataclass(frozen=True, slots=True)
class Segment:
    """A piece: its head and its entries, in the order in which they left."""

    head: Head
    entries: tuple[Entry, ...]

    def to_bytes(self) -> bytes:
        """As it is put away."""
        records = (msgspec.msgpack.encode(one) for one in (self.head, *self.entries))
        return b"".join(_LENGTH.pack(len(record)) + record for record in records)

    @classmethod
    def from_bytes(cls, content: bytes) -> "Segment":
        """The piece these bytes hold. Raises `ValueError` for anything that `to_bytes` did not write."""
        try:
            records = list(_records(content))
        except (msgspec.DecodeError, struct.error) as error:
            raise ValueError("These bytes are no piece of a recording.") from error
        head = records[0] if records else None
        if not isinstance(head, Head) or head.format != FORMAT:
            raise ValueError("The recording has a format this release does not know.")
        return cls(head, tuple(one for one in records if not isinstance(one, Head)))


def _records(content: bytes) -> Iterator[Head | Entry]:
    place = 0
    while place < len(content):
        (length,) = _LENGTH.unpack_from(content, place)
        place += _LENGTH.size
        if place + length > len(content):
            raise ValueError("The piece of a recording is cut off.")
        yield _READ.decode(content[place : place + length])
        place += length
