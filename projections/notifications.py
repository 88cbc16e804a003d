"""What people were told: each message with its occasion, its way and what became of it. No word and no address.

It is an answer to "nobody told me", so it stops at an event that it does not understand.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any

from asyncpg import Connection

from application.ports import Recorded
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
from domain.texts import Language

NAME = "notifications"
VERSION = 1
AUDIT = True

TABLES = """
CREATE TABLE messages (
    notification text PRIMARY KEY,
    person text NOT NULL,
    call text,
    prison text,
    occasion text NOT NULL,
    channel text NOT NULL,
    language text NOT NULL,
    starts_at timestamptz,
    planned_at timestamptz NOT NULL,
    sent_at timestamptz,
    via text,
    settled_at timestamptz,
    status text NOT NULL,
    because text,
    permanent boolean,
    position bigint NOT NULL
);
CREATE INDEX ON messages (person, position);
CREATE INDEX ON messages (call, position);
"""

EVENTS: tuple[type[Event], ...] = (
    NotificationPlanned,
    NotificationSent,
    NotificationDelivered,
    NotificationFailed,
)
MESSAGES_MAX = 200  # in one answer, the newest


class MessageStatus(StrEnum):
    """How far a message has come."""

    PLANNED = "planned"  # the outbox will send it
    SENT = "sent"  # the provider has it; some never tell more
    DELIVERED = "delivered"
    FAILED = "failed"


@dataclass(frozen=True)
class MessageTold:
    """One message. `position` is that of its plan."""

    notification: str
    person: str
    call: str | None
    prison: str | None
    occasion: Occasion
    channel: Channel
    language: Language
    starts_at: datetime | None  # of the call, as it was told
    planned_at: datetime
    sent_at: datetime | None
    via: str | None
    settled_at: datetime | None  # delivered or failed
    status: MessageStatus
    because: FailedBecause | None
    permanent: bool | None  # the address itself is wrong
    position: int


async def project(db: Connection, recorded: Recorded[Any]) -> None:
    """Take one event in."""
    event = recorded.event
    match event:
        case NotificationPlanned():
            await _planned(db, event, recorded.position)
        case NotificationSent(notification=ident, at=at, via=via):
            await db.execute(
                "UPDATE messages SET status = $2, sent_at = $3, via = $4 WHERE notification = $1",
                ident,
                MessageStatus.SENT.value,
                at,
                via,
            )
        case NotificationDelivered():
            await _settled(db, event, MessageStatus.DELIVERED)
        case NotificationFailed(because=because, permanent=permanent):
            await _settled(db, event, MessageStatus.FAILED, because.value, permanent)
        case _:
            return  # tells nothing of a message


async def _planned(db: Connection, event: NotificationPlanned, position: int) -> None:
    await db.execute(
        """INSERT INTO messages
           (notification, person, call, prison, occasion, channel, language, starts_at, planned_at, status, position)
           VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11) ON CONFLICT DO NOTHING""",
        event.notification,
        event.person,
        event.call,
        event.prison,
        event.occasion.value,
        event.channel.value,
        event.language.value,
        event.said.starts_at,
        event.at,
        MessageStatus.PLANNED.value,
        position,
    )


async def _settled(
    db: Connection,
    event: Any,
    status: MessageStatus,
    because: str | None = None,
    permanent: bool | None = None,
) -> None:
    await db.execute(
        """UPDATE messages SET status = $2, settled_at = $3, because = $4, permanent = $5
           WHERE notification = $1""",
        event.notification,
        status.value,
        event.at,
        because,
        permanent,
    )


# The questions


async def messages_of_call(db: Connection, call: str) -> list[MessageTold]:
    """Everything that visitors were told about a call, the newest first."""
    return [_message(each) for each in await db.fetch(_OF_CALL, call, MESSAGES_MAX)]


async def messages_of_person(db: Connection, person: str) -> list[MessageTold]:
    """Everything that somebody was told, the newest first."""
    return [_message(each) for each in await db.fetch(_OF_PERSON, person, MESSAGES_MAX)]


def _message(record: Mapping[str, Any]) -> MessageTold:
    because = record["because"]
    return MessageTold(
        **{
            **dict(record),
            "occasion": Occasion(record["occasion"]),
            "channel": Channel(record["channel"]),
            "language": Language(record["language"]),
            "status": MessageStatus(record["status"]),
            "because": None if because is None else FailedBecause(because),
        }
    )


_OF_CALL = """
SELECT * FROM notifications_messages WHERE call = $1 ORDER BY position DESC, notification LIMIT $2
"""
_OF_PERSON = """
SELECT * FROM notifications_messages WHERE person = $1 ORDER BY position DESC, notification LIMIT $2
"""
