"""Who is to be written to, and what became of a message."""

from typing import Any
from uuid import UUID, uuid5

import pytest

from domain import notification
from domain.contact import Channel, ContactDetailsGiven
from domain.notification.decisions import NoteDelivered, NoteFailed, NoteSent, TellPeople
from domain.notification.events import (
    NotificationDelivered,
    NotificationFailed,
    NotificationPlanned,
    NotificationSent,
)
from domain.texts import Language
from tests.asked import ask
from tests.facts import VISITOR, fact
from tests.scenario import given

planned = fact(NotificationPlanned)


def told(person: str = VISITOR, channel: Channel = Channel.EMAIL, **changes: Any) -> NotificationPlanned:
    ident = str(uuid5(UUID(int=1), f"call_booked/{person}/{channel}"))
    return fact(NotificationPlanned, notification=ident, person=person, channel=channel, **changes)


def test_everybody_is_told_by_the_ways_and_in_the_language_they_chose() -> None:
    both = fact(ContactDetailsGiven, -100)
    welsh = fact(ContactDetailsGiven, -90, person="visitor-2", channels=(Channel.SMS,), language=Language.CY)
    given(notification, both, welsh).when(ask(TellPeople, people=(VISITOR, "visitor-2", "visitor-3"))).then(
        told(),
        told(channel=Channel.SMS),
        told("visitor-2", Channel.SMS, language=Language.CY),
    )


def test_the_newest_details_hold() -> None:
    none = fact(ContactDetailsGiven, -50, channels=())
    given(notification, fact(ContactDetailsGiven, -100), none).when(ask(TellPeople)).then_nothing()


def test_the_same_event_tells_the_same_person_under_the_same_id() -> None:
    asked = given(notification, fact(ContactDetailsGiven, -100))
    first, later = (asked.when(ask(TellPeople, seconds)).outcome() for seconds in (0, 60))
    assert [event.tags() for event in first] == [event.tags() for event in later]


def test_a_message_without_a_call_has_no_tag_of_one() -> None:
    assert fact(NotificationPlanned, call=None, prison=None).tags() == {
        f"notification:{planned.notification}"
    }


def test_a_message_is_sent_once_and_delivered_once() -> None:
    sent, delivered = fact(NotificationSent), fact(NotificationDelivered)
    given(notification, planned).when(ask(NoteSent)).then(sent)
    given(notification, planned, sent).when(ask(NoteSent, 60, reference="another")).then_nothing()
    given(notification, planned, sent).when(ask(NoteDelivered)).then(delivered)
    given(notification, planned, sent, delivered).when(ask(NoteDelivered)).then_nothing()


@pytest.mark.parametrize("kind", [NoteSent, NoteDelivered, NoteFailed])
def test_what_failed_stays_failed(kind: Any) -> None:
    given(notification, planned, fact(NotificationFailed)).when(ask(kind)).then_nothing()


@pytest.mark.parametrize("kind", [NoteSent, NoteDelivered, NoteFailed])
def test_nothing_becomes_of_a_message_that_nobody_planned(kind: Any) -> None:
    given(notification).when(ask(kind)).then_refused("notification_unknown")
