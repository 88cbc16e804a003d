"""A message of a neighbouring system as a fact of ours, once everybody it names is known."""

from collections.abc import Mapping
from datetime import UTC
from typing import Any

from application.told import (
    AlertChangedMessage,
    AlertClearedMessage,
    AlertRaisedMessage,
    ApartEndedMessage,
    ApartMessage,
    AppointmentCancelledMessage,
    AppointmentRecordedMessage,
    AppointmentTime,
    Envelope,
    HeardMessage,
    PrisonerMergedMessage,
    PrisonerReceivedMessage,
    PrisonerReleasedMessage,
    PrisonerTransferredMessage,
    ProfileMessage,
)
from domain.calendar import local_month
from domain.prisoner.events import (
    AlertChanged,
    AlertCleared,
    AlertRaised,
    AppointmentCancelled,
    AppointmentRecorded,
    FactsReceived,
    NonAssociationClosed,
    NonAssociationRecorded,
    PrisonerFact,
    PrisonerMerged,
    PrisonerProfileChanged,
    PrisonerReceived,
    PrisonerReleased,
    PrisonerTransferred,
)


def numbers_in(message: Envelope) -> tuple[str, ...]:
    """Every prisoner number in a message."""
    data = getattr(message, "data", None)
    found = (
        getattr(data, name, None) for name in ("number", "removed_number", "kept_number", "other_number")
    )
    return tuple(number for number in found if number is not None)


def fact_of(message: Envelope, prison: str, people: Mapping[str, str], zone: str) -> PrisonerFact:
    """The message as a fact of ours. `people`: the id behind each number; `zone`: of the prison's clock."""
    here: dict[str, Any] = {"at": message.time, "prison": prison}
    match message:
        case PrisonerReceivedMessage(data=data):
            return PrisonerReceived(**here, person=people[data.number], reason=data.reason)
        case PrisonerReleasedMessage(data=data):
            return PrisonerReleased(**here, person=people[data.number], reason=data.reason)
        case PrisonerTransferredMessage(data=data):
            return PrisonerTransferred(**here, person=people[data.number], to_prison=data.to_prison)
        case PrisonerMergedMessage(data=data):
            return PrisonerMerged(**here, removed=people[data.removed_number], kept=people[data.kept_number])
        case ProfileMessage(data=data):
            rest = data.model_dump(exclude={"number"})
            return PrisonerProfileChanged(**here, person=people[data.number], **rest)
        case AlertRaisedMessage(data=data):
            return AlertRaised(**here, person=people[data.number], alert=data.alert, code=data.code)
        case AlertChangedMessage(data=data):
            return AlertChanged(
                **here, person=people[data.number], alert=data.alert, code=data.code, until=data.until
            )
        case AlertClearedMessage(data=data):
            return AlertCleared(**here, person=people[data.number], alert=data.alert)
        case ApartMessage(data=data):
            two = (people[data.number], people[data.other_number])
            return NonAssociationRecorded(**here, non_association=data.non_association, person=two)
        case ApartEndedMessage(data=data):
            two = (people[data.number], people[data.other_number])
            return NonAssociationClosed(**here, non_association=data.non_association, person=two)
        case AppointmentRecordedMessage(data=data):
            return AppointmentRecorded(
                **here,
                **_time_of(data, people, zone),
                kind=data.kind,
                minutes=data.minutes,
                starts_at=data.starts_at,
            )
        case AppointmentCancelledMessage(data=data):
            return AppointmentCancelled(**here, **_time_of(data, people, zone))
        case HeardMessage(data=data):
            day = f"{prison}/{data.as_of.astimezone(UTC):%Y-%m-%d}"
            return FactsReceived(**here, source=message.source, as_of=data.as_of, facts_day=day)
    raise TypeError(f"no fact is made of a {type(message).__name__}")


def _time_of(data: AppointmentTime, people: Mapping[str, str], zone: str) -> dict[str, Any]:
    who = people[data.number]
    return {
        "appointment": data.appointment,
        "prisoner": who,
        "prisoner_month": f"{who}/{local_month(data.starts_at, zone)}",
    }
