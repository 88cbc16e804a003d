"""Booking, rules about what there is only so much of: places, rooms, the month's time, people's own time."""

from datetime import timedelta
from typing import Any

import pytest

from domain import booking
from domain.allowance import CallAllowanceAdjusted, CallAllowanceGranted
from domain.booking.commands import BookCall
from domain.booking.events import CallBooked, CallRequested, CallReserved, Video
from domain.event import Event, Refused
from domain.lifecycle import CallMinutesCredited
from domain.prisoner.events import (
    AppointmentCancelled,
    AppointmentRecorded,
    Conviction,
    PrisonerMerged,
    PrisonerProfileChanged,
)
from domain.restriction import RestrictionKind, RestrictionPlaced
from domain.timetable.events import CallType, DeviceWithdrawn, SessionOpened
from tests.asked import ON_MONDAY, ask
from tests.bookings import (
    AHEAD,
    ON_TEMPLATE,
    another,
    approved,
    earlier,
    held,
    opened,
    policy,
    policy_with,
    templated,
    usual,
)
from tests.facts import DEVICE, NOON, PRISONER, VISITOR, fact
from tests.scenario import given

on_remand = fact(PrisonerProfileChanged, conviction=Conviction.REMAND)
closed = fact(RestrictionPlaced, kind=RestrictionKind.CLOSED)
MERGED = {"merged": ("prisoner-9",)}
of_earlier_record: dict[str, Any] = {"prisoner": "prisoner-9", "prisoner_month": "prisoner-9/2026-11"}


def in_session(number: int, **changes: Any) -> Any:
    """A stranger's call in the template's session."""
    return another(
        call=f"call-{number}",
        session=ON_MONDAY,
        prisoner=f"prisoner-{number}",
        prisoner_month=f"prisoner-{number}/2026-11",
        visitors=(f"visitor-{number}",),
        visitor_day=(f"visitor-{number}/2026-11-23",),
        **changes,
    )


# Places


def test_a_call_is_booked_where_a_place_is_left() -> None:
    one = [held, fact(SessionOpened, stations=1), approved, policy()]
    given(booking, *one, another()).when(ask(BookCall, AHEAD)).then_refused("session_full")


@pytest.mark.parametrize(("others", "fits"), [(1, True), (2, False)])
def test_without_places_set_apart_one_way_calls_take_any(others: int, fits: bool) -> None:
    taken = [in_session(2 + number, video=Video.ONE_WAY) for number in range(others)]
    asked = given(booking, *templated(), *taken).when(ask(BookCall, AHEAD, **ON_TEMPLATE))
    if fits:
        assert asked.outcome()
    else:
        asked.then_refused("session_full")


def test_where_one_way_places_are_set_apart_each_kind_has_its_own() -> None:
    history = templated(stations=1, one_way_stations=1)
    both_ways, one_way = in_session(2), in_session(3, video=Video.ONE_WAY)
    command = ask(BookCall, AHEAD, **ON_TEMPLATE)
    assert given(booking, *history, one_way).when(command).outcome()
    given(booking, *history, both_ways).when(command).then_refused("session_full")
    assert given(booking, *history, closed, both_ways).when(command).outcome()
    given(booking, *history, closed, one_way).when(command).then_refused("session_full")


def test_there_may_be_more_one_way_places_than_others() -> None:
    history = [*templated(stations=1, one_way_stations=2), closed, in_session(3, video=Video.ONE_WAY)]
    assert given(booking, *history).when(ask(BookCall, AHEAD, **ON_TEMPLATE)).outcome()


def test_a_closed_visitor_is_called_one_way() -> None:
    requested = given(booking, *usual, closed).when(ask(BookCall, AHEAD)).outcome()[0]
    assert isinstance(requested, CallRequested)
    assert requested.video is Video.ONE_WAY


# Rooms and devices

ROOM = {**ON_TEMPLATE, "devices": (DEVICE,)}
ROOMS = {**ON_TEMPLATE, "devices": (DEVICE, "device-2")}


