"""What may be asked of a booking."""

from collections.abc import Mapping
from datetime import date, datetime, timedelta

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field

from domain.booking.events import AskedAs, AutoRejectedBecause, Method, Outcome, RejectedBecause
from domain.calendar import day_bounds, local_day, local_month, week_bounds
from domain.event import Command
from domain.timetable.events import CallType

WEEK = timedelta(days=7)


class Override(BaseModel):
    """Rules of the policy that somebody with the right to do so sets aside for one call."""

    model_config = ConfigDict(frozen=True, extra="forbid", hide_input_in_errors=True)
    rules: tuple[str, ...] = Field(min_length=1)
    overridden_by: str
    approved_by: str | None  # the second person, where the role needs one
    reason: str


class PlaceCall(Command):
    """A place for a call. What the record said of time, people and rooms was looked up; the decision checks it."""

    call: str
    prison: str
    session: str
    starts_at: AwareDatetime
    zone: str
    minutes: int = Field(ge=1)
    prisoner: str
    visitors: tuple[str, ...] = Field(min_length=1)
    call_type: CallType = CallType.SOCIAL
    asked_as: AskedAs = AskedAs.PUBLIC
    lead: str | None = None  # the adult who answers for the visitors' side; none named: the first adult
    ages: Mapping[str, int] = Field(
        default_factory=dict
    )  # of visitors on the day, in years; missing: unknown
    devices: tuple[str, ...] = ()  # the rooms or devices of the session
    apart: tuple[str, ...] = ()  # every record of those whom this person must be kept apart from
    merged: tuple[str, ...] = ()  # every earlier record of this person in prison
    override: Override | None = None

    @property
    def day(self) -> date:
        """The day of the call where the prison is."""
        return local_day(self.starts_at, self.zone)

    @property
    def ends_at(self) -> datetime:
        """When the call would be over."""
        return self.starts_at + timedelta(minutes=self.minutes)

    @property
    def prisoner_month(self) -> str:
        """The month this call would be counted in."""
        return f"{self.prisoner}/{local_month(self.starts_at, self.zone)}"

    @property
    def visitor_days(self) -> tuple[str, ...]:
        """The day of each visitor this call would be counted in."""
        return tuple(f"{visitor}/{self.day}" for visitor in self.visitors)

    @property
    def records(self) -> tuple[str, ...]:
        """The prisoner under every record they ever had."""
        return (self.prisoner, *self.merged)

    @property
    def around(self) -> tuple[datetime, ...]:
        """Moments whose days and months hold every call that could overlap this one, also over midnight."""
        return (self.starts_at - timedelta(days=1), self.starts_at, self.ends_at)

    @property
    def days(self) -> tuple[date, ...]:
        """The days on which a call could overlap this one."""
        return tuple(sorted({local_day(moment, self.zone) for moment in self.around}))

    @property
    def days_anywhere(self) -> tuple[date, ...]:
        """The same as every zone counts them: a visitor may be called from a prison where it is another day."""
        return tuple(sorted({*self.days, local_day(self.ends_at + timedelta(days=1), self.zone)}))

    @property
    def months(self) -> tuple[str, ...]:
        """The months that hold this call's week, whichever day it begins on, and every call near it."""
        near = (self.starts_at - WEEK, self.starts_at, self.starts_at + WEEK, *self.around)
        return tuple(sorted({local_month(moment, self.zone) for moment in near}))

    def same_week(self, moment: datetime, week_starts: int) -> bool:
        """Whether a moment lies in the week of this call."""
        first, last = week_bounds(self.starts_at, self.zone, week_starts)
        return day_bounds(first, self.zone)[0] <= moment < day_bounds(last, self.zone)[1]


class BookCall(PlaceCall):
    """Ask for a call. A place reserved under the same id is taken up."""

    requested_by: str
    method: Method = Method.WEBSITE
    support: str | None = Field(default=None, max_length=1000)


class ReserveCall(PlaceCall):
    """Keep a place for a short while. `standby`: it is offered to somebody who waited for one."""

    reserved_by: str
    standby: str | None = None


class ChangeCall(PlaceCall):
    """Give a call another time or other people."""

    changed_by: str
    support: str | None = Field(default=None, max_length=1000)


class ReleaseReservation(Command):
    """Give a reserved place back."""

    call: str
    released_by: str


class ApproveCall(Command):
    """An officer says yes to a request. Who is on the call was looked up; the decision checks it."""

    call: str
    approved_by: str
    prison: str = ""
    prisoner: str = ""
    visitors: tuple[str, ...] = ()
    merged: tuple[str, ...] = ()  # every earlier record of this person in prison

    @property
    def records(self) -> tuple[str, ...]:
        """The prisoner under every record they ever had; none where nobody asked for the call."""
        return (self.prisoner, *self.merged) if self.prisoner else ()


class RejectCall(Command):
    """An officer says no to a request."""

    call: str
    because: RejectedBecause
    rejected_by: str
    reason: str


class AutoRejectCall(Command):
    """Nobody decided in time, or the request cannot be kept."""

    call: str
    because: AutoRejectedBecause


class WithdrawCall(Command):
    """Take a request back."""

    call: str
    withdrawn_by: str


class CancelCall(Command):
    """Give a booked or requested call up."""

    call: str
    outcome: Outcome
    cancelled_by: str


Placing = BookCall | ReserveCall | ChangeCall
Deciding = ReleaseReservation | ApproveCall | RejectCall | AutoRejectCall | WithdrawCall | CancelCall
BookingCommand = Placing | Deciding
