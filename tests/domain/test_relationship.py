"""A relationship: a booker asks for it, and the prison that holds the person answers."""

from typing import Any

import pytest

from domain import relationship
from domain.event import Event
from domain.person import ParticipantAdded, PersonKind, PersonRegistered
from domain.policy import Policy, PolicyPublished
from domain.prisoner.events import PrisonerReleased, PrisonerTransferred
from domain.relationship import (
    ApproveRelationship,
    RejectRelationship,
    RelationshipApproved,
    RequestLink,
    UnapproveVisitor,
    VisitorLinkRejected,
    VisitorLinkRequested,
    VisitorUnapproved,
)
from tests.asked import ask
from tests.facts import OFFICER, PRISONER, VISITOR, fact
from tests.scenario import given


def somebody(person: str, kind: PersonKind = PersonKind.VISITOR) -> PersonRegistered:
    return fact(PersonRegistered, -9000, person=person, kind=kind, prison=None, number=())


prisoner = fact(PersonRegistered, -9000)
visitor = somebody(VISITOR)
both: list[Event] = [prisoner, visitor]
requested = fact(VisitorLinkRequested, -60)
approved = fact(RelationshipApproved)
answered = fact(RelationshipApproved, booker=(VISITOR,))
rejected = fact(VisitorLinkRejected)


# Approving


def test_a_prison_approves_a_visitor_for_somebody_it_holds() -> None:
    given(relationship, *both).when(ask(ApproveRelationship)).then(approved)


def test_a_second_approval_changes_nothing() -> None:
    given(relationship, *both, approved).when(ask(ApproveRelationship)).then_nothing()


def test_a_prison_approves_nobody_for_a_prisoner_of_another_prison() -> None:
    elsewhere = fact(PersonRegistered, prison="LEI")
    given(relationship, elsewhere, visitor).when(ask(ApproveRelationship)).then_refused("prisoner_elsewhere")


def test_the_prison_to_which_somebody_was_transferred_decides() -> None:
    moved = fact(PrisonerTransferred, to_prison="LEI")
    given(relationship, *both, moved).when(ask(ApproveRelationship)).then_refused("prisoner_elsewhere")
    there = ask(ApproveRelationship, prison="LEI")
    given(relationship, *both, moved).when(there).then(fact(RelationshipApproved, prison="LEI"))


def test_nobody_is_approved_for_somebody_who_was_released() -> None:
    free = fact(PrisonerReleased)
    given(relationship, *both, free).when(ask(ApproveRelationship)).then_refused("prisoner_elsewhere")


def test_nobody_unknown_is_approved() -> None:
    given(relationship, prisoner).when(ask(ApproveRelationship)).then_refused("visitor_unknown")


def test_an_unknown_prisoner_has_no_visitors() -> None:
    given(relationship, visitor).when(ask(ApproveRelationship)).then_refused("prisoner_elsewhere")


def test_a_visitor_is_not_taken_for_the_prisoner() -> None:
    swapped = ask(ApproveRelationship, prisoner=VISITOR, visitor=PRISONER)
    given(relationship, *both).when(swapped).then_refused("prisoner_elsewhere")


def test_two_prisoners_have_no_relationship() -> None:
    other = fact(PersonRegistered, person="prisoner-2", number=("8e2d",))
    given(relationship, prisoner, other).when(ask(ApproveRelationship, visitor="prisoner-2")).then_refused(
        "visitor_unknown"
    )


def test_an_officer_is_nobodys_visitor() -> None:
    officer = somebody(VISITOR, PersonKind.STAFF)
    given(relationship, prisoner, officer).when(ask(ApproveRelationship)).then_refused("visitor_unknown")


def test_one_relationship_says_nothing_of_another() -> None:
    other = fact(RelationshipApproved, visitor="visitor-2")
    given(relationship, *both, other).when(ask(ApproveRelationship)).then(approved)


# Asking


def test_a_visitor_asks_to_call_somebody() -> None:
    given(relationship, *both).when(ask(RequestLink, -60)).then(requested)


def test_a_booker_asks_for_somebody_they_answer_for() -> None:
    child = {"visitor": "child-1", "booker": VISITOR}
    history = [*both, somebody("child-1"), fact(ParticipantAdded)]
    given(relationship, *history).when(ask(RequestLink, **child)).then(fact(VisitorLinkRequested, **child))


def test_nobody_asks_for_somebody_they_do_not_answer_for() -> None:
    command = ask(RequestLink, visitor="child-1")
    of_another = fact(ParticipantAdded, booker="visitor-2")
    given(relationship, *both, somebody("child-1"), of_another).when(command).then_refused("not_participant")


def test_the_same_request_again_changes_nothing() -> None:
    given(relationship, *both, requested).when(ask(RequestLink)).then_nothing()


