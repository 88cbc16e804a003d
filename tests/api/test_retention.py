"""A governor keeps something longer, on record; others see what is kept, and that they looked is on record too."""

from datetime import timedelta

import pytest

from domain.access import RecordViewed, Viewed
from domain.kept import RetentionExtended
from domain.lifecycle import CallCompleted
from domain.monitoring.events import Ground
from domain.stream import ObservationsSealed
from tests.api.conftest import LIVE
from tests.facts import CALL, NOON, PRISON, fact
from tests.house import House

pytestmark = pytest.mark.postgres

KEPT = (*LIVE, fact(ObservationsSealed, 60, digests=("block-1",)), fact(CallCompleted, 1800))
LIST = f"/v1/prisons/{PRISON}/retention"
UNTIL = (NOON.date() + timedelta(days=100 + 60)).isoformat()
WISH = {"until": UNTIL, "ground": "crime", "reason": "The police asked for it."}


async def test_what_is_past_its_last_day_is_overdue_until_a_governor_keeps_it(house: House) -> None:
    await house.given(*KEPT)
    house.clock.to(100 * 86_400)
    governor = await house.client("GO")
    before = (await governor.get(LIST)).json()
    assert [one["weeding"] for one in before["kept"]] == ["overdue"]
    done = await governor.post(f"/v1/calls/{CALL}/retention", json=WISH)
    after = (await governor.get(LIST, params={"after": done.json()["position"]})).json()
    assert [one["weeding"] for one in after["kept"]] == ["kept_longer"]
    (extended,) = await house.events(RetentionExtended)
    assert (extended.ground, extended.until.isoformat()) == (Ground.CRIME, UNTIL)
    assert {view.what for view in await house.events(RecordViewed)} == {Viewed.RETENTION}


async def test_the_page_offers_it_to_a_governor_and_only_tells_others(house: House) -> None:
    await house.given(*KEPT)
    house.clock.to(100 * 86_400)
    governor, auditor = await house.client("GO"), await house.client("AU")
    page = await governor.get("/retention")
    assert "Overdue: it should be gone" in page.text
    assert f'action="/calls/{CALL}/retention"' in page.text
    told = await auditor.get("/retention")
    assert "Observations of the checks" in told.text
    assert f'action="/calls/{CALL}/retention"' not in told.text
    shorter = await governor.post(f"/calls/{CALL}/retention", data=WISH | {"until": "2026-11-24"})
    assert (shorter.status_code, "Please choose a later day" in shorter.text) == (409, True)
    kept = await governor.post(f"/calls/{CALL}/retention", data=WISH)
    assert kept.status_code == 303
    assert "A governor keeps it to" in (await governor.get(kept.headers["location"])).text


async def test_nobody_but_a_governor_of_the_prison_keeps_it_longer(house: House) -> None:
    await house.given(*KEPT)
    for role, prison in (("SG", PRISON), ("AU", PRISON), ("GO", "LEI")):
        other = await house.client(role, prison=prison)
        assert (await other.post(f"/v1/calls/{CALL}/retention", json=WISH)).status_code == 403
