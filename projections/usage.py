"""Usage: what policy teams ask, as numbers per prison and day. No person is in it, not even as an id.

What is about a place in the timetable (booked, cancelled) counts on the day of the call; everything else
on the day on which it happened. Days are those of the prison's own clock.
"""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any

from asyncpg import Connection

from application.ports import Recorded
from domain.booking.events import (
    BookingCancelled,
    BookingChanged,
    BookingRefused,
    BookingRuleOverridden,
    CallBooked,
    CallRequestAutoRejected,
    CallRequested,
    CallRequestRejected,
    CallRequestWithdrawn,
    PlacedCall,
)
from domain.calendar import local_day
from domain.call.events import CallPaused, CallResumed
from domain.event import Event
from domain.flag.events import BookingFlagged
from domain.lifecycle import CallCompleted, CallMinutesCredited, CallMissed, CallStarted, CallTerminated
from domain.policy import Policy, PolicyPublished
from domain.stream import StreamFrozen
from domain.violation import ViolationReviewed

NAME = "usage"
VERSION = 2
AUDIT = False

TABLES = """
CREATE TABLE zones (
    prison text PRIMARY KEY,
    zone text NOT NULL
);
CREATE TABLE stopped (
    call text PRIMARY KEY
);
CREATE TABLE days (
    prison text NOT NULL,
    day date NOT NULL,
    measure text NOT NULL,
    kind text NOT NULL,
    value bigint NOT NULL,
    PRIMARY KEY (prison, day, measure, kind)
);
"""

EVENTS: tuple[type[Event], ...] = (
    PolicyPublished,
    CallRequested,
    CallRequestRejected,
    CallRequestAutoRejected,
    CallRequestWithdrawn,
    CallBooked,
    BookingChanged,
    BookingCancelled,
    BookingRefused,
    BookingRuleOverridden,
    BookingFlagged,
    CallStarted,
    CallCompleted,
    CallTerminated,
    CallMissed,
    CallPaused,
    CallResumed,
    StreamFrozen,
    CallMinutesCredited,
    ViolationReviewed,
)


UNKNOWN = "unknown"  # a stop that was reported without its cause


@dataclass(frozen=True)
class UsageDay:
    """One prison's day. A mapping counts by cause, rule or outcome."""

    prison: str
    day: date
    calls_requested: Mapping[str, int] = field(default_factory=dict)  # by type of call
    calls_rejected: Mapping[str, int] = field(default_factory=dict)  # by staff's reason, or the rule's
    calls_withdrawn: int = 0
    calls_booked: int = 0
    calls_held: int = 0  # that started
    calls_cancelled: Mapping[str, int] = field(default_factory=dict)
    calls_missed: Mapping[str, int] = field(default_factory=dict)
    calls_completed: Mapping[str, int] = field(default_factory=dict)
    calls_terminated: int = 0
    talk_s: int = 0
    paused_s: int = 0
    credited_s: int = 0
    pauses: Mapping[str, int] = field(default_factory=dict)
    freezes: Mapping[str, int] = field(default_factory=dict)
    refusals: Mapping[str, int] = field(default_factory=dict)
    overrides: Mapping[str, int] = field(default_factory=dict)  # rules that were set aside
    flags: Mapping[str, int] = field(default_factory=dict)  # facts that changed under a call
    reviews: Mapping[str, int] = field(default_factory=dict)


@dataclass(frozen=True)
class Count:
    """What an event adds to one number. `kind` is empty where a measure is not told apart."""

    measure: str
    value: int = 1
    kind: str = ""
    on: datetime | None = None  # another moment than the event's own


def counts_of(event: Event) -> Iterator[Count]:
    """What an event adds to its day."""
    match event:
        case BookingRefused(rule=rule):
            yield Count("refusals", kind=rule)
        case BookingRuleOverridden(rules=rules):
            yield from (Count("overrides", kind=rule) for rule in rules)
        case BookingFlagged(kind=kind):
            yield Count("flags", kind=kind.value)
        case PlacedCall():
            yield from _booking_counts(event)
        case _:
            yield from _call_counts(event)


def _booking_counts(event: PlacedCall) -> Iterator[Count]:
    match event:
        case CallRequested(call_type=call_type):
            yield Count("calls_requested", kind=call_type.value)
        case CallRequestRejected(because=because):
            yield Count("calls_rejected", kind=because.value)
        case CallRequestAutoRejected(because=because):
            yield Count("calls_rejected", kind=because.value)
        case CallRequestWithdrawn():
            yield Count("calls_withdrawn")
        case CallBooked():
            yield Count("calls_booked")
        case BookingChanged(was_booked=was_booked, booked=booked, was_at=was_at):
            yield Count("calls_booked", -int(was_booked), on=was_at)
            yield Count("calls_booked", int(booked))
        case BookingCancelled(outcome=outcome):
            yield Count("calls_cancelled", kind=outcome.value)
        case _:
            return  # a place that was only reserved


