"""What follows from events, now and in time."""

from collections.abc import Sequence
from datetime import timedelta
from typing import Any

import pytest

from application.handle import handle
from application.ports import EventStore
from application.reactions import (
    REACTIONS,
    Reaction,
    Reacts,
    ask_reenrolment,
    close_record,
    close_taps,
    complete_in_time,
    decide_in_time,
    give_back_judging,
    go_on,
    hold_for_monitor,
    lapse_barred,
    lapse_monitoring,
    miss_in_time,
    open_in_time,
    pause_flagged,
    start_call,
    tell_safeguarding,
)
from domain import reenrolment
from domain.access import StreamLookedAt
from domain.barring.commands import LapseBarred
from domain.barring.events import BarredFaceApproved
from domain.booking.events import CallBooked
from domain.call.commands import (
    Beyond,
    CompleteCall,
    EscalatePause,
    GoOn,
    HoldForMonitor,
    PauseFlagged,
)
from domain.call.events import (
    CallInterrupted,
    CallPaused,
    CallResumed,
    InterruptionOver,
    ParticipantRejoined,
)
from domain.closing import CloseCall
from domain.concern import ConcernKind, RaiseConcern
from domain.enrolment import FaceTemplateEnrolled
from domain.event import Event
from domain.flag.decisions import UnflagBooking
from domain.flag.events import BookingFlagged, ClearedBecause, FlagKind
from domain.lifecycle import CallCompleted, CallExtended, CallStarted, CallTerminated
from domain.looking import CloseTaps
from domain.moderation.kind import Kind
from domain.monitoring.commands import LapseMonitoring
from domain.monitoring.events import (
    MonitoringAuthorised,
    MonitoringEnded,
    MonitoringReview,
    MonitoringReviewed,
)
from domain.policy import CallPolicy, Policy, PolicyPublished
from domain.prisoner.events import PrisonerMerged
from domain.reenrolment import AskReenrolment, ReenrolmentAsked
from domain.takeover import GiveBackJudging, GivenBack
from domain.timetable.events import SessionOpened, SessionTemplatePublished, Starts
from domain.violation import ViolationCleared, ViolationRaised
from domain.waiting_room.commands import MissCall, OpenWaitingRoom, StartCall
from domain.waiting_room.events import (
    CallHeldForMonitor,
    IdentityChecked,
    MonitorJoined,
    MonitorLeft,
    ParticipantAdmitted,
    SeenFace,
    WaitingRoomOpened,
)
from tests.application.history import put
from tests.facts import (
    AUTHORISATION,
    BARRED,
    CALL,
    DEVICE,
    NOON,
    OFFICER,
    PRISON,
    PRISONER,
    SESSION,
    VISITOR,
    fact,
    recorded,
)
from tests.stores import context


async def _follows(reaction: Reacts, store: EventStore, event: Event) -> Sequence[Reaction]:
    position = await put(store, event)
    return await reaction.react(recorded(position, event), store)


def _at(seconds: float) -> Any:
    return NOON + timedelta(seconds=seconds)


async def test_the_waiting_room_opens_as_long_before_the_call_as_the_prison_says(store: EventStore) -> None:
    await put(
        store,
        fact(
            PolicyPublished,
            -100_000,
            document=Policy().merged({"waiting_room": {"opens_before_s": 300}}).document(),
        ),
    )

    (follows,) = await _follows(open_in_time, store, fact(CallBooked, -86400))

    assert isinstance(follows.command, OpenWaitingRoom)
    assert follows.due_at == _at(-300)


async def test_a_waiting_room_whose_time_has_come_when_the_call_is_booked_opens_at_once(
    store: EventStore,
) -> None:
    await put(store, fact(PolicyPublished))

    (follows,) = await _follows(open_in_time, store, fact(CallBooked, -60))

    assert follows.due_at == _at(-60)


async def test_a_call_is_tried_to_start_at_its_time_and_whenever_somebody_was_admitted(
    store: EventStore,
) -> None:
    (at_time,) = await _follows(start_call, store, fact(WaitingRoomOpened, -900, starts=Starts.AT_TIME))
    (now,) = await _follows(start_call, store, fact(ParticipantAdmitted, -30))

    assert isinstance(at_time.command, StartCall)
    assert at_time.due_at == NOON
    assert isinstance(now.command, StartCall)
    assert now.due_at is None


async def test_a_call_that_starts_when_all_are_there_waits_for_no_clock(store: EventStore) -> None:
    assert not await _follows(start_call, store, fact(WaitingRoomOpened, starts=Starts.WHEN_ADMITTED))


