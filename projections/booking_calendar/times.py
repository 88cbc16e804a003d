"""One time for calls as the calendar tells it: where it comes from, what takes its places, what is left."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from domain.booking.events import AskedAs, Method, Video
from domain.timetable.events import CallType, Starts
from domain.timetable.slot import Slot


class BookingStatus(StrEnum):
    """How far a call has come."""

    RESERVED = "reserved"  # its place is kept for a short while
    REQUESTED = "requested"  # waits for the prison's decision; its place is kept
    BOOKED = "booked"
    STARTED = "started"
    HELD = "held"  # it is over, however it ended
    MISSED = "missed"
    REJECTED = "rejected"
    AUTO_REJECTED = "auto_rejected"
    WITHDRAWN = "withdrawn"
    CANCELLED = "cancelled"


GONE = frozenset(
    {
        BookingStatus.REJECTED,
        BookingStatus.AUTO_REJECTED,
        BookingStatus.WITHDRAWN,
        BookingStatus.CANCELLED,
    }
)
"""Calls whose place is free again."""


@dataclass(frozen=True)
class CalendarBooking:
    """One call in the calendar; `version` is the position of its newest event here."""

    call: str
    session: str
    prison: str
    starts_at: datetime
    minutes: int
    prisoner: str
    visitors: tuple[str, ...]
    children: tuple[str, ...]
    call_type: CallType
    video: Video
    device: str | None
    status: BookingStatus
    outcome: str | None
    requested_by: str | None
    requested_at: datetime | None
    method: Method | None
    asked_as: AskedAs | None
    for_staff: tuple[str, ...]
    decide_by: datetime | None
    expires_at: datetime | None  # of a place that is only reserved
    flags: int  # that are open
    version: int


@dataclass(frozen=True)
class Taken:
    """A place that is taken, here or in a room that this time shares with another."""

    session: str
    starts_at: datetime
    minutes: int
    video: Video
    device: str | None

    def overlaps(self, starts_at: datetime, minutes: int) -> bool:
        """Whether it shares any moment with so many minutes from then on."""
        ends_at = self.starts_at + timedelta(minutes=self.minutes)
        return self.starts_at < starts_at + timedelta(minutes=minutes) and starts_at < ends_at


@dataclass(frozen=True)
class SessionTime:
    """One time for calls, and what is still free in it."""

    slot: Slot
    devices: tuple[str, ...]  # of the slot's, those in use
    taken: tuple[Taken, ...]
    blocked: str | None = None  # why no call is held at this time on this day
    given: bool = True  # False: the timetable no longer has it, and calls are left in it

    @property
    def session(self) -> str:
        """The id by which it is booked."""
        return self.slot.session

    @property
    def starts_at(self) -> datetime:
        """When its calls begin."""
        return self.slot.starts_at

    @property
    def minutes(self) -> int:
        """How long it is."""
        return self.slot.minutes

    @property
    def stations(self) -> int:
        """Calls at once with video both ways."""
        return self.slot.stations

    @property
    def one_way_stations(self) -> int:
        """Calls at once with video one way, where they have stations of their own."""
        return self.slot.one_way_stations

    @property
    def starts(self) -> Starts:
        """Whether its calls begin on time or as soon as both sides were admitted."""
        return self.slot.starts

    @property
    def free(self) -> int:
        """Places for a call that takes the whole time, with video both ways."""
        return self.free_for(self.minutes)

    @property
    def free_one_way(self) -> int:
        """Places for a call that takes the whole time, with video one way."""
        return self.free_for(self.minutes, Video.ONE_WAY)

    def free_for(self, minutes: int, video: Video = Video.BOTH_WAYS) -> int:
        """Places for a call of so many minutes, as the rules of booking count stations and rooms."""
        if self.blocked or not self.given or minutes > self.minutes:
            return 0
        places = self._stations(video) - len(self._in_session(video))
        if self.slot.devices:
            places = min(places, len(self._free_devices(minutes)))
        return max(places, 0)

    def _stations(self, video: Video) -> int:
        apart = self.one_way_stations and video is Video.ONE_WAY
        return self.one_way_stations if apart else self.stations

    def _in_session(self, video: Video) -> Sequence[Taken]:
        return [
            place
            for place in self.taken
            if place.session == self.session and (not self.one_way_stations or place.video is video)
        ]

    def _free_devices(self, minutes: int) -> Sequence[str]:
        used = {place.device for place in self.taken if place.overlaps(self.starts_at, minutes)}
        return [device for device in self.devices if device not in used]


@dataclass(frozen=True)
class CalendarSession(SessionTime):
    """One time for calls, with everything that was asked for in it."""

    bookings: tuple[CalendarBooking, ...] = ()
