"""The outbox: each message once, whatever breaks, and what became of it on record."""

import asyncio
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Any

import asyncpg
import pytest
import pytest_asyncio

from application.notifications.rendering import Addresses
from application.notifications.writer import GOOD_FOR, Writer
from application.ports import Message, Notifier, StoreAway
from domain.booking.events import CallBooked, CallRequested, CallRequestRejected
from domain.clearance import Side
from domain.contact import Channel, ContactDetailsGiven
from domain.decider import about
from domain.event import Event, Purpose
from domain.lifecycle import CallMissed, MissedBy
from domain.notification.events import (
    FailedBecause,
    NotificationDelivered,
    NotificationFailed,
    NotificationPlanned,
    NotificationSent,
    Occasion,
    Said,
)
from domain.policy import PolicyPublished
from domain.waiting_room.events import ParticipantArrived, WaitingRoomOpened
from infrastructure.envelope import Envelopes
from infrastructure.event_store import PostgresEventStore
from infrastructure.gateway import Gateway
from infrastructure.migrations import Databases
from infrastructure.notify.govuk import GovukNotify, NotifyTemplates
from infrastructure.notify.mailbox import LocalMailbox
from infrastructure.notify.patience import Patience
from infrastructure.notify.smtp import SmtpNotifier, SmtpServer
from infrastructure.outbox import Outbox
from infrastructure.reactor import Reactor
from infrastructure.vault import PostgresKeys
from tests.application.history import everything, put
from tests.facts import NOON, NOTIFICATION, VISITOR, fact
from tests.infrastructure.notify.servers import API_KEY, LOST, MailServer, NotifyServer
from tests.stores import context

pytestmark = pytest.mark.postgres

PLANNED = fact(NotificationPlanned, -86_400)
CONTACT = fact(ContactDetailsGiven, -90_000)
PATIENCE = Patience(attempts_max=3)


class Killed(BaseException):
    """The process ends here."""


class EndsBefore(GovukNotify):
    """Notify, in a process that ends just before it hands a message over."""

    async def send(self, message: Message) -> str:
        raise Killed


class EndsAfter(GovukNotify):
    """Notify, in a process that ends when the message was taken over and before it hears so."""

    async def send(self, message: Message) -> str:
        await super().send(message)
        raise Killed


class MailEndsAfter(SmtpNotifier):
    """A mail server, in such a process."""

    async def send(self, message: Message) -> str:
        await super().send(message)
        raise Killed


class MailboxEndsAfter(LocalMailbox):
    """The local mailbox, in such a process."""

    async def send(self, message: Message) -> str:
        await super().send(message)
        raise Killed


class LogAway(PostgresEventStore):
    """A log that can be read, and that for a while takes nothing."""

    away = False

    async def append(self, *arguments: Any) -> int:
        if self.away:
            raise StoreAway("test")
        return await super().append(*arguments)


@dataclass
class Office:
    """The log, the table, the provider and the clock; each `outbox` is that of another process."""

    store: PostgresEventStore
    gateway: Gateway
    keys: PostgresKeys
    notify: NotifyServer
    db: asyncpg.Connection
    now_s: float = -86_400

    def now(self) -> Any:
        return NOON + timedelta(seconds=self.now_s)

    def outbox(self, notifier: Notifier | None = None) -> Outbox:
        writer = Writer(self.store, self.keys, Addresses("https://calls.example", "no-reply@calls.example"))
        return Outbox(self.store, self.gateway, writer, notifier or self.govuk(), self.now, PATIENCE)

    def govuk(self, kind: type[GovukNotify] = GovukNotify) -> GovukNotify:
        return kind(API_KEY, self.notify.url, NotifyTemplates("template-email", "template-sms"))

    async def planned(self, *events: Event) -> Outbox:
        """Put facts on record, and let an outbox take them in."""
        if events:
            await put(self.store, *events)
        outbox = self.outbox()
        for recorded in await everything(self.store):
            await outbox.take(recorded)
        return outbox

    async def turn(self, outbox: Outbox, after_s: float = 0) -> None:
        self.now_s += after_s
        await outbox.turn(self.db)

    async def noted(self) -> list[Any]:
        """What is on record about messages, but their plans."""
        kinds = (NotificationSent, NotificationDelivered, NotificationFailed)
        return [each.event for each in await everything(self.store) if isinstance(each.event, kinds)]

    async def waiting(self) -> int:
        count: int = await self.db.fetchval("SELECT count(*) FROM outbox")
        return count


