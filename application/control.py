"""What staff do about a call that its pages show: mutes, messages, a lock, a standstill of the whole prison."""

from dataclasses import dataclass, replace
from functools import reduce
from typing import Any

from application.ports import EventStore
from domain import mute, standstill
from domain.clearance import Side
from domain.decider import about
from domain.lifecycle import CallCompleted, CallLocked, CallOutcome, CallStarted, CallTerminated, CallUnlocked
from domain.message import StaffMessageSent
from domain.mute import Mutes, StreamMuted, StreamUnmuted
from domain.standstill import CallsBlocked, CallsUnblocked, Standstill, blocks_of


@dataclass(frozen=True)
class Control:
    """How staff hold a call now."""

    mutes: Mutes = mute.initial
    locked: bool = False
    standstill: Standstill = standstill.initial
    stopped: bool = False  # it ended because all calls were stopped
    messages: tuple[StaffMessageSent, ...] = ()

    def said_to(self, side: Side) -> StaffMessageSent | None:
        """The newest message to a side."""
        return next((message for message in reversed(self.messages) if side in message.to), None)


async def control_of(store: EventStore, call: str, prison: str | None) -> Control:
    """The call as staff hold it; `prison` None: nobody knows yet whose it is."""
    kinds = (CallStarted, CallCompleted, CallTerminated, StreamMuted, StreamUnmuted)
    of_call = about(f"call:{call}", *kinds, CallLocked, CallUnlocked, StaffMessageSent)
    facts, _ = await store.read((of_call, *(() if prison is None else (blocks_of(prison),))))
    return reduce(_after, (fact.event for fact in facts), Control())


async def standstill_of(store: EventStore, prison: str) -> Standstill:
    """Whether all calls of a prison are stopped."""
    facts, _ = await store.read((blocks_of(prison),))
    return reduce(standstill.evolve, (fact.event for fact in facts), standstill.initial)


def _after(control: Control, event: Any) -> Control:
    match event:
        case CallLocked():
            return replace(control, locked=True)
        case CallUnlocked():
            return replace(control, locked=False)
        case StaffMessageSent():
            return replace(control, messages=(*control.messages, event))
        case CallsBlocked() | CallsUnblocked():
            return replace(control, standstill=standstill.evolve(control.standstill, event))
        case CallCompleted(outcome=CallOutcome.ESTABLISHMENT_ENDED):
            return replace(control, mutes=mute.evolve(control.mutes, event), stopped=True)
        case _:
            return replace(control, mutes=mute.evolve(control.mutes, event))
