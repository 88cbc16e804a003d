"""Reading what was written: a read may wait for a position, and a call's record is read only on record."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Annotated, Generic, TypeVar

from fastapi import Query

from api.asked import on_record
from api.cursor import key_of, page_of
from api.errors import NotReadableYet, PositionUnknown
from api.guard import Acting
from api.services import Connection, Services, tables
from application.notifications.present import Receipt, receipt_of
from domain.access import Viewed
from domain.clearance import Side
from domain.contact import ContactDetailsGiven
from domain.decider import about
from domain.event import Refused
from domain.monitoring.events import MonitoringLogged
from domain.texts import Language
from projections.booking_calendar import CalendarBooking, CalendarSession, booking, calendar_day, calls_of
from projections.call_timeline import Entry, Sight, sights, timeline, what_each_side_saw
from projections.call_wall import WallCall, call_on_wall, calls_on_wall
from projections.notifications import MessageTold, messages_of_call, messages_of_person
from projections.people import approved_for
from projections.progress import reached, wait_for
from projections.usage import UsageDay, usage

Item = TypeVar("Item")

After = Annotated[
    int | None, Query(ge=0, description="wait until this position, as a command answered it, can be read")
]


OF_MONITORING = frozenset({MonitoringLogged.__name__})


@dataclass(frozen=True)
class Day:
    """A prison's day as it was known at a position: whoever decides on a call of it has seen so far."""

    sessions: list[CalendarSession]
    position: int


@dataclass(frozen=True)
class Pages(Generic[Item]):
    """One page of a list, and the cursor of the next; None on the last."""

    items: Sequence[Item]
    next: str | None


@dataclass(frozen=True)
class ContactNow:
    """Where somebody is written to, and in which language."""

    language: Language = Language.EN
    email: str | None = None
    phone: str | None = None
    given: bool = False  # whether anything was ever said


async def wall_of(services: Services, prison: str, after: int | None, at: datetime) -> list[WallCall]:
    """The prison's calls, the most urgent first."""
    async with tables(services) as db:
        await caught_up(services, db, "call_wall", after)
        return await calls_on_wall(db, prison, at)


async def tile_of(services: Services, call: str, after: int | None = None) -> WallCall | None:
    """One call as it stands on the wall."""
    return (await desk_of(services, call, after))[0]


async def desk_of(services: Services, call: str, after: int | None = None) -> tuple[WallCall | None, int]:
    """One call as it stands on the wall, and the position up to which that is everything known of it."""
    async with tables(services) as db:
        await caught_up(services, db, "call_wall", after)
        position = await reached(db, "call_wall")
        return await call_on_wall(db, call), position


async def record_of(services: Services, acting: Acting, call: str) -> tuple[list[Entry], list[Sight]]:
    """Everything on record about a call, and what each side saw. That it is read is on record first."""
    position = await _view_record(services, acting, call)
    async with tables(services) as db:
        await wait_for(db, "call_timeline", position)
        entries = await timeline(db, call)
    return entries, [sight for side in Side for sight in sights(entries, side)]


async def record_page(
    services: Services, acting: Acting, call: str, cursor: str | None, limit: int
) -> tuple[Pages[Entry], list[Sight]]:
    """A page of the record, and what each side saw in all of it.

    That it is read is on record before the first page, and the others end where that one ended: what the
    same sign-in goes on to read is what it put on record, and reading does not make the list longer.
    """
    of = f"timeline/{call}/{acting.login.id}"
    last, until = (0, 0) if cursor is None else key_of(services, of, cursor)
    if cursor is None:
        until = await _view_record(services, acting, call)
    async with tables(services) as db:
        await caught_up(services, db, "call_timeline", until)
        found = await timeline(db, call, after=last, until=until, limit=limit + 1)
        saw = await what_each_side_saw(db, call, until=until)
    return Pages(*page_of(services, of, found, limit, lambda one: (one.position, until))), saw


async def words_of(services: Services, acting: Acting, entry: Entry) -> dict[str, str]:
    """What people typed with this event, opened; a field whose key was destroyed is left out.

    What came of monitoring is for those alone who may read of it.
    """
    if entry.type in OF_MONITORING and acting.login.role not in services.permissions.scopes(
        "monitoring.read"
    ):
        return {}
    opened = {name: await services.keys.open(sealed) for name, sealed in entry.sealed.items()}
    return {name: text for name, text in opened.items() if text is not None}


