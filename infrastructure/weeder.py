"""Destroys in the vault what the log says is to be destroyed, and puts on record that it is gone.

After a crash it is destroyed again, which finds nothing left; the record never says so before it is true.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any, assert_never
from uuid import uuid5

import structlog

from application.handle import handle
from application.ports import Actor, ActorKind, Context, EventStore, Recorded
from domain import retention
from domain.event import Purpose
from domain.kept import MediaKept, WeedingBegun
from domain.retention import ReportWeeded
from infrastructure.vault import PostgresKeys, PostgresVault

WEEDER = Actor(ActorKind.SERVICE, "weeder")

log = structlog.get_logger()


@dataclass(frozen=True)
class Weeder:
    """Follows the log for weeding that has begun."""

    store: EventStore
    keys: PostgresKeys
    vault: PostgresVault
    now: Callable[[], datetime]

    async def take(self, recorded: Recorded[Any]) -> None:
        """Destroy what one event names. Raises `StoreAway`, after which the event is taken again."""
        event = recorded.event
        if not isinstance(event, WeedingBegun):
            return
        key_destroyed = await self._destroy(event)
        if any([await self.vault.get(reference) is not None for reference in event.references]):
            log.error(
                "The vault still has what was to be destroyed.", call=event.call, kind=event.media.value
            )
            return  # it stays on the list as overdue, and `kinline weed` tries again
        command = ReportWeeded(
            at=self.now(),
            call=event.call,
            prison=event.prison,
            media=event.media,
            key_destroyed=key_destroyed,
        )
        context = Context(WEEDER, uuid5(recorded.id, "weeded"), recorded.corr, recorded.id)
        await handle(self.store, retention, command, context)
        log.info("What was kept of a call was destroyed.", call=event.call, kind=event.media.value)

    async def _destroy(self, event: WeedingBegun) -> bool:
        """Whether a key that sealed nothing else was destroyed with it."""
        match event.media:
            case MediaKept.RECORDING:
                await self.keys.destroy(event.call, Purpose.RECORDING)
                return True
            case MediaKept.PICTURES:
                await self.keys.destroy(event.call, Purpose.EVIDENCE)
                return True
            case MediaKept.OBSERVATIONS:
                await self.vault.destroy(event.call, Purpose.CONVERSATION, event.references)
                return False
            case _:
                assert_never(event.media)
