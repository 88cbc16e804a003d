"""What is known of a person and stands in no single fact: their age, whom they may call, who answers for them."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from application.booking import Lookup
from application.ports import EventStore, Keys
from domain.decider import about
from domain.identity import GuardianVouchedForChild
from domain.person import ParticipantAdded, PersonKind, PersonRegistered
from domain.prisoner.events import STANDING
from domain.prisoner.record import Prisoner, told
from domain.relationship import (
    LINKS,
    LinkFact,
    RelationshipApproved,
    VisitorLinkRejected,
    VisitorLinkRequested,
    VisitorUnapproved,
)


@dataclass(frozen=True)
class PeopleLookup:
    """Reads what commands about people leave open."""

    store: EventStore
    keys: Keys

    async def kind(self, person: str) -> PersonKind | None:
        """Which part the person has in a call; None: nobody of this id is registered."""
        facts, _ = await self.store.read((about(f"person:{person}", PersonRegistered),))
        return facts[0].event.kind if facts else None

    async def age(self, person: str, at: datetime) -> int | None:
        """How old the person is, in whole years, as the calendar of UTC counts days; None: nobody knows."""
        ages = await Lookup(self.store, self.keys).ages((person,), at.date())
        return ages.get(person)

    async def bookers(self, person: str) -> frozenset[str]:
        """Who answers for the person, beside themselves."""
        facts, _ = await self.store.read((about(f"person:{person}", ParticipantAdded),))
        return frozenset(fact.event.booker for fact in facts)

    async def participants(self, booker: str) -> tuple[str, ...]:
        """Whom the booker answers for, in the order in which they were added."""
        facts, _ = await self.store.read((about(f"booker:{booker}", ParticipantAdded),))
        return tuple(dict.fromkeys(fact.event.person for fact in facts))

    async def vouched_for(self, child: str) -> bool:
        """Whether an adult answers for this child."""
        facts, _ = await self.store.read((about(f"person:{child}", GuardianVouchedForChild),))
        return bool(facts)

    async def prisons(self, *people: str) -> tuple[str, ...]:
        """The prisons whose rules count for these people: where each is held or works, or may call somebody."""
        found: set[str] = set()
        for person in people:
            found |= await self._prisons(person)
        return tuple(sorted(found))

    async def _prisons(self, person: str) -> set[str]:
        sources = (about(f"person:{person}", PersonRegistered, *STANDING), about(f"linked:{person}", *LINKS))
        facts, _ = await self.store.read(sources)
        events = [fact.event for fact in facts]
        registered = next((one for one in events if isinstance(one, PersonRegistered)), None)
        if registered is not None and registered.kind is PersonKind.STAFF:
            return {registered.prison} if registered.prison is not None else set()
        prisoners = linked([one for one in events if isinstance(one, LINKS)])
        return await self._held_in([person, *prisoners])

    async def _held_in(self, people: Sequence[str]) -> set[str]:
        facts, _ = await self.store.read(
            tuple(about(f"person:{one}", PersonRegistered, *STANDING) for one in people)
        )
        records: dict[str, Prisoner] = {}
        for fact in facts:
            records = dict(told(records, fact.event))
        return {record.prison for record in records.values() if record.prison is not None}


def linked(links: Sequence[LinkFact]) -> frozenset[str]:
    """The people in prison whom a visitor may call, or has asked to."""
    found: set[str] = set()
    for link in links:
        match link:
            case VisitorLinkRequested() | RelationshipApproved():
                found.add(link.prisoner)
            case VisitorLinkRejected() | VisitorUnapproved():
                found.discard(link.prisoner)
    return frozenset(found)
