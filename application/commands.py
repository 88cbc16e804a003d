"""Every command that may wait for its time or follow from an event, by name, with its decider."""

from collections.abc import Mapping
from typing import Any

from domain import (
    allocation,
    audio_only,
    barring,
    booking,
    call,
    closing,
    concern,
    evidence,
    flag,
    looking,
    monitoring,
    notification,
    reenrolment,
    reminder,
    retention,
    standby,
    takeover,
    waiting_room,
)
from domain.allocation.decisions import DeallocateCall
from domain.audio_only import LeaveAudioOnly
from domain.barring.commands import LapseBarred
from domain.booking.commands import AutoRejectCall, ReserveCall
from domain.call import ending
from domain.call.commands import CompleteCall, EscalatePause, GoOn, HoldForMonitor, PauseFlagged, StopCall
from domain.closing import CloseCall
from domain.concern import RaiseConcern
from domain.event import Command
from domain.evidence import HoldEvidence
from domain.flag.decisions import FlagBooking, UnflagBooking
from domain.looking import CloseTaps
from domain.monitoring.commands import LapseMonitoring
from domain.notification.decisions import TellPeople
from domain.reenrolment import AskReenrolment
from domain.reminder import RemindOfMissing
from domain.retention import WeedMedia
from domain.standby import LeaveStandby
from domain.takeover import GiveBackJudging
from domain.waiting_room.commands import MissCall, OpenWaitingRoom, StartCall

FOLLOWING: Mapping[str, tuple[Any, type[Command]]] = {
    command.__name__: (decider, command)
    for decider, command in (
        (waiting_room, OpenWaitingRoom),
        (waiting_room, StartCall),
        (waiting_room, MissCall),
        (ending, CompleteCall),
        (call, GoOn),
        (call, HoldForMonitor),
        (call, PauseFlagged),
        (call, EscalatePause),
        (audio_only, LeaveAudioOnly),
        (call, StopCall),
        (closing, CloseCall),
        (evidence, HoldEvidence),
        (looking, CloseTaps),
        (takeover, GiveBackJudging),
        (monitoring, LapseMonitoring),
        (barring, LapseBarred),
        (concern, RaiseConcern),
        (retention, WeedMedia),
        (booking, AutoRejectCall),
        (booking, ReserveCall),
        (flag, FlagBooking),
        (flag, UnflagBooking),
        (standby, LeaveStandby),
        (allocation, DeallocateCall),
        (reenrolment, AskReenrolment),
        (notification, TellPeople),
        (reminder, RemindOfMissing),
    )
}


def decider_of(command: Command) -> Any:
    """The decider module that answers a following command."""
    return FOLLOWING[type(command).__name__][0]
