"""Publishing a policy: two people, and in the future only. A governor may tighten at once, never loosen."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any, ClassVar, assert_never

from pydantic import AwareDatetime

from domain.decider import Boundary, about
from domain.event import Command, PrisonEvent, Refused
from domain.policy.document import Policy, loosened

REVIEWED_WITHIN = timedelta(hours=24)


class PolicyPublished(PrisonEvent):
    """A version of a prison's policy. Once it takes effect no earlier version holds, nor one that would begin later."""

    TAGS: ClassVar = ("policy",)
    version: int
    document: dict[str, Any]
    published_by: str
    approved_by: str | None  # None for the first policy, and for a tightening that waits for its review
    effective_from: AwareDatetime | None = None  # None: at once
    review_by: AwareDatetime | None = None  # of a tightening: a second person looks at it until then

    @property
    def policy(self) -> str:
        """The prison whose policy it is."""
        return self.prison

    @property
    def name(self) -> str:
        """How other events name this version: `MDI/3`."""
        return f"{self.prison}/{self.version}"

    @property
    def takes_effect(self) -> datetime:
        """From when it holds."""
        return self.effective_from or self.at


class ReviewResult(StrEnum):
    """What the second person found about a tightening."""

    UPHELD = "upheld"
    WITHDRAWN = "withdrawn"  # the policy before holds again, at once: two people decided so


class TighteningReviewed(PrisonEvent):
    """A second person looked at what a governor tightened at once."""

    TAGS: ClassVar = ("policy",)
    version: int
    result: ReviewResult
    reviewed_by: str

    @property
    def policy(self) -> str:
        """The prison whose policy it is."""
        return self.prison


class PublishPolicy(Command):
    """Publish a version of a prison's policy. After the first, a second person must approve."""

    prison: str
    document: dict[str, Any]
    published_by: str
    approved_by: str | None = None
    effective_from: AwareDatetime | None = None


class TightenPolicy(Command):
    """Make the policy stricter at once, alone."""

    prison: str
    changes: dict[str, Any]
    tightened_by: str


class ReviewTightening(Command):
    """Say, as a second person, whether a tightening stays."""

    prison: str
    version: int
    result: ReviewResult
    reviewed_by: str


PolicyCommand = PublishPolicy | TightenPolicy | ReviewTightening
PolicyEvent = PolicyPublished | TighteningReviewed


@dataclass(frozen=True)
class Policies:
    """Every version of the prison's policy, and which tightenings were reviewed and withdrawn."""

    published: tuple[PolicyPublished, ...] = ()
    reviewed: frozenset[int] = frozenset()
    withdrawn: frozenset[int] = frozenset()

    def at(self, moment: datetime) -> PolicyPublished | None:
        """The version that holds at a moment: the newest of those that have taken effect."""
        return in_effect(self.published, moment)


def in_effect(published: Sequence[PolicyPublished], moment: datetime) -> PolicyPublished | None:
    """The version that holds at a moment: the newest of those that have taken effect."""
    held = [version for version in published if version.takes_effect <= moment]
    return max(held, key=lambda version: version.version, default=None)


def held_by(
    published: Sequence[PolicyPublished], prisons: Sequence[str], moment: datetime
) -> tuple[Policy, ...]:
    """The policy that holds in each of these prisons; the default where none does, or no prison is named."""
    found = []
    for prison in prisons:
        held = in_effect([one for one in published if one.prison == prison], moment)
        found.append(Policy() if held is None else Policy.model_validate(held.document))
    return tuple(found) or (Policy(),)


initial = Policies()


def boundary(command: PolicyCommand) -> Boundary:
    """All versions of this prison's policy."""
    return (about(f"policy:{command.prison}", PolicyPublished, TighteningReviewed),)


def evolve(state: Policies, event: PolicyEvent) -> Policies:
    """Versions are kept: which one holds is a matter of time."""
    match event:
        case PolicyPublished():
            return replace(state, published=(*state.published, event))
        case TighteningReviewed(version=version, result=result):
            gone = {version} if result is ReviewResult.WITHDRAWN else set()
            return replace(state, reviewed=state.reviewed | {version}, withdrawn=state.withdrawn | gone)
        case _:
            assert_never(event)


def decide(state: Policies, command: PolicyCommand) -> list[PolicyEvent]:
    """The next version, or the review of one."""
    match command:
        case PublishPolicy():
            return _publish(state, command)
        case TightenPolicy():
            return _tighten(state, command)
        case ReviewTightening():
            return _review(state, command)
        case _:
            assert_never(command)


def _publish(state: Policies, command: PublishPolicy) -> list[PolicyEvent]:
    """The same document again changes nothing."""
    document = _merged(Policy(), command.document)
    if state.published and document == _merged(Policy(), state.published[-1].document):
        return []  # of an earlier release, it may have been written otherwise and mean the same
    if state.published and command.approved_by in (None, command.published_by):
        raise Refused("A change of policy needs the approval of a second person.", "second_person")
    if state.published and (command.effective_from is None or command.effective_from <= command.at):
        raise Refused("A change of policy takes effect in the future only.", "not_in_future")
    return [
        PolicyPublished(
            at=command.at,
            prison=command.prison,
            version=len(state.published) + 1,
            document=document,
            published_by=command.published_by,
            approved_by=command.approved_by,
            effective_from=command.effective_from if state.published else None,
        )
    ]


def _tighten(state: Policies, command: TightenPolicy) -> list[PolicyEvent]:
    held = state.at(command.at)
    if held is None:
        raise Refused("This prison has not published its rules for calls yet.", "policy_missing")
    document = _merged(Policy.model_validate(held.document), command.changes)
    before = Policy.model_validate(held.document).document()
    if document == before:
        return []
    loose = loosened(before, document)
    if loose:
        raise Refused(
            f"At once a policy can only be made stricter. This is not stricter: {', '.join(loose)}.",
            "only_tighter",
        )
    return [
        PolicyPublished(
            at=command.at,
            prison=command.prison,
            version=len(state.published) + 1,
            document=document,
            published_by=command.tightened_by,
            approved_by=None,
            review_by=command.at + REVIEWED_WITHIN,
        )
    ]


def _review(state: Policies, command: ReviewTightening) -> list[PolicyEvent]:
    found = next((one for one in state.published if one.version == command.version), None)
    if found is None or found.review_by is None:
        raise Refused("There is no such tightening to review.", "tightening_unknown")
    if command.reviewed_by == found.published_by:
        raise Refused("A second person reviews what somebody tightened.", "second_person")
    if command.version in state.reviewed:
        return []
    reviewed = TighteningReviewed(
        at=command.at,
        prison=command.prison,
        version=command.version,
        result=command.result,
        reviewed_by=command.reviewed_by,
    )
    earlier = [one for one in state.published if one.version < found.version]
    before = in_effect([one for one in earlier if one.version not in state.withdrawn], command.at)
    newest = max(one.version for one in state.published)
    if command.result is ReviewResult.UPHELD or before is None or found.version != newest:
        return [reviewed]  # a later version has replaced it: there is nothing to bring back
    return [
        reviewed,
        PolicyPublished(
            at=command.at,
            prison=command.prison,
            version=newest + 1,
            document=before.document,
            published_by=found.published_by,
            approved_by=command.reviewed_by,
        ),
    ]


def _merged(base: Policy, changes: Mapping[str, Any]) -> dict[str, Any]:
    try:
        return base.merged(changes).document()
    except ValueError as error:
        raise Refused(str(error), "policy_invalid") from error
