"""Programs of neighbouring systems: how they sign in, what they may ask, what they tell and are told."""

from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest

from api import tokens
from application.examples import EXAMPLES
from domain.booking.events import CallBooked
from domain.lifecycle import CallStarted
from domain.person import PersonRegistered
from domain.prisoner.events import AlertRaised, FactsReceived, PrisonerReceived, PrisonerReleased
from domain.subscription import WebhookSubscribed
from tests.api.conftest import BOOKED
from tests.facts import NOON, PRISON, PRISONER, fact
from tests.house import House
from tests.neighbour import program

pytestmark = pytest.mark.postgres

FACTS = f"/v1/prisons/{PRISON}/facts"
HOOK = {"url": "https://93.184.216.34/hook", "prison": PRISON}


def _told(kind: str, ident: str, **data: Any) -> dict[str, Any]:
    return {
        "specversion": "1.0",
        "id": ident,
        "source": "prison-record",
        "type": kind,
        "time": NOON.isoformat(),
        "data": {**EXAMPLES[kind], **data},
    }


NEW = {"number": "A1234BC", "name": "Somebody New", "date_of_birth": "1990-05-17"}


# --- tokens


async def test_a_program_signs_in_with_its_token_and_events_name_it(house: House) -> None:
    answer = await (await program(house)).post(FACTS, json=_told("prisoner.received", "1", **NEW))
    assert answer.status_code == 200, answer.text
    (received,) = [one for one in await house.log() if isinstance(one.event, PrisonerReceived)]
    assert (received.actor.kind, received.actor.role) == ("SERVICE", "NB")
    async with house.services.read.acquire() as db:
        (token,) = await tokens.listed(db)
    assert received.actor.login == str(token.token)
    assert token.seen == house.services.now()


@pytest.mark.parametrize("header", ["Bearer ", "Bearer kinline_unknown", "bearer"])
async def test_a_token_that_nobody_has_signs_nobody_in(house: House, header: str) -> None:
    nobody = house.browser()
    answer = await nobody.get("/v1/events", headers={"authorization": header})
    assert (answer.status_code, answer.json()["errorCode"]) == (401, "not_signed_in")


async def test_a_token_ends_on_its_day_and_when_it_is_revoked(house: House) -> None:
    first, second = await program(house), await program(house)
    async with house.services.read.acquire() as db:
        revoked = next(t for t in await tokens.listed(db))
        assert await tokens.revoke(db, revoked.token, house.services.now())
        assert not await tokens.revoke(db, revoked.token, house.services.now())
        assert not await tokens.revoke(db, uuid4(), house.services.now())
    assert sorted([(await one.get("/v1/events")).status_code for one in (first, second)]) == [200, 401]
    house.clock.moment += timedelta(days=30)
    assert {(await one.get("/v1/events")).status_code for one in (first, second)} == {401}


async def test_a_token_goes_before_the_cookie_of_a_browser(house: House) -> None:
    both = await house.client("LM")
    both.headers["authorization"] = "Bearer kinline_unknown"
    assert (await both.get(f"/v1/prisons/{PRISON}/wall")).status_code == 401


async def test_a_neighbouring_system_may_do_nothing_that_staff_do(house: House) -> None:
    system = await program(house)
    assert (await system.get(f"/v1/prisons/{PRISON}/wall")).status_code == 403
    assert (await system.post("/v1/webhooks", json=HOOK)).status_code == 403
    assert (await (await house.client("GO")).post(FACTS, json=_told("alert.raised", "1"))).status_code == 403


async def test_a_token_of_one_prison_reaches_no_other(house: House) -> None:
    elsewhere = await program(house, prison="LEI")
    assert (await elsewhere.post(FACTS, json=_told("facts.received", "1"))).status_code == 403
    everywhere = await program(house, prison=None)
    heard = await everywhere.post(FACTS, json=_told("facts.received", "1", as_of=NOON.isoformat()))
    assert heard.json()["receipts"][0]["outcome"] == "taken"


# --- facts in


async def test_a_batch_is_taken_message_by_message_and_a_refused_one_stops_no_other(house: House) -> None:
    system = await program(house)
    batch = [
        _told("prisoner.received", "1", **NEW),
        _told("alert.raised", "2", number="Z9999ZZ"),
        _told("alert.raised", "3"),
    ]
    first = (await system.post(FACTS, json=batch)).json()["receipts"]
    assert [receipt["outcome"] for receipt in first] == ["taken", "refused", "taken"]
    assert (first[1]["rule"], first[1]["position"]) == ("number_unknown", None)
    assert "prisoner.received" in first[1]["detail"]
    again = (await system.post(FACTS, json=batch)).json()["receipts"]
    assert [receipt["outcome"] for receipt in again] == ["known", "refused", "known"]
    assert len(await house.events(AlertRaised)) == len(await house.events(PersonRegistered)) == 1