def _call_counts(event: Event) -> Iterator[Count]:
    match event:
        case CallStarted():
            yield Count("calls_held")
        case CallCompleted(outcome=outcome):
            yield Count("calls_completed", kind=outcome.value)
            yield from _times_of(event)
        case CallTerminated():
            yield Count("calls_terminated")
            yield from _times_of(event)
        case CallMissed(missed_by=missed_by):
            yield Count("calls_missed", kind=missed_by.value)
        case CallPaused(cause=cause):
            yield Count("pauses", kind=cause or UNKNOWN)
        case StreamFrozen(cause=cause):
            yield Count("freezes", kind=cause or UNKNOWN)
        case CallMinutesCredited(seconds=seconds):
            yield Count("credited_s", seconds)
        case ViolationReviewed(outcome=outcome):
            yield Count("reviews", kind=outcome.value)
        case _:
            return  # nothing to count


def _times_of(event: CallCompleted | CallTerminated) -> Iterator[Count]:
    yield Count("talk_s", round(event.talk_ms / 1000))
    yield Count("paused_s", round(event.paused_ms / 1000))


def moment_of(event: Event) -> datetime:
    """The moment on whose day an event counts."""
    return event.starts_at if isinstance(event, PlacedCall) else event.at


# The table


async def project(db: Connection, recorded: Recorded[Any]) -> None:
    """Add what one event counts."""
    await project_batch(db, [recorded])


async def project_batch(db: Connection, batch: Sequence[Recorded[Any]]) -> None:
    """Add what many events count."""
    zones: dict[str, str] = dict(await db.fetch("SELECT prison, zone FROM zones"))
    stopped = {record["call"] for record in await db.fetch("SELECT call FROM stopped")}
    added: Counter[tuple[str, date, str, str]] = Counter()
    for event in (recorded.event for recorded in batch):
        if isinstance(event, PolicyPublished):
            zones[event.prison] = Policy.model_validate(event.document).time_zone
            await db.execute(_ZONE, event.prison, zones[event.prison])
        for count in () if _same_stop(stopped, event) else counts_of(event):
            day = local_day(count.on or moment_of(event), zones.get(event.prison, Policy().time_zone))
            added[event.prison, day, count.measure, count.kind] += count.value
    await db.execute("DELETE FROM stopped WHERE call <> ALL($1::text[])", list(stopped))
    await db.execute("INSERT INTO stopped SELECT unnest($1::text[]) ON CONFLICT DO NOTHING", list(stopped))
    if added:
        rows = [(*key, value) for key, value in added.items()]
        await db.execute(_ADD, *(list(column) for column in zip(*rows, strict=True)))


def _same_stop(stopped: set[str], event: Event) -> bool:
    """Whether it pauses a call that stands still already: handed to staff, a pause is still one pause."""
    match event:
        case CallPaused(call=call):
            again = call in stopped
            stopped.add(call)
            return again
        case CallResumed(call=call) | CallCompleted(call=call) | CallTerminated(call=call):
            stopped.discard(call)
    return False


_ZONE = "INSERT INTO zones VALUES ($1, $2) ON CONFLICT (prison) DO UPDATE SET zone = EXCLUDED.zone"
_ADD = """
INSERT INTO days SELECT * FROM unnest($1::text[], $2::date[], $3::text[], $4::text[], $5::bigint[])
ON CONFLICT (prison, day, measure, kind) DO UPDATE SET value = days.value + EXCLUDED.value
"""


async def usage(db: Connection, prison: str, first: date, last: date) -> list[UsageDay]:
    """The prison's days from the first to the last, both included, on which anything was counted."""
    found = await db.fetch(
        "SELECT * FROM usage_days WHERE prison = $1 AND day BETWEEN $2 AND $3 ORDER BY day, measure, kind",
        prison,
        first,
        last,
    )
    days: dict[date, dict[str, Any]] = {}
    for record in found:
        measures = days.setdefault(record["day"], {})
        if record["kind"]:
            measures.setdefault(record["measure"], {})[record["kind"]] = record["value"]
        else:
            measures[record["measure"]] = record["value"]
    return [UsageDay(prison, day, **measures) for day, measures in days.items()]
