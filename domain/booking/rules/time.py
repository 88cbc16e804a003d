"""When a call may be: notice, length, blocked days."""

from datetime import timedelta

from domain.booking.events import AskedAs
from domain.booking.rules.case import Case
from domain.calendar import local_day
from domain.policy import BookingPolicy


def session_over(case: Case) -> str | None:
    """Nobody is booked into a time that is over."""
    return "This time has passed." if case.slot.ends_at <= case.command.at else None


def outside_session(case: Case) -> str | None:
    """A call begins when its session does, and ends no later."""
    if case.command.ends_at > case.slot.ends_at:
        return f"At this time a call lasts at most {case.slot.minutes} minutes."
    return None


def call_length(case: Case) -> str | None:
    """A call has a whole number of blocks, and no more than its type allows."""
    booking, minutes = case.policy.booking, case.command.minutes
    longest = min(booking.call_minutes_max, case.type_policy.minutes_max)
    if case.type_policy.notice_waived:  # an official type of call has its own longest
        longest = case.type_policy.minutes_max
    if minutes > longest or minutes % booking.block_minutes:
        return f"A call lasts {booking.block_minutes} minutes or a multiple of it, and at most {longest} minutes."
    return None


def notice_min(case: Case) -> str | None:
    """Somebody asks early enough: whole days by the prison's calendar, for each kind of person who asks."""
    general = 0 if case.type_policy.notice_waived else _window(case)[0]
    days = max(general, case.type_policy.notice_days_min)
    if case.command.day < local_day(case.command.at, case.command.zone) + timedelta(days=days):
        return f"A call must be booked at least {_days(days)} ahead."
    return None


def notice_max(case: Case) -> str | None:
    """Nobody takes places that lie too far ahead."""
    days = _window(case)[1]
    if case.command.day > local_day(case.command.at, case.command.zone) + timedelta(days=days):
        return f"A call can be booked at most {_days(days)} ahead."
    return None


def date_blocked(case: Case) -> str | None:
    """No call on a day that the prison has blocked."""
    return "There are no calls on this day." if None in case.state.times.blocked else None


def session_blocked(case: Case) -> str | None:
    """No call in a session that is blocked on the day."""
    template = case.slot.template
    if template is not None and template in case.state.times.blocked:
        return "There are no calls at this time on this day."
    return None


def call_type(case: Case) -> str | None:
    """A session takes some types of call, and not others."""
    if case.command.call_type in case.slot.call_types:
        return None
    return f"There are no {case.command.call_type.value} calls at this time."


def _window(case: Case) -> tuple[int, int]:
    booking: BookingPolicy = case.policy.booking
    match case.command.asked_as:
        case AskedAs.PUBLIC:
            return booking.notice_days_min, booking.notice_days_max
        case AskedAs.PRISONER:
            return booking.notice_days_min_prisoner, booking.notice_days_max_prisoner
        case AskedAs.STAFF:
            return booking.notice_days_min_staff, booking.notice_days_max_staff


def _days(number: int) -> str:
    return "1 day" if number == 1 else f"{number} days"
