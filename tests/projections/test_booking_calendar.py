"""The booking calendar: a prison's times, as its own clock counts days, and what is free in each."""

import asyncio
from collections.abc import Sequence
from datetime import UTC, date, datetime, timedelta
from functools import reduce

import asyncpg
import pytest
from asyncpg import Connection
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from domain.booking.commands import BookCall
from domain.booking.events import (
    BookingCancelled,
    BookingChanged,
    CallBooked,
    CallRequestAutoRejected,
    CallRequested,
    CallRequestRejected,
    CallRequestWithdrawn,
    CallReserved,
    Method,
    ReservationReleased,
    Video,
)
from domain.booking.rules.case import Case
from domain.booking.rules.places import device_taken, session_full
from domain.booking.state import evolve, initial
from domain.event import Event
from domain.flag.events import BookingFlagged, BookingUnflagged
from domain.lifecycle import CallCompleted, CallMissed, CallStarted, CallTerminated
from domain.policy import Policy, PolicyPublished
from domain.restriction import RestrictionKind, RestrictionPlaced
from domain.timetable.events import (
    BlockScope,
    CallType,
    DateBlocked,
    DateUnblocked,
    DeviceAdded,
    DeviceWithdrawn,
    SessionOpened,
    SessionTemplatePublished,
    SessionTemplateRetired,
)
from domain.timetable.slot import Slot, session_id, slot_on
from projections import booking_calendar
from projections.booking_calendar import (
    BookingStatus,
    CalendarSession,
    booking,
    calls_of,
    devices_of,
    sessions_between,
)
from tests.asked import ask
from tests.facts import CALL, DEVICE, NOON, PRISON, PRISONER, SESSION, TEMPLATE, VISITOR, fact
from tests.projections.conftest import Fill
from tests.projections.test_replay import log_of, made

pytestmark = pytest.mark.postgres

DAY = date(2026, 11, 23)
WEEK = timedelta(days=7)
GIVEN = session_id(TEMPLATE, DAY)
asked = fact(CallRequested, -86400)
weekly = fact(SessionTemplatePublished, -90_000)


async def calendar_day(db: Connection, prison: str, day: date, at: datetime = NOON) -> list[CalendarSession]:
    return await booking_calendar.calendar_day(db, prison, day, at)


async def test_a_day_shows_its_sessions_in_the_order_of_their_time(fill: Fill) -> None:
    later = fact(SessionOpened, session="session-2", starts_at=NOON + timedelta(hours=2))
    db = await fill(booking_calendar, [later, fact(SessionOpened)])
    assert [session.session for session in await calendar_day(db, PRISON, DAY)] == [SESSION, "session-2"]
    assert await calendar_day(db, "LEI", DAY) == []


async def test_a_template_gives_its_time_on_each_of_its_days(fill: Fill) -> None:
    db = await fill(booking_calendar, [weekly])
    (time,) = await calendar_day(db, PRISON, DAY)
    assert (time.session, time.starts_at, time.minutes, time.free) == (GIVEN, NOON, 60, 2)
    assert await calendar_day(db, PRISON, DAY + timedelta(days=1)) == []
    times = await sessions_between(db, PRISON, DAY, DAY + 2 * WEEK, NOON)
    assert [each.starts_at for each in times] == [NOON, NOON + WEEK, NOON + 2 * WEEK]


async def test_a_template_of_every_other_week_and_one_that_is_retired_give_fewer_times(fill: Fill) -> None:
    other = fact(SessionTemplatePublished, template="template-2", every_weeks=2, starts="09:30")
    retired = fact(SessionTemplateRetired, from_day=DAY + WEEK)
    db = await fill(booking_calendar, [weekly, other, retired])
    times = await sessions_between(db, PRISON, DAY, DAY + 2 * WEEK, NOON)
    assert [each.session for each in times] == [GIVEN, session_id("template-2", DAY + WEEK)]


async def test_a_time_that_a_template_gives_follows_the_clock_of_the_prison(fill: Fill) -> None:
    summer = date(2026, 7, 6)
    db = await fill(booking_calendar, [fact(SessionTemplatePublished, first=date(2026, 6, 1))])
    (time,) = await calendar_day(db, PRISON, summer)
    assert time.starts_at == datetime(2026, 7, 6, 11, 0, tzinfo=UTC)


async def test_on_a_blocked_day_no_place_is_free_until_it_is_unblocked(fill: Fill) -> None:
    blocked = [weekly, fact(DateBlocked)]
    (time,) = await calendar_day(await fill(booking_calendar, blocked), PRISON, DAY)
    assert (time.blocked, time.free) == (fact(DateBlocked).because, 0)
    (time,) = await calendar_day(await fill(booking_calendar, [*blocked, fact(DateUnblocked)]), PRISON, DAY)
    assert (time.blocked, time.free) == (None, 2)


