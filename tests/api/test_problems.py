"""Every problem is told alike (RFC 9457), and the protocol's own questions are answered."""

from http import HTTPStatus
from typing import Any

import httpx
import pytest
from fastapi import FastAPI, Request
from fastapi.routing import APIRoute

from api import errors, guard
from api.headers import BODY_BYTES_MAX
from api.media_types import TypedRoute
from domain.event import Refused
from tests.api.conftest import BOOKED, LIVE
from tests.facts import CALL, PRISON
from tests.house import ORIGIN, House

MEMBERS = {"type", "title", "status", "detail", "errorCode", "userMessage", "developerMessage", "moreInfo"}
DENIED = f"/v1/prisons/{PRISON}/wall"
REGISTRATION = {"kind": "visitor", "name": "Ann Visitor"}


def _is_problem(answer: httpx.Response, status: int, code: str) -> None:
    assert answer.status_code == status, answer.text
    assert answer.headers["content-type"] == "application/problem+json"
    told = answer.json()
    assert told.keys() >= MEMBERS
    assert (told["status"], told["errorCode"]) == (status, code)
    assert told["detail"] == told["userMessage"]
    assert told["userMessage"].endswith(".")
    assert told["moreInfo"] == "/openapi.json"


@pytest.mark.postgres
async def test_every_kind_of_problem_is_told_in_the_members_of_the_field(house: House) -> None:
    await house.given(*LIVE)
    stranger, officer, clerk = await house.client(), await house.client("LM"), await house.client("BO")
    persons = f"/v1/prisons/{PRISON}/persons"
    _is_problem(await stranger.get(DENIED), 401, "not_signed_in")
    _is_problem(await clerk.get(DENIED), 403, "denied")
    _is_problem(await officer.get("/v1/calls/nowhere"), 404, "call_unknown")
    _is_problem(await officer.get("/nowhere"), 404, "not_found")
    _is_problem(await officer.delete(f"/v1/calls/{CALL}"), 405, "method_not_allowed")
    _is_problem(await officer.get(DENIED, headers={"accept": "application/xml"}), 406, "not_acceptable")
    _is_problem(await officer.post(f"/v1/calls/{CALL}/end", json={"reason": " "}), 409, "reason_missing")
    _is_problem(await clerk.post(persons, content=b"kind=visitor"), 415, "media_type_unknown")
    _is_problem(
        await clerk.post(persons, content=b"a,b", headers={"content-type": "text/csv"}),
        415,
        "media_type_unknown",
    )
    _is_problem(await clerk.post(persons, json={}), 422, "invalid")
    _is_problem(
        await clerk.post(persons, content=b"{", headers={"content-type": "application/json"}), 422, "invalid"
    )
    _is_problem(await clerk.post(persons, content=b"x" * (BODY_BYTES_MAX + 1)), 413, "too_large")
    house.store.away = True
    away = await officer.get(f"/v1/calls/{CALL}")
    _is_problem(away, 503, "log_away")
    assert away.headers["retry-after"] == "1"


@pytest.mark.postgres
async def test_whoever_is_not_signed_in_is_told_how_one_is(house: House) -> None:
    answer = await house.browser().get(DENIED)
    assert answer.headers["www-authenticate"] == 'Cookie realm="kinline"'


@pytest.mark.postgres
async def test_a_form_of_content_that_can_be_given_is_given(house: House) -> None:
    await house.given(*LIVE)
    officer = await house.client("LM")
    still = f"/v1/calls/{CALL}/stills/visitor"
    for path, accept, status in (
        (DENIED, "application/json", 200),
        (DENIED, "text/html, application/*;q=0.5", 200),
        (DENIED, "text/html, */*;q=0", 406),
        (DENIED, "application/json;q=0, */*", 200),  # a problem could be told, so there is something to give
        (DENIED, "text/csv;q=1", 406),
        (still, "image/*", 200),
        (still, "image/png", 406),
    ):
        assert (await officer.get(path, headers={"accept": accept})).status_code == status, (path, accept)


@pytest.mark.postgres
async def test_a_page_tells_what_is_wrong_with_a_form_in_words(house: House) -> None:
    await house.given(*BOOKED)
    officer = await house.client("BO")
    form = {"starts_at": "soon", "minutes": "many", "stations": "4"}
    answer = await officer.post("/bookings/sessions", data=form, headers={"accept": "text/html"})
    assert (answer.status_code, answer.headers["content-type"].split(";")[0]) == (422, "text/html")
    assert "Something in the request is missing" in answer.text
    beyond = {"starts_at": "9999-12-31T14:00", "minutes": "30", "stations": "4"}
    answer = await officer.post("/bookings/sessions", data=beyond, headers={"accept": "text/html"})
    assert answer.status_code == 409
    assert "This day lies beyond every calendar." in answer.text


