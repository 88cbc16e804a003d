"""A hint: what somebody's own device says about itself, as that the screen may be recorded.

A device can be wrong, and can be made to lie or to keep silent. So a hint is no violation and never pauses a call: the
person is asked, on their own screen, and staff are told from whom they have it. It is listened to only so often.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Literal, assert_never

from domain.clearance import Side
from domain.decider import Boundary, about
from domain.event import CallEvent, Command, Refused, milliseconds
from domain.lifecycle import CallCompleted, CallStarted, CallTerminated
from domain.stream import CoachingShown
from domain.texts import coach_text


class HintKind(StrEnum):
    """What a device can tell."""

    SCREEN_CAPTURE = "screen_capture"  # the picture of the screen is taken, or shared from this page
    SECOND_CAMERA = "second_camera"  # another camera was connected during the call


class ClientHintReported(CallEvent):
    """A side's own device said something about itself. It is not to be trusted, and proves nothing."""

    side: Side
    kind: HintKind
    trusted: Literal[False] = False


class ReportHint(Command):
    """Put on record what a side's device says."""

    call: str
    side: Side
    kind: HintKind


@dataclass(frozen=True)
class Hints:
    """The running call, and when each side's device last said each thing."""

    started: CallStarted | None = None
    over: bool = False
    said: Mapping[tuple[Side, HintKind], datetime] = field(default_factory=dict)


initial = Hints()


def boundary(command: ReportHint) -> Boundary:
    """The call, and its hints so far."""
    return (about(f"call:{command.call}", CallStarted, CallCompleted, CallTerminated, ClientHintReported),)


def evolve(state: Hints, event: CallStarted | CallCompleted | CallTerminated | ClientHintReported) -> Hints:
    """Remember each hint."""
    match event:
        case CallStarted():
            return replace(state, started=event)
        case CallCompleted() | CallTerminated():
            return replace(state, over=True)
        case ClientHintReported(side=side, kind=kind, at=at):
            return replace(state, said={**state.said, (side, kind): at})
        case _:
            assert_never(event)


def decide(state: Hints, command: ReportHint) -> list[ClientHintReported | CoachingShown]:
    """The hint, and what the person is asked. The same again within a while is nothing new."""
    if state.started is None:
        raise Refused("This call has not started.", "call_not_started")
    last = state.said.get((command.side, command.kind))
    every = timedelta(seconds=state.started.rules.hint_every_s)
    if state.over or (last is not None and command.at - last < every):
        return []
    hint = ClientHintReported(**command.model_dump(), prison=state.started.prison)
    asked = CoachingShown(
        at=command.at,
        call=command.call,
        prison=state.started.prison,
        side=command.side,
        kind=command.kind.value,
        text_key=coach_text(command.kind.value),
        media_ms=milliseconds(command.at, state.started.at),
    )
    return [hint, asked]
