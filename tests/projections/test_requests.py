"""Requests to decide: what is asked, until when staff may decide, and what no rule could answer."""

from datetime import datetime, timedelta

import pytest

from domain.booking.events import (
    BookingCancelled,
    BookingChanged,
    CallBooked,
    CallRequestAutoRejected,
    CallRequested,
    CallRequestRejected,
    CallRequestWithdrawn,
    Method,
    Video,
)
from domain.event import Event
from domain.flag.events import BookingFlagged, BookingUnflagged, FlagKind
from domain.lifecycle import CallMissed
from projections import requests as read_model
from projections.requests import Request, requests_to_decide, requests_waiting
from tests.facts import CALL, NOON, PRISON, PRISONER, VISITOR, fact
from tests.projections.conftest import Fill

pytestmark = pytest.mark.postgres

BY = NOON - timedelta(days=2)


def asked(call: str = CALL, by: datetime = BY, **changes: object) -> CallRequested:
    return fact(
        CallRequested, -5 * 86400, call=call, decide_by=by, for_staff=("policy", "identity"), **changes
    )


async def waiting(fill: Fill, *events: Event) -> list[Request]:
    return await requests_to_decide(await fill(read_model, events), PRISON)


async def test_a_request_says_what_is_asked_until_when_and_what_no_rule_could_answer(fill: Fill) -> None:
    event = asked(visitors=(VISITOR, "child-1"), children=("child-1",), lead=VISITOR, method=Method.PHONE)
    (found,) = await waiting(fill, event)
    assert (found.starts_at, found.minutes, found.prisoner) == (NOON, 30, PRISONER)
    assert (found.visitors, found.children, found.lead) == ((VISITOR, "child-1"), ("child-1",), VISITOR)
    assert (found.requested_by, found.method, found.video) == (VISITOR, Method.PHONE, Video.BOTH_WAYS)
    assert (found.decide_by, found.for_staff, found.flags) == (BY, ("policy", "identity"), {})


async def test_what_has_to_be_decided_first_stands_first(fill: Fill) -> None:
    later, sooner = asked("call-2", BY + timedelta(hours=1)), asked("call-3", BY - timedelta(hours=1))
    found = await waiting(fill, later, asked(), sooner)
    assert [each.call for each in found] == ["call-3", CALL, "call-2"]


async def test_a_long_list_is_read_page_by_page_and_nothing_is_told_twice_or_left_out(fill: Fill) -> None:
    events = [asked(f"call-{number}", BY + timedelta(hours=number % 3)) for number in range(7)]
    db = await fill(read_model, events)
    told: list[str] = []
    after: tuple[datetime, str] | None = None
    while page := await requests_to_decide(db, PRISON, after=after, limit=3):
        told += [each.call for each in page]
        after = (page[-1].decide_by, page[-1].call)
    assert told == ["call-0", "call-3", "call-6", "call-1", "call-4", "call-2", "call-5"]
    assert await requests_waiting(db, PRISON) == 7


@pytest.mark.parametrize(
    "decided",
    [
        fact(CallBooked),
        fact(CallRequestRejected),
        fact(CallRequestAutoRejected),
        fact(CallRequestWithdrawn),
        fact(BookingCancelled),
        fact(CallMissed),
    ],
    ids=lambda event: type(event).__name__,
)
async def test_what_is_decided_no_longer_waits(fill: Fill, decided: Event) -> None:
    assert await waiting(fill, asked(), decided) == []


async def test_a_change_that_staff_have_to_decide_on_waits_again_and_says_what_changed(fill: Fill) -> None:
    moved = fact(
        BookingChanged,
        -4 * 86400,
        starts_at=NOON + timedelta(days=7),
        booked=False,
        changed=("time",),
        was_at=NOON,
        for_staff=("policy",),
        decide_by=NOON + timedelta(days=5),
    )
    (found,) = await waiting(fill, asked(method=Method.PHONE), fact(CallBooked, -4.5 * 86400), moved)
    assert (found.changed, found.was_at, found.starts_at) == (("time",), NOON, NOON + timedelta(days=7))
    assert (found.for_staff, found.method) == (("policy",), Method.PHONE)


async def test_a_change_that_a_rule_allows_does_not_wait(fill: Fill) -> None:
    assert await waiting(fill, asked(), fact(CallBooked), fact(BookingChanged)) == []


async def test_open_flags_stand_beside_the_request_also_those_raised_before_it_came_back(fill: Fill) -> None:
    flagged = fact(BookingFlagged)
    cleared = (
        fact(BookingFlagged, flag="flag-2", kind=FlagKind.PRISONER_MERGED),
        fact(BookingUnflagged, flag="flag-2"),
    )
    again = fact(BookingChanged, booked=False)
    (found,) = await waiting(fill, asked(), fact(CallBooked), flagged, *cleared, again)
    assert found.flags == {"flag-1": FlagKind.RELATIONSHIP_RESTRICTION}


async def test_another_prisons_requests_are_not_shown(fill: Fill) -> None:
    db = await fill(read_model, [asked(prison="LEI")])
    assert (await requests_to_decide(db, PRISON), await requests_waiting(db, PRISON)) == ([], 0)
