"""A prison's timetable: weekly templates, blocked days, rooms and devices."""

from datetime import date
from typing import Annotated

from fastapi import APIRouter, Path, Response
from pydantic import BaseModel, Field

from api.asked import Done, IdempotencyKey, context, derived, do, say
from api.guard import Acting, require
from api.once import OnceRoute
from api.scope import Id, Ident, OneLine, PrisonId, the_prison
from api.services import Use
from domain import timetable
from domain.timetable.commands import (
    AddDevice,
    BlockDate,
    PublishTemplate,
    RetireTemplate,
    UnblockDate,
    WithdrawDevice,
)
from domain.timetable.events import CallType

router = APIRouter(prefix="/v1/prisons/{prison}", tags=["timetable"], route_class=OnceRoute)

Changing = Annotated[Acting, require("timetable.change", the_prison)]
TemplateId = Annotated[str, Path(pattern=Id, description="the template's id")]
DeviceId = Annotated[str, Path(pattern=Id, description="the room's or device's id")]
Names = Annotated[
    tuple[Annotated[str, Field(min_length=1, max_length=40), OneLine], ...], Field(max_length=50)
]
Devices = Annotated[tuple[Ident, ...], Field(max_length=50)]


class Template(BaseModel):
    """A time of the week at which calls may be booked."""

    weekday: Annotated[int, Field(ge=0, le=6, description="0 is Monday")]
    starts: Annotated[str, Field(pattern=r"^([01]\d|2[0-3]):[0-5]\d$", description="the prison's own clock")]
    minutes: Annotated[int, Field(ge=1, le=24 * 60)]
    every_weeks: Annotated[int, Field(ge=1, le=8)] = 1
    first: date
    last: date | None = None
    stations: Annotated[int, Field(ge=1, le=1000)]
    one_way_stations: Annotated[int, Field(ge=0, le=1000)] = 0
    devices: Devices = ()
    call_types: Annotated[tuple[CallType, ...], Field(min_length=1, max_length=5)] = (CallType.SOCIAL,)
    categories: Names = ()
    incentive_levels: Names = ()
    locations: Names = ()


class Retirement(BaseModel):
    """From when on a template gives no more times."""

    from_day: date


class Block(BaseModel):
    """A day without calls: in the whole prison, or in one template's session."""

    day: date
    template: Annotated[str | None, Field(pattern=Id)] = None
    because: Annotated[str, Field(pattern=r"^[a-z_]{1,40}$", description="from the prison's own list")]


class Unblock(BaseModel):
    """A day on which calls may be held again."""

    day: date
    template: Annotated[str | None, Field(pattern=Id)] = None


class Device(BaseModel):
    """A room, a booth or a device that calls take."""

    label: Annotated[str, Field(min_length=1, max_length=60, description="never a person's name"), OneLine]


class Made(BaseModel):
    """The id of what was made."""

    id: str
    position: int


@router.post("/templates", status_code=201)
async def publish_template(
    prison: PrisonId,
    body: Template,
    response: Response,
    services: Use,
    acting: Changing,
    idempotency_key: IdempotencyKey = None,
) -> Made:
    """Let calls be booked at a time of the week."""
    asked = context(acting, idempotency_key, about=prison)
    command = PublishTemplate(
        at=services.now(),
        prison=prison,
        template=derived(asked, "template"),
        published_by=acting.login.person,
        **body.model_dump(),
    )
    done = say(response, await do(services, timetable, command, asked))
    return Made(id=command.template, position=done.position)


@router.post("/templates/{template}/retirement")
async def retire_template(
    prison: PrisonId,
    template: TemplateId,
    body: Retirement,
    response: Response,
    services: Use,
    acting: Changing,
    idempotency_key: IdempotencyKey = None,
) -> Done:
    """Let a template give no more times from a day on. Calls booked after it are flagged."""
    command = RetireTemplate(
        at=services.now(),
        prison=prison,
        template=template,
        from_day=body.from_day,
        retired_by=acting.login.person,
    )
    asked = context(acting, idempotency_key, about=template)
    return say(response, await do(services, timetable, command, asked))


@router.post("/blocked-days")
async def block_date(
    prison: PrisonId,
    body: Block,
    response: Response,
    services: Use,
    acting: Changing,
    idempotency_key: IdempotencyKey = None,
) -> Done:
    """Hold no calls on a day. Calls booked on it are flagged."""
    command = BlockDate(at=services.now(), prison=prison, blocked_by=acting.login.person, **body.model_dump())
    asked = context(acting, idempotency_key, about=f"{prison}/{body.day}")
    return say(response, await do(services, timetable, command, asked))


@router.post("/unblocked-days")
async def unblock_date(
    prison: PrisonId,
    body: Unblock,
    response: Response,
    services: Use,
    acting: Changing,
    idempotency_key: IdempotencyKey = None,
) -> Done:
    """Hold calls on a day again."""
    command = UnblockDate(
        at=services.now(), prison=prison, unblocked_by=acting.login.person, **body.model_dump()
    )
    asked = context(acting, idempotency_key, about=f"{prison}/{body.day}")
    return say(response, await do(services, timetable, command, asked))


@router.post("/devices", status_code=201)
async def add_device(
    prison: PrisonId,
    body: Device,
    response: Response,
    services: Use,
    acting: Changing,
    idempotency_key: IdempotencyKey = None,
) -> Made:
    """Make a room or device known."""
    asked = context(acting, idempotency_key, about=prison)
    command = AddDevice(
        at=services.now(),
        prison=prison,
        device=derived(asked, "device"),
        label=body.label,
        added_by=acting.login.person,
    )
    done = say(response, await do(services, timetable, command, asked))
    return Made(id=command.device, position=done.position)


@router.post("/devices/{device}/withdrawal")
async def withdraw_device(
    prison: PrisonId,
    device: DeviceId,
    response: Response,
    services: Use,
    acting: Changing,
    idempotency_key: IdempotencyKey = None,
) -> Done:
    """Take a room or device out of use. Calls that have it are flagged."""
    command = WithdrawDevice(
        at=services.now(), prison=prison, device=device, withdrawn_by=acting.login.person
    )
    asked = context(acting, idempotency_key, about=device)
    return say(response, await do(services, timetable, command, asked))