def test_what_another_booker_asked_for_is_not_asked_for_twice() -> None:
    of_another = fact(VisitorLinkRequested, booker="visitor-2")
    given(relationship, *both, of_another).when(ask(RequestLink)).then_refused("link_waiting")


def test_what_was_approved_is_not_asked_for() -> None:
    given(relationship, *both, approved).when(ask(RequestLink)).then_refused("link_approved")


@pytest.mark.parametrize(
    "history", [[requested, rejected], [approved, fact(VisitorUnapproved)]], ids=["rejected", "ended"]
)
def test_what_was_rejected_or_ended_may_be_asked_for_again(history: list[Event]) -> None:
    given(relationship, *both, *history).when(ask(RequestLink, -60)).then(requested)


def _asked_for(number: int, **changes: Any) -> VisitorLinkRequested:
    return fact(VisitorLinkRequested, -600, prisoner=f"other-{number}", **changes)


def test_a_booker_waits_for_at_most_six_decisions() -> None:
    six = [_asked_for(number, prison="LEI") for number in range(6)]
    given(relationship, *both, *six).when(ask(RequestLink)).then_refused("link_requests_max")
    given(relationship, *both, *six[:5]).when(ask(RequestLink, -60)).then(requested)


def test_an_answer_makes_room_for_another_request() -> None:
    six = [_asked_for(number) for number in range(6)]
    no = fact(VisitorLinkRejected, prisoner="other-3")
    yes = fact(RelationshipApproved, prisoner="other-3", booker=(VISITOR,))
    given(relationship, *both, *six, no).when(ask(RequestLink, -60)).then(requested)
    given(relationship, *both, *six, yes).when(ask(RequestLink, -60)).then(requested)


def test_the_prison_says_how_many_requests_may_wait() -> None:
    document = Policy().merged({"people": {"link_requests_max": 1}}).document()
    policy = fact(PolicyPublished, -9000, document=document)
    given(relationship, *both, policy, _asked_for(1)).when(ask(RequestLink)).then_refused("link_requests_max")


def test_requests_of_others_take_nobodys_room() -> None:
    others = [_asked_for(number, booker="visitor-2") for number in range(6)]
    given(relationship, *both, *others).when(ask(RequestLink, -60)).then(requested)


def test_nobody_asks_to_call_somebody_whom_the_prison_does_not_hold() -> None:
    given(relationship, *both, fact(PrisonerReleased)).when(ask(RequestLink)).then_refused(
        "prisoner_elsewhere"
    )


# Answering


def test_an_approval_answers_the_request() -> None:
    given(relationship, *both, requested).when(ask(ApproveRelationship)).then(answered)
    given(relationship, *both, requested, answered).when(ask(RejectRelationship)).then_refused(
        "request_unknown"
    )


def test_a_rejection_goes_back_with_its_reason_and_words() -> None:
    given(relationship, *both, requested).when(ask(RejectRelationship)).then(rejected)


def test_a_request_is_rejected_once() -> None:
    history = [*both, requested, rejected]
    given(relationship, *history).when(ask(RejectRelationship)).then_refused("request_unknown")


def test_what_nobody_asked_for_is_not_rejected() -> None:
    given(relationship, *both).when(ask(RejectRelationship)).then_refused("request_unknown")


@pytest.mark.parametrize(
    "command",
    [ask(ApproveRelationship, approved_by="clerk-1"), ask(RejectRelationship, rejected_by="clerk-1")],
    ids=["approves", "rejects"],
)
def test_nobody_decides_on_what_they_asked_for(command: ApproveRelationship | RejectRelationship) -> None:
    at_the_desk = fact(VisitorLinkRequested, requested_by="clerk-1")
    given(relationship, *both, at_the_desk).when(command).then_refused("second_person")


# Ending


def test_an_approval_is_taken_away_with_a_reason() -> None:
    given(relationship, *both, answered).when(ask(UnapproveVisitor)).then(
        fact(VisitorUnapproved, booker=(VISITOR,))
    )


def test_without_a_reason_an_approval_stands() -> None:
    given(relationship, *both, approved).when(ask(UnapproveVisitor, reason=" ")).then_refused(
        "reason_missing"
    )


def test_what_was_not_approved_cannot_be_taken_away() -> None:
    given(relationship, *both).when(ask(UnapproveVisitor)).then_nothing()
    ended = [approved, fact(VisitorUnapproved, unapproved_by=OFFICER)]
    given(relationship, *both, *ended).when(ask(UnapproveVisitor)).then_nothing()


def test_after_an_end_the_prison_may_approve_again() -> None:
    history = [*both, approved, fact(VisitorUnapproved)]
    given(relationship, *history).when(ask(ApproveRelationship)).then(approved)
