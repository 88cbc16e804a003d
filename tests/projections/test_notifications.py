"""What people were told, and what became of each message."""

import pytest

from domain.contact import Channel
from domain.event import Event
from domain.notification.events import (
    FailedBecause,
    NotificationDelivered,
    NotificationFailed,
    NotificationPlanned,
    NotificationSent,
    Occasion,
)
from projections import notifications
from projections.notifications import MessageStatus, MessageTold, messages_of_call, messages_of_person
from tests.facts import CALL, NOON, VISITOR, fact
from tests.projections.conftest import Fill

pytestmark = pytest.mark.postgres

planned, sent = fact(NotificationPlanned, -60), fact(NotificationSent, -50)


async def told(fill: Fill, *events: Event) -> MessageTold:
    (message,) = await messages_of_call(await fill(notifications, events), CALL)
    return message


async def test_a_message_is_followed_from_its_plan_to_its_delivery(fill: Fill) -> None:
    first = await told(fill, planned)
    assert (first.status, first.occasion, first.channel) == (
        MessageStatus.PLANNED,
        Occasion.CALL_BOOKED,
        Channel.EMAIL,
    )
    assert (first.person, first.starts_at, first.planned_at) == (VISITOR, NOON, planned.at)
    then = await told(fill, planned, sent)
    assert (then.status, then.sent_at, then.via) == (MessageStatus.SENT, sent.at, "notify")
    last = await told(fill, planned, sent, fact(NotificationDelivered, -40))
    assert last.status is MessageStatus.DELIVERED
    assert last.settled_at == fact(NotificationDelivered, -40).at


async def test_a_message_that_failed_says_why(fill: Fill) -> None:
    message = await told(fill, planned, sent, fact(NotificationFailed, permanent=True))
    assert (message.status, message.because, message.permanent) == (
        MessageStatus.FAILED,
        FailedBecause.NOT_REACHED,
        True,
    )


async def test_everybody_sees_their_own_messages_the_newest_first(fill: Fill) -> None:
    later = fact(NotificationPlanned, 0, notification="n-2", call="call-2")
    other = fact(NotificationPlanned, 0, notification="n-3", person="visitor-2")
    alone = fact(NotificationPlanned, 0, notification="n-4", call=None, prison=None)
    db = await fill(notifications, [planned, later, other, alone])
    assert [m.notification for m in await messages_of_person(db, VISITOR)] == [
        "n-4",
        "n-2",
        planned.notification,
    ]
    assert [m.notification for m in await messages_of_call(db, CALL)] == ["n-3", planned.notification]
