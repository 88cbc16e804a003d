"""The recording of a call: what each side was shown and heard of the other, where the prison's policy says so.

A recording holds what left, as it left: pictures that were withheld are not in it. It is put away in pieces;
one counts, and its digest goes on record, only when it is in the vault.
"""

from collections.abc import Iterable

from domain.clearance import Side
from domain.event import CallEvent


class RecordingStarted(CallEvent):
    """What this side shows to the other is recorded from here on."""

    side: Side
    sound: bool  # False: nobody may record this side's sound
    media_ms: int


class RecordingSealed(CallEvent):
    """Digests of the pieces of a recording that are in the vault."""

    side: Side
    digests: tuple[str, ...]
    from_ms: int
    to_ms: int
    pictures: int
    sounds: int


class RecordingStopped(CallEvent):
    """The recording of this side is over, and whole."""

    side: Side
    media_ms: int


class RecordingFailed(CallEvent):
    """This side is recorded no longer; what is on record as sealed is kept."""

    side: Side
    cause: str
    media_ms: int


RecordingEvent = RecordingStarted | RecordingSealed | RecordingStopped | RecordingFailed


def recorded_now(facts: Iterable[RecordingEvent]) -> frozenset[Side]:
    """The sides that are recorded at the end of these facts of a call."""
    sides: frozenset[Side] = frozenset()
    for fact in facts:
        match fact:
            case RecordingStarted(side=side):
                sides |= {side}
            case RecordingStopped(side=side) | RecordingFailed(side=side):
                sides -= {side}
            case RecordingSealed():
                pass
    return sides
