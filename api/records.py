"""The prison's record of a person, entered by staff: where no system of the prison is connected, or beside it."""

from datetime import date, datetime
from typing import Annotated, Any, Literal, assert_never

from fastapi import APIRouter, Response
from pydantic import AwareDatetime, BaseModel, Field

from api.asked import Done, IdempotencyKey, context, do, say
from api.guard import Acting, require
from api.once import OnceRoute
from api.scope import Id, OneLine, PersonId, held_person
from api.services import Use
from application.booking import Lookup
from domain import prisoner
from domain.calendar import local_month
from domain.prisoner.decisions import TakeFact
from domain.prisoner.events import (
    AlertChanged,
    AlertCleared,
    AlertRaised,
    AppointmentCancelled,
    AppointmentKind,
    AppointmentRecorded,
    Conviction,
    NonAssociationClosed,
    NonAssociationRecorded,
    PrisonerFact,
    PrisonerMerged,
    PrisonerProfileChanged,
    PrisonerReceived,
    PrisonerReleased,
    PrisonerTransferred,
    ReceivedBecause,
    ReleasedBecause,
)

router = APIRouter(prefix="/v1/prisoners/{person}/facts", tags=["prisoners"], route_class=OnceRoute)

Person = Annotated[str, Field(pattern=Id)]
Ident = Annotated[str, Field(pattern=Id, description="the prison's own id of it; never a name")]
Code = Annotated[str, Field(pattern=r"^[A-Z0-9]{1,12}$")]
Short = Annotated[str, Field(min_length=1, max_length=40), OneLine]


class Received(BaseModel):
    """The prison holds the person again, as after a court or a release that was undone."""

    kind: Literal["received"]
    reason: ReceivedBecause


class Released(BaseModel):
    """The prison no longer holds the person."""

    kind: Literal["released"]
    reason: ReleasedBecause


class Transferred(BaseModel):
    """The person goes to another prison."""

    kind: Literal["transferred"]
    to_prison: Annotated[str, Field(pattern=Id)]


class Merged(BaseModel):
    """Another record was of the same person."""

    kind: Literal["merged"]
    removed: Person


class Profile(BaseModel):
    """Category, incentive level, place and conviction; what is left out stays as it was."""

    kind: Literal["profile"]
    category: Short | None = None
    incentive_level: Short | None = None
    location: Short | None = None
    conviction: Conviction | None = None


class Alert(BaseModel):
    """An alert was raised, or changed."""

    kind: Literal["alert"]
    alert: Ident
    code: Code
    until: date | None = None


class AlertOver(BaseModel):
    """An alert no longer holds."""

    kind: Literal["alert_cleared"]
    alert: Ident


class NonAssociation(BaseModel):
    """The person must be kept apart from another, or need no longer be."""

    kind: Literal["non_association", "non_association_closed"]
    non_association: Ident
    other: Person


class Appointment(BaseModel):
    """Something that goes before a call."""

    kind: Literal["appointment"]
    appointment: Ident
    appointment_kind: AppointmentKind
    starts_at: AwareDatetime
    minutes: Annotated[int, Field(ge=1, le=24 * 60)]


class AppointmentOver(BaseModel):
    """An appointment was cancelled."""

    kind: Literal["appointment_cancelled"]
    appointment: Ident
    starts_at: AwareDatetime


Fact = Annotated[
    Received
    | Released
    | Transferred
    | Merged
    | Profile
    | Alert
    | AlertOver
    | NonAssociation
    | Appointment
    | AppointmentOver,
    Field(discriminator="kind"),
]


@router.post("", status_code=201)
async def record_fact(
    person: PersonId,
    body: Fact,
    response: Response,
    services: Use,
    acting: Annotated[Acting, require("prisoner.record", held_person)],
    idempotency_key: IdempotencyKey = None,
) -> Done:
    """Put on record what the prison knows. Calls that it concerns are flagged."""
    asked = context(acting, idempotency_key, about=person)
    prison = acting.resource.prison or ""
    zone = (await Lookup(services.store, None).policy(prison, services.now())).time_zone
    fact = fact_of(body, person, prison, services.now(), zone)
    return say(response, await do(services, prisoner, TakeFact(at=fact.at, fact=fact), asked))


def fact_of(body: Fact, person: str, prison: str, at: datetime, zone: str) -> PrisonerFact:
    """The fact in the words of the record."""
    told: dict[str, Any] = {"at": at, "prison": prison}
    mine = {**told, "person": person}
    match body:
        case Received(reason=received):
            return PrisonerReceived(**mine, reason=received)
        case Released(reason=released):
            return PrisonerReleased(**mine, reason=released)
        case Transferred(to_prison=to_prison):
            return PrisonerTransferred(**mine, to_prison=to_prison)
        case Merged(removed=removed):
            return PrisonerMerged(**told, removed=removed, kept=person)
        case Profile():
            return PrisonerProfileChanged(**mine, **body.model_dump(exclude={"kind"}))
        case Alert(until=None):
            return AlertRaised(**mine, alert=body.alert, code=body.code)
        case Alert():
            return AlertChanged(**mine, alert=body.alert, code=body.code, until=body.until)
        case AlertOver(alert=alert):
            return AlertCleared(**mine, alert=alert)
        case NonAssociation():
            closed = body.kind == "non_association_closed"
            change = NonAssociationClosed if closed else NonAssociationRecorded
            return change(**told, non_association=body.non_association, person=(person, body.other))
        case _:
            return _appointment(body, person, told, zone)


def _appointment(
    body: Appointment | AppointmentOver, person: str, told: dict[str, Any], zone: str
) -> PrisonerFact:
    month = f"{person}/{local_month(body.starts_at, zone)}"
    about = {**told, "appointment": body.appointment, "prisoner": person, "prisoner_month": month}
    match body:
        case Appointment():
            return AppointmentRecorded(
                **about, kind=body.appointment_kind, starts_at=body.starts_at, minutes=body.minutes
            )
        case AppointmentOver():
            return AppointmentCancelled(**about)
        case _:
            assert_never(body)
