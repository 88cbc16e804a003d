"""Who watches which call: what needs an officer first, who is given it, and who cannot come."""

import re
from datetime import timedelta
from typing import Any

import pytest

from domain.access import RecordViewed, Viewed
from domain.allocation.events import CallAllocated, CallDeallocated, OfficerAvailable, OfficerUnavailable
from domain.booking.events import CallBooked, CallRequested
from domain.enrolment import BiometricConsentGiven, FaceTemplateEnrolled, NonBiometricRouteChosen
from domain.event import Event
from domain.person import PersonKind, PersonRegistered
from domain.policy import Policy, PolicyPublished
from domain.waiting_room.events import WaitingRoomOpened
from tests.api.conftest import BOOKED
from tests.facts import CALL, NOON, OFFICER, PRISON, PRISONER, VISITOR, fact
from tests.house import House

pytestmark = pytest.mark.postgres

URL = f"/v1/prisons/{PRISON}/allocations"
DAY = {"day": "2026-11-23"}
GIVE = {"officer": OFFICER, "starts_at": NOON.isoformat(), "minutes": 30}


def works(person: str = OFFICER, name: str = "Duty Officer") -> PersonRegistered:
    return fact(PersonRegistered, -9000, person=person, kind=PersonKind.STAFF, number=(), name=name)


KNOWN = (*BOOKED, works())
MATCHED = (
    fact(FaceTemplateEnrolled, -8000),
    fact(BiometricConsentGiven, -8000),
    fact(FaceTemplateEnrolled, -8000, person=VISITOR, template="sha256:bb"),
)


async def tasks(house: House) -> list[tuple[str, bool, str | None]]:
    await house.caught_up()
    calls = (await (await house.client("LM")).get(URL, params=DAY)).json()["calls"]
    return [(one["call"], one["needed"], one["officer"]) for one in calls]


async def given(house: House, *facts: Event) -> None:
    house.clock.moment = NOON - timedelta(hours=2)
    await house.given(*facts)


def counted(call: str, person: str) -> list[Event]:
    """Another call, with somebody of whom there is no template."""
    place: dict[str, Any] = {"call": call, "visitors": (person,), "visitor_day": (f"{person}/2026-11-23",)}
    return [fact(CallRequested, -8000, **place), fact(CallBooked, -7900, **place)]


async def test_a_call_needs_an_officer_when_somebody_on_it_cannot_be_matched(house: House) -> None:
    await given(house, *KNOWN, *MATCHED, *counted("call-2", "visitor-2"))
    assert await tasks(house) == [("call-2", True, None), (CALL, False, None)]
    assert [event.what for event in await house.events(RecordViewed)] == [Viewed.ALLOCATIONS]


async def test_whoever_chose_to_be_checked_by_staff_is_not_matched(house: House) -> None:
    await given(house, *KNOWN, *MATCHED, fact(NonBiometricRouteChosen, -7000))
    assert await tasks(house) == [(CALL, True, None)]


async def test_a_prison_may_want_no_monitor_where_faces_are_counted(house: House) -> None:
    document = Policy().merged({"waiting_room": {"monitor_for_count": False}}).document()
    await given(house, *KNOWN, fact(PolicyPublished, -7500, version=2, document=document))
    assert await tasks(house) == [(CALL, False, None)]


async def test_from_the_opening_of_the_room_on_it_says_whether_a_monitor_is_needed(house: House) -> None:
    await given(house, *KNOWN, *MATCHED, fact(WaitingRoomOpened, -7200, monitor_required=True))
    assert await tasks(house) == [(CALL, True, None)]


async def test_a_lead_gives_a_call_to_an_officer_and_takes_it_away(house: House) -> None:
    await given(house, *KNOWN)
    lead = await house.client("SG")
    assert (await lead.post(f"/v1/calls/{CALL}/allocation", json=GIVE)).status_code == 200
    assert await tasks(house) == [(CALL, True, OFFICER)]
    assert (await lead.post(f"/v1/calls/{CALL}/allocation/remove")).status_code == 200
    assert await tasks(house) == [(CALL, True, None)]
    monitor = await house.client("LM")
    assert (await monitor.post(f"/v1/calls/{CALL}/allocation", json=GIVE)).status_code == 403


