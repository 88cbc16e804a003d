"""By what one person may be known now: also for decisions of others that rest on it."""

from dataclasses import dataclass, replace
from typing import assert_never

from domain.enrolment.events import (
    BiometricConsentGiven,
    BiometricConsentWithdrawn,
    FaceFact,
    FaceTemplateEnrolled,
    FaceTemplateRetired,
    NonBiometricRouteChosen,
)


@dataclass(frozen=True)
class Enrolment:
    """A person's consent, their templates in the order of enrolment, and whether they are only counted."""

    consents: bool = False
    counted: bool = False  # withdrew consent, or chose to be checked by staff
    templates: tuple[str, ...] = ()  # vault references; without those that were retired

    @property
    def matched_by(self) -> tuple[str, ...]:
        """The templates by which the person may be known on a call; none: they are counted."""
        return () if self.counted else self.templates


def known_by(enrolment: Enrolment, event: FaceFact) -> Enrolment:
    """By what the person may be known after the event."""
    match event:
        case BiometricConsentGiven():
            return replace(enrolment, consents=True, counted=False)
        case BiometricConsentWithdrawn() | NonBiometricRouteChosen():
            return replace(enrolment, consents=False, counted=True)
        case FaceTemplateEnrolled(template=template):
            return replace(enrolment, templates=(*enrolment.templates, template))
        case FaceTemplateRetired(template=template):
            return replace(enrolment, templates=tuple(one for one in enrolment.templates if one != template))
        case _:
            assert_never(event)
