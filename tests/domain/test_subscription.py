"""What may be decided about a webhook."""

from datetime import timedelta

import pytest

from domain import subscription
from domain.subscription import (
    OLD_SECRET_SIGNS,
    PausedBecause,
    PauseWebhook,
    ReplayWebhook,
    ResumeWebhook,
    RotateSecret,
    SubscribeWebhook,
    UnsubscribeWebhook,
    Webhook,
    WebhookPaused,
    WebhookReplayed,
    WebhookResumed,
    WebhookSecretRotated,
    WebhookSubscribed,
    WebhookUnsubscribed,
    evolve,
)
from tests.asked import ask
from tests.facts import NOON, fact
from tests.scenario import given

SUBSCRIBED = fact(WebhookSubscribed)
UNFIT = (
    "ftp://hooks.example.org/",
    "hooks.example.org",
    "https://",
    "https://hooks.example.org:99999/",
    "https://me:secret@hooks.example.org/",
    "https://hooks.example.org/#here",
    "https://hooks.example.org/a b",
    "https://hooks.example.org\\@inside/",
    "https://hooks.example.org/\r\nx-header: y",
    "https://[::1/",
)


def _state(*events: subscription.WebhookEvent) -> Webhook:
    state = subscription.initial
    for event in events:
        state = evolve(state, event)
    return state


def test_events_are_sent_to_an_address_once_somebody_subscribed() -> None:
    given(subscription).when(ask(SubscribeWebhook)).then(SUBSCRIBED)
    given(subscription, SUBSCRIBED).when(ask(SubscribeWebhook)).then_nothing()


@pytest.mark.parametrize("url", UNFIT)
def test_what_is_no_address_of_the_web_or_holds_a_password_is_refused(url: str) -> None:
    given(subscription).when(ask(SubscribeWebhook, url=url)).then_refused("url_unfit")


@pytest.mark.parametrize(
    "command", [PauseWebhook, ResumeWebhook, UnsubscribeWebhook, RotateSecret, ReplayWebhook]
)
def test_nothing_is_decided_about_a_webhook_that_was_never_made_or_is_ended(command: type) -> None:
    given(subscription).when(ask(command)).then_refused("webhook_unknown")
    ended = given(subscription, SUBSCRIBED, fact(WebhookUnsubscribed))
    ended.when(ask(command)).then_refused("webhook_unknown")


def test_a_webhook_is_paused_once_and_resumed_once() -> None:
    given(subscription, SUBSCRIBED).when(ask(PauseWebhook, 5)).then(fact(WebhookPaused, 5))
    paused = (SUBSCRIBED, fact(WebhookPaused, 5))
    given(subscription, *paused).when(ask(PauseWebhook, 6)).then_nothing()
    given(subscription, *paused).when(ask(ResumeWebhook, 7)).then(fact(WebhookResumed, 7))
    given(subscription, *paused, fact(WebhookResumed, 7)).when(ask(ResumeWebhook, 8)).then_nothing()


def test_only_an_active_webhook_sends() -> None:
    assert not _state().sends
    assert _state(SUBSCRIBED).sends
    assert not _state(SUBSCRIBED, fact(WebhookPaused, because=PausedBecause.FAILING)).sends
    assert _state(SUBSCRIBED, fact(WebhookPaused), fact(WebhookResumed)).sends
    assert not _state(SUBSCRIBED, fact(WebhookUnsubscribed)).sends


def test_after_a_rotation_both_secrets_sign_for_a_day() -> None:
    rotated = fact(WebhookSecretRotated, 10, before_until=NOON + timedelta(seconds=10) + OLD_SECRET_SIGNS)
    given(subscription, SUBSCRIBED).when(ask(RotateSecret, 10)).then(rotated)
    state = _state(SUBSCRIBED, rotated)
    assert state.secrets(NOON + timedelta(hours=23)) == ("sha256:f0", "sha256:ff")
    assert state.secrets(NOON + timedelta(hours=25)) == ("sha256:f0",)


def test_everything_is_sent_again_from_a_position_that_there_is() -> None:
    given(subscription, SUBSCRIBED).when(ask(ReplayWebhook, from_position=9)).then(
        fact(WebhookReplayed, from_position=9)
    )
    ahead = given(subscription, SUBSCRIBED).when(ask(ReplayWebhook, from_position=10))
    ahead.then_refused("position_ahead")
