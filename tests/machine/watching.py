"""What leaves for each side, held against the log as far as the media plane was told of it."""

from collections import Counter
from dataclasses import dataclass, field
from typing import Any

from application.ports import Recorded
from domain import call
from domain.audio_only import AudioOnlyEntered, AudioOnlyLeft
from domain.call.commands import CompleteCall
from domain.call.state import FLOWS, Call
from domain.clearance import Side
from domain.event import Event
from domain.lifecycle import CallMissed
from domain.mute import MediaKind, StreamMuted, StreamUnmuted
from tests.asked import ask
from tests.machine.edge import STRANGER, Left

SLATE = b"slate"

_OF_THE_CALL: tuple[type[Event], ...] = call.boundary(ask(CompleteCall))[0].types
_KIND = {"audio": MediaKind.SOUND, "video": MediaKind.PICTURE}


@dataclass
class Watching:
    """A call as it was told to the media plane, and what left all the same."""

    hits: Counter[str]
    one_way: bool = False
    state: Call = call.initial
    over: bool = False  # before it began
    muted: set[tuple[Side, MediaKind]] = field(default_factory=set)
    left_out: set[Side] = field(default_factory=set)  # whose picture is, for a bad line or by choice
    wrong: list[str] = field(default_factory=list)

    def told(self, recorded: Recorded[Any]) -> None:
        """The media plane was told of this event."""
        event = recorded.event
        self.hits[type(event).__name__] += 1
        match event:
            case CallMissed():
                self.over = True
            case StreamMuted(side=side, kind=kind):
                self.muted.add((side, kind))
            case StreamUnmuted(side=side, kind=kind):
                self.muted.discard((side, kind))
            case AudioOnlyEntered(side=side):
                self.left_out.add(side)
            case AudioOnlyLeft(side=side):
                self.left_out.discard(side)
            case _ if isinstance(event, _OF_THE_CALL):
                self.state = call.evolve(self.state, event)  # type: ignore[arg-type]  # one of a computed tuple of types

    def left(self, left: Left) -> None:
        """A packet was given to the transport: was it allowed?"""
        viewer = Side(left.line.name.partition("-")[0])
        kind = "slate" if left.data == SLATE else left.kind
        self.hits[f"left: {kind}"] += 1
        if kind != "slate":
            self.wrong += [
                f"{kind} left for the {viewer} though {why}" for why in self._forbidden(viewer, left)
            ]

    def _forbidden(self, viewer: Side, left: Left) -> list[str]:
        sender, picture = viewer.other, left.kind == "video"
        reasons = {
            f"the call was {self.state.status}": self.state.status not in FLOWS or self.over,
            f"the {sender} was muted": (sender, _KIND[left.kind]) in self.muted,
            f"the picture of the {sender} was left out": picture and sender in self.left_out,
            "the call is one way": picture and self.one_way and viewer is Side.PRISONER,
            "nobody approved the face in it": picture and left.data == STRANGER,
        }
        return [why for why, forbids in reasons.items() if forbids]
