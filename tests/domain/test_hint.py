"""What a device says of itself: it proves nothing, is listened to now and then, and stops nothing."""

import pytest

from domain import hint
from domain.clearance import Side
from domain.event import Event
from domain.hint import ClientHintReported, HintKind, ReportHint
from domain.lifecycle import CallCompleted, CallStarted, CallTerminated
from domain.policy import CallPolicy
from domain.stream import CoachingShown
from tests.asked import ask
from tests.facts import fact
from tests.scenario import given

started = fact(CallStarted)
first = fact(ClientHintReported, 5)


def asked_of(kind: HintKind, seconds: float, side: Side = Side.VISITOR) -> CoachingShown:
    """What that side reads on its own screen."""
    ms = round(seconds * 1000)
    return fact(
        CoachingShown, seconds, side=side, kind=kind.value, text_key=f"coach.{kind.value}", media_ms=ms
    )


@pytest.mark.parametrize("kind", list(HintKind))
def test_a_hint_is_recorded_as_untrusted_and_the_person_is_asked(kind: HintKind) -> None:
    said = fact(ClientHintReported, 5, kind=kind)
    assert said.trusted is False
    given(hint, started).when(ask(ReportHint, 5, kind=kind)).then(said, asked_of(kind, 5))


def test_the_same_again_within_a_minute_is_nothing_new() -> None:
    given(hint, started, first).when(ask(ReportHint, 64.9)).then_nothing()
    again = fact(ClientHintReported, 65)
    given(hint, started, first).when(ask(ReportHint, 65)).then(again, asked_of(HintKind.SCREEN_CAPTURE, 65))


def test_how_often_a_device_is_listened_to_is_policy() -> None:
    patient = fact(CallStarted, rules=CallPolicy(hint_every_s=300))
    given(hint, patient, first).when(ask(ReportHint, 65)).then_nothing()


def test_another_thing_or_the_other_side_is_listened_to_at_once() -> None:
    camera = HintKind.SECOND_CAMERA
    other = fact(ClientHintReported, 6, kind=camera)
    given(hint, started, first).when(ask(ReportHint, 6, kind=camera)).then(other, asked_of(camera, 6))
    theirs = fact(ClientHintReported, 6, side=Side.PRISONER)
    asked = asked_of(HintKind.SCREEN_CAPTURE, 6, Side.PRISONER)
    given(hint, started, first).when(ask(ReportHint, 6, side=Side.PRISONER)).then(theirs, asked)


def test_before_the_start_there_is_no_call_to_hint_at() -> None:
    given(hint).when(ask(ReportHint)).then_refused("call_not_started")


@pytest.mark.parametrize("end", [fact(CallCompleted, 60), fact(CallTerminated, 60)])
def test_after_the_end_nobody_listens(end: Event) -> None:
    given(hint, started, end).when(ask(ReportHint, 70)).then_nothing()
