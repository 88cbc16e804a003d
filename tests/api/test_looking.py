"""What staff look through before a call, and what they decide there; each look is on record."""

import csv
import io
import re
from datetime import timedelta
from typing import Any

import pytest

from domain.access import RecordViewed, Viewed
from domain.allowance import CallAllowanceGranted
from domain.booking.events import (
    BookingRuleOverridden,
    CallBooked,
    CallRequestApproved,
    CallRequested,
    CallRequestRejected,
    CallRequestWithdrawn,
    RejectedBecause,
)
from domain.event import Event
from domain.flag.events import BookingFlagged, BookingUnflagged, ClearedBecause, FlagKind
from domain.lifecycle import CallMinutesCredited
from domain.person import PersonKind, PersonRegistered
from domain.timetable.events import DeviceAdded, SessionTemplatePublished
from tests.api.conftest import BOOKED
from tests.facts import CALL, DEVICE, NOON, PRISON, PRISONER, VISITOR, fact
from tests.house import House

pytestmark = pytest.mark.postgres

DAY = "2026-11-23"
PAIR_FLAG = f"visitor_unapproved/{PRISONER}/{VISITOR}"
PEOPLE = BOOKED[:5]


def asked(call: str = CALL, hours: int = 0, **changes: Any) -> CallRequested:
    by = NOON - timedelta(days=2) + timedelta(hours=hours)
    checks = {"for_staff": ("policy", "alert"), "decide_by": by}
    return fact(CallRequested, -5 * 86400, call=call, **{**checks, **changes})


async def given(house: House, *facts: Event, days: float = 4) -> None:
    """These facts are on record, so many days before the call."""
    house.clock.moment = NOON - timedelta(days=days)
    await house.given(*PEOPLE, *facts)


async def views(house: House) -> list[tuple[Viewed, str]]:
    return [(event.what, event.viewed) for event in await house.events(RecordViewed)]


# Requests


def version_on(page: str) -> str:
    """The version that the forms of a page were made for."""
    found = re.search(r'name="version" value="(\d+)"', page)
    assert found is not None
    return found[1]


async def test_a_request_is_listed_with_its_checks_in_words_and_that_it_was_read_is_on_record(
    house: House,
) -> None:
    await given(house, asked())
    approver = await house.client("AP")
    body = (await approver.get(f"/v1/prisons/{PRISON}/requests")).json()
    (waiting,) = body["requests"]
    assert (waiting["request"]["call"], waiting["request"]["prisoner"]) == (CALL, PRISONER)
    assert [check["name"] for check in waiting["checks"]] == ["policy", "alert"]
    assert waiting["checks"][1]["meaning"].startswith("The person in prison has an alert")
    assert body["next"] is None
    assert await views(house) == [(Viewed.REQUESTS, f"requests:{PRISON}")]


async def test_a_list_goes_on_behind_its_cursor_and_nowhere_else(house: House) -> None:
    await given(house, *(asked(f"call-{number}", number) for number in range(3)))
    approver = await house.client("AP")
    path, first = f"/v1/prisons/{PRISON}/requests", {"limit": 2}
    page = (await approver.get(path, params=first)).json()
    rest = (await approver.get(path, params={"limit": 2, "cursor": page["next"]})).json()
    calls = [one["request"]["call"] for one in page["requests"] + rest["requests"]]
    assert (calls, rest["next"]) == (["call-0", "call-1", "call-2"], None)
    elsewhere = page["next"][:-1] + ("A" if page["next"][-1] != "A" else "B")
    for nonsense in ("nowhere", "2026-11-23T12:00:00|call-1", elsewhere):
        answer = await approver.get(path, params={"cursor": nonsense})
        assert (answer.status_code, answer.json()["errorCode"]) == (422, "cursor_unknown"), nonsense
    assert (await approver.get(path, params={"cursor": "planted\0"})).status_code == 422


async def test_staff_of_another_prison_and_families_see_no_list(house: House) -> None:
    await given(house, asked(), fact(BookingFlagged))
    for role, prison in (("AP", "LEI"), ("FA", None), ("PR", PRISON)):
        client = await house.client(role, prison=prison)
        for what in ("requests", "flags", "overbooking", "schedule.csv"):
            assert (await client.get(f"/v1/prisons/{PRISON}/{what}")).status_code == 403, (role, what)
        assert (await client.get(f"/v1/calls/{CALL}/history")).status_code == 403, role
    assert await views(house) == []


