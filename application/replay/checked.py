"""One decision on record, and what came of making it again."""

from dataclasses import dataclass
from enum import StrEnum

from domain.clearance import Side


class Outcome(StrEnum):
    """What came of checking one decision."""

    SAME = "same"
    DIFFERENT = "different"
    NOT_COVERED = "not_covered"  # what it rested on is gone, or was never put away


@dataclass(frozen=True)
class Checked:
    """One decision: as it is on record, and as it was made again."""

    position: int | None  # None: it was decided and is not on record
    type: str
    side: Side
    media_ms: int
    kind: str
    outcome: Outcome
    says: str = ""  # what differs
