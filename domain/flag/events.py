"""Flags on calls: which fact changed, and why it no longer matters."""

from enum import StrEnum

from domain.event import CallEvent
from domain.lifecycle import Written


class FlagKind(StrEnum):
    """Which fact changed."""

    NON_ASSOCIATION = "non_association"
    PRISONER_RELEASED = "prisoner_released"
    PRISONER_TRANSFERRED = "prisoner_transferred"
    PRISONER_RECEIVED = "prisoner_received"
    PRISONER_MERGED = "prisoner_merged"
    PRISONER_ALERTS_UPDATED = "prisoner_alerts_updated"
    PRISONER_PROFILE_CHANGED = "prisoner_profile_changed"  # category, incentive level, place or conviction
    RELATIONSHIP_RESTRICTION = "relationship_restriction"
    VISITOR_RESTRICTION = "visitor_restriction"
    VISITOR_UNAPPROVED = "visitor_unapproved"
    VISITOR_SANCTIONED = "visitor_sanctioned"
    PRISONER_SANCTIONED = "prisoner_sanctioned"
    PRISON_DATE_BLOCKED = "prison_date_blocked"
    SESSION_DATE_BLOCKED = "session_date_blocked"  # blocked, or its template retired
    HIGHER_PRIORITY_APPOINTMENT = "higher_priority_appointment"
    DEVICE_WITHDRAWN = "device_withdrawn"


STOPS = frozenset(
    {
        FlagKind.NON_ASSOCIATION,
        FlagKind.PRISONER_RELEASED,
        FlagKind.PRISONER_TRANSFERRED,
        FlagKind.RELATIONSHIP_RESTRICTION,
        FlagKind.VISITOR_RESTRICTION,
        FlagKind.VISITOR_UNAPPROVED,
        FlagKind.VISITOR_SANCTIONED,
        FlagKind.PRISONER_SANCTIONED,
    }
)
"""Kinds under which a call neither is approved nor starts before somebody has cleared the flag."""


class ClearedBecause(StrEnum):
    """Why a flag no longer matters."""

    BOOKING_CHANGED = "booking_changed"
    BOOKING_CANCELLED = "booking_cancelled"
    CAUSE_GONE = "cause_gone"  # unblocked, cleared, closed, approved again, returned
    DO_NOT_CHANGE = "do_not_change"  # seen, and the call is held as it is
    DECIDED_IN_CALL = "decided_in_call"


class BookingFlagged(CallEvent):
    """A fact changed under this call; a person has to decide."""

    flag: str
    kind: FlagKind
    cause: str  # id of the event that changed the fact
    during_call: bool  # raised while the call ran: a decision is wanted at once


class BookingUnflagged(CallEvent):
    """The flag was looked at, or its cause is gone."""

    flag: str
    because: ClearedBecause
    cleared_by: str | None  # None: a rule
    reason: Written = None
