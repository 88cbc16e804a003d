"""When what is kept of a call is looked at again: on the day after each last day, and when a hold ends."""

from datetime import UTC, date, datetime

import pytest

from application.ports import EventStore
from application.reactions import weed_in_time
from domain.appeal import AppealDecided
from domain.concern import ConcernClosed
from domain.events import EVENTS
from domain.evidence import EvidenceHeld
from domain.kept import RetentionExtended
from domain.lifecycle import CallCompleted
from domain.policy import Policy, PolicyPublished
from domain.waiting_room.events import WaitingRoomOpened
from infrastructure.envelope import Envelopes
from infrastructure.event_store import InMemoryEventStore
from tests.application.history import put
from tests.facts import fact, recorded
from tests.stores import MemoryKeys

RULES = Policy().merged({"retention": {"recordings_days": 30}})


async def _looked_at(event: weed_in_time.Changed) -> list[datetime | None]:
    store: EventStore = InMemoryEventStore(Envelopes(EVENTS), MemoryKeys())
    before = (
        fact(PolicyPublished, -99_000, document=RULES.document()),
        fact(WaitingRoomOpened, -900),
        fact(CallCompleted, 1800),
    )
    await put(store, *before)
    return [reaction.due_at for reaction in await weed_in_time.react(recorded(9, event), store)]


def _midnight(day: date) -> datetime:
    return datetime(day.year, day.month, day.day, tzinfo=UTC)  # of London in winter


async def test_after_a_call_each_kind_is_looked_at_when_its_own_time_is_over() -> None:
    assert await _looked_at(fact(CallCompleted, 1800)) == [
        _midnight(date(2026, 12, 24)),
        _midnight(date(2027, 2, 22)),
    ]


@pytest.mark.parametrize(
    "event", [fact(EvidenceHeld, review_by=date(2027, 3, 1)), fact(RetentionExtended, until=date(2027, 3, 1))]
)
async def test_what_is_kept_longer_is_looked_at_after_that(event: EvidenceHeld | RetentionExtended) -> None:
    assert await _looked_at(event) == [_midnight(date(2027, 3, 2))]


@pytest.mark.parametrize("event", [fact(ConcernClosed), fact(AppealDecided)])
async def test_when_nothing_keeps_it_any_more_it_is_looked_at_at_once(
    event: ConcernClosed | AppealDecided,
) -> None:
    assert await _looked_at(event) == [None]
