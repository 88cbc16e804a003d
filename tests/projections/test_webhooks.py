"""The list of webhooks follows what was decided about each."""

import pytest

from domain.subscription import (
    PausedBecause,
    WebhookPaused,
    WebhookReplayed,
    WebhookResumed,
    WebhookSecretRotated,
    WebhookSubscribed,
    WebhookUnsubscribed,
)
from projections import webhooks
from projections.webhooks import webhooks_of, webhooks_sent
from tests.facts import PRISON, fact
from tests.projections.conftest import Fill

pytestmark = pytest.mark.postgres

NAMES = ("everywhere", "here", "there")
SUBSCRIBED = [
    fact(WebhookSubscribed, n, subscription=name, prison=prison)
    for n, (name, prison) in enumerate(zip(NAMES, (None, PRISON, "LEI"), strict=True))
]


async def test_a_prison_sees_its_own_webhooks_and_who_works_for_all_sees_all(fill: Fill) -> None:
    db = await fill(webhooks, SUBSCRIBED)
    assert [row.subscription for row in await webhooks_of(db, None)] == list(NAMES)
    assert [row.subscription for row in await webhooks_of(db, PRISON)] == ["here"]


async def test_nothing_is_sent_to_a_paused_webhook_and_an_ended_one_is_gone(fill: Fill) -> None:
    paused = fact(WebhookPaused, subscription="here", because=PausedBecause.FAILING)
    other = [
        fact(WebhookUnsubscribed, subscription="there"),
        fact(WebhookReplayed, subscription="everywhere"),
        fact(WebhookSecretRotated, subscription="everywhere"),
    ]
    db = await fill(webhooks, [*SUBSCRIBED, paused, *other])
    assert await webhooks_sent(db) == ["everywhere"]
    assert [row.paused_because for row in await webhooks_of(db, None)] == [None, "failing"]


async def test_a_resumed_webhook_is_sent_to_again(fill: Fill) -> None:
    events = [SUBSCRIBED[1], fact(WebhookPaused, subscription="here")]
    db = await fill(webhooks, [*events, fact(WebhookResumed, subscription="here")])
    assert await webhooks_sent(db) == ["here"]
