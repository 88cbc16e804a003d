"""Places over HTTP: templates, reservations, standby, changes, overrides, restrictions, allowances, records."""

from datetime import timedelta
from typing import Any

import httpx
import pytest

from domain.allowance import CallAllowanceAdjusted, CallAllowanceGranted
from domain.booking.events import (
    BookingChanged,
    BookingRuleOverridden,
    CallRequested,
    CallReserved,
    ReservationReleased,
)
from domain.prisoner.events import AlertRaised, AppointmentRecorded, PrisonerReleased
from domain.restriction import RestrictionLifted, RestrictionPlaced
from domain.standby import StandbyJoined, StandbyLeft
from domain.timetable.events import (
    DateBlocked,
    DateUnblocked,
    DeviceAdded,
    DeviceWithdrawn,
    SessionTemplatePublished,
    SessionTemplateRetired,
)
from tests.api.conftest import BOOKED
from tests.bookings import AHEAD, another
from tests.facts import CALL, NOON, PRISON, PRISONER, SESSION, VISITOR
from tests.house import House

pytestmark = pytest.mark.postgres

HERE = f"/v1/prisons/{PRISON}"
WISH: dict[str, Any] = {"session": SESSION, "minutes": 30, "prisoner": PRISONER, "visitors": [VISITOR]}
WEEKLY: dict[str, Any] = {
    "weekday": 0,
    "starts": "14:30",
    "minutes": 60,
    "first": "2026-11-01",
    "stations": 2,
}


async def _early(house: House) -> None:
    await house.given(*BOOKED[:-2])
    house.clock.moment = NOON - timedelta(days=5)


def _said(answer: httpx.Response) -> tuple[int, str]:
    return answer.status_code, answer.json()["errorCode"]


async def test_a_template_gives_times_that_can_be_booked(house: House) -> None:
    await _early(house)
    officer, visitor = await house.client("BO"), await house.client("FA")
    template = (await officer.post(f"{HERE}/templates", json=WEEKLY)).json()["id"]
    wish = WISH | {"session": f"{template}.2026-11-23"}
    assert (await visitor.post(f"{HERE}/calls", json=wish)).status_code == 201
    (asked,) = await house.events(CallRequested)
    assert asked.starts_at == NOON + timedelta(hours=2, minutes=30)
    tuesday = wish | {"session": f"{template}.2026-11-24"}
    assert _said(await visitor.post(f"{HERE}/calls", json=tuesday)) == (404, "session_unknown")
    retired = await officer.post(f"{HERE}/templates/{template}/retirement", json={"from_day": "2026-11-23"})
    assert retired.status_code == 200
    assert len(await house.events(SessionTemplatePublished)) == len(
        await house.events(SessionTemplateRetired)
    )


async def test_a_day_is_blocked_and_unblocked(house: House) -> None:
    await _early(house)
    officer, visitor = await house.client("BO"), await house.client("FA")
    day = {"day": "2026-11-23"}
    assert (await officer.post(f"{HERE}/blocked-days", json=day | {"because": "training"})).status_code == 200
    assert _said(await visitor.post(f"{HERE}/calls", json=WISH)) == (409, "date_blocked")
    assert (await officer.post(f"{HERE}/unblocked-days", json=day)).status_code == 200
    assert (await visitor.post(f"{HERE}/calls", json=WISH)).status_code == 201
    assert (len(await house.events(DateBlocked)), len(await house.events(DateUnblocked))) == (1, 1)


async def test_a_room_is_taken_out_of_use(house: House) -> None:
    officer = await house.client("BO")
    device = (await officer.post(f"{HERE}/devices", json={"label": "Booth 1"})).json()["id"]
    assert (await officer.post(f"{HERE}/devices/{device}/withdrawal")).status_code == 200
    elsewhere = await house.client("BO", prison="LEI")
    answer = await elsewhere.post(f"/v1/prisons/LEI/devices/{device}/withdrawal")
    assert _said(answer) == (404, "device_unknown")
    assert (len(await house.events(DeviceAdded)), len(await house.events(DeviceWithdrawn))) == (1, 1)


async def test_a_place_is_kept_while_a_form_is_filled_in_and_taken_up(house: House) -> None:
    await _early(house)
    visitor = await house.client("FA")
    kept = (await visitor.post(f"{HERE}/reservations", json=WISH)).json()
    (reserved,) = await house.events(CallReserved)
    assert reserved.expires_at == house.clock.moment + timedelta(minutes=10)
    asked = await visitor.post(f"{HERE}/calls", json=WISH | {"reservation": kept["call"]})
    assert (asked.status_code, asked.json()["call"]) == (201, kept["call"])
    (requested,) = await house.events(CallRequested)
    assert requested.call == reserved.call


async def test_a_kept_place_is_given_back(house: House) -> None:
    await _early(house)
    visitor = await house.client("FA")
    kept = (await visitor.post(f"{HERE}/reservations", json=WISH)).json()["call"]
    assert (await visitor.post(f"/v1/calls/{kept}/release")).status_code == 200
    assert len(await house.events(ReservationReleased)) == 1


