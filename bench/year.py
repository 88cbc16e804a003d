"""A year of one prison as facts, for measurements of reading: weekly times, calls in each, some to decide."""

import itertools
from collections.abc import Iterator
from datetime import UTC, date, datetime, time, timedelta
from typing import Any
from uuid import uuid4

from bench.setting import context
from domain.booking.events import CallBooked, CallRequestApproved, CallRequested
from domain.calendar import local_day, local_month
from domain.decider import about
from domain.event import Event
from domain.flag.events import BookingFlagged, BookingUnflagged, ClearedBecause, FlagKind
from domain.lifecycle import CallCompleted, CallOutcome, CallStarted
from domain.policy import CallPolicy, Policy, PolicyPublished
from domain.relationship import ApprovalBasis
from domain.timetable.events import CallType, SessionTemplatePublished
from domain.timetable.slot import slot_on
from infrastructure.event_store import PostgresEventStore

PRISON, ZONE = "MDI", "Europe/London"
FIRST = date(2025, 12, 1)
DAYS, STILL_TO_COME = 365 + 28, 28
STARTS = ("09:00", "10:00", "11:00", "14:00", "15:00", "16:00")
STATIONS, CALLS_IN_EACH = 8, 6
PRISONERS = 400
IN_ONE_APPEND = 500


async def write_year(store: PostgresEventStore) -> None:
    """Append the year's facts, as they happened."""
    facts = _facts()
    while some := list(itertools.islice(facts, IN_ONE_APPEND)):
        await store.append(some, (about(f"cmd:{uuid4()}"),), 0, context())


def _facts() -> Iterator[Event]:
    opened = datetime.combine(FIRST, time(), UTC) - timedelta(days=30)
    document = Policy().document()
    yield PolicyPublished(
        at=opened, prison=PRISON, version=1, document=document, published_by="g1", approved_by=None
    )
    templates = [_template(weekday, starts, opened) for weekday in range(5) for starts in STARTS]
    yield from templates
    numbers = itertools.count()
    for day in (FIRST + timedelta(days=each) for each in range(DAYS)):
        for template in templates:
            slot = slot_on(template, None, day, ZONE)
            if slot is not None:
                over = day < FIRST + timedelta(days=DAYS - STILL_TO_COME)
                for _ in range(CALLS_IN_EACH):
                    yield from _call(next(numbers), slot.session, slot.starts_at, over=over)


def _template(weekday: int, starts: str, at: datetime) -> SessionTemplatePublished:
    return SessionTemplatePublished(
        at=at,
        prison=PRISON,
        template=f"template-{weekday}-{starts[:2]}",
        weekday=weekday,
        starts=starts,
        minutes=60,
        every_weeks=1,
        first=FIRST,
        last=None,
        stations=STATIONS,
        one_way_stations=0,
        devices=(),
        call_types=(CallType.SOCIAL,),
        categories=(),
        incentive_levels=(),
        locations=(),
        published_by="o1",
    )


def _call(number: int, session: str, starts_at: datetime, *, over: bool) -> Iterator[Event]:
    """One call from the request on; of those still to come every other one waits for a decision."""
    asked, call = starts_at - timedelta(days=7), f"call-{number}"
    place = _place(number, call, session, starts_at)
    yield CallRequested(
        at=asked,
        **place,
        requested_by=place["visitors"][0],
        for_staff=("policy",),
        decide_by=starts_at - timedelta(days=2),
    )
    ours: dict[str, Any] = {"prison": PRISON, "call": call}
    flag = {"flag": f"flag-{number}", "kind": FlagKind.PRISONER_PROFILE_CHANGED}
    if number % 10 == 0:
        yield BookingFlagged(at=asked, **ours, **flag, cause=f"fact-{number}", during_call=False)
    if not over and number % 2:
        return
    if number % 10 == 0 and over:
        yield BookingUnflagged(
            at=asked,
            **ours,
            flag=f"flag-{number}",
            because=ClearedBecause.DO_NOT_CHANGE,
            cleared_by="o1",
            reason=None,
        )
    yield CallRequestApproved(at=asked, **ours, basis=ApprovalBasis.STAFF, approved_by="o1")
    yield CallBooked(at=asked, **place)
    if over:
        ends_at = starts_at + timedelta(minutes=30)
        policy = {"policy_version": f"{PRISON}/1", "rules": CallPolicy()}
        yield CallStarted(at=starts_at, **ours, **policy, ends_at=ends_at)
        outcome = CallOutcome.COMPLETED_NORMALLY
        yield CallCompleted(at=ends_at, **ours, outcome=outcome, talk_ms=1_800_000, paused_ms=0)


def _place(number: int, call: str, session: str, starts_at: datetime) -> dict[str, Any]:
    prisoner, visitor = f"prisoner-{number % PRISONERS}", f"visitor-{number % PRISONERS}"
    return {
        "prison": PRISON,
        "call": call,
        "session": session,
        "starts_at": starts_at,
        "minutes": 30,
        "prisoner": prisoner,
        "visitors": (visitor,),
        "prisoner_month": f"{prisoner}/{local_month(starts_at, ZONE)}",
        "visitor_day": (f"{visitor}/{local_day(starts_at, ZONE)}",),
    }
