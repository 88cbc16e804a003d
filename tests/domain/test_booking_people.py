"""Booking, rules about people: who may be on a call, and what stands between them."""

from datetime import date
from typing import Any

import pytest

from domain import booking
from domain.booking.commands import BookCall
from domain.booking.events import BookingCancelled, CallRequested
from domain.clearance import Side
from domain.conduct import SanctionImposed, SanctionLifted
from domain.event import Event, Refused
from domain.person import PersonKind, PersonRegistered
from domain.prisoner.events import (
    NonAssociationClosed,
    NonAssociationRecorded,
    PrisonerMerged,
    PrisonerProfileChanged,
    PrisonerReceived,
    PrisonerReleased,
    PrisonerTransferred,
)
from domain.relationship import RelationshipApproved, VisitorUnapproved
from domain.restriction import RestrictionKind, RestrictionLifted, RestrictionPlaced
from domain.timetable.events import CallType
from tests.asked import ask
from tests.bookings import (
    AHEAD,
    CHILD,
    DAY,
    ON_TEMPLATE,
    another,
    approved,
    child_approved,
    family,
    held,
    opened,
    policy,
    policy_with,
    templated,
    usual,
    vouched,
)
from tests.facts import PRISONER, VISITOR, fact
from tests.scenario import given

apart = fact(NonAssociationRecorded, -5 * DAY)
same_day = another(session="session-2")
APART = {"apart": ("prisoner-2",)}
children_approved = [fact(RelationshipApproved, visitor=f"child-{number}") for number in range(1, 5)]


def ages(**known: int) -> dict[str, Any]:
    """Who comes along, and how old each is: `child_1=7`."""
    people = {name.replace("_", "-"): age for name, age in known.items()}
    return {"visitors": tuple(people), "ages": people}


# The person in prison


def test_the_prison_holds_the_person() -> None:
    gone = fact(PrisonerReleased, -10 * DAY)
    given(booking, *usual, gone).when(ask(BookCall, AHEAD)).then_refused("prisoner_elsewhere")


@pytest.mark.parametrize(
    "record",
    [
        [fact(PrisonerTransferred)],
        [fact(PrisonerReceived, prison="LEI")],
        [fact(PersonRegistered, prison="LEI")],
    ],
    ids=["transferred", "received elsewhere", "registered elsewhere"],
)
def test_who_is_held_elsewhere_is_not_booked_here(record: list[Event]) -> None:
    given(booking, *usual, *record).when(ask(BookCall, AHEAD)).then_refused("prisoner_elsewhere")


@pytest.mark.parametrize(
    "record",
    [
        [fact(PrisonerTransferred), fact(PrisonerReceived)],
        [fact(PersonRegistered, prison="LEI", kind=PersonKind.STAFF)],
    ],
    ids=["transferred and back", "a registration of no prisoner"],
)
def test_who_is_held_here_is_booked_here(record: list[Event]) -> None:
    assert given(booking, *usual, *record).when(ask(BookCall, AHEAD)).outcome()


def test_nobody_is_booked_under_a_record_that_was_merged_into_another() -> None:
    merged = fact(PrisonerMerged, removed=PRISONER, kept="prisoner-9")
    given(booking, *usual, merged).when(ask(BookCall, AHEAD)).then_refused("prisoner_merged")


def test_every_earlier_record_counts_also_through_others() -> None:
    chain = [fact(PrisonerMerged, removed="prisoner-8", kept="prisoner-9"), fact(PrisonerMerged)]
    approved_there = fact(RelationshipApproved, prisoner="prisoner-8")
    history = [held, opened, approved_there, policy(), *chain]
    given(booking, *history).when(ask(BookCall, AHEAD, merged=("prisoner-9",))).then_refused("facts_changed")
    assert given(booking, *history).when(ask(BookCall, AHEAD, merged=("prisoner-8", "prisoner-9"))).outcome()


def test_a_person_is_booked_under_the_record_that_was_kept() -> None:
    history = [*usual, fact(PrisonerMerged)]
    given(booking, *history).when(ask(BookCall, AHEAD)).then_refused("facts_changed")
    assert given(booking, *history).when(ask(BookCall, AHEAD, merged=("prisoner-9",))).outcome()


