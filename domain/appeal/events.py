"""What happens to an appeal."""

from datetime import date
from enum import StrEnum

from domain.event import CallEvent
from domain.lifecycle import Written


class AppealAgainst(StrEnum):
    """What somebody asks to be looked at again."""

    PAUSE = "pause"  # the pauses of the call
    TERMINATION = "termination"  # staff ended it
    SANCTION = "sanction"  # a warning or a sanction
    NO_SHOW = "no_show"  # it counts as missed


class AppealOutcome(StrEnum):
    """What the reviewer decided."""

    UPHELD = "upheld"  # it was wrong: what followed is undone, and what was found no longer counts
    PARTLY = "partly"  # what was found stands; what followed from it is undone
    REJECTED = "rejected"  # it stays as it is


class AppealLodged(CallEvent):
    """Somebody who was on the call asks that another person looks at it."""

    appeal: str
    lodged_by: str
    against: AppealAgainst
    sanction: str | None  # which one, of an appeal against a sanction
    decide_by: date  # the prison's own calendar
    words: Written = None


class AppealAssigned(CallEvent):
    """Somebody who had no part in it reviews it."""

    appeal: str
    reviewer: str
    assigned_by: str


class AppealDecided(CallEvent):
    """The reviewer's answer. The reasons are words for whoever lodged it."""

    appeal: str
    lodged_by: str
    against: AppealAgainst
    outcome: AppealOutcome
    decided_by: str
    overturned: tuple[str, ...]  # violations: their reviews stay on record, and no longer count
    reasons: Written = None
