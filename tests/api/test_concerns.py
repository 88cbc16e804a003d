"""A concern from the moment somebody sees something to its end: the call, the evidence, the page of safeguarding."""

import asyncio
import re
from typing import Any

import httpx
import pytest

from application.commands import decider_of
from application.handle import handle
from application.reactions import close_record, hold_evidence, tell_safeguarding
from domain.access import RecordViewed, Viewed
from domain.call.events import CallClosed
from domain.concern import (
    ConcernAbout,
    ConcernAssigned,
    ConcernClosed,
    ConcernKind,
    ConcernRaised,
    ConcernReferred,
)
from domain.evidence import EvidenceHeld
from domain.lifecycle import CallTerminated
from domain.moderation.kind import Kind
from domain.stream import ObservationsSealed
from domain.violation import ViolationRaised
from tests.api.conftest import LIVE, WAITING
from tests.facts import CALL, PRISON, VISITOR, fact
from tests.house import House
from tests.stores import context

pytestmark = pytest.mark.postgres

raised = fact(ConcernRaised, 20)
PATH = f"/v1/calls/{CALL}/concerns"
ONE = f"{PATH}/concern-1"


async def _see(client: httpx.AsyncClient, about: str = "coercion") -> httpx.Response:
    return await client.post(PATH, json={"about": about, "note": "Planted words"})


async def _react(house: House) -> None:
    """What follows from concerns and ends, as the process that follows the log does it."""
    for recorded in await house.log():
        for reaction in (hold_evidence, close_record):
            if isinstance(recorded.event, reaction.EVENTS):
                for follows in await reaction.react(recorded, house.store):
                    await handle(house.store, decider_of(follows.command), follows.command, context())


async def _act(house: House, client: httpx.AsyncClient, what: str, **body: Any) -> httpx.Response:
    return await client.post(f"{ONE}/{what}", json=body or None, headers=await house.seen(client))


@pytest.mark.parametrize("about", ["threat", "child_at_risk"])
async def test_a_threat_and_a_child_at_risk_stop_the_call_at_once_and_are_on_record(
    house: House, about: str
) -> None:
    await house.given(*LIVE)
    officer = await house.client("LM")
    answer = await _see(officer, about)
    assert answer.status_code == 201
    (paused,) = [told for told in house.media.told if told[0] == "pause"]
    assert paused[1:5] == (CALL, "staff", "slate.other_side", "Planted words")
    (seen,) = await house.events(ConcernRaised)
    assert (seen.concern, seen.kind, seen.about) == (
        answer.json()["concern"],
        ConcernKind.SEEN_BY_STAFF,
        ConcernAbout(about),
    )
    assert seen.note is None  # sealed


async def test_other_concerns_and_calls_that_do_not_run_are_not_stopped(house: House) -> None:
    await house.given(*WAITING)
    officer = await house.client("BO")
    assert (await _see(officer, "child_at_risk")).status_code == 201
    await house.given(*LIVE[len(WAITING) :])
    assert (await _see(officer, "self_harm")).status_code == 201
    await house.given(fact(CallTerminated, 60))
    assert (await _see(officer, "threat")).status_code == 201
    assert not [told for told in house.media.told if told[0] == "pause"]
    assert len(await house.events(ConcernRaised)) == 3


