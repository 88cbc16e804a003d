"""Policies of earlier releases: where the times of their actions stand today.

They had a few times of their own in place of ladders. They mean the same as ever: whoever reads the log reads
every policy that was ever published.
"""

from collections.abc import Mapping
from typing import Any

from domain.moderation.kind import Action

_TIMES = {
    "cover": {"coach_ms": ("camera_covered", Action.COACH), "pause_ms": ("camera_covered", Action.PAUSE)},
    "absence": {"coach_ms": ("face_absent", Action.COACH), "pause_ms": ("face_absent", Action.PAUSE)},
    "freeze": {"coach_ms": ("could_not_check", Action.COACH), "pause_ms": ("could_not_check", Action.PAUSE)},
    "frozen_picture": {"alert_ms": ("frozen_picture", Action.ALERT)},
}
"""Section and key of the time, and the kind and action it belongs to."""

FORMER_SECTIONS = frozenset({"absence", "frozen_picture"})
"""Sections that had nothing else."""


def translated(document: Mapping[str, Any], ladders: Mapping[str, Any]) -> dict[str, Any]:
    """The moderation policy as it is written today. `ladders`: those of kinds of which it says nothing."""
    if not any(_is_former(document, section, key) for section, keys in _TIMES.items() for key in keys):
        return dict(document)
    written = dict(document)
    actions = {**ladders, **_mapping(document.get("actions"))}
    for section, keys in _TIMES.items():
        times = dict(_mapping(document.get(section)))
        for key, (kind, action) in keys.items():
            if key in times:
                actions[kind] = _timed(actions[kind], action, times.pop(key))
        if isinstance(document.get(section), Mapping):
            written[section] = times
        if section in FORMER_SECTIONS and not times:
            written.pop(section, None)
    return {**written, "actions": actions}


def _is_former(document: Mapping[str, Any], section: str, key: str) -> bool:
    return key in _mapping(document.get(section))


def _mapping(value: Any) -> Mapping[str, Any]:
    return value if isinstance(value, Mapping) else {}


def _timed(ladder: list[dict[str, Any]], action: Action, after_ms: Any) -> list[dict[str, Any]]:
    """The ladder with this action after that time. What came after the pause never mattered: it comes with it."""
    timed = [{**rung, "after_ms": after_ms} if rung["action"] == action else rung for rung in ladder]
    if action is not Action.PAUSE:
        return timed
    return [{**rung, "after_ms": min(rung["after_ms"], after_ms)} for rung in timed]
