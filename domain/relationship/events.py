"""What can happen between a visitor and a person in prison."""

from enum import StrEnum
from typing import Annotated, ClassVar

from domain.event import Personal, PrisonEvent, Purpose

Words = Annotated[str | None, Personal(of="visitor", purpose=Purpose.IDENTITY)]


class ApprovalBasis(StrEnum):
    """Who or what approved."""

    AUTO = "auto"  # a rule of the prison's policy
    STAFF = "staff"


class Relation(StrEnum):
    """What a visitor is to the person in prison."""

    PARTNER = "partner"
    PARENT = "parent"
    CHILD = "child"
    SIBLING = "sibling"
    GRANDPARENT = "grandparent"
    GRANDCHILD = "grandchild"
    OTHER_RELATIVE = "other_relative"
    FRIEND = "friend"
    CARER = "carer"
    LAWYER = "lawyer"
    PROBATION = "probation"
    OTHER = "other"


class LinkRejectedBecause(StrEnum):
    """Why a visitor was not approved. Said to the booker, so it tells nothing of anybody else."""

    NOT_ON_VISITOR_LIST = "not_on_visitor_list"
    IDENTITY_NOT_SHOWN = "identity_not_shown"
    DETAILS_DIFFER = "details_differ"
    NOT_ALLOWED = "not_allowed"  # on purpose it says no more: a court order or somebody's wish stays hidden


class LinkEvent(PrisonEvent):
    """Something that happened between a visitor and a person in prison."""

    TAGS: ClassVar[tuple[str, ...]] = ("relationship",)
    prisoner: str
    visitor: str

    @property
    def relationship(self) -> str:
        """The pair, prisoner first: `prisoner/visitor`."""
        return f"{self.prisoner}/{self.visitor}"


class VisitorLinkRequested(LinkEvent):
    """A booker asks that a visitor may call somebody."""

    TAGS: ClassVar = ("relationship", "linked", "booker")
    booker: str
    relation: Relation
    requested_by: str  # the booker, or an officer for them

    @property
    def linked(self) -> str:
        """The visitor, by whom their links are found."""
        return self.visitor


class RelationshipApproved(LinkEvent):
    """The prison lets these two call each other."""

    TAGS: ClassVar = ("relationship", "linked", "booker")
    basis: ApprovalBasis
    approved_by: str
    linked: tuple[str, ...] = ()  # the visitor, by whom their links are found
    booker: tuple[str, ...] = ()  # whose request it answers; none: nobody had asked


class VisitorLinkRejected(LinkEvent):
    """The prison does not let these two call each other; the reason goes back to the booker."""

    TAGS: ClassVar = ("relationship", "linked", "booker")
    booker: str
    because: LinkRejectedBecause
    rejected_by: str
    words: Words = None

    @property
    def linked(self) -> str:
        """The visitor, by whom their links are found."""
        return self.visitor


class VisitorUnapproved(LinkEvent):
    """The prison no longer lets these two call each other."""

    TAGS: ClassVar = ("relationship", "linked", "booker")
    unapproved_by: str
    reason: Words = None
    booker: tuple[str, ...] = ()  # whose request had been approved

    @property
    def linked(self) -> str:
        """The visitor, by whom their links are found."""
        return self.visitor


LinkFact = VisitorLinkRequested | RelationshipApproved | VisitorLinkRejected | VisitorUnapproved

LINKS: tuple[type[LinkFact], ...] = (
    VisitorLinkRequested,
    RelationshipApproved,
    VisitorLinkRejected,
    VisitorUnapproved,
)
