"""What a wish for a call is completed with before it is decided: time, people, rooms, as the record has them.

The decision checks each of them again. Where one changed in between, the wish is looked up anew.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from functools import reduce
from itertools import chain
from typing import Any, TypeVar

from application.handle import Handled, handle, replay
from application.ports import Context, EventStore, Keys
from domain import booking
from domain.booking.commands import ApproveCall, BookCall, ChangeCall, Placing, ReserveCall
from domain.booking.events import AskedAs
from domain.booking.state import Bookings
from domain.calendar import age_on, local_day
from domain.decider import Boundary, about
from domain.event import Event, Refused
from domain.person import PersonRegistered
from domain.policy import Policy, PolicyPublished, in_effect
from domain.prisoner.events import STANDING
from domain.prisoner.record import Prisoner, earlier_records, kept_apart, told
from domain.timetable.events import (
    CallType,
    SessionOpened,
    SessionTemplatePublished,
    SessionTemplateRetired,
)
from domain.timetable.slot import Slot, slot_on, slot_opened, template_of

LOOKED_UP_ANEW = frozenset({"session_changed", "facts_changed"})
FULL = frozenset({"session_full", "device_taken"})
ATTEMPTS = 5
AT_ONCE = 16  # times whose facts are read together

P = TypeVar("P", BookCall, ReserveCall, ChangeCall)


@dataclass(frozen=True)
class Wish:
    """What somebody wants: a call at a time, with these people."""

    call: str
    prison: str
    session: str
    minutes: int
    prisoner: str
    visitors: tuple[str, ...]
    call_type: CallType = CallType.SOCIAL
    asked_as: AskedAs = AskedAs.PUBLIC
    lead: str | None = None


@dataclass(frozen=True)
class Lookup:
    """Reads what a wish leaves open."""

    store: EventStore
    keys: Keys | None  # None: ages are not looked up, so nobody counts as a child

    async def place(
        self, kind: type[P], context: Context, at: datetime, wish: Wish, **more: Any
    ) -> tuple[P, Handled[Any]]:
        """Decide on a wish; looked up anew when what was looked up has changed meanwhile. Raises `Refused`."""
        for attempt in range(ATTEMPTS):
            command = kind(at=at, **await self.fields(wish, at), **more)
            try:
                return command, await handle(self.store, booking, command, context)
            except Refused as refused:
                if refused.rule not in LOOKED_UP_ANEW or attempt == ATTEMPTS - 1:
                    raise
        raise AssertionError("the last attempt returns or raises")

    async def fields(self, wish: Wish, at: datetime) -> dict[str, Any]:
        """The wish with its time, ages, rooms and whom the person must be kept apart from. Raises `Refused`."""
        slot, policy = await self.time(wish.prison, wish.session, at)
        people = await self._people(wish.prisoner)
        merged = earlier_records(people, wish.prisoner)
        day = local_day(slot.starts_at, policy.time_zone)
        return {
            "call": wish.call,
            "prison": wish.prison,
            "session": wish.session,
            "starts_at": slot.starts_at,
            "zone": policy.time_zone,
            "minutes": wish.minutes,
            "prisoner": wish.prisoner,
            "visitors": wish.visitors,
            "call_type": wish.call_type,
            "asked_as": wish.asked_as,
            "lead": wish.lead,
            "ages": await self.ages(wish.visitors, day),
            "devices": slot.devices,
            "apart": tuple(sorted(kept_apart(people, (wish.prisoner, *merged)))),
            "merged": tuple(sorted(merged)),
        }

    async def approval(self, command: ApproveCall) -> ApproveCall:
        """An officer's yes, completed with who is on the call; as it came where there is no such call."""
        state: Bookings = await replay(self.store, booking, command)
        placed = state.placed.get(command.call)
        if placed is None:
            return command
        merged = earlier_records(await self._people(placed.prisoner), placed.prisoner)
        found = {"prison": placed.prison, "prisoner": placed.prisoner, "visitors": placed.visitors}
        return command.model_copy(update={**found, "merged": tuple(sorted(merged))})

    async def policy(self, prison: str, at: datetime) -> Policy:
        """The policy that holds in a prison; the default where none was published."""
        facts, _ = await self.store.read((about(f"policy:{prison}", PolicyPublished),))
        held = in_effect([fact.event for fact in facts], at)
        return Policy() if held is None else Policy.model_validate(held.document)

    async def only_full(self, wish: Wish, at: datetime, person: str) -> str | None:
        """Why there is no place, if all that stands against the wish is that its time is full; None: there is one.

        Raises `Refused` when something else stands against it.
        """
        command = ReserveCall(at=at, **await self.fields(wish, at), reserved_by=person)
        try:
            booking.decide(await replay(self.store, booking, command), command)
        except Refused as refused:
            if set(refused.rules) <= FULL:
                return str(refused)
            raise
        return None

    async def time(self, prison: str, session: str, at: datetime) -> tuple[Slot, Policy]:
        """One time of a prison's timetable, and the policy that holds there. Raises `Refused`."""
        given = template_of(session)
        sources = [about(f"policy:{prison}", PolicyPublished), about(f"session:{session}", SessionOpened)]
        if given is not None:
            sources.append(about(f"template:{given[0]}", SessionTemplatePublished, SessionTemplateRetired))
        facts, _ = await self.store.read(tuple(sources))
        events = [fact.event for fact in facts]
        held = in_effect([one for one in events if isinstance(one, PolicyPublished)], at)
        if held is None:
            raise Refused("This prison has not published its rules for calls yet.", "policy_missing")
        policy = Policy.model_validate(held.document)
        slot = _slot(events, given, policy.time_zone)
        if slot is None or slot.prison != prison:
            raise Refused("There is no such time for calls.", "session_unknown")
        return slot, policy

    async def ages(self, people: Sequence[str], day: date) -> dict[str, int]:
        """How old each person is on a day, in whole years; left out of whom it is not known, or erased."""
        return _ages(await self.births(people), day)

    async def births(self, people: Sequence[str]) -> dict[str, date]:
        """When each person was born; left out of whom it is not known, or erased."""
        if self.keys is None:
            return {}
        facts, _ = await self.store.read(tuple(about(f"person:{one}", PersonRegistered) for one in people))
        births: dict[str, date] = {}
        for fact in facts:
            sealed = fact.sealed.get("date_of_birth")
            born = None if sealed is None else await self.keys.open(sealed)
            if born is not None:
                births[fact.event.person] = date.fromisoformat(born)
        return births

    async def others(self, command: Placing, slots: Sequence[Slot], most: int) -> list[Slot]:
        """Of these times the first ones at which the same call could be booked now: by the same rules."""
        births = await self.births(command.visitors)
        found: list[Slot] = []
        for first in range(0, len(slots), AT_ONCE):
            if len(found) >= most:
                break
            found += await self._possible(command, slots[first : first + AT_ONCE], births)
        return found[:most]

    async def _possible(
        self, command: Placing, slots: Sequence[Slot], births: Mapping[str, date]
    ) -> Iterator[Slot]:
        moved = [_moved(command, slot, births) for slot in slots]
        boundaries = [booking.boundary(one) for one in moved]
        facts, _ = await self.store.read(tuple(dict.fromkeys(chain.from_iterable(boundaries))))
        events = [(fact.event, fact.event.tags()) for fact in facts]
        wishes = zip(slots, moved, boundaries, strict=True)
        return (slot for slot, wish, boundary in wishes if _bookable(wish, boundary, events))

    async def records(self, prisoner: str) -> tuple[str, ...]:
        """The person in prison under every record they ever had, this one first."""
        return (prisoner, *sorted(earlier_records(await self._people(prisoner), prisoner)))

    async def _people(self, prisoner: str) -> Mapping[str, Prisoner]:
        """Every record of the person, and of everybody whom the person must be kept apart from."""
        wanted = {prisoner}
        while True:
            records = await self._records(sorted(wanted))
            mine = (prisoner, *earlier_records(records, prisoner))
            found = wanted.union(mine, kept_apart(records, mine))
            if found == wanted:
                return records
            wanted = found

    async def _records(self, people: Sequence[str]) -> Mapping[str, Prisoner]:
        facts, _ = await self.store.read(
            tuple(about(f"person:{one}", PersonRegistered, *STANDING) for one in people)
        )
        records: Mapping[str, Prisoner] = {}
        for fact in facts:
            records = told(records, fact.event)
        return records


