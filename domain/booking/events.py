"""What happens to a call between the wish for it and its start."""

from datetime import datetime
from enum import StrEnum
from typing import Annotated, Any, ClassVar

from pydantic import AwareDatetime

from domain.event import CallEvent, Personal, PrisonEvent, Purpose
from domain.relationship import ApprovalBasis
from domain.timetable.events import CallType

Words = Annotated[str | None, Personal(of="call", purpose=Purpose.CONVERSATION)]


class Outcome(StrEnum):
    """Why a booking was cancelled, in the field's words."""

    BOOKER_CANCELLED = "booker_cancelled"
    PRISONER_CANCELLED = "prisoner_cancelled"
    ESTABLISHMENT_CANCELLED = "establishment_cancelled"
    ADMINISTRATIVE_ERROR = "administrative_error"
    DETAILS_CHANGED_AFTER_BOOKING = "details_changed_after_booking"


class Method(StrEnum):
    """How a call was asked for."""

    WEBSITE = "website"
    PHONE = "phone"
    EMAIL = "email"
    IN_PERSON = "in_person"
    BY_PRISONER = "by_prisoner"


class AskedAs(StrEnum):
    """In which part somebody asks: each has notice windows of its own."""

    PUBLIC = "public"
    PRISONER = "prisoner"
    STAFF = "staff"


class Video(StrEnum):
    """Whether both sides are seen."""

    BOTH_WAYS = "both_ways"
    ONE_WAY = "one_way"  # the person in prison is not shown the visitor's picture


class RejectedBecause(StrEnum):
    """Why the prison said no."""

    SECURITY = "security"
    NOT_SUITABLE = "not_suitable"
    IDENTITY = "identity"
    TIMETABLE = "timetable"
    OTHER = "other"


class AutoRejectedBecause(StrEnum):
    """Why a rule said no in the prison's place."""

    MINIMUM_NOTICE = "minimum_notice"
    RELEASED = "released"
    TRANSFERRED = "transferred"


class PlacedCall(CallEvent):
    """A call with its place in the timetable, in the prisoner's month and in each visitor's day."""

    TAGS: ClassVar = ("call", "session", "prisoner_month", "visitor_day", "device_day")
    session: str
    starts_at: AwareDatetime
    minutes: int
    prisoner: str
    visitors: tuple[str, ...]
    prisoner_month: str  # prisoner/2026-11
    visitor_day: tuple[str, ...]  # visitor/2026-11-30, one for each visitor
    call_type: CallType = CallType.SOCIAL
    video: Video = Video.BOTH_WAYS
    children: tuple[str, ...] = ()  # those of the visitors who are under age on that day
    device: str | None = None  # the room or device it takes
    device_day: tuple[str, ...] = ()  # device/2026-11-30
    counted: bool = True  # whether its minutes are taken from the month's allowance


class CallReserved(PlacedCall):
    """A place is kept for a short while, for somebody who is filling in a form or was offered it."""

    reserved_by: str
    expires_at: AwareDatetime


class ReservationReleased(PlacedCall):
    """A reserved place was given back."""


class CallRequested(PlacedCall):
    """Somebody asked for a call; its place is kept until the prison decides."""

    requested_by: str
    method: Method = Method.WEBSITE
    asked_as: AskedAs = AskedAs.PUBLIC
    lead: str | None = None  # the adult who answers for the visitors' side
    for_staff: tuple[str, ...] = ()  # the checks that no rule could answer; none: approved by rule
    decide_by: AwareDatetime | None = None  # without a decision by then it is rejected
    support: Words = None  # what somebody needs to take part


class CallRequestApproved(CallEvent):
    """The prison, or a rule of its policy, said yes."""

    basis: ApprovalBasis
    approved_by: str | None


class CallRequestRejected(PlacedCall):
    """The prison said no; the place is free again."""

    because: RejectedBecause
    rejected_by: str
    reason: Words = None


class CallRequestAutoRejected(PlacedCall):
    """Nobody decided in time, or the request cannot be kept; the place is free again."""

    because: AutoRejectedBecause


class CallRequestWithdrawn(PlacedCall):
    """Whoever asked took the request back; the place is free again."""

    withdrawn_by: str


class CallBooked(PlacedCall):
    """The call will be held."""


class BookingChanged(PlacedCall):
    """The call has another time or other people; this is its place now."""

    changed_by: str
    changed: tuple[str, ...]  # time, length, people
    was_at: AwareDatetime  # when it would have been before
    was_booked: bool
    booked: bool  # False: staff have to decide on it again
    decide_by: AwareDatetime | None = None
    for_staff: tuple[str, ...] = ()  # checks that staff have to decide on again
    support: Words = None
    left: tuple[str, ...] = ()  # tags of the place it had: decisions about that place must see it go

    def tags(self) -> frozenset[str]:
        """Those of its place now, and those of the place it left."""
        return super().tags() | frozenset(self.left)


class BookingCancelled(PlacedCall):
    """The call will not be held; its place is free again."""

    outcome: Outcome
    cancelled_by: str


class BookingRuleOverridden(CallEvent):
    """Somebody with the right to do so let a call be booked against rules of the policy."""

    rules: tuple[str, ...]
    overridden_by: str
    approved_by: str | None  # the second person, where the role needs one
    reason: Words = None


class BookingRefused(PrisonEvent):
    """A request that the rules refused: the demand that was not met. Once per person, session and hour."""

    TAGS: ClassVar = ("refusal",)
    session: str
    refusal: str  # person/session/2026-11-23T09: by which a repeated request within the hour is found
    rule: str  # the first that refused
    people: int
    rules: tuple[str, ...] = ()  # all that refused
    call_type: CallType = CallType.SOCIAL
    starts_at: AwareDatetime | None = None
    minutes: int = 0
    adults: int = 0
    children: int = 0
    asked_as: AskedAs = AskedAs.PUBLIC


Gone = (
    ReservationReleased
    | CallRequestRejected
    | CallRequestAutoRejected
    | CallRequestWithdrawn
    | BookingCancelled
)
"""Facts by which a place becomes free."""
Placed = CallReserved | CallRequested | CallBooked | BookingChanged | Gone
PLACES: tuple[type[Placed], ...] = (
    CallReserved,
    CallRequested,
    CallBooked,
    BookingChanged,
    ReservationReleased,
    CallRequestRejected,
    CallRequestAutoRejected,
    CallRequestWithdrawn,
    BookingCancelled,
)


def place_of(placed: PlacedCall, at: datetime) -> dict[str, Any]:
    """The fields of a place, for the next event about the same call."""
    return {name: getattr(placed, name) for name in PlacedCall.model_fields if name != "at"} | {"at": at}