async def test_people_wait_only_for_a_time_that_is_full(house: House) -> None:
    await _early(house)
    visitor = await house.client("FA")
    assert _said(await visitor.post(f"{HERE}/standby", json=WISH)) == (409, "place_free")
    await house.given(another(CallRequested, AHEAD), another(CallRequested, AHEAD, call="call-3"))
    waits = (await visitor.post(f"{HERE}/standby", json=WISH)).json()["standby"]
    assert _said(await visitor.post(f"{HERE}/standby", json=WISH)) == (409, "standby_twice")
    stranger = await house.client("FA", person="visitor-9")
    assert (await stranger.post(f"/v1/standby/{waits}/leave")).status_code == 403
    assert (await visitor.post(f"/v1/standby/{waits}/leave")).status_code == 200
    assert (len(await house.events(StandbyJoined)), len(await house.events(StandbyLeft))) == (1, 1)


async def test_a_call_is_given_another_length(house: House) -> None:
    await house.given(*BOOKED)
    house.clock.moment = NOON - timedelta(days=3)
    visitor = await house.client("FA")
    assert (await visitor.post(f"/v1/calls/{CALL}/change", json={"minutes": 60})).status_code == 200
    (changed,) = await house.events(BookingChanged)
    assert (changed.minutes, changed.changed, changed.booked) == (60, ("length",), False)
    unknown = await visitor.post("/v1/calls/nowhere/change", json={"minutes": 60})
    assert _said(unknown) == (404, "call_unknown")


async def test_rules_are_set_aside_by_two_people_or_by_the_governor(house: House) -> None:
    await _early(house)
    house.clock.moment = NOON - timedelta(hours=3)
    officer, second = await house.client("BO"), await house.client("AP", person="approver-2")
    body = WISH | {"rules": ["notice_min"], "reason": "A funeral"}
    assert _said(await officer.post(f"{HERE}/overrides", json=body)) == (409, "second_person")
    proposal = (await officer.post(f"{HERE}/overrides/proposals", json=body)).json()
    assert (await officer.post(f"{HERE}/overrides/agreed", json=proposal)).json()[
        "errorCode"
    ] == "second_person"
    given = await second.post(f"{HERE}/overrides/agreed", json=proposal)
    assert given.status_code == 201
    assert not await house.events(BookingRuleOverridden)  # staff need no notice: nothing was set aside
    governor = await house.client("GO")
    alone = await governor.post(f"{HERE}/overrides", json=body | {"rules": ["session_full"]})
    assert _said(alone) == (409, "double_booking")


async def test_a_restriction_is_placed_by_one_and_lifted_by_two(house: House) -> None:
    await house.given(*BOOKED)
    one, other = await house.client("SG"), await house.client("GO", person="governor-2")
    body = {
        "visitor": VISITOR,
        "prisoner": PRISONER,
        "kind": "ban",
        "first": "2026-11-20",
        "reason": "Planted words",
    }
    placed = (await one.post(f"{HERE}/restrictions", json=body)).json()["restriction"]
    (event,) = [entry for entry in await house.log() if isinstance(entry.event, RestrictionPlaced)]
    assert event.event.reason is None
    assert await house.services.keys.open(event.sealed["reason"]) == "Planted words"
    wish = {"visitor": VISITOR, "prisoner": PRISONER, "reason": "Decided anew"}
    proposal = (await one.post(f"{HERE}/restrictions/{placed}/lifting-proposals", json=wish)).json()
    assert _said(await one.post(f"{HERE}/restrictions/liftings", json=proposal)) == (409, "second_person")
    assert (await other.post(f"{HERE}/restrictions/liftings", json=proposal)).status_code == 200
    assert len(await house.events(RestrictionLifted)) == 1
    elsewhere = await house.client("GO", person="governor-3", prison="LEI")
    taken = await elsewhere.post("/v1/prisons/LEI/restrictions/liftings", json=proposal)
    assert _said(taken) == (409, "proposal_elsewhere")


async def test_call_time_is_granted_and_corrected_with_a_reason(house: House) -> None:
    await house.given(*BOOKED)
    governor = await house.client("GO")
    path = f"/v1/prisoners/{PRISONER}/allowance"
    grant = {"month": "2026-11", "minutes": 30, "reason": "wellbeing", "words": "A birth"}
    assert (await governor.post(f"{path}/grants", json=grant)).status_code == 201
    less = grant | {"minutes": -30, "reason": "correction"}
    assert (await governor.post(f"{path}/adjustments", json=less)).status_code == 201
    assert [e.minutes for e in await house.events(CallAllowanceGranted)] == [30]
    assert [e.minutes for e in await house.events(CallAllowanceAdjusted)] == [-30]
    elsewhere = await house.client("GO", prison="LEI")
    assert (await elsewhere.post(f"{path}/grants", json=grant)).status_code == 403


async def test_what_the_prison_knows_is_entered_by_staff(house: House) -> None:
    await house.given(*BOOKED)
    officer = await house.client("BO")
    path = f"/v1/prisoners/{PRISONER}/facts"
    facts: list[dict[str, Any]] = [
        {"kind": "alert", "alert": "alert-1", "code": "XCSEA"},
        {
            "kind": "appointment",
            "appointment": "court-1",
            "appointment_kind": "court",
            "starts_at": "2026-11-30T10:00:00Z",
            "minutes": 60,
        },
        {"kind": "released", "reason": "released"},
    ]
    for body in facts:
        assert (await officer.post(path, json=body)).status_code == 201
    for kind in (AlertRaised, AppointmentRecorded, PrisonerReleased):
        assert len(await house.events(kind)) == 1
    back = await officer.post(path, json={"kind": "received", "reason": "return_from_court"})
    assert back.status_code == 201
    nonsense = await officer.post(path, json={"kind": "vanished"})
    assert nonsense.status_code == 422
