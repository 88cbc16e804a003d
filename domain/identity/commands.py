"""What may be asked about who a visitor is."""

from domain.event import Command
from domain.identity.events import (
    DocumentKind,
    GuardianRelation,
    IdentityRejectedBecause,
)


class SubmitEvidence(Command):
    """Give a document, and a selfie with its measured distance to the face in the document."""

    prison: str
    person: str
    evidence: str
    document_kind: DocumentKind
    document: str
    selfie: str | None = None
    distance: int | None = None
    engine: str | None = None
    submitted_by: str


class VerifyIdentity(Command):
    """Say that the evidence shows who this person is."""

    prison: str
    person: str
    evidence: str
    verified_by: str


class RejectIdentity(Command):
    """Say that it does not, and why."""

    prison: str
    person: str
    evidence: str
    because: IdentityRejectedBecause
    rejected_by: str
    note: str | None = None


class VouchForChild(Command):
    """Answer for a child. Both ages were looked up; `prisons` are those whose rules count for the two."""

    child: str
    guardian: str
    relation: GuardianRelation
    child_age: int | None
    guardian_age: int | None
    prisons: tuple[str, ...] = ()


IdentityCommand = SubmitEvidence | VerifyIdentity | RejectIdentity | VouchForChild
