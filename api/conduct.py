"""Conduct over the API: what follows from a confirmed violation, and its end."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields
from datetime import date, datetime, timedelta
from typing import Annotated, Any

from fastapi import APIRouter, Path, Response
from pydantic import BaseModel, Field

from api.asked import Done, IdempotencyKey, context, derived, do, on_record, say
from api.cursor import LIMIT, Cursor, Limit, key_of, page_of
from api.guard import Acting, require
from api.looking import Listed, opened
from api.once import OnceRoute
from api.reading import After, caught_up
from api.scope import CallId, Id, Ident, PrisonId, the_call, the_prison
from api.services import Services, Use, tables
from api.versions import IfMatch, seen_by
from application.handle import Handled, Seen, replay
from domain import conduct
from domain.access import Viewed
from domain.clearance import Side
from domain.conduct import LiftedBecause, LiftSanction, TakeMeasure
from domain.moderation.kind import Kind
from projections.conduct import (
    Confirmed,
    MeasureTaken,
    confirmed_of_call,
    confirmed_unanswered,
    measures,
)

router = APIRouter(prefix="/v1", tags=["conduct"], route_class=OnceRoute)

LOOK_BACK = timedelta(days=90)  # a page is no archive: what is older is found by its call
Words = Annotated[str, Field(min_length=1, max_length=2000)]


class Measure(BaseModel):
    """What shall follow for whom, from which confirmed violation; 0 days is a warning."""

    person: Ident
    violation: Ident
    days: Annotated[int, Field(ge=0, le=3660)]
    reason: Words


class SanctionTaken(BaseModel):
    """The id of the warning or sanction."""

    sanction: str
    position: int


class SanctionLifting(BaseModel):
    """Why it shall no longer count."""

    reason: Words


class MeasureTold(BaseModel):
    """What followed for somebody, with the words for them."""

    sanction: str
    call: str
    person: str
    side: Side
    violation: str
    kind: Kind | None
    at: datetime
    days: int
    first: date | None
    last: date | None
    taken_by: str
    lifted_at: datetime | None
    lifted_because: LiftedBecause | None
    words: Mapping[str, str]


class Measures(BaseModel):
    """Warnings and sanctions, the newest first."""

    measures: list[MeasureTold]
    next: str | None
    """The cursor of the page behind; none on the last."""


@dataclass(frozen=True)
class Due:
    """The steps that may follow for one person now, in days; 0 is a warning."""

    person: str
    steps: tuple[int, ...]


@router.post("/calls/{call}/sanctions", status_code=201)
async def take_measure(
    call: CallId,
    body: Measure,
    response: Response,
    services: Use,
    acting: Annotated[Acting, require("conduct.sanction", the_call)],
    idempotency_key: IdempotencyKey = None,
    if_match: IfMatch = None,
) -> SanctionTaken:
    """Warn somebody who was on the call, or keep them from calls for the days of the next step."""
    seen = seen_by(acting, call, if_match)
    sanction, handled = await take(services, acting, call, body, idempotency_key, seen)
    return SanctionTaken(sanction=sanction, position=say(response, handled).position)


@router.post("/calls/{call}/sanctions/{sanction}/lifting")
async def lift_sanction(
    call: CallId,
    sanction: Annotated[str, Path(pattern=Id, description="the id of the warning or sanction")],
    body: SanctionLifting,
    response: Response,
    services: Use,
    acting: Annotated[Acting, require("conduct.lift", the_call)],
    idempotency_key: IdempotencyKey = None,
    if_match: IfMatch = None,
) -> Done:
    """Let it no longer count. Whoever imposed it cannot."""
    seen = seen_by(acting, call, if_match)
    return say(response, await lift(services, acting, call, sanction, body.reason, idempotency_key, seen))


@router.get("/prisons/{prison}/sanctions")
async def read_measures(
    prison: PrisonId,
    services: Use,
    acting: Annotated[Acting, require("conduct.read", the_prison)],
    limit: Limit = LIMIT,
    cursor: Cursor = None,
    after: After = None,
) -> Measures:
    """The warnings and sanctions of this prison, those that were lifted too."""
    page = await measures_of(services, acting, prison, cursor, limit, after)
    shown = {each.name for each in fields(MeasureTaken)} - {"sealed", "prison"}
    found = [
        MeasureTold(**{name: getattr(one, name) for name in shown}, words=await opened(services, one.sealed))
        for one in page.items
    ]
    return Measures(measures=found, next=page.next)


async def take(
    services: Services, acting: Acting, call: str, wanted: Measure, key: str | None, seen: Seen | None
) -> tuple[str, Handled[Any]]:
    """Let something follow from a confirmed violation."""
    asked = context(acting, key, about=call)
    command = TakeMeasure(
        at=services.now(),
        call=call,
        prison=acting.resource.prison or "",
        sanction=derived(asked, "sanction"),
        taken_by=acting.login.person,
        **wanted.model_dump(),
    )
    return command.sanction, await do(services, conduct, command, asked, seen)


async def lift(
    services: Services,
    acting: Acting,
    call: str,
    sanction: str,
    reason: str,
    key: str | None,
    seen: Seen | None,
) -> Handled[Any]:
    """Let a warning or a sanction no longer count."""
    command = LiftSanction(
        at=services.now(), call=call, sanction=sanction, lifted_by=acting.login.person, reason=reason
    )
    return await do(services, conduct, command, context(acting, key, about=f"{call}/{sanction}"), seen)


async def measures_of(
    services: Services, acting: Acting, prison: str, cursor: str | None, limit: int, after: int | None
) -> Listed[MeasureTaken]:
    """A prison's warnings and sanctions. That they are read is on record first."""
    of, last = f"measures/{prison}/{acting.login.id}", None
    if cursor is not None:
        at, sanction = key_of(services, of, cursor)
        last = (datetime.fromisoformat(at), sanction)
    await on_record(services, acting, Viewed.CONDUCT, f"conduct:{prison}", prison)
    async with tables(services) as db:
        await caught_up(services, db, "conduct", after)
        found = await measures(db, prison=prison, after=last, limit=limit + 1)
    return Listed(*page_of(services, of, found, limit, lambda one: (one.at, one.sanction)))


