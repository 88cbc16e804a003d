"""Looking goes on record, each time anew."""

import pytest

from domain import access
from domain.access import EvidenceViewed, RecordView, RecordViewed, WallWatched
from domain.event import PrisonEvent
from tests.asked import ask
from tests.facts import fact
from tests.scenario import given


@pytest.mark.parametrize("kind", [RecordViewed, WallWatched, EvidenceViewed], ids=lambda kind: kind.__name__)
def test_every_view_is_recorded_however_often(kind: type[PrisonEvent]) -> None:
    view = fact(kind)
    given(access).when(ask(RecordView, view=view)).then(view)
    given(access, view).when(ask(RecordView, view=view)).then(view)


def test_views_change_no_later_decision() -> None:
    assert access.evolve(access.initial, fact(RecordViewed)) == access.initial
