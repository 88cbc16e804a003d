"""What a device says of itself, from the call page to the wall and the timeline."""

import pytest

from domain.clearance import Side
from domain.hint import ClientHintReported
from domain.stream import CoachingShown
from tests.api.conftest import LIVE
from tests.facts import CALL
from tests.house import House

pytestmark = pytest.mark.postgres

NO_PROOF = "Said by the person’s own device; not proof."


async def test_a_hint_is_shown_to_staff_as_no_proof_and_the_call_goes_on(house: House) -> None:
    await house.given(*LIVE)
    family = await house.seated(Side.VISITOR)
    for _ in range(3):
        answer = await family.post(f"/v1/calls/{CALL}/seats/visitor/hints", json={"kind": "second_camera"})
        assert answer.status_code == 204
    assert [event.kind.value for event in await house.events(ClientHintReported)] == ["second_camera"]
    assert [event.text_key for event in await house.events(CoachingShown)] == ["coach.second_camera"]

    after = await house.store.head()
    wall = (await (await house.client("LM")).get(f"/wall?after={after}")).text
    assert "Visitors’ side: another camera was connected. " + NO_PROOF in wall
    record = (await (await house.client("AU")).get(f"/calls/{CALL}/timeline?after={after}")).text
    assert "A person’s own device said something of itself, which is no proof" in record
    assert (await family.get(f"/v1/calls/{CALL}/seats/visitor")).json()["status"] == "live"


@pytest.mark.parametrize(
    ("side", "kind", "status"), [("prisoner", "screen_capture", 403), ("visitor", "explicit_nudity", 422)]
)
async def test_nobody_hints_for_the_other_side_or_at_anything_else(
    house: House, side: str, kind: str, status: int
) -> None:
    await house.given(*LIVE)
    family = await house.seated(Side.VISITOR)
    answer = await family.post(f"/v1/calls/{CALL}/seats/{side}/hints", json={"kind": kind})
    assert answer.status_code == status
    assert await house.events(ClientHintReported) == []
