"""What staff do about concerns: one function each, asked by the API and by the pages alike.

Each look is on record before anything is answered.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from api import desk
from api.asked import context, derived, do, on_record
from api.cursor import key_of, page_of
from api.guard import Acting
from api.looking import Listed, opened
from api.reading import caught_up
from api.seating import running_of
from api.services import Services, tables
from application.handle import Handled, Seen
from domain import concern, evidence
from domain.access import Viewed
from domain.call.state import Status
from domain.concern import (
    PAUSES,
    AssignConcern,
    CloseConcern,
    ConcernAbout,
    ConcernKind,
    RaiseConcern,
    ReferConcern,
)
from domain.event import Refused
from domain.evidence import HoldEvidence
from projections.concerns import Concern, Step, closed_concerns, concern_of, open_concerns

Act = AssignConcern | ReferConcern | CloseConcern | HoldEvidence


@dataclass(frozen=True)
class Told:
    """One concern with its steps, and what was written with each, opened."""

    concern: Concern
    steps: Sequence[tuple[Step, Mapping[str, str]]]


async def sight(
    services: Services, acting: Acting, call: str, about: ConcernAbout, note: str, key: str | None
) -> tuple[str, Handled[Any]]:
    """Raise what staff saw. What has to stop the call stops it first, and is on record whether or not it could."""
    asked = context(acting, key, about=f"{call}/concern")
    command = RaiseConcern(
        at=services.now(),
        call=call,
        concern=derived(asked, "concern"),
        kind=ConcernKind.SEEN_BY_STAFF,
        raised_by=acting.login.person,
        about=about,
        note=note,
    )
    runs = (await running_of(services, call)).status not in (Status.NOT_STARTED, Status.ENDED)
    try:
        if about in PAUSES and runs and note.strip():
            await desk.pause(services, acting, call, note, key)
    finally:
        handled = await do(services, concern, command, asked)
    return command.concern, handled


def taking(services: Services, acting: Acting, call: str, concern_id: str) -> AssignConcern:
    """Whoever asks takes the concern."""
    me = acting.login.person
    return AssignConcern(at=services.now(), call=call, concern=concern_id, assigned_to=me, assigned_by=me)


async def act(
    services: Services, acting: Acting, command: Act, key: str | None, seen: Seen | None
) -> Handled[Any]:
    """Do something about a concern."""
    kind = type(command).__name__
    asked = context(acting, key, about=f"{command.call}/{command.concern}/{kind}")
    return await do(
        services, evidence if isinstance(command, HoldEvidence) else concern, command, asked, seen
    )


async def concerns_of(
    services: Services, acting: Acting, prison: str, cursor: str | None, limit: int, after: int | None
) -> Listed[Concern]:
    """The prison's open concerns. That they are read is on record first."""
    of, last = f"concerns/{prison}/{acting.login.id}", None
    if cursor is not None:
        taken, raised_at, call, concern_id = key_of(services, of, cursor)
        last = (bool(taken), datetime.fromisoformat(raised_at), call, concern_id)
    await on_record(services, acting, Viewed.CONCERNS, f"concerns:{prison}", prison)
    async with tables(services) as db:
        await caught_up(services, db, "concerns", after)
        found = await open_concerns(db, prison, after=last, limit=limit + 1)
    return Listed(*page_of(services, of, found, limit, lambda one: one.key))


async def closed_lately(services: Services, prison: str) -> Sequence[Concern]:
    """What came of earlier ones; shown beside the open ones, whose reading is on record."""
    async with tables(services) as db:
        return await closed_concerns(db, prison)


async def told(
    services: Services, acting: Acting, call: str, concern_id: str, after: int | None = None
) -> Told:
    """One concern with what was written about it. That it is read is on record first."""
    viewed, prison = f"concern:{call}/{concern_id}", acting.resource.prison or ""
    await on_record(services, acting, Viewed.CONCERNS, viewed, prison)
    async with tables(services) as db:
        await caught_up(services, db, "concerns", after)
        found = await concern_of(db, call, concern_id)
    if found is None:
        raise Refused("There is no such concern on this call.", "concern_unknown")
    one, steps = found
    return Told(one, [(step, await opened(services, step.sealed)) for step in steps])
