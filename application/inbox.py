"""Takes in what neighbouring systems tell: each message once, by its source and id, however often it is sent.

A message that the rules refuse is answered by itself and stops no other. Nobody tells of people whom
another prison holds: a prison's system speaks for that prison alone.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any
from uuid import NAMESPACE_URL, UUID, uuid4, uuid5

from application.handle import Handled, handle
from application.mirror import fact_of, numbers_in
from application.ports import Actor, Context, EventStore
from application.told import (
    AppointmentTime,
    Envelope,
    HeardMessage,
    PrisonerReceivedMessage,
    PrisonerTransferredMessage,
    RestrictionLiftedMessage,
    RestrictionPlacedMessage,
)
from domain import person, prisoner, restriction
from domain.decider import about
from domain.event import Command, Refused
from domain.person import PersonKind, PersonRegistered, RegisterPerson
from domain.policy import Policy, PolicyPublished, in_effect
from domain.prisoner.decisions import TakeFact
from domain.prisoner.events import STANDING
from domain.prisoner.record import Prisoner, told
from domain.restriction import LiftRestriction, PlaceRestriction

AHEAD_MAX = timedelta(minutes=5)  # clocks differ; what is further ahead would outdo every true fact to come


class FactOutcome(StrEnum):
    """What came of a message."""

    TAKEN = "taken"
    KNOWN = "known"  # it was taken before, or tells nothing new, or something newer is known
    REFUSED = "refused"


@dataclass(frozen=True)
class Answered:
    """What came of one message."""

    outcome: FactOutcome
    position: int | None = None
    rule: str | None = None
    detail: str | None = None


@dataclass(frozen=True)
class Inbox:
    """Where a prison's neighbours put what they tell."""

    store: EventStore
    keyed: Callable[[str], str]  # a hash that nobody can turn back without our key
    prison: str
    actor: Actor

    async def take(self, message: Envelope, at: datetime) -> Answered:
        """Take one message in. Raises `StoreAway`, after which it may be sent again."""
        try:
            if max(_moments(message)) > at + AHEAD_MAX:
                raise Refused("This message is from the future. Please check the clock.", "time_ahead")
            handled = await self._handle(message, at)
        except Refused as refused:
            return Answered(FactOutcome.REFUSED, rule=refused.rule, detail=str(refused))
        news = bool(handled.events) and not handled.again
        return Answered(FactOutcome.TAKEN if news else FactOutcome.KNOWN, handled.position)

    async def _handle(self, message: Envelope, at: datetime) -> Handled[Any]:
        cmd = uuid5(NAMESPACE_URL, f"facts/{self.prison}/{message.source}/{message.id}")
        if isinstance(message, PrisonerReceivedMessage):
            await self._known(message, at, cmd)
        if isinstance(message, RestrictionPlacedMessage | RestrictionLiftedMessage):
            return await self._do(restriction, await self._restriction(message, at), cmd)
        people = await self._people(message)
        await self._speaks_for(message, people)
        zone = await self._zone(at) if isinstance(getattr(message, "data", None), AppointmentTime) else ""
        fact = fact_of(message, self.prison, people, zone)
        return await self._do(prisoner, TakeFact(at=at, fact=fact), cmd)

    async def _do(self, decider: Any, command: Command, cmd: UUID) -> Handled[Any]:
        return await handle(self.store, decider, command, Context(self.actor, cmd, corr=cmd))

    async def _known(self, message: PrisonerReceivedMessage, at: datetime, cmd: UUID) -> None:
        """Make somebody known whom this prison receives, if they are not, and it says who they are."""
        told, index = message.data, self._index(message.data.number)
        if told.name is None or told.date_of_birth is None or await self._person(index) is not None:
            return
        command = RegisterPerson(
            at=at,
            person=str(uuid4()),
            kind=PersonKind.PRISONER,
            prison=self.prison,
            name=told.name,
            prisoner_number=told.number.strip().upper(),
            number_index=index,
            date_of_birth=told.date_of_birth,
        )
        try:
            await self._do(person, command, uuid5(cmd, "register"))
        except Refused as refused:
            if refused.rule != "number_taken":  # another message made them known this moment
                raise

    async def _restriction(
        self, message: RestrictionPlacedMessage | RestrictionLiftedMessage, at: datetime
    ) -> PlaceRestriction | LiftRestriction:
        told = message.data
        if not await self._registered(told.visitor):
            raise Refused("This visitor is not registered.", "person_unknown")
        people = await self._people(message)
        await self._speaks_for(message, people)
        whom: dict[str, Any] = {
            "at": at,
            "prison": self.prison,
            "restriction": told.restriction,
            "visitor": told.visitor,
            "prisoner": None if told.number is None else people[told.number],
            "reason": told.reason,
        }
        if isinstance(message, RestrictionPlacedMessage):
            put = message.data
            officer = self._officer(message, put.placed_by)
            return PlaceRestriction(**whom, kind=put.kind, first=put.first, last=put.last, placed_by=officer)
        end = message.data
        return LiftRestriction(
            **whom,
            lifted_by=self._officer(message, end.lifted_by),
            approved_by=self._officer(message, end.approved_by),
        )

    async def _people(self, message: Envelope) -> Mapping[str, str]:
        """The id of everybody whom the message names by number. Raises `Refused` for a number nobody has."""
        people: dict[str, str] = {}
        for number in numbers_in(message):
            found = await self._person(self._index(number))
            if found is None:
                raise Refused(
                    "Nobody is known by this prisoner number. `prisoner.received` with name and date of birth "
                    "makes somebody known.",
                    "number_unknown",
                )
            people[number] = found
        return people

    async def _person(self, index: str) -> str | None:
        facts, _ = await self.store.read((about(f"number:{index}", PersonRegistered),))
        return facts[0].event.person if facts else None

    async def _registered(self, ident: str) -> bool:
        facts, _ = await self.store.read((about(f"person:{ident}", PersonRegistered),))
        return bool(facts)

    async def _speaks_for(self, message: Envelope, people: Mapping[str, str]) -> None:
        """A prison tells of those it holds, of those nobody holds, and of those whom it receives."""
        if not people or isinstance(message, PrisonerReceivedMessage):
            return
        facts, _ = await self.store.read(
            tuple(about(f"person:{one}", PersonRegistered, *STANDING) for one in set(people.values()))
        )
        records: Mapping[str, Prisoner] = {}
        for fact in facts:
            records = told(records, fact.event)
        held = {records.get(one, Prisoner()).prison for one in people.values()}
        arrived = message.data.to_prison if isinstance(message, PrisonerTransferredMessage) else None
        if not held & {None, self.prison, arrived}:
            raise Refused("Another prison holds this person.", "held_elsewhere")

    async def _zone(self, at: datetime) -> str:
        facts, _ = await self.store.read((about(f"policy:{self.prison}", PolicyPublished),))
        held = in_effect([fact.event for fact in facts], at)
        return (Policy() if held is None else Policy.model_validate(held.document)).time_zone

    def _index(self, number: str) -> str:
        return self.keyed(number.strip().upper())

    def _officer(self, message: Envelope, name: str) -> str:
        """An officer of the sender's: the same person is the same text, and nobody can tell who."""
        return f"neighbour-{self.keyed(f'officer/{message.source}/{name.strip().lower()}')[:32]}"


def _moments(message: Envelope) -> tuple[datetime, ...]:
    """Every moment that the message says is over."""
    return (message.time, message.data.as_of) if isinstance(message, HeardMessage) else (message.time,)
