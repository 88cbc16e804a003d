"""The waiting room: who is let in and why, in which mode, and when the call starts or is missed."""

from datetime import timedelta
from typing import Any

import pytest

from domain import waiting_room
from domain.booking.events import BookingCancelled, CallBooked
from domain.clearance import ClearanceMode, Side
from domain.enrolment import FaceTemplateEnrolled
from domain.event import Command, Event
from domain.lifecycle import (
    CallCompleted,
    CallMissed,
    CallStarted,
    CallTerminated,
    MissedBecause,
    MissedBy,
)
from domain.policy import CallPolicy, Policy, PolicyPublished
from domain.timetable.events import SessionOpened, Starts
from domain.waiting_room.commands import (
    AdmitParticipant,
    ArriveParticipant,
    JoinAsMonitor,
    LeaveAsMonitor,
    MissCall,
    NoteRefusalToAttend,
    OpenWaitingRoom,
    RefuseParticipant,
    ReportIdentity,
    StartCall,
)
from domain.waiting_room.events import (
    AdmissionBasis,
    CallHeldForMonitor,
    ClearanceModeSet,
    Expected,
    ExpectedFace,
    IdentityChecked,
    IdentityResult,
    MonitorJoined,
    MonitorLeft,
    ParticipantAdmitted,
    ParticipantArrived,
    ParticipantRefused,
    PrisonerRefusedToAttend,
    WaitingRoomOpened,
)
from tests.asked import ask
from tests.facts import COUNTED_VISITORS, NOON, OFFICER, PRISONER, VISITOR, fact
from tests.scenario import given

EARLY = -900

booked = fact(CallBooked, -86400)
session = fact(SessionOpened)
policy = fact(PolicyPublished, -86_400)
prisoner_enrolled = fact(FaceTemplateEnrolled)
visitor_enrolled = fact(FaceTemplateEnrolled, person=VISITOR, template="sha256:bb")
ready_to_open: list[Event] = [booked, session, policy, prisoner_enrolled, visitor_enrolled]

opened = fact(WaitingRoomOpened, EARLY)
just_opened = fact(WaitingRoomOpened, EARLY, declaration=True)
counted = fact(WaitingRoomOpened, EARLY, visitor=COUNTED_VISITORS, monitor_required=True)
prisoner_arrived = fact(ParticipantArrived, -60, side=Side.PRISONER, person=PRISONER)
visitor_arrived = fact(ParticipantArrived, -50)
prisoner_admitted = fact(ParticipantAdmitted, -40, side=Side.PRISONER)
visitor_admitted = fact(ParticipantAdmitted, -30)
both_admitted: list[Event] = [prisoner_arrived, visitor_arrived, prisoner_admitted, visitor_admitted]
started = fact(CallStarted)
missed = fact(CallMissed, 600)
not_let_in = fact(ParticipantRefused, -20)


# The opening


def test_the_waiting_room_of_a_booked_call_opens() -> None:
    given(waiting_room, *ready_to_open).when(ask(OpenWaitingRoom, EARLY)).then(just_opened)


@pytest.mark.parametrize("starts", list(Starts))
def test_a_call_begins_as_its_session_says(starts: Starts) -> None:
    history = [booked, fact(SessionOpened, starts=starts), policy, prisoner_enrolled, visitor_enrolled]
    given(waiting_room, *history).when(ask(OpenWaitingRoom, EARLY)).then(
        fact(WaitingRoomOpened, EARLY, starts=starts, declaration=True)
    )


def test_a_call_of_a_weekly_template_begins_at_its_time() -> None:
    history = [booked, policy, prisoner_enrolled, visitor_enrolled]
    given(waiting_room, *history).when(ask(OpenWaitingRoom, EARLY)).then(just_opened)


def test_the_waiting_room_opens_once() -> None:
    given(waiting_room, *ready_to_open, opened).when(ask(OpenWaitingRoom, EARLY)).then_nothing()


def test_the_waiting_room_of_a_cancelled_call_stays_closed() -> None:
    history = [*ready_to_open, fact(BookingCancelled, -3600)]
    given(waiting_room, *history).when(ask(OpenWaitingRoom, EARLY)).then_nothing()


@pytest.mark.parametrize("missing", [booked, policy], ids=["booking", "policy"])
def test_only_a_booked_call_under_a_policy_has_a_waiting_room(missing: Event) -> None:
    history = [event for event in ready_to_open if event is not missing]
    given(waiting_room, *history).when(ask(OpenWaitingRoom, EARLY)).then_refused("call_unknown")


