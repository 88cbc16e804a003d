"""What neighbouring systems tell us, message by message, in the form of CloudEvents.

People in prison are named by their prisoner number, which is looked up and goes no further; visitors by the
id they have here. Inside `data` every field is one of those below: a misspelled one is refused, not ignored.
"""

from datetime import date
from typing import Annotated, Any, Literal, get_args

from pydantic import AwareDatetime, BaseModel, BeforeValidator, ConfigDict, Field

from domain.prisoner.events import AppointmentKind, Conviction, ReceivedBecause, ReleasedBecause
from domain.restriction import RestrictionKind

MESSAGES_MAX = 200  # in one request

Number = Annotated[str, Field(pattern=r"^\s*[A-Za-z0-9]{1,20}\s*$", description="the prisoner number")]
Name = Annotated[str, Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9_.:-]{0,63}$")]
Code = Annotated[str, Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9_. -]{0,63}$")]
Words = Annotated[str, Field(min_length=1, max_length=2000)]
Officer = Annotated[
    str, Field(min_length=1, max_length=200, description="as the sender knows them; kept as a keyed hash")
]


class Data(BaseModel):
    """The content of a message."""

    model_config = ConfigDict(frozen=True, extra="forbid", hide_input_in_errors=True)


class AboutPrisoner(Data):
    """Something about one person in prison."""

    number: Number


class Received(AboutPrisoner):
    """Name and date of birth make somebody known who was not."""

    reason: ReceivedBecause
    name: Annotated[str | None, Field(min_length=1, max_length=200)] = None
    date_of_birth: date | None = None


class Released(AboutPrisoner):
    """Why somebody is no longer held."""

    reason: ReleasedBecause


class Transferred(AboutPrisoner):
    """Where somebody goes."""

    to_prison: Name


class Merged(Data):
    """Two numbers were of one person."""

    removed_number: Number
    kept_number: Number


class Profile(AboutPrisoner):
    """What is left out stays as it was."""

    category: Code | None = None
    incentive_level: Code | None = None
    location: Code | None = None
    conviction: Conviction | None = None


class Alert(AboutPrisoner):
    """An alert, by its own id and its code."""

    alert: Name
    code: Code


class AlertUntil(Alert):
    """An alert that has another code, or ends on a day."""

    until: date | None = None


class AlertName(AboutPrisoner):
    """An alert, by its own id."""

    alert: Name


class Restricted(Data):
    """A restriction of a visitor: for everybody, or for the person with this number."""

    restriction: Name
    visitor: Name
    number: Number | None = None


class Restriction(Restricted):
    """Which restriction, from when to when, and why."""

    kind: RestrictionKind
    first: date
    last: date | None = None
    reason: Words
    placed_by: Officer


class RestrictionEnd(Restricted):
    """Which two people decided that it ends, and why."""

    reason: Words
    lifted_by: Officer
    approved_by: Officer


class Apart(AboutPrisoner):
    """Two people in prison who must be kept apart, or need no longer be."""

    non_association: Name
    other_number: Number


class AppointmentTime(AboutPrisoner):
    """An appointment by its own id, and its time."""

    appointment: Name
    starts_at: AwareDatetime


class Appointment(AppointmentTime):
    """What goes before a call."""

    kind: AppointmentKind
    minutes: Annotated[int, Field(ge=1, le=7 * 24 * 60)]


class Heard(Data):
    """Up to when everything that the sender knows was sent."""

    as_of: AwareDatetime


class Envelope(BaseModel):
    """What every message has. Attributes of CloudEvents that are not named here may stand beside them."""

    model_config = ConfigDict(frozen=True, extra="ignore", hide_input_in_errors=True)
    id: Annotated[str, Field(pattern=r"^[\x21-\x7e]{1,200}$", description="with the source: taken once")]
    source: Annotated[str, Field(pattern=r"^[\x21-\x7e]{1,200}$", description="which system tells it")]
    time: Annotated[AwareDatetime, Field(description="when it became true")]


class PrisonerReceivedMessage(Envelope):
    """This prison holds somebody from now on."""

    type: Literal["prisoner.received"]
    data: Received


class PrisonerReleasedMessage(Envelope):
    """Somebody is no longer held."""

    type: Literal["prisoner.released"]
    data: Released


class PrisonerTransferredMessage(Envelope):
    """Somebody goes to another prison."""

    type: Literal["prisoner.transferred"]
    data: Transferred


class PrisonerMergedMessage(Envelope):
    """Two records are of one person."""

    type: Literal["prisoner.merged"]
    data: Merged


class ProfileMessage(Envelope):
    """Category, incentive level, place and conviction as they are now."""

    type: Literal["prisoner.profile-changed"]
    data: Profile


class AlertRaisedMessage(Envelope):
    """Somebody is marked with an alert."""

    type: Literal["alert.raised"]
    data: Alert


class AlertChangedMessage(Envelope):
    """An alert has another code, or an end."""

    type: Literal["alert.changed"]
    data: AlertUntil


class AlertClearedMessage(Envelope):
    """An alert no longer holds."""

    type: Literal["alert.cleared"]
    data: AlertName


class RestrictionPlacedMessage(Envelope):
    """A visitor is restricted."""

    type: Literal["restriction.placed"]
    data: Restriction


class RestrictionLiftedMessage(Envelope):
    """A restriction no longer holds."""

    type: Literal["restriction.lifted"]
    data: RestrictionEnd


class ApartMessage(Envelope):
    """Two people in prison must be kept apart."""

    type: Literal["non-association.recorded"]
    data: Apart


class ApartEndedMessage(Envelope):
    """Two people in prison need no longer be kept apart."""

    type: Literal["non-association.closed"]
    data: Apart


class AppointmentRecordedMessage(Envelope):
    """Something goes before a call at this time."""

    type: Literal["appointment.recorded"]
    data: Appointment


class AppointmentCancelledMessage(Envelope):
    """That time is free again."""

    type: Literal["appointment.cancelled"]
    data: AppointmentTime


class HeardMessage(Envelope):
    """Everything that the sender knows was sent: also when there was nothing to send."""

    type: Literal["facts.received"]
    data: Heard


Message = Annotated[
    PrisonerReceivedMessage
    | PrisonerReleasedMessage
    | PrisonerTransferredMessage
    | PrisonerMergedMessage
    | ProfileMessage
    | AlertRaisedMessage
    | AlertChangedMessage
    | AlertClearedMessage
    | RestrictionPlacedMessage
    | RestrictionLiftedMessage
    | ApartMessage
    | ApartEndedMessage
    | AppointmentRecordedMessage
    | AppointmentCancelledMessage
    | HeardMessage,
    Field(discriminator="type"),
]
MESSAGES: tuple[type[Envelope], ...] = get_args(get_args(Message)[0])


def name_of(message: type[Envelope]) -> str:
    """The type under which a message travels."""
    name: str = get_args(message.model_fields["type"].annotation)[0]
    return name


def _listed(given: Any) -> Any:
    return [given] if isinstance(given, dict) else given


Batch = Annotated[
    list[Message],
    BeforeValidator(_listed, json_schema_input_type=Message | list[Message]),
    Field(min_length=1, max_length=MESSAGES_MAX),
]
"""One message, or several in the order in which they happened."""
