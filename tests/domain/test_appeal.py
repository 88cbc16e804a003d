"""Appeals: lodged by whoever was on the call, reviewed by somebody who had no part in it, undone where it was wrong."""

from datetime import date
from typing import Any

import pytest
from hypothesis import given as every
from hypothesis import strategies

from domain import appeal, conduct
from domain.appeal import (
    AppealAgainst,
    AppealAssigned,
    AppealDecided,
    AppealLodged,
    AppealOutcome,
    AssignAppeal,
    DecideAppeal,
    LodgeAppeal,
)
from domain.booking.events import CallBooked
from domain.call.events import CallPaused, CallResumed, PausedBy
from domain.conduct import LiftedBecause, SanctionImposed, SanctionLifted, TakeMeasure, WarningIssued
from domain.event import Event
from domain.lifecycle import CallCompleted, CallMinutesCredited, CallMissed, CallTerminated
from domain.policy import Policy, PolicyPublished
from domain.violation import ViolationRaised, ViolationReviewed
from domain.waiting_room.events import WaitingRoomOpened
from tests.asked import ask
from tests.facts import PRISONER, fact
from tests.scenario import given

DAY = 86_400
booked = fact(CallBooked, -2 * DAY)
ended = fact(CallTerminated, 600, talk_ms=480_000, paused_ms=120_000)
lodged = fact(AppealLodged, 700)
assigned = fact(AppealAssigned, 800)
decided = fact(AppealDecided, 900)
terminated: list[Event] = [booked, ended]
asked: list[Event] = [*terminated, lodged, assigned]
credited = fact(
    CallMinutesCredited, 900, prisoner_month=f"{PRISONER}/2026-11", seconds=1320, cause="appeal_termination"
)


def sanctioned(**changes: Any) -> list[Event]:
    """A call with a confirmed violation that paused it, and a sanction for it."""
    paused = fact(CallPaused, 9, paused_by=PausedBy.AUTO, officer=None, violation="violation-1")
    over = fact(CallCompleted, 1800, paused_ms=120_000)
    return [booked, paused, fact(ViolationReviewed, 60), over, fact(SanctionImposed, 2000, **changes)]


def about_sanction(**changes: Any) -> AppealLodged:
    return fact(
        AppealLodged, 3000, **{"against": AppealAgainst.SANCTION, "sanction": "sanction-2", **changes}
    )


# Lodging


def test_whoever_was_on_the_call_asks_that_another_person_looks_at_it() -> None:
    given(appeal, *terminated).when(ask(LodgeAppeal, 700)).then(lodged)
    mine = {"lodged_by": PRISONER}
    given(appeal, *terminated).when(ask(LodgeAppeal, 700, **mine)).then(fact(AppealLodged, 700, **mine))


def test_somebody_else_has_nothing_to_appeal() -> None:
    stranger = ask(LodgeAppeal, 700, lodged_by="visitor-9")
    given(appeal, *terminated).when(stranger).then_refused("nothing_to_appeal")


def test_an_appeal_is_in_ones_own_words_and_about_a_call_of_this_prison() -> None:
    given(appeal, *terminated).when(ask(LodgeAppeal, 700, words=" ")).then_refused("words_missing")
    given(appeal, *terminated).when(ask(LodgeAppeal, 700, prison="LEI")).then_refused("call_unknown")
    given(appeal).when(ask(LodgeAppeal, 700)).then_refused("call_unknown")


@pytest.mark.parametrize(
    ("against", "history"),
    [
        (AppealAgainst.PAUSE, [booked, fact(CallPaused, 9), fact(CallCompleted, 1800)]),
        (AppealAgainst.TERMINATION, terminated),
        (AppealAgainst.NO_SHOW, [booked, fact(CallMissed, 1800)]),
    ],
)
def test_what_happened_on_the_call_can_be_appealed_and_nothing_else(
    against: AppealAgainst, history: list[Event]
) -> None:
    for wanted in (AppealAgainst.PAUSE, AppealAgainst.TERMINATION, AppealAgainst.NO_SHOW):
        command = ask(LodgeAppeal, 2000, against=wanted)
        if wanted is against:
            given(appeal, *history).when(command).then(
                fact(AppealLodged, 2000, against=against, decide_by=date(2026, 12, 13))
            )
        else:
            given(appeal, *history).when(command).then_refused("nothing_to_appeal")


def test_a_pause_is_appealed_against_once_the_call_is_over() -> None:
    command = ask(LodgeAppeal, 100, against=AppealAgainst.PAUSE)
    given(appeal, booked, fact(CallPaused, 9)).when(command).then_refused("nothing_to_appeal")


