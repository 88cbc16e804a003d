"""What happens to a prison's timetable."""

from datetime import date
from enum import StrEnum
from typing import ClassVar

from pydantic import AwareDatetime

from domain.event import PrisonEvent


class Starts(StrEnum):
    """When a call of a session begins."""

    AT_TIME = "at_time"
    WHEN_ADMITTED = "when_admitted"  # as soon as both sides were admitted


class CallType(StrEnum):
    """What a call is for: each type has rules of its own in the policy."""

    SOCIAL = "social"
    LEGAL = "legal"
    PROBATION = "probation"
    COURT = "court"
    INTERVIEW = "interview"


class BlockScope(StrEnum):
    """What is blocked on a day."""

    PRISON = "prison"
    SESSION = "session"


class SessionOpened(PrisonEvent):
    """Calls may be booked for this time."""

    TAGS: ClassVar = ("session", "timetable_day")
    session: str
    starts_at: AwareDatetime
    minutes: int
    stations: int
    starts: Starts
    timetable_day: tuple[str, ...] = ()  # MDI/2026-11-23, by which a day's times are found


class SessionTemplatePublished(PrisonEvent):
    """Calls may be booked at this time of the week, for as long as the template is valid."""

    TAGS: ClassVar = ("template", "timetable")
    template: str
    weekday: int  # 0 is Monday
    starts: str  # time of the prison's own clock: 14:30
    minutes: int
    every_weeks: int  # 1: each week from the first day on; 2: every other week
    first: date
    last: date | None  # None: until it is retired
    stations: int  # calls at once with video both ways
    one_way_stations: int  # and with video one way
    devices: tuple[str, ...]  # the rooms or devices it takes; none named: any
    call_types: tuple[CallType, ...]
    categories: tuple[str, ...]  # of prisoners who may call then; none named: all
    incentive_levels: tuple[str, ...]
    locations: tuple[str, ...]  # wings, by the beginning of the place: `A` holds for `A-1-002`
    published_by: str

    @property
    def timetable(self) -> str:
        """The prison whose timetable it belongs to."""
        return self.prison


class SessionTemplateRetired(PrisonEvent):
    """From this day on the template gives no more times."""

    TAGS: ClassVar = ("template", "timetable")
    template: str
    from_day: date
    retired_by: str

    @property
    def timetable(self) -> str:
        """The prison whose timetable it belonged to."""
        return self.prison


class DateBlocked(PrisonEvent):
    """No call on this day: in the whole prison, or in one session."""

    TAGS: ClassVar = ("blocked",)
    scope: BlockScope
    day: date
    template: str | None  # of a blocked session
    because: str  # from a list, never a free text
    blocked_by: str

    @property
    def blocked(self) -> str:
        """Where it holds: `MDI/2026-12-25`."""
        return f"{self.prison}/{self.day}"


class DateUnblocked(PrisonEvent):
    """Calls may be held on this day again."""

    TAGS: ClassVar = ("blocked",)
    scope: BlockScope
    day: date
    template: str | None
    unblocked_by: str

    @property
    def blocked(self) -> str:
        """Where it held."""
        return f"{self.prison}/{self.day}"


class DeviceAdded(PrisonEvent):
    """A room, a booth or a device that calls take."""

    TAGS: ClassVar = ("device",)
    device: str
    label: str  # what staff call it: never a person's name
    added_by: str


class DeviceWithdrawn(PrisonEvent):
    """The device takes no calls from this moment on."""

    TAGS: ClassVar = ("device",)
    device: str
    withdrawn_by: str


TimetableEvent = (
    SessionOpened
    | SessionTemplatePublished
    | SessionTemplateRetired
    | DateBlocked
    | DateUnblocked
    | DeviceAdded
    | DeviceWithdrawn
)
