from typing import Any

import pytest
from pydantic import BaseModel, ValidationError

from domain.clearance import Side
from domain.moderation.policy import (
    Bystanders,
    MatchingPolicy,
    ModerationPolicy,
    SamplingPolicy,
)
from domain.moderation.section import Section, choice, number
from domain.policy import Policy, describe


def test_every_key_of_moderation_tells_its_meaning_and_numbers_tell_their_unit() -> None:
    keys = [key for key in describe(Policy) if key.name.startswith("moderation.")]
    assert len(keys) > 60
    for key in keys:
        assert key.meaning, key.name
        assert key.unit or not isinstance(key.default, int) or isinstance(key.default, bool), key.name


def test_the_default_policy_is_the_table_of_the_design() -> None:
    policy = ModerationPolicy.full()
    assert (policy.matching.accept, policy.matching.accept_poor, policy.matching.reject) == (5000, 4200, 6000)
    assert (policy.evidence.mismatches, policy.evidence.share) == (3, 7500)
    assert (policy.evidence.span_ms, policy.evidence.window_ms) == (1000, 2000)
    assert policy.freeze.bystander_pause_ms == 20_000
    assert (policy.sampling.per_s, policy.sampling.unproved_per_s) == (4, 8)


def test_a_policy_under_which_no_stranger_could_be_told_is_refused() -> None:
    with pytest.raises(ValidationError, match="never be told"):
        ModerationPolicy.model_validate({"evidence": {"window_ms": 500}})


def test_a_policy_that_loses_every_face_between_two_samples_is_refused() -> None:
    with pytest.raises(ValidationError, match="time between two samples"):
        ModerationPolicy(sampling=SamplingPolicy(per_s=2))


def test_a_key_nobody_reads_is_refused() -> None:
    with pytest.raises(ValueError, match=r"no key named moderation\.matching\.acept"):
        Policy().merged({"moderation": {"matching": {"acept": 1}}})


def test_a_number_of_the_policy_carries_its_default_unit_meaning_and_limits() -> None:
    class Example(Section):
        few: int = number(3, "people", "so many", tighter="lower", ge=1, le=5)
        plain: int = number(7, "ms", "so long")
        chosen: bool = choice(True, "whether")

    few, plain, chosen = (Example.model_fields[name] for name in ("few", "plain", "chosen"))
    assert (few.default, few.description, few.json_schema_extra) == (
        3,
        "so many",
        {"unit": "people", "tighter": "lower"},
    )
    assert (plain.default, plain.description, plain.json_schema_extra) == (7, "so long", {"unit": "ms"})
    assert (chosen.default, chosen.description, chosen.json_schema_extra) == (True, "whether", {"unit": ""})
    assert Example(few=5, plain=0).few == 5
    for broken in ({"few": 0}, {"few": 6}, {"plain": -1}):
        with pytest.raises(ValidationError):
            Example.model_validate(broken)


def test_the_permissive_policy_differs_in_these_numbers_only() -> None:
    full, permissive = flat(ModerationPolicy.full()), flat(ModerationPolicy.permissive())
    differing = {name: value for name, value in permissive.items() if full[name] != value}
    assert differing == {
        "sampling.per_s": 2,
        "sampling.unproved_per_s": 4,
        "detection.new_face_score": 0,
        "detection.known_face_score": -2000,
        "detection.smallest_promised_px": 110,
        "tracking.gap_ms": 600,
        "release.paced_delay_ms": 650,
    }


def flat(section: BaseModel, prefix: str = "") -> dict[str, Any]:
    """Every number of a section by its name."""
    found: dict[str, Any] = {}
    for name in type(section).model_fields:
        value = getattr(section, name)
        found |= flat(value, f"{prefix}{name}.") if isinstance(value, BaseModel) else {prefix + name: value}
    return found


@pytest.mark.parametrize(
    ("side", "means"), [(Side.PRISONER, Bystanders.FREEZE), (Side.VISITOR, Bystanders.VIOLATION)]
)
def test_an_unknown_face_means_something_else_on_each_side(side: Side, means: Bystanders) -> None:
    assert ModerationPolicy.full().bystanders.on(side) is means


@pytest.mark.parametrize(
    ("distances", "fits"),
    [
        ({"accept_poor": 5000, "accept": 5000, "reject": 5001, "reject_poor": 5001}, True),
        ({"accept_poor": 5001, "accept": 5000, "reject": 6000, "reject_poor": 6500}, False),
        ({"accept_poor": 4200, "accept": 6000, "reject": 6000, "reject_poor": 6500}, False),
        ({"accept_poor": 4200, "accept": 5000, "reject": 6501, "reject_poor": 6500}, False),
    ],
)
def test_the_distances_of_matching_rise(distances: dict[str, int], fits: bool) -> None:
    if fits:
        assert MatchingPolicy.model_validate(distances).accept == 5000
    else:
        with pytest.raises(ValidationError, match=r"accept_poor, accept, reject and reject_poor must rise"):
            MatchingPolicy.model_validate(distances)