def test_a_sanction_is_appealed_against_by_its_person_while_it_counts() -> None:
    command = ask(LodgeAppeal, 3000, against=AppealAgainst.SANCTION, sanction="sanction-2")
    given(appeal, *sanctioned()).when(command).then(about_sanction())
    given(appeal, *sanctioned(person="visitor-2")).when(command).then_refused("nothing_to_appeal")
    lifted = [*sanctioned(), fact(SanctionLifted, 2500)]
    given(appeal, *lifted).when(command).then_refused("nothing_to_appeal")


def test_each_thing_is_appealed_against_once_by_each_person() -> None:
    given(appeal, *terminated, lodged).when(ask(LodgeAppeal, 700)).then_nothing()
    again = ask(LodgeAppeal, 800, appeal="appeal-2")
    given(appeal, *terminated, lodged).when(again).then_refused("appeal_known")
    given(appeal, *asked, decided).when(again).then_refused("appeal_known")
    other = ask(LodgeAppeal, 800, appeal="appeal-2", lodged_by=PRISONER)
    assert given(appeal, *terminated, lodged).when(other).outcome()


def test_an_appeal_is_lodged_within_the_days_of_the_policy() -> None:
    assert given(appeal, *terminated).when(ask(LodgeAppeal, 600 + 28 * DAY - 1)).outcome()
    given(appeal, *terminated).when(ask(LodgeAppeal, 600 + 28 * DAY)).then_refused("appeal_late")
    rules = Policy().merged({"appeals": {"lodge_days": 60, "decide_days": 5}})
    own = fact(PolicyPublished, -40 * DAY, document=rules.document())
    (event,) = given(appeal, own, *terminated).when(ask(LodgeAppeal, 600 + 40 * DAY)).outcome()
    assert isinstance(event, AppealLodged)
    assert event.decide_by == date(2027, 1, 7)


# The reviewer


def test_an_appeal_is_taken_by_somebody_who_had_no_part_in_it() -> None:
    given(appeal, *terminated, lodged).when(ask(AssignAppeal, 800)).then(assigned)
    given(appeal, *terminated, lodged, assigned).when(ask(AssignAppeal, 800)).then_nothing()
    given(appeal, *terminated).when(ask(AssignAppeal)).then_refused("appeal_unknown")
    given(appeal, *asked, decided).when(ask(AssignAppeal, reviewer="officer-8")).then_refused(
        "appeal_decided"
    )


@pytest.mark.parametrize(
    "part",
    [
        fact(CallPaused, 9, paused_by=PausedBy.STAFF, officer="officer-9"),
        fact(CallResumed, 60, officer="officer-9"),
        fact(ViolationReviewed, 60, reviewed_by="officer-9"),
        fact(CallTerminated, 600, terminated_by="officer-9"),
        fact(WarningIssued, 700, issued_by="officer-9"),
        fact(SanctionImposed, 700, imposed_by="officer-9"),
    ],
    ids=lambda part: type(part).__name__,
)
def test_nobody_reviews_what_they_had_a_part_in(part: Event) -> None:
    given(appeal, *terminated, part, lodged).when(ask(AssignAppeal)).then_refused("not_independent")
    given(appeal, *asked, part).when(ask(DecideAppeal)).then_refused("not_independent")


def test_only_the_reviewer_decides_once_and_with_reasons() -> None:
    given(appeal, *terminated, lodged).when(ask(DecideAppeal)).then_refused("not_reviewer")
    given(appeal, *asked).when(ask(DecideAppeal, decided_by="officer-8")).then_refused("not_reviewer")
    given(appeal, *asked).when(ask(DecideAppeal, reasons="")).then_refused("reason_missing")
    given(appeal, *asked, decided).when(ask(DecideAppeal)).then_refused("appeal_decided")


# What follows


def test_what_was_wrong_is_given_back_in_the_month_of_the_decision() -> None:
    given(appeal, *asked).when(ask(DecideAppeal, 900)).then(decided, credited)
    (_, later) = given(appeal, *asked).when(ask(DecideAppeal, 10 * DAY)).outcome()
    assert isinstance(later, CallMinutesCredited)
    assert later.prisoner_month == f"{PRISONER}/2026-12"


def test_an_appeal_that_was_rejected_changes_nothing_else() -> None:
    rejected = fact(AppealDecided, 900, outcome=AppealOutcome.REJECTED)
    given(appeal, *asked).when(ask(DecideAppeal, 900, outcome=AppealOutcome.REJECTED)).then(rejected)


