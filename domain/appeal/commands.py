"""What may be asked of an appeal."""

from domain.appeal.events import AppealAgainst, AppealOutcome
from domain.event import Command


class LodgeAppeal(Command):
    """Ask that another person looks at what was decided about one's own call."""

    call: str
    prison: str
    appeal: str
    lodged_by: str
    against: AppealAgainst
    sanction: str | None = None
    words: str


class AssignAppeal(Command):
    """Let somebody review an appeal."""

    call: str
    appeal: str
    reviewer: str
    assigned_by: str


class DecideAppeal(Command):
    """Answer an appeal."""

    call: str
    prison: str
    appeal: str
    outcome: AppealOutcome
    decided_by: str
    reasons: str


AppealCommand = LodgeAppeal | AssignAppeal | DecideAppeal
