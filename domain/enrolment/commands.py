"""What may be asked about the templates of a person."""

from datetime import date

from domain.enrolment.events import LawfulBasis, PhotographQuality, RetiredBecause
from domain.event import Command


class GiveConsent(Command):
    """Agree that one's face is processed."""

    person: str
    alternative_offered: bool


class WithdrawConsent(Command):
    """No longer agree."""

    person: str


class ChooseNonBiometricRoute(Command):
    """Be checked by staff instead."""

    person: str
    chosen_by: str


class EnrolFace(Command):
    """Store that this template stands for this person. Templates were made and put away before.

    `age` was looked up; `prisons` are those whose rules count for the person.
    """

    person: str
    template: str
    photograph: str
    engine: str
    lawful_basis: LawfulBasis
    face_side_px: int
    quality: PhotographQuality | None = None
    photographed_on: date | None = None
    age: int | None
    prisons: tuple[str, ...] = ()
    replaces: bool = False  # the templates that the person had before are retired


class RetireFace(Command):
    """Let a template no longer stand for a person."""

    person: str
    template: str
    because: RetiredBecause


EnrolmentCommand = GiveConsent | WithdrawConsent | ChooseNonBiometricRoute | EnrolFace | RetireFace