@pytest.mark.parametrize(
    ("allows", "rule"),
    [
        ({"categories": ("B",)}, "category"),
        ({"incentive_levels": ("ENH",)}, "incentive_level"),
        ({"locations": ("B",)}, "location"),
        ({"locations": ("A-1-0",)}, "location"),
        ({"locations": ("A-2",)}, "location"),
    ],
)
def test_a_time_is_for_those_whom_its_template_names(allows: dict[str, Any], rule: str) -> None:
    history = [*templated(**allows), fact(PrisonerProfileChanged)]
    given(booking, *history).when(ask(BookCall, AHEAD, **ON_TEMPLATE)).then_refused(rule)


def test_a_time_for_a_category_is_for_no_other() -> None:
    history = [*templated(categories=("A", "B")), fact(PrisonerProfileChanged)]
    given(booking, *history).when(ask(BookCall, AHEAD, **ON_TEMPLATE)).then_refused("category")


def test_a_time_for_an_incentive_level_is_for_no_other() -> None:
    history = [*templated(incentive_levels=("ENH",)), fact(PrisonerProfileChanged)]
    given(booking, *history).when(ask(BookCall, AHEAD, **ON_TEMPLATE)).then_refused("incentive_level")


def test_a_time_for_a_wing_is_for_no_other() -> None:
    history = [*templated(locations=("B", "C-2")), fact(PrisonerProfileChanged)]
    given(booking, *history).when(ask(BookCall, AHEAD, **ON_TEMPLATE)).then_refused("location")


@pytest.mark.parametrize(
    "allows",
    [
        {"categories": ("B", "C")},
        {"incentive_levels": ("STD",)},
        {"locations": ("A",)},
        {"locations": ("B", "A-1")},
        {"locations": ("A-1-002",)},
    ],
)
def test_a_time_is_open_to_those_whom_its_template_names(allows: dict[str, Any]) -> None:
    history = [*templated(**allows), fact(PrisonerProfileChanged)]
    assert given(booking, *history).when(ask(BookCall, AHEAD, **ON_TEMPLATE)).outcome()


@pytest.mark.parametrize(
    ("allows", "rule"),
    [
        ({"categories": ("C",)}, "category"),
        ({"incentive_levels": ("STD",)}, "incentive_level"),
        ({"locations": ("A",)}, "location"),
    ],
)
def test_of_whom_nothing_is_known_no_special_time_is_open(allows: dict[str, Any], rule: str) -> None:
    given(booking, *templated(**allows)).when(ask(BookCall, AHEAD, **ON_TEMPLATE)).then_refused(rule)


# The visitors


def test_only_so_many_adults_take_part() -> None:
    both = [*usual[:3], fact(RelationshipApproved, visitor="visitor-2"), policy(adults_max=1)]
    given(booking, *both).when(ask(BookCall, AHEAD, **ages(visitor_1=40, visitor_2=18))).then_refused(
        "adults_max"
    )


def test_whose_age_nobody_knows_counts_as_an_adult() -> None:
    history = [held, opened, approved, child_approved, vouched, policy(adults_max=1)]
    assert given(booking, *history).when(ask(BookCall, AHEAD, **family)).outcome()
    unknown = family | {"ages": {VISITOR: 40}}
    given(booking, *history).when(ask(BookCall, AHEAD, **unknown)).then_refused("adults_max")


def test_only_so_many_children_take_part() -> None:
    others = [fact(RelationshipApproved, visitor="child-2"), fact(RelationshipApproved, visitor="child-3")]
    history = [
        held,
        opened,
        approved,
        child_approved,
        *others,
        policy_with(people={"guardian_required": False}, booking={"children_max": 1}),
    ]
    given(booking, *history).when(
        ask(BookCall, AHEAD, **ages(visitor_1=40, child_1=7, child_2=17))
    ).then_refused("children_max")
    assert (
        given(booking, *history)
        .when(ask(BookCall, AHEAD, **ages(visitor_1=40, child_1=7, child_2=18)))
        .outcome()
    )


def test_so_many_people_adults_and_children_are_told_in_words() -> None:
    one = policy_with(booking={"visitors_max": 1, "adults_max": 1, "children_max": 0})
    history = [held, opened, approved, child_approved, vouched, one]
    with pytest.raises(Refused, match=r"^At most 1 person may take part on your side\.$") as refused:
        given(booking, *history).when(ask(BookCall, AHEAD, **family)).outcome()
    assert refused.value.also == ("At most 0 children may take part on your side.",)