async def test_a_call_is_looked_at_for_having_been_missed_when_its_wait_is_over(store: EventStore) -> None:
    (follows,) = await _follows(miss_in_time, store, fact(WaitingRoomOpened, missed_at=_at(600)))

    assert isinstance(follows.command, MissCall)
    assert follows.due_at == _at(600)


async def test_a_call_is_looked_at_shortly_before_its_end_and_at_it(store: EventStore) -> None:
    await put(store, fact(CallBooked, -86400))
    looks = await _follows(complete_in_time, store, fact(CallStarted, ends_at=_at(1800)))
    longer = await _follows(complete_in_time, store, fact(CallExtended, 1740, ends_at=_at(1820)))

    assert all(isinstance(look.command, CompleteCall) for look in (*looks, *longer))
    assert [look.due_at for look in looks] == [_at(1740), _at(1800)]
    assert [look.due_at for look in longer] == [_at(1760), _at(1820)]


async def test_what_a_call_would_take_beyond_its_end_is_looked_up(store: EventStore) -> None:
    day = (f"{PRISON}/2026-11-23",)
    soon = fact(SessionOpened, -9000, session="soon", starts_at=_at(1800), timetable_day=day)
    later = fact(SessionOpened, -9000, session="later", starts_at=_at(1800 + 600), timetable_day=day)
    weekly = fact(SessionTemplatePublished, -9000, starts="12:35")
    placed = fact(CallBooked, -86400, device=DEVICE, device_day=(f"{DEVICE}/2026-11-23",))
    merged = fact(PrisonerMerged, -8000, kept=PRISONER, removed="prisoner-0")
    await put(store, fact(PolicyPublished, -99_000), soon, later, weekly, placed, merged)

    look, _ = await _follows(complete_in_time, store, fact(CallStarted, ends_at=_at(1800)))

    assert isinstance(look.command, CompleteCall)
    assert look.command.beyond == Beyond(
        prison=PRISON,
        zone="Europe/London",
        session=SESSION,
        records=(PRISONER, "prisoner-0"),
        visitors=(VISITOR,),
        device=DEVICE,
        sessions=("soon", f"{weekly.template}.2026-11-23"),
        until=_at(1800 + 600),
    )


async def test_what_began_since_is_looked_up_again_when_time_was_added(store: EventStore) -> None:
    day = (f"{PRISON}/2026-11-23",)
    soon = fact(SessionOpened, -9000, session="soon", starts_at=_at(1800), timetable_day=day)
    await put(store, fact(PolicyPublished, -99_000), soon, fact(CallBooked, -86400), fact(CallStarted))

    look, _ = await _follows(complete_in_time, store, fact(CallExtended, 1800, ends_at=_at(1820)))

    assert isinstance(look.command, CompleteCall)
    assert look.command.beyond is not None
    assert look.command.beyond.sessions == ("soon",)


async def test_where_no_time_may_be_added_nothing_is_looked_up(store: EventStore) -> None:
    await put(store, fact(CallBooked, -86400))
    never = fact(CallStarted, ends_at=_at(1800), rules=CallPolicy(extension_max_s=0))
    for look in await _follows(complete_in_time, store, never):
        assert isinstance(look.command, CompleteCall)
        assert look.command.beyond is None


async def test_a_call_that_goes_on_near_its_end_is_looked_at_at_once(store: EventStore) -> None:
    await put(store, fact(CallBooked, -86400), fact(CallStarted, ends_at=_at(1800)))
    assert not await _follows(complete_in_time, store, fact(CallResumed, 1739))
    (look,) = await _follows(complete_in_time, store, fact(CallResumed, 1740))
    assert look.due_at == _at(1740)


async def test_a_call_nobody_comes_back_to_ends_when_the_grace_is_over(store: EventStore) -> None:
    (follows,) = await _follows(complete_in_time, store, fact(CallInterrupted, 50, rejoin_until=_at(110)))

    assert isinstance(follows.command, CompleteCall)
    assert follows.due_at == _at(110)


@pytest.mark.parametrize(("for_staff", "seconds"), [(True, [120, 300]), (False, [20])])
async def test_a_pause_is_looked_at_again_after_what_the_calls_own_policy_says(
    store: EventStore, for_staff: bool, seconds: list[int]
) -> None:
    await put(store, fact(CallStarted))

    looks = await _follows(decide_in_time, store, fact(CallPaused, 40, for_staff=for_staff))

    assert [look.due_at for look in looks] == [_at(40 + after) for after in seconds]
    for look in looks:
        assert isinstance(look.command, EscalatePause)
        assert look.command.paused_at == _at(40)


