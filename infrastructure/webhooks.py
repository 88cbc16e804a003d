"""The sender of webhooks, a task of the API process: for each webhook in order, one message at a time.

What was decided about a webhook is read from the log before each portion; how far its deliveries have come
is a row of its own. A webhook that fails waits, keeps its order, and holds up nobody else. After a crash
a message may be sent twice: its `webhook-id` is the event's id, so its reader knows it again.
"""

import asyncio
import contextlib
from collections.abc import Callable, Mapping
from dataclasses import asdict, replace
from datetime import datetime
from typing import Any
from uuid import NAMESPACE_URL, uuid5

import asyncpg
import structlog
from standardwebhooks import Webhook as Signer

from application.announcements import portion
from application.delivery import WAITS_S, Delivery, delivered, failed, follow
from application.handle import handle, replay
from application.integration import OUTGOING, CloudEvent, text_of
from application.ports import Actor, ActorKind, BoundaryMoved, Context, StoreAway, Vault
from domain import subscription
from domain.event import Refused
from domain.subscription import WEBHOOK_EVENTS, PausedBecause, PauseWebhook, Webhook
from infrastructure.bell import heard_within
from infrastructure.event_store import PostgresEventStore
from infrastructure.gateway import AWAY, PATIENCE_S, Gateway
from infrastructure.outbound import Outbound, Unreachable
from projections.webhooks import delivery_of, webhooks_sent

SYSTEM = Actor(ActorKind.SYSTEM, "webhooks")
SENDER_LOCK = 5_301_990
LOOK_AGAIN_S = 1.0  # webhooks whose next attempt has come are found this often
PORTION = 20  # messages sent before it is looked again what was decided about the webhook
PORTION_S = 1.0  # and so long, should they take long
SKIPPED_MAX = 1000  # positions without anything to send, after which the row is moved on all the same
WAKING = (*OUTGOING, *WEBHOOK_EVENTS)
GONE = 410
OK = range(200, 300)

log = structlog.get_logger()


