"""Authorisations as they stand: folded the same way by every decision that rests on them."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import assert_never

from domain.monitoring.events import (
    Authorising,
    Ground,
    MonitoringAsked,
    MonitoringAuthorised,
    MonitoringEnded,
    MonitoringKind,
    MonitoringLapsed,
    MonitoringRejected,
    MonitoringReview,
    MonitoringReviewed,
)


@dataclass(frozen=True)
class Authorisation:
    """One authorisation. Whether it is live is a comparison of times, never a note that somebody made."""

    id: str
    prison: str
    monitored: str
    kind: MonitoringKind
    ground: Ground
    asked_by: str
    granted_at: datetime | None = None
    until: datetime | None = None  # the first moment at which nothing rests on it any more
    rejected: bool = False
    ended: bool = False  # before its time
    lapsed: bool = False  # noted

    def live(self, at: datetime) -> bool:
        """Whether something may rest on it at this moment."""
        granted = self.granted_at is not None and self.granted_at <= at
        return granted and self.until is not None and at < self.until


Authorisations = Mapping[str, Authorisation]


def with_fact(known: Authorisations, event: Authorising) -> Authorisations:
    """The authorisations after the event, by their id."""
    before = known.get(event.authorisation)
    match event:
        case MonitoringAsked():
            after = _asked(event)
        case MonitoringAuthorised(at=at, expires_at=expires_at):
            after = replace(before or _asked(event), granted_at=at, until=expires_at)
        case _ if before is None:
            return known
        case MonitoringRejected():
            after = replace(before, rejected=True)
        case MonitoringReviewed(result=MonitoringReview.CONTINUE, expires_at=expires_at):
            after = replace(before, until=expires_at)
        case MonitoringReviewed(at=at) | MonitoringEnded(at=at):
            after = replace(before, until=at, ended=True)
        case MonitoringLapsed():
            after = replace(before, lapsed=True)
        case _:
            assert_never(event)
    return {**known, after.id: after}


def covering(
    known: Authorisations, monitored: str, prison: str, at: datetime, *, legal: bool
) -> Authorisation | None:
    """The authorisation on which monitoring this person's call at this moment may rest; the longest first.

    One for calls with a lawyer says nothing about other calls, and no other says anything about those.
    """
    found: Iterable[Authorisation] = (
        one
        for one in known.values()
        if (one.monitored, one.prison) == (monitored, prison)
        and (one.kind is MonitoringKind.LEGAL_IMAGE_ONLY) is legal
        and one.live(at)
    )
    return max(found, key=lambda one: (one.until or at, one.id), default=None)


def _asked(event: MonitoringAsked | MonitoringAuthorised) -> Authorisation:
    return Authorisation(
        event.authorisation, event.prison, event.monitored, event.kind, event.ground, event.asked_by
    )
