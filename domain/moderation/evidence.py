"""What a decision of the machine names on record, so that it can be argued about long afterwards.

Whole numbers, words and digests only: the same on every machine, so that a replay gives the same bytes.
"""

from dataclasses import asdict
from typing import Any

from domain.clearance import ClearanceMode
from domain.moderation.verdict import Basis, Evidence

LIVENESS_ASSESSED, LIVENESS_NOT_ASSESSED = "assessed", "not_assessed"

ADDED = frozenset({"precision", "policy", "liveness", "fallbacks", "entry"})
"""What decisions of earlier releases do not name."""


def as_recorded(evidence: Evidence, basis: Basis, policy: str) -> dict[str, Any]:
    """Everything a decision names: its numbers, and on what they rest. `policy`: the version, as `MDI/3`."""
    return {
        **asdict(evidence),
        "engine": basis.engine,
        "precision": precision_of(basis.engine),
        "policy": policy,
        "liveness": LIVENESS_ASSESSED if basis.liveness else LIVENESS_NOT_ASSESSED,
        "fallbacks": list(fallbacks_of(basis)),
    }


def precision_of(engine: str) -> str:
    """In which numbers the networks compute. One that was reduced says so behind `@` in the engine's name."""
    _, _, reduced = engine.partition("@")
    return reduced or "fp32"


def fallbacks_of(basis: Basis) -> tuple[str, ...]:
    """What was done in place of comparing every face of this very picture."""
    counted = ("faces_counted",) if basis.mode is ClearanceMode.COUNT else ()
    repeated = ("picture_repeated",) if basis.repeated else ()
    return (*counted, *repeated)
