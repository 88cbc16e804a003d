"""What neighbouring systems are told: a few events of ours under names of the field, versioned, as CloudEvents.

The content is thin on purpose. It says which call, when and what happened, and names nobody: whoever is
allowed to know more asks for the call by its reference. What is not a field here does not go out.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Generic, Literal, TypeVar
from zoneinfo import ZoneInfo

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field
from pydantic.alias_generators import to_camel

from application.ports import Recorded
from domain.booking.events import (
    AutoRejectedBecause,
    BookingCancelled,
    BookingChanged,
    CallBooked,
    CallRequestApproved,
    CallRequestAutoRejected,
    CallRequested,
    CallRequestRejected,
    CallRequestWithdrawn,
    Outcome,
    RejectedBecause,
    Video,
)
from domain.event import Event
from domain.lifecycle import CallCompleted, CallMissed, CallOutcome, CallStarted, CallTerminated, MissedBy
from domain.relationship import ApprovalBasis
from domain.timetable.events import CallType
from domain.violation import ReviewOutcome, ViolationReviewed

SOURCE: Literal["urn:kinline"] = "urn:kinline"
SEQUENCE_DIGITS = 20  # so that sequences sort as texts too, as CloudEvents asks


class Outward(BaseModel):
    """A part of what goes out; in JSON its names are written as HMPPS events write them."""

    model_config = ConfigDict(frozen=True, alias_generator=to_camel, populate_by_name=True)


class CallInformation(Outward):
    """Which call it is about."""

    reference: str = Field(description="the call's id")
    prison: str = Field(description="the prison's code")


class PlaceInformation(CallInformation):
    """The call and its place in the timetable."""

    starts_at: AwareDatetime
    minutes: int
    call_type: CallType
    video: Video


class ChangeInformation(PlaceInformation):
    """The call's place now, and what is different."""

    was_at: AwareDatetime
    changed: tuple[str, ...] = Field(description="time, length, people")
    booked: bool = Field(description="false: staff have to decide on it again")


class CancellationInformation(PlaceInformation):
    """The place that is free again, and why."""

    outcome: Outcome


class RejectionInformation(PlaceInformation):
    """The place that is free again, and why."""

    because: RejectedBecause | AutoRejectedBecause


class ApprovalInformation(CallInformation):
    """On which ground a request was approved."""

    basis: ApprovalBasis


class StartInformation(CallInformation):
    """When the call will be over."""

    ends_at: AwareDatetime


class EndInformation(CallInformation):
    """How long people talked."""

    talk_ms: int
    paused_ms: int


class CompletionInformation(EndInformation):
    """How the call ended."""

    outcome: CallOutcome


class MissedInformation(CallInformation):
    """Who was not there."""

    missed_by: MissedBy


class IncidentInformation(CallInformation):
    """Which violation an officer confirmed."""

    violation: str = Field(description="the violation's id")


I_co = TypeVar("I_co", bound=CallInformation, covariant=True)


class Happened(Outward, Generic[I_co]):
    """What happened, in the form of HMPPS domain events."""

    event_type: str
    version: int
    description: str
    occurred_at: AwareDatetime = Field(description="with the offset of the prison's clock")
    additional_information: I_co

    @classmethod
    def model_parametrized_name(cls, params: tuple[Any, ...]) -> str:
        """`PlaceHappened`."""
        return str(params[0].__name__).replace("Information", "Happened")


class CloudEvent(BaseModel, Generic[I_co]):
    """One event as it goes out: CloudEvents 1.0, structured."""

    model_config = ConfigDict(frozen=True)
    specversion: Literal["1.0"] = "1.0"
    id: str = Field(description="the event's id: the same whenever it is sent again")
    source: Literal["urn:kinline"] = SOURCE
    type: str
    subject: str = Field(description="the call's id")
    time: AwareDatetime
    datacontenttype: Literal["application/json"] = "application/json"
    dataschema: str
    sequence: str = Field(
        pattern=r"^[0-9]{20}$", description="the event's position in the log; grows, with gaps"
    )
    prison: str
    data: Happened[I_co]

    @classmethod
    def model_parametrized_name(cls, params: tuple[Any, ...]) -> str:
        """`PlaceEvent`."""
        return str(params[0].__name__).replace("Information", "Event")

    @property
    def position(self) -> int:
        """The event's place in the log."""
        return int(self.sequence)


