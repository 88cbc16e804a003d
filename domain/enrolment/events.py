"""What can happen to the templates by which a person is known on a call."""

from datetime import date
from enum import StrEnum
from typing import ClassVar

from pydantic import BaseModel, ConfigDict

from domain.event import Event


class LawfulBasis(StrEnum):
    """Why a face may be processed (UK GDPR article 9, Data Protection Act 2018)."""

    CONSENT = "consent"
    PRISON_RECORD = "prison_record"  # the prisoner's reference photograph, held by law


class RetiredBecause(StrEnum):
    """Why a template no longer stands for anybody."""

    CONSENT_WITHDRAWN = "consent_withdrawn"
    NON_BIOMETRIC_ROUTE = "non_biometric_route"
    REPLACED = "replaced"
    ASKED = "asked"  # by the person
    POOR_PHOTOGRAPH = "poor_photograph"


class PhotographQuality(BaseModel):
    """How well the face is seen in the photograph from which a template was made."""

    model_config = ConfigDict(frozen=True, extra="forbid")
    sharpness: int  # 1/10,000
    brightness: int  # mean of the face, 0 to 255
    turn: int  # 1/10,000 of the eye distance: 0 is frontal, beyond 5,000 a profile


class BiometricConsentGiven(Event):
    """Somebody agreed that their face is processed, and knew of the way without it."""

    TAGS: ClassVar = ("person",)
    person: str
    lawful_basis: LawfulBasis
    alternative_offered: bool


class BiometricConsentWithdrawn(Event):
    """Somebody no longer agrees. Every template of them is retired in the same append."""

    TAGS: ClassVar = ("person",)
    person: str


class NonBiometricRouteChosen(Event):
    """Somebody is checked by staff instead, with the same calls as everybody else."""

    TAGS: ClassVar = ("person",)
    person: str
    chosen_by: str  # the person, or an officer to whom they said so


class FaceTemplateEnrolled(Event):
    """A photograph became a template. Nobody is matched on a call without one."""

    TAGS: ClassVar = ("person",)
    person: str
    template: str  # vault reference: sha256 of the template
    photograph: str  # sha256 of the photograph; the photograph itself is not kept
    engine: str  # name and digest of the model that made the template
    lawful_basis: LawfulBasis
    face_side_px: int  # side of the face in the photograph, pixels
    quality: PhotographQuality | None = None  # None: not measured
    photographed_on: date | None = None  # of a photograph from the prison's record


class FaceTemplateRetired(Event):
    """A template no longer stands for this person."""

    TAGS: ClassVar = ("person",)
    person: str
    template: str
    because: RetiredBecause


FaceFact = (
    BiometricConsentGiven
    | BiometricConsentWithdrawn
    | NonBiometricRouteChosen
    | FaceTemplateEnrolled
    | FaceTemplateRetired
)
"""Everything that says by what a person may be known."""

FACES: tuple[type[FaceFact], ...] = (
    BiometricConsentGiven,
    BiometricConsentWithdrawn,
    NonBiometricRouteChosen,
    FaceTemplateEnrolled,
    FaceTemplateRetired,
)
