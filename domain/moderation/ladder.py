"""What follows when something is wrong: a ladder of rungs, as the policy has it for each kind.

    coach on the person's own screen -> tell staff -> pause

A policy's ladder is data. That a single picture never pauses a call is not: see `concern.update`.
"""

from collections.abc import Mapping, Sequence
from itertools import pairwise
from typing import Annotated, Any

from pydantic import AfterValidator, ConfigDict, Field
from pydantic.dataclasses import dataclass

from domain.moderation.kind import Action, Kind, Severity


@dataclass(frozen=True, slots=True, config=ConfigDict(extra="forbid"))
class Rung:
    """One step of what follows: so long after the cause began, this action."""

    after_ms: Annotated[int, Field(ge=0)]
    action: Action
    severity: Severity

    def __str__(self) -> str:
        return f"{self.action} after {self.after_ms} ms ({self.severity.name.lower()})"


STRENGTH = tuple(Action)
"""From the mildest to the strongest."""

NEVER_PAUSE = frozenset({Kind.FACE_UNCERTAIN, Kind.FACE_UNCLEAR})
"""Kinds that say only that a face is badly seen: a picture withheld for it is `could_not_check`."""


def _rising(ladder: tuple[Rung, ...]) -> tuple[Rung, ...]:
    """Each rung is stronger than the one before, and no sooner or milder."""
    for before, after in pairwise(ladder):
        if STRENGTH.index(after.action) <= STRENGTH.index(before.action):
            raise ValueError("each rung must be stronger than the one before: coach, alert, pause")
        if after.after_ms < before.after_ms:
            raise ValueError("a stronger rung cannot come before a milder one")
        if after.severity < before.severity:
            raise ValueError("a stronger rung cannot be of lower severity")
    return ladder


Ladder = Annotated[tuple[Rung, ...], AfterValidator(_rising)]


def pauses(ladder: Sequence[Rung]) -> bool:
    """Does it ever pause the call by itself?"""
    return any(rung.action is Action.PAUSE for rung in ladder)


def milder(ladder: Sequence[Rung]) -> tuple[Rung, ...]:
    """The rungs below the pause."""
    return tuple(rung for rung in ladder if rung.action is not Action.PAUSE)


def telling(ladder: Sequence[Rung]) -> tuple[Rung, ...]:
    """The same, where the machine may not pause: staff are told, at the latest when it would have paused."""
    below = milder(ladder)
    if not pauses(ladder) or any(rung.action is Action.ALERT for rung in below):
        return below
    pause = ladder[-1]
    return (*below, Rung(pause.after_ms, Action.ALERT, pause.severity))


def pausing_after(ladder: Sequence[Rung], after_ms: int) -> tuple[Rung, ...]:
    """The same, with its pause, if it has one, after another time."""
    return tuple(
        Rung(after_ms, rung.action, rung.severity) if rung.action is Action.PAUSE else rung for rung in ladder
    )


def is_stricter(before: Sequence[Mapping[str, Any]], after: Sequence[Mapping[str, Any]]) -> bool:
    """Does each action of one ladder, as plain data, come in the other too, no later and no milder?"""
    held = {rung["action"]: rung for rung in after}
    return all(
        rung["action"] in held
        and held[rung["action"]]["after_ms"] <= rung["after_ms"]
        and held[rung["action"]]["severity"] >= rung["severity"]
        for rung in before
    )
