"""What may be asked of a concern."""

from domain.concern.events import ConcernAbout, ConcernKind, ConcernOutcome, ReferredTo
from domain.event import Command


class RaiseConcern(Command):
    """Ask for help, silently; say what one saw; or what the checks found."""

    call: str
    concern: str
    kind: ConcernKind
    raised_by: str | None
    about: ConcernAbout | None = None
    note: str = ""


class AssignConcern(Command):
    """Let somebody answer for a concern."""

    call: str
    concern: str
    assigned_to: str
    assigned_by: str


class ReferConcern(Command):
    """Put on record that somebody outside was told."""

    call: str
    concern: str
    referred_to: ReferredTo
    referred_by: str
    note: str


class CloseConcern(Command):
    """Say what came of it."""

    call: str
    concern: str
    outcome: ConcernOutcome
    closed_by: str
    note: str


ConcernCommand = RaiseConcern | AssignConcern | ReferConcern | CloseConcern
