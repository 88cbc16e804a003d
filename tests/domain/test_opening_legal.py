"""How the sides of a call with a lawyer are checked: by nobody, or their pictures under an authorisation."""

from datetime import timedelta
from typing import Any

import pytest

from domain import waiting_room
from domain.booking.events import CallBooked
from domain.clearance import ClearanceMode, Side, Tap
from domain.enrolment import FaceTemplateEnrolled
from domain.event import Event
from domain.monitoring.events import MonitoringAuthorised, MonitoringEnded, MonitoringKind
from domain.policy import PolicyPublished
from domain.timetable.events import CallType, SessionOpened
from domain.waiting_room.commands import (
    AdmitParticipant,
    JoinAsMonitor,
    OpenWaitingRoom,
    ReportIdentity,
    StartCall,
)
from domain.waiting_room.events import (
    AdmissionBasis,
    ClearanceModeSet,
    Expected,
    ParticipantAdmitted,
    ParticipantArrived,
    WaitingRoomOpened,
)
from tests.asked import ask
from tests.facts import AUTHORISATION, NOON, PRISONER, VISITOR, fact
from tests.scenario import given

EARLY = -900
around: list[Event] = [
    fact(SessionOpened, -86_400),
    fact(PolicyPublished, -86_400),
    fact(FaceTemplateEnrolled, -86_400, person=PRISONER, template="sha256:aa"),
    fact(FaceTemplateEnrolled, -86_400, person=VISITOR, template="sha256:bb"),
]
lawyers = [fact(CallBooked, -86_400, call_type=CallType.LEGAL), *around]
images = fact(MonitoringAuthorised, -3600, kind=MonitoringKind.LEGAL_IMAGE_ONLY)


def room(*history: Event, at: float = EARLY) -> WaitingRoomOpened:
    (opened,) = given(waiting_room, *history).when(ask(OpenWaitingRoom, at)).outcome()
    assert isinstance(opened, WaitingRoomOpened)
    return opened


def test_a_call_with_a_lawyer_is_read_by_nobody_and_no_template_is_looked_up() -> None:
    opened = room(*lawyers)
    assert opened.prisoner == Expected(persons=(PRISONER,), faces=(), mode=ClearanceMode.OPEN)
    assert opened.visitor == Expected(persons=(VISITOR,), faces=(), mode=ClearanceMode.OPEN)
    assert (opened.confidential, opened.authorisation, opened.monitor_required) == (True, None, False)
    assert not opened.staff_may_listen


@pytest.mark.parametrize("kind", [kind for kind in CallType if kind is not CallType.LEGAL])
def test_every_other_call_is_judged(kind: CallType) -> None:
    opened = room(fact(CallBooked, -86_400, call_type=kind), *around, images)
    assert {opened.prisoner.mode, opened.visitor.mode} == {ClearanceMode.MATCH}
    assert (opened.confidential, opened.authorisation) == (False, None)
    assert opened.staff_may_listen is (kind is CallType.SOCIAL)


def test_under_an_authorisation_for_its_pictures_they_are_judged() -> None:
    opened = room(*lawyers, images)
    assert {opened.prisoner.mode, opened.visitor.mode} == {ClearanceMode.IMAGE_ONLY}
    assert [face.template for face in opened.visitor.faces] == ["sha256:bb"]
    assert (opened.authorisation, opened.authorised_until) == (AUTHORISATION, images.expires_at)


def test_somebody_without_a_template_is_counted_in_it() -> None:
    opened = room(*lawyers[:-1], images)
    assert (opened.visitor.mode, opened.visitor.faces) == (ClearanceMode.IMAGE_ONLY, ())


@pytest.mark.parametrize(
    "grant",
    [
        [fact(MonitoringAuthorised, -3600)],
        [fact(MonitoringAuthorised, -3600, kind=MonitoringKind.LEGAL_IMAGE_ONLY, prison="LEI")],
        [images, fact(MonitoringEnded, -1000)],
        [images.model_copy(update={"expires_at": NOON + timedelta(seconds=EARLY)})],
        [images.model_copy(update={"monitored": "prisoner-2"})],
    ],
    ids=["for other calls", "of another prison", "taken back", "time over", "of somebody else"],
)
def test_no_other_authorisation_opens_its_pictures(grant: list[Event]) -> None:
    assert room(*lawyers, *grant).visitor.mode is ClearanceMode.OPEN


def test_what_is_granted_later_does_not_change_an_open_room() -> None:
    opened = room(*lawyers)
    history = [*lawyers, opened, fact(ParticipantArrived), fact(MonitoringAuthorised, -60, kind=images.kind)]
    mode_set = given(waiting_room, *history).when(ask(AdmitParticipant, -30)).outcome()[1]
    assert isinstance(mode_set, ClearanceModeSet)
    assert mode_set.mode is ClearanceMode.OPEN


# Admission


def _admitted(opened: WaitingRoomOpened, at: float, **changes: Any) -> list[Event]:
    history = [opened, fact(ParticipantArrived)]
    return given(waiting_room, *history).when(ask(AdmitParticipant, at, **changes)).outcome()


def test_staff_admit_each_side_and_it_is_said_that_nobody_reads_it() -> None:
    assert _admitted(room(*lawyers), -30) == [
        fact(ParticipantAdmitted, -30, basis=AdmissionBasis.STAFF),
        fact(ClearanceModeSet, -30, mode=ClearanceMode.OPEN, cause="confidential", taps=()),
    ]


def test_under_an_authorisation_it_is_said_who_reads_it() -> None:
    assert _admitted(room(*lawyers, images), -30)[1] == fact(
        ClearanceModeSet,
        -30,
        mode=ClearanceMode.IMAGE_ONLY,
        cause="images_authorised",
        taps=(Tap.SAMPLER, Tap.STAFF_PICTURE),
    )


def test_an_authorisation_that_ran_out_in_the_waiting_room_reads_nothing() -> None:
    short = images.model_copy(update={"expires_at": NOON - timedelta(seconds=60)})
    mode_set = _admitted(room(*lawyers, short), -30)[1]
    assert isinstance(mode_set, ClearanceModeSet)
    assert (mode_set.mode, mode_set.taps) == (ClearanceMode.OPEN, ())


def test_a_side_whose_taps_were_closed_is_admitted_as_it_is_now() -> None:
    closed = fact(ClearanceModeSet, -60, mode=ClearanceMode.OPEN, cause="authorisation_ended", taps=())
    history = [room(*lawyers, images), fact(ParticipantArrived), closed]
    mode_set = given(waiting_room, *history).when(ask(AdmitParticipant, -30)).outcome()[1]
    assert isinstance(mode_set, ClearanceModeSet)
    assert (mode_set.mode, mode_set.cause) == (ClearanceMode.OPEN, "confidential")


def test_nobody_is_admitted_to_it_by_a_face() -> None:
    for opened in (room(*lawyers), room(*lawyers, images)):
        given(waiting_room, opened, fact(ParticipantArrived)).when(ask(ReportIdentity)).then_nothing()


def test_it_starts_without_a_monitor_and_nobody_can_be_one() -> None:
    opened = room(*lawyers)
    both = [fact(ParticipantAdmitted, -30, side=side) for side in Side]
    assert given(waiting_room, opened, *both).when(ask(StartCall)).outcome()
    given(waiting_room, opened).when(ask(JoinAsMonitor)).then_refused("no_tap")
    assert given(waiting_room, room(*lawyers, images)).when(ask(JoinAsMonitor)).outcome()
