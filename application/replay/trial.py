"""What a policy on trial is on record to have said, against what it says again. Pure."""

from application.replay.again import SideAgain
from domain.stream import WOULD_FREEZE, ShadowDetectionObserved


def trial_difference(again: SideAgain, event: ShadowDetectionObserved) -> str:
    """What differs, in words; empty when nothing does. `again`: judged under the policy on trial."""
    if event.action == WOULD_FREEZE:
        judgements = again.between(event.from_ms, event.to_ms)
        causes = {j.verdict.cause.value if j.verdict.cause else "clean" for j in judgements}
        return (
            "" if causes == {event.kind} else "made again, the policy on trial would not have withheld this"
        )
    judgement = again.at(event.to_ms)
    raised = judgement.verdict.raised if judgement is not None else ()
    said = {(r.kind.value, r.action.value, r.since_ms) for r in raised}
    if (event.kind, event.action, event.from_ms) in said:
        return ""
    return "made again, the policy on trial would not have raised this"
