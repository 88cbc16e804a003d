"""What may be asked about a visitor and a person in prison."""

from domain.event import Command
from domain.relationship.events import ApprovalBasis, LinkRejectedBecause, Relation


class RequestLink(Command):
    """Ask that a visitor may call somebody who is held in this prison."""

    prison: str
    prisoner: str
    visitor: str
    booker: str
    relation: Relation
    requested_by: str


class ApproveRelationship(Command):
    """Approve that a visitor calls a prisoner of this prison; answers a request, should there be one."""

    prison: str
    prisoner: str
    visitor: str
    approved_by: str
    basis: ApprovalBasis = ApprovalBasis.STAFF


class RejectRelationship(Command):
    """Say no to a request, and why."""

    prison: str
    prisoner: str
    visitor: str
    rejected_by: str
    because: LinkRejectedBecause
    words: str | None = None


class UnapproveVisitor(Command):
    """No longer let these two call each other."""

    prison: str
    prisoner: str
    visitor: str
    unapproved_by: str
    reason: str


LinkCommand = RequestLink | ApproveRelationship | RejectRelationship | UnapproveVisitor
