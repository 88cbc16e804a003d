"""A picture is left out only of somebody verified, on a bad line or by their own wish, and for a few minutes."""

from datetime import timedelta

import pytest

from domain import audio_only
from domain.audio_only import (
    AudioOnlyBecause,
    AudioOnlyEntered,
    AudioOnlyLeft,
    EnterAudioOnly,
    LeaveAudioOnly,
    PictureBecause,
)
from domain.clearance import Side
from domain.event import Event
from domain.lifecycle import CallCompleted, CallStarted
from domain.network import Grade, Way
from domain.stream import QualityDegraded, QualityRecovered, StreamReleased
from domain.waiting_room.events import ParticipantAdmitted
from tests.asked import ask
from tests.facts import NOON, fact
from tests.scenario import given

BAD, CHOICE = AudioOnlyBecause.BAD_LINE, AudioOnlyBecause.CHOICE
live: tuple[Event, ...] = (fact(ParticipantAdmitted, -60), fact(CallStarted))
bad_line = fact(QualityDegraded, 20)
until = NOON + timedelta(seconds=330)
entered = fact(AudioOnlyEntered, 30, cause=BAD, until=until)


def test_a_bad_line_carries_sound_alone_for_five_minutes_at_most() -> None:
    given(audio_only, *live, bad_line).when(ask(EnterAudioOnly, 30, cause=BAD)).then(entered)


def test_the_line_of_whoever_sees_the_picture_counts_too() -> None:
    theirs = fact(QualityDegraded, 20, side=Side.PRISONER, way=Way.TO_SIDE)
    given(audio_only, *live, theirs).when(ask(EnterAudioOnly, 30, cause=BAD)).then(entered)


@pytest.mark.parametrize(
    "line",
    [
        (),
        (fact(QualityDegraded, 20, grade=Grade.POOR),),
        (bad_line, fact(QualityRecovered, 25)),
        (fact(QualityDegraded, 20, way=Way.TO_SIDE),),
    ],
)
def test_no_machine_leaves_a_picture_out_whose_line_is_not_bad_on_record(line: tuple[Event, ...]) -> None:
    given(audio_only, *live, *line).when(ask(EnterAudioOnly, 30, cause=BAD)).then_nothing()


def test_a_side_leaves_its_own_picture_out_by_choice() -> None:
    by_choice = fact(AudioOnlyEntered, 30, cause=CHOICE, until=until)
    given(audio_only, *live).when(ask(EnterAudioOnly, 30)).then(by_choice)


def test_whoever_was_not_verified_is_seen() -> None:
    other = fact(ParticipantAdmitted, -60, side=Side.PRISONER)
    given(audio_only, other, fact(CallStarted)).when(ask(EnterAudioOnly, 30)).then_refused(
        "identity_unverified"
    )


def test_nothing_is_left_out_before_the_start_or_after_the_end() -> None:
    given(audio_only, live[0]).when(ask(EnterAudioOnly)).then_refused("call_not_started")
    over = (*live, entered, fact(CallCompleted, 40))
    given(audio_only, *over).when(ask(EnterAudioOnly, 50)).then_nothing()
    given(audio_only, *over).when(ask(LeaveAudioOnly, 50)).then_nothing()


def test_what_is_left_out_is_not_left_out_again() -> None:
    given(audio_only, *live, bad_line, entered).when(ask(EnterAudioOnly, 40)).then_nothing()


def test_the_picture_is_seen_again_before_it_is_left_out_once_more() -> None:
    tried = (*live, bad_line, entered, fact(AudioOnlyLeft, 330))
    given(audio_only, *tried).when(ask(EnterAudioOnly, 340)).then_refused("picture_owed")
    given(audio_only, *tried, fact(StreamReleased, 335)).when(ask(EnterAudioOnly, 340, cause=BAD)).then(
        fact(AudioOnlyEntered, 340, cause=BAD, until=NOON + timedelta(seconds=640))
    )


def test_a_picture_that_left_just_before_it_was_left_out_does_not_count_as_seen_again() -> None:
    late = (*live, bad_line, entered, fact(StreamReleased, 30), fact(AudioOnlyLeft, 330))
    given(audio_only, *late).when(ask(EnterAudioOnly, 340)).then_refused("picture_owed")


@pytest.mark.parametrize("cause", [PictureBecause.LINE_RECOVERED, PictureBecause.CHOICE])
def test_a_line_that_recovered_or_the_side_itself_brings_the_picture_back(cause: PictureBecause) -> None:
    left = fact(AudioOnlyLeft, 50, cause=cause, lasted_ms=20_000)
    given(audio_only, *live, bad_line, entered).when(ask(LeaveAudioOnly, 50, cause=cause)).then(left)


def test_a_good_line_does_not_bring_back_what_somebody_chose_to_leave_out() -> None:
    chosen = fact(AudioOnlyEntered, 30, cause=CHOICE, until=until)
    recovered = ask(LeaveAudioOnly, 50, cause=PictureBecause.LINE_RECOVERED)
    given(audio_only, *live, chosen).when(recovered).then_nothing()


def test_time_is_up_when_it_is_up() -> None:
    early, due = (ask(LeaveAudioOnly, at, cause=PictureBecause.TIME_UP) for at in (329, 330))
    given(audio_only, *live, bad_line, entered).when(early).then_nothing()
    given(audio_only, *live, bad_line, entered).when(due).then(
        fact(AudioOnlyLeft, 330, cause=PictureBecause.TIME_UP, lasted_ms=300_000)
    )


def test_a_picture_that_flows_is_not_brought_back() -> None:
    given(audio_only, *live).when(ask(LeaveAudioOnly, 50)).then_nothing()
