"""Sensitive pictures: hidden from staff until one of them asks, says why, and is on record as having seen it.

Where the prison wants two people, the first asks, the second agrees, and only then the first is shown it.
Being shown one harms; the record of it protects those who have to look.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import timedelta
from typing import Any, assert_never

from domain.call.events import CallResumed
from domain.clearance import Side
from domain.decider import Boundary, about
from domain.event import CallEvent, Command, Refused
from domain.lifecycle import CallCompleted, CallTerminated, Written
from domain.moderation.kind import Kind
from domain.policy import Policy, PolicyPublished, in_effect
from domain.policy.staff import StaffPolicy
from domain.texts import NEUTRAL_TO_BOTH
from domain.violation import ViolationCleared, ViolationRaised


class RevealAsked(CallEvent):
    """An officer asks to be shown a hidden picture; a second one has to agree."""

    reveal: str
    side: Side
    kind: Kind
    officer: str
    reason: Written = None


class RevealAgreed(CallEvent):
    """A second officer agrees that the first is shown it."""

    reveal: str
    officer: str


class SensitiveImageRevealed(CallEvent):
    """An officer is shown one hidden picture."""

    reveal: str
    side: Side
    kind: Kind  # for which it was hidden
    officer: str
    second: str | None  # who agreed; the reason stands where it was asked
    reason: Written = None


RevealEvent = RevealAsked | RevealAgreed | SensitiveImageRevealed


class AskReveal(Command):
    """Ask to be shown the newest picture of one side."""

    call: str
    prison: str
    reveal: str
    side: Side
    officer: str
    reason: str


class AgreeReveal(Command):
    """Agree that whoever asked is shown it."""

    call: str
    prison: str
    reveal: str
    officer: str


class ShowRevealed(Command):
    """Be shown what a second officer agreed to."""

    call: str
    prison: str
    reveal: str
    officer: str


RevealCommand = AskReveal | AgreeReveal | ShowRevealed


@dataclass(frozen=True)
class Hidden:
    """What is hidden in the call, who asked for it, and who agreed."""

    found: Mapping[str, ViolationRaised] = field(default_factory=dict)
    asked: Mapping[str, RevealAsked] = field(default_factory=dict)
    agreed: Mapping[str, RevealAgreed] = field(default_factory=dict)
    shown: frozenset[str] = frozenset()
    policies: tuple[PolicyPublished, ...] = ()

    def on(self, side: Side) -> ViolationRaised | None:
        """The gravest finding for which a side's picture is hidden: its own, or the other side's."""
        found = sorted(self.found.values(), key=lambda one: (one.side is side, one.severity))
        return found[-1] if found else None


initial = Hidden()

HidingFact = ViolationRaised | ViolationCleared | CallResumed | CallCompleted | CallTerminated


def boundary(command: RevealCommand) -> Boundary:
    """What was found in the call and how it stands, what was asked, and the prison's policy."""
    return (
        about(
            f"call:{command.call}",
            ViolationRaised,
            ViolationCleared,
            CallResumed,
            CallCompleted,
            CallTerminated,
            RevealAsked,
            RevealAgreed,
            SensitiveImageRevealed,
        ),
        about(f"policy:{command.prison}", PolicyPublished),
    )


def hides(event: ViolationRaised) -> bool:
    """Whether the pictures of its call are hidden from staff because of it."""
    return event.kind.value in NEUTRAL_TO_BOTH


def evolve(state: Hidden, event: HidingFact | RevealEvent | PolicyPublished) -> Hidden:
    """What is hidden now."""
    match event:
        case ViolationRaised(violation=violation):
            return replace(state, found={**state.found, violation: event}) if hides(event) else state
        case ViolationCleared(violation=violation):
            return replace(state, found={k: v for k, v in state.found.items() if k != violation})
        case CallResumed() | CallCompleted() | CallTerminated():
            return replace(state, found={})
        case RevealAsked(reveal=reveal):
            return replace(state, asked={**state.asked, reveal: event})
        case RevealAgreed(reveal=reveal):
            return replace(state, agreed={**state.agreed, reveal: event})
        case SensitiveImageRevealed(reveal=reveal):
            return replace(state, shown=state.shown | {reveal})
        case PolicyPublished():
            return replace(state, policies=(*state.policies, event))
        case _:
            assert_never(event)


def decide(state: Hidden, command: RevealCommand) -> list[RevealEvent]:
    """Shown at once, asked for, agreed to, or refused."""
    match command:
        case AskReveal():
            return _ask(state, command)
        case AgreeReveal():
            return _agree(state, command)
        case ShowRevealed():
            return _show(state, command)
        case _:
            assert_never(command)


def _ask(state: Hidden, command: AskReveal) -> list[RevealEvent]:
    found = _hidden(state, command.side)
    if not command.reason.strip():
        raise Refused("Please say why you have to see it.", "reason_missing")
    fields = {
        "reveal": command.reveal,
        "side": command.side,
        "kind": found.kind,
        "officer": command.officer,
        "reason": command.reason.strip(),
    }
    if _rules(state, command).reveal_two_people:
        return [RevealAsked(**_of(command), **fields)]
    return [SensitiveImageRevealed(**_of(command), **fields, second=None)]


def _agree(state: Hidden, command: AgreeReveal) -> list[RevealEvent]:
    asked = _asked(state, command.reveal)
    _hidden(state, asked.side)
    if asked.officer == command.officer:
        raise Refused("Somebody else has to agree to it.", "second_person")
    if command.reveal in state.agreed:
        return []
    return [RevealAgreed(**_of(command), reveal=command.reveal, officer=command.officer)]


def _show(state: Hidden, command: ShowRevealed) -> list[RevealEvent]:
    asked, agreed = _asked(state, command.reveal), state.agreed.get(command.reveal)
    _hidden(state, asked.side)
    if asked.officer != command.officer:
        raise Refused("Only whoever asked is shown the picture.", "reveal_not_yours")
    if command.reveal in state.shown:
        raise Refused("This was shown already. Please ask again to see another picture.", "reveal_shown")
    if agreed is None:
        raise Refused("A second officer has not agreed to it yet.", "reveal_not_agreed")
    if command.at - agreed.at > timedelta(minutes=_rules(state, command).reveal_within_minutes):
        raise Refused("This was agreed to too long ago. Please ask again.", "reveal_old")
    return [
        SensitiveImageRevealed(
            **_of(command),
            reveal=command.reveal,
            side=asked.side,
            kind=asked.kind,
            officer=command.officer,
            second=agreed.officer,
        )
    ]


def _hidden(state: Hidden, side: Side) -> ViolationRaised:
    found = state.on(side)
    if found is None:
        raise Refused("No picture of this call is hidden at the moment.", "nothing_hidden")
    return found


def _asked(state: Hidden, reveal: str) -> RevealAsked:
    asked = state.asked.get(reveal)
    if asked is None:
        raise Refused("Nobody asked for this picture.", "reveal_unknown")
    return asked


def _rules(state: Hidden, command: RevealCommand) -> StaffPolicy:
    held = in_effect(state.policies, command.at)
    return StaffPolicy() if held is None else Policy.model_validate(held.document).staff


def _of(command: RevealCommand) -> dict[str, Any]:
    return {"at": command.at, "call": command.call, "prison": command.prison}
