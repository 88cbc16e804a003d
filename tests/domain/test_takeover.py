"""While checking is lost a monitor may judge a side by eye: where the prison wants it, and only while he sees it."""

import pytest

from domain import takeover
from domain.access import StreamLookedAt
from domain.booking.events import CallBooked
from domain.call.events import CallInterrupted, CallPaused, ParticipantLeft
from domain.clearance import ClearanceMode, Side, taps_of
from domain.event import Event
from domain.lifecycle import CallStarted, CallTerminated
from domain.policy import CallPolicy
from domain.stream import ModerationLost, ModerationRestored
from domain.takeover import GiveBackJudging, GivenBack, JudgingGivenBack, JudgingTakenOver, TakeOverJudging
from domain.waiting_room.events import TOOK_OVER, ClearanceModeSet, MonitorJoined, MonitorLeft
from tests.asked import ask
from tests.facts import OFFICER, fact
from tests.scenario import given

booked = fact(CallBooked, -3600)
started = fact(CallStarted, -60, rules=CallPolicy(monitor_may_take_over=True))
admitted = fact(
    ClearanceModeSet, -70, side=Side.VISITOR, mode=ClearanceMode.MATCH, people=2, cause="all_enrolled"
)
watched, looked, lost = fact(MonitorJoined, -50), fact(StreamLookedAt, -3), fact(ModerationLost, -10)
BLIND = (booked, admitted, started, watched, lost)
BEFORE = (*BLIND, looked)


def mode(mode: ClearanceMode, cause: str) -> ClearanceModeSet:
    return fact(ClearanceModeSet, side=Side.VISITOR, mode=mode, people=2, cause=cause, taps=taps_of(mode))


by_eye = mode(ClearanceMode.COUNT, TOOK_OVER)
taken = (fact(JudgingTakenOver), by_eye)


def refused(code: str, *facts: Event, **asked: object) -> None:
    given(takeover, *facts).when(ask(TakeOverJudging, **asked)).then_refused(code)


def test_a_monitor_who_looks_takes_over_and_the_record_says_under_which_mode_pictures_flow() -> None:
    given(takeover, *BEFORE).when(ask(TakeOverJudging)).then(*taken)


def test_nobody_takes_over_where_the_prison_does_not_want_it() -> None:
    assert CallPolicy().monitor_may_take_over is False
    refused("takeover_not_allowed", admitted, fact(CallStarted, -60), watched, lost, looked)


def test_nobody_takes_over_what_is_checked() -> None:
    refused("checking_not_lost", admitted, started, watched, looked)
    refused("checking_not_lost", *BEFORE, fact(ModerationRestored, -1))
    refused("checking_not_lost", *BEFORE, fact(ClearanceModeSet, -70, side=Side.PRISONER), side=Side.PRISONER)


def test_only_the_monitor_of_the_call_takes_over() -> None:
    refused("not_monitor", admitted, started, lost, looked)
    refused("not_monitor", *BEFORE, fact(MonitorLeft, -1))
    refused("not_monitor", admitted, started, lost, looked, fact(MonitorJoined, officer="officer-2"))


@pytest.mark.parametrize(
    "looks",
    [(), (fact(StreamLookedAt, side=Side.PRISONER),), (fact(StreamLookedAt, officer="officer-2"),),
     (fact(StreamLookedAt, viewer="viewer-2"),)],
    ids=["nobody", "at the other side", "another officer", "in another sign-in"],
)  # fmt: skip
def test_nobody_takes_over_without_a_look_of_their_own_on_record(looks: tuple[Event, ...]) -> None:
    refused("look_not_open", *BLIND, *looks)


def test_nobody_takes_over_whose_look_is_closed() -> None:
    refused("look_not_open", *BEFORE, look_open=False)


@pytest.mark.parametrize("confidential", [ClearanceMode.OPEN, ClearanceMode.IMAGE_ONLY])
def test_a_legal_call_is_never_judged_by_eye(confidential: ClearanceMode) -> None:
    legal = fact(ClearanceModeSet, -20, side=Side.VISITOR, mode=confidential)
    refused("no_tap", *BEFORE, legal)


def test_a_side_that_was_not_admitted_is_not_taken_over() -> None:
    refused("no_tap", started, watched, lost, looked)


def test_nobody_takes_over_without_a_reason() -> None:
    refused("reason_missing", *BEFORE, reason="  ")


