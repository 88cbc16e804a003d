"""What is missing for a call, told some days before it."""

from typing import Any

import pytest

from domain import reminder
from domain.booking.events import BookingCancelled, BookingChanged, CallBooked, CallRequested
from domain.contact import Channel, ContactDetailsGiven
from domain.event import Event
from domain.identity import GuardianVouchedForChild, IdentityVerified
from domain.notification.events import Missing, NotificationPlanned, Occasion, Said
from domain.policy import Policy, PolicyPublished
from domain.reminder import RemindOfMissing
from domain.timetable.events import CallType
from tests.asked import ask
from tests.facts import NOON, VISITOR, fact
from tests.scenario import Given, given

THREE_DAYS = -3 * 86_400
FAMILY = {"visitors": (VISITOR, "visitor-2", "child-1"), "children": ("child-1",)}
policy = fact(PolicyPublished, -10 * 86_400)
contact = fact(ContactDetailsGiven, -9 * 86_400, channels=(Channel.EMAIL,))
booked = fact(CallBooked, -8 * 86_400)
verified = fact(IdentityVerified, -7 * 86_400)


def reminded(history: tuple[Event, ...], **changes: Any) -> dict[str, tuple[Missing, ...]]:
    """Who is reminded of what."""
    outcome = given(reminder, policy, *history).when(ask(RemindOfMissing, THREE_DAYS, **changes)).outcome()
    assert all(isinstance(event, NotificationPlanned) for event in outcome)
    return {event.person: event.said.missing for event in outcome}  # type: ignore[attr-defined]


def test_a_visitor_whose_identity_is_not_confirmed_is_reminded() -> None:
    assert reminded((contact, booked)) == {VISITOR: (Missing.IDENTITY,)}


def test_a_visitor_for_whom_nothing_is_missing_is_left_in_peace() -> None:
    assert reminded((contact, booked, verified)) == {}


def test_a_request_that_waits_for_the_prison_is_reminded_of_as_well() -> None:
    assert reminded((contact, fact(CallRequested, -8 * 86_400))) == {VISITOR: (Missing.IDENTITY,)}


def test_what_is_missing_of_those_who_cannot_be_told_is_told_to_the_others_without_a_name() -> None:
    family = fact(CallBooked, -8 * 86_400, **FAMILY)
    assert reminded((contact, family, verified), visitors=FAMILY["visitors"]) == {
        VISITOR: (Missing.IDENTITY_OF_ANOTHER, Missing.CONTACT_OF_ANOTHER, Missing.GUARDIAN)
    }


def test_a_child_that_somebody_vouched_for_is_not_missing_anything() -> None:
    family = fact(CallBooked, -8 * 86_400, visitors=(VISITOR, "child-1"), children=("child-1",))
    vouched = fact(GuardianVouchedForChild, -6 * 86_400)
    assert reminded((contact, family, verified, vouched), visitors=(VISITOR, "child-1")) == {}


def test_nobody_is_reminded_twice_of_the_same_time() -> None:
    said = Said(zone="Europe/London", starts_at=NOON)
    before = fact(NotificationPlanned, THREE_DAYS, occasion=Occasion.DETAILS_MISSING, said=said)
    assert reminded((contact, booked, before)) == {}


@pytest.mark.parametrize(
    "later",
    [
        fact(BookingCancelled, -4 * 86_400),
        fact(BookingChanged, -4 * 86_400, visitors=("visitor-2",)),
        fact(BookingChanged, -4 * 86_400, starts_at=NOON.replace(day=30)),
    ],
)
def test_a_call_that_was_cancelled_or_changed_since_is_not_reminded_of(later: Event) -> None:
    assert reminded((contact, booked, later)) == {}


def test_no_reminder_comes_after_the_call_has_begun() -> None:
    late: Given = given(reminder, policy, contact, booked)
    late.when(ask(RemindOfMissing, 1)).then_nothing()


def test_identity_is_not_missing_where_the_prison_does_not_ask_for_it() -> None:
    document = Policy().merged({"people": {"identity_required": False}}).document()
    relaxed = fact(PolicyPublished, -9 * 86_400, version=2, document=document)
    assert reminded((relaxed, contact, booked)) == {}
    legal = Policy().merged({"call_types": {"legal": {"identity_required": False}}}).document()
    by_type = fact(PolicyPublished, -9 * 86_400, version=2, document=legal)
    assert reminded((by_type, contact, fact(CallBooked, -8 * 86_400, call_type=CallType.LEGAL))) == {}
