"""How far the read models have come: for those who wait for what they wrote, and for those who watch."""

import asyncio
from dataclasses import dataclass

from asyncpg import Connection

WAIT_STEP_S = 0.005
LATE_S = 10.0  # an event that is missing for longer is missed by whoever reads a page


@dataclass(frozen=True, slots=True)
class Lag:
    """How far a read model is behind the log.

    `seconds`: how long an event has waited while the read model did not move; 0 when nothing is to be done.
    """

    name: str
    schema: str
    status: str
    position: int
    behind: int  # positions; fewer events when there are gaps
    seconds: float
    parked: int
    error: str | None


async def lag(db: Connection) -> list[Lag]:
    """Every version of every read model that is being built or read."""
    return [Lag(**row) for row in await db.fetch(_LAG)]


async def reached(db: Connection, name: str) -> int:
    """The position up to which the read model knows everything; 0 while it is being built."""
    position: int | None = await db.fetchval(_REACHED, name)
    return position or 0


async def catching_up(db: Connection) -> bool:
    """Whether a read model is so far behind that a page may show what is no longer so."""
    behind: bool = await db.fetchval(_CATCHING_UP, LATE_S)
    return behind


async def wait_for(db: Connection, name: str, position: int, *, seconds: float = 2.0) -> bool:
    """Wait until the read model has taken the position in, so that a reader finds what he wrote."""
    try:
        async with asyncio.timeout(seconds):
            while await reached(db, name) < position:  # noqa: ASYNC110 - it is in a database
                await asyncio.sleep(WAIT_STEP_S)
    except TimeoutError:
        return False
    return True


_REACHED = "SELECT position FROM public.projections WHERE name = $1 AND status IN ('live', 'stopped')"
_CATCHING_UP = """
SELECT coalesce((SELECT (convert_from(data, 'UTF8')::json ->> 'recorded_at')::timestamptz
                 FROM public.dcb_events_tt_main WHERE id > oldest.position ORDER BY id LIMIT 1)
                < now() - make_interval(secs => $1), false)
FROM (SELECT min(position) AS position FROM public.projections WHERE status IN ('live', 'stopped')) AS oldest
"""
_LAG = """
SELECT p.name, p.schema, p.status, p.position, greatest(head.position - p.position, 0) AS behind,
       CASE WHEN missing.since IS NULL THEN 0
            ELSE extract(epoch FROM now() - greatest(p.updated, missing.since))::float8 END AS seconds,
       (SELECT count(*) FROM public.parked WHERE parked.schema = p.schema) AS parked, p.error
FROM public.projections p, (SELECT coalesce(max(id), 0) AS position FROM public.dcb_events_tt_main) AS head,
     LATERAL (SELECT (SELECT (convert_from(data, 'UTF8')::json ->> 'recorded_at')::timestamptz
                      FROM public.dcb_events_tt_main WHERE id > p.position ORDER BY id LIMIT 1) AS since) AS missing
WHERE p.status <> 'retired' ORDER BY p.name, p.version
"""
