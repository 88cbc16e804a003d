"""Which calls will need somebody to watch them: known from the room's opening on, and foreseen before it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from application.ports import EventStore
from domain.decider import about
from domain.enrolment.events import FACES
from domain.enrolment.state import Enrolment, known_by
from domain.policy import Policy
from domain.timetable.events import CallType
from domain.waiting_room.events import WaitingRoomOpened


@dataclass(frozen=True)
class Planned:
    """A call, and who is on it."""

    call: str
    prisoner: str
    visitors: tuple[str, ...]
    call_type: CallType


async def to_be_watched(store: EventStore, calls: Sequence[Planned], policy: Policy) -> frozenset[str]:
    """Those of the calls that need a monitor: their room says so, or would if it opened now."""
    if not calls:
        return frozenset()
    facts, _ = await store.read(tuple(about(f"call:{one.call}", WaitingRoomOpened) for one in calls))
    opened = {fact.event.call: fact.event.monitor_required for fact in facts}
    known = await _known(store, [one for one in calls if one.call not in opened])
    foreseen = {one.call for one in calls if one.call not in opened and _will_need(one, policy, known)}
    return frozenset(foreseen | {call for call, required in opened.items() if required})


async def _known(store: EventStore, calls: Sequence[Planned]) -> Mapping[str, Enrolment]:
    """By what everybody on these calls may be known now."""
    people = sorted({person for one in calls for person in (one.prisoner, *one.visitors)})
    if not people:
        return {}
    facts, _ = await store.read(tuple(about(f"person:{person}", *FACES) for person in people))
    known: dict[str, Enrolment] = {}
    for event in (fact.event for fact in facts):
        known[event.person] = known_by(known.get(event.person, Enrolment()), event)
    return known


def _will_need(one: Planned, policy: Policy, known: Mapping[str, Enrolment]) -> bool:
    """What the opening of the room will say. Nobody watches a call with a lawyer."""
    confidential = policy.call_types.of(one.call_type).confidential
    return policy.waiting_room.monitor_for_count and not confidential and _counted(one, known)


def _counted(one: Planned, known: Mapping[str, Enrolment]) -> bool:
    """One person without a template: nobody in that stream is matched."""
    return not all(known.get(p, Enrolment()).matched_by for p in (one.prisoner, *one.visitors))