@pytest.fixture
def notify() -> Iterator[NotifyServer]:
    with NotifyServer().running() as running:
        yield running


@pytest_asyncio.fixture
async def office(
    databases: Databases, keys: PostgresKeys, log: PostgresEventStore, notify: NotifyServer
) -> AsyncIterator[Office]:
    async with Gateway(databases.app) as gateway:
        db = await asyncpg.connect(databases.app)
        yield Office(log, gateway, keys, notify, db)
        await db.close()


async def test_a_planned_message_is_sent_and_its_delivery_noted(office: Office) -> None:
    outbox = await office.planned(CONTACT, PLANNED)
    await office.turn(outbox)
    (taken,) = office.notify.taken
    assert (taken["email_address"], taken["reference"]) == ("ann@example.com", NOTIFICATION)
    office.notify.statuses[NOTIFICATION] = "delivered"
    await office.turn(outbox, PATIENCE.first_question_s)
    sent, delivered = await office.noted()
    assert (sent.via, sent.reference) == ("notify", taken["id"])
    assert isinstance(delivered, NotificationDelivered)
    assert await office.waiting() == 0


async def test_every_step_follows_from_the_plan_and_is_noted_by_the_outbox(office: Office) -> None:
    await office.turn(await office.planned(CONTACT, PLANNED))
    planned, sent = (await everything(office.store))[-2:]
    assert (sent.cause, sent.corr, sent.actor.id) == (planned.id, planned.corr, "outbox")


async def test_a_text_message_goes_to_the_telephone(office: Office) -> None:
    await office.turn(await office.planned(CONTACT, fact(NotificationPlanned, -86_400, channel=Channel.SMS)))
    (taken,) = office.notify.taken
    assert (taken["type"], taken["phone_number"]) == ("sms", "07700900123")


# What breaks


async def test_a_process_that_ends_before_it_sends_leaves_the_message_to_the_next(office: Office) -> None:
    await office.planned(CONTACT, PLANNED)
    with pytest.raises(Killed):
        await office.turn(office.outbox(office.govuk(EndsBefore)))
    await office.turn(office.outbox(), PATIENCE.doubt_s)
    assert len(office.notify.taken) == 1
    assert [type(event) for event in await office.noted()] == [NotificationSent]


async def test_a_process_that_ends_when_it_has_sent_does_not_let_the_next_send_again(office: Office) -> None:
    await office.planned(CONTACT, PLANNED)
    with pytest.raises(Killed):
        await office.turn(office.outbox(office.govuk(EndsAfter)))
    await office.turn(office.outbox(), PATIENCE.doubt_s)
    (taken,) = office.notify.taken
    (sent,) = await office.noted()
    assert sent.reference == taken["id"]


async def test_an_attempt_whose_end_nobody_noted_is_looked_into_only_after_a_while(office: Office) -> None:
    await office.planned(CONTACT, PLANNED)
    with pytest.raises(Killed):
        await office.turn(office.outbox(office.govuk(EndsAfter)))
    await office.turn(office.outbox(), PATIENCE.doubt_s - 1)
    assert office.notify.questions == 0


async def test_an_answer_that_is_lost_is_asked_for(office: Office) -> None:
    office.notify.next_answers = [LOST]
    outbox = await office.planned(CONTACT, PLANNED)
    await office.turn(outbox)
    assert await office.noted() == []
    await office.turn(outbox, PATIENCE.first_retry_s)
    assert len(office.notify.taken) == 1
    assert [type(event) for event in await office.noted()] == [NotificationSent]


