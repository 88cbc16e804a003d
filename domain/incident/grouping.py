"""Which alerts of a call belong to one incident: the one fold that decisions and the queue share.

A call has at most one open incident. Whatever is raised while it is open belongs to it, until an officer
closes it. An incident of nothing but passing faults, of which nothing lasts, is over by itself.
"""

from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum
from typing import assert_never

from domain.call.events import CallInterrupted, CallPaused, CallResumed, PauseEscalated
from domain.clearance import Side
from domain.concern import ConcernClosed, ConcernRaised
from domain.incident.events import (
    AlertFact,
    IncidentClosed,
    IncidentFact,
    IncidentHandedBack,
    IncidentOutcome,
    IncidentTaken,
)
from domain.lifecycle import CallCompleted, CallTerminated
from domain.moderation.kind import Action, Severity
from domain.stream import ModerationLost, ModerationRestored
from domain.violation import ViolationRaised, ViolationReviewed


class AlertKind(StrEnum):
    """What an alert is about, and by that how it ends."""

    VIOLATION = "violation"  # until it was reviewed
    CONCERN = "concern"  # until it is closed: an incident may be closed before, for others go on with it
    ESCALATED = "escalated"  # until the call goes on or ends
    INTERRUPTED = "interrupted"
    UNCHECKED = "unchecked"  # until pictures are judged again


PASSING = frozenset({AlertKind.INTERRUPTED, AlertKind.UNCHECKED})
"""Faults that may end without anybody's doing."""


@dataclass(frozen=True)
class Alert:
    """One thing that needs an officer."""

    alert: str
    kind: AlertKind
    cause: str  # the key of its words
    severity: Severity
    side: Side | None
    since: datetime
    over_at: datetime | None = None


@dataclass(frozen=True)
class Incident:
    """The alerts of one call that belong together. Named after the alert that opened it."""

    call: str
    prison: str
    incident: str
    opened_at: datetime
    alerts: tuple[Alert, ...]
    taken_by: str | None = None
    taken_at: datetime | None = None
    done_at: datetime | None = None
    outcome: IncidentOutcome | None = None  # None when done: it passed by itself

    @property
    def severity(self) -> Severity:
        """That of its gravest alert."""
        return max(alert.severity for alert in self.alerts)

    @property
    def waiting(self) -> tuple[Alert, ...]:
        """What lasts, or was not reviewed: it has to be decided before the incident can be closed."""
        return tuple(a for a in self.alerts if a.over_at is None and a.kind is not AlertKind.CONCERN)


def after(incident: Incident | None, event: IncidentFact) -> Incident | None:
    """The newest incident of a call after an event; None: the call has had none."""
    match event:
        case ViolationRaised(action=Action.COACH):
            return incident  # the person concerned was told; nobody else has to do anything
        case ViolationRaised() | ConcernRaised() | PauseEscalated() | ModerationLost() | CallInterrupted():
            return _alerted(incident, event)
        case _ if incident is None or incident.done_at is not None:
            return incident
        case IncidentTaken(officer=officer, at=at):
            return replace(incident, taken_by=officer, taken_at=at)
        case IncidentHandedBack():
            return replace(incident, taken_by=None, taken_at=None)
        case IncidentClosed(outcome=outcome, at=at):
            return replace(incident, done_at=at, outcome=outcome)
        case ViolationReviewed(violation=violation):
            return _over(incident, event.at, {AlertKind.VIOLATION}, alert=violation)
        case ConcernClosed(concern=concern):
            return _over(incident, event.at, {AlertKind.CONCERN}, alert=concern)
        case ModerationRestored(side=side):
            return _over(incident, event.at, {AlertKind.UNCHECKED}, side=side)
        case CallPaused():
            return _over(incident, event.at, {AlertKind.INTERRUPTED})
        case CallResumed():
            return _over(incident, event.at, {AlertKind.INTERRUPTED, AlertKind.ESCALATED})
        case CallCompleted() | CallTerminated():
            return _over(incident, event.at, {*PASSING, AlertKind.ESCALATED})
        case _:
            assert_never(event)


def _alerted(incident: Incident | None, event: AlertFact) -> Incident:
    alert = _alert_of(event)
    if incident is None or incident.done_at is not None:
        return Incident(event.call, event.prison, alert.alert, event.at, (alert,))
    lasts = ((a.kind, a.side) for a in incident.alerts if a.over_at is None)
    known = alert.kind in {*PASSING, AlertKind.ESCALATED} and (alert.kind, alert.side) in lasts
    return incident if known else replace(incident, alerts=(*incident.alerts, alert))


def _alert_of(event: AlertFact) -> Alert:
    match event:
        case ViolationRaised(violation=name, kind=kind, severity=severity, side=side):
            return Alert(name, AlertKind.VIOLATION, kind.value, severity, side, event.at)
        case ConcernRaised(concern=name, kind=about):
            return Alert(name, AlertKind.CONCERN, about.value, Severity.CRITICAL, None, event.at)
        case PauseEscalated(cause=cause):
            return _unnamed(event, AlertKind.ESCALATED, cause, Severity.HIGH, None)
        case ModerationLost(cause=cause, side=side):
            return _unnamed(event, AlertKind.UNCHECKED, cause, Severity.HIGH, side)
        case CallInterrupted(cause=cause):
            return _unnamed(event, AlertKind.INTERRUPTED, cause, Severity.MEDIUM, None)
        case _:
            assert_never(event)


def _unnamed(event: AlertFact, kind: AlertKind, cause: str, severity: Severity, side: Side | None) -> Alert:
    """An alert that the machine gave no name: it is called by what it is, and the moment it began."""
    return Alert(f"{kind}-{event.at:%Y%m%dT%H%M%S%f}", kind, cause, severity, side, event.at)


def _over(
    incident: Incident, at: datetime, kinds: set[AlertKind], *, alert: str = "", side: Side | None = None
) -> Incident:
    def ends(one: Alert) -> bool:
        return one.kind in kinds and alert in ("", one.alert) and side in (None, one.side)

    alerts = tuple(
        replace(one, over_at=at) if one.over_at is None and ends(one) else one for one in incident.alerts
    )
    passed = all(one.kind in PASSING and one.over_at is not None for one in alerts)
    return replace(incident, alerts=alerts, done_at=at if passed else None)
