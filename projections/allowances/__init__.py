"""Allowances: the call time a person in prison has in a month, as a ledger of what was given, used and given back.

The policy's own minutes and what expires with the month follow from the policy when somebody asks; every other
line is an event. The sums are those on which the rules of booking decide.
"""

from datetime import datetime
from typing import Any

from asyncpg import Connection

from application.ports import Recorded
from application.sealing import packed
from domain.allowance import CallAllowanceAdjusted, CallAllowanceGranted
from domain.booking.events import (
    BookingCancelled,
    BookingChanged,
    BookingRuleOverridden,
    CallBooked,
    CallRequestAutoRejected,
    CallRequested,
    CallRequestRejected,
    CallRequestWithdrawn,
    CallReserved,
    PlacedCall,
    ReservationReleased,
)
from domain.event import Event
from domain.lifecycle import CallMinutesCredited
from domain.policy import Policy, PolicyPublished
from domain.prisoner.events import Conviction, PrisonerMerged, PrisonerProfileChanged
from projections.allowances.ledger import BY_OVERRIDE, Ledger, Line, LineKind, ledger

__all__ = [
    "AUDIT",
    "BY_OVERRIDE",
    "EVENTS",
    "NAME",
    "TABLES",
    "VERSION",
    "Ledger",
    "Line",
    "LineKind",
    "ledger",
    "project",
]

NAME = "allowances"
VERSION = 1
AUDIT = False

TABLES = """
CREATE TABLE policies (
    prison text NOT NULL,
    version integer NOT NULL,
    takes_effect timestamptz NOT NULL,
    zone text NOT NULL,
    minutes_a_month integer NOT NULL,
    remand_calls_a_week integer NOT NULL,
    PRIMARY KEY (prison, version)
);
CREATE TABLE people (
    prisoner text PRIMARY KEY,
    on_remand boolean NOT NULL
);
CREATE TABLE merged (
    kept text NOT NULL,
    removed text NOT NULL,
    PRIMARY KEY (kept, removed)
);
CREATE TABLE charges (
    call text PRIMARY KEY,
    prisoner_month text NOT NULL,
    minutes integer NOT NULL,
    reserved boolean NOT NULL
);
CREATE TABLE overrides (
    call text PRIMARY KEY
);
CREATE TABLE lines (
    position bigint NOT NULL,
    number smallint NOT NULL,
    prisoner_month text NOT NULL,
    at timestamptz NOT NULL,
    kind text NOT NULL,
    seconds integer NOT NULL,
    call text,
    reason text,
    by text,
    lapses_at timestamptz,
    sealed jsonb,
    PRIMARY KEY (position, number)
);
CREATE INDEX ON lines (prisoner_month, position, number);
CREATE INDEX ON lines (call) WHERE kind = 'reserved';
"""

EVENTS: tuple[type[Event], ...] = (
    PolicyPublished,
    PrisonerMerged,
    PrisonerProfileChanged,
    CallAllowanceGranted,
    CallAllowanceAdjusted,
    CallMinutesCredited,
    BookingRuleOverridden,
    CallReserved,
    CallRequested,
    CallBooked,
    BookingChanged,
    ReservationReleased,
    CallRequestRejected,
    CallRequestAutoRejected,
    CallRequestWithdrawn,
    BookingCancelled,
)


async def project(db: Connection, recorded: Recorded[Any]) -> None:
    """Take one event in."""
    event = recorded.event
    match event:
        case CallReserved() | CallRequested() | CallBooked() | BookingChanged():
            await _charge(db, event, recorded.position)
        case ReservationReleased():
            await _give_back(db, event, recorded.position, "released")
        case CallRequestRejected():
            await _give_back(db, event, recorded.position, "rejected")
        case CallRequestAutoRejected():
            await _give_back(db, event, recorded.position, "auto_rejected")
        case CallRequestWithdrawn():
            await _give_back(db, event, recorded.position, "withdrawn")
        case BookingCancelled():
            await _give_back(db, event, recorded.position, "cancelled")
        case BookingRuleOverridden(call=call, rules=rules):
            if "allowance" in rules:
                await db.execute("INSERT INTO overrides VALUES ($1) ON CONFLICT DO NOTHING", call)
        case _:
            await _given(db, recorded)


