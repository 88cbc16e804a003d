"""Signing in, cookies, headers, and requests that come from elsewhere."""

from collections.abc import AsyncIterator
from datetime import timedelta

import pytest

from api.headers import BODY_BYTES_MAX
from api.logins import digest_of
from api.services import tables
from domain.clearance import Side
from domain.waiting_room.events import ParticipantArrived, WaitingRoomOpened
from tests.api.conftest import BOOKED, LIVE
from tests.facts import CALL, PRISON, VISITOR, fact
from tests.house import House

pytestmark = pytest.mark.postgres


async def test_nobody_gets_in_without_signing_in(house: House) -> None:
    await house.given(*LIVE)
    stranger = await house.client()
    for path in (
        f"/v1/prisons/{PRISON}/wall",
        f"/v1/calls/{CALL}/timeline",
        f"/v1/calls/{CALL}/stills/visitor",
    ):
        answer = await stranger.get(path)
        assert answer.status_code == 401, path
        assert answer.json()["userMessage"] == "Please sign in."


async def test_an_officer_of_another_prison_sees_nothing_of_a_call(house: House) -> None:
    await house.given(*LIVE)
    officer = await house.client("LM", prison="LEI")
    answers = [
        await officer.get(f"/v1/calls/{CALL}"),
        await officer.get(f"/v1/calls/{CALL}/timeline"),
        await officer.get(f"/v1/calls/{CALL}/stills/visitor"),
        await officer.post(f"/v1/calls/{CALL}/pause", json={"reason": "Curious"}),
        await officer.get(f"/v1/prisons/{PRISON}/wall"),
    ]
    assert [answer.status_code for answer in answers] == [403] * 5
    assert house.media.told == []


async def test_a_visitor_reaches_no_call_they_are_not_on(house: House) -> None:
    await house.given(*LIVE)
    other = await house.client("FA", person="visitor-9")
    assert (await other.post(f"/calls/{CALL}/seat")).status_code == 403
    assert (await other.post(f"/v1/calls/{CALL}/seats/visitor/offer", json={"sdp": "v=0"})).status_code == 403


async def test_the_database_knows_no_token(house: House) -> None:
    token = await house.token("LM")
    async with tables(house.services) as db:
        rows = await db.fetch("SELECT * FROM sessions")
    assert [row["digest"] for row in rows] == [digest_of(token)]
    assert token not in repr(rows)


async def test_a_sign_in_ends_when_nothing_was_done_for_a_quarter_of_an_hour(house: House) -> None:
    await house.given(*LIVE)
    officer = await house.client("LM")
    house.clock.moment += timedelta(minutes=14)
    assert (await officer.get(f"/v1/prisons/{PRISON}/wall")).status_code == 200
    house.clock.moment += timedelta(minutes=14)
    assert (await officer.get(f"/v1/prisons/{PRISON}/wall")).status_code == 200
    house.clock.moment += timedelta(minutes=16)
    assert (await officer.get(f"/v1/prisons/{PRISON}/wall")).status_code == 401


async def test_a_sign_in_ends_after_eight_hours_however_busy(house: House) -> None:
    officer = await house.client("LM")
    answers = []
    for _ in range(48):
        house.clock.moment += timedelta(minutes=10)
        answers.append((await officer.get(f"/v1/prisons/{PRISON}/wall")).status_code)
    assert answers == [200] * 47 + [401]


async def test_signing_out_ends_the_sign_in_at_once(house: House) -> None:
    officer = await house.client("LM")
    assert (await officer.get(f"/v1/prisons/{PRISON}/wall")).status_code == 200
    out = await officer.post("/sign-out")
    assert out.headers["clear-site-data"] == '"cache", "storage"'
    again = house.browser()
    again.cookies = officer.cookies
    assert (await again.get(f"/v1/prisons/{PRISON}/wall")).status_code == 401


async def test_a_join_link_gives_a_seat_and_the_newest_device_counts(house: House) -> None:
    await house.given(*BOOKED, fact(WaitingRoomOpened, -900))
    officer = await house.client("BO")
    made = await officer.post(f"/v1/calls/{CALL}/seats/visitor/link", json={"person": VISITOR})
    path, _, token = made.json()["path"].partition("#")
    assert (made.status_code, path) == (201, "/j")
    phone, laptop = house.browser(), house.browser()
    assert (await phone.post("/v1/seats", json={"token": token})).json() == {"call": CALL, "side": "visitor"}
    assert (await phone.get(f"/v1/calls/{CALL}/seats/visitor")).status_code == 200
    assert (await laptop.post("/v1/seats", json={"token": token})).status_code == 200
    assert (await phone.get(f"/v1/calls/{CALL}/seats/visitor")).status_code == 401
    assert (await laptop.get(f"/v1/calls/{CALL}/seats/visitor")).json()["status"] == "waiting"


