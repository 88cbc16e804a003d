"""The facts of one prison up to a moment, found by their tags as the log finds them."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import reduce
from typing import Any

from domain import booking
from domain.booking.commands import BookCall, ChangeCall, Override
from domain.booking.events import BookingChanged, BookingRuleOverridden, CallRequested, PlacedCall
from domain.booking.placing import case_of
from domain.booking.rules.case import Case
from domain.booking.state import Bookings
from domain.decider import Boundary, Facts
from domain.event import Event, Refused
from domain.policy import Policy, PolicyPublished, in_effect
from domain.prisoner.events import STANDING
from domain.prisoner.record import Prisoner, earlier_records, kept_apart, told
from domain.timetable.events import SessionTemplatePublished
from domain.timetable.slot import template_of


@dataclass
class Past:
    """Everything that happened before the request in question."""

    policies: list[PolicyPublished] = field(default_factory=list)
    overridden: dict[str, BookingRuleOverridden] = field(default_factory=dict)
    _tagged: defaultdict[str, list[tuple[int, Event]]] = field(default_factory=lambda: defaultdict(list))

    def add(self, position: int, event: Event) -> None:
        """One more fact, the newest."""
        for tag in event.tags():
            self._tagged[tag].append((position, event))
        if isinstance(event, PolicyPublished):
            self.policies.append(event)
        if isinstance(event, BookingRuleOverridden):
            self.overridden[event.call] = event

    def held(self, event: Event) -> PolicyPublished | None:
        """The version of the policy that held when something happened."""
        return in_effect(self.policies, event.at)

    def of(self, tag: str) -> Sequence[Event]:
        """Every fact that carries a tag."""
        return [event for _, event in self._tagged.get(tag, ())]

    def case(self, event: CallRequested | BookingChanged, ages: Mapping[str, int]) -> Case:
        """The request as the rules saw it. Raises `Refused` where the record no longer shows what it rested on."""
        command = self._command(event, ages)
        return case_of(self._state(booking.boundary(command)), command)

    def _state(self, boundary: Boundary) -> Bookings:
        found = {position: event for facts in boundary for position, event in self._facts(facts)}
        return reduce(booking.evolve, (found[position] for position in sorted(found)), booking.initial)  # type: ignore[arg-type]

    def _facts(self, facts: Facts) -> list[tuple[int, Event]]:
        (tag,) = facts.tags
        return [each for each in self._tagged.get(tag, ()) if isinstance(each[1], facts.types)]

    def _command(self, event: CallRequested | BookingChanged, ages: Mapping[str, int]) -> Any:
        held = self.held(event)
        if held is None:
            raise Refused("This prison had not published its rules for calls yet.", "policy_missing")
        people = self._people(event.prisoner)
        merged = earlier_records(people, event.prisoner)
        fields: dict[str, Any] = {
            **{name: getattr(event, name) for name in _WISH},
            "zone": Policy.model_validate(held.document).time_zone,
            "ages": ages,
            "devices": self._devices(event),
            "merged": tuple(sorted(merged)),
            "apart": tuple(sorted(kept_apart(people, (event.prisoner, *merged)))),
            "override": self._override(event.call),
        }
        if isinstance(event, BookingChanged):
            return ChangeCall(**fields, **self._asked(event.call), changed_by=event.changed_by)
        asked = {"asked_as": event.asked_as, "lead": event.lead}
        return BookCall(**fields, **asked, requested_by=event.requested_by)

    def _asked(self, call: str) -> dict[str, Any]:
        """A change is taken to be asked for in the part in which the call was."""
        first = next((one for one in self.of(f"call:{call}") if isinstance(one, CallRequested)), None)
        return {} if first is None else {"asked_as": first.asked_as}

    def _override(self, call: str) -> Override | None:
        aside = self.overridden.get(call)
        if aside is None:
            return None
        return Override(
            rules=aside.rules,
            overridden_by=aside.overridden_by,
            approved_by=aside.approved_by,
            reason="as it was",
        )

    def _devices(self, event: PlacedCall) -> tuple[str, ...]:
        given = template_of(event.session)
        published = self.of(f"template:{given[0]}") if given else ()
        return next((one.devices for one in published if isinstance(one, SessionTemplatePublished)), ())

    def _people(self, prisoner: str) -> Mapping[str, Prisoner]:
        """Every record of the person, and of everybody whom the person must be kept apart from."""
        wanted = {prisoner}
        while True:
            records = self._told(sorted(wanted))
            mine = (prisoner, *earlier_records(records, prisoner))
            found = wanted.union(mine, kept_apart(records, mine))
            if found == wanted:
                return records
            wanted = found

    def _told(self, people: Sequence[str]) -> Mapping[str, Prisoner]:
        records: Mapping[str, Prisoner] = {person: Prisoner() for person in people}
        for person in people:
            for event in self.of(f"person:{person}"):
                if isinstance(event, STANDING):
                    records = told(records, event)
        return {person: records[person] for person in people}


_WISH = (
    "at",
    "call",
    "prison",
    "session",
    "starts_at",
    "minutes",
    "prisoner",
    "visitors",
    "call_type",
)
"""What a request on record says of the wish itself."""


def with_policy(case: Case, policy: Policy) -> Case:
    """The same request under another policy."""
    return replace(case, policy=policy)