async def _given(db: Connection, recorded: Recorded[Any]) -> None:
    event, position = recorded.event, recorded.position
    match event:
        case CallAllowanceGranted(minutes=minutes, reason=reason, granted_by=by):
            line = Line(event.at, LineKind.GRANTED, minutes * 60, None, reason.value, by, recorded.sealed)
            await _write(db, position, 0, event.prisoner_month, line)
        case CallAllowanceAdjusted(minutes=minutes, reason=reason, adjusted_by=by):
            line = Line(event.at, LineKind.ADJUSTED, minutes * 60, None, reason.value, by, recorded.sealed)
            await _write(db, position, 0, event.prisoner_month, line)
        case CallMinutesCredited(seconds=seconds, call=call, cause=cause):
            line = Line(event.at, LineKind.CREDITED, seconds, call, cause)
            await _write(db, position, 0, event.prisoner_month, line)
        case PolicyPublished():
            await _policy(db, event)
        case PrisonerMerged(kept=kept, removed=removed):
            await db.execute("INSERT INTO merged VALUES ($1, $2) ON CONFLICT DO NOTHING", kept, removed)
        case PrisonerProfileChanged(person=person, conviction=Conviction() as conviction):
            await db.execute(_REMAND, person, conviction is Conviction.REMAND)
        case _:
            return  # nothing about anybody's call time


async def _policy(db: Connection, event: PolicyPublished) -> None:
    policy = Policy.model_validate(event.document)
    await db.execute(
        _POLICY,
        event.prison,
        event.version,
        event.takes_effect,
        policy.time_zone,
        policy.booking.minutes_a_month,
        policy.booking.remand_calls_a_week,
    )


async def _charge(
    db: Connection, event: CallReserved | CallRequested | CallBooked | BookingChanged, position: int
) -> None:
    """Take the call's time, unless it is taken already; what was taken for its place before is given back."""
    minutes, reserved = event.minutes if event.counted else 0, isinstance(event, CallReserved)
    now = (event.prisoner_month, minutes, reserved)
    if await _charged(db, event.call) == now and not reserved:
        return
    await _give_back(db, event, position, "changed")
    await db.execute("INSERT INTO charges VALUES ($1, $2, $3, $4)", event.call, *now)
    if minutes:
        kind = LineKind.RESERVED if reserved else LineKind.USED
        reason = None if reserved else await _aside(db, event.call)
        lapses_at = event.expires_at if isinstance(event, CallReserved) else None
        line = Line(event.at, kind, -minutes * 60, event.call, reason)
        await _write(db, position, 1, event.prisoner_month, line, lapses_at)


async def _give_back(db: Connection, event: PlacedCall, position: int, reason: str) -> None:
    """Undo what was taken for the call: a line of its own, but for a place that was only reserved."""
    charged = await _charged(db, event.call)
    if charged is None:
        return
    month, minutes, reserved = charged
    await db.execute("DELETE FROM charges WHERE call = $1", event.call)
    if reserved:
        await db.execute("DELETE FROM lines WHERE call = $1 AND kind = 'reserved'", event.call)
    elif minutes:
        line = Line(event.at, LineKind.GIVEN_BACK, minutes * 60, event.call, reason)
        await _write(db, position, 0, month, line)


async def _charged(db: Connection, call: str) -> tuple[str, int, bool] | None:
    found = await db.fetchrow("SELECT prisoner_month, minutes, reserved FROM charges WHERE call = $1", call)
    return None if found is None else (found["prisoner_month"], found["minutes"], found["reserved"])


async def _aside(db: Connection, call: str) -> str | None:
    """Whether the allowance was set aside for the call: said once, for the place it was set aside for."""
    aside = await db.fetchval("DELETE FROM overrides WHERE call = $1 RETURNING true", call)
    return BY_OVERRIDE if aside else None


async def _write(
    db: Connection, position: int, number: int, month: str, line: Line, lapses_at: datetime | None = None
) -> None:
    await db.execute(
        "INSERT INTO lines VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)",
        position,
        number,
        month,
        line.at,
        line.kind.value,
        line.seconds,
        line.call,
        line.reason,
        line.by,
        lapses_at,
        packed(line.sealed) if line.sealed else None,
    )


_POLICY = """
INSERT INTO policies VALUES ($1, $2, $3, $4, $5, $6)
ON CONFLICT (prison, version) DO UPDATE SET takes_effect = $3, zone = $4, minutes_a_month = $5,
                                            remand_calls_a_week = $6
"""
_REMAND = "INSERT INTO people VALUES ($1, $2) ON CONFLICT (prisoner) DO UPDATE SET on_remand = $2"