# What stopped a call is over, or something else stops it


@pytest.mark.parametrize(
    ("over", "cause"),
    [
        (fact(ParticipantRejoined, 50), "rejoined"),
        (fact(ViolationCleared, 50), "cleared"),
        (fact(InterruptionOver, 50, cause="log_back"), "log_back"),
    ],
    ids=lambda value: value if isinstance(value, str) else type(value).__name__,
)
async def test_when_what_stopped_a_call_is_over_it_is_looked_at_at_once(
    store: EventStore, over: Event, cause: str
) -> None:
    (follows,) = await _follows(go_on, store, over)
    assert follows == Reaction(GoOn(at=_at(50), call=CALL, cause=cause))


async def test_an_officer_who_comes_lets_a_call_go_on_that_waited_for_one(store: EventStore) -> None:
    await put(store, fact(WaitingRoomOpened, monitor_required=True))
    assert not await _follows(go_on, store, fact(MonitorJoined, -5))
    await put(store, fact(CallStarted), fact(MonitorLeft, 20), fact(CallHeldForMonitor, 20))
    (follows,) = await _follows(go_on, store, fact(MonitorJoined, 50))
    assert follows == Reaction(GoOn(at=_at(50), call=CALL, cause="monitor_joined"))


async def test_an_officer_who_leaves_holds_a_call_that_somebody_has_to_watch(store: EventStore) -> None:
    opened = fact(WaitingRoomOpened, monitor_required=True)
    await put(store, opened, fact(MonitorJoined, -5), fact(MonitorJoined, -4, officer="officer-2"))
    assert not await _follows(hold_for_monitor, store, fact(MonitorLeft, -3))
    await put(store, fact(CallStarted))
    (follows,) = await _follows(hold_for_monitor, store, fact(MonitorLeft, 20, officer="officer-2"))
    assert follows == Reaction(HoldForMonitor(at=_at(20), call=CALL))


async def test_a_fact_that_changes_under_a_running_call_may_pause_it(store: EventStore) -> None:
    kind = FlagKind.VISITOR_RESTRICTION
    assert not await _follows(pause_flagged, store, fact(BookingFlagged, -5, kind=kind))
    (follows,) = await _follows(pause_flagged, store, fact(BookingFlagged, 5, kind=kind, during_call=True))
    assert follows == Reaction(PauseFlagged(at=_at(5), call=CALL, kind=kind))


async def test_whoever_lets_the_call_go_on_has_decided_on_what_changed(store: EventStore) -> None:
    await put(store, fact(CallBooked, -86400), fact(CallStarted), fact(BookingFlagged, 5, during_call=True))
    await put(store, fact(BookingFlagged, 6, flag="flag-2", during_call=True), fact(CallPaused, 6))
    assert not await _follows(pause_flagged, store, fact(CallResumed, 20, officer=None))
    decided = await _follows(pause_flagged, store, fact(CallResumed, 30))
    assert [each.command for each in decided] == [
        UnflagBooking(
            at=_at(30), call=CALL, flag=flag, because=ClearedBecause.DECIDED_IN_CALL, cleared_by=None
        )
        for flag in ("flag-1", "flag-2")
    ]


async def test_the_third_weak_match_in_a_row_asks_for_a_new_photograph(store: EventStore) -> None:
    await put(store, fact(PolicyPublished, -99_000), fact(FaceTemplateEnrolled, -98_000, person=VISITOR))
    weak = (SeenFace(person=VISITOR, distance=4900), SeenFace(person=None, distance=9000))
    outcomes = []
    for day in range(4):
        checked = fact(IdentityChecked, -86_400 * (4 - day), call=f"call-{day}", faces=weak)
        (follows,) = await _follows(ask_reenrolment, store, checked)
        assert isinstance(follows.command, AskReenrolment)
        handled = await handle(store, reenrolment, follows.command, context())
        outcomes.append(list(handled.events))

    asked = fact(ReenrolmentAsked, -86_400 * 2)
    assert outcomes == [[], [], [asked], []]


async def test_a_check_in_which_nobody_was_recognised_asks_nobody(store: EventStore) -> None:
    nobody = (SeenFace(person=None, distance=9000),)
    assert not await _follows(ask_reenrolment, store, fact(IdentityChecked, faces=nobody))


async def test_the_record_of_a_call_is_tried_to_be_closed_when_it_is_over(store: EventStore) -> None:
    (follows,) = await _follows(close_record, store, fact(CallCompleted, 1800))

    assert isinstance(follows.command, CloseCall)
    assert follows.due_at is None