def test_what_was_given_back_before_is_not_given_back_again() -> None:
    before = fact(CallMinutesCredited, 100, seconds=120)
    (_, rest) = given(appeal, *asked, before).when(ask(DecideAppeal, 900)).outcome()
    assert isinstance(rest, CallMinutesCredited)
    assert rest.seconds == 1200
    given(appeal, *asked, credited).when(ask(DecideAppeal, 900)).then(decided)


def test_a_call_that_was_not_counted_gives_nothing_back() -> None:
    legal = fact(CallBooked, -2 * DAY, counted=False)
    given(appeal, legal, ended, lodged, assigned).when(ask(DecideAppeal, 900)).then(decided)


def test_a_missed_call_is_given_back_whole_and_a_pause_as_long_as_it_was() -> None:
    missed = fact(AppealLodged, 700, against=AppealAgainst.NO_SHOW)
    pause = fact(AppealLodged, 700, against=AppealAgainst.PAUSE)
    paused = [fact(CallPaused, 9, violation=None), fact(CallCompleted, 600, paused_ms=90_500)]
    for over, about, seconds in (([fact(CallMissed, 600)], missed, 1800), (paused, pause, 90)):
        (_, given_back) = given(appeal, booked, *over, about, assigned).when(ask(DecideAppeal, 900)).outcome()
        assert isinstance(given_back, CallMinutesCredited)
        assert given_back.seconds == seconds


def test_a_sanction_is_lifted_and_what_it_rested_on_no_longer_counts() -> None:
    history = [*sanctioned(), about_sanction(), fact(AppealAssigned, 3100)]
    (answer, lifted, given_back) = given(appeal, *history).when(ask(DecideAppeal, 3200)).outcome()
    assert isinstance(answer, AppealDecided)
    assert isinstance(lifted, SanctionLifted)
    assert isinstance(given_back, CallMinutesCredited)
    assert answer.overturned == ("violation-1",)
    assert (lifted.sanction, lifted.because, lifted.lifted_by) == (
        "sanction-2",
        LiftedBecause.APPEAL_UPHELD,
        "officer-9",
    )
    assert given_back.seconds == 120
    found = [fact(WaitingRoomOpened, -900), fact(ViolationRaised, 9), fact(ViolationReviewed, 60)]
    given(conduct, *found, answer).when(ask(TakeMeasure)).then_refused("not_confirmed")


def test_what_was_partly_wrong_is_undone_and_what_was_found_stands() -> None:
    history = [*sanctioned(), about_sanction(), fact(AppealAssigned, 3100)]
    partly = ask(DecideAppeal, 3200, outcome=AppealOutcome.PARTLY)
    (answer, lifted, _) = given(appeal, *history).when(partly).outcome()
    assert isinstance(answer, AppealDecided)
    assert isinstance(lifted, SanctionLifted)
    assert answer.overturned == ()


def test_every_sanction_falls_that_rests_on_an_overturned_violation() -> None:
    about_pause = fact(AppealLodged, 3000, against=AppealAgainst.PAUSE)
    both = [*sanctioned(), fact(WarningIssued, 2000, person="visitor-2"), about_pause, assigned]
    events = given(appeal, *both).when(ask(DecideAppeal, 3200)).outcome()
    assert [event.sanction for event in events if isinstance(event, SanctionLifted)] == [
        "sanction-2",
        "sanction-1",
    ]
    unrelated = [*sanctioned(violation="violation-7"), about_pause, assigned]
    events = given(appeal, *unrelated).when(ask(DecideAppeal, 3200)).outcome()
    assert not [event for event in events if isinstance(event, SanctionLifted)]


@every(
    talk_s=strategies.integers(0, 2400),
    before_s=strategies.integers(0, 3000),
    outcome=strategies.sampled_from(AppealOutcome),
)
def test_never_more_is_given_back_than_the_call_was_booked_for(
    talk_s: int, before_s: int, outcome: AppealOutcome
) -> None:
    over = fact(CallTerminated, 600, talk_ms=talk_s * 1000)
    before = fact(CallMinutesCredited, 100, seconds=before_s)
    history = [booked, over, before, lodged, assigned]
    events = given(appeal, *history).when(ask(DecideAppeal, 900, outcome=outcome)).outcome()
    back = sum(event.seconds for event in events if isinstance(event, CallMinutesCredited))
    wrong = outcome is not AppealOutcome.REJECTED
    assert back == (max(0, 1800 - talk_s - before_s) if wrong and talk_s < 1800 else 0)
