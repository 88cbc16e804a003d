"""The outbox: sends each planned message once, and notes on record what became of it.

The log is the authority: a message that is sent, delivered or failed there is never sent again, whatever
stands in the table. One process at a time sends (an advisory lock). For one message:

    1  read the log; settled or sent already? then that is noted here, and nothing is sent
    2  an attempt was begun before and its end was not noted? ask the provider whether it has the message
    3  note here that an attempt begins
    4  hand it to the provider
    5  put on record that it was sent
    6  note here that it was sent

A crash before 4 sends nothing, and the next sender goes on at 2 after a while. A crash between 4 and 5, or
an answer that never came, is what 2 is for: GOV.UK Notify finds the message by its id and the local mailbox
has it under its id, so it is sent once. SMTP cannot be asked: there the message goes out again, under the
same Message-ID, which mail programs may show once. A crash between 5 and 6 is found at 1.
What no lock and no question can exclude: a process that is frozen in 4 and wakes after another took over.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID, uuid5

import structlog
from asyncpg import Connection

from application.handle import handle
from application.notifications.writer import Unwritten, Writer, too_late
from application.ports import (
    Actor,
    ActorKind,
    Context,
    Delivery,
    EventStore,
    Fate,
    Message,
    Notifier,
    NotifierAway,
    NotTaken,
    Recorded,
)
from domain import notification
from domain.decider import about
from domain.notification.decisions import NoteDelivered, NoteFailed, NoteSent, Noting
from domain.notification.events import (
    FailedBecause,
    NotificationDelivered,
    NotificationFailed,
    NotificationPlanned,
    NotificationSent,
)
from infrastructure.gateway import Gateway
from infrastructure.leader import lead
from infrastructure.notify.patience import Patience

SENDER = Actor(ActorKind.SERVICE, "outbox")
OUTBOX_LOCK = 5_301_980
LOOK_AGAIN_S = 0.5
TURN_MAX = 50  # messages in one turn

log = structlog.get_logger()


@dataclass(frozen=True)
class _OnRecord:
    """What the log says of one message."""

    planned: Recorded[NotificationPlanned] | None = None
    sent: NotificationSent | None = None
    settled: bool = False


class Outbox:
    """Follows the log for what is planned, and sends it."""

    def __init__(
        self,
        store: EventStore,
        gateway: Gateway,
        writer: Writer,
        notifier: Notifier,
        now: Callable[[], datetime],
        patience: Patience | None = None,
    ) -> None:
        self._store, self._gateway, self._writer = store, gateway, writer
        self._notifier, self._now, self._patience = notifier, now, patience or Patience()
        self._taken: dict[str, str] = {}  # by the provider, and not on record yet: the log may be away

    async def take(self, recorded: Recorded[Any]) -> None:
        """A message was planned: it waits here until it is settled."""
        event = recorded.event
        if isinstance(event, NotificationPlanned):
            await self._gateway.execute(
                "INSERT INTO outbox (notification, position, person, channel, next_at) "
                "VALUES ($1, $2, $3, $4, $5) ON CONFLICT DO NOTHING",
                event.notification,
                recorded.position,
                event.person,
                event.channel.value,
                self._now(),
            )

    async def run(self) -> None:
        """Send for ever, one process at a time."""
        await lead(self._gateway.url, OUTBOX_LOCK, self.turn, LOOK_AGAIN_S)

    async def turn(self, db: Connection) -> None:
        """Everything that is due now. When the provider takes nothing, the rest waits for the next turn."""
        for row in await db.fetch(_DUE, self._now(), TURN_MAX):
            ident = row["notification"]
            try:
                await self._look(db, row)
            except NotTaken as refused:
                log.warning("A message was not taken; it is sent again.", kind=refused.because.value)
                await db.execute(_WAIT, ident, "waiting", await self._next_at(db, ident))
                return
            except NotifierAway:
                log.warning("The provider of messages does not answer.", attempt=row["attempts"])
                await db.execute(_WAIT, ident, None, await self._next_at(db, ident))
                return

    async def _look(self, db: Connection, row: Any) -> None:
        on_record = await self._on_record(row["notification"])
        if on_record.settled or on_record.planned is None:
            await _forget(db, row["notification"])
        elif on_record.sent is not None:
            await self._ask(db, on_record.planned, on_record.sent)
        else:
            await self._deliver(db, row, on_record.planned)

    async def _deliver(self, db: Connection, row: Any, planned: Recorded[NotificationPlanned]) -> None:
        ident = planned.event.notification
        reference = await self._found(row, planned.event)
        try:
            if reference is None:
                message = await self._written(row, planned)
                await db.execute(_BEGIN, ident, self._now() + timedelta(seconds=self._patience.doubt_s))
                reference = await self._notifier.send(message)
                self._taken[ident] = reference
            await self._sent(db, planned, reference)
        except Unwritten as unwritten:
            await self._failed(db, planned, unwritten.because)
        except NotTaken as refused:
            if refused.again:
                raise
            await self._failed(db, planned, refused.because, permanent=refused.permanent)

    async def _found(self, row: Any, planned: NotificationPlanned) -> str | None:
        """The provider's reference, if it has the message from an attempt whose end nobody noted."""
        ident = planned.notification
        if row["state"] != "sending" or ident in self._taken:
            return self._taken.get(ident)
        try:
            return await self._notifier.find(ident)
        except NotifierAway:
            if too_late(planned, self._now()):
                return None
            raise

    async def _written(self, row: Any, planned: Recorded[NotificationPlanned]) -> Message:
        """The message. One that cannot be written is noted as failed: it holds up no other and no call."""
        if too_late(planned.event, self._now()):
            raise Unwritten(FailedBecause.TOO_LATE)
        if row["attempts"] >= self._patience.attempts_max:
            raise Unwritten(FailedBecause.GIVEN_UP)
        if planned.event.channel not in self._notifier.channels:
            raise Unwritten(FailedBecause.NO_CHANNEL)
        try:
            return await self._writer.write(planned)
        except (LookupError, ValueError) as error:
            log.error("A message could not be written.", error=error, position=planned.position)
            raise Unwritten(FailedBecause.FAULT) from error

    async def _sent(self, db: Connection, planned: Recorded[NotificationPlanned], reference: str) -> None:
        ident = planned.event.notification
        await self._note(
            planned,
            NoteSent(at=self._now(), notification=ident, via=self._notifier.name, reference=reference),
        )
        await db.execute(_SENT, ident, self._now() + self._patience.before_question(0))
        self._taken.pop(ident, None)

    async def _failed(
        self,
        db: Connection,
        planned: Recorded[NotificationPlanned],
        because: FailedBecause,
        *,
        permanent: bool = False,
    ) -> None:
        ident = planned.event.notification
        await self._note(
            planned, NoteFailed(at=self._now(), notification=ident, because=because, permanent=permanent)
        )
        await _forget(db, ident)

    async def _ask(
        self, db: Connection, planned: Recorded[NotificationPlanned], sent: NotificationSent
    ) -> None:
        """What became of a message that was sent, as long as an answer may come and by whom it was sent."""
        ident = planned.event.notification
        since_s = (self._now() - sent.at).total_seconds()
        asked = sent.via == self._notifier.name and since_s < self._patience.questions_s
        delivery = await self._notifier.status(sent.reference) if asked else Delivery(Fate.NOT_TOLD)
        match delivery.fate:
            case Fate.DELIVERED:
                await self._note(planned, NoteDelivered(at=self._now(), notification=ident))
            case Fate.FAILED:
                await self._failed(db, planned, FailedBecause.NOT_REACHED, permanent=delivery.permanent)
                return
            case Fate.UNDER_WAY:
                await db.execute(_SENT, ident, self._now() + self._patience.before_question(since_s))
                return
        await _forget(db, ident)

    async def _next_at(self, db: Connection, ident: str) -> datetime:
        attempts = await db.fetchval("SELECT attempts FROM outbox WHERE notification = $1", ident)
        return self._now() + self._patience.before_retry(attempts or 0)

    async def _on_record(self, ident: str) -> _OnRecord:
        kinds = (NotificationPlanned, NotificationSent, NotificationDelivered, NotificationFailed)
        facts, _ = await self._store.read((about(f"notification:{ident}", *kinds),))
        return _OnRecord(
            planned=next((fact for fact in facts if isinstance(fact.event, NotificationPlanned)), None),
            sent=next((fact.event for fact in facts if isinstance(fact.event, NotificationSent)), None),
            settled=any(isinstance(f.event, NotificationDelivered | NotificationFailed) for f in facts),
        )

    async def _note(self, planned: Recorded[NotificationPlanned], command: Noting) -> None:
        """Each step of a message has one command id: noting it again notes nothing."""
        cmd = uuid5(UUID(planned.event.notification), type(command).__name__)
        context = Context(SENDER, cmd, planned.corr, planned.id)
        await handle(self._store, notification, command, context)


async def _forget(db: Connection, ident: str) -> None:
    await db.execute("DELETE FROM outbox WHERE notification = $1", ident)


_DUE = """
SELECT notification, state, attempts FROM outbox AS one
WHERE next_at <= $1 AND NOT EXISTS (
    SELECT FROM outbox AS earlier
    WHERE earlier.person = one.person AND earlier.channel = one.channel
      AND earlier.position < one.position AND earlier.state <> 'sent'
)
ORDER BY next_at, position LIMIT $2
"""
_BEGIN = "UPDATE outbox SET state = 'sending', attempts = attempts + 1, next_at = $2 WHERE notification = $1"
_WAIT = "UPDATE outbox SET state = coalesce($2, state), next_at = $3 WHERE notification = $1"
_SENT = "UPDATE outbox SET state = 'sent', next_at = $2 WHERE notification = $1"
