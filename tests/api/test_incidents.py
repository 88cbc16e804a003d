"""The queue of incidents: what officers see, take up, decide and close, over the API and without scripts."""

import re
from typing import Any

import httpx
import pytest

from domain.access import RecordViewed, Viewed
from domain.call.events import CallInterrupted, CallPaused, CallResumed
from domain.concern import ConcernRaised
from domain.event import Event
from domain.incident.events import IncidentClosed, IncidentHandedBack, IncidentOutcome, IncidentTaken
from domain.violation import ReviewOutcome, ViolationRaised, ViolationReviewed
from domain.waiting_room.events import WaitingRoomOpened
from tests.api.conftest import LIVE
from tests.api.test_looking import version_on
from tests.facts import CALL, OFFICER, PRISON, fact
from tests.house import House

pytestmark = pytest.mark.postgres

PAUSED = (*LIVE, fact(ViolationRaised, 9), fact(CallPaused, 9))
THERE = f"/v1/calls/{CALL}/incidents/violation-1"
PAGE = f"/calls/{CALL}/incidents/violation-1"


async def queue(client: httpx.AsyncClient, **asked: Any) -> list[str]:
    answer = await client.get(f"/v1/prisons/{PRISON}/incidents", params=asked)
    return [queued["incident"]["incident"] for queued in answer.json()["incidents"]]


def concerns(number: int) -> list[Event]:
    """More calls on which somebody asked for help."""
    return [
        event
        for each in range(number)
        for event in (
            fact(WaitingRoomOpened, -900, call=f"call-{each + 2}"),
            fact(ConcernRaised, 20 + each, call=f"call-{each + 2}", concern=f"concern-{each + 2}"),
        )
    ]


async def test_alerts_of_one_call_are_one_incident_and_that_it_is_read_is_on_record(house: House) -> None:
    await house.given(*PAUSED, fact(ConcernRaised, 12))
    officer = await house.client("LM")
    (queued,) = (await officer.get(f"/v1/prisons/{PRISON}/incidents")).json()["incidents"]
    assert [alert["kind"] for alert in queued["incident"]["alerts"]] == ["violation", "concern"]
    assert [event.what for event in await house.events(RecordViewed)] == [Viewed.INCIDENTS]


async def test_an_incident_goes_from_to_do_over_mine_to_done(house: House) -> None:
    await house.given(*PAUSED, fact(CallResumed, 40), fact(ViolationReviewed, 50))
    officer = await house.client("LM")
    taken = await officer.post(f"{THERE}/take", json={})
    after = taken.json()["position"]
    assert await queue(officer, which="mine", after=after) == ["violation-1"]
    assert await queue(await house.client("SG"), which="mine") == []
    body = {"outcome": "settled", "note": "The neighbour was asked to leave"}
    closed = await officer.post(f"{THERE}/close", json=body)
    assert closed.status_code == 200
    assert await queue(officer, which="done", after=closed.json()["position"]) == ["violation-1"]
    assert await queue(officer) == []
    assert [event.outcome for event in await house.events(IncidentClosed)] == [IncidentOutcome.SETTLED]


async def test_of_two_officers_one_takes_an_incident_and_the_other_may_take_it_over(house: House) -> None:
    await house.given(*PAUSED)
    first, second = await house.client("LM"), await house.client("SG")
    assert (await first.post(f"{THERE}/take", json={})).status_code == 200
    late = await second.post(f"{THERE}/take", json={})
    assert (late.status_code, late.json()["errorCode"]) == (409, "incident_taken")
    over = await second.post(f"{THERE}/take", json={"instead_of": OFFICER})
    assert over.status_code == 200
    assert [event.instead_of for event in await house.events(IncidentTaken)] == [None, OFFICER]


async def test_an_incident_is_not_closed_before_everything_in_it_was_decided(house: House) -> None:
    await house.given(*PAUSED)
    officer = await house.client("LM")
    await officer.post(f"{THERE}/take", json={})
    answer = await officer.post(f"{THERE}/close", json={"outcome": "settled", "note": "Done"})
    assert (answer.status_code, answer.json()["errorCode"]) == (409, "incident_waits")


async def test_an_incident_that_does_not_exist_is_not_found(house: House) -> None:
    await house.given(*PAUSED)
    officer = await house.client("LM")
    there = f"/v1/calls/{CALL}/incidents/violation-9"
    assert (await officer.post(f"{there}/take", json={})).status_code == 404
    assert (await officer.get(f"/calls/{CALL}/incidents/violation-9")).status_code == 404
    assert (await officer.post(f"/calls/{CALL}/incidents/violation-9/take")).status_code == 404


