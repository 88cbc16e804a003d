"""Muting: an officer takes one side's sound or picture away from the other side, and the call goes on.

The media plane closes it at once and reports that here; it flows again only after the record. A mute lasts
until an officer lifts it or the call ends, whoever connects again and whichever worker carries the call.
"""

from dataclasses import dataclass, replace
from enum import StrEnum
from typing import assert_never

from domain.clearance import Side
from domain.decider import Boundary, about
from domain.event import CallEvent, Command, Refused
from domain.lifecycle import CallCompleted, CallStarted, CallTerminated, Written
from domain.texts import muted_text


class MediaKind(StrEnum):
    """What a side sends."""

    SOUND = "sound"
    PICTURE = "picture"


class StreamMuted(CallEvent):
    """The side's sound or picture no longer reaches the other side."""

    side: Side
    kind: MediaKind
    officer: str
    text_key: str  # what the side itself is told
    other_text_key: str  # what the other side is told
    reason: Written = None


class StreamUnmuted(CallEvent):
    """It may reach the other side again."""

    side: Side
    kind: MediaKind
    officer: str
    reason: Written = None


class ReportMute(Command):
    """The worker closed a side's sound or picture because an officer asked for it."""

    call: str
    side: Side
    kind: MediaKind
    officer: str
    reason: str


class UnmuteStream(Command):
    """An officer lets the other side hear or see it again."""

    call: str
    side: Side
    kind: MediaKind
    officer: str
    reason: str


MuteFact = CallStarted | CallCompleted | CallTerminated | StreamMuted | StreamUnmuted


@dataclass(frozen=True)
class Mutes:
    """What is muted now, in a call that runs."""

    prison: str | None = None  # None: it does not run
    over: bool = False
    muted: frozenset[tuple[Side, MediaKind]] = frozenset()

    def of(self, side: Side) -> tuple[MediaKind, ...]:
        """What of this side the other side does not get."""
        return tuple(kind for kind in MediaKind if (side, kind) in self.muted)


initial = Mutes()


def boundary(command: ReportMute | UnmuteStream) -> Boundary:
    """Whether the call runs, and what was muted in it."""
    lived = (CallStarted, CallCompleted, CallTerminated)
    return (about(f"call:{command.call}", *lived, StreamMuted, StreamUnmuted),)


def evolve(state: Mutes, event: MuteFact) -> Mutes:
    """What is muted after the event."""
    match event:
        case CallStarted(prison=prison):
            return replace(state, prison=prison)
        case StreamMuted(side=side, kind=kind):
            return replace(state, muted=state.muted | {(side, kind)})
        case StreamUnmuted(side=side, kind=kind):
            return replace(state, muted=state.muted - {(side, kind)})
        case CallCompleted() | CallTerminated():
            return Mutes(over=True)
        case _:
            assert_never(event)


def decide(state: Mutes, command: ReportMute | UnmuteStream) -> list[StreamMuted | StreamUnmuted]:
    """Muted once, and unmuted with a reason."""
    if state.over:
        return []  # nobody hears or sees anything of it any more
    if state.prison is None:
        raise Refused("This call has not started.", "call_not_started")
    if not command.reason.strip():
        raise Refused("Please say why.", "reason_missing")
    fields = command.model_dump() | {"prison": state.prison, "reason": command.reason.strip()}
    muted = (command.side, command.kind) in state.muted
    match command:
        case ReportMute(kind=kind):
            told = {
                "text_key": muted_text(kind, concerned=True),
                "other_text_key": muted_text(kind, concerned=False),
            }
            return [] if muted else [StreamMuted(**fields, **told)]
        case UnmuteStream():
            if not muted:
                raise Refused("This is not muted.", "not_muted")
            return [StreamUnmuted(**fields)]
        case _:
            assert_never(command)
