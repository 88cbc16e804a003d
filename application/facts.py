"""What a media worker may report, by the name it travels under, and which decision takes it."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, get_args

from pydantic import ValidationError

from domain import audio_only, call, mute, stream, takeover, waiting_room
from domain.audio_only import EnterAudioOnly, LeaveAudioOnly
from domain.call.commands import (
    LeaveCall,
    ReportBack,
    ReportCleared,
    ReportInterrupted,
    ReportLost,
    ReportOver,
    ReportPause,
    ReportViolation,
)
from domain.decider import Decider
from domain.event import Command, Event
from domain.mute import ReportMute
from domain.stream import RecordStream, StreamEvent
from domain.takeover import GiveBackJudging
from domain.waiting_room.commands import ReportIdentity

_DECISIONS: Mapping[str, tuple[Any, type[Command]]] = {
    ReportIdentity.__name__: (waiting_room, ReportIdentity),
    EnterAudioOnly.__name__: (audio_only, EnterAudioOnly),
    LeaveAudioOnly.__name__: (audio_only, LeaveAudioOnly),
    ReportMute.__name__: (mute, ReportMute),
    GiveBackJudging.__name__: (takeover, GiveBackJudging),
    **{
        command.__name__: (call, command)
        for command in (
            ReportViolation,
            ReportCleared,
            ReportPause,
            ReportLost,
            ReportBack,
            ReportInterrupted,
            ReportOver,
            LeaveCall,
        )
    },
}
_RECORDS: Mapping[str, type[Event]] = {event.__name__: event for event in get_args(StreamEvent)}


class UnknownFact(ValueError):
    """A worker reported something that no decision takes: a fault of ours, never of a person."""


@dataclass(frozen=True)
class Decision:
    """A command, and the decider that answers it."""

    decider: Decider[Any, Any, Any]
    command: Command


def decision(name: str, body: Mapping[str, Any]) -> Decision:
    """The decision for a reported fact. Raises `UnknownFact`."""
    try:
        if name in _RECORDS:
            fact = _RECORDS[name].model_validate(body)
            return Decision(stream, RecordStream(at=fact.at, fact=fact))
        decider, command = _DECISIONS[name]
        return Decision(decider, command.model_validate(body))
    except KeyError as error:
        raise UnknownFact(f"No decision takes a fact named {name}.") from error
    except ValidationError as error:
        raise UnknownFact(f"A fact named {name} does not have the right fields.") from error
