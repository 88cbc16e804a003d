"""What staff look through before a call: requests, flags, the day, a month's call time, one booking's history.

Each look is on record before anything is answered. Lists are told page by page: the place after the last item
told is the key by which the list is sorted, so what is decided meanwhile neither repeats an item nor leaves one out.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from typing import Generic, TypeVar
from zoneinfo import ZoneInfo

from api.asked import on_record
from api.cursor import key_of, page_of
from api.guard import Acting
from api.reading import caught_up
from api.services import Services, tables
from application import affected
from application.access import THEMSELVES
from application.ports import Sealed
from domain.access import Viewed
from domain.calendar import local_day, local_month
from projections.allowances import Ledger, LineKind, ledger
from projections.appeals import appeals_open
from projections.booking_calendar import (
    CalendarSession,
    SessionTime,
    calendar_day,
    devices_of,
    sessions_between,
    zone_of,
)
from projections.booking_history import HistoryEntry, history, rejection
from projections.concerns import concerns_open
from projections.flags import Flag, closed_flags, flags_open, open_flags
from projections.incidents import incidents_waiting
from projections.moderation_quality import pauses_to_review
from projections.monitoring import authorisations_waiting
from projections.overbooking import Overbooked, overbooked
from projections.people import people_waiting
from projections.progress import reached
from projections.requests import Request, requests_to_decide, requests_waiting

Item = TypeVar("Item")

MONTH = r"^2[01]\d\d-(0[1-9]|1[0-2])$"


@dataclass(frozen=True)
class Listed(Generic[Item]):
    """One page of a list, and where the next begins; None on the last."""

    items: Sequence[Item]
    next: str | None


@dataclass(frozen=True)
class DaySchedule:
    """A prison's day: its times in order, with the prison's zone and what its rooms are called."""

    day: date
    zone: ZoneInfo
    sessions: Sequence[CalendarSession]
    rooms: dict[str, str]


async def known_up_to(services: Services, model: str) -> int:
    """The position up to which a read model knows everything: whoever decides by it has seen so far."""
    async with tables(services) as db:
        return await reached(db, model)


async def requests_of(
    services: Services, acting: Acting, prison: str, cursor: str | None, limit: int, after: int | None
) -> Listed[Request]:
    """The requests that wait for the prison, those to be decided first at the head."""
    of, last = f"requests/{prison}/{acting.login.id}", None
    if cursor is not None:
        decide_by, call = key_of(services, of, cursor)
        last = (datetime.fromisoformat(decide_by), call)
    await on_record(services, acting, Viewed.REQUESTS, f"requests:{prison}", prison)
    async with tables(services) as db:
        await caught_up(services, db, "requests", after)
        found = await requests_to_decide(db, prison, after=last, limit=limit + 1)
    return Listed(*page_of(services, of, found, limit, lambda one: (one.decide_by, one.call)))


async def flags_of(
    services: Services, acting: Acting, prison: str, cursor: str | None, limit: int, after: int | None
) -> Listed[Flag]:
    """The prison's open flags: those of running calls first."""
    of, last = f"flags/{prison}/{acting.login.id}", None
    if cursor is not None:
        urgency, starts_at, call, flag = key_of(services, of, cursor)
        last = (urgency, datetime.fromisoformat(starts_at), call, flag)
    await on_record(services, acting, Viewed.FLAGS, f"flags:{prison}", prison)
    async with tables(services) as db:
        await caught_up(services, db, "flags", after)
        found = await open_flags(db, prison, after=last, limit=limit + 1)
    return Listed(*page_of(services, of, found, limit, lambda one: one.key))


async def flags_closed_lately(services: Services, prison: str) -> Sequence[Flag]:
    """How the flags before were cleared; shown beside the open ones, whose reading is on record."""
    async with tables(services) as db:
        return await closed_flags(db, prison)


async def overbooking_of(services: Services, acting: Acting, prison: str) -> list[Overbooked]:
    """The times of the next seven days with more calls than stations."""
    await on_record(services, acting, Viewed.OVERBOOKING, f"overbooking:{prison}", prison)
    async with tables(services) as db:
        return await overbooked(db, prison, services.now())


