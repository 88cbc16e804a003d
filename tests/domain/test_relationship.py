"""A relationship: the prison approves that a visitor calls somebody who is held there."""

from domain import relationship
from domain.person import PersonKind, PersonRegistered
from domain.relationship import ApproveRelationship, RelationshipApproved
from tests.asked import ask
from tests.facts import PRISONER, VISITOR, fact
from tests.scenario import given

prisoner = fact(PersonRegistered)
visitor = fact(PersonRegistered, person=VISITOR, kind=PersonKind.VISITOR, prison=None, number=())
approved = fact(RelationshipApproved)


def test_a_prison_approves_a_visitor_for_somebody_it_holds() -> None:
    given(relationship, prisoner, visitor).when(ask(ApproveRelationship)).then(approved)


def test_a_second_approval_changes_nothing() -> None:
    given(relationship, prisoner, visitor, approved).when(ask(ApproveRelationship)).then_nothing()


def test_a_prison_approves_nobody_for_a_prisoner_of_another_prison() -> None:
    elsewhere = fact(PersonRegistered, prison="LEI")
    given(relationship, elsewhere, visitor).when(ask(ApproveRelationship)).then_refused("prisoner_elsewhere")


def test_nobody_unknown_is_approved() -> None:
    given(relationship, prisoner).when(ask(ApproveRelationship)).then_refused("visitor_unknown")


def test_an_unknown_prisoner_has_no_visitors() -> None:
    given(relationship, visitor).when(ask(ApproveRelationship)).then_refused("prisoner_elsewhere")


def test_a_visitor_is_not_taken_for_the_prisoner() -> None:
    swapped = ask(ApproveRelationship, prisoner=VISITOR, visitor=PRISONER)
    given(relationship, prisoner, visitor).when(swapped).then_refused("prisoner_elsewhere")


def test_two_prisoners_have_no_relationship() -> None:
    other = fact(PersonRegistered, person="prisoner-2", number=("8e2d",))
    given(relationship, prisoner, other).when(ask(ApproveRelationship, visitor="prisoner-2")).then_refused(
        "visitor_unknown"
    )


def test_an_officer_is_nobodys_visitor() -> None:
    officer = fact(PersonRegistered, person=VISITOR, kind=PersonKind.STAFF, number=())
    given(relationship, prisoner, officer).when(ask(ApproveRelationship)).then_refused("visitor_unknown")


def test_one_relationship_says_nothing_of_another() -> None:
    other = fact(RelationshipApproved, visitor="visitor-2")
    given(relationship, prisoner, visitor, other).when(ask(ApproveRelationship)).then(approved)