async def test_the_queue_is_read_page_by_page(house: House) -> None:
    await house.given(*PAUSED, *concerns(3))
    officer = await house.client("LM")
    url, found = f"/v1/prisons/{PRISON}/incidents", []
    first = (await officer.get(url, params={"limit": 3})).json()
    rest = (await officer.get(url, params={"limit": 3, "cursor": first["next"]})).json()
    for page in (first, rest):
        found += [queued["incident"]["incident"] for queued in page["incidents"]]
    assert found == ["concern-2", "concern-3", "concern-4", "violation-1"]
    assert rest["next"] is None


async def test_what_is_done_is_read_page_by_page_too(house: House) -> None:
    passed = [
        event
        for number in (2, 3, 4)
        for event in (
            fact(WaitingRoomOpened, -900, call=f"call-{number}"),
            fact(CallInterrupted, number, call=f"call-{number}"),
            fact(CallResumed, 10 + number, call=f"call-{number}"),
        )
    ]
    await house.given(*LIVE, *passed)
    auditor = await house.client("AU")
    url = f"/v1/prisons/{PRISON}/incidents"
    first = (await auditor.get(url, params={"which": "done", "limit": 2})).json()
    rest = (await auditor.get(url, params={"which": "done", "cursor": first["next"]})).json()
    calls = [queued["incident"]["call"] for page in (first, rest) for queued in page["incidents"]]
    assert calls == ["call-4", "call-3", "call-2"]
    other = await auditor.get(url, params={"which": "to_do", "cursor": first["next"]})
    assert other.json()["errorCode"] == "cursor_unknown"


async def test_an_incident_is_worked_through_on_its_page_without_scripts(house: House) -> None:
    await house.given(*PAUSED, fact(CallResumed, 40))
    officer = await house.client("LM")
    officer.follow_redirects = True
    listed = (await officer.get("/incidents")).text
    assert "A face that nobody approved" in listed
    assert "Somebody Somewhere" in listed
    assert PAGE in listed
    page = (await officer.post(f"{PAGE}/take", data={"key": "one"})).text
    assert "You have it since" in page
    assert "1 still to go" in page
    said = {"violation": "violation-1", "outcome": "dismissed", "note": "A poster", "incident": "violation-1"}
    page = (await officer.post(f"/reviews/{CALL}", data={**said, "version": version_on(page)})).text
    assert "Reviewed" in page
    page = (await officer.post(f"{PAGE}/close", data={"outcome": "nothing_wrong", "note": "A poster"})).text
    assert "nothing was wrong" in page
    assert "“A poster”" in page
    assert [event.outcome for event in await house.events(ViolationReviewed)] == [ReviewOutcome.DISMISSED]


async def test_what_was_written_when_it_was_handed_back_is_read_by_the_next_officer(house: House) -> None:
    await house.given(*PAUSED)
    officer = await house.client("LM")
    officer.follow_redirects = True
    await officer.post(f"{PAGE}/take")
    page = await officer.post(f"{PAGE}/hand-back", data={"note": "Call the landing first"})
    assert "Nobody has taken it" in page.text
    assert "“Call the landing first”" in page.text
    assert [event.note for event in await house.events(IncidentHandedBack)] == [None]


async def test_what_was_not_done_is_said_on_the_page(house: House) -> None:
    await house.given(*PAUSED)
    officer = await house.client("LM")
    answer = await officer.post(f"{PAGE}/close", data={"outcome": "settled", "note": "Done"})
    assert answer.status_code == 409
    assert "somebody answers for it" in answer.text


async def test_the_first_page_of_a_monitor_counts_what_waits(house: House) -> None:
    await house.given(*PAUSED)
    home = (await (await house.client("LM")).get("/")).text
    assert re.search(r'href="/incidents">Incidents</a> <span class="moj-notification-badge">1<', home)


async def test_an_auditor_reads_incidents_and_handles_none(house: House) -> None:
    await house.given(*PAUSED)
    auditor = await house.client("AU")
    assert await queue(auditor) == ["violation-1"]
    assert "Take it" not in (await auditor.get(PAGE)).text
    assert (await auditor.post(f"{THERE}/take", json={})).status_code == 403
