"""Asking for a link, and what the prison answers."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any, assert_never

from domain.decider import Boundary, about
from domain.event import Refused
from domain.person import ParticipantAdded, PersonKind, PersonRegistered
from domain.policy import PolicyPublished, held_by
from domain.prisoner.events import STANDING, Standing
from domain.prisoner.record import Prisoner, told
from domain.relationship.commands import (
    ApproveRelationship,
    LinkCommand,
    RejectRelationship,
    RequestLink,
    UnapproveVisitor,
)
from domain.relationship.events import (
    LINKS,
    LinkFact,
    RelationshipApproved,
    VisitorLinkRejected,
    VisitorLinkRequested,
    VisitorUnapproved,
)

LinkKnown = PersonRegistered | Standing | ParticipantAdded | LinkFact | PolicyPublished


@dataclass(frozen=True)
class Links:
    """The two people, what was asked for and approved, and whom the booker answers for."""

    prisoners: Mapping[str, Prisoner] = field(default_factory=dict)
    visitors: frozenset[str] = frozenset()
    participants: frozenset[tuple[str, str]] = frozenset()  # booker and person
    waiting: Mapping[str, VisitorLinkRequested] = field(default_factory=dict)  # by pair
    approved: Mapping[str, tuple[str, ...]] = field(default_factory=dict)  # pairs; for which booker
    policies: tuple[PolicyPublished, ...] = ()


initial = Links()


def boundary(command: LinkCommand) -> Boundary:
    """Both people and their relationship; for a request also the booker's others, and the prison's policy."""
    pair = (
        about(f"person:{command.prisoner}", PersonRegistered, *STANDING),
        about(f"person:{command.visitor}", PersonRegistered),
        about(f"relationship:{command.prisoner}/{command.visitor}", *LINKS),
    )
    if not isinstance(command, RequestLink):
        return pair
    asked = (VisitorLinkRequested, RelationshipApproved, VisitorLinkRejected)
    return (
        *pair,
        about(f"booker:{command.booker}", ParticipantAdded, *asked),
        about(f"policy:{command.prison}", PolicyPublished),
    )


def evolve(state: Links, event: LinkKnown) -> Links:
    """Who exists and where, what waits for a decision, and what was approved."""
    match event:
        case PersonRegistered(kind=PersonKind.VISITOR, person=person):
            return replace(state, visitors=state.visitors | {person})
        case ParticipantAdded(booker=booker, person=person):
            return replace(state, participants=state.participants | {(booker, person)})
        case PolicyPublished():
            return replace(state, policies=(*state.policies, event))
        case VisitorLinkRequested(relationship=pair):
            return replace(state, waiting={**state.waiting, pair: event})
        case RelationshipApproved(relationship=pair, booker=booker):
            return replace(_answered(state, pair), approved={**state.approved, pair: booker})
        case VisitorLinkRejected(relationship=pair):
            return _answered(state, pair)
        case VisitorUnapproved(relationship=pair):
            left = {key: booker for key, booker in state.approved.items() if key != pair}
            return replace(state, approved=left)
        case _:
            return replace(state, prisoners=told(state.prisoners, event))


def decide(state: Links, command: LinkCommand) -> list[LinkFact]:
    """The request, or the prison's answer."""
    if state.prisoners.get(command.prisoner, Prisoner()).prison != command.prison:
        raise Refused("This person is not held in this prison.", "prisoner_elsewhere")
    if command.visitor not in state.visitors:
        raise Refused("This visitor is not registered.", "visitor_unknown")
    pair = f"{command.prisoner}/{command.visitor}"
    match command:
        case RequestLink():
            return _request(state, pair, command)
        case ApproveRelationship():
            return _approve(state, pair, command)
        case RejectRelationship():
            return _reject(state, pair, command)
        case UnapproveVisitor():
            return _unapprove(state, pair, command)
        case _:
            assert_never(command)


def _request(state: Links, pair: str, command: RequestLink) -> list[LinkFact]:
    """A booker asks for themselves and for those they answer for; not for too many at a time."""
    if command.booker != command.visitor and (command.booker, command.visitor) not in state.participants:
        raise Refused("Please add this person to your account first.", "not_participant")
    if pair in state.approved:
        raise Refused("This visitor may already call this person.", "link_approved")
    if pair in state.waiting:
        if state.waiting[pair].booker == command.booker:
            return []
        raise Refused("Somebody has asked for this already. The prison will decide.", "link_waiting")
    (policy,) = held_by(state.policies, (command.prison,), command.at)
    most = policy.people.link_requests_max
    if sum(one.booker == command.booker for one in state.waiting.values()) >= most:
        raise Refused(
            f"You have asked for {most} people already. Please wait until the prison has answered.",
            "link_requests_max",
        )
    return [VisitorLinkRequested(**command.model_dump())]


def _approve(state: Links, pair: str, command: ApproveRelationship) -> list[LinkFact]:
    """A second approval changes nothing."""
    if pair in state.approved:
        return []
    request = state.waiting.get(pair)
    _by_another(request, command.approved_by)
    booker = () if request is None else (request.booker,)
    return [RelationshipApproved(**command.model_dump(), linked=(command.visitor,), booker=booker)]


def _reject(state: Links, pair: str, command: RejectRelationship) -> list[LinkFact]:
    request = state.waiting.get(pair)
    if request is None:
        raise Refused("Nobody asks for this at the moment.", "request_unknown")
    _by_another(request, command.rejected_by)
    said: dict[str, Any] = command.model_dump() | {"words": (command.words or "").strip() or None}
    return [VisitorLinkRejected(**said, booker=request.booker)]


def _unapprove(state: Links, pair: str, command: UnapproveVisitor) -> list[LinkFact]:
    if not command.reason.strip():
        raise Refused("Please give a reason.", "reason_missing")
    if pair not in state.approved:
        return []
    said: dict[str, Any] = command.model_dump() | {"reason": command.reason.strip()}
    return [VisitorUnapproved(**said, booker=state.approved[pair])]


def _by_another(request: VisitorLinkRequested | None, officer: str) -> None:
    if request is not None and officer in (request.requested_by, request.booker, request.visitor):
        raise Refused("Somebody else decides on what you asked for.", "second_person")


def _answered(state: Links, pair: str) -> Links:
    return replace(state, waiting={key: one for key, one in state.waiting.items() if key != pair})