def in_room(device: str = DEVICE, start: int = 0, minutes: int = 30, **changes: Any) -> Any:
    """A stranger's call of another session that takes a room, so many minutes after NOON."""
    starts_at = NOON + timedelta(minutes=start)
    return another(
        session="session-2",
        device=device,
        device_day=(f"{device}/{starts_at:%Y-%m-%d}",),
        starts_at=starts_at,
        minutes=minutes,
        **changes,
    )


def test_a_room_is_not_given_to_two_calls_at_once() -> None:
    history = [*templated(devices=(DEVICE,)), in_room()]
    given(booking, *history).when(ask(BookCall, AHEAD, **ROOM)).then_refused("device_taken")


@pytest.mark.parametrize("start", [-29, 0, 29])
def test_rooms_are_free_for_the_whole_call(start: int) -> None:
    history = [*templated(devices=(DEVICE,)), in_room(start=start)]
    given(booking, *history).when(ask(BookCall, AHEAD, **ROOM)).then_refused("device_taken")


@pytest.mark.parametrize("start", [-30, 30])
def test_a_room_is_free_before_and_after(start: int) -> None:
    history = [*templated(devices=(DEVICE,)), in_room(start=start)]
    assert given(booking, *history).when(ask(BookCall, AHEAD, **ROOM)).outcome()


def test_a_call_takes_the_first_room_that_is_free_and_in_use() -> None:
    history = templated(devices=(DEVICE, "device-2"))
    for taken, device in [([], DEVICE), ([in_room()], "device-2"), ([fact(DeviceWithdrawn)], "device-2")]:
        requested = given(booking, *history, *taken).when(ask(BookCall, AHEAD, **ROOMS)).outcome()[0]
        assert isinstance(requested, CallRequested)
        assert (requested.device, requested.device_day) == (device, (f"{device}/2026-11-23",))


def test_a_call_elsewhere_over_midnight_keeps_the_room() -> None:
    history = [*templated(devices=(DEVICE,), starts="00:00"), in_room(start=-12 * 60 - 10)]
    midnight = ask(BookCall, AHEAD, starts_at=NOON - timedelta(hours=12), **ROOM)
    given(booking, *history).when(midnight).then_refused("device_taken")


def test_without_a_room_in_use_there_is_no_call() -> None:
    history = [*templated(devices=(DEVICE,)), fact(DeviceWithdrawn)]
    given(booking, *history).when(ask(BookCall, AHEAD, **ROOM)).then_refused("device_taken")


def test_rooms_that_were_looked_up_must_still_be_the_sessions() -> None:
    given(booking, *templated(devices=(DEVICE,))).when(ask(BookCall, AHEAD, **ROOMS)).then_refused(
        "session_changed"
    )


# The month's time


def credited(seconds: int, **changes: Any) -> Event:
    return fact(CallMinutesCredited, -9 * 86400, call="call-7", seconds=seconds, **changes)


def test_the_month_has_enough_call_time_left() -> None:
    given(booking, *usual, earlier(minutes=60)).when(ask(BookCall, AHEAD)).then_refused("allowance")


@pytest.mark.parametrize(
    "given_time",
    [
        [fact(CallAllowanceGranted)],
        [credited(1800)],
        [credited(900), credited(900)],
        [fact(CallAllowanceGranted, minutes=60), fact(CallAllowanceAdjusted)],
        [fact(PrisonerMerged), fact(CallAllowanceGranted, **of_earlier_record)],
    ],
    ids=["granted", "credited", "credited twice", "granted and corrected", "under an earlier record"],
)
def test_what_was_given_beyond_the_policy_counts(given_time: list[Event]) -> None:
    merged = MERGED if any(isinstance(one, PrisonerMerged) for one in given_time) else {}
    history = [*usual, earlier(minutes=60), *given_time]
    assert given(booking, *history).when(ask(BookCall, AHEAD, **merged)).outcome()


