"""The booking calendar: a prison's day, as its own clock counts days."""

from datetime import UTC, date, datetime, timedelta

import pytest

from domain.booking.events import BookingCancelled, CallBooked, CallRequested
from domain.event import Event
from domain.lifecycle import CallCompleted, CallMissed, CallStarted, CallTerminated
from domain.policy import Policy, PolicyPublished
from domain.timetable.events import SessionOpened
from projections import booking_calendar
from projections.booking_calendar import BookingStatus, booking, calendar_day, calls_of
from tests.facts import CALL, NOON, PRISON, PRISONER, SESSION, VISITOR, fact
from tests.projections.conftest import Fill

pytestmark = pytest.mark.postgres

DAY = date(2026, 11, 23)
asked = fact(CallRequested, -86400)


async def test_a_day_shows_its_sessions_in_the_order_of_their_time(fill: Fill) -> None:
    later = fact(SessionOpened, session="session-2", starts_at=NOON + timedelta(hours=2))
    db = await fill(booking_calendar, [later, fact(SessionOpened)])
    assert [session.session for session in await calendar_day(db, PRISON, DAY)] == [SESSION, "session-2"]
    assert await calendar_day(db, "LEI", DAY) == []


async def test_a_request_keeps_a_place_until_the_prison_decides(fill: Fill) -> None:
    db = await fill(booking_calendar, [fact(SessionOpened), asked])
    (session,) = await calendar_day(db, PRISON, DAY)
    (request,) = session.bookings
    assert (request.status, request.prisoner, request.visitors) == (
        BookingStatus.REQUESTED,
        PRISONER,
        (VISITOR,),
    )
    assert (request.requested_by, request.requested_at) == (VISITOR, asked.at)
    assert (session.stations, session.free) == (2, 1)


async def test_a_cancelled_call_stays_visible_and_gives_its_place_back(fill: Fill) -> None:
    db = await fill(booking_calendar, [fact(SessionOpened), asked, fact(CallBooked), fact(BookingCancelled)])
    (session,) = await calendar_day(db, PRISON, DAY)
    assert [b.status for b in session.bookings] == [BookingStatus.CANCELLED]
    assert session.free == 2


@pytest.mark.parametrize(
    ("event", "status", "outcome"),
    [
        (fact(CallBooked), BookingStatus.BOOKED, None),
        (fact(BookingCancelled), BookingStatus.CANCELLED, "booker_cancelled"),
        (fact(CallStarted), BookingStatus.STARTED, None),
        (fact(CallCompleted), BookingStatus.HELD, "completed_normally"),
        (fact(CallTerminated), BookingStatus.HELD, "terminated_by_staff"),
        (fact(CallMissed), BookingStatus.MISSED, "missed_by_visitor"),
    ],
    ids=lambda value: type(value).__name__ if isinstance(value, Event) else "",
)
async def test_a_booking_says_how_far_its_call_has_come(
    fill: Fill, event: Event, status: BookingStatus, outcome: str | None
) -> None:
    found = await booking(await fill(booking_calendar, [asked, event]), CALL)
    assert found is not None
    assert (found.status, found.outcome, found.version) == (status, outcome, 2)


async def test_a_call_nobody_asked_for_is_not_in_the_calendar(fill: Fill) -> None:
    assert await booking(await fill(booking_calendar, [fact(SessionOpened)]), CALL) is None


async def test_a_person_finds_the_calls_that_name_them_the_newest_first(fill: Fill) -> None:
    later = fact(CallRequested, call="call-2", starts_at=NOON + timedelta(days=7), visitors=("visitor-2",))
    db = await fill(booking_calendar, [asked, later])
    assert [each.call for each in await calls_of(db, PRISONER)] == ["call-2", CALL]
    assert [each.call for each in await calls_of(db, VISITOR)] == [CALL]
    assert await calls_of(db, "visitor-3") == []


@pytest.mark.parametrize(
    ("zone", "starts_at", "day"),
    [
        ("Europe/London", datetime(2026, 3, 28, 23, 59, tzinfo=UTC), date(2026, 3, 28)),
        ("Europe/London", datetime(2026, 3, 29, 0, 0, tzinfo=UTC), date(2026, 3, 29)),
        ("Europe/London", datetime(2026, 3, 29, 23, 0, tzinfo=UTC), date(2026, 3, 30)),
        ("Europe/London", datetime(2026, 10, 24, 23, 0, tzinfo=UTC), date(2026, 10, 25)),
        ("Europe/London", datetime(2026, 10, 25, 23, 59, tzinfo=UTC), date(2026, 10, 25)),
        ("Pacific/Auckland", datetime(2028, 2, 28, 11, 0, tzinfo=UTC), date(2028, 2, 29)),
    ],
)
async def test_a_session_stands_on_the_day_that_the_prison_counts(
    fill: Fill, zone: str, starts_at: datetime, day: date
) -> None:
    policy = fact(PolicyPublished, document=Policy(time_zone=zone).document())
    db = await fill(booking_calendar, [policy, fact(SessionOpened, starts_at=starts_at)])
    found = {
        each: len(await calendar_day(db, PRISON, each))
        for each in (day - timedelta(days=1), day, day + timedelta(days=1))
    }
    assert list(found.values()) == [0, 1, 0]
