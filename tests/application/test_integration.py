"""What goes out of each event: its name, its form, its place and time, and nothing of anybody."""

import json
from datetime import UTC, datetime
from typing import Any

import pytest

from application.integration import KINDS, NAMES, announced, goes_out, text_of, types_named
from domain.booking.events import BookingCancelled, CallBooked, Outcome
from domain.event import Event
from domain.events import EVENTS
from domain.violation import ReviewOutcome, ViolationReviewed
from tests.facts import CALL, OFFICER, PRISON, PRISONER, USUAL, VISITOR, fact, recorded

SUMMER = datetime(2026, 7, 1, 11, 30, tzinfo=UTC)
ATTRIBUTES = {
    "specversion", "id", "source", "type", "subject", "time", "datacontenttype", "dataschema", "sequence",
    "prison", "data",
}  # fmt: skip
CONTENT = {"eventType", "version", "description", "occurredAt", "additionalInformation"}
OF = {
    "CallRequested": "requested",
    "CallRequestApproved": "request.approved",
    "CallRequestRejected": "request.rejected",
    "CallRequestAutoRejected": "request.rejected",
    "CallRequestWithdrawn": "request.withdrawn",
    "CallBooked": "booked",
    "BookingChanged": "changed",
    "BookingCancelled": "cancelled",
    "CallStarted": "started",
    "CallCompleted": "completed",
    "CallTerminated": "terminated",
    "CallMissed": "missed",
    "ViolationReviewed": "incident.confirmed",
}
PLACE = {"reference", "prison", "startsAt", "minutes", "callType", "video"}


def _out(event: Event, zone: str = "Europe/London") -> dict[str, Any]:
    body: dict[str, Any] = json.loads(text_of(announced(recorded(7, event), zone)))
    return body


def test_these_events_go_out_under_these_names_and_no_other() -> None:
    assert {event.__name__: kind.name for event, kind in KINDS.items()} == {
        name: f"secure-video-call.{word}" for name, word in OF.items()
    }
    assert {kind.version for kind in KINDS.values()} == {1}


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.__name__)
def test_every_event_that_goes_out_is_a_cloud_event_about_its_call(kind: type[Event]) -> None:
    body = _out(fact(kind))
    name = f"secure-video-call.{OF[kind.__name__]}"
    assert set(body) == ATTRIBUTES
    assert set(body["data"]) == CONTENT
    assert (body["specversion"], body["type"], body["subject"]) == ("1.0", name, CALL)
    assert (body["id"], body["sequence"]) == (str(recorded(7, fact(kind)).id), "00000000000000000007")
    assert (body["prison"], body["time"]) == (PRISON, "2026-11-23T12:00:00Z")
    assert body["dataschema"] == f"urn:kinline:schema:{name}:1"
    assert (body["data"]["eventType"], body["data"]["version"]) == (name, 1)
    information = body["data"]["additionalInformation"]
    assert (information["reference"], information["prison"]) == (CALL, PRISON)


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.__name__)
def test_nobody_is_named_and_nothing_that_people_typed_goes_out(kind: type[Event]) -> None:
    sent = text_of(announced(recorded(7, fact(kind)), "Europe/London"))
    typed = [value for name, value in USUAL[kind].items() if name in kind.personal_fields() and value]
    assert not [word for word in (PRISONER, VISITOR, OFFICER, "governor-1", *typed) if str(word) in sent]
    assert not set(KINDS[kind].information.model_fields) & set(kind.personal_fields())


def test_a_place_is_told_with_its_time_length_and_type() -> None:
    information = _out(fact(CallBooked))["data"]["additionalInformation"]
    assert set(information) == PLACE
    assert (information["minutes"], information["callType"]) == (30, "social")
    cancelled = _out(fact(BookingCancelled, outcome=Outcome.BOOKER_CANCELLED))
    assert cancelled["data"]["additionalInformation"]["outcome"] == "booker_cancelled"


def test_what_happened_carries_the_offset_of_the_prisons_clock() -> None:
    summer = fact(CallBooked, at=SUMMER, starts_at=SUMMER)
    body = _out(summer)
    assert body["time"] == "2026-07-01T11:30:00Z"
    assert body["data"]["occurredAt"] == "2026-07-01T12:30:00+01:00"
    assert body["data"]["additionalInformation"]["startsAt"] == "2026-07-01T12:30:00+01:00"
    assert _out(summer, "America/New_York")["data"]["occurredAt"] == "2026-07-01T07:30:00-04:00"


def test_of_reviews_only_a_confirmed_violation_is_an_incident() -> None:
    told = {outcome for outcome in ReviewOutcome if goes_out(fact(ViolationReviewed, outcome=outcome))}
    assert told == {ReviewOutcome.CONFIRMED}


def test_nothing_else_goes_out() -> None:
    assert {kind for kind in EVENTS.values() if goes_out(fact(kind))} == set(KINDS)


def test_types_are_found_by_their_names_and_all_of_them_by_none() -> None:
    assert types_named(("secure-video-call.booked",)) == (CallBooked,)
    assert len(types_named(("secure-video-call.request.rejected",))) == 2
    assert types_named(()) == tuple(KINDS)
    assert len(NAMES) == len(set(NAMES)) == 12
