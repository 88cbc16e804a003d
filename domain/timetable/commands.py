"""What may be asked of a prison's timetable."""

from datetime import date
from typing import Annotated

from pydantic import AwareDatetime, Field

from domain.event import Command
from domain.timetable.events import CallType, Starts


class OpenSession(Command):
    """Open a time for calls."""

    prison: str
    session: str
    starts_at: AwareDatetime
    minutes: int = Field(ge=1, le=24 * 60)
    stations: int = Field(ge=1)
    starts: Starts = Starts.AT_TIME
    timetable_day: tuple[str, ...] = ()


class PublishTemplate(Command):
    """Let calls be booked at a time of the week."""

    prison: str
    template: str
    weekday: int = Field(ge=0, le=6)
    starts: str = Field(pattern=r"^([01]\d|2[0-3]):[0-5]\d$")
    minutes: int = Field(ge=1, le=24 * 60)
    every_weeks: int = Field(default=1, ge=1, le=8)
    first: date
    last: date | None = None
    stations: int = Field(ge=1, le=1000)
    one_way_stations: int = Field(default=0, ge=0, le=1000)
    devices: Annotated[tuple[str, ...], Field(max_length=50)] = ()
    call_types: Annotated[tuple[CallType, ...], Field(min_length=1)] = (CallType.SOCIAL,)
    categories: tuple[str, ...] = ()
    incentive_levels: tuple[str, ...] = ()
    locations: tuple[str, ...] = ()
    published_by: str


class RetireTemplate(Command):
    """Let a template give no more times from a day on."""

    prison: str
    template: str
    from_day: date
    retired_by: str


class BlockDate(Command):
    """Hold no calls on a day."""

    prison: str
    day: date
    template: str | None = None
    because: str = Field(pattern=r"^[a-z_]{1,40}$")
    blocked_by: str


class UnblockDate(Command):
    """Hold calls on a day again."""

    prison: str
    day: date
    template: str | None = None
    unblocked_by: str


class AddDevice(Command):
    """Make a room or device known."""

    prison: str
    device: str
    label: str = Field(min_length=1, max_length=60)
    added_by: str


class WithdrawDevice(Command):
    """Take a device out of use."""

    prison: str
    device: str
    withdrawn_by: str


TimetableCommand = (
    OpenSession | PublishTemplate | RetireTemplate | BlockDate | UnblockDate | AddDevice | WithdrawDevice
)