async def schedule_of(
    services: Services, acting: Acting, prison: str, day: date | None, *, names: bool
) -> DaySchedule:
    """A day of the prison; none: its own today. With names it is another look, and said so."""
    now = services.now()
    async with tables(services) as db:
        zone = await zone_of(db, prison, now)
    chosen = day or local_day(now, zone)
    viewed = f"schedule:{prison}/{chosen}{'/names' if names else ''}"
    await on_record(services, acting, Viewed.SCHEDULE, viewed, prison)
    async with tables(services) as db:
        sessions = await calendar_day(db, prison, chosen, now)
        return DaySchedule(chosen, ZoneInfo(zone), sessions, await devices_of(db, prison))


async def times_of(services: Services, prison: str, first: date, last: date) -> list[SessionTime]:
    """The prison's times on these days that are not over, with what is free in each. Nobody is in it."""
    now = services.now()
    async with tables(services) as db:
        times = await sessions_between(db, prison, first, last, now)
    return [time for time in times if time.slot.ends_at > now]


async def today_in(services: Services, prison: str) -> date:
    """The prison's own day now."""
    now = services.now()
    async with tables(services) as db:
        return local_day(now, await zone_of(db, prison, now))


async def allowance_of(
    services: Services, acting: Acting, person: str, month: str | None, after: int | None
) -> Ledger:
    """A month of a person's call time; none: this month, where they are held."""
    prison, now = acting.resource.prison or "", services.now()
    async with tables(services) as db:
        chosen = month or local_month(now, await zone_of(db, prison, now))
    await on_record(services, acting, Viewed.ALLOWANCE, f"allowance:{person}/{chosen}", prison)
    async with tables(services) as db:
        await caught_up(services, db, "allowances", after)
        found = await ledger(db, person, chosen, prison, now)
    return _for_themselves(found) if acting.login.role in THEMSELVES else found


def _for_themselves(found: Ledger) -> Ledger:
    """Why a call was interrupted, and who decided, is told by staff: some causes are told to nobody else."""
    lines = [
        replace(line, by=None, reason=None if line.kind is LineKind.CREDITED else line.reason)
        for line in found.lines
    ]
    return replace(found, lines=tuple(lines))


async def history_of(services: Services, acting: Acting, call: str) -> list[HistoryEntry]:
    """Everything that happened to one booking."""
    prison = acting.resource.prison or ""
    await on_record(services, acting, Viewed.HISTORY, f"history:{call}", prison)
    async with tables(services) as db:
        return await history(db, call)


async def opened(services: Services, sealed: Mapping[str, Sealed]) -> dict[str, str]:
    """What people typed, opened; a field whose key was destroyed is left out."""
    texts = {name: await services.keys.open(each) for name, each in sealed.items()}
    return {name: text for name, text in texts.items() if text is not None}


async def opened_for_staff(
    services: Services, acting: Acting, sealed: Mapping[str, Sealed]
) -> dict[str, str]:
    """What staff wrote, for staff: whoever reads of themselves is told codes, and asks staff for more."""
    return {} if acting.login.role in THEMSELVES else await opened(services, sealed)


async def why_rejected(services: Services, call: str) -> str | None:
    """What the prison wrote to whoever asked when it said no to a request."""
    async with tables(services) as db:
        sealed = await rejection(db, call)
    return (await opened(services, sealed)).get("reason")


@dataclass(frozen=True)
class ToDo:
    """How much waits for the prison's staff. No person is in it."""

    requests: int
    flags: int
    overbooked: int
    people: int
    incidents: int
    reviews: int
    concerns: int
    appeals: int
    monitoring: int  # authorisations to decide on, or that end soon


async def ends_soon(services: Services, prison: str) -> datetime:
    """What ends before this moment stands first in the list of authorisations to monitor."""
    now = services.now()
    policy = await affected.policy_of(services.store, prison, now)
    return now + timedelta(days=policy.monitoring.expiring_days)


async def to_do(services: Services, prison: str) -> ToDo:
    """The numbers for the first page of staff."""
    soon = await ends_soon(services, prison)
    async with tables(services) as db:
        requests, flags = await requests_waiting(db, prison), await flags_open(db, prison)
        times = await overbooked(db, prison, services.now())
        people, incidents = await people_waiting(db, prison), await incidents_waiting(db, prison)
        reviews = await pauses_to_review(db, prison)
        concerns, appeals = await concerns_open(db, prison), await appeals_open(db, prison)
        monitoring = await authorisations_waiting(db, prison, services.now(), soon)
        return ToDo(requests, flags, len(times), people, incidents, reviews, concerns, appeals, monitoring)