def test_somebody_without_a_template_puts_the_whole_side_into_counting() -> None:
    family = fact(CallBooked, -86400, visitors=(VISITOR, "child-1"))
    history = [family, session, policy, prisoner_enrolled, visitor_enrolled]
    command = ask(OpenWaitingRoom, EARLY, persons=(PRISONER, VISITOR, "child-1"))
    given(waiting_room, *history).when(command).then(counted.model_copy(update={"declaration": True}))


def test_counting_asks_for_no_monitor_where_the_policy_says_so() -> None:
    without = Policy().merged({"waiting_room": {"monitor_for_count": False}}).document()
    history = [booked, session, fact(PolicyPublished, -86_400, document=without), prisoner_enrolled]
    (room,) = given(waiting_room, *history).when(ask(OpenWaitingRoom, EARLY)).outcome()
    assert isinstance(room, WaitingRoomOpened)
    assert (room.visitor.mode, room.monitor_required) == (ClearanceMode.COUNT, False)


def test_a_prisoner_without_a_template_is_counted_too() -> None:
    history = [booked, session, policy, visitor_enrolled]
    (room,) = given(waiting_room, *history).when(ask(OpenWaitingRoom, EARLY)).outcome()
    assert isinstance(room, WaitingRoomOpened)
    assert (room.prisoner.mode, room.visitor.mode) == (ClearanceMode.COUNT, ClearanceMode.MATCH)
    assert room.monitor_required


def test_every_template_of_a_person_is_expected() -> None:
    second = fact(FaceTemplateEnrolled, person=VISITOR, template="sha256:b2")
    (room,) = given(waiting_room, *ready_to_open, second).when(ask(OpenWaitingRoom, EARLY)).outcome()
    assert isinstance(room, WaitingRoomOpened)
    assert room.visitor == Expected(
        persons=(VISITOR,),
        faces=(
            ExpectedFace(person=VISITOR, template="sha256:bb"),
            ExpectedFace(person=VISITOR, template="sha256:b2"),
        ),
        mode=ClearanceMode.MATCH,
    )


def test_the_opening_says_which_of_the_visitors_are_registered_as_children() -> None:
    booked = fact(CallBooked, visitors=(VISITOR, "child-1"), children=("child-1",))
    history = [booked if isinstance(event, CallBooked) else event for event in ready_to_open]
    asked = ask(OpenWaitingRoom, EARLY, persons=(PRISONER, VISITOR, "child-1"))
    (room,) = given(waiting_room, *history).when(asked).outcome()
    assert isinstance(room, WaitingRoomOpened)
    assert (room.visitor.children, room.prisoner.children) == (("child-1",), ())


def test_the_policy_of_the_opening_is_pinned() -> None:
    rules = CallPolicy(escalate_after_s=60)
    document = Policy().merged({"call": {"escalate_after_s": 60}}).document()
    newer = fact(PolicyPublished, -3600, version=2, document=document)
    (room,) = given(waiting_room, *ready_to_open, newer).when(ask(OpenWaitingRoom, EARLY)).outcome()
    assert isinstance(room, WaitingRoomOpened)
    assert (room.policy_version, room.rules) == ("MDI/2", rules)


def test_people_have_the_whole_wait_even_where_the_room_opened_late() -> None:
    (room,) = given(waiting_room, *ready_to_open).when(ask(OpenWaitingRoom, 300)).outcome()
    assert isinstance(room, WaitingRoomOpened)
    assert room.missed_at == NOON + timedelta(seconds=300 + 600)


# Arriving


@pytest.mark.parametrize("history", [[], [opened, fact(BookingCancelled)]], ids=["not open", "cancelled"])
@pytest.mark.parametrize(
    "command",
    [ArriveParticipant, ReportIdentity, AdmitParticipant, JoinAsMonitor, LeaveAsMonitor, StartCall, MissCall],
    ids=lambda kind: kind.__name__,
)
def test_nothing_happens_in_a_room_that_is_not_open(command: Any, history: list[Event]) -> None:
    given(waiting_room, *history).when(ask(command)).then_refused("waiting_room_closed")


def test_a_side_arrives() -> None:
    given(waiting_room, opened).when(ask(ArriveParticipant, -50)).then(visitor_arrived)


def test_a_side_arrives_once() -> None:
    given(waiting_room, opened, visitor_arrived).when(ask(ArriveParticipant)).then_nothing()


@pytest.mark.parametrize("over", [started, missed], ids=["started", "missed"])
def test_nobody_arrives_when_the_wait_is_over(over: Event) -> None:
    given(waiting_room, opened, over).when(ask(ArriveParticipant)).then_nothing()


