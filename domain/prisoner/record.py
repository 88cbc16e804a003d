"""What the record says of a person now: also for decisions of others that rest on it."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from typing import assert_never

from domain.person import PersonKind, PersonRegistered
from domain.prisoner.events import (
    AlertChanged,
    AlertCleared,
    AlertRaised,
    Conviction,
    NonAssociationClosed,
    NonAssociationRecorded,
    PrisonerMerged,
    PrisonerProfileChanged,
    PrisonerReceived,
    PrisonerReleased,
    PrisonerTransferred,
    Standing,
    persons_of,
)


@dataclass(frozen=True)
class Alert:
    """An alert that holds, to the end of a day or until it is cleared."""

    code: str
    until: date | None = None


@dataclass(frozen=True)
class Prisoner:
    """What the prison's record says of a person now."""

    registered: bool = False
    prison: str | None = None  # None: released, or not yet received
    category: str | None = None
    incentive_level: str | None = None
    location: str | None = None
    conviction: Conviction | None = None
    alerts: Mapping[str, Alert] = field(default_factory=dict)
    apart: Mapping[str, str] = field(default_factory=dict)  # non-association: the other person
    merged_into: str | None = None
    merged: frozenset[str] = frozenset()  # records that were merged into this one
    newest: Mapping[str, datetime] = field(default_factory=dict)  # of each kind of fact, to know a late one

    def alert_codes(self, day: date) -> frozenset[str]:
        """The codes of the alerts that hold on a day."""
        return frozenset(a.code for a in self.alerts.values() if a.until is None or day <= a.until)

    @property
    def kept_from(self) -> frozenset[str]:
        """Everybody whom this person must be kept apart from."""
        return frozenset(self.apart.values())


def told(prisoners: Mapping[str, Prisoner], event: PersonRegistered | Standing) -> Mapping[str, Prisoner]:
    """The records after the fact: also for decisions that rest on them."""
    if isinstance(event, PersonRegistered):
        if event.kind is not PersonKind.PRISONER:
            return prisoners
        known = prisoners.get(event.person, Prisoner())
        return {**prisoners, event.person: replace(known, registered=True, prison=event.prison)}
    people = persons_of(event)
    return {**prisoners, **{p: _stands(prisoners.get(p, Prisoner()), p, event) for p in people}}


def earlier_records(prisoners: Mapping[str, Prisoner], record: str) -> frozenset[str]:
    """Every record that became this one, also through others."""
    found: set[str] = set()
    waiting = [record]
    while waiting:
        new = prisoners.get(waiting.pop(), Prisoner()).merged - found - {record}
        found |= new
        waiting += new
    return frozenset(found)


def all_records(prisoners: Mapping[str, Prisoner], record: str) -> frozenset[str]:
    """Every record of the person whom this one is of."""
    became = [record]
    while (kept := prisoners.get(became[-1], Prisoner()).merged_into) is not None and kept not in became:
        became.append(kept)
    return frozenset(became) | earlier_records(prisoners, became[-1])


def kept_apart(prisoners: Mapping[str, Prisoner], records: Collection[str]) -> frozenset[str]:
    """Every record of everybody whom the person with these records must be kept apart from."""
    others = (other for record in records for other in prisoners.get(record, Prisoner()).kept_from)
    return frozenset(one for other in others for one in all_records(prisoners, other)) - frozenset(records)


def changes(before: Prisoner, person: str, fact: Standing) -> bool:
    """Whether the fact tells something new of this person, and no newer fact has told otherwise.

    That what was so is so still, at a later time, is news too: a fact that comes late, from in between, is
    then known to be old. Only profiles, which systems tell again and again, are not kept a second time.
    """
    newest = before.newest.get(_family(fact))
    if newest is None:
        return True
    if fact.at > newest and not isinstance(fact, PrisonerProfileChanged):
        return True
    after = replace(_stands(before, person, fact), newest=before.newest)
    return fact.at >= newest and after != before


def _stands(prisoner: Prisoner, person: str, event: Standing) -> Prisoner:
    noted = replace(prisoner, newest={**prisoner.newest, _family(event): event.at})
    match event:
        case PrisonerReceived(prison=prison):
            return replace(noted, prison=prison)
        case PrisonerReleased():
            return replace(noted, prison=None)
        case PrisonerTransferred(to_prison=prison):
            return replace(noted, prison=prison)
        case PrisonerMerged(removed=removed, kept=kept):
            if person == removed:
                return replace(noted, merged_into=kept)
            return replace(noted, merged=noted.merged | {removed})
        case PrisonerProfileChanged():
            return _profiled(noted, event)
        case AlertRaised(alert=alert, code=code):
            return replace(noted, alerts={**noted.alerts, alert: Alert(code)})
        case AlertChanged(alert=alert, code=code, until=until):
            return replace(noted, alerts={**noted.alerts, alert: Alert(code, until)})
        case AlertCleared(alert=alert):
            return replace(noted, alerts={key: a for key, a in noted.alerts.items() if key != alert})
        case NonAssociationRecorded(non_association=ident, person=two):
            other = next((one for one in two if one != person), person)
            return replace(noted, apart={**noted.apart, ident: other})
        case NonAssociationClosed(non_association=ident):
            return replace(noted, apart={key: one for key, one in noted.apart.items() if key != ident})
        case _:
            assert_never(event)


def _profiled(prisoner: Prisoner, event: PrisonerProfileChanged) -> Prisoner:
    """What the fact leaves out stays as it was."""
    return replace(
        prisoner,
        category=event.category or prisoner.category,
        incentive_level=event.incentive_level or prisoner.incentive_level,
        location=event.location or prisoner.location,
        conviction=event.conviction or prisoner.conviction,
    )


def _family(fact: Standing) -> str:
    """Facts of one family follow each other: the newest of them counts."""
    match fact:
        case PrisonerReceived() | PrisonerReleased() | PrisonerTransferred():
            return "custody"
        case PrisonerMerged(removed=removed):
            return f"merge/{removed}"
        case PrisonerProfileChanged():
            return "profile"
        case AlertRaised(alert=alert) | AlertChanged(alert=alert) | AlertCleared(alert=alert):
            return f"alert/{alert}"
        case NonAssociationRecorded(non_association=ident) | NonAssociationClosed(non_association=ident):
            return f"non_association/{ident}"
        case _:
            assert_never(fact)
