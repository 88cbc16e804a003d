"""What may be on trial: whatever is decided of a picture, and nothing of which pictures are looked at."""

import pytest

from domain.moderation.policy import SHADOWED, ModerationPolicy
from domain.policy import Policy


def test_without_changes_nothing_is_on_trial() -> None:
    assert ModerationPolicy().shadowed() is None


def test_the_policy_on_trial_is_the_live_one_with_the_changes_laid_over_it() -> None:
    policy = Policy().merged({"moderation": {"clear_after_ms": 1, "shadow": {"matching": {"accept": 4_500}}}})
    shadow = policy.moderation.shadowed()
    assert shadow is not None
    assert (shadow.matching.accept, shadow.matching.reject, shadow.clear_after_ms) == (4_500, 6_000, 1)
    assert (shadow.shadow, policy.moderation.matching.accept) == ({}, 5_000)
    assert Policy.model_validate(policy.document()) == policy


@pytest.mark.parametrize(
    ("changes", "says"),
    [
        ({"sampling": {"per_s": 8}}, "a shadow sees the same pictures and cannot change sampling"),
        ({"shadow": {}}, "a shadow sees the same pictures and cannot change shadow"),
        ({"matching": {"accept": 9_000}}, "must rise"),
        ({"matching": {"mood": 1}}, "matching"),
    ],
)
def test_what_cannot_be_tried_is_refused_in_a_sentence(changes: dict[str, object], says: str) -> None:
    with pytest.raises(ValueError, match="policy") as refused:
        Policy().merged({"moderation": {"shadow": changes}})
    assert says in str(refused.value)


def test_what_may_be_tried_are_keys_of_the_policy() -> None:
    assert set(ModerationPolicy.model_fields) >= SHADOWED
