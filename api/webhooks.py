"""Webhooks: which neighbouring system is told what, and how its deliveries stand.

The secret that signs is shown once, when it is made. It is kept in the vault, never in an event.
"""

import base64
import secrets
from typing import Annotated

from fastapi import APIRouter, Path, Request, Response

from api.asked import Done, IdempotencyKey, context, derived, do, say
from api.guard import Acting, require, signed_in
from api.once import OnceRoute
from api.reading import After, caught_up
from api.scope import Id
from api.services import Services, Use, services_of, tables
from api.webhook_forms import (
    LAG_COUNTED_MAX,
    DeliveryState,
    Replay,
    Secret,
    Subscription,
    WebhookLine,
    WebhookState,
)
from application.access import Resource
from application.announcements import waiting
from application.delivery import Delivery, follow
from application.handle import replay
from domain import subscription as webhooks
from domain.event import Purpose, Refused
from domain.subscription import (
    PausedBecause,
    PauseWebhook,
    ReplayWebhook,
    ResumeWebhook,
    RotateSecret,
    SubscribeWebhook,
    UnsubscribeWebhook,
    Webhook,
)
from projections.webhooks import delivery_of, webhooks_of

router = APIRouter(prefix="/v1/webhooks", tags=["webhooks"], route_class=OnceRoute)

SECRET_BYTES = 32

SubscriptionId = Annotated[str, Path(pattern=Id, description="the webhook's id")]


async def the_subscription(request: Request, subscription: SubscriptionId) -> Resource:
    """The prison whose events a webhook sends; None: of every prison. Raises `Refused`."""
    found = await _webhook(services_of(request), subscription)
    assert found.subscribed is not None
    return Resource(found.subscribed.prison)


async def the_wanted(body: Subscription) -> Resource:
    """The prison whose events are asked for."""
    return Resource(body.prison)


async def reach(request: Request) -> Resource:
    """Whatever the person who asks works for."""
    login = await signed_in(request)
    return Resource(None if login is None else login.prison)


@router.post("", status_code=201)
async def subscribe(
    body: Subscription,
    response: Response,
    services: Use,
    acting: Annotated[Acting, require("webhook.manage", the_wanted)],
    idempotency_key: IdempotencyKey = None,
) -> Secret:
    """Send events of these types to an address. The answer holds the secret that signs them."""
    await services.may_send_to(body.url)
    asked = context(acting, idempotency_key)
    head = await services.store.head()
    first = head + 1 if body.from_position is None else body.from_position
    if first > head + 1:
        raise Refused("There is nothing at this position yet.", "position_ahead")
    name = derived(asked, "subscription")
    command = SubscribeWebhook(
        at=services.now(),
        subscription=name,
        prison=body.prison,
        url=body.url,
        types=body.types,
        secret=await _new_secret(services, name),
        from_position=first,
        subscribed_by=acting.login.person,
    )
    handled = await do(services, webhooks, command, asked)
    return await _shown(services, name, say(response, handled).position)


@router.get("")
async def list_webhooks(
    services: Use, acting: Annotated[Acting, require("webhook.read", reach)], after: After = None
) -> list[WebhookLine]:
    """Every webhook of the prison one works for."""
    async with tables(services) as db:
        await caught_up(services, db, "webhooks", after)
        rows = await webhooks_of(db, acting.login.prison)
    return [
        WebhookLine(
            subscription=row.subscription,
            url=row.url,
            types=tuple(row.types),
            prison=row.prison,
            paused_because=None if row.paused_because is None else PausedBecause(row.paused_because),
        )
        for row in rows
    ]


@router.get("/{subscription}")
async def see_webhook(
    subscription: SubscriptionId,
    services: Use,
    _: Annotated[Acting, require("webhook.read", the_subscription)],
) -> WebhookState:
    """A webhook, and how its deliveries stand: position, what waits, the last error, the next attempt."""
    found = await _webhook(services, subscription)
    async with tables(services) as db:
        standing = follow(await delivery_of(db, subscription), found)
    return await _state(services, found, standing)


@router.post("/{subscription}/replay", status_code=202)
async def replay_webhook(
    subscription: SubscriptionId,
    body: Replay,
    response: Response,
    services: Use,
    acting: Annotated[Acting, require("webhook.manage", the_subscription)],
    idempotency_key: IdempotencyKey = None,
) -> Done:
    """Send everything from a position on once more, in order. A paused webhook does so when it is resumed."""
    asked = context(acting, idempotency_key, about=subscription)
    command = ReplayWebhook(
        at=services.now(),
        subscription=subscription,
        replay=derived(asked, "replay"),
        from_position=body.from_position,
        head=await services.store.head(),
        asked_by=acting.login.person,
    )
    return say(response, await do(services, webhooks, command, asked))


