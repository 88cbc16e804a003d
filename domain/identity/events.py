"""What can happen on the way to knowing who a visitor is."""

from enum import StrEnum
from typing import Annotated, ClassVar

from domain.event import Event, Personal, PrisonEvent, Purpose

Words = Annotated[str | None, Personal(of="person", purpose=Purpose.IDENTITY)]


class DocumentKind(StrEnum):
    """What kind of document shows who somebody is."""

    PASSPORT = "passport"
    DRIVING_LICENCE = "driving_licence"
    IDENTITY_CARD = "identity_card"
    BIRTH_CERTIFICATE = "birth_certificate"  # for children
    OTHER = "other"


class IdentityRejectedBecause(StrEnum):
    """Why evidence was not enough: sent back in words that say what to do."""

    PHOTO_UNCLEAR = "photo_unclear"
    DOCUMENT_EXPIRED = "document_expired"
    NAME_DIFFERS = "name_differs"
    SELFIE_DIFFERS = "selfie_differs"
    DOCUMENT_NOT_ACCEPTED = "document_not_accepted"


class GuardianRelation(StrEnum):
    """What the adult who answers for a child is to it."""

    PARENT = "parent"
    GRANDPARENT = "grandparent"
    SIBLING = "sibling"
    CARER = "carer"
    FOSTER_CARER = "foster_carer"
    SOCIAL_WORKER = "social_worker"
    OTHER = "other"


class IdentityEvidenceSubmitted(PrisonEvent):
    """Somebody gave a document and a picture of themselves; both are in the vault. The prison is to decide."""

    TAGS: ClassVar = ("person",)
    person: str
    evidence: str
    document_kind: DocumentKind
    document: str  # vault reference
    selfie: str | None  # vault reference; None on the route without biometrics
    distance: int | None  # selfie to the face in the document, 1/10,000; None: not compared
    threshold: int | None  # of the prison's policy: beyond it the two are said to differ
    engine: str | None
    submitted_by: str


class IdentityVerified(PrisonEvent):
    """An officer found that the evidence shows who this person is."""

    TAGS: ClassVar = ("person",)
    person: str
    evidence: str
    verified_by: str


class IdentityRejected(PrisonEvent):
    """An officer found that it does not; the reason goes back to the person."""

    TAGS: ClassVar = ("person",)
    person: str
    evidence: str
    because: IdentityRejectedBecause
    rejected_by: str
    note: Words = None


class GuardianVouchedForChild(Event):
    """An adult answers for a child: no document and no template of the child is needed."""

    TAGS: ClassVar = ("person",)
    person: str  # the child
    guardian: str
    relation: GuardianRelation