@pytest.mark.parametrize(
    ("rules", "sentence"),
    [
        ({"visitors_max": 2}, "At most 2 people may take part on your side."),
        ({"adults_max": 1}, "At most 1 adult may take part on your side."),
        ({"adults_max": 2}, "At most 2 adults may take part on your side."),
        ({"children_max": 1, "adult_age": 50}, "At most 1 child may take part on your side."),
        ({"children_max": 2, "adult_age": 50}, "At most 2 children may take part on your side."),
    ],
)
def test_how_many_may_take_part_is_said_in_words(rules: dict[str, int], sentence: str) -> None:
    three = ages(visitor_1=40, visitor_2=41, visitor_3=42)
    with pytest.raises(Refused, match=sentence.replace(".", r"\.")):
        given(booking, held, opened, approved, policy(**rules)).when(ask(BookCall, AHEAD, **three)).outcome()


def test_an_adult_answers_for_the_visitors_side() -> None:
    history = [*usual, child_approved, vouched]
    given(booking, *history).when(ask(BookCall, AHEAD, **ages(child_1=17))).then_refused("lead_adult")


@pytest.mark.parametrize(
    ("wish", "rules"),
    [
        ({**family, "lead": CHILD}, {}),
        ({**family, "lead": "visitor-2"}, {}),
        ({**ages(visitor_1=20), "lead": VISITOR}, {"lead_age": 21}),
        (ages(visitor_1=20), {"lead_age": 21}),
    ],
    ids=["a child", "not on the call", "too young here", "too young here, not named"],
)
def test_whoever_answers_is_old_enough_and_on_the_call(wish: dict[str, Any], rules: dict[str, int]) -> None:
    history = [held, opened, approved, child_approved, vouched, policy(**rules)]
    given(booking, *history).when(ask(BookCall, AHEAD, **wish)).then_refused("lead_adult")


@pytest.mark.parametrize(
    ("wish", "lead"),
    [
        ({"visitors": (CHILD, VISITOR), "ages": {VISITOR: 40, CHILD: 7}}, VISITOR),
        ({**family, "lead": VISITOR}, VISITOR),
        (ages(visitor_1=18), VISITOR),
        ({"visitors": (VISITOR,)}, VISITOR),
    ],
    ids=["the first adult", "named", "just old enough", "age not known"],
)
def test_who_answers_for_the_visitors_side_is_on_record(wish: dict[str, Any], lead: str) -> None:
    requested = (
        given(booking, *usual, child_approved, vouched).when(ask(BookCall, AHEAD, **wish)).outcome()[0]
    )
    assert isinstance(requested, CallRequested)
    assert requested.lead == lead


def test_the_children_on_a_call_are_on_record() -> None:
    requested = (
        given(booking, *usual, child_approved, vouched).when(ask(BookCall, AHEAD, **family)).outcome()[0]
    )
    assert isinstance(requested, CallRequested)
    assert requested.children == (CHILD,)


def test_a_withdrawn_approval_stands_against_the_call() -> None:
    withdrawn = fact(VisitorUnapproved, -5 * DAY)
    given(booking, *usual, withdrawn).when(ask(BookCall, AHEAD)).then_refused("relationship_missing")
    again = fact(RelationshipApproved, -4 * DAY)
    assert given(booking, *usual, withdrawn, again).when(ask(BookCall, AHEAD)).outcome()


def test_an_approval_under_an_earlier_record_counts() -> None:
    under = [held, opened, fact(PrisonerMerged), fact(RelationshipApproved, prisoner="prisoner-9"), policy()]
    assert given(booking, *under).when(ask(BookCall, AHEAD, merged=("prisoner-9",))).outcome()


@pytest.mark.parametrize("prisoner", [PRISONER, None], ids=["of the pair", "of the visitor"])
def test_a_ban_stands_against_the_call(prisoner: str | None) -> None:
    ban = fact(RestrictionPlaced, -5 * DAY, prisoner=prisoner)
    given(booking, *usual, ban).when(ask(BookCall, AHEAD)).then_refused("barred")


def test_a_ban_of_any_visitor_is_enough() -> None:
    ban = fact(RestrictionPlaced, -5 * DAY, visitor=CHILD)
    given(booking, *usual, child_approved, vouched, ban).when(ask(BookCall, AHEAD, **family)).then_refused(
        "barred"
    )