async def test_a_question_that_is_refused_does_not_end_the_doubt(office: Office) -> None:
    office.notify.next_answers = [LOST]
    outbox = await office.planned(CONTACT, PLANNED)
    await office.turn(outbox)
    office.notify.next_questions = [403, 429]
    for _ in range(3):
        await office.turn(outbox, PATIENCE.longest_retry_s)
    assert len(office.notify.taken) == 1
    assert [type(event) for event in await office.noted()] == [NotificationSent]


async def test_what_is_on_record_as_sent_is_not_sent_whatever_the_table_says(office: Office) -> None:
    await office.turn(await office.planned(CONTACT, PLANNED))
    await office.db.execute("UPDATE outbox SET state = 'sending', next_at = $1", office.now())
    await office.turn(office.outbox())
    await office.db.execute("DELETE FROM outbox")
    await office.turn(await office.planned())
    assert len(office.notify.taken) == 1


async def test_a_log_that_is_away_when_a_mail_was_taken_does_not_let_it_go_out_twice(
    databases: Databases, keys: PostgresKeys, office: Office, event_types: Any
) -> None:
    await office.planned(CONTACT, PLANNED)
    async with LogAway(databases.app, Envelopes(event_types), keys) as log, MailServer().running() as mail:
        office.store = log
        outbox = office.outbox(_smtp(mail))
        log.away = True
        with pytest.raises(StoreAway):
            await office.turn(outbox)
        log.away = False
        await office.turn(outbox, PATIENCE.doubt_s)
        assert len(mail.mails) == 1
        assert [type(event) for event in await office.noted()] == [NotificationSent]


async def test_a_mail_server_cannot_be_asked_so_the_same_mail_goes_out_again(office: Office) -> None:
    await office.planned(CONTACT, PLANNED)
    async with MailServer().running() as mail:
        with pytest.raises(Killed):
            await office.turn(office.outbox(_smtp(mail, MailEndsAfter)))
        await office.turn(office.outbox(_smtp(mail)), PATIENCE.doubt_s)
        first, second = mail.mails
    assert first["Message-ID"] == second["Message-ID"]
    assert [type(event) for event in await office.noted()] == [NotificationSent]


async def test_the_local_mailbox_holds_a_message_once(office: Office) -> None:
    await office.planned(CONTACT, PLANNED)
    with pytest.raises(Killed):
        await office.turn(office.outbox(MailboxEndsAfter(office.gateway, office.keys, office.now)))
    mailbox = LocalMailbox(office.gateway, office.keys, office.now)
    await office.turn(office.outbox(mailbox), PATIENCE.doubt_s)
    assert len(await mailbox.letters(VISITOR)) == 1
    assert [type(event) for event in await office.noted()] == [NotificationSent]


async def test_two_processes_that_send_at_once_send_once(office: Office) -> None:
    await office.planned(CONTACT, PLANNED)
    senders = [asyncio.create_task(office.outbox().run()) for _ in range(2)]
    async with asyncio.timeout(20):
        while not await office.noted():
            await asyncio.sleep(0.02)
    for sender in senders:
        sender.cancel()
    await asyncio.gather(*senders, return_exceptions=True)
    assert len(office.notify.taken) == 1


# What is not taken


async def test_a_message_that_was_not_taken_is_sent_again_after_growing_waits_and_then_given_up(
    office: Office,
) -> None:
    office.notify.next_answers = [429] * PATIENCE.attempts_max
    outbox = await office.planned(CONTACT, PLANNED)
    for wait_s in (0, PATIENCE.first_retry_s, PATIENCE.first_retry_s * PATIENCE.growth):
        await office.turn(outbox, wait_s - 1)
        before = len(office.notify.next_answers)
        await office.turn(outbox, 1)
        assert len(office.notify.next_answers) == before - 1
    assert await office.noted() == []
    await office.turn(outbox, PATIENCE.longest_retry_s)
    (failed,) = await office.noted()
    assert (failed.because, failed.permanent) == (FailedBecause.GIVEN_UP, False)
    assert (office.notify.taken, await office.waiting()) == ([], 0)


