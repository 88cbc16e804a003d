"""The timetable: a session's id is used once."""

import pytest
from pydantic import ValidationError

from domain import timetable
from domain.timetable.commands import OpenSession
from domain.timetable.events import SessionOpened
from tests.asked import ask
from tests.facts import fact
from tests.scenario import given


def test_a_session_is_opened() -> None:
    given(timetable).when(ask(OpenSession)).then(fact(SessionOpened))


def test_a_session_is_opened_once() -> None:
    given(timetable, fact(SessionOpened)).when(ask(OpenSession, stations=3)).then_refused("session_opened")


def test_another_session_is_another_session() -> None:
    given(timetable, fact(SessionOpened, session="session-2")).when(ask(OpenSession)).then(
        fact(SessionOpened)
    )


@pytest.mark.parametrize("changes", [{"minutes": 0}, {"minutes": 24 * 60 + 1}, {"stations": 0}])
def test_a_session_has_a_length_and_a_station(changes: dict[str, int]) -> None:
    with pytest.raises(ValidationError):
        ask(OpenSession, **changes)
