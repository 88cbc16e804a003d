"""What may be asked about somebody's conduct."""

from pydantic import Field

from domain.event import Command


class TakeMeasure(Command):
    """Warn somebody, or impose a sanction, for a violation that was confirmed."""

    call: str
    prison: str
    sanction: str
    person: str
    violation: str
    days: int = Field(ge=0, le=3660)  # 0: a warning
    taken_by: str
    reason: str


class LiftSanction(Command):
    """Let a warning or a sanction no longer count."""

    call: str
    sanction: str
    lifted_by: str
    reason: str


ConductCommand = TakeMeasure | LiftSanction