async def test_a_provider_that_is_away_is_not_asked_for_ever(office: Office) -> None:
    office.notify.next_answers = [503] * 99
    outbox = await office.planned(CONTACT, PLANNED)
    for _ in range(PATIENCE.attempts_max + 1):
        await office.turn(outbox, PATIENCE.longest_retry_s)
    assert [event.because for event in await office.noted()] == [FailedBecause.GIVEN_UP]


async def test_an_address_that_the_provider_does_not_take_is_noted_as_wrong(office: Office) -> None:
    office.notify.next_answers = [400]
    await office.turn(await office.planned(CONTACT, PLANNED))
    (failed,) = await office.noted()
    assert (failed.because, failed.permanent) == (FailedBecause.REFUSED, True)


async def test_a_message_that_did_not_arrive_is_noted_as_failed(office: Office) -> None:
    outbox = await office.planned(CONTACT, PLANNED)
    await office.turn(outbox)
    office.notify.statuses[NOTIFICATION] = "permanent-failure"
    await office.turn(outbox, PATIENCE.first_question_s)
    assert [(event.because, event.permanent) for event in (await office.noted())[1:]] == [
        (FailedBecause.NOT_REACHED, True)
    ]


async def test_a_message_that_stays_under_way_is_asked_for_ever_less_often_and_then_left(
    office: Office,
) -> None:
    outbox = await office.planned(CONTACT, PLANNED)
    await office.turn(outbox)
    for _ in range(200):
        await office.turn(outbox, PATIENCE.longest_question_s)
    assert await office.waiting() == 0
    assert 24 <= office.notify.questions <= 100
    assert [type(event) for event in await office.noted()] == [NotificationSent]


async def test_who_has_no_address_any_more_is_not_written_to(office: Office) -> None:
    gone = fact(ContactDetailsGiven, -88_000, email=None, channels=(Channel.SMS,))
    await office.turn(await office.planned(CONTACT, gone, PLANNED))
    assert [event.because for event in await office.noted()] == [FailedBecause.NO_ADDRESS]


async def test_who_was_erased_is_not_written_to(office: Office) -> None:
    outbox = await office.planned(CONTACT, PLANNED)
    await office.keys.destroy(VISITOR, Purpose.CONTACT)
    await office.turn(outbox)
    assert [event.because for event in await office.noted()] == [FailedBecause.NO_ADDRESS]
    assert office.notify.taken == []


async def test_whoever_corrected_their_address_gets_the_message_there(office: Office) -> None:
    corrected = fact(ContactDetailsGiven, -88_000, email="ann@example.org")
    await office.turn(await office.planned(CONTACT, PLANNED, corrected))
    assert office.notify.taken[0]["email_address"] == "ann@example.org"


async def test_a_way_that_this_installation_does_not_have_is_noted(office: Office) -> None:
    await office.planned(CONTACT, fact(NotificationPlanned, -86_400, channel=Channel.SMS))
    async with MailServer().running() as mail:
        await office.turn(office.outbox(_smtp(mail)))
    assert [event.because for event in await office.noted()] == [FailedBecause.NO_CHANNEL]


@pytest.mark.parametrize(
    ("occasion", "late_s", "sent"),
    [
        (Occasion.CALL_BOOKED, 1799, True),
        (Occasion.CALL_BOOKED, 1800, False),
        (Occasion.PLACE_OFFERED, -3600, False),
        (Occasion.CALL_CANCELLED, 1800, True),
        (Occasion.JOIN_RECEIPT, -86_400 + GOOD_FOR.total_seconds(), False),
    ],
)
async def test_nobody_is_told_of_what_is_over(
    office: Office, occasion: Occasion, late_s: float, sent: bool
) -> None:
    said = Said(zone="Europe/London", starts_at=NOON, minutes=30, until=NOON - timedelta(hours=1))
    outbox = await office.planned(CONTACT, fact(NotificationPlanned, -86_400, occasion=occasion, said=said))
    office.now_s = late_s
    await office.turn(outbox)
    assert bool(office.notify.taken) is sent
    assert bool([e for e in await office.noted() if isinstance(e, NotificationFailed)]) is not sent