def _slot(events: Sequence[Any], given: tuple[str, date] | None, zone: str) -> Slot | None:
    retired = None
    template = None
    for event in events:
        match event:
            case SessionOpened():
                return slot_opened(event)
            case SessionTemplatePublished():
                template = event
            case SessionTemplateRetired():
                retired = event
    return slot_on(template, retired, given[1], zone) if template is not None and given is not None else None


def _ages(births: Mapping[str, date], day: date) -> dict[str, int]:
    """How old each person is on a day, in whole years."""
    return {person: age_on(day, born) for person, born in births.items()}


def _moved(command: Placing, slot: Slot, births: Mapping[str, date]) -> Placing:
    """The same wish at another time."""
    at_slot = {
        "session": slot.session,
        "starts_at": slot.starts_at,
        "devices": slot.devices,
        "ages": _ages(births, local_day(slot.starts_at, command.zone)),
    }
    return command.model_copy(update=at_slot)


def _bookable(command: Placing, boundary: Boundary, events: Sequence[tuple[Event, frozenset[str]]]) -> bool:
    """Whether the rules agree, from those of the events that the wish rests on."""
    wanted = {(kind, tag) for facts in boundary for kind in facts.types for tag in facts.tags}
    mine: list[Any] = [one for one, tags in events if any((type(one), tag) in wanted for tag in tags)]
    try:
        booking.decide(reduce(booking.evolve, mine, booking.initial), command)
    except Refused:
        return False
    return True
