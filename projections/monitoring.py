"""Authorisations to monitor: those that end soon first, then those to decide on, then the others in force.

Whether one is in force is asked with the time of asking: one that ran out is over, noted or not. The words in
which it was justified are not kept here.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from asyncpg import Connection

from application.ports import Recorded
from domain.event import Event
from domain.monitoring.events import (
    AUTHORISING,
    Ground,
    MonitoringAsked,
    MonitoringAuthorised,
    MonitoringEnded,
    MonitoringKind,
    MonitoringLapsed,
    MonitoringRejected,
    MonitoringReview,
    MonitoringReviewed,
)

NAME = "monitoring"
VERSION = 1
AUDIT = False

TABLES = """
CREATE TABLE authorisations (
    authorisation text PRIMARY KEY,
    prison text NOT NULL,
    monitored text NOT NULL,
    kind text NOT NULL,
    ground text NOT NULL,
    asked_by text NOT NULL,
    asked_at timestamptz NOT NULL,
    authorised_by text,
    until timestamptz,
    closed text,
    version bigint NOT NULL
);
CREATE INDEX ON authorisations (prison, until);
"""

EVENTS: tuple[type[Event], ...] = AUTHORISING

SOON, ASKED, LATER = 0, 1, 2
REJECTED, ENDED, LAPSED = "rejected", "ended", "lapsed"


@dataclass(frozen=True)
class Monitored:
    """One authorisation as it stands. `closed` says how it came to its end, where that was noted."""

    authorisation: str
    prison: str
    monitored: str
    kind: MonitoringKind
    ground: Ground
    asked_by: str
    asked_at: datetime
    authorised_by: str | None
    until: datetime | None
    closed: str | None
    version: int

    def live(self, at: datetime) -> bool:
        """Whether it is in force at this moment."""
        return self.closed is None and self.until is not None and at < self.until

    def rank(self, soon: datetime) -> int:
        """Where it stands among those that are not over."""
        if self.until is None:
            return ASKED
        return SOON if self.until <= soon else LATER

    def key(self, soon: datetime) -> tuple[int, datetime, str]:
        """Its place in the list."""
        return (self.rank(soon), self.until or self.asked_at, self.authorisation)


async def project(db: Connection, recorded: Recorded[Any]) -> None:
    """Take one event in."""
    event, position = recorded.event, recorded.position
    match event:
        case MonitoringAsked():
            await db.execute(
                _ASK,
                event.authorisation,
                event.prison,
                event.monitored,
                event.kind.value,
                event.ground.value,
                event.asked_by,
                event.at,
                position,
            )
        case MonitoringAuthorised():
            await db.execute(_GRANT, event.authorisation, event.authorised_by, event.expires_at, position)
        case MonitoringReviewed(result=MonitoringReview.CONTINUE):
            await db.execute(_EXTEND, event.authorisation, event.expires_at, position)
        case MonitoringReviewed() | MonitoringEnded():
            await db.execute(_CLOSE, event.authorisation, event.at, ENDED, position)
        case MonitoringRejected():
            await db.execute(_CLOSE, event.authorisation, event.at, REJECTED, position)
        case MonitoringLapsed():
            await db.execute(_LAPSE, event.authorisation, LAPSED, position)
        case _:
            return  # of no interest here


_ASK = "INSERT INTO authorisations VALUES ($1, $2, $3, $4, $5, $6, $7, NULL, NULL, NULL, $8)"
_GRANT = "UPDATE authorisations SET authorised_by = $2, until = $3, version = $4 WHERE authorisation = $1"
_EXTEND = "UPDATE authorisations SET until = $2, version = $3 WHERE authorisation = $1"
_CLOSE = "UPDATE authorisations SET until = $2, closed = $3, version = $4 WHERE authorisation = $1"
_LAPSE = "UPDATE authorisations SET closed = $2, version = $3 WHERE authorisation = $1"


# The questions


async def open_authorisations(
    db: Connection,
    prison: str,
    now: datetime,
    soon: datetime,
    *,
    after: tuple[int, datetime, str] | None = None,
    limit: int = 50,
) -> list[Monitored]:
    """The prison's authorisations that are asked for or in force; those that end before `soon` first.

    `after`: the `key` of the last one told.
    """
    rank, at, authorisation = after or (None, None, "")
    found = await db.fetch(
        """SELECT * FROM (
               SELECT *, CASE WHEN until IS NULL THEN 1 WHEN until <= $3 THEN 0 ELSE 2 END AS rank,
                      coalesce(until, asked_at) AS moment
               FROM monitoring_authorisations
               WHERE prison = $1 AND closed IS NULL AND (until IS NULL OR until > $2)
           ) AS standing
           WHERE $4::integer IS NULL OR (rank, moment, authorisation) > ($4, $5::timestamptz, $6)
           ORDER BY rank, moment, authorisation LIMIT $7""",
        prison,
        now,
        soon,
        rank,
        at,
        authorisation,
        limit,
    )
    return [_monitored(record) for record in found]


async def authorisations_over(
    db: Connection, prison: str, now: datetime, *, limit: int = 20
) -> list[Monitored]:
    """Those that came to their end last, the newest first."""
    found = await db.fetch(
        """SELECT * FROM monitoring_authorisations
           WHERE prison = $1 AND (closed IS NOT NULL OR until <= $2) ORDER BY until DESC LIMIT $3""",
        prison,
        now,
        limit,
    )
    return [_monitored(record) for record in found]


async def authorisations_waiting(db: Connection, prison: str, now: datetime, soon: datetime) -> int:
    """How many wait for somebody: asked for, or to be reviewed before they end."""
    return int(
        await db.fetchval(
            """SELECT count(*) FROM monitoring_authorisations
               WHERE prison = $1 AND closed IS NULL AND (until IS NULL OR (until > $2 AND until <= $3))""",
            prison,
            now,
            soon,
        )
    )


async def authorisation(db: Connection, ident: str) -> Monitored | None:
    """One authorisation."""
    record = await db.fetchrow("SELECT * FROM monitoring_authorisations WHERE authorisation = $1", ident)
    return None if record is None else _monitored(record)


def _monitored(record: Mapping[str, Any]) -> Monitored:
    fields = {name: record[name] for name in Monitored.__dataclass_fields__}
    kind, ground = MonitoringKind(record["kind"]), Ground(record["ground"])
    return Monitored(**{**fields, "kind": kind, "ground": ground})