async def test_a_message_keeps_its_id_whichever_token_sends_it(house: House) -> None:
    await house.given(fact(PersonRegistered, -90, number=(house.services.number_index("A1234BC"),)))
    message = _told("prisoner.released", "1")
    outcomes = [
        (await (await program(house)).post(FACTS, json=message)).json()["receipts"][0]["outcome"]
        for _ in range(2)
    ]
    assert outcomes == ["taken", "known"]
    (released,) = await house.events(PrisonerReleased)
    assert released.person == PRISONER


async def test_a_prisoner_number_is_nowhere_in_the_log(house: House) -> None:
    await (await program(house)).post(FACTS, json=_told("prisoner.received", "1", **NEW))
    rows = await house.services.read.fetch("SELECT data, tags FROM dcb_events_tt_main")
    assert rows
    for row in rows:
        for personal in ("A1234BC", "Somebody New", "1990-05-17"):
            assert personal.encode() not in row["data"]
            assert not [tag for tag in row["tags"] if personal in tag]


@pytest.mark.parametrize(
    ("wrong", "pointer"),
    [
        ({"type": "prisoner.vanished"}, "/body/1/type"),
        ({"data": {"number": "A1234BC", "reason": "bored"}}, "/body/1/data/reason"),
        ({"data": {"number": "A1234BC", "reason": "released", "until": 1}}, "/body/1/data/until"),
        ({"time": "yesterday"}, "/body/1/time"),
        ({"id": ""}, "/body/1/id"),
    ],
)
async def test_what_is_no_message_is_pointed_out_and_nothing_of_the_batch_is_taken(
    house: House, wrong: dict[str, Any], pointer: str
) -> None:
    batch = [_told("facts.received", "1", as_of=NOON.isoformat()), _told("prisoner.released", "2") | wrong]
    answer = await (await program(house)).post(FACTS, json=batch)
    assert answer.status_code == 422
    (error,) = answer.json()["errors"]
    assert error["pointer"] == pointer
    assert "vanished" not in error["detail"]
    assert await house.events(FactsReceived) == []


@pytest.mark.parametrize("body", [[], [_told("facts.received", str(n)) for n in range(201)], "text", 7])
async def test_a_batch_has_one_message_at_least_and_200_at_most(house: House, body: Any) -> None:
    answer = await (await program(house)).post(FACTS, json=body)
    assert (answer.status_code, answer.json()["errors"][0]["pointer"]) == (422, "/body")


# --- events out, for those who fetch them


async def test_whoever_fetches_events_goes_on_where_the_last_page_stopped(house: House) -> None:
    await house.given(*BOOKED, fact(CallBooked, prison="LEI", call="elsewhere"), fact(CallStarted))
    system = await program(house)
    first = (await system.get("/v1/events", params={"limit": 2})).json()
    assert [event["type"] for event in first["events"]] == [
        "secure-video-call.requested",
        "secure-video-call.booked",
    ]
    assert first["more"]
    rest = (await system.get("/v1/events", params={"after": first["after"], "limit": 2})).json()
    assert [event["type"] for event in rest["events"]] == ["secure-video-call.started"]
    assert {event["prison"] for event in rest["events"]} == {PRISON}
    end = (await system.get("/v1/events", params={"after": rest["after"]})).json()
    assert (end["events"], end["more"], end["after"]) == ([], False, rest["after"])
    everywhere = await program(house, prison=None)
    assert len((await everywhere.get("/v1/events")).json()["events"]) == 4


async def test_a_page_has_the_form_of_the_webhooks(house: House) -> None:
    await house.given(*BOOKED)
    (_, event) = (await (await program(house)).get("/v1/events")).json()["events"]
    assert event["data"]["additionalInformation"]["startsAt"] == "2026-11-23T12:00:00Z"
    assert event["specversion"] == "1.0"


async def test_a_position_that_does_not_exist_yet_is_refused(house: House) -> None:
    answer = await (await program(house)).get("/v1/events", params={"after": 999})
    assert (answer.status_code, answer.json()["errorCode"]) == (409, "position_ahead")


