"""Entries as they stand: folded the same way by every decision and page that rests on them."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum
from typing import assert_never

from domain.barring.events import (
    BarredFaceApproved,
    BarredFaceProposed,
    BarredFaceRejected,
    BarredFaceRemoved,
    Barring,
    OverBecause,
)


class Stands(StrEnum):
    """How far an entry has come."""

    PROPOSED = "proposed"
    IN_FORCE = "in_force"
    REJECTED = "rejected"
    TAKEN_OFF = OverBecause.TAKEN_OFF.value
    LAPSED = OverBecause.LAPSED.value


ALIVE = frozenset({Stands.PROPOSED, Stands.IN_FORCE})


def standing(over: Stands | None, until: datetime | None, at: datetime) -> Stands:
    """How far an entry has come at a moment: a comparison of times, never a note that somebody made.

    `over`: how it ended, where that is on record. `until`: None before it was signed.
    """
    if over is not None:
        return over
    if until is None:
        return Stands.PROPOSED
    return Stands.IN_FORCE if at < until else Stands.LAPSED


@dataclass(frozen=True)
class Entry:
    """One entry, as far as decisions rest on it."""

    id: str
    prison: str
    barred_from: str
    template: str
    days: int
    proposed_by: str
    until: datetime | None = None  # from then on nothing is compared with it; None: nobody signed it yet
    over: Stands | None = None  # how it ended, where that is on record

    def stands(self, at: datetime) -> Stands:
        """How far it has come at this moment."""
        return standing(self.over, self.until, at)


Entries = Mapping[str, Entry]


def with_fact(known: Entries, event: Barring) -> Entries:
    """The entries after the event, by their id, in order of their proposal."""
    if isinstance(event, BarredFaceProposed):
        proposed = Entry(
            id=event.barred,
            prison=event.prison,
            barred_from=event.barred_from,
            template=event.template,
            days=event.days,
            proposed_by=event.proposed_by,
        )
        return {**known, proposed.id: proposed}
    before = known.get(event.barred)
    if before is None:
        return known
    match event:
        case BarredFaceApproved(until=until):
            after = replace(before, until=until)
        case BarredFaceRejected():
            after = replace(before, over=Stands.REJECTED)
        case BarredFaceRemoved(because=because):
            after = replace(before, over=Stands(because.value))
        case _:
            assert_never(event)
    return {**known, after.id: after}


def on_call(known: Entries, prison: str, at: datetime) -> tuple[Entry, ...]:
    """The entries with which a call of this prison that opens at this moment compares."""
    return tuple(one for one in known.values() if one.prison == prison and one.stands(at) is Stands.IN_FORCE)