AnyEvent = (
    CloudEvent[PlaceInformation]
    | CloudEvent[ChangeInformation]
    | CloudEvent[CancellationInformation]
    | CloudEvent[RejectionInformation]
    | CloudEvent[ApprovalInformation]
    | CloudEvent[StartInformation]
    | CloudEvent[EndInformation]
    | CloudEvent[CompletionInformation]
    | CloudEvent[MissedInformation]
    | CloudEvent[IncidentInformation]
)
"""Every form in which an event goes out."""


@dataclass(frozen=True)
class Kind:
    """One kind of outgoing event."""

    name: str
    information: type[CallInformation]
    says: str  # for whoever reads the event
    version: int = 1  # raised when a field changes its meaning; fields may be added without

    @property
    def schema(self) -> str:
        """The name of the form of its content."""
        return f"urn:kinline:schema:{self.name}:{self.version}"


PREFIX = "secure-video-call"


def _kind(name: str, information: type[CallInformation], says: str) -> Kind:
    return Kind(f"{PREFIX}.{name}", information, says)


KINDS: Mapping[type[Event], Kind] = {
    CallRequested: _kind("requested", PlaceInformation, "A call was asked for and waits for a decision."),
    CallRequestApproved: _kind("request.approved", ApprovalInformation, "A request was approved."),
    CallRequestRejected: _kind("request.rejected", RejectionInformation, "A request was rejected."),
    CallRequestAutoRejected: _kind(
        "request.rejected", RejectionInformation, "A request was rejected by a rule."
    ),
    CallRequestWithdrawn: _kind("request.withdrawn", PlaceInformation, "A request was withdrawn."),
    CallBooked: _kind("booked", PlaceInformation, "A call was booked."),
    BookingChanged: _kind("changed", ChangeInformation, "A call has another time or other people."),
    BookingCancelled: _kind("cancelled", CancellationInformation, "A booked call will not be held."),
    CallStarted: _kind("started", StartInformation, "A call has begun."),
    CallCompleted: _kind("completed", CompletionInformation, "A call is over."),
    CallTerminated: _kind("terminated", EndInformation, "An officer ended a call."),
    CallMissed: _kind("missed", MissedInformation, "A call was not held in its time."),
    ViolationReviewed: _kind(
        "incident.confirmed", IncidentInformation, "An officer confirmed a violation in a call."
    ),
}
"""Everything that goes out, and as what."""

OUTGOING: tuple[type[Event], ...] = tuple(KINDS)
NAMES: tuple[str, ...] = tuple(dict.fromkeys(kind.name for kind in KINDS.values()))


def types_named(names: Sequence[str]) -> tuple[type[Event], ...]:
    """The events that go out under these names; none named: all."""
    return tuple(event for event, kind in KINDS.items() if not names or kind.name in names)


def goes_out(event: Event) -> bool:
    """Whether neighbours are told of this event: of reviews only those that confirm."""
    if isinstance(event, ViolationReviewed):
        return event.outcome is ReviewOutcome.CONFIRMED
    return type(event) in KINDS


def announced(recorded: Recorded[Any], zone: str) -> CloudEvent[CallInformation]:
    """The event as it goes out. `zone` is the one of the prison's clock."""
    event, kind, clock = recorded.event, KINDS[type(recorded.event)], ZoneInfo(zone)
    known = {name: getattr(event, name) for name in kind.information.model_fields if name != "reference"}
    local = {name: _on_clock(value, clock) for name, value in known.items()}
    form: Any = kind.information  # each kind has a form of its own: they differ in their information
    return CloudEvent[form](
        id=str(recorded.id),
        type=kind.name,
        subject=event.call,
        time=event.at,
        dataschema=kind.schema,
        sequence=str(recorded.position).zfill(SEQUENCE_DIGITS),
        prison=event.prison,
        data=Happened[form](
            event_type=kind.name,
            version=kind.version,
            description=kind.says,
            occurred_at=event.at.astimezone(clock),
            additional_information=kind.information(reference=event.call, **local),
        ),
    )


def text_of(event: CloudEvent[Any]) -> str:
    """The JSON that is sent and signed."""
    return event.model_dump_json(by_alias=True)


def _on_clock(value: Any, clock: ZoneInfo) -> Any:
    return value.astimezone(clock) if isinstance(value, datetime) else value