@pytest.mark.parametrize(
    ("side", "person"), [(Side.VISITOR, "visitor-2"), (Side.VISITOR, PRISONER), (Side.PRISONER, VISITOR)]
)
def test_only_who_is_expected_on_a_side_arrives_there(side: Side, person: str) -> None:
    given(waiting_room, opened).when(ask(ArriveParticipant, side=side, person=person)).then_refused(
        "not_on_call"
    )


# Admission


def test_a_side_whose_faces_all_match_is_admitted() -> None:
    given(waiting_room, opened, visitor_arrived).when(ask(ReportIdentity, -30)).then(
        fact(IdentityChecked, -30),
        fact(ParticipantAdmitted, -30, basis=AdmissionBasis.MATCH, admitted_by=None, reason=None),
        fact(ClearanceModeSet, -30),
    )


@pytest.mark.parametrize("result", [IdentityResult.MISMATCH, IdentityResult.UNSURE])
def test_a_side_that_does_not_match_waits_for_staff(result: IdentityResult) -> None:
    checked = fact(IdentityChecked, -30, result=result)
    given(waiting_room, opened, visitor_arrived).when(ask(ReportIdentity, -30, result=result)).then(checked)


def test_the_same_result_is_said_once_and_another_result_again() -> None:
    unsure = fact(IdentityChecked, -30, result=IdentityResult.UNSURE)
    history = [opened, visitor_arrived, unsure]
    given(waiting_room, *history).when(ask(ReportIdentity, result=IdentityResult.UNSURE)).then_nothing()
    assert given(waiting_room, *history).when(ask(ReportIdentity, result=IdentityResult.MISMATCH)).outcome()
    other_side = ask(ReportIdentity, side=Side.PRISONER, result=IdentityResult.UNSURE)
    assert given(waiting_room, *history).when(other_side).outcome()


def test_a_side_that_is_counted_is_never_compared() -> None:
    given(waiting_room, counted, visitor_arrived).when(ask(ReportIdentity)).then_nothing()


@pytest.mark.parametrize("after", [visitor_admitted, started, missed], ids=["admitted", "started", "missed"])
def test_a_comparison_that_comes_too_late_changes_nothing(after: Event) -> None:
    given(waiting_room, opened, visitor_arrived, after).when(ask(ReportIdentity)).then_nothing()


def test_an_officer_lets_a_side_in_and_says_how_he_knew() -> None:
    given(waiting_room, opened, visitor_arrived).when(ask(AdmitParticipant, -30)).then(
        visitor_admitted, fact(ClearanceModeSet, -30, cause="admitted_by_staff")
    )


def test_an_officer_counts_the_people_of_a_side_without_template() -> None:
    two = ask(AdmitParticipant, -30, people=2, reason=" Passport seen on camera ")
    given(waiting_room, counted, visitor_arrived).when(two).then(
        fact(ParticipantAdmitted, -30, people=2),
        fact(ClearanceModeSet, -30, mode=ClearanceMode.COUNT, people=2, cause="without_template"),
    )


def test_nobody_is_let_in_who_has_not_arrived() -> None:
    given(waiting_room, opened, prisoner_arrived).when(ask(AdmitParticipant)).then_refused("not_arrived")


@pytest.mark.parametrize("people", [0, 3])
def test_no_more_people_are_admitted_than_are_expected(people: int) -> None:
    command = ask(AdmitParticipant, people=people)
    given(waiting_room, counted, visitor_arrived).when(command).then_refused("people_admitted")


def test_each_side_is_let_in_by_its_own_number_and_in_its_own_mode() -> None:
    two = ask(AdmitParticipant, side=Side.PRISONER, people=2)
    given(waiting_room, counted, prisoner_arrived).when(two).then_refused("people_admitted")
    one = ask(AdmitParticipant, side=Side.PRISONER)
    mode_set = given(waiting_room, counted, prisoner_arrived).when(one).outcome()[1]
    assert isinstance(mode_set, ClearanceModeSet)
    assert mode_set.mode is ClearanceMode.MATCH


def test_an_officer_says_how_he_checked() -> None:
    given(waiting_room, opened, visitor_arrived).when(ask(AdmitParticipant, reason=" ")).then_refused(
        "reason_missing"
    )


@pytest.mark.parametrize("after", [visitor_admitted, started, missed], ids=["admitted", "started", "missed"])
def test_a_side_is_let_in_once_and_in_time(after: Event) -> None:
    given(waiting_room, opened, visitor_arrived, after).when(ask(AdmitParticipant)).then_nothing()


# Monitors