@router.post("/{subscription}/secret", status_code=201)
async def rotate_secret(
    subscription: SubscriptionId,
    response: Response,
    services: Use,
    acting: Annotated[Acting, require("webhook.manage", the_subscription)],
    idempotency_key: IdempotencyKey = None,
) -> Secret:
    """Make another secret. For 24 hours every message carries both signatures, so that none is lost meanwhile."""
    command = RotateSecret(
        at=services.now(),
        subscription=subscription,
        secret=await _new_secret(services, subscription),
        rotated_by=acting.login.person,
    )
    asked = context(acting, idempotency_key, about=subscription)
    handled = await do(services, webhooks, command, asked)
    return await _shown(services, subscription, say(response, handled).position)


@router.post("/{subscription}/pause")
async def pause_webhook(
    subscription: SubscriptionId,
    response: Response,
    services: Use,
    acting: Annotated[Acting, require("webhook.manage", the_subscription)],
    idempotency_key: IdempotencyKey = None,
) -> Done:
    """Send nothing for the time being. What happens meanwhile is sent when the webhook is resumed."""
    command = PauseWebhook(
        at=services.now(),
        subscription=subscription,
        because=PausedBecause.ASKED,
        paused_by=acting.login.person,
    )
    asked = context(acting, idempotency_key, about=subscription)
    return say(response, await do(services, webhooks, command, asked))


@router.post("/{subscription}/resume")
async def resume_webhook(
    subscription: SubscriptionId,
    response: Response,
    services: Use,
    acting: Annotated[Acting, require("webhook.manage", the_subscription)],
    idempotency_key: IdempotencyKey = None,
) -> Done:
    """Go on where sending stopped, whoever stopped it."""
    command = ResumeWebhook(at=services.now(), subscription=subscription, resumed_by=acting.login.person)
    asked = context(acting, idempotency_key, about=subscription)
    return say(response, await do(services, webhooks, command, asked))


@router.delete("/{subscription}")
async def unsubscribe(
    subscription: SubscriptionId,
    response: Response,
    services: Use,
    acting: Annotated[Acting, require("webhook.manage", the_subscription)],
) -> Done:
    """Never send again."""
    command = UnsubscribeWebhook(
        at=services.now(), subscription=subscription, unsubscribed_by=acting.login.person
    )
    return say(response, await do(services, webhooks, command, context(acting, None)))


async def _webhook(services: Services, name: str) -> Webhook:
    asked = PauseWebhook(at=services.now(), subscription=name, because=PausedBecause.ASKED, paused_by=None)
    found = await replay(services.store, webhooks, asked)
    if found.subscribed is None or found.ended:
        raise Refused("There is no such webhook.", "webhook_unknown")
    return found


async def _state(services: Services, found: Webhook, standing: Delivery) -> WebhookState:
    about, now = found.subscribed, services.now()
    assert about is not None
    lag = await waiting(
        services.store, standing.position, most=LAG_COUNTED_MAX, types=about.types, prison=about.prison
    )
    both = found.before is not None and now < found.before.until
    return WebhookState(
        subscription=about.subscription,
        url=about.url,
        types=about.types,
        prison=about.prison,
        paused_because=found.paused,
        before_secret_until=found.before.until if both and found.before else None,
        delivery=DeliveryState(
            position=standing.position,
            lag=lag,
            failures=standing.failures,
            failing_since=standing.failing_since,
            next_attempt=standing.next_attempt,
            last_error=standing.last_error,
            last_delivered=standing.last_delivered,
        ),
    )


async def _new_secret(services: Services, name: str) -> str:
    """Where the vault keeps a new secret: its address is a digest of 256 random bits, which tells nothing."""
    return await services.vault.put(name, Purpose.SIGNING, "webhook", secrets.token_bytes(SECRET_BYTES))


async def _shown(services: Services, name: str, position: int) -> Secret:
    """The secret that is on record: the same request sent again is answered with the same."""
    found = await _webhook(services, name)
    content = await services.vault.get(found.secret)
    if content is None:
        raise Refused("The secret of this webhook is gone. Please rotate it.", "secret_gone")
    return Secret(subscription=name, secret=f"whsec_{base64.b64encode(content).decode()}", position=position)
