"""The end of a call: time that it lost is added where its place stays free, and otherwise credited."""

from dataclasses import replace
from datetime import timedelta
from typing import Any, cast

import pytest

from domain import booking
from domain.booking.commands import BookCall, ReserveCall
from domain.booking.events import BookingCancelled, CallBooked, CallReserved, Video
from domain.booking.rules.case import Case
from domain.booking.rules.places import device_taken, double_booking, session_full
from domain.call import ending
from domain.call.commands import Beyond, CompleteCall
from domain.call.events import CallInterrupted, CallPaused, CallResumed, ParticipantLeft, PausedBy
from domain.clearance import Side
from domain.event import Event
from domain.lifecycle import CallCompleted, CallExtended, CallMinutesCredited, CallOutcome, CallStarted
from domain.policy import CallPolicy, Policy
from domain.prisoner.events import AppointmentCancelled, AppointmentRecorded
from domain.timetable.events import SessionOpened, SessionTemplatePublished, SessionTemplateRetired
from domain.timetable.slot import slot_opened
from domain.violation import ViolationRaised
from tests.asked import ask
from tests.facts import DEVICE, NOON, OFFICER, PRISON, PRISONER, SESSION, VISITOR, fact
from tests.scenario import given, selected

END = 1800  # of a call of 30 minutes in a time of 30 minutes
DAY = (f"{PRISON}/2026-11-23",)
AFTER = "session-after"

own = fact(SessionOpened, -99_000, minutes=30, timetable_day=DAY)
after = fact(
    SessionOpened,
    -98_000,
    session=AFTER,
    starts_at=NOON + timedelta(minutes=30),
    minutes=30,
    stations=1,
    timetable_day=DAY,
)
booked = fact(CallBooked, -86_400, device=DEVICE, device_day=(f"{DEVICE}/2026-11-23",))
started = fact(CallStarted)
lost_20: list[Event] = [fact(ViolationRaised, 10), fact(CallPaused, 10), fact(CallResumed, 30)]
history: list[Event] = [own, after, booked, started, *lost_20]

BEYOND = Beyond(
    prison=PRISON,
    zone="Europe/London",
    session=SESSION,
    records=(PRISONER,),
    visitors=(VISITOR,),
    device=DEVICE,
    sessions=(AFTER,),
    until=NOON + timedelta(seconds=END + 600),
)

added = fact(
    CallExtended,
    END - 60,
    session=(AFTER,),
    device=DEVICE,
    device_day=(f"{DEVICE}/2026-11-23",),
)


def complete(seconds: float, **changes: Any) -> CompleteCall:
    """The call's end is looked at then."""
    return ask(CompleteCall, seconds, beyond=BEYOND.model_copy(update=changes))


def another(kind: type[Any] = CallBooked, /, **changes: Any) -> Any:
    """Another call in the time after, of other people, in another room."""
    fields: dict[str, Any] = {
        "call": "call-2",
        "session": AFTER,
        "starts_at": NOON + timedelta(minutes=30),
        "prisoner": "prisoner-2",
        "visitors": ("visitor-2",),
        "prisoner_month": "prisoner-2/2026-11",
        "visitor_day": ("visitor-2/2026-11-23",),
    }
    return fact(kind, -500, **{**fields, **changes})


# Time is added


def test_shortly_before_its_end_a_call_is_given_the_time_that_it_lost() -> None:
    given(ending, *history).when(complete(END - 61)).then_nothing()
    given(ending, *history).when(complete(END - 60)).then(added)


def test_what_was_added_once_is_not_added_again_and_the_call_ends_then() -> None:
    given(ending, *history, added).when(complete(END)).then_nothing()
    given(ending, *history, added).when(complete(END + 20)).then(
        fact(CallCompleted, END + 20, talk_ms=1_800_000, paused_ms=20_000)
    )


def test_a_call_that_lost_nothing_is_given_no_time() -> None:
    given(ending, own, after, booked, started).when(complete(END - 60)).then_nothing()
    given(ending, own, after, booked, started).when(complete(END)).then(
        fact(CallCompleted, END, talk_ms=1_800_000, paused_ms=0)
    )


def test_a_little_lost_time_makes_room_for_goodbyes() -> None:
    short = [own, after, booked, started, fact(CallPaused, 10), fact(CallResumed, 13)]
    (more,) = given(ending, *short).when(complete(END - 60)).outcome()
    assert isinstance(more, CallExtended)
    assert more.seconds == CallPolicy().extension_min_s == 15


