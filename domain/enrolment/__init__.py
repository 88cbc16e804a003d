"""Enrolment: which template stands for a person's face, on what lawful ground, and the way without one.

Nobody is matched on a call without a template, and no template is made without consent or, for a person in
prison, the prison's own record. Whoever withdraws consent or chooses to be checked by staff has no template
from that moment on; their calls are the same. A template is in the vault; its digest is the event.
"""

from domain.enrolment.commands import (
    ChooseNonBiometricRoute,
    EnrolFace,
    GiveConsent,
    RetireFace,
    WithdrawConsent,
)
from domain.enrolment.decisions import boundary, decide, evolve, initial
from domain.enrolment.events import (
    FACES,
    BiometricConsentGiven,
    BiometricConsentWithdrawn,
    FaceFact,
    FaceTemplateEnrolled,
    FaceTemplateRetired,
    LawfulBasis,
    NonBiometricRouteChosen,
    PhotographQuality,
    RetiredBecause,
)

__all__ = [
    "FACES",
    "BiometricConsentGiven",
    "BiometricConsentWithdrawn",
    "ChooseNonBiometricRoute",
    "EnrolFace",
    "FaceFact",
    "FaceTemplateEnrolled",
    "FaceTemplateRetired",
    "GiveConsent",
    "LawfulBasis",
    "NonBiometricRouteChosen",
    "PhotographQuality",
    "RetireFace",
    "RetiredBecause",
    "WithdrawConsent",
    "boundary",
    "decide",
    "evolve",
    "initial",
]
