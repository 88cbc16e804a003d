"""Every request that puts something on record may be sent again without doing it twice."""

from collections.abc import Iterator
from typing import Any

import pytest

from api import guard
from domain.access import StreamLookedAt
from domain.call.events import CallPaused, ParticipantLeft
from domain.clearance import Side
from domain.event import Event
from domain.timetable.events import SessionOpened
from domain.violation import ViolationRaised
from domain.waiting_room.events import ParticipantArrived, WaitingRoomOpened
from tests.api.conftest import BOOKED, LIVE
from tests.facts import CALL, PRISON, PRISONER, VISITOR, fact
from tests.house import House

pytestmark = pytest.mark.postgres

PAUSED = (*LIVE, fact(ViolationRaised, 9), fact(CallPaused, 9))
KEY = {"idempotency-key": "form-1"}
WISH = {"session": "session-1", "minutes": 30, "prisoner": PRISONER, "visitors": [VISITOR]}

APPENDING_NOTHING = {
    "/sign-out": "a sign-in ends in a table",
    "/demo/sign-in": "a sign-in begins in a table",
    "/calls/{call}/seat": "a seat is a row of the same table",
    "/v1/seats": "the same, for a link",
    "/v1/calls/{call}/seats/{side}/link": "a link too",
    "/v1/prisons/{prison}/policy/proposals": "a proposal is a signed text, until somebody publishes it",
    "/v1/prisons/{prison}/overrides/proposals": "the same, until somebody agrees",
    "/v1/prisons/{prison}/restrictions/{restriction_id}/lifting-proposals": "the same, until somebody lifts it",
}

LOOKING = frozenset(
    {"/v1/prisoners/look-up", "/v1/prisons/{prison}/policy/simulations", "/v1/calls/{call}/replay"}
)
"""Each look at a record is on record, also the second with the same words."""

NAMED_BY_THEMSELVES = frozenset({"/v1/prisons/{prison}/facts"})
"""Each message of a neighbour carries its own id, by which it is taken once."""


def _posts(house: House) -> Iterator[tuple[str, set[str]]]:
    """Every route that takes a POST, and by which names it takes a key."""
    for route in guard.routes_of(house.app):
        if "POST" in (getattr(route, "methods", None) or ()):
            headers = {field.alias for field in route.dependant.header_params}
            forms = {field.alias for field in route.dependant.body_params}
            yield route.path, (headers & {"idempotency-key"}) | (forms & {"key"})


async def test_every_post_that_appends_takes_a_key(demo_house: House) -> None:
    takes = dict(_posts(demo_house))
    assert set(APPENDING_NOTHING) <= set(takes)
    without = (
        {path for path, by in takes.items() if not by}
        - set(APPENDING_NOTHING)
        - LOOKING
        - NAMED_BY_THEMSELVES
    )
    assert not without, f"a request sent twice would be done twice: {sorted(without)}"


async def test_what_takes_no_key_appends_nothing(demo_house: House) -> None:
    await demo_house.given(*LIVE)
    officer, visitor, governor = [await demo_house.client(role) for role in ("LM", "FA", "GO")]
    before = await demo_house.store.head()
    link = await officer.post(f"/v1/calls/{CALL}/seats/visitor/link", json={"person": VISITOR})
    token = link.json()["path"].partition("#")[2]
    demo = demo_house.services.settings.demo
    assert demo is not None
    answers = [
        link,
        await officer.post("/v1/seats", json={"token": token}),
        await visitor.post(f"/calls/{CALL}/seat"),
        await governor.post(f"/v1/prisons/{PRISON}/policy/proposals", json={"changes": {}}),
        await governor.post(
            f"/v1/prisons/{PRISON}/overrides/proposals",
            json={**WISH, "rules": ["notice_min"], "reason": "A funeral"},
        ),
        await governor.post(
            f"/v1/prisons/{PRISON}/restrictions/restriction-1/lifting-proposals",
            json={"visitor": VISITOR, "reason": "Decided anew"},
        ),
        await visitor.post("/demo/sign-in", data={"token": demo.logins[0].token}),
        await officer.post("/sign-out"),
    ]
    assert [answer.status_code for answer in answers] == [201, 200, 303, 200, 200, 200, 303, 303]
    assert len(answers) == len(APPENDING_NOTHING)
    assert await demo_house.store.head() == before


@pytest.mark.parametrize(
    ("story", "path", "body", "kind"),
    [
        (PAUSED, "look", {"side": "visitor", "reason": "Who is there?", "sdp": "v=0"}, StreamLookedAt),
        (PAUSED, "monitor", None, None),
    ],
    ids=["look", "monitor"],
)
async def test_an_officer_who_sends_the_same_again_does_it_once(
    house: House, story: tuple[Event, ...], path: str, body: Any, kind: type[Event] | None
) -> None:
    await house.given(*story)
    officer = await house.client("LM")
    first, again = [await officer.post(f"/v1/calls/{CALL}/{path}", json=body, headers=KEY) for _ in range(2)]
    assert (first.status_code, first.text) == (200, again.text)
    if kind is not None:
        assert len(await house.events(kind)) == 1


async def test_a_side_that_sends_the_same_offer_again_is_connected_once(house: House) -> None:
    await house.given(*BOOKED, fact(WaitingRoomOpened, -900))
    phone = await house.seated(Side.VISITOR)
    path = f"/v1/calls/{CALL}/seats/visitor/offer"
    first, again = [await phone.post(path, json={"sdp": "v=0"}, headers=KEY) for _ in range(2)]
    assert (first.status_code, first.json()) == (200, again.json())
    assert len(await house.events(ParticipantArrived)) == 1
    assert [told[0] for told in house.media.told] == ["join"]


async def test_a_side_that_leaves_twice_leaves_once(house: House) -> None:
    await house.given(*LIVE)
    phone = await house.seated(Side.VISITOR)
    path = f"/v1/calls/{CALL}/seats/visitor/leave"
    assert [(await phone.post(path, headers=KEY)).status_code for _ in range(2)] == [204, 204]
    assert len(await house.events(ParticipantLeft)) == 1


async def test_a_form_that_is_sent_twice_opens_one_time(house: House) -> None:
    await house.given(*BOOKED)
    officer = await house.client("BO")
    page = (await officer.get("/bookings?day=2026-12-01")).text
    key = (
        page.partition('action="/bookings/sessions"')[2].partition('name="key" value="')[2].partition('"')[0]
    )
    assert len(key) == 32
    form = {"starts_at": "2026-12-01T14:00", "minutes": "30", "stations": "4", "key": key}
    for _ in range(2):
        assert (await officer.post("/bookings/sessions", data=form)).status_code == 303
    assert len(await house.events(SessionOpened)) == 2  # that of the story, and this one
