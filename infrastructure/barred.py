"""Destroys the template of a barred face when it is no longer on a list: the log says so first."""

from dataclasses import dataclass
from typing import Any

import structlog

from application.ports import Recorded
from domain.barring.events import BarredFaceRejected, BarredFaceRemoved
from domain.event import Purpose
from infrastructure.vault import PostgresKeys

log = structlog.get_logger()


@dataclass(frozen=True)
class BarredFaces:
    """Follows the log for entries that are over."""

    keys: PostgresKeys

    async def take(self, recorded: Recorded[Any]) -> None:
        """Destroy what one event ends. Raises `StoreAway`, after which the event is taken again."""
        event = recorded.event
        if isinstance(event, BarredFaceRejected | BarredFaceRemoved):
            await self.keys.destroy(event.barred, Purpose.BIOMETRICS)
            log.info("The template of a barred face was destroyed.", kind=type(event).__name__)