@pytest.mark.parametrize(
    "too_little",
    [
        fact(CallAllowanceGranted, minutes=29),
        fact(CallAllowanceGranted, prisoner_month=f"{PRISONER}/2026-12"),
        fact(CallAllowanceGranted, prisoner="prisoner-2", prisoner_month="prisoner-2/2026-11"),
        credited(1799),
    ],
    ids=["a minute short", "of another month", "of another person", "a second short"],
)
def test_what_was_given_to_another_or_falls_short_does_not_count(too_little: Event) -> None:
    given(booking, *usual, earlier(minutes=60), too_little).when(ask(BookCall, AHEAD)).then_refused(
        "allowance"
    )


def test_call_time_can_be_taken_away() -> None:
    given(booking, *usual, fact(CallAllowanceAdjusted, minutes=-31)).when(ask(BookCall, AHEAD)).then_refused(
        "allowance"
    )
    assert (
        given(booking, *usual, fact(CallAllowanceAdjusted, minutes=-30)).when(ask(BookCall, AHEAD)).outcome()
    )


def test_calls_under_an_earlier_record_take_from_the_months_time() -> None:
    history = [*usual, fact(PrisonerMerged), earlier(minutes=60, **of_earlier_record)]
    given(booking, *history).when(ask(BookCall, AHEAD, **MERGED)).then_refused("allowance")


def test_calls_that_are_not_counted_take_nothing() -> None:
    assert given(booking, *usual, earlier(minutes=60, counted=False)).when(ask(BookCall, AHEAD)).outcome()
    legal = ask(BookCall, AHEAD, call_type=CallType.LEGAL, minutes=60)
    assert given(booking, *usual, earlier(minutes=60)).when(legal).outcome()


def test_whether_a_call_counts_is_on_record() -> None:
    for call_type, counted in [(CallType.SOCIAL, True), (CallType.LEGAL, False)]:
        requested = given(booking, *usual).when(ask(BookCall, AHEAD, call_type=call_type)).outcome()[0]
        assert isinstance(requested, CallRequested)
        assert requested.counted is counted
        assert requested.call_type is call_type


# The week of somebody on remand


def this_week(*days: int, **changes: Any) -> list[Any]:
    return [earlier(day, call=f"call of {day}", session=f"session of {day}", **changes) for day in days]


THREE = (-1, -2, -3)  # Tuesday to Thursday of the same week


def test_somebody_on_remand_has_so_many_calls_a_week() -> None:
    given(booking, *usual, on_remand, *this_week(*THREE)).when(ask(BookCall, AHEAD)).then_refused(
        "remand_week"
    )
    assert given(booking, *usual, on_remand, *this_week(-1, -2)).when(ask(BookCall, AHEAD)).outcome()


def test_how_many_calls_there_are_is_said() -> None:
    with pytest.raises(Refused, match=r"^There are already 3 calls this week, and no more can be booked\.$"):
        given(booking, *usual, on_remand, *this_week(*THREE)).when(ask(BookCall, AHEAD)).outcome()


def test_the_weeks_calls_stand_in_place_of_the_months_time() -> None:
    long = this_week(-1, 7, 8, minutes=60)
    assert given(booking, *usual, on_remand, *long).when(ask(BookCall, AHEAD)).outcome()
    given(booking, *usual, *long).when(ask(BookCall, AHEAD)).then_refused("allowance")


def test_a_weeks_calls_are_limited_for_nobody_else() -> None:
    history = [held, opened, approved, policy(minutes_a_month=600), *this_week(*THREE)]
    assert given(booking, *history).when(ask(BookCall, AHEAD)).outcome()


@pytest.mark.parametrize(
    "others",
    [
        this_week(-1, -2, 7),
        this_week(-1, -2, -7),
        this_week(*THREE, counted=False),
        this_week(*THREE, prisoner="prisoner-2", prisoner_month="prisoner-2/2026-11"),
    ],
    ids=["the week before", "the week after", "not counted", "of another person"],
)
def test_other_calls_are_not_of_this_week(others: list[Any]) -> None:
    assert given(booking, *usual, on_remand, *others).when(ask(BookCall, AHEAD)).outcome()


