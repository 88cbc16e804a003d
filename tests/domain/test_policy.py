"""A prison's policy: versions, two people, and every key told."""

from datetime import timedelta
from typing import Any

import pytest
from pydantic_core import to_jsonable_python as plain

from domain import policy
from domain.policy import Policy, PolicyPublished, PublishPolicy, describe
from domain.policy.document import CallTypesPolicy, RestrictionPolicy
from domain.timetable.events import CallType
from tests.asked import ask
from tests.facts import NOON, PRISON, fact
from tests.scenario import given

first = fact(PolicyPublished)
TOMORROW = NOON + timedelta(days=1)
longer = {"booking": {"call_minutes_max": 90}}
changed = Policy().merged(longer).document()


def test_the_first_policy_is_published_by_one_person() -> None:
    given(policy).when(ask(PublishPolicy)).then(first)


def test_a_change_is_laid_over_the_default_policy() -> None:
    second = fact(
        PolicyPublished, version=2, document=changed, approved_by="governor-2", effective_from=TOMORROW
    )
    asked = ask(PublishPolicy, document=longer, approved_by="governor-2", effective_from=TOMORROW)
    given(policy, first).when(asked).then(second)


@pytest.mark.parametrize("approved_by", [None, "governor-1"])
def test_a_change_needs_a_second_person(approved_by: str | None) -> None:
    given(policy, first).when(ask(PublishPolicy, document=longer, approved_by=approved_by)).then_refused(
        "second_person"
    )


def test_the_same_policy_again_changes_nothing() -> None:
    given(policy, first).when(ask(PublishPolicy)).then_nothing()


def test_another_prisons_policy_is_another_policy() -> None:
    given(policy, fact(PolicyPublished, prison="LEI")).when(ask(PublishPolicy)).then(first)


@pytest.mark.parametrize(
    "document",
    [
        {"bookings": {}},
        {"booking": {"minutes": 1}},
        {"booking": {"block_minutes": 0}},
        {"booking": 3},
        {"time_zone": 7},
    ],
    ids=["unknown section", "unknown key", "too small", "no section", "no text"],
)
def test_a_policy_that_nobody_can_follow_is_refused(document: dict[str, object]) -> None:
    given(policy).when(ask(PublishPolicy, document=document)).then_refused("policy_invalid")


def test_an_unknown_key_is_named() -> None:
    with pytest.raises(ValueError, match=r"no key named booking\.minutes\."):
        Policy().merged({"booking": {"minutes": 1}})


def test_an_impossible_value_is_named() -> None:
    said = r"^The policy's booking\.block_minutes cannot be so: input should be greater than or equal to 1\.$"
    with pytest.raises(ValueError, match=said):
        Policy().merged({"booking": {"block_minutes": 0}})


def test_a_change_leaves_everything_else_as_it_was() -> None:
    twice = Policy().merged({"booking": {"visitors_max": 2}}).merged({"booking": {"adults_max": 1}})
    assert (twice.booking.visitors_max, twice.booking.adults_max) == (2, 1)
    other = twice.merged({"call_types": {"legal": {"minutes_max": 90}}})
    assert (other.call_types.legal.minutes_max, other.call_types.legal.counted) == (90, False)
    assert other.booking == twice.booking


def test_a_version_is_named_after_its_prison() -> None:
    assert fact(PolicyPublished, version=3).name == f"{PRISON}/3"


def test_every_key_is_described_with_unit_and_meaning() -> None:
    keys = {key.name: key for key in describe()}
    assert keys["booking.notice_days_max"].default == 28
    assert keys["booking.notice_days_max"].unit == "days"
    assert all(key.meaning for key in keys.values())
    assert len(keys) == len(_leaves(Policy().document()))


def test_every_key_is_described_with_the_default_of_its_own_section() -> None:
    document = Policy().document()
    for key in describe():
        value: Any = document
        for part in key.name.split("."):
            value = value[part]
        assert value == plain(key.default), key.name
    longest = {key.name: key.default for key in describe() if key.name.endswith(".minutes_max")}
    assert longest["call_types.social.minutes_max"] == 60
    assert longest["call_types.court.minutes_max"] == 240


def test_an_official_type_of_call_has_rules_of_its_own() -> None:
    types = CallTypesPolicy()
    official = [types.of(kind) for kind in CallType if kind is not CallType.SOCIAL]
    assert not any(of_type.counted or of_type.apart_matters for of_type in official)
    assert all(of_type.notice_waived for of_type in official)
    assert [types.of(kind).approved_by_rule for kind in CallType] == [False, True, True, True, False]


def test_only_calls_with_a_lawyer_are_confidential_and_only_social_calls_are_heard_by_their_terms() -> None:
    types = CallTypesPolicy()
    assert [kind for kind in CallType if types.of(kind).confidential] == [CallType.LEGAL]
    assert [kind for kind in CallType if types.of(kind).staff_may_listen] == [CallType.SOCIAL]


@pytest.mark.parametrize("key", ["confidential", "staff_may_listen"])
def test_no_policy_opens_a_call_with_a_lawyer(key: str) -> None:
    wrong = {"call_types": {"legal": {key: key != "confidential"}}}
    given(policy).when(ask(PublishPolicy, document=wrong)).then_refused("policy_invalid")


def test_a_policy_from_before_there_was_the_choice_keeps_lawyers_calls_confidential() -> None:
    document = Policy().document()
    for of_type in document["call_types"].values():
        del of_type["confidential"], of_type["staff_may_listen"]
    assert Policy.model_validate(document) == Policy()


def test_a_section_is_described_by_itself() -> None:
    assert [key.name for key in describe(RestrictionPolicy)] == [
        "ban",
        "closed",
        "noncon",
        "child",
        "preinf",
        "restrict",
    ]
    assert next(describe(RestrictionPolicy, "restrictions.")).name == "restrictions.ban"


def _leaves(document: dict[str, object], prefix: str = "") -> set[str]:
    found: set[str] = set()
    for name, value in document.items():
        below = _leaves(value, f"{prefix}{name}.") if isinstance(value, dict) and value else {prefix + name}
        found |= below
    return found
