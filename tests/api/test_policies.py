"""A prison's policy over HTTP: changed by two people for the future, tightened at once, tried on what happened."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from domain.access import RecordViewed
from domain.booking.events import BookingRefused, CallRequested
from domain.policy import PolicyPublished, TighteningReviewed
from tests.bookings import AHEAD, usual
from tests.facts import NOON, PRISON, fact
from tests.house import House

pytestmark = pytest.mark.postgres

POLICY = f"/v1/prisons/{PRISON}/policy"
STRICTER = {"changes": {"booking": {"visitors_max": 2}}}
MIDNIGHT = datetime(2026, 11, 24, tzinfo=UTC)


async def _governors(house: House) -> tuple[Any, Any]:
    await house.given(fact(PolicyPublished, -100))
    return await house.client("GO", person="governor-1"), await house.client("GO", person="governor-2")


async def _published(first: Any, second: Any, **changes: Any) -> Any:
    proposal = (await first.post(f"{POLICY}/proposals", json=changes)).json()
    return await second.post(POLICY, json={"proposal": proposal["proposal"]})


async def test_a_change_takes_effect_at_the_next_midnight_of_the_prison(house: House) -> None:
    first, second = await _governors(house)
    changes = {"booking": {"notice_days_min": 3}}
    assert (await _published(first, second, changes=changes)).status_code == 201
    now = (await first.get(POLICY)).json()
    assert (now["version"], now["document"]["booking"]["notice_days_min"]) == (1, 2)
    (to_come,) = now["to_come"]
    assert datetime.fromisoformat(to_come["effective_from"]) == MIDNIGHT
    assert (to_come["version"], to_come["document"]["booking"]["notice_days_min"]) == (2, 3)
    house.clock.moment = MIDNIGHT
    later = (await (await house.client("GO")).get(POLICY)).json()
    assert (later["version"], later["to_come"]) == (2, [])


async def test_a_change_may_take_effect_later_and_never_earlier(house: House) -> None:
    first, second = await _governors(house)
    changes = {"booking": {"notice_days_min": 3}}
    begins = NOON + timedelta(days=10)
    answer = await _published(first, second, changes=changes, effective_from=begins.isoformat())
    assert answer.status_code == 201
    assert (await house.events(PolicyPublished))[-1].effective_from == begins
    for moment, status in (
        (NOON.isoformat(), 409),
        ("0001-01-01T00:00:00+14:00", 422),
        ("9999-12-31T23:59:59-14:00", 422),
    ):
        other = await first.post(f"{POLICY}/proposals", json={"changes": changes, "effective_from": moment})
        assert other.status_code == status


async def test_a_proposal_whose_time_has_come_meanwhile_is_not_published(house: House) -> None:
    first, _ = await _governors(house)
    body = {
        "changes": {"booking": {"notice_days_min": 3}},
        "effective_from": (NOON + timedelta(hours=1)).isoformat(),
    }
    proposal = (await first.post(f"{POLICY}/proposals", json=body)).json()["proposal"]
    house.clock.moment = NOON + timedelta(hours=2)
    second = await house.client("GO", person="governor-2")
    answer = await second.post(POLICY, json={"proposal": proposal})
    assert (answer.status_code, answer.json()["errorCode"]) == (409, "not_in_future")


async def test_a_newer_version_replaces_one_that_has_not_begun(house: House) -> None:
    first, second = await _governors(house)
    await _published(first, second, changes={"booking": {"notice_days_min": 3}})
    await _published(first, second, changes={"booking": {"notice_days_min": 4}})
    now = (await first.get(POLICY)).json()
    assert [version["version"] for version in now["to_come"]] == [3]


async def test_a_governor_tightens_at_once_and_another_person_reviews_it(house: House) -> None:
    first, second = await _governors(house)
    answer = await first.post(f"{POLICY}/tightenings", json=STRICTER)
    assert (answer.status_code, answer.json()["version"]) == (201, 2)
    now = (await first.get(POLICY)).json()
    assert (now["version"], now["document"]["booking"]["visitors_max"]) == (2, 2)
    assert datetime.fromisoformat(now["review_by"]) == NOON + timedelta(hours=24)
    review = f"{POLICY}/tightenings/2/review"
    alone = await first.post(review, json={"result": "upheld"})
    assert (alone.status_code, alone.json()["errorCode"]) == (409, "second_person")
    assert (await second.post(review, json={"result": "upheld"})).status_code == 200
    assert len(await house.events(TighteningReviewed)) == 1
    assert (await first.get(POLICY)).json()["review_by"] is None


async def test_a_tightening_that_is_withdrawn_brings_the_policy_before_it_back(house: House) -> None:
    first, second = await _governors(house)
    await first.post(f"{POLICY}/tightenings", json=STRICTER)
    await second.post(f"{POLICY}/tightenings/2/review", json={"result": "withdrawn"})
    now = (await first.get(POLICY)).json()
    assert (now["version"], now["document"]["booking"]["visitors_max"]) == (3, 4)


async def test_at_once_nothing_is_loosened(house: House) -> None:
    first, _ = await _governors(house)
    answer = await first.post(f"{POLICY}/tightenings", json={"changes": {"booking": {"visitors_max": 6}}})
    assert (answer.status_code, answer.json()["errorCode"]) == (409, "only_tighter")
    assert "booking.visitors_max" in answer.json()["userMessage"]


async def test_the_same_tightening_again_changes_nothing(house: House) -> None:
    first, _ = await _governors(house)
    await first.post(f"{POLICY}/tightenings", json=STRICTER)
    again = await first.post(f"{POLICY}/tightenings", json=STRICTER)
    assert (again.status_code, again.json()["version"]) == (201, 2)
    assert len(await house.events(PolicyPublished)) == 2


async def test_only_a_tightening_is_reviewed(house: House) -> None:
    _, second = await _governors(house)
    for version in (1, 9):
        answer = await second.post(f"{POLICY}/tightenings/{version}/review", json={"result": "upheld"})
        assert (answer.status_code, answer.json()["errorCode"]) == (404, "tightening_unknown")
    unknown = await second.post(f"{POLICY}/tightenings/1/review", json={"result": "perhaps"})
    assert unknown.status_code == 422


async def test_an_analyst_proposes_and_tries_but_does_not_tighten(house: House) -> None:
    await _governors(house)
    analyst = await house.client("PA")
    assert (await analyst.post(f"{POLICY}/tightenings", json=STRICTER)).status_code == 403
    assert (await analyst.post(f"{POLICY}/proposals", json=STRICTER)).status_code == 200


TRIAL = {
    "changes": {"booking": {"notice_days_min": 4, "notice_days_max": 30}},
    "first": "2026-11-01",
    "last": "2026-11-30",
}
TOO_FAR = fact(
    BookingRefused,
    -90_000,
    session="session-2",
    rule="notice_max",
    rules=("notice_max",),
    people=1,
    adults=1,
    minutes=30,
    starts_at=NOON + timedelta(days=28),
)


async def test_a_change_is_tried_on_what_happened(house: House) -> None:
    asked = fact(CallRequested, AHEAD, for_staff=("policy", "identity", "age_unknown"))
    await house.given(*usual, asked, TOO_FAR)
    analyst = await house.client("PA")
    answer = await analyst.post(f"{POLICY}/simulations", json=TRIAL)
    assert answer.status_code == 200
    tried = answer.json()
    assert tried["summary"]["comparable"] == {
        "would_be_refused": 1,
        "would_be_accepted": 1,
        "as_it_was": 0,
    }
    assert tried["summary"]["rules"] == {"notice_min": 1, "notice_max": 1}
    assert [(item["what"], item["answer"], item["comparable"]) for item in tried["items"]] == [
        ("request", "would_be_refused", True),
        ("refusal", "would_be_accepted", True),
    ]
    page = (await analyst.post(f"{POLICY}/simulations", json={**TRIAL, "offset": 1, "limit": 1})).json()
    assert (page["items"], page["total"]) == (tried["items"][1:], 2)
    assert len(await house.log()) == len(usual) + 2 + len(await house.events(RecordViewed))
    assert [view.viewed_by for view in await house.events(RecordViewed)] == ["pa-1", "pa-1"]


async def test_what_cannot_be_tried_is_said_in_a_sentence(house: House) -> None:
    await _governors(house)
    analyst = await house.client("PA")
    for changes, code in (
        ({**TRIAL, "changes": {"nonsense": 1}}, "policy_invalid"),
        ({**TRIAL, "changes": {"time_zone": "Europe/Paris"}}, "simulation_time_zone"),
        ({**TRIAL, "first": "2026-12-01"}, "days_reversed"),
        ({**TRIAL, "first": "2020-12-01"}, "days_reversed"),
    ):
        answer = await analyst.post(f"{POLICY}/simulations", json=changes)
        assert (answer.status_code, answer.json()["errorCode"]) == (409, code)
    slips: tuple[dict[str, Any], ...] = ({"changes": {}}, {"first": "9999-12-31", "last": "9999-12-31"})
    for slip in slips:
        answer = await analyst.post(f"{POLICY}/simulations", json={**TRIAL, **slip})
        assert answer.status_code == 422


async def test_a_policy_of_another_prison_is_not_tried(house: House) -> None:
    elsewhere = await house.client("PA", prison="LEI")
    assert (await elsewhere.post(f"{POLICY}/simulations", json=TRIAL)).status_code == 403
