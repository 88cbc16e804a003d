"""Webhooks: which neighbouring system is told what, and where. The secret that signs lives in the vault.

subscribe -> ACTIVE -- pause, or the other side fails for days --> PAUSED -- resume --> ACTIVE -> ended
"""

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum
from typing import ClassVar, assert_never
from urllib.parse import urlsplit

from pydantic import AwareDatetime

from domain.decider import Boundary, about
from domain.event import Command, Event, Refused

OLD_SECRET_SIGNS = timedelta(hours=24)  # after a rotation both secrets sign: time to exchange them
URL_MAX = 2000


class PausedBecause(StrEnum):
    """Why nothing is sent for the time being."""

    ASKED = "asked"
    FAILING = "failing"  # the other side did not take anything for days
    GONE = "gone"  # the other side says that the address is no more (410)


class SubscriptionEvent(Event):
    """An event of one webhook."""

    TAGS: ClassVar[tuple[str, ...]] = ("subscription",)
    subscription: str


class WebhookSubscribed(SubscriptionEvent):
    """Events of these types are sent to an address from now on."""

    prison: str | None  # None: those of every prison
    url: str
    types: tuple[str, ...]  # names of outgoing events; none: all
    secret: str  # where the vault keeps what signs
    from_position: int  # of the first event that is sent
    subscribed_by: str


class WebhookPaused(SubscriptionEvent):
    """Nothing is sent until the webhook is resumed; nothing is lost either."""

    because: PausedBecause
    paused_by: str | None  # None: the sender itself


class WebhookResumed(SubscriptionEvent):
    """Sending goes on where it stopped."""

    resumed_by: str


class WebhookUnsubscribed(SubscriptionEvent):
    """Nothing will be sent any more."""

    unsubscribed_by: str


class WebhookSecretRotated(SubscriptionEvent):
    """Another secret signs. The one before signs too, for a while."""

    secret: str  # where the vault keeps it
    before_until: AwareDatetime
    rotated_by: str


class WebhookReplayed(SubscriptionEvent):
    """Everything from a position on is sent once more, in order."""

    replay: str
    from_position: int
    asked_by: str


class SubscribeWebhook(Command):
    """Send events of these types to an address."""

    subscription: str
    prison: str | None
    url: str
    types: tuple[str, ...]
    secret: str
    from_position: int
    subscribed_by: str


class PauseWebhook(Command):
    """Send nothing for the time being."""

    subscription: str
    because: PausedBecause
    paused_by: str | None


class ResumeWebhook(Command):
    """Send again."""

    subscription: str
    resumed_by: str


class UnsubscribeWebhook(Command):
    """Never send again."""

    subscription: str
    unsubscribed_by: str


class RotateSecret(Command):
    """Sign with another secret."""

    subscription: str
    secret: str
    rotated_by: str


class ReplayWebhook(Command):
    """Send everything from a position on once more. `head` is the newest position there is."""

    subscription: str
    replay: str
    from_position: int
    head: int
    asked_by: str


WebhookEvent = (
    WebhookSubscribed
    | WebhookPaused
    | WebhookResumed
    | WebhookUnsubscribed
    | WebhookSecretRotated
    | WebhookReplayed
)
WebhookCommand = (
    SubscribeWebhook | PauseWebhook | ResumeWebhook | UnsubscribeWebhook | RotateSecret | ReplayWebhook
)
WEBHOOK_EVENTS: tuple[type[WebhookEvent], ...] = (
    WebhookSubscribed,
    WebhookPaused,
    WebhookResumed,
    WebhookUnsubscribed,
    WebhookSecretRotated,
    WebhookReplayed,
)


@dataclass(frozen=True)
class OldSecret:
    """The secret before the one that signs now."""

    secret: str
    until: datetime


@dataclass(frozen=True)
class Webhook:
    """One webhook as it stands."""

    subscribed: WebhookSubscribed | None = None
    ended: bool = False
    paused: PausedBecause | None = None
    resumed_at: datetime | None = None
    secret: str = ""
    before: OldSecret | None = None
    replay: WebhookReplayed | None = None  # the newest

    @property
    def sends(self) -> bool:
        """Whether anything is sent now."""
        return self.subscribed is not None and not self.ended and self.paused is None

    def secrets(self, at: datetime) -> tuple[str, ...]:
        """Where the vault keeps what signs at a moment, the newest first."""
        if self.before is None or at >= self.before.until:
            return (self.secret,)
        return (self.secret, self.before.secret)


initial = Webhook()


def boundary(command: WebhookCommand) -> Boundary:
    """Everything decided about this webhook."""
    return (about(f"subscription:{command.subscription}", *WEBHOOK_EVENTS),)


def evolve(state: Webhook, event: WebhookEvent) -> Webhook:
    """The webhook after the event."""
    match event:
        case WebhookSubscribed(secret=secret):
            return replace(state, subscribed=event, secret=secret)
        case WebhookPaused(because=because):
            return replace(state, paused=because)
        case WebhookResumed(at=at):
            return replace(state, paused=None, resumed_at=at)
        case WebhookUnsubscribed():
            return replace(state, ended=True)
        case WebhookSecretRotated(secret=secret, before_until=until):
            return replace(state, secret=secret, before=OldSecret(state.secret, until))
        case WebhookReplayed():
            return replace(state, replay=event)
        case _:
            assert_never(event)


def decide(state: Webhook, command: WebhookCommand) -> list[WebhookEvent]:
    """What follows. Asking for what is so already does nothing."""
    if isinstance(command, SubscribeWebhook):
        check_url(command.url)
        return [] if state.subscribed is not None else [WebhookSubscribed(**command.model_dump())]
    if state.subscribed is None or state.ended:
        raise Refused("There is no such webhook.", "webhook_unknown")
    match command:
        case PauseWebhook():
            return [] if state.paused else [WebhookPaused(**command.model_dump())]
        case ResumeWebhook():
            return [WebhookResumed(**command.model_dump())] if state.paused else []
        case UnsubscribeWebhook():
            return [WebhookUnsubscribed(**command.model_dump())]
        case RotateSecret():
            until = command.at + OLD_SECRET_SIGNS
            return [WebhookSecretRotated(**command.model_dump(), before_until=until)]
        case ReplayWebhook():
            return [_replayed(command)]
        case _:
            assert_never(command)


def check_url(url: str) -> None:
    """Whether an address can be sent to at all. Raises `Refused`; where it leads, the sender checks."""
    try:
        parts = urlsplit(url)
        host, _ = parts.hostname, parts.port
    except ValueError as error:
        raise Refused("This is not an address of the web.", "url_unfit") from error
    if parts.scheme not in {"https", "http"} or not host or len(url) > URL_MAX or not _plain(url):
        raise Refused("This is not an address of the web.", "url_unfit")
    if parts.username is not None or parts.password is not None or parts.fragment:
        raise Refused(
            "An address of a webhook holds neither a password nor a mark behind `#`: messages are signed.",
            "url_unfit",
        )


def _plain(url: str) -> bool:
    return url.isascii() and url.isprintable() and " " not in url and "\\" not in url


def _replayed(command: ReplayWebhook) -> WebhookReplayed:
    if command.from_position > command.head:
        raise Refused("There is nothing at this position yet.", "position_ahead")
    return WebhookReplayed(**command.model_dump(exclude={"head"}))
