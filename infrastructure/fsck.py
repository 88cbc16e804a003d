"""Does the log still say what it said when it was written, and do the read models say the same?

Every event is read: its bytes against the model, the tag index and the leaf hash against the bytes.
Every read model is built once more, in a schema that is rolled back, and compared row by row.
"""

import hashlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import asyncpg
from asyncpg import Connection, Record

from infrastructure.envelope import Envelopes, Unreadable, body_of
from projections.runner import Entry, Log, Poison, Projection, project_all, schema_of

BATCH_MAX = 1000
FINDINGS_MAX = 1000  # a log that is worse than this needs no longer list

Progress = Callable[[int, int], None]
"""Told the position that was checked and the head."""


@dataclass(frozen=True, slots=True)
class Finding:
    """Something that is not as it was written."""

    where: str  # `position 7`, or the name of a read model
    sentence: str


async def fsck(
    url: str,
    log: Log,
    envelopes: Envelopes,
    projections: Sequence[Projection],
    progress: Progress | None = None,
) -> list[Finding]:
    """Check everything. An empty list is a clean bill.

    `url` enters as the projector, who may read the log and build read models; `log` is the same log.
    Raises `StoreAway`, or asyncpg's errors when the database goes away meanwhile.
    """
    connection = await asyncpg.connect(url)
    try:
        findings = await _check_events(connection, envelopes, progress)
        findings += await _check_index(connection)
    finally:
        await connection.close()
    for projection in projections:
        findings += await _check_projection(url, log, projection)
    return findings[:FINDINGS_MAX]


async def _check_events(
    connection: Connection, envelopes: Envelopes, progress: Progress | None
) -> list[Finding]:
    findings: list[Finding] = []
    head: int = await connection.fetchval("SELECT coalesce(max(id), 0) FROM dcb_events_tt_main")
    position = 0
    while position < head and len(findings) < FINDINGS_MAX:
        rows = await connection.fetch(_EVENTS, position, head, BATCH_MAX)
        for row in rows:
            findings += _check_event(envelopes, row)
            if row["id"] <= position:
                findings.append(Finding(f"position {row['id']}", "It does not come after the one before it."))
            position = row["id"]
        if progress is not None:
            progress(position, head)
    return findings


def _check_event(envelopes: Envelopes, row: Record) -> list[Finding]:
    where = f"position {row['id']}"
    if row["leaf"] != hashlib.sha256(b"\x00" + row["data"]).digest():
        return [Finding(where, "The bytes are not those that were hashed when they were written.")]
    try:
        envelopes.read(row["id"], row["data"])
    except Unreadable as error:
        return [Finding(where, f"It cannot be read ({str(error).partition(': ')[2]}).")]
    body = body_of(row["data"])
    findings = []
    if row["type"] != body["type"]:
        findings.append(Finding(where, "It is indexed under another type than its bytes say."))
    if row["tags"] != body["tags"]:
        findings.append(Finding(where, "It is stored with other tags than its bytes say."))
    if sorted(row["indexed"]) != body["tags"]:
        findings.append(
            Finding(where, "It is indexed under other tags than its bytes say: decisions miss it.")
        )
    return findings


async def _check_index(connection: Connection) -> list[Finding]:
    rows = await connection.fetch(_ASTRAY, FINDINGS_MAX)
    return [Finding(f"position {row['main_id']}", _astray(row["there"])) for row in rows]


def _astray(there: bool) -> str:
    return (
        "It is indexed under a tag that it does not carry." if there else "It is indexed, but is not there."
    )


async def _check_projection(url: str, log: Log, projection: Projection) -> list[Finding]:
    """Rebuild up to where the read model stands, in the same snapshot, and roll back.

    Each on a connection of its own: one remembers what the columns of a table are by its name alone, and
    read models share names.
    """
    connection = await asyncpg.connect(url)
    try:
        return await _rebuilt(connection, log, projection)
    finally:
        await connection.close()


async def _rebuilt(connection: Connection, log: Log, projection: Projection) -> list[Finding]:
    transaction = connection.transaction(isolation="repeatable_read")
    await transaction.start()
    try:
        row = await connection.fetchrow(_STANDS_AT, schema_of(projection))
        if row is None:
            return []  # it was never built: there is nothing to be wrong
        scratch = f"fsck_{projection.NAME}"
        await connection.execute(f"CREATE SCHEMA {scratch}; SET LOCAL search_path = {scratch}, public")
        await connection.execute(projection.TABLES)
        broken = await _replay(connection, log, projection, row["position"], set(row["parked"]))
        return broken or await _compare(connection, projection, scratch)
    finally:
        await transaction.rollback()


async def _replay(
    connection: Connection, log: Log, projection: Projection, until: int, parked: set[int]
) -> list[Finding]:
    position = 0
    while position < until:
        entries = await log.entries_after(position, limit=BATCH_MAX)
        wanted: list[Entry] = [
            entry for entry in entries if entry.position <= until and entry.position not in parked
        ]
        if any(isinstance(entry, Poison) for entry in wanted):
            return [Finding(projection.NAME, "It has taken in an event that cannot be read.")]
        try:
            await project_all(connection, projection, wanted)
        except Exception as error:  # noqa: BLE001 - whatever the read model raises is the finding
            between = f"{position + 1} to {entries[-1].position}"
            return [Finding(projection.NAME, f"It cannot be rebuilt: {type(error).__name__} in {between}.")]
        position = entries[-1].position
    return []


async def _compare(connection: Connection, projection: Projection, scratch: str) -> list[Finding]:
    findings = []
    live = schema_of(projection)
    for row in await connection.fetch("SELECT tablename FROM pg_tables WHERE schemaname = $1", scratch):
        table: str = row["tablename"]
        wrong = await _rows_only_in(connection, f"{live}.{table}", f"{scratch}.{table}")
        missing = await _rows_only_in(connection, f"{scratch}.{table}", f"{live}.{table}")
        if wrong or missing:
            sentence = f"Table {table}: {wrong} rows that the events do not give, {missing} that are missing."
            findings.append(Finding(projection.NAME, sentence))
    return findings


async def _rows_only_in(connection: Connection, here: str, there: str) -> int:
    rows = await connection.fetch(f"TABLE {here} EXCEPT ALL TABLE {there}")
    return len(rows)


_EVENTS = """
SELECT m.id, m.type, m.data, m.tags, m.leaf,
       ARRAY(SELECT t.tag FROM dcb_events_tt_tag t WHERE t.main_id = m.id AND t.tag = ANY (m.tags)) AS indexed
FROM dcb_events_tt_main m WHERE m.id > $1 AND m.id <= $2 ORDER BY m.id LIMIT $3
"""
_ASTRAY = """
SELECT DISTINCT t.main_id, m.id IS NOT NULL AS there
FROM dcb_events_tt_tag t LEFT JOIN dcb_events_tt_main m ON m.id = t.main_id
WHERE m.id IS NULL OR t.tag <> ALL (m.tags) ORDER BY t.main_id LIMIT $1
"""
_STANDS_AT = """
SELECT position, ARRAY(SELECT parked.position FROM parked WHERE parked.schema = projections.schema) AS parked
FROM projections WHERE schema = $1 AND status <> 'retired'
"""