# --- webhooks


async def test_the_secret_is_shown_when_it_is_made_and_is_in_no_event(house: House) -> None:
    administrator = await house.client("AD")
    made = (await administrator.post("/v1/webhooks", json=HOOK)).json()
    assert made["secret"].startswith("whsec_")
    (event,) = await house.events(WebhookSubscribed)
    assert made["secret"].removeprefix("whsec_") not in event.model_dump_json()
    state = (await administrator.get(f"/v1/webhooks/{made['subscription']}")).json()
    assert "secret" not in state
    assert (state["url"], state["delivery"]["lag"], state["delivery"]["failures"]) == (HOOK["url"], 0, 0)


async def test_the_same_request_makes_one_webhook_and_is_answered_with_the_same_secret(house: House) -> None:
    administrator = await house.client("AD")
    key = {"idempotency-key": "once"}
    first, again = [await administrator.post("/v1/webhooks", json=HOOK, headers=key) for _ in range(2)]
    assert first.text == again.text
    rows = await house.services.read.execute("DELETE FROM idempotency")
    assert rows == "DELETE 1"
    third = await administrator.post("/v1/webhooks", json=HOOK, headers=key)
    assert third.json()["secret"] == first.json()["secret"]
    assert len(await house.events(WebhookSubscribed)) == 1


async def test_an_administrator_sees_and_manages_the_webhooks_of_their_prison_alone(house: House) -> None:
    here, elsewhere = await house.client("AD"), await house.client("AD", prison="LEI")
    made = (await here.post("/v1/webhooks", json=HOOK)).json()
    assert (await elsewhere.post("/v1/webhooks", json=HOOK)).status_code == 403
    assert (await here.post("/v1/webhooks", json={"url": HOOK["url"]})).status_code == 403
    after = {"after": made["position"]}
    assert [w["subscription"] for w in (await here.get("/v1/webhooks", params=after)).json()] == [
        made["subscription"]
    ]
    assert (await elsewhere.get("/v1/webhooks", params=after)).json() == []
    for path in ("", "/replay", "/secret"):
        method = "GET" if not path else "POST"
        answer = await elsewhere.request(
            method, f"/v1/webhooks/{made['subscription']}{path}", json={"from_position": 0}
        )
        assert answer.status_code == 403
    everywhere = await house.client("AD", prison=None)
    assert (await everywhere.post("/v1/webhooks", json={"url": HOOK["url"]})).status_code == 201
    assert len((await everywhere.get("/v1/webhooks")).json()) >= 1


@pytest.mark.parametrize(
    ("url", "rule"),
    [
        ("https://10.0.0.5/", "url_not_allowed"),
        ("https://169.254.169.254/latest", "url_not_allowed"),
        ("http://93.184.216.34/", "url_not_allowed"),
        ("https://me:secret@example.org/", "url_unfit"),
        ("file:///etc/passwd", "url_unfit"),
    ],
)
async def test_no_webhook_is_made_that_leads_inside(house: House, url: str, rule: str) -> None:
    answer = await (await house.client("AD")).post("/v1/webhooks", json=HOOK | {"url": url})
    assert (answer.status_code, answer.json()["errorCode"]) == (409, rule)
    assert await house.events(WebhookSubscribed) == []


async def test_a_type_that_does_not_go_out_and_a_position_ahead_are_refused(house: House) -> None:
    administrator = await house.client("AD")
    unknown = await administrator.post("/v1/webhooks", json=HOOK | {"types": ["CallPaused"]})
    assert (unknown.status_code, unknown.json()["errors"][0]["pointer"]) == (422, "/body/types/0")
    ahead = await administrator.post("/v1/webhooks", json=HOOK | {"from_position": 999})
    assert (ahead.status_code, ahead.json()["errorCode"]) == (409, "position_ahead")
    made = (await administrator.post("/v1/webhooks", json=HOOK)).json()
    replay = await administrator.post(
        f"/v1/webhooks/{made['subscription']}/replay", json={"from_position": 999}
    )
    assert (replay.status_code, replay.json()["errorCode"]) == (409, "position_ahead")


async def test_an_unknown_webhook_is_not_found(house: House) -> None:
    administrator = await house.client("AD")
    assert (await administrator.get("/v1/webhooks/nowhere")).status_code == 404
    assert (await administrator.post("/v1/webhooks/nowhere/pause")).status_code == 404