async def day_of(services: Services, prison: str, day: date, after: int | None) -> Day:
    """The prison's times on a day, with what was asked for and booked."""
    async with tables(services) as db:
        await caught_up(services, db, "booking_calendar", after)
        position = await reached(db, "booking_calendar")
        return Day(await calendar_day(db, prison, day, services.now()), position)


async def own_calls(
    services: Services, person: str, after: int | None, cursor: str | None, limit: int
) -> Pages[CalendarBooking]:
    """The calls somebody is named on or asked for, the newest time first."""
    of = f"calls/{person}"
    key = None
    if cursor is not None:
        starts_at, call = key_of(services, of, cursor)
        key = (datetime.fromisoformat(starts_at), call)
    async with tables(services) as db:
        await caught_up(services, db, "booking_calendar", after)
        found = await calls_of(db, person, after=key, limit=limit + 1)
    return Pages(*page_of(services, of, found, limit, lambda one: (one.starts_at, one.call)))


async def approved_with(services: Services, people: Sequence[str]) -> dict[str, list[str]]:
    """The visitors who may call each person in prison, wherever one of these people is on either side."""
    async with tables(services) as db:
        return await approved_for(db, people)


async def booking_of(services: Services, call: str) -> CalendarBooking:
    """One call's place in the calendar. Raises `Refused` where it has none."""
    async with tables(services) as db:
        found = await booking(db, call)
    if found is None:
        raise Refused("There is no such call.", "call_unknown")
    return found


async def messages_about(services: Services, acting: Acting, call: str) -> list[MessageTold]:
    """What the visitors of a call were told. That it is read is on record first."""
    prison = acting.resource.prison or ""
    position = await on_record(services, acting, Viewed.NOTIFICATIONS, f"call:{call}", prison)
    async with tables(services) as db:
        await wait_for(db, "notifications", position)
        return await messages_of_call(db, call)


async def own_messages(services: Services, person: str, after: int | None) -> list[MessageTold]:
    """What somebody was told, the newest first."""
    async with tables(services) as db:
        await caught_up(services, db, "notifications", after)
        return await messages_of_person(db, person)


async def contact_of(services: Services, acting: Acting, person: str) -> ContactNow:
    """Where somebody is written to. That another reads it is on record first."""
    if acting.login.person != person:
        prison = acting.resource.prison or ""
        await on_record(services, acting, Viewed.CONTACT, f"person:{person}", prison)
    facts, _ = await services.store.read((about(f"person:{person}", ContactDetailsGiven),))
    if not facts:
        return ContactNow()
    given = facts[-1]
    opened = {name: await services.keys.open(sealed) for name, sealed in given.sealed.items()}
    return ContactNow(
        language=given.event.language, email=opened.get("email"), phone=opened.get("phone"), given=True
    )


async def receipt_for(services: Services, acting: Acting, call: str, language: Language) -> Receipt:
    """Who was there when, told to one of them. That it is read is on record first."""
    await on_record(services, acting, Viewed.CALL, f"call:{call}", acting.resource.prison or "")
    reader = Side.PRISONER if acting.login.role == "PR" else Side.VISITOR
    return await receipt_of(services.store, call, reader, language)


async def usage_of(
    services: Services, acting: Acting, prison: str, first: date, last: date
) -> list[UsageDay]:
    """The prison's days with anything counted. That they are read is on record first."""
    await on_record(services, acting, Viewed.USAGE, f"usage:{prison}/{first}/{last}", prison)
    async with tables(services) as db:
        return await usage(db, prison, first, last)


async def _view_record(services: Services, acting: Acting, call: str) -> int:
    prison = acting.resource.prison or ""
    return await on_record(services, acting, Viewed.TIMELINE, f"call:{call}", prison)


async def caught_up(services: Services, db: Connection, name: str, position: int | None) -> None:
    """Wait until a position can be read. Raises `PositionUnknown`, `NotReadableYet`."""
    if position is None or await reached(db, name) >= position:
        return
    if position > await services.store.head():
        raise PositionUnknown
    if not await wait_for(db, name, position):
        raise NotReadableYet