def test_no_more_is_added_than_the_policy_allows_and_the_rest_is_credited() -> None:
    strict = fact(CallStarted, rules=CallPolicy(extension_max_s=15))
    (more,) = given(ending, own, after, booked, strict, *lost_20).when(complete(END - 60)).outcome()
    assert isinstance(more, CallExtended)
    assert more.seconds == 15
    events = given(ending, own, after, booked, strict, *lost_20, more).when(complete(END + 15)).outcome()
    assert events[1] == fact(CallMinutesCredited, END + 15, seconds=5)


def test_where_no_time_may_be_added_it_is_credited() -> None:
    never = fact(CallStarted, rules=CallPolicy(extension_max_s=0))
    given(ending, own, booked, never, *lost_20).when(complete(END - 60)).then_nothing()
    events = given(ending, own, booked, never, *lost_20).when(complete(END)).outcome()
    assert events[1] == fact(CallMinutesCredited, END, seconds=20)


def test_without_a_look_at_what_comes_after_no_time_is_added() -> None:
    events = given(ending, *history).when(ask(CompleteCall, END)).outcome()
    assert isinstance(events[0], CallCompleted)
    assert isinstance(events[1], CallMinutesCredited)


def test_within_its_own_time_a_call_needs_no_other_station() -> None:
    longer = fact(SessionOpened, -99_000, minutes=60, timetable_day=DAY)
    (more,) = given(ending, longer, booked, started, *lost_20).when(complete(END - 60)).outcome()
    assert isinstance(more, CallExtended)
    assert more.session == ()


def test_one_way_video_stays_one_way_and_takes_such_a_station() -> None:
    one_way = booked.model_copy(update={"video": Video.ONE_WAY})
    (more,) = given(ending, own, after, one_way, started, *lost_20).when(complete(END - 60)).outcome()
    assert isinstance(more, CallExtended)
    assert more.one_way


# The call stands still at its end


def test_a_call_that_stands_still_shortly_before_its_end_is_looked_at_at_its_end() -> None:
    stands = [own, after, booked, started, fact(CallPaused, END - 90)]
    given(ending, *stands).when(complete(END - 60)).then_nothing()
    (more,) = given(ending, *stands).when(complete(END)).outcome()
    assert isinstance(more, CallExtended)
    assert more.seconds == 90


def test_while_it_stands_still_it_is_given_more_until_the_policy_allows_no_more() -> None:
    stands: list[Event] = [own, after, booked, started, fact(CallPaused, END - 90)]
    given_s, at = 0, END
    while isinstance((more := given(ending, *stands).when(complete(at)).outcome())[0], CallExtended):
        stands += more
        given_s, at = given_s + more[0].seconds, at + more[0].seconds
    assert given_s == CallPolicy().extension_max_s
    assert isinstance(more[0], CallCompleted)
    assert more[1] == fact(CallMinutesCredited, at, seconds=90)


def test_what_staff_paused_gives_no_time() -> None:
    by_staff = fact(CallPaused, END - 90, paused_by=PausedBy.STAFF, officer=OFFICER)
    given(ending, own, after, booked, started, by_staff).when(complete(END)).then(
        fact(CallCompleted, END, talk_ms=(END - 90) * 1000, paused_ms=90_000)
    )


def test_after_the_grace_of_an_interruption_no_time_is_added() -> None:
    gone = fact(ParticipantLeft, END - 90)
    until = NOON + timedelta(seconds=END - 30)
    stop = fact(CallInterrupted, END - 90, cause="connection_lost", side=Side.VISITOR, rejoin_until=until)
    events = given(ending, own, after, booked, started, gone, stop).when(complete(END - 30)).outcome()
    assert isinstance(events[0], CallCompleted)
    assert events[0].outcome is CallOutcome.TECHNICAL_FAILURE_VISITOR


# Its place is not free


def not_added(*others: Event, **changes: Any) -> None:
    """Nothing is added before the end; at it the call is over and its time is credited."""
    given(ending, *history, *others).when(complete(END - 60, **changes)).then_nothing()
    given(ending, *history, *others).when(complete(END, **changes)).then(
        fact(CallCompleted, END, talk_ms=1_780_000, paused_ms=20_000), fact(CallMinutesCredited, END)
    )


def is_added(*others: Event, **changes: Any) -> None:
    """Time is added."""
    given(ending, *history, *others).when(complete(END - 60, **changes)).then(added)


def test_where_the_time_after_is_full_the_time_is_credited() -> None:
    not_added(another())


def test_a_reserved_place_is_taken_as_long_as_it_is_kept() -> None:
    kept: dict[str, Any] = {"reserved_by": "visitor-2"}
    not_added(another(CallReserved, **kept, expires_at=NOON + timedelta(seconds=END + 1)))
    is_added(another(CallReserved, **kept, expires_at=NOON + timedelta(seconds=END - 60)))


