"""Enrolment: which template stands for a person's face. The template is in the vault; its digest is the event."""

from dataclasses import dataclass, replace
from enum import StrEnum
from typing import ClassVar, assert_never

from domain.decider import Boundary, about
from domain.event import Command, Event, Refused
from domain.person import PersonRegistered


class LawfulBasis(StrEnum):
    """Why a face may be processed (UK GDPR article 9, Data Protection Act 2018)."""

    CONSENT = "consent"
    PRISON_RECORD = "prison_record"  # the prisoner's reference photograph, held by law


class FaceTemplateEnrolled(Event):
    """A photograph became a template. Nobody is matched on a call without one."""

    TAGS: ClassVar = ("person",)
    person: str
    template: str  # vault reference: sha256 of the template
    photograph: str  # sha256 of the photograph; the photograph itself is not kept
    engine: str  # name and digest of the model that made the template
    lawful_basis: LawfulBasis
    face_side_px: int  # side of the face in the photograph, pixels


class EnrolFace(Command):
    """Store that this template stands for this person. Templates were made and put away before."""

    person: str
    template: str
    photograph: str
    engine: str
    lawful_basis: LawfulBasis
    face_side_px: int


@dataclass(frozen=True)
class Enrolment:
    """Whether the person exists, and the templates in the order of their enrolment."""

    registered: bool = False
    templates: tuple[str, ...] = ()


initial = Enrolment()


def boundary(command: EnrolFace) -> Boundary:
    """Everything about this person's identity."""
    return (about(f"person:{command.person}", PersonRegistered, FaceTemplateEnrolled),)


def evolve(state: Enrolment, event: PersonRegistered | FaceTemplateEnrolled) -> Enrolment:
    """Remember the person and each template."""
    match event:
        case PersonRegistered():
            return replace(state, registered=True)
        case FaceTemplateEnrolled(template=template):
            return replace(state, templates=(*state.templates, template))
        case _:
            assert_never(event)


def decide(state: Enrolment, command: EnrolFace) -> list[FaceTemplateEnrolled]:
    """The enrolment; the same template twice changes nothing."""
    if not state.registered:
        raise Refused("This person is not registered.", "person_unknown")
    if command.template in state.templates:
        return []
    return [FaceTemplateEnrolled(**command.model_dump())]