async def test_a_request_is_rejected_in_words_that_only_whoever_asked_and_staff_can_read(
    house: House,
) -> None:
    await given(house, asked())
    approver, visitor = await house.client("AP"), await house.client("FA")
    body = {"because": "timetable", "reason": "The room is being painted"}
    assert (await visitor.post(f"/v1/calls/{CALL}/rejection", json=body)).status_code == 403
    empty = await approver.post(f"/v1/calls/{CALL}/rejection", json=body | {"reason": ""})
    assert empty.status_code == 422
    answer = await approver.post(f"/v1/calls/{CALL}/rejection", json=body, headers=await house.seen(approver))
    assert answer.status_code == 200
    (rejected,) = await house.events(CallRequestRejected)
    assert (rejected.because, rejected.rejected_by) == (RejectedBecause.TIMETABLE, "ap-1")
    assert rejected.reason is None
    await house.caught_up()
    page = await visitor.get("/my-calls")
    assert "Not approved" in page.text
    assert "The room is being painted" in page.text


async def test_a_call_that_is_booked_is_no_longer_rejected(house: House) -> None:
    await given(house, asked(), fact(CallBooked))
    approver = await house.client("AP")
    body = {"because": "security", "reason": "Too late"}
    answer = await approver.post(f"/v1/calls/{CALL}/rejection", json=body, headers=await house.seen(approver))
    assert (answer.status_code, answer.json()["errorCode"]) == (409, "call_booked")


async def test_whoever_asked_takes_a_request_back(house: House) -> None:
    await given(house, asked())
    stranger, visitor = await house.client("FA", person="visitor-9"), await house.client("FA")
    assert (await stranger.post(f"/v1/calls/{CALL}/withdrawal")).status_code == 403
    assert (await visitor.post(f"/v1/calls/{CALL}/withdrawal")).status_code == 200
    assert [event.withdrawn_by for event in await house.events(CallRequestWithdrawn)] == [VISITOR]


# Flags


async def test_a_flag_is_listed_in_words_and_cleared_with_a_reason(house: House) -> None:
    flag = fact(BookingFlagged, -4.5 * 86400, flag=PAIR_FLAG, kind=FlagKind.VISITOR_UNAPPROVED)
    await given(house, asked(), flag)
    officer = await house.client("BO")
    listed = (await officer.get(f"/v1/prisons/{PRISON}/flags")).json()["flags"]
    assert [(one["flag"]["flag"], one["meaning"], one["stops"]) for one in listed] == [
        (PAIR_FLAG, "A visitor is no longer approved", True)
    ]
    path = f"/v1/calls/{CALL}/flags/{PAIR_FLAG}/clearance"
    silent = await officer.post(
        path, json={"because": "do_not_change", "reason": " "}, headers=await house.seen(officer)
    )
    assert (silent.status_code, silent.json()["errorCode"]) == (409, "reason_missing")
    cleared = await officer.post(
        path,
        json={"because": "do_not_change", "reason": "Both were asked"},
        headers=await house.seen(officer),
    )
    assert cleared.status_code == 200
    (event,) = await house.events(BookingUnflagged)
    assert (event.flag, event.because, event.cleared_by) == (
        PAIR_FLAG,
        ClearedBecause.DO_NOT_CHANGE,
        "bo-1",
    )
    after = {"after": cleared.json()["position"]}
    assert (await officer.get(f"/v1/prisons/{PRISON}/flags", params=after)).json()["flags"] == []


async def test_a_flag_that_a_call_does_not_have_is_not_found(house: House) -> None:
    await given(house, asked())
    officer = await house.client("BO")
    body = {"because": "cause_gone", "reason": "It was another call"}
    answer = await officer.post(
        f"/v1/calls/{CALL}/flags/visitor_unapproved/a/b/clearance",
        json=body,
        headers=await house.seen(officer),
    )
    assert (answer.status_code, answer.json()["errorCode"]) == (404, "flag_unknown")


async def test_flags_go_on_behind_their_cursor(house: House) -> None:
    facts = [
        each
        for number in range(3)
        for each in (
            asked(f"call-{number}"),
            fact(BookingFlagged, call=f"call-{number}", flag=PAIR_FLAG, during_call=number == 2),
        )
    ]
    await given(house, *facts)
    officer = await house.client("BO")
    path, seen = f"/v1/prisons/{PRISON}/flags", []
    params: dict[str, Any] = {"limit": 1}
    while True:
        page = (await officer.get(path, params=params)).json()
        seen += [one["flag"]["call"] for one in page["flags"]]
        if page["next"] is None:
            break
        params = {"limit": 1, "cursor": page["next"]}
    assert seen == ["call-2", "call-0", "call-1"]


# The day