def test_each_reaction_has_a_name_of_its_own_so_that_commands_never_share_an_id() -> None:
    assert len({reaction.NAME for reaction in REACTIONS}) == len(REACTIONS)


async def test_what_a_call_opened_on_an_authorisation_is_closed_at_its_end(store: EventStore) -> None:
    until = _at(600)
    room = fact(WaitingRoomOpened, -900, authorisation=AUTHORISATION, authorised_until=until)
    look = fact(StreamLookedAt, sound=True, authorisation=AUTHORISATION, sound_until=until)
    for opened in (room, look):
        (follows,) = await _follows(close_taps, store, opened)
        assert follows == Reaction(CloseTaps(at=until, call=CALL, authorisation=AUTHORISATION), until)
    for other in (fact(WaitingRoomOpened, -900, call="call-2"), fact(StreamLookedAt, call="call-2")):
        assert await _follows(close_taps, store, other) == []


@pytest.mark.parametrize(
    ("over", "due"),
    [
        (fact(MonitoringEnded, 30), 30),
        (fact(MonitoringReviewed, 30, result=MonitoringReview.END, expires_at=None), 30),
        (fact(MonitoringReviewed, 30, expires_at=NOON + timedelta(seconds=90)), 90),
    ],
    ids=["taken back", "ended by review", "less time"],
)
async def test_every_call_that_rests_on_it_is_looked_at_when_it_ends(
    store: EventStore, over: Event, due: float
) -> None:
    await put(
        store, *(fact(StreamLookedAt, call=name, authorisation=AUTHORISATION) for name in ("a", "b", "a"))
    )
    await put(store, fact(StreamLookedAt, call="c", authorisation="authorisation-2"))
    follows = await _follows(close_taps, store, over)
    assert [each.command.model_dump()["call"] for each in follows] == ["a", "b"]
    assert {each.due_at for each in follows} == {_at(due)}


async def test_an_authorisation_is_looked_at_when_its_time_is_over(store: EventStore) -> None:
    granted = fact(MonitoringAuthorised)
    (follows,) = await _follows(lapse_monitoring, store, granted)
    assert follows == Reaction(
        LapseMonitoring(at=granted.expires_at, authorisation=AUTHORISATION), granted.expires_at
    )
    over = fact(MonitoringReviewed, result=MonitoringReview.END, expires_at=None)
    assert await _follows(lapse_monitoring, store, over) == []


async def test_a_barred_face_is_looked_at_when_its_time_is_over(store: EventStore) -> None:
    signed = fact(BarredFaceApproved)
    (follows,) = await _follows(lapse_barred, store, signed)
    assert follows == Reaction(LapseBarred(at=signed.until, barred=BARRED), signed.until)


async def test_safeguarding_has_a_concern_to_take_where_somebody_barred_seems_to_be_there(
    store: EventStore,
) -> None:
    found = fact(ViolationRaised, 60, kind=Kind.BARRED_PERSON)
    (follows,) = await _follows(tell_safeguarding, store, found)
    assert follows == Reaction(
        RaiseConcern(
            at=found.at,
            call=CALL,
            concern=found.violation,
            kind=ConcernKind.FOUND_BY_CHECKS,
            raised_by=None,
        )
    )
    assert await _follows(tell_safeguarding, store, fact(ViolationRaised, 60)) == []


@pytest.mark.parametrize(
    ("event", "cause", "officer"),
    [
        (fact(MonitorLeft), GivenBack.OFFICER, OFFICER),
        (fact(CallInterrupted, cause="worker_lost"), GivenBack.OUT_OF_REACH, None),
        (fact(CallCompleted), GivenBack.CALL_OVER, None),
        (fact(CallTerminated), GivenBack.CALL_OVER, None),
    ],
    ids=lambda value: type(value).__name__ if isinstance(value, Event) else None,
)
async def test_judging_by_eye_is_given_back_when_the_officer_the_worker_or_the_call_is_gone(
    store: EventStore, event: Event, cause: GivenBack, officer: str | None
) -> None:
    (follows,) = await _follows(give_back_judging, store, event)
    assert follows == Reaction(GiveBackJudging(at=event.at, call=CALL, cause=cause, officer=officer))


async def test_an_officer_who_judges_by_eye_does_so_through_an_interruption(store: EventStore) -> None:
    stopped = fact(CallInterrupted, cause="moderation_lost", side=None)
    assert await _follows(give_back_judging, store, stopped) == []