def test_an_officer_takes_the_watch_and_gives_it_up() -> None:
    given(waiting_room, opened).when(ask(JoinAsMonitor)).then(fact(MonitorJoined))
    given(waiting_room, opened, fact(MonitorJoined)).when(ask(LeaveAsMonitor)).then(fact(MonitorLeft))


def test_the_watch_is_taken_once_and_given_up_once() -> None:
    given(waiting_room, opened, fact(MonitorJoined)).when(ask(JoinAsMonitor)).then_nothing()
    given(waiting_room, opened).when(ask(LeaveAsMonitor)).then_nothing()
    left = [fact(MonitorJoined), fact(MonitorLeft)]
    given(waiting_room, opened, *left).when(ask(LeaveAsMonitor)).then_nothing()


# The start


def test_a_call_starts_at_its_time_when_both_sides_are_admitted() -> None:
    given(waiting_room, opened, *both_admitted).when(ask(StartCall)).then(started)


def test_a_call_that_starts_late_ends_at_its_time_all_the_same() -> None:
    late = given(waiting_room, opened, *both_admitted).when(ask(StartCall, 120)).outcome()
    assert late == [fact(CallStarted, 120)]


def test_a_call_does_not_start_before_its_time() -> None:
    given(waiting_room, opened, *both_admitted).when(ask(StartCall, -1)).then_nothing()


def test_a_call_may_start_as_soon_as_both_sides_are_admitted_and_then_has_all_its_minutes() -> None:
    room = fact(WaitingRoomOpened, EARLY, starts=Starts.WHEN_ADMITTED)
    given(waiting_room, room, *both_admitted).when(ask(StartCall, -20)).then(
        fact(CallStarted, -20, ends_at=NOON + timedelta(seconds=-20, minutes=30))
    )


@pytest.mark.parametrize("missing", [prisoner_admitted, visitor_admitted], ids=["prisoner", "visitor"])
def test_a_call_does_not_start_before_both_sides_are_admitted(missing: Event) -> None:
    history = [event for event in both_admitted if event is not missing]
    given(waiting_room, opened, *history).when(ask(StartCall)).then_nothing()


@pytest.mark.parametrize("over", [started, missed], ids=["started", "missed"])
def test_a_call_starts_once(over: Event) -> None:
    given(waiting_room, opened, *both_admitted, over).when(ask(StartCall)).then_nothing()


def test_a_call_that_needs_a_monitor_waits_for_one() -> None:
    given(waiting_room, counted, *both_admitted).when(ask(StartCall)).then(fact(CallHeldForMonitor))


def test_a_call_is_held_once() -> None:
    held = fact(CallHeldForMonitor)
    given(waiting_room, counted, *both_admitted, held).when(ask(StartCall, 5)).then_nothing()


def test_a_monitor_who_joined_lets_the_call_start() -> None:
    history = [counted, *both_admitted, fact(CallHeldForMonitor), fact(MonitorJoined, 5)]
    given(waiting_room, *history).when(ask(StartCall, 5)).then(fact(CallStarted, 5))


def test_a_monitor_who_has_left_does_not_let_the_call_start() -> None:
    left = [fact(MonitorJoined, -10), fact(MonitorLeft, -5)]
    given(waiting_room, counted, *both_admitted, *left).when(ask(StartCall)).then(fact(CallHeldForMonitor))


def test_a_call_is_held_again_when_the_monitor_left_before_the_start() -> None:
    left = [fact(CallHeldForMonitor, -20), fact(MonitorJoined, -10), fact(MonitorLeft, -5)]
    given(waiting_room, counted, *both_admitted, *left).when(ask(StartCall)).then(fact(CallHeldForMonitor))


def test_one_monitor_of_two_is_enough() -> None:
    history = [fact(MonitorJoined, -10), fact(MonitorJoined, -9, officer="officer-2"), fact(MonitorLeft, -5)]
    given(waiting_room, counted, *both_admitted, *history).when(ask(StartCall)).then(started)


# Missed


@pytest.mark.parametrize(
    ("arrived", "missed_by", "because"),
    [
        ([], MissedBy.BOTH, MissedBecause.NOBODY_CAME),
        ([prisoner_arrived], MissedBy.VISITOR, MissedBecause.VISITOR_DID_NOT_ARRIVE),
        ([visitor_arrived], MissedBy.PRISONER, MissedBecause.PRISONER_NOT_BROUGHT),
        ([prisoner_arrived, visitor_arrived], MissedBy.NOBODY, MissedBecause.SERVICE),
    ],
    ids=["nobody came", "prisoner came", "visitor came", "both came"],
)
def test_a_call_that_did_not_start_in_time_is_missed_by_whoever_was_not_there(
    arrived: list[Event], missed_by: MissedBy, because: MissedBecause
) -> None:
    sides = tuple(sorted(event.side for event in arrived if isinstance(event, ParticipantArrived)))
    given(waiting_room, opened, *arrived).when(ask(MissCall, 600)).then(
        fact(CallMissed, 600, missed_by=missed_by, arrived=sides, because=because)
    )