async def test_a_refusal_names_every_reason_and_every_rule() -> None:
    app = FastAPI()
    errors.install(app, part_away=ConnectionError)

    @app.get("/refused")
    async def refused(request: Request) -> None:
        raise Refused(
            "This time has passed.",
            "session_over",
            also=("Nobody is named.",),
            rules=("session_over", "nobody"),
        )

    async with httpx.AsyncClient(transport=httpx.ASGITransport(app=app), base_url=ORIGIN) as client:
        told = (await client.get("/refused")).json()
    assert told["reasons"] == ["This time has passed.", "Nobody is named."]
    assert told["rules"] == ["session_over", "nobody"]
    assert (told["detail"], told["errorCode"]) == ("This time has passed.", "session_over")


# The protocol's own questions


@pytest.mark.postgres
async def test_what_may_be_done_at_an_address_is_told(house: House) -> None:
    await house.given(*LIVE)
    browser = house.browser()
    allowed = {
        f"/v1/calls/{CALL}": "GET, HEAD, OPTIONS",
        f"/v1/calls/{CALL}/resume": "OPTIONS, POST",
        f"/calls/{CALL}/again": "GET, HEAD, OPTIONS, POST",
        "/static/kinline.css": "GET, HEAD, OPTIONS",
    }
    for path, methods in allowed.items():
        asked = await browser.options(path)
        assert (asked.status_code, asked.content, asked.headers["allow"]) == (204, b"", methods), path
        other = await browser.request("PATCH", path)
        _is_problem(other, 405, "method_not_allowed")
        assert other.headers["allow"] == methods
    assert (await browser.options("/nowhere")).status_code == 404


@pytest.mark.postgres
@pytest.mark.parametrize(
    "path",
    [f"/v1/calls/{CALL}", DENIED, "/", "/health", "/static/kinline.css", "/v1/calls/nowhere", "/nowhere"],
)
async def test_head_is_answered_as_get_without_its_body(house: House, path: str) -> None:
    await house.given(*LIVE)
    officer = await house.client("LM")
    whole, head = await officer.get(path), await officer.head(path)
    assert (head.status_code, head.content) == (whole.status_code, b"")
    for name in ("content-type", "etag", "cache-control"):
        assert head.headers.get(name) == whole.headers.get(name)


@pytest.mark.postgres
async def test_head_of_a_stream_ends_at_once(house: House) -> None:
    await house.given(*LIVE)
    officer = await house.client("LM")
    head = await officer.head("/wall/events")
    assert (head.status_code, head.headers["content-type"].split(";")[0]) == (200, "text/event-stream")


# The description


def _described_routes(app: FastAPI) -> list[APIRoute]:
    return [
        route for route in guard.routes_of(app) if isinstance(route, APIRoute) and route.include_in_schema
    ]


@pytest.mark.postgres
async def test_the_description_knows_every_problem_of_every_route(house: House) -> None:
    document = (await house.browser().get("/openapi.json")).json()
    assert set(document["components"]["schemas"]["Problem"]["required"]) == MEMBERS
    routes = _described_routes(house.app)
    assert len(routes) > 30
    for route in routes:
        for method in route.methods or ():
            answers = document["paths"][route.path_format][method.lower()]["responses"]
            expected = _expected(route, method)
            assert expected <= set(answers), (route.path, expected - set(answers))
            for status, said in answers.items():
                is_problem = int(status) >= HTTPStatus.BAD_REQUEST and "health" not in route.path
                assert not is_problem or set(said["content"]) == {errors.PROBLEM}, (route.path, status)


def _expected(route: APIRoute, method: str) -> set[str]:
    found = {"406"} if isinstance(route, TypedRoute) else set()
    if not guard.is_public(route):
        found |= {"401", "403", "503"}
    if method == "POST":
        found |= {"403", "411", "413"}
    return found


@pytest.mark.postgres
async def test_no_schema_of_the_framework_is_left_in_the_description(house: House) -> None:
    text = (await house.browser().get("/openapi.json")).text
    assert "HTTPValidationError" not in text
    described: dict[str, Any] = (await house.browser().get("/openapi.json")).json()
    resume = described["paths"]["/v1/calls/{call}/resume"]["post"]
    assert {"412", "428", "429"} <= set(resume["responses"])
    assert "Retry-After" in resume["responses"]["429"]["headers"]
    assert "429" not in described["paths"]["/v1/calls/{call}/pause"]["post"]["responses"]
