"""What left a worker, left: its facts are taken as long as they belong to a call of that prison."""

from typing import get_args

import pytest

from domain import stream
from domain.event import CallEvent
from domain.stream import RecordStream, StreamEvent, StreamReleased
from domain.waiting_room.events import WaitingRoomOpened
from tests.asked import ask
from tests.facts import fact
from tests.scenario import given

opened = fact(WaitingRoomOpened, -900)


@pytest.mark.parametrize("kind", get_args(StreamEvent), ids=lambda kind: kind.__name__)
def test_what_a_worker_reports_goes_on_record_as_it_is(kind: type[CallEvent]) -> None:
    reported = fact(kind, 5)
    given(stream, opened).when(ask(RecordStream, 5, fact=reported)).then(reported)


def test_a_fact_of_an_unknown_call_is_refused() -> None:
    given(stream).when(ask(RecordStream)).then_refused("call_unknown")


def test_a_fact_is_not_put_on_record_for_another_prison() -> None:
    elsewhere = fact(StreamReleased, prison="LEI")
    given(stream, opened).when(ask(RecordStream, fact=elsewhere)).then_refused("call_unknown")
