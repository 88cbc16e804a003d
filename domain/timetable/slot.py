"""One time for calls, wherever it comes from: opened by itself, or given by a weekly template."""

from dataclasses import dataclass
from datetime import date, datetime, time, timedelta

from domain.calendar import local_time
from domain.timetable.events import (
    CallType,
    SessionOpened,
    SessionTemplatePublished,
    SessionTemplateRetired,
    Starts,
)


@dataclass(frozen=True)
class Slot:
    """One time for calls, wherever it comes from."""

    session: str
    prison: str
    starts_at: datetime
    minutes: int
    stations: int
    one_way_stations: int = 0
    starts: Starts = Starts.AT_TIME
    template: str | None = None
    devices: tuple[str, ...] = ()
    call_types: tuple[CallType, ...] = tuple(CallType)
    categories: tuple[str, ...] = ()
    incentive_levels: tuple[str, ...] = ()
    locations: tuple[str, ...] = ()

    @property
    def ends_at(self) -> datetime:
        """When the time is over."""
        return self.starts_at + timedelta(minutes=self.minutes)


def slot_opened(opened: SessionOpened) -> Slot:
    """A time that was opened by itself: for every type of call, and for everybody."""
    return Slot(
        opened.session, opened.prison, opened.starts_at, opened.minutes, opened.stations, starts=opened.starts
    )


def slot_on(
    template: SessionTemplatePublished, retired: SessionTemplateRetired | None, day: date, zone: str
) -> Slot | None:
    """The time a template gives on a day, or None when it gives none."""
    weeks = (day - _first_weekday(template)).days // 7
    over = template.last is not None and day > template.last
    gone = retired is not None and day >= retired.from_day
    if day.weekday() != template.weekday or day < template.first or over or gone:
        return None
    if weeks % template.every_weeks:
        return None
    return Slot(
        session=session_id(template.template, day),
        prison=template.prison,
        starts_at=local_time(day, time.fromisoformat(template.starts), zone),
        minutes=template.minutes,
        stations=template.stations,
        one_way_stations=template.one_way_stations,
        template=template.template,
        devices=template.devices,
        call_types=template.call_types,
        categories=template.categories,
        incentive_levels=template.incentive_levels,
        locations=template.locations,
    )


def session_id(template: str, day: date) -> str:
    """How a template's session of a day is named."""
    return f"{template}.{day}"


def template_of(session: str) -> tuple[str, date] | None:
    """The template and the day in a session's id, or None when it was opened by itself."""
    template, _, day = session.rpartition(".")
    try:
        return (template, date.fromisoformat(day)) if template else None
    except ValueError:
        return None


def _first_weekday(template: SessionTemplatePublished) -> date:
    return template.first + timedelta(days=(template.weekday - template.first.weekday()) % 7)
