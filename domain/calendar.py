"""Days and months as a prison counts them: in its own time zone. The log keeps UTC."""

from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo


def local_day(moment: datetime, zone: str) -> date:
    """The calendar day of a moment where the prison is."""
    return moment.astimezone(ZoneInfo(zone)).date()


def local_month(moment: datetime, zone: str) -> str:
    """The calendar month of a moment where the prison is, as `2026-11`."""
    return f"{local_day(moment, zone):%Y-%m}"


def local_time(day: date, clock: time, zone: str) -> datetime:
    """The moment at which the prison's clock shows this time on a day.

    A time that the clock shows twice, when summer time ends, is the first of the two; one that it leaves
    out, when summer time begins, is moved on by as much as the clock is.
    """
    return datetime.combine(day, clock, ZoneInfo(zone)).astimezone(UTC)


def week_bounds(moment: datetime, zone: str, starts: int = 0) -> tuple[date, date]:
    """The first and the last day of the week of a moment where the prison is. `starts`: 0 is Monday."""
    day = local_day(moment, zone)
    first = day - timedelta(days=(day.weekday() - starts) % 7)
    return first, first + timedelta(days=6)


def age_on(day: date, born: date) -> int:
    """Whole years on a day. Who is born on a leap day has a birthday on 1 March in other years."""
    return day.year - born.year - ((day.month, day.day) < (born.month, born.day))


def day_bounds(day: date, zone: str) -> tuple[datetime, datetime]:
    """The first moment of a calendar day where the prison is, and the first of the next."""
    midnight = datetime.combine(day, time.min, ZoneInfo(zone))
    return midnight, datetime.combine(day + timedelta(days=1), time.min, ZoneInfo(zone))
