"""Days and months as a prison counts them, over both clock changes, the leap day and the turn of the year."""

from datetime import UTC, date, datetime, timedelta

import pytest

from domain.calendar import day_bounds, local_day, local_month

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
