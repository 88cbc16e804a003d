"""One pass over a prison's past, from the first fact on: decide again, and keep apart what is comparable."""

import asyncio
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any, get_args

from application.ports import EventStore, Keys, Recorded, Sealed
from application.simulation import again
from application.simulation.again import Finding
from application.simulation.draft import Draft
from application.simulation.findings import Answer, Item, Report, What
from application.simulation.past import Past
from domain.allowance import CallAllowanceAdjusted, CallAllowanceGranted
from domain.booking.events import (
    PLACES,
    BookingChanged,
    BookingRefused,
    BookingRuleOverridden,
    CallRequestAutoRejected,
    CallRequested,
    CallRequestRejected,
    PlacedCall,
)
from domain.booking.state import PersonFact, TimetableFact
from domain.calendar import age_on, local_day, local_month
from domain.event import Event
from domain.lifecycle import CallMinutesCredited
from domain.person import PersonRegistered
from domain.policy import Policy, PolicyPublished
from domain.relationship import RelationshipApproved

PAGE = 500
BREATH = 20  # requests that are decided again without a pause for others

FACTS: tuple[type[Event], ...] = (
    *PLACES,
    BookingRefused,
    BookingRuleOverridden,
    PolicyPublished,
    CallAllowanceGranted,
    CallAllowanceAdjusted,
    CallMinutesCredited,
    *get_args(TimetableFact),
    *(kind for member in get_args(PersonFact) for kind in (get_args(member) or (member,))),
)
"""Everything a request for a call rests on, and the refusals."""


@dataclass
class Simulation:
    """The pass. `take` every fact in order; the report grows with it."""

    prison: str
    draft: Draft
    since: datetime
    until: datetime
    past: Past = field(default_factory=Past)
    report: Report = field(default_factory=Report)
    _otherwise: dict[str, int] = field(default_factory=dict)  # tag: the difference that frees or takes it
    _by_rule: dict[str, int] = field(default_factory=dict)  # calls a rule would have approved
    _prisoners: dict[str, set[str]] = field(default_factory=dict)  # whom a visitor may call

    def wants(self, event: Event) -> bool:
        """Whether a fact is decided again: only then the ages of its people matter."""
        kinds = CallRequested | BookingChanged | BookingRefused
        return (
            isinstance(event, kinds) and event.prison == self.prison and self.since <= event.at < self.until
        )

    def take(self, recorded: Recorded[Any], ages: Mapping[str, int]) -> None:
        """The next fact. What is of another prison only tells of people."""
        event = recorded.event
        if getattr(event, "prison", None) != self.prison and not isinstance(event, _OF_PEOPLE):
            return
        if self.wants(event):
            self._decide(recorded, ages)
        if isinstance(event, CallRequestRejected | CallRequestAutoRejected):
            self._rejected(event)
        if isinstance(event, RelationshipApproved):
            self._prisoners.setdefault(event.visitor, set()).add(event.prisoner)
        self.past.add(recorded.position, event)

    def _decide(self, recorded: Recorded[Any], ages: Mapping[str, int]) -> None:
        event = recorded.event
        if isinstance(event, BookingRefused):
            what, finding = What.REFUSAL, again.refusal(self.past, self.draft, event)
        else:
            what = What.REQUEST if isinstance(event, CallRequested) else What.CHANGE
            support = "support" in recorded.sealed
            finding = again.request(self.past, self.draft, event, ages, support=support)
        self.report.looked_at[what] += 1
        tags = set(self._competes_for(event))
        since = min((self._otherwise[tag] for tag in tags if tag in self._otherwise), default=None)
        if finding.answer is Answer.AS_IT_WAS and since is None:
            return
        self.report.items.append(_item(recorded, what, finding, since))
        self._differs(event, finding, tags, recorded.position if since is None else since)

    def _differs(self, event: Any, finding: Finding, tags: set[str], position: int) -> None:
        """A difference frees or takes what the request competed for; whom a rule approves, staff may reject."""
        if finding.answer is Answer.BY_RULE:
            self._by_rule[event.call] = position
        elif finding.answer in (Answer.REFUSED, Answer.ACCEPTED, Answer.UNKNOWN):
            for tag in tags:
                self._otherwise.setdefault(tag, position)

    def _rejected(self, event: PlacedCall) -> None:
        """Staff gave a place back that a rule would have kept."""
        position = self._by_rule.get(event.call)
        if position is not None:
            for tag in _places(event):
                self._otherwise.setdefault(tag, position)

    def _competes_for(self, event: Any) -> Iterator[str]:
        if not isinstance(event, BookingRefused):
            yield from _places(event)
            if isinstance(event, BookingChanged):
                before = [one for one in self.past.of(f"call:{event.call}") if isinstance(one, PlacedCall)]
                yield from _places(before[-1]) if before else ()
            return
        yield f"session:{event.session}"
        if event.starts_at is not None:
            yield from self._of_whoever_asked(event, event.starts_at)

    def _of_whoever_asked(self, event: BookingRefused, starts_at: datetime) -> Iterator[str]:
        """A refusal names whoever asked and nobody else: their own day, and the month of all they may call."""
        person = event.refusal.split("/")[0]
        held = self.past.held(event)
        zone = Policy().time_zone if held is None else self.draft.over(held)[0].time_zone
        yield f"visitor_day:{person}/{local_day(starts_at, zone)}"
        for prisoner in (person, *sorted(self._prisoners.get(person, ()))):
            yield f"prisoner_month:{prisoner}/{local_month(starts_at, zone)}"


