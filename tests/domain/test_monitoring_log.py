"""What was watched of a call goes on record with the authorisation that covered it, or not at all."""

from datetime import timedelta
from typing import Any

import pytest

from domain import monitoring_log
from domain.event import Event
from domain.monitoring.events import (
    MonitoringAuthorised,
    MonitoringEnded,
    MonitoringKind,
    MonitoringLogged,
)
from domain.monitoring_log import LogMonitoring
from domain.waiting_room.events import WaitingRoomOpened
from tests.asked import ask
from tests.facts import NOON, fact
from tests.scenario import given

opened = fact(WaitingRoomOpened, -900)
legal = fact(WaitingRoomOpened, -900, confidential=True, staff_may_listen=False)
official = fact(WaitingRoomOpened, -900, staff_may_listen=False)
granted = fact(MonitoringAuthorised, -3600)
images = fact(MonitoringAuthorised, -3600, kind=MonitoringKind.LEGAL_IMAGE_ONLY)


@pytest.mark.parametrize("history", [[opened, granted], [official, granted], [legal, images]])
def test_what_was_monitored_is_logged_with_its_authorisation(history: list[Event]) -> None:
    given(monitoring_log, *history).when(ask(LogMonitoring, 300)).then(fact(MonitoringLogged, 300))


def test_a_social_call_may_be_logged_on_its_terms() -> None:
    by_terms = ask(LogMonitoring, 300, authorisation=None)
    given(monitoring_log, opened).when(by_terms).then(fact(MonitoringLogged, 300, authorisation=None))
    for room in (legal, official):
        given(monitoring_log, room).when(by_terms).then_refused("not_authorised")


@pytest.mark.parametrize(
    "history",
    [
        [opened],
        [opened, images],
        [legal, granted],
        [opened, fact(MonitoringAuthorised, -3600, monitored="prisoner-2")],
        [opened, fact(MonitoringAuthorised, -3600, prison="LEI")],
        [opened, fact(MonitoringAuthorised, 90)],
        [opened, granted, fact(MonitoringEnded, 90)],
        [opened, fact(MonitoringAuthorised, -3600, expires_at=NOON + timedelta(seconds=90))],
    ],
    ids=[
        "none", "lawyers only", "no lawyers", "somebody else", "another prison", "later", "taken back", "over",
    ],
)  # fmt: skip
def test_an_authorisation_covers_the_person_the_type_and_all_of_the_time(history: list[Event]) -> None:
    given(monitoring_log, *history).when(ask(LogMonitoring, 300)).then_refused("not_authorised")


@pytest.mark.parametrize(
    "times",
    [
        {"watched_from": NOON + timedelta(seconds=130)},
        {"watched_from": NOON - timedelta(seconds=1000)},
        {"watched_to": NOON + timedelta(seconds=301)},
    ],
    ids=["the end first", "before the call", "in the future"],
)
def test_the_times_lie_within_the_call(times: Any) -> None:
    given(monitoring_log, opened, granted).when(ask(LogMonitoring, 300, **times)).then_refused(
        "times_reversed"
    )


def test_the_log_says_what_came_of_it_and_of_which_call() -> None:
    given(monitoring_log, opened, granted).when(ask(LogMonitoring, 300, summary=" ")).then_refused(
        "reason_missing"
    )
    given(monitoring_log, granted).when(ask(LogMonitoring, 300)).then_refused("call_unknown")