async def test_one_time_of_a_day_may_be_blocked_alone(fill: Fill) -> None:
    later = fact(SessionTemplatePublished, template="template-2", starts="15:00")
    block = fact(DateBlocked, scope=BlockScope.SESSION, template="template-2")
    times = await calendar_day(await fill(booking_calendar, [weekly, later, block]), PRISON, DAY)
    assert [time.blocked is None for time in times] == [True, False]


async def test_calls_in_a_time_that_was_retired_under_them_stay_in_sight(fill: Fill) -> None:
    call = fact(CallBooked, -80_000, session=GIVEN)
    db = await fill(booking_calendar, [weekly, call, fact(SessionTemplateRetired, from_day=DAY)])
    (time,) = await calendar_day(db, PRISON, DAY)
    assert (time.given, time.free, [each.call for each in time.bookings]) == (False, 0, [CALL])


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


async def test_a_booking_says_what_was_asked_and_what_staff_have_to_decide(fill: Fill) -> None:
    until = NOON - timedelta(days=2)
    call = fact(
        CallRequested,
        -4 * 86400,
        visitors=(VISITOR, "child-1"),
        children=("child-1",),
        call_type=CallType.LEGAL,
        video=Video.ONE_WAY,
        device=DEVICE,
        method=Method.PHONE,
        for_staff=("alert", "one_way"),
        decide_by=until,
    )
    found = await booking(await fill(booking_calendar, [call, fact(BookingFlagged)]), CALL)
    assert found is not None
    assert (found.call_type, found.video, found.device) == (CallType.LEGAL, Video.ONE_WAY, DEVICE)
    assert (found.children, found.method, found.flags) == (("child-1",), Method.PHONE, 1)
    assert (found.for_staff, found.decide_by) == (("alert", "one_way"), until)


async def test_flags_are_counted_while_they_are_open(fill: Fill) -> None:
    flags = [fact(BookingFlagged), fact(BookingFlagged), fact(BookingFlagged, flag="flag-2")]
    counts = []
    for more in ([], [fact(BookingUnflagged)], [fact(CallCompleted)]):
        found = await booking(await fill(booking_calendar, [asked, *flags, *more]), CALL)
        counts.append(None if found is None else found.flags)
    assert counts == [2, 1, 0]


async def test_a_reserved_place_is_taken_until_it_lapses_or_is_given_back(fill: Fill) -> None:
    kept = fact(CallReserved, -600, expires_at=NOON)
    db = await fill(booking_calendar, [fact(SessionOpened), kept])
    free = [
        (time.free, len(time.bookings))
        for at in (NOON - timedelta(seconds=1), NOON)
        for time in await calendar_day(db, PRISON, DAY, at)
    ]
    assert free == [(1, 1), (2, 0)]
    assert await calls_of(db, VISITOR) == []
    back = await fill(booking_calendar, [fact(SessionOpened), kept, fact(ReservationReleased, -300)])
    (time,) = await calendar_day(back, PRISON, DAY, NOON - timedelta(minutes=1))
    assert (time.free, time.bookings) == (2, ())


async def test_a_reserved_place_that_is_asked_for_lapses_no_longer(fill: Fill) -> None:
    kept = fact(CallReserved, -600, expires_at=NOON, reserved_by="visitor-2")
    db = await fill(booking_calendar, [fact(SessionOpened), kept, fact(CallRequested, -300)])
    (time,) = await calendar_day(db, PRISON, DAY)
    assert [(each.status, each.requested_by) for each in time.bookings] == [
        (BookingStatus.REQUESTED, VISITOR)
    ]
    assert time.free == 1


async def test_a_changed_call_is_found_at_its_new_time_with_its_new_people(fill: Fill) -> None:
    moved = fact(
        BookingChanged,
        -80_000,
        session=session_id(TEMPLATE, DAY + WEEK),
        starts_at=NOON + WEEK,
        visitors=("visitor-2",),
        booked=False,
        for_staff=("identity",),
    )
    requested = fact(CallRequested, -85_000, requested_by="visitor-5")
    db = await fill(booking_calendar, [weekly, requested, fact(CallBooked, -84_000), moved])
    assert [time.bookings for time in await calendar_day(db, PRISON, DAY)] == [()]
    (time,) = await calendar_day(db, PRISON, DAY + WEEK)
    (call,) = time.bookings
    assert (call.status, call.visitors, call.for_staff) == (
        BookingStatus.REQUESTED,
        ("visitor-2",),
        ("identity",),
    )
    assert (await calls_of(db, VISITOR), len(await calls_of(db, "visitor-2"))) == ([], 1)


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
        (fact(CallRequestRejected), BookingStatus.REJECTED, "timetable"),
        (fact(CallRequestAutoRejected), BookingStatus.AUTO_REJECTED, "minimum_notice"),
        (fact(CallRequestWithdrawn), BookingStatus.WITHDRAWN, None),
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


