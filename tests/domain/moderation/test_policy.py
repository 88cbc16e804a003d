import pytest
from pydantic import ValidationError

from domain.moderation.policy import ModerationPolicy, SamplingPolicy
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
    assert (policy.freeze.coach_ms, policy.freeze.pause_ms, policy.freeze.bystander_pause_ms) == (
        5_000,
        10_000,
        20_000,
    )
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
