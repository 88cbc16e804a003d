"""Days and months as a prison counts them: in its own time zone. The log keeps UTC."""

from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo


def local_day(moment: datetime, zone: str) -> date:
    """The calendar day of a moment where the prison is."""
    return moment.astimezone(ZoneInfo(zone)).date()


def local_month(moment: datetime, zone: str) -> str:
    """The calendar month of a moment where the prison is, as `2026-11`."""
    return f"{local_day(moment, zone):%Y-%m}"


def day_bounds(day: date, zone: str) -> tuple[datetime, datetime]:
    """The first moment of a calendar day where the prison is, and the first of the next."""
    midnight = datetime.combine(day, time.min, ZoneInfo(zone))
    return midnight, datetime.combine(day + timedelta(days=1), time.min, ZoneInfo(zone))