async def test_rooms_are_called_as_staff_call_them(fill: Fill) -> None:
    db = await fill(booking_calendar, [fact(DeviceAdded), fact(DeviceWithdrawn)])
    assert await devices_of(db, PRISON) == {DEVICE: "Booth 1"}


async def test_a_call_nobody_asked_for_is_not_in_the_calendar(fill: Fill) -> None:
    assert await booking(await fill(booking_calendar, [fact(SessionOpened)]), CALL) is None


async def test_a_person_finds_the_calls_that_name_them_or_that_they_asked_for(fill: Fill) -> None:
    at = {"call": "call-2", "starts_at": NOON + timedelta(days=7)}
    later = fact(CallRequested, **at, visitors=("visitor-2",), requested_by="visitor-5")
    db = await fill(booking_calendar, [asked, later])
    assert [each.call for each in await calls_of(db, PRISONER)] == ["call-2", CALL]
    assert [each.call for each in await calls_of(db, VISITOR)] == [CALL]
    assert [each.call for each in await calls_of(db, "visitor-5")] == ["call-2"]
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


async def test_the_zone_is_that_of_the_policy_in_effect(fill: Fill) -> None:
    later = fact(
        PolicyPublished,
        -100,
        version=2,
        document=Policy(time_zone="Pacific/Auckland").document(),
        effective_from=NOON + timedelta(days=1),
    )
    db = await fill(booking_calendar, [fact(PolicyPublished, -200), later])
    zones = [await booking_calendar.zone_of(db, PRISON, NOON + timedelta(days=day)) for day in (0, 1)]
    assert zones == ["Europe/London", "Pacific/Auckland"]


# Free places are those of the rules

ROOMS = ("room-1", "room-2")
CALLS = ("call-1", "call-2", "call-3", "call-4")
templates = st.builds(
    lambda stations, one_way, devices: fact(
        SessionTemplatePublished, stations=stations, one_way_stations=one_way, devices=devices
    ),
    st.integers(1, 3),
    st.integers(0, 2),
    st.sampled_from([(), ROOMS[:1], ROOMS]),
)
places = st.builds(
    lambda kind, call, session, video, device, minutes, expires: fact(
        kind,
        call=call,
        session=session,
        starts_at=NOON if session == GIVEN else NOON + timedelta(minutes=30),
        minutes=minutes,
        video=video,
        device=device,
        **({"expires_at": NOON + timedelta(minutes=expires)} if kind is CallReserved else {}),
    ),
    st.sampled_from(
        [CallReserved, CallRequested, CallBooked, BookingChanged, CallRequestRejected, BookingCancelled]
    ),
    st.sampled_from(CALLS),
    st.sampled_from([GIVEN, GIVEN, GIVEN, "session-9"]),
    st.sampled_from(Video),
    st.sampled_from([None, *ROOMS]),
    st.sampled_from([30, 60]),
    st.sampled_from([-5, 5]),
)
withdrawals = st.lists(
    st.builds(lambda device: fact(DeviceWithdrawn, device=device), st.sampled_from(ROOMS)), max_size=1
)
wishes = st.tuples(st.sampled_from([30, 60]), st.sampled_from(Video))


@settings(
    max_examples=60,
    deadline=None,
    derandomize=True,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(template=templates, history=st.lists(places, max_size=10), gone=withdrawals, wish=wishes)
def test_a_place_is_free_just_when_the_rules_would_give_it(
    read_models: str,
    template: SessionTemplatePublished,
    history: Sequence[Event],
    gone: Sequence[Event],
    wish: tuple[int, Video],
) -> None:
    rooms = [fact(DeviceAdded, device=device) for device in ROOMS]
    log = [*rooms, template, *history, *gone]
    minutes, video = wish
    slot = slot_on(template, None, DAY, "Europe/London")
    assert slot is not None
    case = case_of(slot, log, minutes, video)
    may = session_full(case) is None and device_taken(case) is None

    async def scenario() -> None:
        db = await asyncpg.connect(read_models)
        await made(db, booking_calendar, [log_of(log)])
        (time,) = [
            each for each in await sessions_between(db, PRISON, DAY, DAY, NOON) if each.session == GIVEN
        ]
        await db.close()
        assert (time.free_for(minutes, video) > 0) == may

    asyncio.run(scenario())


def case_of(slot: Slot, log: Sequence[Event], minutes: int, video: Video) -> Case:
    """What the rules look at, when somebody wants a call of so many minutes at this moment."""
    closed = fact(RestrictionPlaced, kind=RestrictionKind.CLOSED)
    restricted = [closed] if video is Video.ONE_WAY else []
    state = reduce(evolve, [*log, *restricted], initial)  # type: ignore[arg-type]
    wished = ask(
        BookCall, call="wish", session=slot.session, starts_at=slot.starts_at, minutes=minutes, at=NOON
    )
    return Case(state, Policy(), slot, wished)