async def unanswered(services: Services, prison: str) -> Sequence[Confirmed]:
    """What was confirmed lately and has no answer; shown beside what has, whose reading is on record."""
    async with tables(services) as db:
        return await confirmed_unanswered(db, prison, services.now() - LOOK_BACK)


async def conduct_on(
    services: Services, acting: Acting, call: str, after: int | None
) -> tuple[Sequence[Confirmed], Sequence[MeasureTaken]]:
    """What was confirmed on a call, and what followed. That it is read is on record first."""
    prison = acting.resource.prison or ""
    await on_record(services, acting, Viewed.CONDUCT, f"conduct_on:{call}", prison)
    async with tables(services) as db:
        await caught_up(services, db, "conduct", after)
        return await confirmed_of_call(db, call), await measures(db, call=call)


async def due(services: Services, acting: Acting, one: Confirmed) -> list[Due]:
    """For everybody who was on that side and is no child, the steps that may follow from it now."""
    if one.overturned:
        return []
    asked = TakeMeasure(
        at=services.now(),
        call=one.call,
        prison=acting.resource.prison or "",
        sanction="",
        person="",
        violation=one.violation,
        days=0,
        taken_by=acting.login.person,
        reason="",
    )
    on_call = await replay(services.store, conduct, asked)
    found = []
    for person in sorted(on_call.adults(one.side)):
        state = await replay(services.store, conduct, asked.model_copy(update={"person": person}))
        if any((t.person, t.violation) == (person, one.violation) for t in state.taken.values()):
            continue
        steps = state.policy(asked.at).conduct.steps
        found.append(Due(person, steps[: conduct.due_step(state, person, asked.at) + 1]))
    return found
