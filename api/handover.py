"""Handover notes: left for the next shift, shown to each officer until they say that they have read them."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Annotated, Any

from fastapi import APIRouter, Path, Response
from pydantic import BaseModel, Field

from api.asked import Done, IdempotencyKey, context, derived, do, on_record, say
from api.guard import Acting, require
from api.looking import opened
from api.once import OnceRoute
from api.reading import After, caught_up
from api.scope import Id, Ident, PrisonId, the_prison
from api.services import Services, Use, tables
from application.booking import Lookup
from application.handle import Handled
from application.ports import StoreAway
from domain import handover
from domain.access import Viewed
from domain.handover import ReadHandover, WriteHandover
from projections.handover_notes import notes_since

router = APIRouter(prefix="/v1/prisons/{prison}", tags=["prisons"], route_class=OnceRoute)

TEXT_MAX = 2000
HandoverId = Annotated[str, Path(pattern=Id, description="the note's id")]


class Writing(BaseModel):
    """What the next shift should know, and the call it is about, if it is about one."""

    text: Annotated[str, Field(max_length=TEXT_MAX)]
    about: Ident | None = None


@dataclass(frozen=True)
class Told:
    """A note, opened for this reader."""

    handover: str
    about: str | None
    at: datetime
    written_by: str
    text: str | None  # None: its key was destroyed
    read_by: tuple[str, ...]


@router.get("/handover-notes")
async def read_notes(
    prison: PrisonId,
    services: Use,
    acting: Annotated[Acting, require("handover.read", the_prison)],
    after: After = None,
) -> list[Told]:
    """The notes that the prison still shows, the newest first, with who has read them."""
    return await notes_of(services, acting, prison, after)


@router.post("/handover-notes", status_code=201)
async def write_note(
    prison: PrisonId,
    body: Writing,
    response: Response,
    services: Use,
    acting: Annotated[Acting, require("handover.write", the_prison)],
    idempotency_key: IdempotencyKey = None,
) -> Done:
    """Leave a note for the next shift."""
    return say(response, await write(services, acting, prison, body, idempotency_key))


@router.post("/handover-notes/{handover}/read")
async def note_read(
    prison: PrisonId,
    handover: HandoverId,
    response: Response,
    services: Use,
    acting: Annotated[Acting, require("handover.read", the_prison)],
    idempotency_key: IdempotencyKey = None,
) -> Done:
    """Say that one has read a note: the wall shows it no longer to whoever says so."""
    return say(response, await acknowledge(services, acting, prison, handover, idempotency_key))


# What routes and pages share


async def notes_of(services: Services, acting: Acting, prison: str, after: int | None) -> list[Told]:
    """The notes that are still shown. That they are read is on record first."""
    await on_record(services, acting, Viewed.HANDOVER, f"handover:{prison}", prison)
    return await _told(services, prison, after)


async def unread_notes(services: Services, acting: Acting, prison: str, after: int | None) -> list[Told]:
    """What others left and whoever watches the wall has not read: none while nobody can say."""
    me = acting.login.person
    try:
        told = await _told(services, prison, after)
    except StoreAway:
        return []
    return [note for note in told if me not in (note.written_by, *note.read_by)]


async def _told(services: Services, prison: str, after: int | None) -> list[Told]:
    now = services.now()
    policy = await Lookup(services.store, None).policy(prison, now)
    async with tables(services) as db:
        await caught_up(services, db, "handover_notes", after)
        found = await notes_since(db, prison, now - timedelta(hours=policy.staff.handover_hours))
    texts = [(await opened(services, each.sealed)).get("text") for each in found]
    return [
        Told(each.handover, each.about, each.at, each.written_by, text, each.read_by)
        for each, text in zip(found, texts, strict=True)
    ]


async def write(
    services: Services, acting: Acting, prison: str, writing: Writing, key: str | None
) -> Handled[Any]:
    """Leave a note."""
    asked = context(acting, key, about=f"{prison}/handover")
    command = WriteHandover(
        at=services.now(),
        prison=prison,
        handover=derived(asked, "handover"),
        about=writing.about,
        written_by=acting.login.person,
        text=writing.text,
    )
    return await do(services, handover, command, asked)


async def acknowledge(
    services: Services, acting: Acting, prison: str, note: str, key: str | None
) -> Handled[Any]:
    """Say that one has read it."""
    command = ReadHandover(at=services.now(), prison=prison, handover=note, read_by=acting.login.person)
    return await do(services, handover, command, context(acting, key, about=f"{prison}/{note}/read"))
