"""Pages that are live: the stream of server-sent events, its beats, and whether the sign-in still holds."""

import asyncio
from collections.abc import AsyncIterator
from typing import Any

from fastapi import Request

from api.guard import login_of
from api.logins import Login
from application.ports import Recorded

BEAT_S = 3.0
"""A page that hears nothing for three beats says that it may be out of date, and connects again."""


async def beats(events: AsyncIterator[Recorded[Any]], every_s: float) -> AsyncIterator[Recorded[Any] | None]:
    """None once nothing can be missed any more, then each event, and None whenever none came for a while."""
    pending = asyncio.ensure_future(anext(events))
    try:
        await asyncio.sleep(0)  # let the subscription begin before a snapshot is taken
        yield None
        while True:
            done, _ = await asyncio.wait({pending}, timeout=every_s)
            if not done:
                yield None
                continue
            try:
                recorded = pending.result()
            except StopAsyncIteration:
                return  # cut off for being slow: the page connects again and gets a snapshot
            pending = asyncio.ensure_future(anext(events))
            yield recorded
    finally:
        pending.cancel()
        await asyncio.gather(pending, return_exceptions=True)


async def still_valid(request: Request, login: Login) -> bool:
    """Whether the sign-in with which a stream was opened holds, so that ending it ends the stream at once."""
    found = await login_of(request, login.kind)
    return found is not None and found.id == login.id
