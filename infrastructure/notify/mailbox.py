"""The local mailbox: messages stay here, as ciphertext under the key of whom they are for.

The default of an installation that has neither Notify nor a mail server; in a demonstration each
visitor can read theirs on a page. Put in twice, a message lies there once.
"""

from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from uuid import UUID

import msgspec

from application.ports import Delivery, Fate, Keys, Letter, Message
from domain.contact import Channel
from domain.event import Purpose
from infrastructure.gateway import Gateway
from infrastructure.sealed_text import packed, unpacked

KEPT = timedelta(days=28)
LETTERS_MAX = 100


class LocalMailbox:
    """Fulfils `application.ports.Notifier` and `application.ports.Mailbox`."""

    name = "mailbox"
    channels = frozenset(Channel)

    def __init__(self, gateway: Gateway, keys: Keys, now: Callable[[], datetime]) -> None:
        self._gateway, self._keys, self._now = gateway, keys, now

    async def send(self, message: Message) -> str:
        ident, now = UUID(message.notification), self._now()
        calendar = None if message.calendar is None else message.calendar.content.decode()
        letter = Letter(now, message.channel, message.address, message.subject, message.body, calendar)
        text = msgspec.json.encode(letter).decode()
        sealed = await self._keys.seal(message.person, Purpose.CONTACT, ident, "message", text)
        await self._gateway.execute(_PUT, ident, message.person, now, packed(sealed))
        await self._gateway.execute("DELETE FROM mailbox WHERE at < $1", now - KEPT)
        return message.notification

    async def find(self, notification: str) -> str | None:
        found = await self._gateway.fetchval(_FIND, UUID(notification))
        return None if found is None else str(found)

    async def status(self, reference: str) -> Delivery:
        """Whether anybody reads it is not known."""
        return Delivery(Fate.NOT_TOLD)

    async def letters(self, person: str) -> Sequence[Letter]:
        rows = await self._gateway.fetch(_OF, person, LETTERS_MAX)
        opened = [await self._keys.open(unpacked(row["message"])) for row in rows]
        return [msgspec.json.decode(text, type=Letter) for text in opened if text is not None]


_PUT = (
    "INSERT INTO mailbox (notification, person, at, message) VALUES ($1, $2, $3, $4) ON CONFLICT DO NOTHING"
)
_FIND = "SELECT notification FROM mailbox WHERE notification = $1"
_OF = "SELECT message FROM mailbox WHERE person = $1 ORDER BY at DESC, notification LIMIT $2"
