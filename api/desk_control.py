"""What an officer does to a call that goes on, or to all of them: mute, say something, lock, stop.

One function each, asked by the API and by the pages alike. A mute is done by the media plane at once and
put on record by it; everything else is put on record, and the media plane and the pages follow.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from api import desk
from api.asked import context, derived, do, on_record
from api.guard import Acting
from api.services import Services
from application.handle import Handled
from domain import lock, message, mute, standstill, takeover
from domain.access import Viewed
from domain.clearance import Side
from domain.event import Refused
from domain.lock import LockCall, UnlockCall
from domain.message import Canned, SendMessage
from domain.mute import MediaKind, UnmuteStream
from domain.standstill import BlockCalls, CallsBlocked, UnblockCalls, blocks_of
from domain.takeover import TakeOverJudging


@dataclass(frozen=True, slots=True)
class Stop:
    """One time during which all calls of a prison were stopped, with what was written about it."""

    block: str
    since: datetime
    by: str
    reason: str | None
    lifted_at: datetime | None = None
    lifted_by: str | None = None
    lifted_because: str | None = None


async def close_stream(
    services: Services, acting: Acting, call: str, side: Side, kind: MediaKind, reason: str, key: str | None
) -> None:
    """Take one side's sound or picture from the other now. The media plane puts it on record."""
    if not reason.strip():
        raise Refused("Please say why.", "reason_missing")
    asked = context(acting, key, about=f"{call}/{side}/{kind}")
    await services.engine.mute(call, asked, side, kind, reason.strip())


async def unmute(
    services: Services, acting: Acting, call: str, side: Side, kind: MediaKind, reason: str, key: str | None
) -> Handled[Any]:
    """Put on record that it may flow again; only then it does."""
    command = UnmuteStream(
        at=services.now(), call=call, side=side, kind=kind, officer=acting.login.person, reason=reason
    )
    return await do(services, mute, command, context(acting, key, about=f"{call}/{side}/{kind}"))


async def take_over(
    services: Services, acting: Acting, call: str, side: Side, reason: str, key: str | None
) -> Handled[Any]:
    """Put on record that the officer judges a side by eye, who looks at it now; only then its pictures flow."""
    asked = context(acting, key, about=f"{call}/{side}")
    viewer = acting.login.id.hex
    command = TakeOverJudging(
        at=services.now(),
        call=call,
        side=side,
        takeover=derived(asked, "takeover"),
        officer=acting.login.person,
        viewer=viewer,
        look_open=await services.engine.looks(call, side, viewer),
        reason=reason,
    )
    return await do(services, takeover, command, asked)


async def give_back(services: Services, acting: Acting, call: str, side: Side, key: str | None) -> None:
    """Withhold now what flows by eye. The media plane puts it on record."""
    await services.engine.give_back(call, context(acting, key, about=f"{call}/{side}"), side)


async def say(
    services: Services, acting: Acting, call: str, text: Canned, to: Sequence[Side], key: str | None
) -> Handled[Any]:
    """Show a message of the list on the pages of one side or both."""
    asked = context(acting, key, about=call)
    command = SendMessage(
        at=services.now(),
        call=call,
        message=derived(asked, "message"),
        text=text,
        to=tuple(to),
        officer=acting.login.person,
    )
    return await do(services, message, command, asked)


async def set_lock(
    services: Services, acting: Acting, call: str, on: bool, reason: str, key: str | None
) -> Handled[Any]:
    """Let nobody enter the call, or let people enter again."""
    kind = LockCall if on else UnlockCall
    command = kind(at=services.now(), call=call, officer=acting.login.person, reason=reason)
    return await do(services, lock, command, context(acting, key, about=f"{call}/{on}"))


async def end(
    services: Services, acting: Acting, call: str, reason: str, lock_too: bool, key: str | None
) -> Handled[Any]:
    """End the call; if it shall be locked, that comes first, so that nobody slips back in."""
    if lock_too:
        services.permissions.demand(acting.login.who, "call.lock", acting.resource)
        await set_lock(services, acting, call, True, reason, None if key is None else f"{key}/lock")
    return await desk.end(services, acting, call, reason, key)


async def stop_all(
    services: Services, acting: Acting, prison: str, reason: str, confirmed: bool, key: str | None
) -> Handled[Any]:
    """End every running call of the prison, and let none start. Nobody does that by a slip of the hand."""
    if not confirmed:
        raise Refused("Please confirm that every call that runs now is to end.", "not_confirmed")
    asked = context(acting, key, about=prison)
    command = BlockCalls(
        at=services.now(),
        prison=prison,
        block=derived(asked, "block"),
        officer=acting.login.person,
        reason=reason,
    )
    return await do(services, standstill, command, asked)


async def let_go_on(
    services: Services, acting: Acting, prison: str, reason: str, key: str | None
) -> Handled[Any]:
    """Let the calls of the prison be held again."""
    command = UnblockCalls(at=services.now(), prison=prison, officer=acting.login.person, reason=reason)
    return await do(services, standstill, command, context(acting, key, about=prison))


async def stops_of(services: Services, acting: Acting, prison: str) -> list[Stop]:
    """When and why all calls were stopped, the newest first. That it is read is on record first."""
    await on_record(services, acting, Viewed.STOPS, f"prison_calls:{prison}", prison)
    facts, _ = await services.store.read((blocks_of(prison),))
    stops: dict[str, Stop] = {}
    for fact in facts:
        event, sealed = fact.event, fact.sealed.get("reason")
        words = None if sealed is None else await services.keys.open(sealed)
        if isinstance(event, CallsBlocked):
            stops[event.block] = Stop(event.block, event.at, event.officer, words)
        else:
            begun = stops[event.block]
            stops[event.block] = Stop(
                begun.block, begun.since, begun.by, begun.reason, event.at, event.officer, words
            )
    return list(reversed(stops.values()))