async def test_a_seat_of_one_side_is_none_of_the_other(house: House) -> None:
    await house.given(*BOOKED, fact(WaitingRoomOpened, -900))
    family = await house.seated(Side.VISITOR)
    answer = await family.post(f"/v1/calls/{CALL}/seats/prisoner/offer", json={"sdp": "v=0"})
    assert answer.status_code == 403
    assert house.media.told == []


async def test_a_side_has_arrived_on_record_before_it_gets_an_answer(house: House) -> None:
    await house.given(*BOOKED, fact(WaitingRoomOpened, -900))
    family = await house.seated(Side.VISITOR)
    house.store.away = True
    assert (
        await family.post(f"/v1/calls/{CALL}/seats/visitor/offer", json={"sdp": "v=0"})
    ).status_code == 503
    assert house.media.told == []
    house.store.away = False
    answer = await family.post(f"/v1/calls/{CALL}/seats/visitor/offer", json={"sdp": "v=0"})
    assert answer.json() == {"sdp": "answer to v=0"}
    assert [event.person for event in await house.events(ParticipantArrived)] == [VISITOR]


@pytest.mark.parametrize(
    "headers",
    [
        {"sec-fetch-site": "cross-site"},
        {"sec-fetch-site": "same-site"},
        {"origin": "https://elsewhere.example"},
        {"origin": "null"},
    ],
)
async def test_a_request_that_another_site_caused_is_refused(house: House, headers: dict[str, str]) -> None:
    await house.given(*LIVE)
    officer = await house.client("LM")
    answer = await officer.post(f"/v1/calls/{CALL}/pause", json={"reason": "x"}, headers=headers)
    assert answer.status_code == 403
    assert answer.json()["errorCode"] == "other_site"
    assert house.media.told == []


async def test_a_request_without_bound_is_not_read(house: House) -> None:
    officer = await house.client("BO")

    async def without_end() -> AsyncIterator[bytes]:
        yield b"{"
        raise AssertionError("It was read.")

    path = f"/v1/prisons/{PRISON}/persons"
    endless = await officer.post(path, content=without_end())
    assert (endless.status_code, endless.json()["errorCode"]) == (411, "length_missing")
    large = await officer.post(path, content=b" " * (BODY_BYTES_MAX + 1))
    assert (large.status_code, large.json()["errorCode"]) == (413, "too_large")


async def test_every_answer_forbids_what_pages_do_not_need(house: House) -> None:
    browser = house.browser()
    for path in ("/", "/health/liveness", "/no-such-page", "/static/kinline.css"):
        headers = (await browser.get(path)).headers
        policy = headers["content-security-policy"]
        assert "default-src 'none'" in policy, path
        assert "unsafe-inline" not in policy, path
        assert "camera=()" in headers["permissions-policy"]
        assert headers["referrer-policy"] == "no-referrer"
        assert headers["x-content-type-options"] == "nosniff"
    assert "camera=(self)" in (await browser.get("/call")).headers["permissions-policy"]


async def test_demonstration_links_exist_in_a_demonstration_only(house: House) -> None:
    browser = house.browser()
    assert (await browser.get("/demo/sign-in?token=anything")).status_code == 404
    assert "/demo/sign-in" not in (await browser.get("/")).text


async def test_a_demonstration_link_makes_an_ordinary_sign_in(demo_house: House) -> None:
    await demo_house.given(*LIVE)
    browser = demo_house.browser()
    link = next(one for one in demo_house.services.settings.demo.logins if one.role == "LM")  # type: ignore[union-attr]
    answer = await browser.get(f"/demo/sign-in?token={link.token}")
    assert answer.status_code == 303
    assert "httponly" in answer.headers["set-cookie"].lower()
    assert (await browser.get(f"/v1/prisons/{PRISON}/wall")).status_code == 200
    assert (await demo_house.browser().get("/demo/sign-in?token=wrong")).status_code == 401
