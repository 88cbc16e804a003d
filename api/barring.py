"""Faces that are barred from the calls of one person in prison: proposed by one, signed by another, for a time."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Annotated, Any

from fastapi import APIRouter, Form, Path, Request, Response, UploadFile
from pydantic import BaseModel, Field

from api.asked import Done, IdempotencyKey, context, derived, do, on_record, say
from api.guard import Acting, require
from api.looking import opened
from api.once import OnceRoute
from api.pictures import PHOTOGRAPH_MIB_MAX, Photograph, content_of
from api.reading import After, caught_up
from api.scope import Id, PrisonId, the_prison
from api.services import Services, Use, services_of, tables
from application.access import Resource
from application.handle import Handled, replay
from application.templates import put_away
from domain import barring
from domain.access import Viewed
from domain.barring.commands import ApproveBarred, ProposeBarred, RejectBarred, RemoveBarred
from domain.barring.events import BarredFaceProposed, BarringBasis, FaceSource
from domain.barring.state import Stands
from domain.decider import about
from domain.event import Refused
from projections.barred_faces import Listed, barred_alive, barred_over

router = APIRouter(prefix="/v1", tags=["barring"], route_class=OnceRoute)

BarredId = Annotated[str, Path(pattern=Id, description="the entry's id")]
Words = Annotated[str, Field(min_length=1, max_length=2000)]
Written = Annotated[str, Form(max_length=2000)]

Decision = ApproveBarred | RejectBarred | RemoveBarred


class Consideration(BaseModel):
    """What was considered before it was signed."""

    consideration: Words


class BarringReason(BaseModel):
    """Why it is not signed, or taken off."""

    reason: Words


class BarredIdent(BaseModel):
    """The id of the entry."""

    barred: str
    position: int


@dataclass(frozen=True)
class BarredFace:
    """One entry with the words that were written about it. No picture and no vector is in it."""

    barred: str
    barred_from: str
    stands: Stands
    basis: BarringBasis
    source: FaceSource
    days: int
    proposed_by: str
    proposed_at: datetime
    approved_by: str | None
    until: datetime | None
    words: Mapping[str, str]


@dataclass(frozen=True)
class Asking:
    """What a proposal says, as it was typed."""

    barred_from: str
    basis: BarringBasis
    source: FaceSource
    days: int
    who: str
    necessity: str


async def the_barred(request: Request, barred: BarredId) -> Resource:
    """An entry: the prison whose list it is on."""
    facts, _ = await services_of(request).store.read((about(f"barred:{barred}", BarredFaceProposed),))
    if not facts:
        raise Refused("There is no such entry.", "barred_unknown")
    return Resource(facts[0].event.prison)


@router.get("/prisons/{prison}/barred-faces")
async def see_barred(
    prison: PrisonId,
    services: Use,
    acting: Annotated[Acting, require("barred.read", the_prison)],
    after: After = None,
) -> list[BarredFace]:
    """The prison's list: what waits for a second person, what is in force, and what came to its end lately."""
    return list(await barred_of(services, acting, prison, after))


@router.post("/prisons/{prison}/barred-faces", status_code=201)
async def propose_barred(
    prison: PrisonId,
    photograph: Photograph,
    prisoner: Annotated[str, Form(pattern=Id, description="the person in prison's id")],
    basis: Annotated[BarringBasis, Form()],
    source: Annotated[FaceSource, Form(description="where the photograph comes from")],
    days: Annotated[int, Form(description="for how long, from the day on which it is signed")],
    who: Written,
    necessity: Written,
    response: Response,
    services: Use,
    acting: Annotated[Acting, require("barred.propose", the_prison)],
    idempotency_key: IdempotencyKey = None,
) -> BarredIdent:
    """Propose it. Nothing is compared before another person signed. The photograph is not kept."""
    asking = Asking(prisoner, basis, source, days, who, necessity)
    ident, handled = await propose(services, acting, prison, photograph, asking, idempotency_key)
    done = say(response, handled)
    return BarredIdent(barred=ident, position=done.position)


