"""Reading what was written: a read may wait for a position, and a call's record is read only on record."""

from datetime import date, datetime
from typing import Annotated

from fastapi import Query

from api.asked import on_record
from api.guard import Acting
from api.services import Services, tables
from domain.access import Viewed
from domain.clearance import Side
from projections.booking_calendar import CalendarBooking, CalendarSession, calendar_day, calls_of
from projections.call_timeline import Entry, Sight, sights, timeline
from projections.call_wall import WallCall, call_on_wall, calls_on_wall
from projections.progress import wait_for
from projections.usage import UsageDay, usage

After = Annotated[
    int | None, Query(ge=0, description="wait until this position, as a command answered it, can be read")
]


async def wall_of(services: Services, prison: str, after: int | None, at: datetime) -> list[WallCall]:
    """The prison's calls, the most urgent first."""
    async with tables(services) as db:
        if after is not None:
            await wait_for(db, "call_wall", after)
        return await calls_on_wall(db, prison, at)


async def tile_of(services: Services, call: str, after: int | None = None) -> WallCall | None:
    """One call as it stands on the wall."""
    async with tables(services) as db:
        if after is not None:
            await wait_for(db, "call_wall", after)
        return await call_on_wall(db, call)


async def record_of(services: Services, acting: Acting, call: str) -> tuple[list[Entry], list[Sight]]:
    """Everything on record about a call, and what each side saw. That it is read is on record first."""
    prison = acting.resource.prison or ""
    position = await on_record(services, acting, Viewed.TIMELINE, f"call:{call}", prison)
    async with tables(services) as db:
        await wait_for(db, "call_timeline", position)
        entries = await timeline(db, call)
    return entries, [sight for side in Side for sight in sights(entries, side)]


async def words_of(services: Services, entry: Entry) -> dict[str, str]:
    """What people typed with this event, opened; a field whose key was destroyed is left out."""
    opened = {name: await services.keys.open(sealed) for name, sealed in entry.sealed.items()}
    return {name: text for name, text in opened.items() if text is not None}


async def day_of(services: Services, prison: str, day: date, after: int | None) -> list[CalendarSession]:
    """The prison's times on a day, with what was asked for and booked."""
    async with tables(services) as db:
        if after is not None:
            await wait_for(db, "booking_calendar", after)
        return await calendar_day(db, prison, day, services.now())


async def own_calls(services: Services, person: str, after: int | None) -> list[CalendarBooking]:
    """Every call somebody is named on, the newest time first."""
    async with tables(services) as db:
        if after is not None:
            await wait_for(db, "booking_calendar", after)
        return await calls_of(db, person)


async def usage_of(
    services: Services, acting: Acting, prison: str, first: date, last: date
) -> list[UsageDay]:
    """The prison's days with anything counted. That they are read is on record first."""
    await on_record(services, acting, Viewed.USAGE, f"usage:{prison}/{first}/{last}", prison)
    async with tables(services) as db:
        return await usage(db, prison, first, last)
