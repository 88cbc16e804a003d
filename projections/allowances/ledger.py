"""The ledger of one month: every line with what is left after it, and the sums by which the rules decide."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from enum import StrEnum
from typing import Any

from asyncpg import Connection

from application.ports import Sealed
from application.sealing import unpacked
from domain.calendar import day_bounds
from domain.policy import Policy

BY_OVERRIDE = "by_override"  # the call was booked although the month had not enough time left


class LineKind(StrEnum):
    """What one line of the ledger is about."""

    POLICY = "policy"  # what everybody has
    GRANTED = "granted"
    ADJUSTED = "adjusted"
    CREDITED = "credited"  # time that the service took from a call
    RESERVED = "reserved"  # kept while a form is filled in
    USED = "used"
    GIVEN_BACK = "given_back"
    EXPIRED = "expired"  # with the month


@dataclass(frozen=True)
class Line:
    """One line: time given (above zero) or taken, and what is left after it."""

    at: datetime
    kind: LineKind
    seconds: int
    call: str | None = None
    reason: str | None = None
    by: str | None = None
    sealed: Mapping[str, Sealed] | None = None
    left_s: int = 0


@dataclass(frozen=True)
class Ledger:
    """A month of one person. `left_minutes` may be below zero: a call was booked by override."""

    prisoner: str
    month: str
    lines: tuple[Line, ...]
    policy_minutes: int
    on_remand: bool  # then so many calls a week count, and not the month's time
    remand_calls_a_week: int

    @property
    def given_minutes(self) -> int:
        """Beyond the policy's own: whole minutes of grants, adjustments and credits."""
        given = (LineKind.GRANTED, LineKind.ADJUSTED, LineKind.CREDITED)
        return self._seconds(*given) // 60

    @property
    def used_minutes(self) -> int:
        """Taken by calls that have a place, reserved ones included."""
        return -self._seconds(LineKind.USED, LineKind.RESERVED, LineKind.GIVEN_BACK) // 60

    @property
    def left_minutes(self) -> int:
        """What can still be used: nothing, once the month is over."""
        return self.lines[-1].left_s // 60

    def _seconds(self, *kinds: LineKind) -> int:
        return sum(line.seconds for line in self.lines if line.kind in kinds)


async def ledger(db: Connection, prisoner: str, month: str, prison: str, at: datetime) -> Ledger:
    """A person's month as it stands at this moment, under the policy of this prison.

    `month` is a calendar month of the prison, `2026-11`. Records that were merged into this one count with it.
    """
    held = await _held(db, prison, month, at)
    merged = [r["removed"] for r in await db.fetch(_MERGED, prisoner)]
    found = await db.fetch(_LINES, [f"{record}/{month}" for record in (prisoner, *merged)], at)
    remand = await db.fetchval("SELECT on_remand FROM allowances_people WHERE prisoner = $1", prisoner)
    since, until = bounds(month, held.zone)
    own = Line(since, LineKind.POLICY, held.minutes_a_month * 60)
    lines = [own, *(_line(record) for record in found)]
    return Ledger(
        prisoner=prisoner,
        month=month,
        lines=tuple(_with_expiry(_balanced(lines), until, at)),
        policy_minutes=held.minutes_a_month,
        on_remand=bool(remand),
        remand_calls_a_week=held.remand_calls_a_week,
    )


def bounds(month: str, zone: str) -> tuple[datetime, datetime]:
    """The first moment of a month as the prison counts, and the first of the next."""
    first = date.fromisoformat(f"{month}-01")
    following = (first + timedelta(days=31)).replace(day=1)
    return day_bounds(first, zone)[0], day_bounds(following, zone)[0]


@dataclass(frozen=True)
class _Held:
    """What the policy says of call time."""

    zone: str
    minutes_a_month: int
    remand_calls_a_week: int


async def _held(db: Connection, prison: str, month: str, at: datetime) -> _Held:
    """The policy at this moment; of a month that is over, the one at its end."""
    moment = min(at, bounds(month, "UTC")[1] - timedelta(microseconds=1))
    found = await db.fetchrow(_HELD, prison, moment)
    if found is not None:
        return _Held(**found)
    default = Policy()
    booking = default.booking
    return _Held(default.time_zone, booking.minutes_a_month, booking.remand_calls_a_week)


def _balanced(lines: Sequence[Line]) -> Iterator[Line]:
    left = 0
    for line in lines:
        left += line.seconds
        yield replace(line, left_s=left)


def _with_expiry(lines: Iterator[Line], until: datetime, at: datetime) -> Iterator[Line]:
    """What is left expires with the month; what was overdrawn stays so."""
    last = None
    for last in lines:
        yield last
    if last is not None and at >= until and last.left_s > 0:
        yield Line(until, LineKind.EXPIRED, -last.left_s, left_s=0)


def _line(record: Mapping[str, Any]) -> Line:
    return Line(
        at=record["at"],
        kind=LineKind(record["kind"]),
        seconds=record["seconds"],
        call=record["call"],
        reason=record["reason"],
        by=record["by"],
        sealed=None if record["sealed_text"] is None else unpacked(record["sealed_text"]),
    )


_HELD = """
SELECT zone, minutes_a_month, remand_calls_a_week FROM allowances_policies
WHERE prison = $1 AND takes_effect <= $2 ORDER BY version DESC LIMIT 1
"""
_MERGED = "SELECT removed FROM allowances_merged WHERE kept = $1"
_LINES = """
SELECT *, sealed::text AS sealed_text FROM allowances_lines
WHERE prisoner_month = ANY ($1::text[]) AND (lapses_at IS NULL OR lapses_at > $2)
ORDER BY position, number
"""
