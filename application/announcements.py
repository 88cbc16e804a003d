"""Reads the log for neighbours, a portion at a time: for those who are sent events, and those who fetch them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from application.integration import CloudEvent, announced, goes_out, types_named
from application.ports import EventStore, Recorded
from domain.decider import about
from domain.policy import Policy, PolicyPublished, in_effect

SCANNED_MAX = 500  # events looked at for one portion: those of other prisons are passed over


@dataclass(frozen=True)
class Portion:
    """Some events in order, and how far the log was read for them."""

    events: Sequence[CloudEvent[Any]]
    position: int  # everything up to here was looked at: go on behind it
    more: bool  # whether to go on at once


async def portion(
    store: EventStore, after: int, *, limit: int, types: Sequence[str] = (), prison: str | None = None
) -> Portion:
    """What goes out behind a position, of these types and this prison; none named: of all."""
    head = await store.head()  # read first: whatever is up to there is seen by the statement that follows
    most = limit if prison is None else SCANNED_MAX
    found = await store.after(after, limit=most, types=types_named(types))
    wanted = [one for one in found if goes_out(one.event) and prison in (None, one.event.prison)]
    events = await _announced(store, wanted[:limit])
    if len(wanted) > limit:
        return Portion(events, wanted[limit - 1].position, more=True)
    if len(found) == most:
        return Portion(events, found[-1].position, more=True)
    last = found[-1].position if found else after
    return Portion(events, max(after, head, last), more=False)


async def waiting(
    store: EventStore, after: int, *, most: int, types: Sequence[str] = (), prison: str | None = None
) -> int:
    """How many events behind a position are to go out, counted up to a number."""
    found = await store.after(after, limit=most, types=types_named(types))
    return sum(goes_out(one.event) and prison in (None, one.event.prison) for one in found)


async def _announced(store: EventStore, found: Sequence[Recorded[Any]]) -> list[CloudEvent[Any]]:
    policies = {prison: await _policies(store, prison) for prison in {one.event.prison for one in found}}
    return [announced(one, _zone(policies, one)) for one in found]


async def _policies(store: EventStore, prison: str) -> list[PolicyPublished]:
    facts, _ = await store.read((about(f"policy:{prison}", PolicyPublished),))
    return [fact.event for fact in facts]


def _zone(policies: Mapping[str, Sequence[PolicyPublished]], one: Recorded[Any]) -> str:
    """The zone of the prison's clock, as its policy said when it happened."""
    held = in_effect(policies[one.event.prison], one.event.at)
    return (Policy() if held is None else Policy.model_validate(held.document)).time_zone