async def test_the_schedule_is_a_table_with_columns_that_stay_and_names_only_when_asked_for(
    house: House,
) -> None:
    template = fact(SessionTemplatePublished, -6 * 86400, starts="14:00")
    call = fact(
        CallRequested,
        -5 * 86400,
        session=f"{template.template}.{DAY}",
        starts_at=NOON + timedelta(hours=2),
        device=DEVICE,
    )
    await given(house, template, fact(DeviceAdded, -6 * 86400), call, fact(CallBooked, call="other"))
    auditor = await house.client("AU")
    path = f"/v1/prisons/{PRISON}/schedule.csv"
    plain = await auditor.get(path, params={"day": DAY})
    assert plain.headers["content-type"] == "text/csv; charset=utf-8"
    assert f"schedule-{PRISON}-{DAY}.csv" in plain.headers["content-disposition"]
    rows = list(csv.DictReader(io.StringIO(plain.text)))
    assert [(row["starts_at"], row["ends_at"], row["call"]) for row in rows] == [
        ("12:00", "12:30", "other"),
        ("14:00", "14:30", CALL),
    ]
    assert (rows[1]["room"], rows[1]["prisoner_name"], rows[1]["visitor_names"]) == ("Booth 1", "", "")
    named = await auditor.get(path, params={"day": DAY, "names": "true"})
    (*_, row) = csv.DictReader(io.StringIO(named.text))
    assert (row["prisoner_name"], row["visitor_names"]) == ("Somebody Somewhere", "Ann Visitor")
    assert list(row) == list(rows[0])
    assert (await views(house))[-2:] == [
        (Viewed.SCHEDULE, f"schedule:{PRISON}/{DAY}"),
        (Viewed.SCHEDULE, f"schedule:{PRISON}/{DAY}/names"),
    ]


async def test_a_name_is_no_formula_in_anybodys_spreadsheet(house: House) -> None:
    planted = fact(
        PersonRegistered,
        -99_000,
        person="visitor-2",
        kind=PersonKind.VISITOR,
        prison=None,
        number=(),
        name='=HYPERLINK("planted")',
    )
    await given(house, planted, asked(visitors=("visitor-2",)))
    officer = await house.client("BO")
    params = {"day": DAY, "names": "true"}
    text = (await officer.get(f"/v1/prisons/{PRISON}/schedule.csv", params=params)).text
    (row,) = csv.DictReader(io.StringIO(text))
    assert row["visitor_names"] == '\'=HYPERLINK("planted")'


async def test_an_overbooked_time_is_reported_with_whoever_let_it(house: House) -> None:
    let = fact(BookingRuleOverridden, -5 * 86400, call="call-3")
    calls = [fact(CallBooked, -5 * 86400, call=f"call-{number}") for number in (1, 2, 3)]
    await given(house, *calls[:2], let, calls[2])
    governor = await house.client("GO")
    page = await governor.get("/overbooking")
    (time,) = (await governor.get(f"/v1/prisons/{PRISON}/overbooking")).json()
    assert (time["stations"], time["calls"], [each["call"] for each in time["overrides"]]) == (
        2,
        3,
        ["call-3"],
    )
    assert "Monday 23 November 2026, 12:00" in page.text


# One person, one booking


async def test_a_person_in_prison_reads_their_own_call_time_and_staff_read_why_too(house: House) -> None:
    granted = fact(CallAllowanceGranted, -4.5 * 86400)
    await given(house, asked(), granted)
    prisoner, officer = await house.client("PR"), await house.client("BO")
    path = f"/v1/prisoners/{PRISONER}/allowance"
    own, read = (await prisoner.get(path)).json(), (await officer.get(path)).json()
    assert (own["month"], own["left_minutes"], own["given_minutes"], own["used_minutes"]) == (
        "2026-11",
        60,
        30,
        30,
    )
    assert [line["kind"] for line in own["lines"]] == ["policy", "used", "granted"]
    assert [line["words"] for line in own["lines"]] == [{}, {}, {}]
    assert read["lines"][-1]["words"] == {"words": "A birth in the family"}
    other = await house.client("PR", person="prisoner-2")
    assert (await other.get(path)).status_code == 403
    assert (await officer.get(path, params={"month": "2026-13"})).status_code == 422
    assert (await officer.get("/v1/prisoners/nobody/allowance")).status_code == 404


async def test_why_a_call_was_interrupted_is_not_told_to_whoever_reads_of_themselves(house: House) -> None:
    await given(house, asked(), fact(CallMinutesCredited, -4.5 * 86400, cause="child_at_risk"))
    prisoner, officer = await house.client("PR"), await house.client("SG")
    path = f"/v1/prisoners/{PRISONER}/allowance"
    reasons = [(await each.get(path)).json()["lines"][-1]["reason"] for each in (prisoner, officer)]
    assert reasons == [None, "child_at_risk"]
    pages = [(await each.get(f"/allowances/{PRISONER}")).text for each in (prisoner, officer)]
    assert ["A child may be at risk" in page for page in pages] == [False, True]


