"""What is decided about who watches which call."""

from enum import StrEnum
from typing import ClassVar

from pydantic import AwareDatetime

from domain.event import CallEvent, PrisonEvent


class DeallocatedBecause(StrEnum):
    """Why an officer no longer has a call."""

    STAFF = "staff"  # somebody decided so
    CALL_CHANGED = "call_changed"  # it has another time, or no place any more
    OFFICER_UNAVAILABLE = "officer_unavailable"


class CallAllocated(CallEvent):
    """An officer is to watch a call."""

    TAGS: ClassVar = ("call", "officer_day")
    officer: str
    allocated_by: str
    starts_at: AwareDatetime  # the call's time as it was then
    minutes: int
    officer_day: tuple[str, ...]  # the days it touches, UTC: officer/2026-11-23


class CallDeallocated(CallEvent):
    """The officer no longer has the call: it needs another one."""

    TAGS: ClassVar = ("call", "officer_day")
    officer: str
    because: DeallocatedBecause
    deallocated_by: str | None  # None: a rule
    officer_day: tuple[str, ...]


class OfficerUnavailable(PrisonEvent):
    """An officer cannot watch calls for a while. Why is nobody's business here."""

    TAGS: ClassVar = ("officer",)
    unavailability: str
    officer: str
    since: AwareDatetime
    until: AwareDatetime
    recorded_by: str


class OfficerAvailable(PrisonEvent):
    """They can after all."""

    TAGS: ClassVar = ("officer",)
    unavailability: str
    officer: str
    recorded_by: str


AllocationEvent = CallAllocated | CallDeallocated | OfficerUnavailable | OfficerAvailable
