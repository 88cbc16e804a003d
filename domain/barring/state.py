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
    BarringBasis,
    FaceSource,
    OverBecause,
)


class Stands(StrEnum):
    """How far an entry has come."""

    PROPOSED = "proposed"
    IN_FORCE = "in_force"
    REJECTED = "rejected"
    TAKEN_OFF = OverBecause.TAKEN_OFF.value
    LAPSED = OverBecause.LAPSED.value


@dataclass(frozen=True)
class Entry:
    """One entry. Whether it is in force is a comparison of times, never a note that somebody made."""

    id: str
    prison: str
    barred_from: str
    template: str
    basis: BarringBasis
    source: FaceSource
    days: int
    proposed_by: str
    proposed_at: datetime
    approved_by: str | None = None
    until: datetime | None = None
    rejected: bool = False
    removed: OverBecause | None = None

    @property
    def undecided(self) -> bool:
        """Whether it still waits for another person."""
        return self.until is None and not self.over

    @property
    def over(self) -> bool:
        """Whether its end is on record."""
        return self.rejected or self.removed is not None

    def in_force(self, at: datetime) -> bool:
        """Whether calls that open at this moment compare with it."""
        return self.until is not None and at < self.until and not self.over

    def stands(self, at: datetime) -> Stands:
        """How far it has come at this moment."""
        if self.rejected:
            return Stands.REJECTED
        if self.removed is OverBecause.TAKEN_OFF:
            return Stands.TAKEN_OFF
        if self.undecided:
            return Stands.PROPOSED
        return Stands.IN_FORCE if self.in_force(at) else Stands.LAPSED


Entries = Mapping[str, Entry]


def with_fact(known: Entries, event: Barring) -> Entries:
    """The entries after the event, by their id, in order of their proposal."""
    if isinstance(event, BarredFaceProposed):
        proposed = Entry(
            id=event.barred,
            prison=event.prison,
            barred_from=event.barred_from,
            template=event.template,
            basis=event.basis,
            source=event.source,
            days=event.days,
            proposed_by=event.proposed_by,
            proposed_at=event.at,
        )
        return {**known, proposed.id: proposed}
    before = known.get(event.barred)
    if before is None:
        return known
    match event:
        case BarredFaceApproved(approved_by=by, until=until):
            after = replace(before, approved_by=by, until=until)
        case BarredFaceRejected():
            after = replace(before, rejected=True)
        case BarredFaceRemoved(because=because):
            after = replace(before, removed=because)
        case _:
            assert_never(event)
    return {**known, after.id: after}


def on_call(known: Entries, prison: str, at: datetime) -> tuple[Entry, ...]:
    """The entries with which a call of this prison that opens at this moment compares."""
    return tuple(one for one in known.values() if one.prison == prison and one.in_force(at))
