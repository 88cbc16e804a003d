"""Appeals: somebody who was on a call asks that another person looks at what the prison decided about it.

A pause, the end of a call by staff, a sanction, or that a call counts as missed. Nobody reviews what they had a
part in. What was wrong is undone at once: a sanction is lifted, the time of the call is given back.

    lodge -> OPEN -- assign --> with an independent reviewer -- decide --> UPHELD, PARTLY, REJECTED
"""

from domain.appeal.commands import AssignAppeal, DecideAppeal, LodgeAppeal
from domain.appeal.decisions import boundary, decide
from domain.appeal.events import AppealAgainst, AppealAssigned, AppealDecided, AppealLodged, AppealOutcome
from domain.appeal.state import Matter, evolve, initial

__all__ = [
    "AppealAgainst",
    "AppealAssigned",
    "AppealDecided",
    "AppealLodged",
    "AppealOutcome",
    "AssignAppeal",
    "DecideAppeal",
    "LodgeAppeal",
    "Matter",
    "boundary",
    "decide",
    "evolve",
    "initial",
]
