"""Muting takes one side's sound or picture away while the call goes on; nothing comes back without a reason."""

from functools import reduce

import pytest
from hypothesis import given as for_all
from hypothesis import strategies as st

from domain import mute
from domain.clearance import Side
from domain.event import Event
from domain.lifecycle import CallCompleted, CallStarted, CallTerminated
from domain.mute import MediaKind, Mutes, ReportMute, StreamMuted, StreamUnmuted, UnmuteStream
from tests.asked import ask
from tests.facts import fact
from tests.scenario import given

started = fact(CallStarted, -60)
muted = fact(StreamMuted)


def test_an_officer_mutes_a_side_and_the_record_keeps_what_each_side_reads() -> None:
    given(mute, started).when(ask(ReportMute)).then(muted)
    assert (muted.text_key, muted.other_text_key) == ("muted.sound", "muted.other_sound")


def test_what_is_muted_is_not_muted_again() -> None:
    given(mute, started, muted).when(ask(ReportMute)).then_nothing()


def test_sound_and_picture_of_each_side_are_muted_by_themselves() -> None:
    picture = ask(ReportMute, kind=MediaKind.PICTURE)
    given(mute, started, muted).when(picture).then(
        fact(
            StreamMuted,
            kind=MediaKind.PICTURE,
            text_key="muted.picture",
            other_text_key="muted.other_picture",
        )
    )
    other = ask(ReportMute, side=Side.PRISONER)
    given(mute, started, muted).when(other).then(fact(StreamMuted, side=Side.PRISONER))


def test_an_officer_unmutes_with_a_reason() -> None:
    given(mute, started, muted).when(ask(UnmuteStream)).then(fact(StreamUnmuted))


@pytest.mark.parametrize("command", [ask(ReportMute, reason=" "), ask(UnmuteStream, reason="")])
def test_neither_is_done_without_a_reason(command: ReportMute | UnmuteStream) -> None:
    given(mute, started, muted).when(command).then_refused("reason_missing")


def test_what_is_not_muted_cannot_be_unmuted() -> None:
    given(mute, started, muted, fact(StreamUnmuted)).when(ask(UnmuteStream)).then_refused("not_muted")


def test_a_call_that_has_not_started_is_not_muted() -> None:
    given(mute).when(ask(ReportMute)).then_refused("call_not_started")


@pytest.mark.parametrize("over", [fact(CallCompleted), fact(CallTerminated)])
def test_a_mute_ends_with_the_call(over: CallCompleted | CallTerminated) -> None:
    given(mute, started, muted, over).when(ask(UnmuteStream)).then_nothing()
    assert mute.evolve(Mutes(muted=frozenset({(Side.VISITOR, MediaKind.SOUND)})), over).muted == frozenset()


@for_all(st.lists(st.tuples(st.booleans(), st.sampled_from(Side), st.sampled_from(MediaKind)), max_size=12))
def test_whatever_was_asked_the_last_word_on_each_stream_counts(
    asked: list[tuple[bool, Side, MediaKind]],
) -> None:
    history: list[Event] = [started]
    last: dict[tuple[Side, MediaKind], bool] = {}
    for on, side, kind in asked:
        which = {"side": side, "kind": kind}
        if on is last.get((side, kind), False):
            continue
        command = ask(ReportMute, **which) if on else ask(UnmuteStream, **which)
        history = [*history, *given(mute, *history).when(command).outcome()]
        last[side, kind] = on
    state = reduce(mute.evolve, history, Mutes())  # type: ignore[arg-type]  # all of them are its own
    assert state.muted == {stream for stream, on in last.items() if on}
    assert {(side, kind) for side in Side for kind in state.of(side)} == state.muted
