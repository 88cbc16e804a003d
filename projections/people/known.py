"""What is known of a person, of a link and of evidence of identity, as staff are told it."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from domain.identity.events import DocumentKind
from domain.person import PersonKind
from domain.relationship.events import Relation


class LinkStatus(StrEnum):
    """What became of a link."""

    REQUESTED = "requested"
    APPROVED = "approved"
    REJECTED = "rejected"
    ENDED = "ended"


class EvidenceStatus(StrEnum):
    """What became of evidence of identity."""

    NONE = "none"
    WAITING = "waiting"
    VERIFIED = "verified"
    REJECTED = "rejected"


class KnownBy(StrEnum):
    """By what somebody is known on a call."""

    FACE = "face"
    STAFF = "staff"  # the way without biometrics: staff check
    NOTHING = "nothing"


@dataclass(frozen=True)
class Known:
    """What is known of a person; None where nobody said."""

    person: str
    kind: PersonKind | None
    prison: str | None  # where they were registered; None for visitors
    known_since: datetime | None
    bookers: tuple[str, ...]  # who answer for them
    guardian: str | None
    consent: bool
    known_by: KnownBy
    identity: EvidenceStatus


@dataclass(frozen=True)
class Link:
    """One pair, with what is known of the visitor. `version` is the position of the newest event about it."""

    prisoner: str
    visitor: str
    prison: str  # that holds the person in prison, or held them last: it decides
    status: LinkStatus
    relation: Relation | None  # None: staff approved it unasked
    booker: str | None
    asked_at: datetime | None
    answered_at: datetime | None
    answered_by: str | None
    because: str | None
    version: int
    of_visitor: Known


@dataclass(frozen=True)
class Evidence:
    """The newest evidence of a person. The distance is of the selfie to the document's face, 1/10,000."""

    person: str
    evidence: str
    prison: str
    document_kind: DocumentKind
    selfie: bool
    distance: int | None  # None: not compared
    threshold: int | None
    submitted_by: str
    submitted_at: datetime
    status: EvidenceStatus
    answered_at: datetime | None
    answered_by: str | None
    because: str | None
    version: int

    @property
    def differs(self) -> bool | None:
        """Whether the two faces are too far apart to be one person's; None: not compared."""
        if self.distance is None or self.threshold is None:
            return None
        return self.distance > self.threshold
