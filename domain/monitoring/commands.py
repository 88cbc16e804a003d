"""What may be asked about monitoring somebody's calls."""

from domain.event import Command
from domain.monitoring.events import Ground, MonitoringKind, MonitoringReview


class AskMonitoring(Command):
    """Ask to monitor the calls of somebody in this prison."""

    authorisation: str
    prison: str
    monitored: str
    kind: MonitoringKind
    ground: Ground
    asked_by: str
    necessity: str
    proportionality: str


class AuthoriseMonitoring(Command):
    """Allow it for so many days."""

    authorisation: str
    prison: str
    days: int
    authorised_by: str
    consideration: str


class RejectMonitoring(Command):
    """Do not allow it."""

    authorisation: str
    prison: str
    rejected_by: str
    reason: str


class ReviewMonitoring(Command):
    """Say whether it goes on, and for how many days from now."""

    authorisation: str
    prison: str
    result: MonitoringReview
    days: int | None = None
    reviewed_by: str
    reason: str


class EndMonitoring(Command):
    """Take it back at once."""

    authorisation: str
    prison: str
    ended_by: str
    reason: str


class LapseMonitoring(Command):
    """Note that its time is over. Sent by its deadline; an early one does nothing."""

    authorisation: str


MonitoringCommand = (
    AskMonitoring
    | AuthoriseMonitoring
    | RejectMonitoring
    | ReviewMonitoring
    | EndMonitoring
    | LapseMonitoring
)
