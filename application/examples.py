"""One example of each message that a neighbouring system may send: for integrators, and for the stub."""

from collections.abc import Mapping
from typing import Any

EXAMPLES: Mapping[str, Mapping[str, Any]] = {
    "prisoner.received": {"number": "A1234BC", "reason": "admission"},
    "prisoner.released": {"number": "A1234BC", "reason": "released"},
    "prisoner.transferred": {"number": "A1234BC", "to_prison": "LEI"},
    "prisoner.merged": {"removed_number": "A9999ZZ", "kept_number": "A1234BC"},
    "prisoner.profile-changed": {"number": "A1234BC", "incentive_level": "ENH"},
    "alert.raised": {"number": "A1234BC", "alert": "alert-1", "code": "XCSEA"},
    "alert.changed": {"number": "A1234BC", "alert": "alert-1", "code": "XCSEA", "until": "2026-12-31"},
    "alert.cleared": {"number": "A1234BC", "alert": "alert-1"},
    "restriction.placed": {
        "restriction": "restriction-1",
        "visitor": "visitor-1",
        "number": "A1234BC",
        "kind": "ban",
        "first": "2026-11-23",
        "reason": "What happened at a visit",
        "placed_by": "officer-7",
    },
    "restriction.lifted": {
        "restriction": "restriction-1",
        "visitor": "visitor-1",
        "number": "A1234BC",
        "reason": "Decided after an appeal",
        "lifted_by": "officer-7",
        "approved_by": "governor-1",
    },
    "non-association.recorded": {
        "number": "A1234BC",
        "non_association": "apart-1",
        "other_number": "A5678DE",
    },
    "non-association.closed": {
        "number": "A1234BC",
        "non_association": "apart-1",
        "other_number": "A5678DE",
    },
    "appointment.recorded": {
        "number": "A1234BC",
        "appointment": "appointment-1",
        "starts_at": "2026-11-23T09:00:00Z",
        "kind": "court",
        "minutes": 120,
    },
    "appointment.cancelled": {
        "number": "A1234BC",
        "appointment": "appointment-1",
        "starts_at": "2026-11-23T09:00:00Z",
    },
    "facts.received": {"as_of": "2026-11-23T09:00:00Z"},
}
"""The content of each, by its type."""