async def test_an_absence_is_noted_and_taken_back(house: House) -> None:
    await given(house, *KNOWN)
    lead = await house.client("GO")
    away = {
        "officer": OFFICER,
        "since": NOON.isoformat(),
        "until": (NOON + timedelta(hours=2)).isoformat(),
    }
    noted = await lead.post(f"/v1/prisons/{PRISON}/absences", json=away)
    assert noted.status_code == 201
    refused = await lead.post(f"/v1/calls/{CALL}/allocation", json=GIVE)
    assert (refused.status_code, refused.json()["errorCode"]) == (409, "officer_unavailable")
    there = f"/v1/prisons/{PRISON}/absences/{noted.json()['unavailability']}/remove"
    assert (await lead.post(there, json={"officer": OFFICER})).status_code == 200
    assert (await lead.post(f"/v1/calls/{CALL}/allocation", json=GIVE)).status_code == 200


async def test_a_day_is_allocated_on_its_page_without_scripts(house: House) -> None:
    await given(house, *KNOWN, works("officer-2", "Night Officer"))
    lead = await house.client("SG")
    lead.follow_redirects = True
    page = (await lead.get("/allocations", params=DAY)).text
    assert "Needs an officer" in page
    assert "12:00, 30 minutes" in page
    form = dict(re.findall(r'name="(starts_at|minutes|day)" value="([^"]+)"', page))
    page = (await lead.post(f"/allocations/{CALL}", data={**form, "officer": OFFICER})).text
    assert '<strong class="govuk-tag govuk-tag--green">Duty Officer</strong>' in page
    over = {**form, "officer": "officer-2"}
    late = await lead.post(f"/allocations/{CALL}", data=over)
    assert (late.status_code, "Somebody else has this call already." in late.text) == (409, True)
    page = (await lead.post(f"/allocations/{CALL}", data={**over, "instead_of": OFFICER})).text
    assert '<strong class="govuk-tag govuk-tag--green">Night Officer</strong>' in page
    page = (await lead.post(f"/allocations/{CALL}", data={**form, "officer": ""})).text
    assert "Needs an officer" in page
    assert len(await house.events(CallAllocated)) == len(await house.events(CallDeallocated)) == 2


async def test_officers_stand_by_name_and_nobody_is_away_unless_chosen(house: House) -> None:
    await given(house, *KNOWN, works("a-9", "night Officer"), works("b-1", "Early Officer"))
    page = (await (await house.client("SG")).get("/allocations", params=DAY)).text
    away = page.partition('id="away-officer"')[2].partition("</select>")[0]
    assert re.findall(r">([^<]+)</option>", away) == [
        "Choose",
        "Duty Officer",
        "Early Officer",
        "night Officer",
    ]


async def test_an_absence_is_entered_by_the_prisons_clock_without_scripts(house: House) -> None:
    await given(house, *KNOWN)
    lead = await house.client("SG")
    lead.follow_redirects = True
    away = {"officer": OFFICER, "since": "2026-07-23T12:00", "until": "2026-07-23T16:00", **DAY}
    await lead.post("/absences", data=away)
    (noted,) = await house.events(OfficerUnavailable)
    assert noted.since == NOON.replace(month=7, hour=11)  # summer time
    page = (await lead.get("/allocations", params={"day": "2026-07-01"})).text
    assert "Duty Officer, from 23/07/2026, 12:00 to 23/07/2026, 16:00" in page
    there = f"/absences/{noted.unavailability}/remove"
    page = (await lead.post(there, data={"officer": OFFICER, "day": "2026-07-01"})).text
    assert "Nobody is away from this day on." in page
    assert len(await house.events(OfficerAvailable)) == 1
    backwards = await lead.post("/absences", data={**away, "until": "2026-07-23T11:00"})
    assert (backwards.status_code, "ends after it begins" in backwards.text) == (409, True)


async def test_a_monitor_sees_who_has_what_and_changes_nothing(house: House) -> None:
    await given(house, *KNOWN, fact(CallAllocated, -7000))
    page = (await (await house.client("LM")).get("/allocations", params=DAY)).text
    assert '<strong class="govuk-tag govuk-tag--green">You</strong>' in page
    assert "Save" not in page
    assert PRISONER not in page
