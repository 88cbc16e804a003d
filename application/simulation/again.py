"""Deciding again: a request or a change by all its facts, a refusal by the numbers that were kept of it."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from application.simulation.draft import CHECKS, Draft
from application.simulation.findings import Answer
from application.simulation.past import Past, with_policy
from domain.booking import initial
from domain.booking.commands import BookCall
from domain.booking.events import BookingChanged, BookingRefused, CallRequested
from domain.booking.placing import checks_for_staff
from domain.booking.rules import RULES, Rule
from domain.booking.rules.case import Case
from domain.event import Refused
from domain.policy import Policy, PolicyPublished
from domain.timetable.slot import Slot

BY_NUMBERS = frozenset(
    {"visitors_max", "adults_max", "children_max", "call_length", "notice_min", "notice_max"}
)
"""Rules that need to know nobody: how many, how long, how early."""
AGES = ("booking.adult_age",)
COUNTED_BY_AGE = frozenset({"adults_max", "children_max"})


@dataclass(frozen=True)
class Finding:
    """The answer under the draft, and the rules or checks behind it."""

    answer: Answer
    rules: tuple[str, ...] = ()


SAME = Finding(Answer.AS_IT_WAS)


def request(
    past: Past,
    draft: Draft,
    event: CallRequested | BookingChanged,
    ages: Mapping[str, int],
    *,
    support: bool,
) -> Finding:
    """How an accepted request or change would have gone.

    Rules and checks are first asked under the policy that held: where they do not say what is on record, the
    record no longer shows what the answer rested on, and nothing can be told.
    """
    held = past.held(event)
    if held is None:
        return Finding(Answer.UNKNOWN)
    touched = [rule for rule in RULES if draft.touches_rule(held, rule)]
    checks = draft.touches(held, CHECKS)
    if not touched and not checks:
        return SAME
    try:
        case = past.case(event, ages)
    except Refused as refused:
        return Finding(Answer.UNKNOWN, (refused.rule,))
    return _compared(case, with_policy(case, draft.over(held)[1]), touched, event, support=support)


def _compared(
    before: Case, after: Case, rules: list[Rule], event: CallRequested | BookingChanged, *, support: bool
) -> Finding:
    override = before.command.override
    aside = frozenset() if override is None else frozenset(override.rules)
    asked = [rule for rule in rules if rule.name not in aside]
    unclear = tuple(rule.name for rule in asked if rule.check(before))
    if unclear:
        return Finding(Answer.UNKNOWN, unclear)
    refused = tuple(rule.name for rule in asked if rule.check(after))
    if refused:
        return Finding(Answer.REFUSED, refused)
    was, would = (checks_for_staff(case, support=support) for case in (before, after))
    if was != event.for_staff:
        return Finding(Answer.UNKNOWN, tuple(sorted(set(was) ^ set(event.for_staff))))
    if bool(was) == bool(would):
        return SAME
    return Finding(Answer.TO_STAFF, would) if would else Finding(Answer.BY_RULE, was)


def refusal(past: Past, draft: Draft, event: BookingRefused) -> Finding:
    """How a refused request would have gone: as it did where any rule against it is left alone."""
    held = past.held(event)
    if held is None:
        return Finding(Answer.UNKNOWN)
    said = event.rules or (event.rule,)
    rules = {rule.name: rule for rule in RULES if draft.touches_rule(held, rule)}
    if not set(said) <= set(rules):
        return SAME
    policy = draft.over(held)[1]
    blind = [name for name in rules if name not in BY_NUMBERS or _unknown(event, name, draft, held)]
    against = tuple(name for name in rules if name not in blind and rules[name].check(_case(event, policy)))
    if against:
        return SAME
    if blind or not event.rules:
        return Finding(Answer.UNKNOWN, tuple(blind) or said)
    return Finding(Answer.ACCEPTED, said)


def _unknown(event: BookingRefused, rule: str, draft: Draft, held: PolicyPublished) -> bool:
    """Whether too little was kept of the request to ask this rule."""
    if rule == "visitors_max":
        return False
    if rule in COUNTED_BY_AGE:
        return event.adults + event.children == 0 or draft.touches(held, AGES)
    return event.starts_at is None or event.minutes == 0


def _case(event: BookingRefused, policy: Policy) -> Case:
    """The numbers of a refused request, of people who are nobody."""
    children = tuple(f"child-{n}" for n in range(event.children))
    adults = tuple(f"adult-{n}" for n in range(event.people - event.children))
    fields: dict[str, Any] = {"prison": event.prison, "session": event.session}
    starts_at, minutes = event.starts_at or event.at, event.minutes or 1
    command = BookCall(
        **fields,
        at=event.at,
        call="",
        starts_at=starts_at,
        zone=policy.time_zone,
        minutes=minutes,
        prisoner="",
        visitors=(*adults, *children),
        call_type=event.call_type,
        asked_as=event.asked_as,
        ages=dict.fromkeys(children, 0),
        requested_by="",
    )
    return Case(initial, policy, Slot(**fields, starts_at=starts_at, minutes=minutes, stations=1), command)
