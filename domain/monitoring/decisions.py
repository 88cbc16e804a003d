"""Asking for an authorisation, granting it, reviewing it, and its end."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Any

from domain.decider import Boundary, about
from domain.event import Command, Refused
from domain.monitoring.commands import (
    AskMonitoring,
    AuthoriseMonitoring,
    EndMonitoring,
    LapseMonitoring,
    MonitoringCommand,
    RejectMonitoring,
    ReviewMonitoring,
)
from domain.monitoring.events import (
    AUTHORISING,
    Authorising,
    MonitoringAsked,
    MonitoringAuthorised,
    MonitoringEnded,
    MonitoringKind,
    MonitoringLapsed,
    MonitoringRejected,
    MonitoringReview,
    MonitoringReviewed,
)
from domain.monitoring.state import Authorisation, with_fact
from domain.person import PersonRegistered
from domain.policy import Policy, PolicyPublished, in_effect
from domain.prisoner.events import STANDING, Standing
from domain.prisoner.record import Prisoner, told

MonitoringFact = Authorising | PolicyPublished | PersonRegistered | Standing


@dataclass(frozen=True)
class Monitoring:
    """The authorisation that is asked about, and what stands around it."""

    known: Mapping[str, Authorisation] = field(default_factory=dict)
    policies: tuple[PolicyPublished, ...] = ()
    prisoners: Mapping[str, Prisoner] = field(default_factory=dict)


initial = Monitoring()


def boundary(command: MonitoringCommand) -> Boundary:
    """The authorisation; where it is asked for, the person; where it gets a time, the policy."""
    own = about(f"authorisation:{command.authorisation}", *AUTHORISING)
    match command:
        case AskMonitoring():
            return (own, about(f"person:{command.monitored}", PersonRegistered, *STANDING))
        case AuthoriseMonitoring() | ReviewMonitoring():
            return (own, about(f"policy:{command.prison}", PolicyPublished))
        case _:
            return (own,)


def evolve(state: Monitoring, event: MonitoringFact) -> Monitoring:
    """What is known now."""
    match event:
        case PolicyPublished():
            return replace(state, policies=(*state.policies, event))
        case (
            MonitoringAsked()
            | MonitoringAuthorised()
            | MonitoringRejected()
            | MonitoringReviewed()
            | MonitoringEnded()
            | MonitoringLapsed()
        ):
            return replace(state, known=with_fact(state.known, event))
        case _:
            return replace(state, prisoners=told(state.prisoners, event))


def decide(state: Monitoring, command: MonitoringCommand) -> list[Authorising]:
    """What follows."""
    return _DECISIONS[type(command)](state, command)


def _ask(state: Monitoring, command: AskMonitoring) -> list[Authorising]:
    if command.authorisation in state.known:
        return []
    if state.prisoners.get(command.monitored, Prisoner()).prison != command.prison:
        raise Refused("This person is not held in this prison.", "prisoner_elsewhere")
    if not command.necessity.strip() or not command.proportionality.strip():
        raise Refused("Please say why this is necessary, and why it is proportionate.", "reason_missing")
    words = {
        "necessity": command.necessity.strip(),
        "proportionality": command.proportionality.strip(),
    }
    return [MonitoringAsked(**{**command.model_dump(), **words})]


def _authorise(state: Monitoring, command: AuthoriseMonitoring) -> list[Authorising]:
    asked = _undecided(state, command.authorisation, command.prison)
    _by_another(asked, command.authorised_by)
    consideration = _said(command.consideration, "Please say what you considered.")
    return [
        MonitoringAuthorised(
            **_whose(asked, command),
            kind=asked.kind,
            ground=asked.ground,
            asked_by=asked.asked_by,
            authorised_by=command.authorised_by,
            expires_at=_until(state, asked, command, command.days),
            consideration=consideration,
        )
    ]


def _reject(state: Monitoring, command: RejectMonitoring) -> list[Authorising]:
    asked = _undecided(state, command.authorisation, command.prison)
    _by_another(asked, command.rejected_by)
    reason = _said(command.reason, "Please say why this is not allowed.")
    return [MonitoringRejected(**_whose(asked, command), rejected_by=command.rejected_by, reason=reason)]


def _review(state: Monitoring, command: ReviewMonitoring) -> list[Authorising]:
    live = _live(state, command.authorisation, command.prison, command.at)
    _by_another(live, command.reviewed_by)
    reason = _said(command.reason, "Please say what the review found.")
    goes_on = command.result is MonitoringReview.CONTINUE
    if goes_on and command.days is None:
        raise Refused("Please say for how many days it goes on.", "days_missing")
    expires_at = _until(state, live, command, command.days or 0) if goes_on else None
    return [
        MonitoringReviewed(
            **_whose(live, command),
            result=command.result,
            expires_at=expires_at,
            reviewed_by=command.reviewed_by,
            reason=reason,
        )
    ]


def _end(state: Monitoring, command: EndMonitoring) -> list[Authorising]:
    live = _live(state, command.authorisation, command.prison, command.at)
    reason = _said(command.reason, "Please say why it ends.")
    return [MonitoringEnded(**_whose(live, command), ended_by=command.ended_by, reason=reason)]


def _lapse(state: Monitoring, command: LapseMonitoring) -> list[Authorising]:
    """Noted once, when its time is really over: a review may have moved it."""
    found = state.known.get(command.authorisation)
    if found is None or found.until is None or found.ended or found.lapsed or command.at < found.until:
        return []
    return [MonitoringLapsed(**_whose(found, command))]


def _undecided(state: Monitoring, authorisation: str, prison: str) -> Authorisation:
    found = _known(state, authorisation, prison)
    if found.rejected or found.granted_at is not None:
        raise Refused("This was decided already.", "monitoring_decided")
    return found


def _live(state: Monitoring, authorisation: str, prison: str, at: datetime) -> Authorisation:
    found = _known(state, authorisation, prison)
    if not found.live(at):
        raise Refused("This authorisation is not in force. Please ask for a new one.", "monitoring_over")
    return found


def _known(state: Monitoring, authorisation: str, prison: str) -> Authorisation:
    found = state.known.get(authorisation)
    if found is None or found.prison != prison:
        raise Refused("There is no such authorisation.", "monitoring_unknown")
    return found


def _by_another(asked: Authorisation, person: str) -> None:
    if person == asked.asked_by:
        raise Refused("Somebody else than the person who asked decides on this.", "second_person")


def _until(state: Monitoring, asked: Authorisation, command: Command, days: int) -> datetime:
    held = in_effect(state.policies, command.at)
    rules = (Policy() if held is None else Policy.model_validate(held.document)).monitoring
    days_max = {
        MonitoringKind.OFFENCE: rules.offence_days_max,
        MonitoringKind.INTELLIGENCE: rules.intelligence_days_max,
        MonitoringKind.RANDOM: rules.random_days_max,
        MonitoringKind.LEGAL_IMAGE_ONLY: rules.legal_days_max,
    }[asked.kind]
    if not 1 <= days <= days_max:
        raise Refused(f"This may be authorised for 1 to {days_max} days.", "monitoring_too_long")
    return command.at + timedelta(days=days)


def _said(text: str, otherwise: str) -> str:
    if not text.strip():
        raise Refused(otherwise, "reason_missing")
    return text.strip()


def _whose(of: Authorisation, command: Command) -> dict[str, Any]:
    return {"at": command.at, "authorisation": of.id, "prison": of.prison, "monitored": of.monitored}


_DECISIONS: Mapping[type[Command], Callable[[Monitoring, Any], list[Any]]] = {
    AskMonitoring: _ask,
    AuthoriseMonitoring: _authorise,
    RejectMonitoring: _reject,
    ReviewMonitoring: _review,
    EndMonitoring: _end,
    LapseMonitoring: _lapse,
}