_OF_PEOPLE = tuple(kind for kind in FACTS if "person" in kind.TAGS)


def _places(event: PlacedCall) -> Iterator[str]:
    """The session, the prisoner's month and the visitors' days."""
    yield f"session:{event.session}"
    yield f"prisoner_month:{event.prisoner_month}"
    yield from (f"visitor_day:{day}" for day in event.visitor_day)


def _item(recorded: Recorded[Any], what: What, finding: Finding, since: int | None) -> Item:
    event = recorded.event
    return Item(
        position=recorded.position,
        at=event.at,
        what=what,
        call=getattr(event, "call", None),
        session=event.session,
        starts_at=event.starts_at,
        answer=finding.answer,
        rules=finding.rules,
        since=since,
    )


async def simulate(store: EventStore, keys: Keys, simulation: Simulation) -> Report:
    """Take in the log as it is now, page by page, with a pause for others."""
    people = _Ages(keys)
    position, end, decided = 0, await store.head(), 0
    while page := await store.after(position, limit=PAGE, types=FACTS):
        for recorded in page:
            if recorded.position > end:
                return simulation.report
            people.note(recorded)
            wanted = simulation.wants(recorded.event)
            simulation.take(recorded, await people.of(recorded.event) if wanted else {})
            decided += wanted
            if wanted and decided % BREATH == 0:
                await asyncio.sleep(0)
        position = page[-1].position
    return simulation.report


@dataclass
class _Ages:
    """How old people were on the day of a call; left out of whom it is not known, or was erased."""

    keys: Keys
    _sealed: dict[str, Sealed] = field(default_factory=dict)
    _born: dict[str, date | None] = field(default_factory=dict)

    def note(self, recorded: Recorded[Any]) -> None:
        sealed = recorded.sealed.get("date_of_birth")
        if sealed is not None and isinstance(recorded.event, PersonRegistered):
            self._sealed[recorded.event.person] = sealed

    async def of(self, event: Any) -> Mapping[str, int]:
        if not isinstance(event, PlacedCall):
            return {}
        day = date.fromisoformat(event.visitor_day[0].rpartition("/")[2])
        born = {visitor: await self._birth(visitor) for visitor in event.visitors}
        ages = {visitor: age_on(day, when) for visitor, when in born.items() if when is not None}
        return {**dict.fromkeys(event.children, 0), **ages}  # of a child it is on record that it was one

    async def _birth(self, person: str) -> date | None:
        if person not in self._born and person in self._sealed:
            text = await self.keys.open(self._sealed[person])
            self._born[person] = None if text is None else date.fromisoformat(text)
        return self._born.get(person)
