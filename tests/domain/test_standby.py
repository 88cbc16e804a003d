"""Standby: who waits for a place in a full session, in the order in which they came."""

from typing import Any

import pytest
from pydantic import ValidationError

from domain import standby
from domain.event import Event
from domain.standby import JoinStandby, LeaveStandby, LeftBecause, StandbyJoined, StandbyLeft, StandbyOffered
from domain.timetable.events import CallType
from tests.asked import ask
from tests.facts import fact
from tests.scenario import given

joined = fact(StandbyJoined)
left = fact(StandbyLeft)
second = fact(StandbyJoined, standby="standby-2", person="visitor-2", prisoner="prisoner-2")


def test_somebody_waits_for_a_place() -> None:
    given(standby).when(ask(JoinStandby)).then(joined)
    given(standby).when(ask(JoinStandby, call_type=CallType.LEGAL, minutes=60)).then(
        fact(StandbyJoined, call_type=CallType.LEGAL, minutes=60)
    )


def test_nobody_waits_twice_for_the_same() -> None:
    again = ask(JoinStandby, standby="standby-2", call="call-2")
    given(standby, joined).when(again).then_refused("standby_twice")
    given(standby, joined, fact(StandbyOffered)).when(again).then_refused("standby_twice")


@pytest.mark.parametrize("changes", [{"person": "visitor-2"}, {"prisoner": "prisoner-2"}])
def test_another_waits_beside_them(changes: dict[str, Any]) -> None:
    another = ask(JoinStandby, standby="standby-2", **changes)
    given(standby, joined).when(another).then(fact(StandbyJoined, standby="standby-2", **changes))


def test_for_another_session_somebody_waits_again() -> None:
    elsewhere = fact(StandbyJoined, standby="standby-2", standby_session="session-2")
    given(standby, elsewhere).when(ask(JoinStandby)).then(joined)


def test_who_left_may_wait_again() -> None:
    given(standby, joined, left).when(ask(JoinStandby)).then(joined)


@pytest.mark.parametrize("because", list(LeftBecause))
def test_somebody_no_longer_waits(because: LeftBecause) -> None:
    given(standby, joined).when(ask(LeaveStandby, because=because)).then(fact(StandbyLeft, because=because))


@pytest.mark.parametrize(
    "history", [[], [joined, left], [second]], ids=["never came", "left", "somebody else"]
)
def test_who_does_not_wait_leaves_nothing(history: list[Event]) -> None:
    given(standby, *history).when(ask(LeaveStandby)).then_nothing()


def test_the_list_is_in_the_order_in_which_they_came() -> None:
    offers = [fact(StandbyOffered), fact(StandbyOffered, standby="standby-2")]
    state = standby.initial
    came: list[StandbyJoined | StandbyOffered] = [joined, second, *offers]
    for event in came:
        state = standby.evolve(state, event)
    assert list(state.waiting) == ["standby-1", "standby-2"]
    assert state.offered == {"standby-1": offers[0], "standby-2": offers[1]}
    after = standby.evolve(state, left)
    assert after.waiting == {"standby-2": second}
    assert after.offered == {"standby-2": offers[1]}


@pytest.mark.parametrize("changes", [{"visitors": ()}, {"minutes": 0}])
def test_somebody_waits_for_a_call_with_people_and_a_length(changes: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        ask(JoinStandby, **changes)