@pytest.mark.parametrize(
    ("language", "said"), [("en", "60 minutes left"), ("cy", "60 munud ar ôl")], ids=["English", "Welsh"]
)
async def test_the_page_of_call_time_speaks_both_languages(house: House, language: str, said: str) -> None:
    await given(house)
    prisoner = await house.client("PR")
    page = await prisoner.get(f"/allowances/{PRISONER}", params={"lang": language})
    assert said in page.text
    assert "Somebody Somewhere" not in page.text


async def test_the_history_of_a_booking_tells_who_did_what_and_opens_the_words(house: House) -> None:
    support = asked(support="A hearing loop")
    await given(house, support, fact(CallRequestRejected, -4.5 * 86400))
    auditor = await house.client("AU")
    told = (await auditor.get(f"/v1/calls/{CALL}/history")).json()
    assert [step["type"] for step in told] == ["CallRequested", "CallRequestRejected"]
    assert [step["words"] for step in told] == [
        {"support": "A hearing loop"},
        {"reason": "The room is being painted"},
    ]
    assert told[1]["actor_kind"] == "STAFF"
    page = (await auditor.get(f"/calls/{CALL}/history")).text
    assert "The request was rejected" in page
    assert "The room is being painted" in page
    assert (await views(house))[-1] == (Viewed.HISTORY, f"history:{CALL}")


async def test_the_page_of_a_history_names_the_rules_that_were_set_aside(house: House) -> None:
    await given(house, fact(BookingRuleOverridden, -5 * 86400), asked())
    auditor = await house.client("AU")
    page = (await auditor.get(f"/calls/{CALL}/history")).text
    assert "Rules were set aside for this call" in page
    assert "session full" in page
    assert "A funeral" in page


# The pages


async def test_an_approver_approves_on_the_page_of_requests(house: House) -> None:
    await given(house, asked())
    approver = await house.client("AP")
    page = (await approver.get("/requests")).text
    assert "Ann Visitor" in page
    assert "The prison decides on every request of this kind." in page
    answer = await approver.post(f"/requests/{CALL}/approve", data={"version": version_on(page)})
    assert answer.status_code == 303
    assert "No request waits" in (await approver.get(answer.headers["location"])).text
    assert [event.approved_by for event in await house.events(CallRequestApproved)] == ["ap-1"]


async def test_a_refused_decision_keeps_what_was_typed(house: House) -> None:
    await given(house, asked(), asked("call-2", requested_by="ap-1"))
    approver = await house.client("AP")
    version = version_on((await approver.get("/requests")).text)
    own = await approver.post("/requests/call-2/approve", data={"version": version})
    assert (own.status_code, "Nobody may approve their own request." in own.text) == (409, True)
    await house.given(fact(CallBooked, -4 * 86400, call="call-2"))
    typed = {"because": "timetable", "reason": "  ", "version": version}
    refused = await approver.post(f"/requests/{CALL}/reject", data=typed)
    assert refused.status_code == 409
    assert 'value="timetable" checked' in refused.text
    assert "Please say why" in refused.text


async def test_a_flagged_request_is_looked_at_before_it_is_approved(house: House) -> None:
    await given(house, asked(), fact(BookingFlagged, flag=PAIR_FLAG))
    safeguarding = await house.client("SG")
    page = (await safeguarding.get("/requests")).text
    assert "after its flags were looked at" in page
    assert f"/requests/{CALL}/approve" not in page
    version = version_on((await safeguarding.get("/flags")).text)
    form = {
        "flag": PAIR_FLAG,
        "because": "do_not_change",
        "reason": "Both were asked",
        "version": version,
    }
    cleared = await safeguarding.post(f"/flags/{CALL}/clear", data=form)
    assert cleared.status_code == 303
    after = (await safeguarding.get(cleared.headers["location"])).text
    assert "No flag is open." in after
    assert "Seen: the call is held as it is, by a person" in after


async def test_the_first_page_says_how_much_waits(house: House) -> None:
    await given(house, asked(), fact(BookingFlagged))
    approver = await house.client("AP")
    await approver.get("/requests")
    page = (await approver.get("/")).text
    assert page.count('class="moj-notification-badge">1<') == 2


async def test_the_printed_schedule_has_names_only_when_asked_for(house: House) -> None:
    await given(house, asked())
    officer = await house.client("BO")
    plain = (await officer.get("/schedule", params={"day": DAY})).text
    named = (await officer.get("/schedule", params={"day": DAY, "names": "true"})).text
    assert ("Ann Visitor" in plain, "Ann Visitor" in named) == (False, True)
    assert "12:00" in plain