def test_where_staff_let_a_side_not_in_the_record_says_so() -> None:
    history = [opened, prisoner_arrived, visitor_arrived, not_let_in]
    (over,) = given(waiting_room, *history).when(ask(MissCall, 600)).outcome()
    assert isinstance(over, CallMissed)
    assert (over.missed_by, over.because) == (MissedBy.NOBODY, MissedBecause.PARTICIPANT_REFUSED)


def test_somebody_who_will_not_take_part_is_waited_for_no_longer() -> None:
    given(waiting_room, opened, visitor_arrived).when(ask(NoteRefusalToAttend, -60)).then(
        fact(PrisonerRefusedToAttend, -60),
        fact(
            CallMissed,
            -60,
            missed_by=MissedBy.PRISONER,
            arrived=("visitor",),
            because=MissedBecause.PRISONER_REFUSED_TO_ATTEND,
        ),
    )


def test_whoever_is_there_did_not_refuse_to_come() -> None:
    given(waiting_room, opened, prisoner_arrived).when(ask(NoteRefusalToAttend)).then_refused(
        "arrived_already"
    )


# Not let in


def test_an_officer_does_not_let_a_side_in_for_a_reason() -> None:
    given(waiting_room, opened, visitor_arrived).when(ask(RefuseParticipant, -20)).then(not_let_in)
    given(waiting_room, opened, visitor_arrived).when(ask(RefuseParticipant, reason=" ")).then_refused(
        "reason_missing"
    )


def test_nobody_is_turned_away_who_is_not_there_or_was_let_in() -> None:
    given(waiting_room, opened).when(ask(RefuseParticipant)).then_refused("not_arrived")
    history = [opened, visitor_arrived, visitor_admitted]
    given(waiting_room, *history).when(ask(RefuseParticipant)).then_refused("admitted_already")


def test_whoever_was_not_let_in_is_not_let_in_by_a_match_and_may_be_by_staff() -> None:
    history = [opened, prisoner_arrived, visitor_arrived, not_let_in]
    given(waiting_room, *history).when(ask(ReportIdentity)).then_nothing()
    given(waiting_room, *history).when(ask(RefuseParticipant)).then_nothing()
    (admitted, _) = given(waiting_room, *history).when(ask(AdmitParticipant)).outcome()
    assert isinstance(admitted, ParticipantAdmitted)
    (over,) = given(waiting_room, *history, admitted).when(ask(MissCall, 600)).outcome()
    assert isinstance(over, CallMissed)
    assert over.because is MissedBecause.SERVICE


@pytest.mark.parametrize("over", [started, missed], ids=["started", "missed"])
@pytest.mark.parametrize("command", [RefuseParticipant, NoteRefusalToAttend])
def test_after_the_waiting_room_nobody_is_turned_away(over: Event, command: type[Command]) -> None:
    given(waiting_room, opened, visitor_arrived, over).when(ask(command)).then_nothing()


# After the end


@pytest.mark.parametrize(
    "over",
    [missed, fact(CallCompleted, 1800), fact(CallTerminated, 60)],
    ids=lambda over: type(over).__name__,
)
def test_nobody_watches_over_a_call_that_is_over(over: Event) -> None:
    given(waiting_room, opened, over).when(ask(JoinAsMonitor, 2000)).then_refused("call_over")
    history = [opened, fact(MonitorJoined), over]
    given(waiting_room, *history).when(ask(LeaveAsMonitor, 2000)).then_nothing()


def test_a_call_is_not_missed_before_its_time_is_over() -> None:
    given(waiting_room, opened).when(ask(MissCall, 599)).then_nothing()


@pytest.mark.parametrize("over", [started, missed], ids=["started", "missed"])
def test_a_call_that_started_or_was_missed_is_not_missed_again(over: Event) -> None:
    given(waiting_room, opened, over).when(ask(MissCall, 600)).then_nothing()


def test_the_officer_is_named_where_staff_admitted() -> None:
    events = given(waiting_room, opened, visitor_arrived).when(ask(AdmitParticipant)).outcome()
    assert isinstance(events[0], ParticipantAdmitted)
    assert (events[0].basis, events[0].admitted_by) == (AdmissionBasis.STAFF, OFFICER)