async def test_a_message_that_cannot_be_written_holds_up_no_other(office: Office) -> None:
    odd = fact(
        NotificationPlanned, -86_500, notification="00000000-0000-0000-0000-000000000009", text_version=99
    )
    await office.turn(await office.planned(CONTACT, odd, PLANNED))
    await office.turn(office.outbox())
    failed, sent = await office.noted()
    assert (failed.because, sent.notification) == (FailedBecause.FAULT, NOTIFICATION)


async def test_messages_of_one_person_go_out_in_the_order_in_which_they_were_planned(office: Office) -> None:
    office.notify.next_answers = [429]
    later = fact(
        NotificationPlanned,
        -86_300,
        notification="00000000-0000-0000-0000-000000000009",
        occasion=Occasion.CALL_CANCELLED,
    )
    outbox = await office.planned(CONTACT, PLANNED, later)
    for wait_s in (0, 1, PATIENCE.first_retry_s, 1):
        await office.turn(outbox, wait_s)
    assert [taken["reference"] for taken in office.notify.taken] == [NOTIFICATION, later.notification]


async def test_the_reason_of_the_prison_is_opened_for_whoever_asked_and_for_nobody_else(
    office: Office,
) -> None:
    asked, rejected = fact(CallRequested, -90_000), fact(CallRequestRejected, -89_000)
    await put(office.store, CONTACT, fact(ContactDetailsGiven, -90_000, person="visitor-2"), asked, rejected)
    cause = (await everything(office.store))[-1].id
    plans = [
        fact(
            NotificationPlanned,
            -86_400,
            notification=f"00000000-0000-0000-0000-00000000000{number}",
            person=person,
            occasion=Occasion.REQUEST_REJECTED,
        )
        for number, person in enumerate((VISITOR, "visitor-2"))
    ]
    head = await office.store.head()
    await office.store.append(plans, (about("nothing:ever"),), head, replace(context(), cause=cause))
    await office.turn(await office.planned())
    bodies = [taken["personalisation"]["body"] for taken in office.notify.taken]
    assert ["The room is being painted" in body for body in bodies] == [True, False]


async def test_from_the_request_to_the_receipt_a_visitor_is_told_everything_once(office: Office) -> None:
    mailbox = LocalMailbox(office.gateway, office.keys, office.now)
    reactor, outbox = Reactor(office.store, office.gateway, office.now), office.outbox(mailbox)
    story = (
        fact(PolicyPublished, -3 * 86_400),
        fact(ContactDetailsGiven, -3 * 86_400 + 1, channels=(Channel.EMAIL,), phone=None),
        fact(CallRequested, -2 * 86_400, for_staff=("policy",)),
        fact(CallBooked, -86_400),
        fact(WaitingRoomOpened, -900),
        fact(ParticipantArrived, -200, side=Side.VISITOR),
        fact(CallMissed, 600, missed_by=MissedBy.PRISONER),
    )
    for happened in story:
        office.now_s = (happened.at - NOON).total_seconds()
        await put(office.store, happened)
        for recorded in await everything(office.store):  # followed again from its start, each time
            await reactor.take(recorded)
        for recorded in await everything(office.store):
            await outbox.take(recorded)
        for _ in range(5):  # one message of a person in each
            await office.turn(outbox, 1)
    letters = list(reversed(await mailbox.letters(VISITOR)))
    assert [letter.subject for letter in letters] == [
        "Your request for a video call",
        "Your video call: something is missing",
        "Your video call is booked",
        "Your video call: who was there when",
    ]
    assert "You were there: this does not count against you." in letters[-1].body
    assert "SEQUENCE:0" in (letters[2].calendar or "")


async def test_no_address_is_in_the_table(office: Office) -> None:
    await office.planned(CONTACT, PLANNED)
    assert "example.com" not in repr(await office.db.fetch("SELECT * FROM outbox"))


def _smtp(mail: MailServer, kind: type[SmtpNotifier] = SmtpNotifier) -> SmtpNotifier:
    return kind(SmtpServer("127.0.0.1", mail.port, "no-reply@calls.example", "none"))
