"""Who may look and listen, on what that rests, and what is closed when that is over."""

from datetime import timedelta
from typing import Any

import pytest

from domain import looking
from domain.access import StreamLookedAt
from domain.clearance import ClearanceMode, Side
from domain.event import Event
from domain.lifecycle import CallCompleted
from domain.looking import CloseTaps, ListeningStopped, LookAtStream
from domain.monitoring.events import (
    MonitoringAuthorised,
    MonitoringEnded,
    MonitoringKind,
    MonitoringReviewed,
)
from domain.waiting_room.events import ClearanceModeSet, WaitingRoomOpened
from tests.asked import ask
from tests.facts import AUTHORISATION, MATCHED_PRISONER, MATCHED_VISITOR, NOON, fact
from tests.scenario import given

UNTIL = NOON + timedelta(seconds=600)
social = fact(WaitingRoomOpened, -900)
official = fact(WaitingRoomOpened, -900, staff_may_listen=False)
granted = fact(MonitoringAuthorised, -3600, expires_at=UNTIL)
images = fact(MonitoringAuthorised, -3600, expires_at=UNTIL, kind=MonitoringKind.LEGAL_IMAGE_ONLY)
ended = fact(MonitoringEnded, 60)


def _lawyers(mode: ClearanceMode, **more: Any) -> WaitingRoomOpened:
    change = {"mode": mode, "faces": ()}
    sides = {
        "prisoner": MATCHED_PRISONER.model_copy(update=change),
        "visitor": MATCHED_VISITOR.model_copy(update=change),
    }
    return fact(WaitingRoomOpened, -900, confidential=True, staff_may_listen=False, **sides, **more)


unread = _lawyers(ClearanceMode.OPEN)
read = _lawyers(ClearanceMode.IMAGE_ONLY, authorisation=AUTHORISATION, authorised_until=UNTIL)
heard = fact(StreamLookedAt, 30, sound=True, authorisation=AUTHORISATION, sound_until=UNTIL)
CLOSED = {"mode": ClearanceMode.OPEN, "taps": ()}


# Looking


def test_a_social_call_is_seen_and_heard_on_its_terms() -> None:
    given(looking, social).when(ask(LookAtStream, 30)).then(fact(StreamLookedAt, 30, sound=True))


def test_another_call_is_heard_only_on_an_authorisation() -> None:
    given(looking, official, granted).when(ask(LookAtStream, 30)).then(heard)
    seen = fact(StreamLookedAt, 30, sound=False)
    for history in ([official], [official, images], [official, granted, fact(MonitoringEnded, 20)]):
        given(looking, *history).when(ask(LookAtStream, 30)).then(seen)


def test_what_ran_out_opens_no_sound_though_nobody_noted_it() -> None:
    late = fact(StreamLookedAt, 600, sound=False)
    given(looking, official, granted).when(ask(LookAtStream, 600)).then(late)


@pytest.mark.parametrize("history", [[unread], [unread, images], [unread, granted]])
def test_nobody_looks_at_a_call_with_a_lawyer_whatever_was_granted_since(history: list[Event]) -> None:
    given(looking, *history).when(ask(LookAtStream, 30)).then_refused("no_tap")


def test_under_an_authorisation_the_pictures_are_seen_and_nothing_is_heard() -> None:
    given(looking, read, images).when(ask(LookAtStream, 30)).then(
        fact(StreamLookedAt, 30, sound=False, authorisation=AUTHORISATION)
    )


@pytest.mark.parametrize(
    ("history", "at"),
    [([read, images, ended], 60), ([read, images], 600), ([read, images, fact(MonitoringReviewed, 60)], 600)],
    ids=["taken back", "time over", "more time, but not for this call"],
)
def test_when_it_is_over_nobody_sees_the_call_any_more(history: list[Event], at: float) -> None:
    given(looking, *history).when(ask(LookAtStream, at)).then_refused("no_tap")


def test_a_look_has_a_reason_and_a_call() -> None:
    given(looking, social).when(ask(LookAtStream, reason=" ")).then_refused("reason_missing")
    for history in ([], [social, fact(CallCompleted)]):
        given(looking, *history).when(ask(LookAtStream, 30)).then_refused("waiting_room_closed")


# Closing


@pytest.mark.parametrize(
    ("over", "at", "cause"),
    [([ended], 60, "authorisation_ended"), ([], 600, "authorisation_lapsed")],
    ids=["taken back", "time over"],
)
def test_the_pictures_of_both_sides_are_nobodys_when_it_is_over(
    over: list[Event], at: float, cause: str
) -> None:
    admitted = fact(ClearanceModeSet, -60, mode=ClearanceMode.IMAGE_ONLY, people=2)
    history = [read, admitted, images, *over]
    given(looking, *history).when(ask(CloseTaps, at)).then(
        fact(ClearanceModeSet, at, side=Side.PRISONER, cause=cause, **CLOSED),
        fact(ClearanceModeSet, at, side=Side.VISITOR, people=2, cause=cause, **CLOSED),
    )


def test_more_time_is_given_to_later_calls_only() -> None:
    history = [read, images, fact(MonitoringReviewed, 60)]
    given(looking, *history).when(ask(CloseTaps, 599)).then_nothing()
    assert len(given(looking, *history).when(ask(CloseTaps, 600)).outcome()) == 2


def test_less_time_closes_earlier() -> None:
    shorter = fact(MonitoringReviewed, 60, expires_at=NOON + timedelta(seconds=120))
    assert len(given(looking, read, images, shorter).when(ask(CloseTaps, 120)).outcome()) == 2


def test_it_is_closed_once_and_not_before_it_is_over() -> None:
    given(looking, read, images).when(ask(CloseTaps, 599)).then_nothing()
    closed = [fact(ClearanceModeSet, 60, side=side, **CLOSED) for side in Side]
    given(looking, read, images, ended, *closed).when(ask(CloseTaps, 61)).then_nothing()
    given(looking, read, images, ended, fact(CallCompleted, 50)).when(ask(CloseTaps, 60)).then_nothing()


@pytest.mark.parametrize(
    ("over", "at", "cause"),
    [([ended], 60, "authorisation_ended"), ([], 600, "authorisation_lapsed")],
    ids=["taken back", "time over"],
)
def test_whoever_listened_hears_nothing_when_it_is_over(over: list[Event], at: float, cause: str) -> None:
    history = [official, granted, heard, *over]
    stopped = fact(ListeningStopped, at, cause=cause)
    given(looking, *history).when(ask(CloseTaps, at)).then(stopped)
    given(looking, *history, stopped).when(ask(CloseTaps, at)).then_nothing()


def test_whoever_listens_on_the_terms_of_the_call_goes_on() -> None:
    by_terms = fact(StreamLookedAt, 30, sound=True)
    given(looking, social, granted, by_terms, ended).when(ask(CloseTaps, 60)).then_nothing()
