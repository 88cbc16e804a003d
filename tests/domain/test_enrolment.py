"""Enrolment: a template stands for a registered person."""

from domain import enrolment
from domain.enrolment import EnrolFace, FaceTemplateEnrolled
from domain.person import PersonRegistered
from tests.asked import ask
from tests.facts import fact
from tests.scenario import given

registered = fact(PersonRegistered)
enrolled = fact(FaceTemplateEnrolled)


def test_a_face_is_enrolled_for_a_registered_person() -> None:
    given(enrolment, registered).when(ask(EnrolFace)).then(enrolled)


def test_nobody_unknown_is_enrolled() -> None:
    other = fact(PersonRegistered, person="visitor-1")
    given(enrolment, other).when(ask(EnrolFace)).then_refused("person_unknown")


def test_the_same_template_again_changes_nothing() -> None:
    given(enrolment, registered, enrolled).when(ask(EnrolFace)).then_nothing()


def test_a_person_may_have_several_templates() -> None:
    second = ask(EnrolFace, template="sha256:ab")
    given(enrolment, registered, enrolled).when(second).then(fact(FaceTemplateEnrolled, template="sha256:ab"))
    both = [enrolled, fact(FaceTemplateEnrolled, template="sha256:ab")]
    given(enrolment, registered, *both).when(ask(EnrolFace)).then_nothing()
