"""Days and months as a prison counts them, over both clock changes, the leap day and the turn of the year."""

from datetime import UTC, date, datetime, time, timedelta

import pytest

from domain.calendar import age_on, day_bounds, local_day, local_month, local_time, week_bounds

LONDON = "Europe/London"


@pytest.mark.parametrize(
    ("moment", "zone", "day", "month"),
    [
        (datetime(2026, 1, 31, 23, 59, 59, tzinfo=UTC), LONDON, date(2026, 1, 31), "2026-01"),
        (datetime(2026, 2, 1, 0, 0, tzinfo=UTC), LONDON, date(2026, 2, 1), "2026-02"),
        (datetime(2026, 6, 30, 22, 59, 59, tzinfo=UTC), LONDON, date(2026, 6, 30), "2026-06"),
        (datetime(2026, 6, 30, 23, 0, tzinfo=UTC), LONDON, date(2026, 7, 1), "2026-07"),
        (datetime(2026, 3, 29, 0, 59, 59, tzinfo=UTC), LONDON, date(2026, 3, 29), "2026-03"),
        (datetime(2026, 3, 29, 1, 0, tzinfo=UTC), LONDON, date(2026, 3, 29), "2026-03"),
        (datetime(2026, 3, 31, 23, 0, tzinfo=UTC), LONDON, date(2026, 4, 1), "2026-04"),
        (datetime(2026, 10, 24, 23, 0, tzinfo=UTC), LONDON, date(2026, 10, 25), "2026-10"),
        (datetime(2026, 10, 31, 23, 0, tzinfo=UTC), LONDON, date(2026, 10, 31), "2026-10"),
        (datetime(2028, 2, 28, 23, 59, tzinfo=UTC), LONDON, date(2028, 2, 28), "2028-02"),
        (datetime(2028, 2, 29, 0, 0, tzinfo=UTC), LONDON, date(2028, 2, 29), "2028-02"),
        (datetime(2026, 12, 31, 11, 0, tzinfo=UTC), "Pacific/Auckland", date(2027, 1, 1), "2027-01"),
    ],
)
def test_a_moment_belongs_to_the_day_and_month_of_the_prisons_clock(
    moment: datetime, zone: str, day: date, month: str
) -> None:
    assert (local_day(moment, zone), local_month(moment, zone)) == (day, month)


@pytest.mark.parametrize(
    ("day", "hours"),
    [
        (date(2026, 3, 28), 24),
        (date(2026, 3, 29), 23),
        (date(2026, 10, 25), 25),
        (date(2028, 2, 29), 24),
    ],
)
def test_a_day_is_as_long_as_the_clock_makes_it(day: date, hours: int) -> None:
    since, until = day_bounds(day, LONDON)
    assert until.astimezone(UTC) - since.astimezone(UTC) == timedelta(hours=hours)


@pytest.mark.parametrize(
    "day", [date(2026, 3, 29), date(2026, 10, 25), date(2026, 12, 31), date(2028, 2, 29)]
)
def test_the_bounds_of_a_day_hold_its_moments_and_no_others(day: date) -> None:
    since, until = (moment.astimezone(UTC) for moment in day_bounds(day, LONDON))
    tick = timedelta(microseconds=1)
    assert local_day(since - tick, LONDON) == day - timedelta(days=1)
    assert local_day(since, LONDON) == local_day(until - tick, LONDON) == day
    assert local_day(until, LONDON) == day + timedelta(days=1)


@pytest.mark.parametrize(
    ("moment", "starts", "first", "last"),
    [
        ("2026-03-29T22:59", 0, "2026-03-23", "2026-03-29"),
        ("2026-03-29T23:00", 0, "2026-03-30", "2026-04-05"),
        ("2026-10-25T23:59", 0, "2026-10-19", "2026-10-25"),
        ("2026-10-26T00:00", 0, "2026-10-26", "2026-11-01"),
        ("2026-10-18T22:59", 0, "2026-10-12", "2026-10-18"),
        ("2028-02-29T12:00", 0, "2028-02-28", "2028-03-05"),
        ("2026-12-31T12:00", 0, "2026-12-28", "2027-01-03"),
        ("2026-11-30T00:00", 0, "2026-11-30", "2026-12-06"),
        ("2026-11-23T12:00", 6, "2026-11-22", "2026-11-28"),
        ("2026-11-22T12:00", 6, "2026-11-22", "2026-11-28"),
        ("2026-11-21T12:00", 6, "2026-11-15", "2026-11-21"),
    ],
)
def test_a_week_has_seven_days_from_the_day_on_which_it_begins(
    moment: str, starts: int, first: str, last: str
) -> None:
    bounds = week_bounds(datetime.fromisoformat(moment).replace(tzinfo=UTC), LONDON, starts)
    assert bounds == (date.fromisoformat(first), date.fromisoformat(last))


def test_a_week_begins_on_monday_where_nothing_else_is_said() -> None:
    assert week_bounds(datetime(2026, 11, 25, 12, tzinfo=UTC), LONDON) == (
        date(2026, 11, 23),
        date(2026, 11, 29),
    )


@pytest.mark.parametrize(
    ("day", "born", "age"),
    [
        ("2026-11-22", "2008-11-23", 17),
        ("2026-11-23", "2008-11-23", 18),
        ("2026-12-01", "2008-11-30", 18),
        ("2026-02-28", "2008-02-29", 17),
        ("2026-03-01", "2008-02-29", 18),
        ("2028-02-28", "2008-02-29", 19),
        ("2028-02-29", "2008-02-29", 20),
        ("2026-03-29", "2008-03-29", 18),
        ("2026-10-24", "2008-10-25", 17),
        ("2026-11-23", "2026-11-23", 0),
    ],
)
def test_somebody_is_as_old_as_their_last_birthday(day: str, born: str, age: int) -> None:
    assert age_on(date.fromisoformat(day), date.fromisoformat(born)) == age


def test_a_birthday_begins_at_the_prisons_midnight() -> None:
    born = date(2008, 10, 25)  # eighteen on the day on which the clock goes back
    before, after = datetime(2026, 10, 24, 22, 59, tzinfo=UTC), datetime(2026, 10, 24, 23, 0, tzinfo=UTC)
    assert [age_on(local_day(moment, LONDON), born) for moment in (before, after)] == [17, 18]


@pytest.mark.parametrize(
    ("day", "clock", "moment"),
    [
        ("2026-03-28", "20:00", "2026-03-28T20:00"),
        ("2026-03-29", "00:59", "2026-03-29T00:59"),
        ("2026-03-29", "01:00", "2026-03-29T01:00"),
        ("2026-03-29", "01:59", "2026-03-29T01:59"),
        ("2026-03-29", "02:00", "2026-03-29T01:00"),
        ("2026-03-29", "20:00", "2026-03-29T19:00"),
        ("2026-10-25", "00:59", "2026-10-24T23:59"),
        ("2026-10-25", "01:00", "2026-10-25T00:00"),
        ("2026-10-25", "01:59", "2026-10-25T00:59"),
        ("2026-10-25", "02:00", "2026-10-25T02:00"),
        ("2028-02-29", "00:00", "2028-02-29T00:00"),
        ("2026-07-31", "23:59", "2026-07-31T22:59"),
        ("2026-08-01", "00:00", "2026-07-31T23:00"),
    ],
)
def test_when_the_prisons_clock_shows_a_time(day: str, clock: str, moment: str) -> None:
    shown = local_time(date.fromisoformat(day), time.fromisoformat(clock), LONDON)
    assert shown == datetime.fromisoformat(moment).replace(tzinfo=UTC)
    assert shown.tzinfo is UTC
