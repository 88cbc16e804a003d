"""The opening of a waiting room: who is matched by which template, and who is counted."""

import pytest

from domain import waiting_room
from domain.barring.events import BarredFaceApproved, BarredFaceProposed, BarredFaceRemoved
from domain.booking.events import CallBooked
from domain.clearance import ClearanceMode
from domain.enrolment import (
    BiometricConsentGiven,
    BiometricConsentWithdrawn,
    FaceTemplateEnrolled,
    FaceTemplateRetired,
    NonBiometricRouteChosen,
)
from domain.event import Event
from domain.policy import PolicyPublished
from domain.timetable.events import SessionOpened
from domain.waiting_room.commands import OpenWaitingRoom
from domain.waiting_room.events import WaitingRoomOpened
from tests.asked import ask
from tests.facts import BARRED, PRISONER, VISITOR, fact
from tests.scenario import given

BOOKED: list[Event] = [
    fact(PolicyPublished, -99_000),
    fact(SessionOpened, -98_000),
    fact(CallBooked, -86_400),
    fact(FaceTemplateEnrolled, -80_000),
    fact(BiometricConsentGiven, -80_000),
    fact(FaceTemplateEnrolled, -79_000, person=VISITOR, template="sha256:bb"),
    fact(FaceTemplateEnrolled, -78_000, person=VISITOR, template="sha256:b2"),
]


def _room(*later: Event) -> WaitingRoomOpened:
    (opened,) = given(waiting_room, *BOOKED, *later).when(ask(OpenWaitingRoom, -900)).outcome()
    assert isinstance(opened, WaitingRoomOpened)
    return opened


def _retired(template: str) -> FaceTemplateRetired:
    return fact(FaceTemplateRetired, -5000, person=VISITOR, template=template)


def test_people_are_matched_by_every_template_that_stands_for_them() -> None:
    opened = _room()
    assert [face.template for face in opened.visitor.faces] == ["sha256:bb", "sha256:b2"]
    assert (opened.prisoner.mode, opened.visitor.mode) == (ClearanceMode.MATCH, ClearanceMode.MATCH)
    assert not opened.monitor_required


def test_nobody_is_matched_by_a_template_that_was_retired() -> None:
    opened = _room(_retired("sha256:bb"))
    assert [face.template for face in opened.visitor.faces] == ["sha256:b2"]


def test_whose_last_template_was_retired_is_counted() -> None:
    opened = _room(_retired("sha256:bb"), _retired("sha256:b2"))
    assert (opened.visitor.faces, opened.visitor.mode) == ((), ClearanceMode.COUNT)


@pytest.mark.parametrize(
    "said_no",
    [fact(BiometricConsentWithdrawn, -5000), fact(NonBiometricRouteChosen, -5000)],
    ids=["withdrawn", "other_route"],
)
def test_whoever_said_no_is_counted_whatever_templates_there_were(said_no: Event) -> None:
    opened = _room(said_no)
    assert (opened.visitor.faces, opened.visitor.mode) == ((), ClearanceMode.COUNT)
    assert opened.prisoner.mode is ClearanceMode.MATCH
    assert opened.monitor_required


def test_a_person_in_prison_who_said_no_is_counted_too() -> None:
    opened = _room(fact(NonBiometricRouteChosen, -5000, person=PRISONER))
    assert (opened.prisoner.mode, opened.visitor.mode) == (ClearanceMode.COUNT, ClearanceMode.MATCH)


def test_whoever_agrees_again_is_matched_again() -> None:
    again = fact(BiometricConsentGiven, -4000)
    opened = _room(fact(BiometricConsentWithdrawn, -5000), _retired("sha256:bb"), again)
    assert [face.template for face in opened.visitor.faces] == ["sha256:b2"]


def test_the_room_pins_the_faces_that_are_barred_from_the_call() -> None:
    on_list = (fact(BarredFaceProposed, -7000), fact(BarredFaceApproved, -6000))
    assert _room().barred == ()
    assert _room(on_list[0]).barred == (), "nobody has signed it"
    assert [one.barred for one in _room(*on_list).barred] == [BARRED]
    assert _room(*on_list, fact(BarredFaceRemoved, -5000)).barred == ()


def test_where_visitors_are_only_counted_nobody_is_compared_with_the_list() -> None:
    on_list = (fact(BarredFaceProposed, -7000), fact(BarredFaceApproved, -6000))
    assert _room(*on_list, _retired("sha256:bb"), _retired("sha256:b2")).barred == ()
