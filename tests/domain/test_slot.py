"""The time a template gives on a day: by the weeks, by its days, and by the prison's own clock."""

from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest

from domain.timetable.events import (
    CallType,
    SessionOpened,
    SessionTemplatePublished,
    SessionTemplateRetired,
    Starts,
)
from domain.timetable.slot import Slot, session_id, slot_on, slot_opened, template_of
from tests.facts import NOON, PRISON, SESSION, TEMPLATE, fact

LONDON = "Europe/London"


def on(
    day: str, retired: SessionTemplateRetired | None = None, zone: str = LONDON, **template: Any
) -> Slot | None:
    """What the usual template, Mondays at 12:00 from 2 November 2026 on, gives on a day."""
    return slot_on(fact(SessionTemplatePublished, **template), retired, date.fromisoformat(day), zone)


def starts(day: str, **changes: Any) -> datetime:
    slot = on(day, **changes)
    assert slot is not None
    return slot.starts_at


def utc(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


def test_a_template_gives_its_time_with_all_that_it_says() -> None:
    says: dict[str, Any] = {
        "stations": 5,
        "minutes": 90,
        "one_way_stations": 1,
        "devices": ("device-1",),
        "call_types": (CallType.LEGAL,),
        "categories": ("C",),
        "incentive_levels": ("ENH",),
        "locations": ("A",),
    }
    assert on("2026-11-23", **says) == Slot(
        session=f"{TEMPLATE}.2026-11-23",
        prison=PRISON,
        starts_at=NOON,
        starts=Starts.AT_TIME,
        template=TEMPLATE,
        **says,
    )


def test_a_time_is_over_after_its_minutes() -> None:
    slot = on("2026-11-23")
    assert slot is not None
    assert slot.ends_at == NOON + timedelta(minutes=60)


def test_a_time_that_was_opened_by_itself_is_for_everybody() -> None:
    opened = fact(SessionOpened, starts=Starts.WHEN_ADMITTED, stations=7, minutes=45)
    assert slot_opened(opened) == Slot(
        session=SESSION,
        prison=PRISON,
        starts_at=NOON,
        minutes=45,
        stations=7,
        one_way_stations=0,
        starts=Starts.WHEN_ADMITTED,
        template=None,
        devices=(),
        call_types=tuple(CallType),
        categories=(),
        incentive_levels=(),
        locations=(),
    )


@pytest.mark.parametrize("day", ["2026-11-22", "2026-11-24", "2026-11-29"])
def test_no_other_day_of_the_week_has_it(day: str) -> None:
    assert on(day) is None


def test_a_template_gives_times_from_its_first_day_to_its_last() -> None:
    days: dict[str, Any] = {"first": date(2026, 11, 9), "last": date(2026, 11, 23)}
    given = {
        day: on(day, **days) is not None for day in ("2026-11-02", "2026-11-09", "2026-11-23", "2026-11-30")
    }
    assert given == {"2026-11-02": False, "2026-11-09": True, "2026-11-23": True, "2026-11-30": False}


@pytest.mark.parametrize("first", range(3, 10))
def test_a_first_day_that_is_no_such_weekday_begins_with_the_next(first: int) -> None:
    other_weeks: dict[str, Any] = {"first": date(2026, 11, first), "every_weeks": 2}
    given = [
        day for day in ("2026-11-02", "2026-11-09", "2026-11-16", "2026-11-23") if on(day, **other_weeks)
    ]
    assert given == ["2026-11-09", "2026-11-23"]


@pytest.mark.parametrize(
    ("weeks", "days"),
    [
        (1, ["2026-12-21", "2026-12-28", "2027-01-04", "2027-01-11", "2027-01-18"]),
        (2, ["2026-12-28", "2027-01-11"]),
        (3, ["2027-01-04"]),
        (4, ["2026-12-28"]),
    ],
)
def test_every_so_many_weeks_goes_on_over_the_turn_of_the_year(weeks: int, days: list[str]) -> None:
    mondays = [date(2026, 12, 21) + timedelta(weeks=number) for number in range(5)]
    assert [day.isoformat() for day in mondays if on(day.isoformat(), every_weeks=weeks)] == days


def test_a_retired_template_gives_no_more_times() -> None:
    retired = fact(SessionTemplateRetired, from_day=date(2026, 11, 23))
    assert on("2026-11-16", retired) is not None
    assert on("2026-11-23", retired) is None
    assert on("2026-11-30", retired) is None


@pytest.mark.parametrize(
    ("day", "moment"),
    [
        ("2026-03-22", "2026-03-22T14:30"),
        ("2026-03-29", "2026-03-29T13:30"),
        ("2026-10-18", "2026-10-18T13:30"),
        ("2026-10-25", "2026-10-25T14:30"),
    ],
    ids=["before the clock goes on", "when it goes on", "before it goes back", "when it goes back"],
)
def test_a_session_keeps_its_time_on_the_prisons_clock(day: str, moment: str) -> None:
    sundays: dict[str, Any] = {"weekday": 6, "starts": "14:30", "first": date(2026, 1, 1)}
    assert starts(day, **sundays) == utc(moment)


def test_every_other_week_is_not_upset_by_a_change_of_the_clock() -> None:
    sundays: dict[str, Any] = {"weekday": 6, "first": date(2026, 3, 15), "every_weeks": 2}
    assert [bool(on(day, **sundays)) for day in ("2026-03-22", "2026-03-29", "2026-04-05", "2026-04-12")] == [
        False,
        True,
        False,
        True,
    ]
    assert on("2026-10-25", **sundays)
    assert not on("2026-11-01", **sundays)


@pytest.mark.parametrize(
    ("day", "clock", "moment"),
    [
        ("2026-03-29", "01:30", "2026-03-29T01:30"),
        ("2026-03-29", "02:00", "2026-03-29T01:00"),
        ("2026-10-25", "01:30", "2026-10-25T00:30"),
        ("2026-10-25", "02:00", "2026-10-25T02:00"),
    ],
    ids=["left out", "after it", "shown twice", "after it"],
)
def test_a_time_the_clock_leaves_out_is_moved_on_and_of_two_the_first_counts(
    day: str, clock: str, moment: str
) -> None:
    assert starts(day, weekday=6, starts=clock, first=date(2026, 1, 1)) == utc(moment)


def test_a_template_gives_a_time_on_a_leap_day() -> None:
    tuesdays: dict[str, Any] = {"weekday": 1, "first": date(2028, 1, 4), "every_weeks": 2}
    assert starts("2028-02-29", **tuesdays) == utc("2028-02-29T12:00")
    assert on("2028-03-07", **tuesdays) is None
    assert starts("2028-03-14", **tuesdays) == utc("2028-03-14T12:00")


def test_a_midnight_session_is_of_the_day_that_begins() -> None:
    assert starts("2026-11-30", starts="00:00") == utc("2026-11-30T00:00")
    assert starts("2026-08-31", starts="00:00", first=date(2026, 8, 1)) == utc("2026-08-30T23:00")


def test_a_template_counts_by_the_clock_of_its_own_prison() -> None:
    assert starts("2026-11-23", zone="Pacific/Auckland") == utc("2026-11-22T23:00")


def test_the_name_of_a_session_tells_its_template_and_day() -> None:
    day = date(2028, 2, 29)
    assert session_id(TEMPLATE, day) == "template-1.2028-02-29"
    assert template_of("template-1.2028-02-29") == (TEMPLATE, day)
    assert template_of("a.b.2028-02-29") == ("a.b", day)


@pytest.mark.parametrize(
    "session", ["session-1", "template-1.", "template-1.2027-02-29", ".2026-11-23", "2026-11-23", ""]
)
def test_any_other_name_is_of_no_template(session: str) -> None:
    assert template_of(session) is None
