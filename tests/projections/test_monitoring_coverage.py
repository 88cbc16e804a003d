"""Coverage: which calls needed somebody to watch them, and whether and when somebody did."""

from datetime import datetime, timedelta
from functools import reduce
from typing import Any

import pytest
from hypothesis import given as for_all
from hypothesis import strategies as st

from domain.clearance import ClearanceMode
from domain.lifecycle import CallCompleted, CallMissed, CallStarted, CallTerminated
from domain.waiting_room.events import (
    CallHeldForMonitor,
    ClearanceModeSet,
    MonitorJoined,
    MonitorLeft,
    WaitingRoomOpened,
)
from projections import monitoring_coverage as read_model
from projections.monitoring_coverage import Coverage, Needed, Watch, after, counted, coverage
from tests.facts import CALL, COUNTED_VISITORS, NOON, PRISON, fact
from tests.projections.conftest import Fill

OPENED = fact(WaitingRoomOpened, -900, monitor_required=True)
STARTED = fact(CallStarted, 0)
OVER = fact(CallCompleted, 1800)
LATER = NOON + timedelta(hours=2)


def covered(*events: Any) -> Coverage:
    row: Coverage | None = reduce(after, (OPENED, *events), None)
    assert row is not None
    return row


def joined(seconds: float, officer: str = "officer-1") -> MonitorJoined:
    return fact(MonitorJoined, seconds, officer=officer)


def left(seconds: float, officer: str = "officer-1") -> MonitorLeft:
    return fact(MonitorLeft, seconds, officer=officer)


def test_a_call_somebody_watched_from_before_its_start_is_watched() -> None:
    row = covered(joined(-30), STARTED, OVER)
    assert (row.watch(LATER), row.late_s(LATER), row.gap_s(LATER), row.watched_s(LATER)) == (
        Watch.WATCHED,
        0,
        0,
        1800,
    )


def test_a_call_is_watched_late_by_so_many_seconds() -> None:
    row = covered(STARTED, joined(90), OVER)
    assert (row.watch(LATER), row.late_s(LATER), row.watched_s(LATER)) == (Watch.LATE, 90, 1710)


def test_a_call_that_was_left_alone_for_a_while_has_a_gap() -> None:
    row = covered(joined(-30), STARTED, left(600), joined(700), OVER)
    assert (row.watch(LATER), row.gap_s(LATER), row.watched_s(LATER)) == (Watch.GAPS, 100, 1700)


def test_a_gap_lasts_to_the_end_if_nobody_comes_back() -> None:
    row = covered(joined(-30), STARTED, left(600), OVER)
    assert (row.watch(LATER), row.gap_s(LATER)) == (Watch.GAPS, 1200)


def test_two_officers_who_take_turns_leave_no_gap() -> None:
    row = covered(joined(-30), STARTED, joined(500, "officer-2"), left(600), OVER)
    assert row.watch(LATER) is Watch.WATCHED


def test_whoever_left_before_the_start_did_not_watch() -> None:
    row = covered(joined(-600), left(-300), STARTED, OVER)
    assert (row.watch(LATER), row.late_s(LATER), row.watched_s(LATER)) == (Watch.NOT_WATCHED, None, 0)


def test_while_it_is_on_a_call_is_judged_up_to_now() -> None:
    row = covered(joined(-30), STARTED)
    assert row.watched_s(NOON + timedelta(seconds=60)) == 60
    alone = covered(STARTED)
    assert alone.watch(NOON + timedelta(seconds=60)) is Watch.NOT_WATCHED


def test_a_call_that_was_held_and_never_started_says_how_long_people_waited() -> None:
    row = covered(fact(CallHeldForMonitor, 10), fact(CallMissed, 610))
    assert (row.watch(LATER), row.held_s(LATER)) == (Watch.NOT_STARTED, 600)
    assert row.needed == (Needed.REQUIRED, Needed.HELD)


def test_a_call_that_waited_for_its_monitor_says_how_long() -> None:
    assert covered(fact(CallHeldForMonitor, 10), joined(70), fact(CallStarted, 71), OVER).held_s(LATER) == 61


def test_a_call_in_which_faces_are_counted_needs_to_be_watched_whatever_the_policy_says() -> None:
    row = after(None, fact(WaitingRoomOpened, -900, visitor=COUNTED_VISITORS))
    assert row is not None
    assert row.needed == (Needed.COUNTED,)
    matched = after(None, fact(WaitingRoomOpened, -900))
    assert matched is not None
    assert matched.needed == ()
    turned = after(matched, fact(ClearanceModeSet, -40, mode=ClearanceMode.COUNT))
    assert turned is not None
    assert turned.needed == (Needed.COUNTED,)


comings = st.lists(
    st.tuples(st.integers(-600, 2400), st.booleans(), st.sampled_from(["officer-1", "officer-2"])), max_size=8
)


@for_all(comings)
def test_every_second_of_a_call_is_late_watched_or_a_gap(turns: list[tuple[int, bool, str]]) -> None:
    moves = [joined(at, who) if comes else left(at, who) for at, comes, who in turns]
    row = covered(*sorted([*moves, STARTED, OVER], key=lambda event: event.at))
    late_s = row.late_s(LATER)
    if late_s is None:
        assert row.watch(LATER) is Watch.NOT_WATCHED
        assert row.watched_s(LATER) == 0
    else:
        assert late_s + row.watched_s(LATER) + row.gap_s(LATER) == 1800
        assert row.gap_s(LATER) >= 0


def day(days: int) -> datetime:
    return NOON + timedelta(days=days)


@pytest.mark.postgres
async def test_the_calls_of_a_time_are_listed_that_needed_a_monitor(fill: Fill) -> None:
    ended = fact(CallTerminated, 60)
    needless = fact(WaitingRoomOpened, -900, call="call-2")
    tomorrow = fact(WaitingRoomOpened, -900, call="call-3", monitor_required=True, starts_at=day(1))
    db = await fill(read_model, [OPENED, needless, tomorrow, joined(-30), STARTED, ended])
    found = await coverage(db, PRISON, day(0), day(1))
    assert [row.call for row in found] == [CALL]
    assert found[0].watch(LATER) is Watch.WATCHED
    both = await coverage(db, PRISON, day(0), day(2))
    assert [row.call for row in both] == [CALL, "call-3"]
    assert counted(both, LATER) == {**dict.fromkeys(Watch, 0), Watch.WATCHED: 1, Watch.NOT_STARTED: 1}
    assert await coverage(db, "LEI", day(0), day(2)) == []
