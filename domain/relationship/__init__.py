"""A relationship: this visitor may call this prisoner, because the prison approved it.

A booker asks for it, for themselves or for somebody they answer for, and only a few such requests of one
booker wait at a time. An officer of the prison that holds the person approves or rejects it, with a reason
that goes back, and may take an approval away again.

    request -> WAITING -- approve --> APPROVED -- unapprove --> (may be asked for again)
                       -- reject  --> (may be asked for again)
"""

from domain.relationship.commands import (
    ApproveRelationship,
    RejectRelationship,
    RequestLink,
    UnapproveVisitor,
)
from domain.relationship.decisions import boundary, decide, evolve, initial
from domain.relationship.events import (
    LINKS,
    ApprovalBasis,
    LinkFact,
    LinkRejectedBecause,
    Relation,
    RelationshipApproved,
    VisitorLinkRejected,
    VisitorLinkRequested,
    VisitorUnapproved,
)

__all__ = [
    "LINKS",
    "ApprovalBasis",
    "ApproveRelationship",
    "LinkFact",
    "LinkRejectedBecause",
    "RejectRelationship",
    "Relation",
    "RelationshipApproved",
    "RequestLink",
    "UnapproveVisitor",
    "VisitorLinkRejected",
    "VisitorLinkRequested",
    "VisitorUnapproved",
    "boundary",
    "decide",
    "evolve",
    "initial",
]
