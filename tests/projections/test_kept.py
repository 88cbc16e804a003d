"""What is kept of calls: until when, what keeps it longer, what should be gone."""

from datetime import date, timedelta

import pytest

from application.weeding import Weeding
from domain.appeal import AppealDecided, AppealLodged
from domain.concern import ConcernClosed, ConcernRaised
from domain.event import Event
from domain.evidence import EvidenceHeld
from domain.kept import MediaKept, MediaWeeded, RetentionExtended, WeedingBegun
from domain.lifecycle import CallCompleted
from domain.monitoring.events import Ground
from domain.policy import Policy, PolicyPublished
from domain.recording import RecordingSealed
from domain.stream import ObservationsSealed
from domain.waiting_room.events import WaitingRoomOpened
from projections import kept as read_model
from projections.kept import kept_until
from tests.facts import NOON, PRISON, fact
from tests.projections.conftest import Fill

pytestmark = pytest.mark.postgres

TODAY = NOON.date()
DAY = timedelta(days=1)
FAR = TODAY + 1000 * DAY
RULES = Policy().merged({"retention": {"recordings_days": 30}})
CALL_KEPT: tuple[Event, ...] = (
    fact(PolicyPublished, -99_000, document=RULES.document()),
    fact(WaitingRoomOpened, -900),
    fact(ObservationsSealed, 60, digests=("block-1", "block-2")),
    fact(ObservationsSealed, 120, digests=("block-3",)),
    fact(RecordingSealed, 60, digests=("piece-1",)),
)
over = fact(CallCompleted, 1800)


async def test_each_kind_has_its_own_last_day_once_the_call_is_over(fill: Fill) -> None:
    assert await kept_until(await fill(read_model, CALL_KEPT), PRISON, FAR) == []
    db = await fill(read_model, [*CALL_KEPT, over])
    found = [(one.media, one.pieces, one.last_day) for one in await kept_until(db, PRISON, FAR)]
    assert found == [
        (MediaKept.RECORDING, 1, TODAY + 30 * DAY),
        (MediaKept.OBSERVATIONS, 3, TODAY + 90 * DAY),
    ]
    assert len(await kept_until(db, PRISON, TODAY + 30 * DAY)) == 1
    assert await kept_until(db, "LEI", FAR) == []


@pytest.mark.parametrize(
    ("facts", "weeding"),
    [
        ([], Weeding.OVERDUE),
        ([fact(ConcernRaised, 70)], Weeding.KEPT_LONGER),
        ([fact(ConcernRaised, 70), fact(ConcernClosed, 300)], Weeding.OVERDUE),
        ([fact(EvidenceHeld, 70, review_by=date(2027, 12, 1))], Weeding.KEPT_LONGER),
        ([fact(AppealLodged, 400)], Weeding.KEPT_LONGER),
        ([fact(AppealLodged, 400), fact(AppealDecided, 500)], Weeding.OVERDUE),
        ([fact(RetentionExtended, 400, until=date(2027, 12, 1))], Weeding.KEPT_LONGER),
        ([fact(RetentionExtended, 400, until=date(2027, 2, 1))], Weeding.OVERDUE),
        ([fact(WeedingBegun)], Weeding.UNDER_WAY),
    ],
)
async def test_what_keeps_it_longer_is_told(fill: Fill, facts: list[Event], weeding: Weeding) -> None:
    db = await fill(read_model, [*CALL_KEPT, over, *facts])
    (one,) = [one for one in await kept_until(db, PRISON, FAR) if one.media is MediaKept.OBSERVATIONS]
    assert one.weeding(TODAY + 100 * DAY) is weeding
    if weeding is not Weeding.UNDER_WAY:
        assert one.weeding(TODAY + 90 * DAY) is Weeding.DUE


async def test_what_was_destroyed_is_no_longer_there(fill: Fill) -> None:
    db = await fill(read_model, [*CALL_KEPT, over, fact(WeedingBegun), fact(MediaWeeded)])
    assert [one.media for one in await kept_until(db, PRISON, FAR)] == [MediaKept.RECORDING]


async def test_the_ground_of_an_extension_is_told(fill: Fill) -> None:
    db = await fill(read_model, [*CALL_KEPT, over, fact(RetentionExtended, 400)])
    assert {one.ground for one in await kept_until(db, PRISON, FAR)} == {Ground.CRIME}