async def test_a_concern_is_on_record_also_where_the_call_could_not_be_stopped(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def gone(*_: Any) -> None:
        raise RuntimeError("the worker is gone")

    await house.given(*LIVE)
    monkeypatch.setattr(house.media, "pause", gone)
    assert (await _see(await house.client("SG"), "threat")).status_code == 500
    assert len(await house.events(ConcernRaised)) == 1


async def test_the_same_sighting_sent_twice_is_one_concern(house: House) -> None:
    await house.given(*LIVE)
    officer = await house.client("LM")
    body, key = {"about": "other", "note": "Planted"}, {"idempotency-key": "form-1"}
    answers = [await officer.post(PATH, json=body, headers=key) for _ in range(2)]
    assert answers[0].json() == answers[1].json()
    assert len(await house.events(ConcernRaised)) == 1


async def test_the_evidence_is_held_and_the_record_is_closed_only_after_the_concern(house: House) -> None:
    await house.given(*LIVE, fact(ObservationsSealed, 10), raised, fact(CallTerminated, 60))
    await _react(house)
    (hold,) = await house.events(EvidenceHeld)
    assert (hold.blocks, hold.held_by) == (fact(ObservationsSealed).digests, None)
    assert (hold.review_by - hold.at.date()).days == 90
    assert not await house.events(CallClosed)
    lead = await house.client("SG")
    assert (await _act(house, lead, "assignment")).status_code == 200
    told = {"referred_to": "police", "note": "By telephone"}
    assert (await _act(house, lead, "referrals", **told)).status_code == 200
    done = {"outcome": "referred", "note": "They go on with it"}
    assert (await _act(house, lead, "closing", **done)).status_code == 200
    await _react(house)
    assert len(await house.events(CallClosed)) == 1


async def test_a_concern_is_told_to_safeguarding_with_its_words_and_that_it_was_read(house: House) -> None:
    await house.given(*LIVE)
    concern = (await _see(await house.client("LM"))).json()["concern"]
    await house.caught_up()
    lead = await house.client("SG")
    listed = (await lead.get(f"/v1/prisons/{PRISON}/concerns")).json()
    assert [one["concern"] for one in listed["concerns"]] == [concern]
    told = (await lead.get(f"{PATH}/{concern}")).json()
    assert told["steps"][0]["words"] == {"note": "Planted words"}
    views = [(view.what, view.viewed) for view in await house.events(RecordViewed)]
    assert views == [
        (Viewed.CONCERNS, f"concerns:{PRISON}"),
        (Viewed.CONCERNS, f"concern:{CALL}/{concern}"),
    ]
    assert (await lead.get(f"{PATH}/nothing")).status_code == 404


async def test_a_long_list_goes_on_behind_its_cursor(house: House) -> None:
    others = [fact(ConcernRaised, 20 + number, concern=f"concern-{number}") for number in range(3)]
    await house.given(*LIVE, *others)
    lead = await house.client("SG")
    path = f"/v1/prisons/{PRISON}/concerns"
    first = (await lead.get(path, params={"limit": 2})).json()
    rest = (await lead.get(path, params={"limit": 2, "cursor": first["next"]})).json()
    found = [one["concern"] for one in first["concerns"] + rest["concerns"]]
    assert (found, rest["next"]) == (["concern-0", "concern-1", "concern-2"], None)


async def test_whoever_watches_may_raise_a_concern_and_only_safeguarding_reads_it(house: House) -> None:
    await house.given(*LIVE, raised)
    for role, prison in (("LM", PRISON), ("BO", PRISON), ("SG", "LEI"), ("FA", None), ("PR", PRISON)):
        client = await house.client(role, prison=prison)
        assert (await client.get(ONE)).status_code == 403, role
        assert (await client.post(f"{ONE}/assignment")).status_code == 403, role
    visitor = await house.client("FA")
    assert (await _see(visitor)).status_code == 403


async def test_of_two_who_take_a_concern_at_once_one_does(house: House) -> None:
    await house.given(*LIVE, raised)
    leads = [await house.client("SG", person=f"lead-{number}") for number in range(4)]
    seen = [await house.seen(lead) for lead in leads]
    answers = await asyncio.gather(
        *(lead.post(f"{ONE}/assignment", headers=tag) for lead, tag in zip(leads, seen, strict=True))
    )
    assert sorted(answer.status_code for answer in answers) == [200, 412, 412, 412]
    assert len(await house.events(ConcernAssigned)) == 1


# The pages


def _field(page: str, action: str, name: str) -> str:
    found = re.search(rf'action="{re.escape(action)}"[^>]*>.*?name="{name}" value="([^"]*)"', page, re.DOTALL)
    assert found is not None, action
    return found[1]


async def _post(client: httpx.AsyncClient, page: str, act: str, **fields: str) -> httpx.Response:
    action = f"/calls/{CALL}/concerns/concern-1/{act}"
    hidden = {name: _field(page, action, name) for name in ("key", "version")}
    return await client.post(action, data={**hidden, **fields})


async def test_a_concern_is_taken_referred_kept_and_closed_from_its_page(house: House) -> None:
    await house.given(*LIVE, raised, fact(EvidenceHeld, 20))
    lead = await house.client("SG")
    assert "Nobody has it yet" in (await lead.get("/concerns")).text
    home = (await lead.get("/")).text
    assert re.search(r'Concerns</a> <span class="moj-notification-badge">1<', home)
    page = (await lead.get(f"/calls/{CALL}/concerns/concern-1")).text
    assert "Somebody on the call asked for help" in page
    fields: tuple[tuple[str, dict[str, str]], ...] = (
        ("assignment", {}),
        ("referrals", {"referred_to": "health", "note": "The nurse came"}),
        ("hold", {"review_by": "2027-05-01", "reason": "An inquiry is open"}),
        ("closing", {"outcome": "referred", "note": "Health care goes on"}),
    )
    for act, more in fields:
        done = await _post(lead, page, act, **more)
        assert done.status_code == 303, (act, done.text)
        page = (await lead.get(done.headers["location"])).text
    assert "The nurse came" in page
    assert "at least to 2027-05-01" in page
    assert "Closed" in page
    kinds = (ConcernAssigned, ConcernReferred, ConcernClosed)
    assert [len(await house.events(kind)) for kind in kinds] == [1, 1, 1]
    assert "Somebody else goes on with it" in (await lead.get("/concerns")).text


async def test_what_was_not_done_is_said_on_the_page_and_what_was_typed_stays(house: House) -> None:
    await house.given(*LIVE, raised, fact(EvidenceHeld, 20))
    lead = await house.client("SG")
    page = (await lead.get(f"/calls/{CALL}/concerns/concern-1")).text
    no = await _post(lead, page, "closing", outcome="referred", note="I told somebody")
    assert (no.status_code, "was not referred to anybody yet" in no.text) == (409, True)
    assert "I told somebody" in no.text
    short = await _post(lead, page, "hold", review_by="2026-12-01", reason="Planted")
    assert (short.status_code, "choose a later day" in short.text) == (409, True)


async def test_staff_raise_a_concern_from_the_record_of_a_call(house: House) -> None:
    await house.given(*LIVE, fact(CallTerminated, 60))
    officer, lead = await house.client("LM"), await house.client("SG")
    assert f'href="/calls/{CALL}/concern"' in (await officer.get(f"/calls/{CALL}/timeline")).text
    assert f'href="/calls/{CALL}/concern"' in (await officer.get(f"/calls/{CALL}")).text
    form = {"about": "coercion", "note": "He told her what to say", "key": "form-1"}
    empty = await officer.post(f"/calls/{CALL}/concern", data={**form, "note": " "})
    assert (empty.status_code, "Please say what you saw" in empty.text) == (409, True)
    done = await officer.post(f"/calls/{CALL}/concern", data=form)
    assert (done.status_code, "The concern is on record" in done.text) == (200, True)
    on = await lead.post(f"/calls/{CALL}/concern", data={**form, "key": "form-2"})
    assert (on.status_code, "/concerns/" in on.headers["location"]) == (303, True)
    assert [event.raised_by for event in await house.events(ConcernRaised)] == ["officer-1", "sg-1"]


async def test_help_that_a_visitor_asked_for_is_a_concern_too(house: House) -> None:
    await house.given(*LIVE, raised)
    page = (await (await house.client("GO")).get("/concerns")).text
    assert "Somebody on the call asked for help" in page
    assert VISITOR not in page  # a name, never an id


async def test_what_the_checks_found_is_a_concern_that_nobody_raised_and_holds_the_evidence(
    house: House,
) -> None:
    found = fact(ViolationRaised, 10, kind=Kind.BARRED_PERSON)
    await house.given(*LIVE, fact(ObservationsSealed, 5), found)
    for recorded in await house.log():
        if isinstance(recorded.event, tell_safeguarding.EVENTS):
            for follows in await tell_safeguarding.react(recorded, house.store):
                await handle(house.store, decider_of(follows.command), follows.command, context())
    await _react(house)
    (one,) = await house.events(ConcernRaised)
    assert (one.kind, one.raised_by, one.about) == (ConcernKind.FOUND_BY_CHECKS, None, None)
    assert len(await house.events(EvidenceHeld)) == 1
    lead, head = await house.client("SG"), await house.store.head()
    listed = (await lead.get("/concerns", params={"after": head})).text
    assert "The checks saw a face near to somebody barred" in listed
    page = (await lead.get(f"/calls/{CALL}/concerns/{one.concern}", params={"after": head})).text
    assert "by rule" in page
    told = (await lead.get(f"{PATH}/{one.concern}")).json()
    assert told["steps"][0]["by"] is None
