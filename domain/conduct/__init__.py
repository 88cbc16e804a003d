"""Conduct: what follows for somebody from a violation that an officer looked at and confirmed.

A warning first, then sanctions for a number of days, step by step up the ladder of the prison's policy. A
person decides, never the machine alone; while a sanction holds, its person takes part in no call.

    violation -- confirmed by an officer --> warning, sanction -- lifted by another officer, or on appeal --> over
"""

from domain.conduct.commands import LiftSanction, TakeMeasure
from domain.conduct.decisions import boundary, decide, due_step, evolve, initial
from domain.conduct.events import LiftedBecause, Measure, SanctionImposed, SanctionLifted, WarningIssued

__all__ = [
    "LiftSanction",
    "LiftedBecause",
    "Measure",
    "SanctionImposed",
    "SanctionLifted",
    "TakeMeasure",
    "WarningIssued",
    "boundary",
    "decide",
    "due_step",
    "evolve",
    "initial",
]