class Sender:
    """Sends to every webhook. Of several processes one sends, another takes over when its connection ends."""

    def __init__(
        self,
        store: PostgresEventStore,
        gateway: Gateway,
        vault: Vault,
        outbound: Outbound,
        now: Callable[[], datetime],
        *,
        waits_s: tuple[float, ...] = WAITS_S,
        look_again_s: float = LOOK_AGAIN_S,
    ) -> None:
        self._store, self._gateway, self._vault, self._outbound = store, gateway, vault, outbound
        self._now, self._waits_s, self._look_again_s = now, waits_s, look_again_s

    async def run(self) -> None:
        """Send for ever; waits while the log is away."""
        while True:
            # Undefined: the list of webhooks is being built for the first time.
            with contextlib.suppress(*AWAY, StoreAway, asyncpg.UndefinedTableError):
                await self._lead()
            await asyncio.sleep(self._look_again_s)

    async def _lead(self) -> None:
        leader = await asyncpg.connect(self._gateway.url, timeout=PATIENCE_S, command_timeout=PATIENCE_S)
        turns: dict[str, asyncio.Task[None]] = {}
        try:
            if await leader.fetchval("SELECT pg_try_advisory_lock($1)", SENDER_LOCK):
                await self._send(leader, turns)
        finally:
            leader.terminate()
            for turn in turns.values():
                turn.cancel()
            await asyncio.gather(*turns.values(), return_exceptions=True)

    async def _send(self, leader: Any, turns: dict[str, asyncio.Task[None]]) -> None:
        """Give every webhook its turn whenever there is something new, until the lead is lost."""
        seen = await self._store.head()
        clock = asyncio.get_running_loop().time
        with self._store.hearing() as heard:
            looked = 0.0
            while True:
                heard.clear()
                news = await self._store.after(seen, limit=1000, types=WAKING)
                seen = news[-1].position if news else seen
                if news or clock() - looked >= self._look_again_s:
                    looked = clock()
                    for name in await webhooks_sent(leader):  # the lead's own connection: lost with it
                        _begin(turns, name, self._turn)
                await heard_within(heard, self._look_again_s)

    async def _turn(self, name: str) -> None:
        """Send to one webhook until there is nothing to send, or it fails."""
        with contextlib.suppress(StoreAway, BoundaryMoved):
            while await self._portion(name):
                pass

    async def _portion(self, name: str) -> bool:
        """Send a few messages; whether there may be more to send at once."""
        webhook, before = await self._decided(name), await self._standing(name)
        if not webhook.sends or webhook.subscribed is None:
            return False
        standing = follow(before, webhook)
        if standing != before:
            await self._save(name, standing)
        if standing.waits(self._now()):
            return False
        about = webhook.subscribed
        found = await portion(
            self._store, standing.position, limit=PORTION, types=about.types, prison=about.prison
        )
        clock = asyncio.get_running_loop().time
        began = clock()
        for event in found.events:
            standing = await self._send_one(name, webhook, standing, event)
            if standing.failures or clock() - began > PORTION_S:
                return not standing.failures
        await self._skip(name, standing, found.position)
        return found.more

    async def _send_one(
        self, name: str, webhook: Webhook, standing: Delivery, event: CloudEvent[Any]
    ) -> Delivery:
        status, error = await self._attempt(webhook, event)
        now = self._now()
        if error is None:
            after = delivered(standing, event.position, now)
        else:
            after = failed(standing, error, now, self._waits_s)
            log.warning("A webhook failed.", subscription=name, error=error, failures=after.failures)
        await self._save(name, after)
        if status == GONE:
            await self._pause(name, PausedBecause.GONE, now)
        elif after.over(now):
            await self._pause(name, PausedBecause.FAILING, now)
        return after

    async def _attempt(self, webhook: Webhook, event: CloudEvent[Any]) -> tuple[int | None, str | None]:
        """The status, and what went wrong: None when the other side took it."""
        assert webhook.subscribed is not None
        body, at = text_of(event), self._now()
        headers = await self._signed(webhook, event.id, body, at)
        if headers is None:
            return None, "its secret is gone"
        try:
            status = await self._outbound.post(webhook.subscribed.url, body.encode(), headers)
        except Unreachable as error:
            return None, f"no answer ({error})"
        except Refused as refused:
            return None, str(refused)
        return status, None if status in OK else f"answered with status {status}"

    async def _signed(
        self, webhook: Webhook, ident: str, body: str, at: datetime
    ) -> Mapping[str, str] | None:
        """The headers of Standard Webhooks; while a secret is exchanged, signed by both."""
        secrets = [await self._vault.get(reference) for reference in webhook.secrets(at)]
        signatures = [Signer(secret).sign(ident, at, body) for secret in secrets if secret]
        if not signatures:
            return None
        return {
            "content-type": "application/cloudevents+json; charset=utf-8",
            "user-agent": "Kinline",
            "webhook-id": ident,
            "webhook-timestamp": str(int(at.timestamp())),
            "webhook-signature": " ".join(signatures),
        }

    async def _skip(self, name: str, standing: Delivery, position: int) -> None:
        """Move on over what is not for this webhook, now and then: a row that moved at each event would cost."""
        if position - standing.position >= SKIPPED_MAX:
            await self._save(name, replace(standing, position=position))

    async def _decided(self, name: str) -> Webhook:
        asked = PauseWebhook(at=self._now(), subscription=name, because=PausedBecause.FAILING, paused_by=None)
        return await replay(self._store, subscription, asked)

    async def _pause(self, name: str, because: PausedBecause, now: datetime) -> None:
        command = PauseWebhook(at=now, subscription=name, because=because, paused_by=None)
        cmd = uuid5(NAMESPACE_URL, f"webhook/{name}/{because}/{now.isoformat()}")
        with contextlib.suppress(Refused):  # it was unsubscribed this moment
            await handle(self._store, subscription, command, Context(SYSTEM, cmd, corr=cmd))

    async def _standing(self, name: str) -> Delivery | None:
        async with self._gateway.connection() as connection:
            return await delivery_of(connection, name)

    async def _save(self, name: str, standing: Delivery) -> None:
        await self._gateway.execute(_SAVE, name, *asdict(standing).values())


def _begin(turns: dict[str, asyncio.Task[None]], name: str, turn: Callable[[str], Any]) -> None:
    """Begin a turn unless one is under way. A fault of ours in the last one reaches the top."""
    last = turns.get(name)
    if last is not None:
        if not last.done():
            return
        last.result()
    turns[name] = asyncio.create_task(turn(name), name=f"webhook {name}")


_SAVE = """
INSERT INTO webhook_deliveries
    (subscription, position, replay, failures, failing_since, next_attempt, last_error, last_delivered)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8)
ON CONFLICT (subscription) DO UPDATE SET position = $2, replay = $3, failures = $4, failing_since = $5,
    next_attempt = $6, last_error = $7, last_delivered = $8
"""
