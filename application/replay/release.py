"""May a picture of some moment have left, by the rule of release and the verdicts around it? Pure."""

from collections.abc import Sequence

from domain.moderation.block import Judgement
from domain.moderation.policy import ModerationPolicy
from domain.moderation.release import Release


def may_leave(around: Sequence[Judgement], media_ms: int, policy: ModerationPolicy) -> bool:
    """Is there a beginning from which the rule lets it go?

    A direction begins anew after a pause or with a key frame that was asked for, and the blocks do not say
    when: each verdict may have been its first.
    """
    return any(_leaves(around[start:], media_ms, policy) for start in range(len(around)))


def _leaves(judgements: Sequence[Judgement], media_ms: int, policy: ModerationPolicy) -> bool:
    release = Release(policy.release)
    for judgement in judgements:
        verdict = judgement.verdict
        release, opening = release.judged(
            verdict.media_ms,
            clean=verdict.clean,
            explained=verdict.explained,
            unexplained_change=judgement.observation.unexplained >= policy.sampling.change_cells,
        )
        if any(media_ms in span for span in opening.spans):
            return True
    return False