def test_a_sanction_keeps_a_visitor_from_calls_of_its_days_and_no_longer() -> None:
    sanction = fact(SanctionImposed, -5 * DAY)
    given(booking, *usual, sanction).when(ask(BookCall, AHEAD)).then_refused("barred")
    over = {"first": date(2026, 11, 15), "last": date(2026, 11, 22)}
    for free in ([fact(SanctionImposed, -5 * DAY, **over)], [sanction, fact(SanctionLifted, -4 * DAY)]):
        assert given(booking, *usual, *free).when(ask(BookCall, AHEAD)).outcome()
    last = fact(SanctionImposed, -5 * DAY, **over | {"last": date(2026, 11, 23)})
    given(booking, *usual, last).when(ask(BookCall, AHEAD)).then_refused("barred")


def test_a_sanction_keeps_somebody_in_prison_from_social_calls_and_from_no_other() -> None:
    theirs = fact(SanctionImposed, -5 * DAY, person=PRISONER, side=Side.PRISONER)
    given(booking, *usual, theirs).when(ask(BookCall, AHEAD)).then_refused("barred")
    history = [*templated(call_types=tuple(CallType)), theirs]
    legal = ask(BookCall, AHEAD, **ON_TEMPLATE, call_type=CallType.LEGAL)
    assert given(booking, *history).when(legal).outcome()
    social = ask(BookCall, AHEAD, **ON_TEMPLATE)
    given(booking, *history).when(social).then_refused("barred")


@pytest.mark.parametrize("side", list(Side))
def test_what_a_sanction_means_is_the_prisons_policy(side: Side) -> None:
    person = PRISONER if side is Side.PRISONER else VISITOR
    sanction = fact(SanctionImposed, -5 * DAY, person=person, side=side)
    rules = policy_with(conduct={f"sanctioned_{side.value}": "staff"})
    other = policy_with(conduct={f"sanctioned_{side.other.value}": "none"})
    (asked,) = given(booking, held, opened, approved, rules, sanction).when(ask(BookCall, AHEAD)).outcome()
    assert isinstance(asked, CallRequested)
    assert "restriction" in asked.for_staff
    given(booking, held, opened, approved, other, sanction).when(ask(BookCall, AHEAD)).then_refused("barred")


def test_a_sanction_under_an_earlier_record_counts() -> None:
    theirs = fact(SanctionImposed, -5 * DAY, person="prisoner-9", side=Side.PRISONER)
    history = [*usual, fact(PrisonerMerged), theirs]
    given(booking, *history).when(ask(BookCall, AHEAD, merged=("prisoner-9",))).then_refused("barred")


def test_a_ban_under_an_earlier_record_counts() -> None:
    history = [*usual, fact(PrisonerMerged), fact(RestrictionPlaced, prisoner="prisoner-9")]
    given(booking, *history).when(ask(BookCall, AHEAD, merged=("prisoner-9",))).then_refused("barred")


@pytest.mark.parametrize(
    "restrictions",
    [
        [fact(RestrictionPlaced, prisoner="prisoner-2")],
        [fact(RestrictionPlaced, visitor="visitor-2")],
        [fact(RestrictionPlaced), fact(RestrictionLifted)],
        [fact(RestrictionPlaced, last=date(2026, 11, 22))],
        [fact(RestrictionPlaced, first=date(2026, 11, 24))],
        [fact(RestrictionPlaced, kind=RestrictionKind.CLOSED)],
    ],
    ids=["with another prisoner", "of another visitor", "lifted", "over", "not yet", "of another kind"],
)
def test_a_restriction_that_forbids_nothing_stands_against_nothing(restrictions: list[Event]) -> None:
    assert given(booking, *usual, *restrictions).when(ask(BookCall, AHEAD)).outcome()


def test_the_policy_says_what_a_restriction_means() -> None:
    strict = policy_with(restrictions={"preinf": "refuse", "ban": "none"})
    history = [held, opened, approved, strict]
    assert given(booking, *history, fact(RestrictionPlaced)).when(ask(BookCall, AHEAD)).outcome()
    informed = fact(RestrictionPlaced, kind=RestrictionKind.PREINF)
    given(booking, *history, informed).when(ask(BookCall, AHEAD)).then_refused("barred")


def test_an_adult_vouches_for_each_child() -> None:
    given(booking, *usual, child_approved).when(ask(BookCall, AHEAD, **family)).then_refused(
        "guardian_missing"
    )