def test_one_officer_judges_a_side_and_no_other() -> None:
    refused("taken_over", *BEFORE, *taken)


def test_nobody_takes_over_before_the_call_or_after_it() -> None:
    refused("takeover_not_now", booked, admitted, watched, lost, looked)
    refused("takeover_not_now", *BEFORE, fact(CallTerminated))


def test_a_call_that_stopped_because_checking_was_lost_is_taken_over() -> None:
    stopped = fact(CallInterrupted, -1, cause="moderation_lost", side=None)
    given(takeover, *BEFORE, stopped).when(ask(TakeOverJudging)).then(*taken)


@pytest.mark.parametrize(
    "stops",
    [(fact(CallPaused, -1),), (fact(CallInterrupted, -1, cause="log_away"),),
     (fact(CallInterrupted, -1, cause="moderation_lost", side=None), fact(ParticipantLeft, -1))],
    ids=["a pause", "another cause", "a side is gone"],
)  # fmt: skip
def test_a_call_that_is_stopped_for_another_cause_is_not_taken_over(stops: tuple[Event, ...]) -> None:
    refused("takeover_not_now", *BEFORE, *stops)


def test_what_a_worker_that_died_could_not_check_is_not_taken_over_from_the_next() -> None:
    died = fact(CallInterrupted, -1, cause="worker_lost")
    state = takeover.evolve(takeover.evolve(takeover.initial, lost), died)
    assert state.lost == frozenset()


@pytest.mark.parametrize("cause", [cause for cause in GivenBack if cause is not GivenBack.CALL_OVER])
def test_what_is_given_back_is_checked_as_it_was_before(cause: GivenBack) -> None:
    back = (fact(JudgingGivenBack, cause=cause), mode(ClearanceMode.MATCH, cause.value))
    given(takeover, *BEFORE, *taken).when(ask(GiveBackJudging, cause=cause)).then(*back)


def test_a_side_whose_faces_are_counted_is_taken_over_and_counted_again_afterwards() -> None:
    counted = fact(ClearanceModeSet, -65, side=Side.VISITOR, mode=ClearanceMode.COUNT, people=2)
    given(takeover, *BEFORE, counted).when(ask(TakeOverJudging)).then(*taken)
    back = (fact(JudgingGivenBack, cause=GivenBack.OFFICER_GONE), mode(ClearanceMode.COUNT, "officer_gone"))
    given(takeover, *BEFORE, counted, *taken).when(ask(GiveBackJudging)).then(*back)


def test_an_officer_who_no_longer_watches_gives_back_what_he_took_and_nothing_else() -> None:
    leaves = ask(GiveBackJudging, cause=GivenBack.OFFICER, takeover=None, officer=OFFICER)
    back = (fact(JudgingGivenBack, cause=GivenBack.OFFICER), mode(ClearanceMode.MATCH, "officer"))
    given(takeover, *BEFORE, *taken).when(leaves).then(*back)
    other = ask(GiveBackJudging, cause=GivenBack.OFFICER, takeover=None, officer="officer-2")
    given(takeover, *BEFORE, *taken).when(other).then_nothing()


def test_a_late_report_of_an_earlier_takeover_ends_no_later_one() -> None:
    given(takeover, *BEFORE, *taken).when(ask(GiveBackJudging, takeover="takeover-0")).then_nothing()


def test_it_is_given_back_once() -> None:
    back = (fact(JudgingGivenBack), mode(ClearanceMode.MATCH, "checking_back"))
    given(takeover, *BEFORE, *taken, *back).when(ask(GiveBackJudging)).then_nothing()
    given(takeover, *BEFORE).when(ask(GiveBackJudging)).then_nothing()


def test_after_the_call_only_the_end_of_the_takeover_is_noted() -> None:
    ends = ask(GiveBackJudging, cause=GivenBack.CALL_OVER, takeover=None)
    over = fact(JudgingGivenBack, cause=GivenBack.CALL_OVER)
    given(takeover, *BEFORE, *taken, fact(CallTerminated)).when(ends).then(over)


def test_what_was_given_back_may_be_taken_over_again() -> None:
    back = (fact(JudgingGivenBack), mode(ClearanceMode.MATCH, "officer_gone"))
    given(takeover, *BEFORE, *taken, *back).when(ask(TakeOverJudging)).then(*taken)
