"""The pages on which people ask for a call: with whom, then when; or another call with the same people."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Annotated
from urllib.parse import urlencode

from fastapi import APIRouter, Form, Query, Request
from fastapi.responses import Response

from api.bookings import CallRequest, ask
from api.days import LONDON, ADay, DayOfForm
from api.guard import Acting, require
from api.looking import times_of
from api.reading import approved_with, booking_of
from api.scope import CallId, Id, Ident, a_call_of, held_person, oneself, people_of, the_call_again
from api.services import Services, Use
from api.web.bookings import back, why_not
from api.web.names import names_of
from api.web.own import NOTHING_WRONG, Wrong, asked, missing
from api.web.render import language_of, page
from api.web.texts import Language, text
from application.access import Resource
from application.asking import NotBooked
from domain.event import Refused
from projections.booking_calendar import SessionTime

router = APIRouter(include_in_schema=False)

PATH = "/my-calls/ask"
DAYS = 7  # on one page
MINUTES = 30

People = tuple[Ident, ...]


@dataclass(frozen=True)
class Wanted:
    """A call without a time: where its form goes, and what it has to hold."""

    path: str
    prison: str
    people: Mapping[str, Sequence[str]]  # fields of the form; none: the address says who is meant

    def on(self, day: date, language: Language) -> str:
        """The address of the times from a day on."""
        fields = {**self.people, "day": [day.isoformat()]} | ({"lang": ["cy"]} if asked(language) else {})
        return f"{self.path}?{urlencode(fields, doseq=True)}"


async def chosen(
    request: Request,
    prisoner: Annotated[str | None, Query(pattern=Id)] = None,
    visitor: Annotated[People, Query()] = (),
) -> Resource:
    """The people whom the address names, and whoever answers for them; nobody yet: whoever asks."""
    if prisoner is None or not visitor:
        return await oneself(request)
    return await _wished(request, prisoner, visitor)


async def sent(
    request: Request,
    prisoner: Annotated[str, Form(pattern=Id)],
    visitor: Annotated[People, Form(min_length=1, max_length=20)],
) -> Resource:
    """The people whom the form names, and whoever answers for them."""
    return await _wished(request, prisoner, visitor)


async def again(request: Request, call: CallId) -> Resource:
    """Another call with the same people: they may ask for it, and whoever answers for the visitors."""
    return await the_call_again(request, call)


@router.get(PATH)
async def choose(
    request: Request,
    services: Use,
    acting: Annotated[Acting, require("booking.request", chosen)],
    prisoner: Annotated[str | None, Query(pattern=Id)] = None,
    visitor: Annotated[People, Query()] = (),
    on: ADay = None,
) -> Response:
    """Ask for a call: choose with whom, then a time."""
    if prisoner is None:
        return await _choose_people(request, services, acting)
    if not visitor:
        return await _choose_people(request, services, acting, missing(request, "visitor"))
    wanted = Wanted(PATH, acting.resource.prison or "", {"prisoner": [prisoner], "visitor": visitor})
    return await _choose_time(request, services, wanted, on)


@router.post(PATH)
async def ask_for_call(
    request: Request,
    services: Use,
    acting: Annotated[Acting, require("booking.request", sent)],
    prisoner: Annotated[str, Form(pattern=Id)],
    visitor: Annotated[People, Form(min_length=1, max_length=20)],
    session: Annotated[str, Form(pattern=Id)],
    minutes: Annotated[int, Form(ge=1, le=1440)],
    on: DayOfForm = None,
    key: Annotated[str | None, Form()] = None,
) -> Response:
    """Ask for a call with these people at this time."""
    wanted = Wanted(PATH, acting.resource.prison or "", {"prisoner": [prisoner], "visitor": visitor})
    body = CallRequest(session=session, minutes=minutes, prisoner=prisoner, visitors=visitor)
    return await _ask(request, services, acting, wanted, body, on, key)


@router.get("/calls/{call}/again")
async def choose_time(
    call: CallId,
    request: Request,
    services: Use,
    acting: Annotated[Acting, require("booking.request", again)],
    on: ADay = None,
) -> Response:
    """Ask for another call with the same people: choose a time."""
    return await _choose_time(request, services, _like(call, acting), on)


@router.post("/calls/{call}/again")
async def ask_again(
    call: CallId,
    request: Request,
    services: Use,
    acting: Annotated[Acting, require("booking.request", again)],
    session: Annotated[str, Form(pattern=Id)],
    minutes: Annotated[int, Form(ge=1, le=1440)],
    on: DayOfForm = None,
    key: Annotated[str | None, Form()] = None,
) -> Response:
    """Ask for another call with the same people."""
    like = await booking_of(services, call)
    body = CallRequest(session=session, minutes=minutes, prisoner=like.prisoner, visitors=like.visitors)
    return await _ask(request, services, acting, _like(call, acting), body, on, key)


async def _wished(request: Request, prisoner: str, visitors: Sequence[str]) -> Resource:
    held = await held_person(request, prisoner)
    return await a_call_of(request, held.prison or "", prisoner, visitors)


def _like(call: str, acting: Acting) -> Wanted:
    return Wanted(f"/calls/{call}/again", acting.resource.prison or "", {})


async def _ask(
    request: Request,
    services: Services,
    acting: Acting,
    wanted: Wanted,
    body: CallRequest,
    on: date | None,
    key: str | None,
) -> Response:
    try:
        booked = await ask(services, acting, wanted.prison, body, key, Response())
    except Refused as no:
        return await _choose_time(request, services, wanted, on, no, body.minutes)
    return back(f"/my-calls?after={booked.position}{asked(language_of(request), '&')}")


async def _choose_people(
    request: Request, services: Services, acting: Acting, wrong: Wrong = NOTHING_WRONG
) -> Response:
    me = acting.login.person
    companies = await approved_with(services, [me, *await people_of(services).participants(me)])
    persons = [one for prisoner, visitors in companies.items() for one in (prisoner, *visitors)]
    return await page(
        request,
        "ask_whom.html",
        status=wrong.status,
        wrong=wrong.at,
        companies=companies,
        names=await names_of(services, persons),
        me=me,
        here=PATH,
    )


async def _choose_time(
    request: Request,
    services: Services,
    wanted: Wanted,
    on: date | None,
    no: Refused | None = None,
    minutes: int = MINUTES,
) -> Response:
    """A week's times to choose from; after a refusal also those at which the same call could be booked."""
    today = services.now().astimezone(LONDON).date()
    first = max(on or today, today)
    last = first + timedelta(days=DAYS - 1)
    language = language_of(request)
    return await page(
        request,
        "ask.html",
        **why_not(no),
        alternatives=no.alternatives if isinstance(no, NotBooked) else (),
        wanted=wanted,
        minutes=minutes,
        first=first,
        before=wanted.on(first - timedelta(days=DAYS), language) if first > today else None,
        after=wanted.on(first + timedelta(days=DAYS), language),
        days=_by_day(await times_of(services, wanted.prison, first, last)),
        said=lambda day: _said(language, day),
        action=f"{wanted.path}{asked(language)}",
        here=wanted.on(first, Language.EN),
    )


def _by_day(times: Sequence[SessionTime]) -> dict[date, list[SessionTime]]:
    found: dict[date, list[SessionTime]] = {}
    for time in times:
        if time.free_for(1) > 0:
            found.setdefault(time.starts_at.astimezone(LONDON).date(), []).append(time)
    return found


def _said(language: Language, day: date) -> str:
    """A day in words; in Welsh with the name of its month."""
    if language is Language.EN:
        return f"{day:%A %-d %B %Y}"
    return f"{day.day} {text(language, f'months.{day:%m}')} {day.year}"