def test_where_nobody_needs_to_vouch_a_child_may_come() -> None:
    history = [held, opened, approved, child_approved, policy_with(people={"guardian_required": False})]
    assert given(booking, *history).when(ask(BookCall, AHEAD, **family)).outcome()


def test_a_word_for_one_child_is_none_for_another() -> None:
    both = ages(visitor_1=40, child_1=7, child_2=8)
    history = [*usual, *children_approved, vouched]
    given(booking, *history).when(ask(BookCall, AHEAD, **both)).then_refused("guardian_missing")


# People who must be kept apart


def test_two_who_are_kept_apart_have_no_calls_on_one_day() -> None:
    given(booking, *usual, apart, same_day).when(ask(BookCall, AHEAD, **APART)).then_refused(
        "non_association"
    )


def test_a_non_association_is_seen_from_either_side() -> None:
    told_otherwise = fact(NonAssociationRecorded, -5 * DAY, person=("prisoner-2", PRISONER))
    given(booking, *usual, told_otherwise, same_day).when(ask(BookCall, AHEAD, **APART)).then_refused(
        "non_association"
    )


def test_a_non_association_told_of_an_earlier_record_counts() -> None:
    history = [
        *usual,
        fact(PrisonerMerged),
        fact(NonAssociationRecorded, person=("prisoner-2", "prisoner-9")),
        same_day,
    ]
    command = ask(BookCall, AHEAD, merged=("prisoner-9",), **APART)
    given(booking, *history).when(command).then_refused("non_association")


@pytest.mark.parametrize(
    ("merges", "called_under"),
    [
        ([("prisoner-2", "prisoner-5")], "prisoner-5"),
        ([("prisoner-5", "prisoner-2")], "prisoner-5"),
        ([("prisoner-2", "prisoner-4"), ("prisoner-4", "prisoner-5")], "prisoner-5"),
        ([("prisoner-2", "prisoner-4"), ("prisoner-5", "prisoner-4")], "prisoner-5"),
    ],
    ids=["kept", "removed", "through another", "beside another"],
)
def test_the_other_is_known_under_every_record(merges: list[tuple[str, str]], called_under: str) -> None:
    merged = [fact(PrisonerMerged, removed=removed, kept=kept) for removed, kept in merges]
    call = another(session="session-2", prisoner=called_under, prisoner_month=f"{called_under}/2026-11")
    history = [*usual, apart, *merged, call]
    given(booking, *history).when(ask(BookCall, AHEAD, **APART)).then_refused("facts_changed")
    everybody = tuple(sorted({"prisoner-2", *(record for pair in merges for record in pair)}))
    given(booking, *history).when(ask(BookCall, AHEAD, apart=everybody)).then_refused("non_association")


def test_who_turned_out_to_be_one_person_is_not_kept_apart_from_themselves() -> None:
    one = fact(PrisonerMerged, removed="prisoner-2", kept=PRISONER)
    assert given(booking, *usual, apart, one).when(ask(BookCall, AHEAD, merged=("prisoner-2",))).outcome()


@pytest.mark.parametrize(
    "history",
    [
        [apart],
        [apart, same_day, another(BookingCancelled, session="session-2")],
        [apart, another(session="session-2", prisoner="prisoner-3", prisoner_month="prisoner-3/2026-11")],
    ],
    ids=["no call", "cancelled", "of a third person"],
)
def test_where_the_other_has_no_call_nothing_stands_against_ours(history: list[Event]) -> None:
    assert given(booking, *usual, *history).when(ask(BookCall, AHEAD, **APART)).outcome()


def test_a_closed_non_association_no_longer_counts() -> None:
    history = [*usual, apart, same_day, fact(NonAssociationClosed, -4 * DAY)]
    assert given(booking, *history).when(ask(BookCall, AHEAD)).outcome()


def test_a_call_with_a_lawyer_is_held_whoever_else_calls_that_day() -> None:
    command = ask(BookCall, AHEAD, call_type=CallType.LEGAL, **APART)
    assert given(booking, *usual, apart, same_day).when(command).outcome()


@pytest.mark.parametrize("looked_up", [(), ("prisoner-3",), ("prisoner-2", "prisoner-3")])
def test_whom_the_person_is_kept_from_must_still_be_true(looked_up: tuple[str, ...]) -> None:
    given(booking, *usual, apart).when(ask(BookCall, AHEAD, apart=looked_up)).then_refused("facts_changed")
