"""What follows for somebody from a violation, and the end of it."""

from datetime import date
from enum import StrEnum
from typing import ClassVar

from domain.clearance import Side
from domain.event import CallEvent
from domain.lifecycle import Written


class LiftedBecause(StrEnum):
    """Why a warning or a sanction no longer counts."""

    BY_STAFF = "by_staff"
    APPEAL_UPHELD = "appeal_upheld"


class ConductEvent(CallEvent):
    """Something about one person's conduct on one call."""

    TAGS: ClassVar = ("call", "person")
    sanction: str
    person: str


class Measure(ConductEvent):
    """What a confirmed violation led to for somebody who was on the call."""

    side: Side
    violation: str  # on which it rests; an officer confirmed it


class WarningIssued(Measure):
    """Somebody was warned; their calls go on."""

    issued_by: str
    reason: Written = None


class SanctionImposed(Measure):
    """Somebody takes part in no call for these days; the policy says what that means on each side."""

    days: int
    first: date
    last: date
    imposed_by: str
    reason: Written = None


class SanctionLifted(ConductEvent):
    """It no longer counts."""

    because: LiftedBecause
    lifted_by: str
    reason: Written = None
