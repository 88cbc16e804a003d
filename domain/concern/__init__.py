"""A concern: somebody on a call, or who watches it, asks for help. The other side is told nothing.

A safeguarding lead takes it, refers it to whoever can help, and closes it with what came of it. While one is
open the record of its call is not closed, and the evidence of the call is kept.

    raise -> OPEN -- assign --> TAKEN -- refer --> (as often as needed) -- close --> CLOSED
"""

from domain.concern.commands import AssignConcern, CloseConcern, RaiseConcern, ReferConcern
from domain.concern.decisions import boundary, decide, evolve, initial
from domain.concern.events import (
    PAUSES,
    ConcernAbout,
    ConcernAssigned,
    ConcernClosed,
    ConcernKind,
    ConcernOutcome,
    ConcernRaised,
    ConcernReferred,
    ReferredTo,
)

__all__ = [
    "PAUSES",
    "AssignConcern",
    "CloseConcern",
    "ConcernAbout",
    "ConcernAssigned",
    "ConcernClosed",
    "ConcernKind",
    "ConcernOutcome",
    "ConcernRaised",
    "ConcernReferred",
    "RaiseConcern",
    "ReferConcern",
    "ReferredTo",
    "boundary",
    "decide",
    "evolve",
    "initial",
]
