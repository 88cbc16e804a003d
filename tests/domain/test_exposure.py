"""Sensitive pictures: shown to whoever asks and says why, or only when a second person agrees."""

from datetime import timedelta

import pytest

from domain import exposure
from domain.call.events import CallResumed
from domain.clearance import Side
from domain.event import Event
from domain.exposure import (
    AgreeReveal,
    AskReveal,
    RevealAgreed,
    RevealAsked,
    SensitiveImageRevealed,
    ShowRevealed,
)
from domain.lifecycle import CallCompleted, CallTerminated
from domain.moderation.kind import Kind, Severity
from domain.policy import Policy, PolicyPublished
from domain.violation import ViolationCleared, ViolationRaised
from tests.asked import ask
from tests.facts import NOON, fact
from tests.scenario import given

nude = fact(ViolationRaised, -9, kind=Kind.EXPLICIT_NUDITY, severity=Severity.CRITICAL)
two_people = fact(
    PolicyPublished,
    -9000,
    document=Policy().merged({"staff": {"reveal_two_people": True}}).document(),
)
asked = fact(RevealAsked)
agreed = fact(RevealAgreed)


def test_an_officer_who_says_why_is_shown_the_picture_and_is_on_record() -> None:
    given(exposure, nude).when(ask(AskReveal)).then(fact(SensitiveImageRevealed))


def test_nothing_is_shown_without_a_reason() -> None:
    given(exposure, nude).when(ask(AskReveal, reason=" ")).then_refused("reason_missing")


def test_what_is_not_hidden_needs_no_reveal() -> None:
    given(exposure, fact(ViolationRaised, -9)).when(ask(AskReveal)).then_refused("nothing_hidden")


@pytest.mark.parametrize(
    "over",
    [fact(ViolationCleared, -5), fact(CallResumed, -5), fact(CallCompleted, -5), fact(CallTerminated, -5)],
    ids=lambda event: type(event).__name__,
)
def test_nothing_is_hidden_any_more_when_its_cause_is_gone(over: Event) -> None:
    given(exposure, nude, over).when(ask(AskReveal)).then_refused("nothing_hidden")


def test_the_other_sides_picture_is_hidden_for_the_same_reason() -> None:
    given(exposure, nude).when(ask(AskReveal, side=Side.PRISONER)).then(
        fact(SensitiveImageRevealed, side=Side.PRISONER)
    )


def test_a_picture_is_named_after_what_was_found_on_its_own_side() -> None:
    child = fact(ViolationRaised, -8, violation="violation-2", kind=Kind.CHILD_AT_RISK, side=Side.PRISONER)
    given(exposure, nude, child).when(ask(AskReveal, side=Side.PRISONER)).then(
        fact(SensitiveImageRevealed, side=Side.PRISONER, kind=Kind.CHILD_AT_RISK)
    )


# Two people


def test_where_two_people_are_wanted_the_first_only_asks() -> None:
    given(exposure, two_people, nude).when(ask(AskReveal)).then(asked)


def test_a_second_officer_agrees() -> None:
    given(exposure, two_people, nude, asked).when(ask(AgreeReveal)).then(agreed)


def test_nobody_agrees_with_themselves() -> None:
    given(exposure, two_people, nude, asked).when(ask(AgreeReveal, officer=asked.officer)).then_refused(
        "second_person"
    )


def test_agreeing_again_changes_nothing() -> None:
    given(exposure, two_people, nude, asked, agreed).when(ask(AgreeReveal)).then_nothing()


def test_whoever_asked_is_shown_what_was_agreed_to() -> None:
    given(exposure, two_people, nude, asked, agreed).when(ask(ShowRevealed)).then(
        fact(SensitiveImageRevealed, second=agreed.officer, reason=None)
    )


def test_nothing_is_shown_before_the_second_agreed() -> None:
    given(exposure, two_people, nude, asked).when(ask(ShowRevealed)).then_refused("reveal_not_agreed")


def test_only_whoever_asked_is_shown_it() -> None:
    given(exposure, two_people, nude, asked, agreed).when(
        ask(ShowRevealed, officer=agreed.officer)
    ).then_refused("reveal_not_yours")


def test_what_was_agreed_to_shows_one_picture() -> None:
    shown = fact(SensitiveImageRevealed, second=agreed.officer)
    given(exposure, two_people, nude, asked, agreed, shown).when(ask(ShowRevealed)).then_refused(
        "reveal_shown"
    )


def test_what_was_agreed_to_does_not_last() -> None:
    late = NOON + timedelta(minutes=15, seconds=1)
    given(exposure, two_people, nude, asked, agreed).when(ask(ShowRevealed, at=late)).then_refused(
        "reveal_old"
    )
    just = fact(SensitiveImageRevealed, 900, second=agreed.officer, reason=None)
    given(exposure, two_people, nude, asked, agreed).when(ask(ShowRevealed, at=just.at)).then(just)


def test_what_nobody_asked_for_is_neither_agreed_to_nor_shown() -> None:
    given(exposure, two_people, nude).when(ask(AgreeReveal)).then_refused("reveal_unknown")
    given(exposure, two_people, nude).when(ask(ShowRevealed)).then_refused("reveal_unknown")


def test_what_is_no_longer_hidden_is_neither_agreed_to_nor_shown() -> None:
    over = [two_people, nude, asked, agreed, fact(CallResumed, -5)]
    given(exposure, *over).when(ask(AgreeReveal)).then_refused("nothing_hidden")
    given(exposure, *over).when(ask(ShowRevealed)).then_refused("nothing_hidden")
