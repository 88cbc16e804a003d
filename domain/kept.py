"""What is kept of a call outside the log, and how it ends: its time is over, it was destroyed, or it is kept longer."""

from datetime import date
from enum import StrEnum

from domain.event import CallEvent
from domain.lifecycle import Written
from domain.monitoring.events import Ground


class MediaKept(StrEnum):
    """What is kept of a call, each for its own time."""

    OBSERVATIONS = "observations"
    RECORDING = "recording"
    PICTURES = "pictures"  # of what was found


class RetentionExtended(CallEvent):
    """A governor has what there is of a call kept longer, up to a day on which it is looked at again."""

    until: date
    ground: Ground
    extended_by: str
    reason: Written = None


class WeedingBegun(CallEvent):
    """Its time is over and nothing keeps it: it is destroyed now, and nobody can hold it any more."""

    media: MediaKept
    references: tuple[str, ...]
    last_day: date  # until when it was kept


class MediaWeeded(CallEvent):
    """It is destroyed. `key_destroyed`: also the key that wrapped it, so that a copy of it can never be opened."""

    media: MediaKept
    references: tuple[str, ...]
    key_destroyed: bool