def test_the_calls_under_an_earlier_record_are_of_this_week_too() -> None:
    history = [*usual, on_remand, fact(PrisonerMerged), *this_week(*THREE, **of_earlier_record)]
    given(booking, *history).when(ask(BookCall, AHEAD, **MERGED)).then_refused("remand_week")


def test_a_call_with_a_lawyer_is_none_of_the_weeks_calls() -> None:
    command = ask(BookCall, AHEAD, call_type=CallType.LEGAL)
    assert given(booking, *usual, on_remand, *this_week(*THREE)).when(command).outcome()


# People's own time


def test_nobody_is_on_two_calls_at_once() -> None:
    both = another(session="session-2", prisoner=PRISONER, prisoner_month=f"{PRISONER}/2026-11")
    given(booking, *usual, both).when(ask(BookCall, AHEAD)).then_refused("double_booking")


def test_a_call_under_an_earlier_record_is_a_call_at_this_time() -> None:
    history = [*usual, fact(PrisonerMerged), another(session="session-2", **of_earlier_record)]
    given(booking, *history).when(ask(BookCall, AHEAD, **MERGED)).then_refused("double_booking")


def test_a_place_that_is_kept_counts_until_it_lapses() -> None:
    kept = {"session": "session-2", "visitors": (VISITOR,), "visitor_day": (f"{VISITOR}/2026-11-23",)}
    until = NOON + timedelta(seconds=AHEAD)
    waiting = another(CallReserved, AHEAD - 1, **kept, expires_at=until + timedelta(seconds=1))
    given(booking, *usual, waiting).when(ask(BookCall, AHEAD)).then_refused("double_booking")
    lapsed = another(CallReserved, AHEAD - 1, **kept, expires_at=until)
    assert given(booking, *usual, lapsed).when(ask(BookCall, AHEAD)).outcome()


def test_a_court_a_doctor_or_a_lawyer_goes_before() -> None:
    given(booking, *usual, fact(AppointmentRecorded)).when(ask(BookCall, AHEAD)).then_refused("appointment")


@pytest.mark.parametrize(("start", "free"), [(-60, True), (-59, False), (29, False), (30, True)])
def test_an_appointment_takes_its_own_time_only(start: int, free: bool) -> None:
    taken = fact(AppointmentRecorded, starts_at=NOON + timedelta(minutes=start))
    asked = given(booking, *usual, taken).when(ask(BookCall, AHEAD))
    if free:
        assert asked.outcome()
    else:
        asked.then_refused("appointment")


@pytest.mark.parametrize(
    "appointments",
    [
        [fact(AppointmentRecorded), fact(AppointmentCancelled)],
        [fact(AppointmentRecorded, prisoner="prisoner-2", prisoner_month="prisoner-2/2026-11")],
    ],
    ids=["cancelled", "of somebody else"],
)
def test_an_appointment_that_is_not_held_takes_no_time(appointments: list[Event]) -> None:
    assert given(booking, *usual, *appointments).when(ask(BookCall, AHEAD)).outcome()


def test_one_cancelled_appointment_leaves_the_other() -> None:
    history = [
        fact(AppointmentRecorded),
        fact(AppointmentRecorded, appointment="two"),
        fact(AppointmentCancelled),
    ]
    given(booking, *usual, *history).when(ask(BookCall, AHEAD)).then_refused("appointment")


def test_an_appointment_under_an_earlier_record_goes_before() -> None:
    history = [*usual, fact(PrisonerMerged), fact(AppointmentRecorded, **of_earlier_record)]
    given(booking, *history).when(ask(BookCall, AHEAD, **MERGED)).then_refused("appointment")


def test_the_whole_place_is_on_record() -> None:
    history = [
        held,
        *templated(devices=(DEVICE,))[1:3],
        policy_with(booking={"approval": "auto"}, people={"identity_required": False}),
    ]
    booked = given(booking, *history).when(ask(BookCall, AHEAD, **ROOM)).outcome()[-1]
    at = NOON + timedelta(seconds=AHEAD)
    assert booked == fact(
        CallBooked, AHEAD, at=at, session=ON_MONDAY, device=DEVICE, device_day=(f"{DEVICE}/2026-11-23",)
    )
