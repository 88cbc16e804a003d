"""The rules of booking, in the order in which a person is told of them.

`RULES` is the whole list. docs/rules.md is made from it; a test removes each rule in turn.
"""

from collections.abc import Callable
from dataclasses import dataclass

from domain.booking.rules import people, places, time
from domain.booking.rules.case import Case

Check = Callable[[Case], str | None]
"""A sentence that says why not, or None."""


@dataclass(frozen=True)
class Rule:
    """One rule: its name in statistics, the keys of the policy that it reads, and where it comes from."""

    check: Check
    keys: tuple[str, ...]
    source: str
    overridable: bool = False  # somebody with the right to do so may set it aside, with a reason
    elsewhere: bool = True  # another time may be free of it: alternatives are looked for

    @property
    def name(self) -> str:
        """How events, statistics and HTTP name it."""
        return self.check.__name__

    @property
    def meaning(self) -> str:
        """What it demands, in a sentence."""
        return (self.check.__doc__ or "").split("\n\n", maxsplit=1)[0].replace("\n    ", " ")


def person(check: Check, *keys: str, source: str) -> Rule:
    """A rule about who people are: no other time helps, and nobody sets it aside."""
    return Rule(check, keys, source, elsewhere=False)


def timed(check: Check, *keys: str, source: str, overridable: bool = False) -> Rule:
    """A rule that another time may satisfy."""
    return Rule(check, keys, source, overridable)


RULES: tuple[Rule, ...] = (
    person(people.visitor_twice, source="our own"),
    person(people.visitors_max, "booking.visitors_max", source="GOV.UK: up to 4 people"),
    person(
        people.adults_max,
        "booking.adults_max",
        "booking.adult_age",
        source="visit-scheduler Prison.kt maxAdultVisitors",
    ),
    person(
        people.children_max,
        "booking.children_max",
        "booking.adult_age",
        source="visit-scheduler Prison.kt maxChildVisitors",
    ),
    person(
        people.lead_adult,
        "booking.lead_age",
        "booking.adult_age",
        source="GOV.UK: the main caller is over 18",
    ),
    person(people.relationship_missing, source="GOV.UK: everybody is on the visitor list"),
    person(
        people.barred,
        "restrictions",
        "conduct.sanctioned_visitor",
        "conduct.sanctioned_prisoner",
        source="VisitorSupportedRestrictionType.kt BAN",
    ),
    person(people.guardian_missing, "people.guardian_required", "booking.adult_age", source="our own"),
    person(people.prisoner_merged, source="PRISONER_MERGED"),
    person(people.prisoner_elsewhere, source="PRISONER_RELEASED, PRISONER_RECEIVED"),
    timed(time.session_over, source="our own"),
    timed(time.outside_session, source="SessionTemplate.kt"),
    timed(
        time.call_length,
        "booking.block_minutes",
        "booking.call_minutes_max",
        "call_types.*.minutes_max",
        "call_types.*.notice_waived",
        source="GOV.UK: 30, up to 60 minutes",
    ),
    timed(
        time.notice_min,
        "booking.notice_days_min",
        "booking.notice_days_min_prisoner",
        "booking.notice_days_min_staff",
        "call_types.*.notice_days_min",
        "call_types.*.notice_waived",
        source="visit-scheduler application.yml: 2 days",
        overridable=True,
    ),
    timed(
        time.notice_max,
        "booking.notice_days_max",
        "booking.notice_days_max_prisoner",
        "booking.notice_days_max_staff",
        source="visit-scheduler application.yml: 28 days",
        overridable=True,
    ),
    timed(time.date_blocked, source="PrisonExcludeDate.kt"),
    timed(time.session_blocked, source="SessionTemplateExcludeDate.kt"),
    timed(time.call_type, source="book-a-video-link BookingType"),
    timed(people.category, source="PrisonerCategoryMatcher"),
    timed(people.incentive_level, source="PrisonerIncentiveLevelMatcher"),
    timed(people.location, source="SessionLocationMatcher"),
    timed(
        people.non_association,
        "call_types.*.apart_matters",
        source="non-associations: whole day",
    ),
    timed(places.double_booking, source="DOUBLE_BOOKED"),
    timed(places.appointment, source="HigherPriorityMedicalOrLegalEvents.kt"),
    timed(
        places.remand_week,
        "booking.remand_calls_a_week",
        "booking.week_starts",
        "call_types.*.counted",
        source="visit-scheduler V4_4: 3 a week from Monday",
        overridable=True,
    ),
    timed(
        places.allowance,
        "booking.minutes_a_month",
        "call_types.*.counted",
        source="GOV.UK: 2 x 30 or 1 x 60 minutes a month",
        overridable=True,
    ),
    timed(places.session_full, source="SessionTemplate.kt openCapacity, closedCapacity", overridable=True),
    timed(places.device_taken, source="book-a-video-link LocationSchedule"),
)

ELSEWHERE = frozenset(rule.name for rule in RULES if rule.elsewhere)
"""Rules that another time may satisfy."""


@dataclass(frozen=True)
class Broken:
    """A rule that says no, and its sentence for the person who asked."""

    rule: Rule
    sentence: str


def broken(case: Case) -> tuple[Broken, ...]:
    """Every rule that says no, in order."""
    said = ((rule, rule.check(case)) for rule in RULES)
    return tuple(Broken(rule, sentence) for rule, sentence in said if sentence is not None)
