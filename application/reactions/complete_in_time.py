"""A call ends when its time is up, and when nobody came back after an interruption; or it is given more time.

It is looked at shortly before its end, so that both sides know in time, and at its end.
"""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import assert_never

from application.beyond import beyond
from application.handle import replay
from application.ports import EventStore, Recorded
from application.reactions.reaction import Reaction
from domain import call as call_decider
from domain.call.commands import CompleteCall
from domain.call.events import CallInterrupted, CallResumed
from domain.call.state import Call
from domain.lifecycle import CallExtended, CallStarted

NAME = "complete_in_time"
EVENTS = (CallStarted, CallExtended, CallResumed, CallInterrupted)

Moves = CallStarted | CallExtended | CallResumed | CallInterrupted


async def react(recorded: Recorded[Moves], store: EventStore) -> Sequence[Reaction]:
    """Look at the end of the call and shortly before; at the end of the grace; after a stop near the end at once."""
    event = recorded.event
    match event:
        case CallInterrupted(rejoin_until=until):
            return [Reaction(CompleteCall(at=until, call=event.call), due_at=until)]
        case CallStarted() | CallExtended():
            call = await _call(store, event.call, event.at)
            return await _look(store, call, [_shortly_before(call, event.ends_at), event.ends_at])
        case CallResumed(at=at):
            call = await _call(store, event.call, at)
            near = call.ends_at is not None and at >= _shortly_before(call, call.ends_at)
            return await _look(store, call, [at]) if near else []
        case _:
            assert_never(event)


async def _call(store: EventStore, call: str, at: datetime) -> Call:
    return await replay(store, call_decider, CompleteCall(at=at, call=call))


def _shortly_before(call: Call, ends_at: datetime) -> datetime:
    return ends_at - timedelta(seconds=call.rules.extension_decided_s)


async def _look(store: EventStore, call: Call, moments: Sequence[datetime]) -> Sequence[Reaction]:
    assert call.ends_at is not None
    until = call.ends_at + timedelta(seconds=call.rules.extension_max_s)
    after = await beyond(store, call.id, until) if call.rules.extension_max_s else None
    commands = (CompleteCall(at=moment, call=call.id, beyond=after) for moment in moments)
    return [Reaction(command, due_at=command.at) for command in commands]
