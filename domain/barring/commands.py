"""What may be asked about barred faces."""

from domain.barring.events import BarringBasis, FaceSource
from domain.event import Command


class ProposeBarred(Command):
    """Ask that a face be recognised. The template was made and put away before."""

    barred: str
    prison: str
    barred_from: str
    template: str
    engine: str
    face_side_px: int
    basis: BarringBasis
    source: FaceSource
    days: int
    proposed_by: str
    who: str
    necessity: str


class ApproveBarred(Command):
    """Sign what somebody else proposed."""

    barred: str
    prison: str
    approved_by: str
    consideration: str


class RejectBarred(Command):
    """Do not sign it."""

    barred: str
    prison: str
    rejected_by: str
    reason: str


class RemoveBarred(Command):
    """Take it off the list, or take the proposal back."""

    barred: str
    prison: str
    removed_by: str
    reason: str


class LapseBarred(Command):
    """Note that its time is over. Sent by its deadline; an early one does nothing."""

    barred: str


BarringCommand = ProposeBarred | ApproveBarred | RejectBarred | RemoveBarred | LapseBarred
