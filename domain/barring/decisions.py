"""What follows from what is asked of barred faces."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import timedelta
from typing import Any, assert_never

from domain.barring.commands import (
    ApproveBarred,
    BarringCommand,
    LapseBarred,
    ProposeBarred,
    RejectBarred,
    RemoveBarred,
)
from domain.barring.events import (
    BARRING,
    BarredFaceApproved,
    BarredFaceProposed,
    BarredFaceRejected,
    BarredFaceRemoved,
    Barring,
    OverBecause,
)
from domain.barring.state import ALIVE, Entries, Entry, with_fact
from domain.decider import Boundary, about
from domain.event import Command, Refused
from domain.person import PersonRegistered
from domain.policy import Policy, PolicyPublished, in_effect
from domain.prisoner.events import STANDING, Standing
from domain.prisoner.record import Prisoner, told

BarringFact = Barring | PersonRegistered | Standing | PolicyPublished


@dataclass(frozen=True)
class BarringState:
    """The entry that is asked about; at its proposal also the prison's rules and where the person in prison is."""

    known: Entries = field(default_factory=dict)
    policies: tuple[PolicyPublished, ...] = ()
    prisoners: Mapping[str, Prisoner] = field(default_factory=dict)


initial = BarringState()


def boundary(command: BarringCommand) -> Boundary:
    """The entry; where it is proposed, the person in prison, every entry about them, and the policy."""
    if isinstance(command, ProposeBarred):
        return (
            about(f"barred_from:{command.barred_from}", *BARRING),
            about(f"person:{command.barred_from}", PersonRegistered, *STANDING),
            about(f"policy:{command.prison}", PolicyPublished),
        )
    return (about(f"barred:{command.barred}", *BARRING),)


def evolve(state: BarringState, event: BarringFact) -> BarringState:
    """What is known now."""
    match event:
        case PolicyPublished():
            return replace(state, policies=(*state.policies, event))
        case BarredFaceProposed() | BarredFaceApproved() | BarredFaceRejected() | BarredFaceRemoved():
            return replace(state, known=with_fact(state.known, event))
        case _:
            return replace(state, prisoners=told(state.prisoners, event))


def decide(state: BarringState, command: BarringCommand) -> list[Barring]:
    """What follows."""
    match command:
        case ProposeBarred():
            return _propose(state, command)
        case ApproveBarred():
            return _approve(state, command)
        case RejectBarred():
            return _reject(state, command)
        case RemoveBarred():
            return _remove(state, command)
        case LapseBarred():
            return _lapse(state, command)
        case _:
            assert_never(command)


def _propose(state: BarringState, command: ProposeBarred) -> list[Barring]:
    if command.barred in state.known:
        return []
    if state.prisoners.get(command.barred_from, Prisoner()).prison != command.prison:
        raise Refused("This person is not held in this prison.", "prisoner_elsewhere")
    held = in_effect(state.policies, command.at)
    rules = (Policy() if held is None else Policy.model_validate(held.document)).people
    if not 1 <= command.days <= rules.barred_days_max:
        raise Refused(
            f"A face may be barred for 1 to {rules.barred_days_max} days, and then again.", "barred_too_long"
        )
    alive = [one for one in state.known.values() if one.stands(command.at) in ALIVE]
    if len(alive) >= rules.barred_faces_max:
        raise Refused(
            f"At most {rules.barred_faces_max} faces are barred from one person’s calls. Please take one off first.",
            "barred_enough",
        )
    words = {
        "who": _said(command.who, "Please say who it is."),
        "necessity": _said(
            command.necessity, "Please say why it is necessary, and why nothing less would do."
        ),
    }
    return [BarredFaceProposed(**{**command.model_dump(), **words})]


def _approve(state: BarringState, command: ApproveBarred) -> list[Barring]:
    entry = _undecided(state, command.barred, command.prison)
    _by_another(entry, command.approved_by)
    return [
        BarredFaceApproved(
            **_of(entry, command),
            template=entry.template,
            approved_by=command.approved_by,
            until=command.at + timedelta(days=entry.days),
            consideration=_said(command.consideration, "Please say what you considered."),
        )
    ]


def _reject(state: BarringState, command: RejectBarred) -> list[Barring]:
    entry = _undecided(state, command.barred, command.prison)
    _by_another(entry, command.rejected_by)
    reason = _said(command.reason, "Please say why this is not signed.")
    return [BarredFaceRejected(**_of(entry, command), rejected_by=command.rejected_by, reason=reason)]


def _remove(state: BarringState, command: RemoveBarred) -> list[Barring]:
    """One person is enough: who is no longer compared with anybody cannot be wronged by it."""
    entry = _known(state, command.barred, command.prison)
    if entry.over is not None:
        return []
    reason = _said(command.reason, "Please say why it is taken off.")
    return [
        BarredFaceRemoved(
            **_of(entry, command),
            because=OverBecause.TAKEN_OFF,
            removed_by=command.removed_by,
            reason=reason,
        )
    ]


def _lapse(state: BarringState, command: LapseBarred) -> list[Barring]:
    """Noted once, when its time is really over."""
    entry = state.known.get(command.barred)
    if entry is None or entry.over is not None or entry.until is None or command.at < entry.until:
        return []
    return [BarredFaceRemoved(**_of(entry, command), because=OverBecause.LAPSED, removed_by=None)]


def _undecided(state: BarringState, barred: str, prison: str) -> Entry:
    entry = _known(state, barred, prison)
    if entry.over is not None or entry.until is not None:
        raise Refused("This was decided already.", "barred_decided")
    return entry


def _known(state: BarringState, barred: str, prison: str) -> Entry:
    entry = state.known.get(barred)
    if entry is None or entry.prison != prison:
        raise Refused("There is no such entry.", "barred_unknown")
    return entry


def _by_another(entry: Entry, person: str) -> None:
    if person == entry.proposed_by:
        raise Refused("Somebody else than the person who proposed it decides on this.", "second_person")


def _said(text: str, otherwise: str) -> str:
    if not text.strip():
        raise Refused(otherwise, "reason_missing")
    return text.strip()


def _of(entry: Entry, command: Command) -> dict[str, Any]:
    return {
        "at": command.at,
        "barred": entry.id,
        "prison": entry.prison,
        "barred_from": entry.barred_from,
    }
