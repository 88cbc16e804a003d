"""What happens to a message to a visitor."""

from enum import StrEnum
from typing import ClassVar

from pydantic import AwareDatetime, BaseModel, ConfigDict

from domain.attendance import Attendance
from domain.contact import Channel
from domain.event import Event
from domain.texts import Language


class Occasion(StrEnum):
    """Why somebody is written to. Each has a text in each language."""

    CALL_REQUESTED = "call_requested"
    CALL_BOOKED = "call_booked"
    CALL_CHANGED = "call_changed"
    CHANGE_UNDECIDED = "change_undecided"  # the prison has to decide on the change first
    TAKEN_OFF = "taken_off"  # the call is held without them
    CALL_CANCELLED = "call_cancelled"
    REQUEST_REJECTED = "request_rejected"
    REQUEST_LAPSED = "request_lapsed"  # rejected by rule
    REQUEST_WITHDRAWN = "request_withdrawn"
    PLACE_OFFERED = "place_offered"
    DETAILS_MISSING = "details_missing"
    JOIN_RECEIPT = "join_receipt"
    IDENTITY_REJECTED = "identity_rejected"
    LINK_REJECTED = "link_rejected"
    SANCTIONED = "sanctioned"  # warned, or kept from calls
    APPEAL_DECIDED = "appeal_decided"


class Missing(StrEnum):
    """What a call still lacks, as its reader is told."""

    IDENTITY = "identity"  # of the reader
    IDENTITY_OF_ANOTHER = "identity_of_another"
    CONTACT_OF_ANOTHER = "contact_of_another"  # nobody can write to them
    GUARDIAN = "guardian"  # nobody has vouched for a child yet


class FailedBecause(StrEnum):
    """Why a message did not reach its reader."""

    NO_ADDRESS = "no_address"  # none is given any more, or it was erased
    NO_CHANNEL = "no_channel"  # this installation has no way to send such a message
    TOO_LATE = "too_late"  # what it says was over before it could be sent
    REFUSED = "refused"  # the provider does not take it
    NOT_REACHED = "not_reached"  # the provider could not hand it over
    GIVEN_UP = "given_up"  # tried as often as is reasonable
    FAULT = "fault"  # on our side


class Said(BaseModel):
    """The facts of a message, as they were when it was planned."""

    model_config = ConfigDict(frozen=True, extra="forbid", hide_input_in_errors=True)
    zone: str  # the prison's time zone, in which its times are told
    starts_at: AwareDatetime | None = None
    minutes: int | None = None
    was_at: AwareDatetime | None = None
    until: AwareDatetime | None = None  # an offer holds, or a decision is due, until then
    changes: int = 0  # how often the call's entry in a calendar had changed before
    because: str | None = None  # a code, never a text
    missing: tuple[Missing, ...] = ()
    attendance: Attendance | None = None


class NotificationEvent(Event):
    """An event of one message."""

    TAGS: ClassVar[tuple[str, ...]] = ("notification", "call")
    notification: str
    person: str  # who is written to
    call: str | None
    prison: str | None


class NotificationPlanned(NotificationEvent):
    """Somebody is to be told something."""

    occasion: Occasion
    text_version: int
    channel: Channel
    language: Language
    said: Said


class NotificationSent(NotificationEvent):
    """The provider has taken the message over."""

    via: str  # mailbox, smtp, notify
    reference: str  # under which the provider knows it


class NotificationDelivered(NotificationEvent):
    """The provider says that it was delivered."""


class NotificationFailed(NotificationEvent):
    """It will not reach its reader."""

    because: FailedBecause
    permanent: bool  # the address itself is wrong: nothing else will reach it either


Notified = NotificationPlanned | NotificationSent | NotificationDelivered | NotificationFailed
