"""One process at a time: whoever holds an advisory lock of the database does the work, another takes over after it."""

import asyncio
import contextlib
from collections.abc import Awaitable, Callable

import asyncpg
from asyncpg import Connection

from application.ports import BoundaryMoved, StoreAway
from infrastructure.gateway import AWAY, PATIENCE_S

Turn = Callable[[Connection], Awaitable[None]]
"""One turn of work, on the connection that holds the lock: when it is lost, the turn cannot go on."""


async def lead(url: str, lock: int, turn: Turn, every_s: float) -> None:
    """Take turns for ever, so often, whenever nobody else has the lock. Waits while the database is away."""
    while True:
        with contextlib.suppress(*AWAY, StoreAway, BoundaryMoved):
            await _turns(url, lock, turn, every_s)
        await asyncio.sleep(every_s)


async def _turns(url: str, lock: int, turn: Turn, every_s: float) -> None:
    leader = await asyncpg.connect(url, timeout=PATIENCE_S, command_timeout=PATIENCE_S)
    try:
        while await leader.fetchval("SELECT pg_try_advisory_lock($1)", lock):
            await turn(leader)
            await leader.fetchval("SELECT pg_advisory_unlock($1)", lock)
            await asyncio.sleep(every_s)
    finally:
        leader.terminate()