def test_a_place_that_was_given_up_is_free() -> None:
    is_added(another(), another(BookingCancelled))


def test_a_station_that_another_call_was_given_is_taken() -> None:
    not_added(added.model_copy(update={"call": "call-2", "prisoner": "prisoner-2", "visitors": ()}))


@pytest.mark.parametrize(
    "other",
    [
        {"prisoner": PRISONER, "prisoner_month": f"{PRISONER}/2026-11"},
        {"visitors": (VISITOR,), "visitor_day": (f"{VISITOR}/2026-11-23",)},
        {"device": DEVICE, "device_day": (f"{DEVICE}/2026-11-23",)},
    ],
    ids=["the person in prison", "a visitor", "the device"],
)
def test_who_and_what_another_call_needs_then_is_not_kept(other: dict[str, Any]) -> None:
    not_added(another(session="elsewhere", **other))
    is_added(another(session="elsewhere", starts_at=NOON + timedelta(seconds=END + 20), **other))


def test_the_person_under_an_earlier_record_is_the_same_person() -> None:
    old = another(session="elsewhere", prisoner="prisoner-0", prisoner_month="prisoner-0/2026-11")
    not_added(old, records=(PRISONER, "prisoner-0"))


def test_an_appointment_goes_before() -> None:
    soon = fact(AppointmentRecorded, -500, starts_at=NOON + timedelta(seconds=END))
    not_added(soon)
    is_added(soon, fact(AppointmentCancelled, -400))


def test_a_time_that_nobody_had_looked_up_is_not_taken_from() -> None:
    not_added(sessions=())
    not_added(until=NOON + timedelta(seconds=END + 19))


def test_a_template_gives_the_time_after_too_until_it_is_retired() -> None:
    template = fact(SessionTemplatePublished, -99_000, starts="12:30", stations=1)
    named = f"{template.template}.2026-11-23"
    weekly = [own, template, booked, started, *lost_20]
    (more,) = given(ending, *weekly).when(complete(END - 60, sessions=(named,))).outcome()
    assert isinstance(more, CallExtended)
    assert more.session == (named,)
    full = another(session=named)
    given(ending, *weekly, full).when(complete(END - 60, sessions=(named,))).then_nothing()
    retired = fact(SessionTemplateRetired, -400, from_day=NOON.date())
    events = given(ending, *weekly, full, retired).when(complete(END - 60, sessions=(named,))).outcome()
    assert isinstance(events[0], CallExtended)


def test_a_time_that_names_its_rooms_has_no_need_of_another_one() -> None:
    elsewhere = fact(SessionTemplatePublished, -99_000, starts="12:30", devices=("device-9",), stations=0)
    (more,) = given(ending, own, elsewhere, booked, started, *lost_20).when(complete(END - 60)).outcome()
    assert isinstance(more, CallExtended)
    same = elsewhere.model_copy(update={"devices": ("device-9", DEVICE)})
    given(ending, own, same, booked, started, *lost_20).when(complete(END - 60)).then_nothing()


def test_a_time_that_began_beside_the_calls_own_has_stations_of_its_own() -> None:
    own_60 = fact(SessionOpened, -99_000, minutes=60, timetable_day=DAY)
    (more,) = (
        given(ending, own_60, after, another(), booked, started, *lost_20).when(complete(END - 60)).outcome()
    )
    assert isinstance(more, CallExtended)


# Who books into the time after sees it


def case(kind: type[Any] = BookCall, **changes: Any) -> Case:
    """A wish for the time after, by other people, while the call has been given time from it."""
    command = ask(
        kind,
        END - 30,
        **{
            "call": "call-2",
            "session": AFTER,
            "starts_at": NOON + timedelta(minutes=30),
            "prisoner": "prisoner-2",
            "visitors": ("visitor-2",),
            **changes,
        },
    )
    state = booking.initial
    for event in selected([*history, added], booking.boundary(command)):
        state = booking.evolve(state, cast(Any, event))
    return Case(state, Policy(), replace(slot_opened(after), devices=(DEVICE,)), command)


def test_the_station_that_a_call_was_given_is_not_booked() -> None:
    assert session_full(case()) is not None
    assert session_full(case(ReserveCall)) is not None


def test_nor_are_its_people_nor_its_device() -> None:
    assert double_booking(case(prisoner=PRISONER)) is not None
    assert double_booking(case(visitors=(VISITOR,))) is not None
    assert double_booking(case()) is None
    assert device_taken(case(devices=(DEVICE,))) is not None
