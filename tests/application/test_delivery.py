"""When a webhook tries again, when it gives up, and where a replay puts it."""

from datetime import timedelta

from application.delivery import FAILING_MAX, WAITS_S, Delivery, delivered, failed, follow
from domain.subscription import (
    Webhook,
    WebhookEvent,
    WebhookReplayed,
    WebhookResumed,
    WebhookSubscribed,
    evolve,
)
from tests.facts import NOON, fact

AT_TEN = Delivery(10)


def _webhook(*events: WebhookEvent) -> Webhook:
    state = evolve(Webhook(), fact(WebhookSubscribed, from_position=5))
    for event in events:
        state = evolve(state, event)
    return state


def test_a_new_webhook_begins_at_the_position_it_was_made_for() -> None:
    assert follow(None, _webhook()).position == 4
    assert follow(AT_TEN, _webhook()) == AT_TEN


def test_waits_grow_with_every_failure_up_to_an_hour() -> None:
    standing, waited = AT_TEN, []
    for _ in range(len(WAITS_S) + 2):
        standing = failed(standing, "answered with status 500", NOON)
        assert standing.next_attempt is not None
        waited.append((standing.next_attempt - NOON).total_seconds())
    assert waited == [*WAITS_S, WAITS_S[-1], WAITS_S[-1]]
    assert waited == sorted(waited)
    assert (standing.position, standing.last_error) == (10, "answered with status 500")


def test_it_is_too_early_until_the_wait_is_over() -> None:
    standing = failed(AT_TEN, "no answer", NOON)
    assert standing.waits(NOON + timedelta(seconds=WAITS_S[0] - 1))
    assert not standing.waits(NOON + timedelta(seconds=WAITS_S[0]))
    assert not AT_TEN.waits(NOON)


def test_a_delivery_ends_a_series_of_failures() -> None:
    after = delivered(failed(AT_TEN, "no answer", NOON), 11, NOON)
    assert (after.position, after.failures, after.failing_since, after.next_attempt) == (11, 0, None, None)
    assert (after.last_delivered, after.last_error) == (NOON, "no answer")


def test_days_without_any_success_are_enough_however_often_it_was_tried() -> None:
    first = failed(AT_TEN, "no answer", NOON)
    again = failed(first, "no answer", NOON + FAILING_MAX)
    assert not again.over(NOON + FAILING_MAX - timedelta(seconds=1))
    assert again.over(NOON + FAILING_MAX)
    assert not delivered(again, 11, NOON + FAILING_MAX).over(NOON + FAILING_MAX)


def test_whoever_is_resumed_has_a_new_series_of_attempts() -> None:
    failing = failed(AT_TEN, "no answer", NOON)
    resumed = follow(failing, _webhook(fact(WebhookResumed, 60)))
    assert (resumed.position, resumed.failures, resumed.next_attempt) == (10, 0, None)
    later = failed(resumed, "no answer", NOON + timedelta(seconds=90))
    assert follow(later, _webhook(fact(WebhookResumed, 60))) == later


def test_a_replay_is_followed_once() -> None:
    webhook = _webhook(fact(WebhookReplayed, from_position=3))
    back = follow(AT_TEN, webhook)
    assert (back.position, back.replay) == (2, "replay-1")
    further = delivered(back, 7, NOON)
    assert follow(further, webhook) == further
