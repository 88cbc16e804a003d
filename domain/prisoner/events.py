"""What a prison's own systems tell about a person in prison."""

from datetime import date
from enum import StrEnum
from typing import ClassVar

from pydantic import AwareDatetime

from domain.event import PrisonEvent


class ReceivedBecause(StrEnum):
    """Why a prison received somebody."""

    ADMISSION = "admission"
    TRANSFERRED = "transferred"
    RETURN_FROM_COURT = "return_from_court"
    TEMPORARY_ABSENCE_RETURN = "temporary_absence_return"


class ReleasedBecause(StrEnum):
    """Why somebody is no longer held."""

    RELEASED = "released"
    RELEASED_TO_HOSPITAL = "released_to_hospital"
    TEMPORARY_ABSENCE = "temporary_absence"
    SENT_TO_COURT = "sent_to_court"


class Conviction(StrEnum):
    """Whether a court has convicted."""

    CONVICTED = "convicted"
    REMAND = "remand"


class AppointmentKind(StrEnum):
    """What goes before a call."""

    COURT = "court"
    LEGAL = "legal"
    MEDICAL = "medical"
    PROBATION = "probation"
    ADJUDICATION = "adjudication"


class PrisonerEvent(PrisonEvent):
    """A fact about one person in prison."""

    TAGS: ClassVar[tuple[str, ...]] = ("person",)
    person: str


class PrisonerReceived(PrisonerEvent):
    """The prison holds this person from now on."""

    reason: ReceivedBecause


class PrisonerReleased(PrisonerEvent):
    """The prison no longer holds this person."""

    reason: ReleasedBecause


class PrisonerTransferred(PrisonerEvent):
    """The person goes to another prison."""

    to_prison: str


class PrisonerMerged(PrisonEvent):
    """Two records were of one person. What was known of the removed one counts for the one that was kept."""

    TAGS: ClassVar = ("person",)
    removed: str
    kept: str

    @property
    def person(self) -> tuple[str, str]:
        """Both, so that each finds the other."""
        return (self.kept, self.removed)


class PrisonerProfileChanged(PrisonerEvent):
    """Category, incentive level, place within the prison and conviction, as they are now."""

    category: str | None = None
    incentive_level: str | None = None
    location: str | None = None
    conviction: Conviction | None = None


class AlertRaised(PrisonerEvent):
    """The prison marked the person with an alert."""

    alert: str
    code: str  # the alert's code, such as XCSEA


class AlertChanged(PrisonerEvent):
    """An alert has another code, or ends on a day."""

    alert: str
    code: str
    until: date | None = None  # the last day on which it holds


class AlertCleared(PrisonerEvent):
    """An alert no longer holds."""

    alert: str


class NonAssociationRecorded(PrisonEvent):
    """Two people in prison must be kept apart."""

    TAGS: ClassVar = ("person",)
    non_association: str
    person: tuple[str, str]


class NonAssociationClosed(PrisonEvent):
    """The two need no longer be kept apart."""

    TAGS: ClassVar = ("person",)
    non_association: str
    person: tuple[str, str]


class AppointmentRecorded(PrisonEvent):
    """Something that goes before a call takes this person's time."""

    TAGS: ClassVar = ("prisoner_month",)
    appointment: str
    kind: AppointmentKind
    prisoner: str
    starts_at: AwareDatetime
    minutes: int
    prisoner_month: str  # prisoner/2026-11


class AppointmentCancelled(PrisonEvent):
    """The person's time is free again."""

    TAGS: ClassVar = ("prisoner_month",)
    appointment: str
    prisoner: str
    prisoner_month: str


class FactsReceived(PrisonEvent):
    """The prison's own systems were heard: what they know was taken in up to then. At most once an hour."""

    TAGS: ClassVar = ("facts_day",)
    source: str
    as_of: AwareDatetime
    facts_day: str  # MDI/2026-11-23, UTC


Standing = (
    PrisonerReceived
    | PrisonerReleased
    | PrisonerTransferred
    | PrisonerMerged
    | PrisonerProfileChanged
    | AlertRaised
    | AlertChanged
    | AlertCleared
    | NonAssociationRecorded
    | NonAssociationClosed
)
"""Facts about who the person is and where, found by the person."""
Appointments = AppointmentRecorded | AppointmentCancelled
PrisonerFact = Standing | Appointments | FactsReceived

STANDING: tuple[type[Standing], ...] = (
    PrisonerReceived,
    PrisonerReleased,
    PrisonerTransferred,
    PrisonerMerged,
    PrisonerProfileChanged,
    AlertRaised,
    AlertChanged,
    AlertCleared,
    NonAssociationRecorded,
    NonAssociationClosed,
)


def persons_of(fact: PrisonerFact) -> tuple[str, ...]:
    """Everybody a fact is about; nobody for what is about a prison as a whole."""
    match fact:
        case PrisonerMerged() | NonAssociationRecorded() | NonAssociationClosed():
            return fact.person
        case AppointmentRecorded() | AppointmentCancelled():
            return (fact.prisoner,)
        case FactsReceived():
            return ()
        case _:
            return (fact.person,)
