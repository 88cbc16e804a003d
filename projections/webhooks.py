"""The webhooks there are, and how far the deliveries of each have come. One row for each that was not ended."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any, assert_never

from asyncpg import Connection

from application.delivery import Delivery
from application.ports import Recorded
from domain.event import Event
from domain.subscription import (
    WEBHOOK_EVENTS,
    WebhookEvent,
    WebhookPaused,
    WebhookReplayed,
    WebhookResumed,
    WebhookSecretRotated,
    WebhookSubscribed,
    WebhookUnsubscribed,
)

NAME = "webhooks"
VERSION = 1
AUDIT = False

TABLES = """
CREATE TABLE subscriptions (
    subscription text PRIMARY KEY,
    prison text,
    url text NOT NULL,
    types text[] NOT NULL,
    subscribed_at timestamptz NOT NULL,
    paused_because text
);
"""

EVENTS: tuple[type[Event], ...] = WEBHOOK_EVENTS


@dataclass(frozen=True, slots=True)
class WebhookRow:
    """One webhook. `types` is empty when every type is sent, `prison` None when every prison's events are."""

    subscription: str
    prison: str | None
    url: str
    types: list[str]
    subscribed_at: datetime
    paused_because: str | None


async def project(db: Connection, recorded: Recorded[Any]) -> None:
    """Take one event in."""
    if isinstance(recorded.event, WEBHOOK_EVENTS):
        await _project(db, recorded.event)


async def _project(db: Connection, event: WebhookEvent) -> None:
    match event:
        case WebhookSubscribed():
            await db.execute(
                "INSERT INTO subscriptions VALUES ($1, $2, $3, $4, $5)",
                event.subscription,
                event.prison,
                event.url,
                list(event.types),
                event.at,
            )
        case WebhookPaused(subscription=name, because=because):
            await db.execute(
                "UPDATE subscriptions SET paused_because = $2 WHERE subscription = $1", name, because.value
            )
        case WebhookResumed(subscription=name):
            await db.execute("UPDATE subscriptions SET paused_because = NULL WHERE subscription = $1", name)
        case WebhookUnsubscribed(subscription=name):
            await db.execute("DELETE FROM subscriptions WHERE subscription = $1", name)
        case WebhookSecretRotated() | WebhookReplayed():
            pass
        case _:
            assert_never(event)


async def webhooks_of(db: Connection, prison: str | None) -> list[WebhookRow]:
    """The webhooks of one prison; of None every one there is."""
    rows = await db.fetch(
        "SELECT subscription, prison, url, types, subscribed_at, paused_because FROM webhooks_subscriptions"
        " WHERE $1::text IS NULL OR prison = $1 ORDER BY subscribed_at, subscription",
        prison,
    )
    return [WebhookRow(**row) for row in rows]


async def webhooks_sent(db: Connection) -> list[str]:
    """The names of those to which something is sent."""
    rows = await db.fetch("SELECT subscription FROM webhooks_subscriptions WHERE paused_because IS NULL")
    return [row["subscription"] for row in rows]


async def delivery_of(db: Connection, subscription: str) -> Delivery | None:
    """How far the sender has come with one webhook; None before its first turn."""
    row = await db.fetchrow(
        "SELECT position, replay, failures, failing_since, next_attempt, last_error, last_delivered"
        " FROM public.webhook_deliveries WHERE subscription = $1",
        subscription,
    )
    return None if row is None else Delivery(**row)