@router.post("/barred-faces/{barred}/approve")
async def approve_barred(
    barred: BarredId,
    body: Consideration,
    response: Response,
    services: Use,
    acting: Annotated[Acting, require("barred.sign", the_barred)],
    idempotency_key: IdempotencyKey = None,
) -> Done:
    """Sign what another person proposed. Calls that open from now on compare with it, for as long as was asked."""
    return say(
        response, await decide(services, acting, ApproveBarred, barred, body.consideration, idempotency_key)
    )


@router.post("/barred-faces/{barred}/reject")
async def reject_barred(
    barred: BarredId,
    body: BarringReason,
    response: Response,
    services: Use,
    acting: Annotated[Acting, require("barred.sign", the_barred)],
    idempotency_key: IdempotencyKey = None,
) -> Done:
    """Do not sign it. Its template is destroyed."""
    return say(response, await decide(services, acting, RejectBarred, barred, body.reason, idempotency_key))


@router.post("/barred-faces/{barred}/removal")
async def remove_barred(
    barred: BarredId,
    body: BarringReason,
    response: Response,
    services: Use,
    acting: Annotated[Acting, require("barred.remove", the_barred)],
    idempotency_key: IdempotencyKey = None,
) -> Done:
    """Take it off the list, or the proposal back. Its template is destroyed."""
    return say(response, await decide(services, acting, RemoveBarred, barred, body.reason, idempotency_key))


# What the API and the pages do alike


async def propose(
    services: Services,
    acting: Acting,
    prison: str,
    photograph: UploadFile,
    asking: Asking,
    key: str | None,
) -> tuple[str, Handled[Any]]:
    """Where the rules say no, no template is computed, not even for a moment."""
    content = await content_of(photograph, PHOTOGRAPH_MIB_MAX)
    asked = context(acting, key, about=prison)
    command = ProposeBarred(
        at=services.now(),
        barred=derived(asked, "barred"),
        prison=prison,
        barred_from=asking.barred_from,
        template="",
        engine="",
        face_side_px=0,
        basis=asking.basis,
        source=asking.source,
        days=asking.days,
        proposed_by=acting.login.person,
        who=asking.who,
        necessity=asking.necessity,
    )
    barring.decide(await replay(services.store, barring, command), command)
    reference, made = await put_away(services.enroller, services.vault, command.barred, content)
    seen = {"template": reference, "engine": made.engine, "face_side_px": made.face_side_px}
    return command.barred, await do(services, barring, command.model_copy(update=seen), asked)


async def decide(
    services: Services, acting: Acting, kind: type[Decision], barred: str, words: str, key: str | None
) -> Handled[Any]:
    """Sign it, do not, or take it off, with what was considered or why."""
    by, said = _SAID[kind]
    given = {by: acting.login.person, said: words}
    known = {"at": services.now(), "barred": barred, "prison": acting.resource.prison or ""}
    asked = context(acting, key, about=f"{barred}/{kind.__name__}")
    return await do(services, barring, kind.model_validate({**known, **given}), asked)


_SAID: Mapping[type[Decision], tuple[str, str]] = {
    ApproveBarred: ("approved_by", "consideration"),
    RejectBarred: ("rejected_by", "reason"),
    RemoveBarred: ("removed_by", "reason"),
}
"""What each decision calls whoever takes it, and their words."""


async def barred_of(
    services: Services, acting: Acting, prison: str, after: int | None
) -> Sequence[BarredFace]:
    """The list, what waits first. That it is read is on record first."""
    await on_record(services, acting, Viewed.BARRED, f"barred:{prison}", prison)
    now = services.now()
    async with tables(services) as db:
        await caught_up(services, db, "barred_faces", after)
        found = [*await barred_alive(db, prison, now), *await barred_over(db, prison, now)]
    return [_told(one, now, await opened(services, one.sealed)) for one in found]


def _told(entry: Listed, now: datetime, words: Mapping[str, str]) -> BarredFace:
    return BarredFace(
        barred=entry.barred,
        barred_from=entry.barred_from,
        stands=entry.stands(now),
        basis=entry.basis,
        source=entry.source,
        days=entry.days,
        proposed_by=entry.proposed_by,
        proposed_at=entry.proposed_at,
        approved_by=entry.approved_by,
        until=entry.until,
        words=words,
    )
