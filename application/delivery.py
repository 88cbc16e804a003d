"""How far a webhook's deliveries have come, and when to try again: in order, one at a time, for days."""

from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from domain.subscription import Webhook

WAITS_S = (5.0, 30.0, 120.0, 300.0, 900.0, 1800.0, 3600.0)
"""How long to wait after the first failure, the second, and so on; the last for every further one."""

FAILING_MAX = timedelta(days=5)  # whoever takes nothing for so long is paused, with an event


@dataclass(frozen=True)
class Delivery:
    """Where a webhook stands. Everything up to `position` was delivered, or is not for it."""

    position: int
    replay: str | None = None  # the last replay that was followed
    failures: int = 0  # one after the other, up to now
    failing_since: datetime | None = None
    next_attempt: datetime | None = None  # None: as soon as there is something
    last_error: str | None = None
    last_delivered: datetime | None = None

    def waits(self, now: datetime) -> bool:
        """Whether it is too early to try again."""
        return self.next_attempt is not None and now < self.next_attempt

    def over(self, now: datetime) -> bool:
        """Whether it failed for so long that there is no use in trying."""
        return self.failing_since is not None and now - self.failing_since >= FAILING_MAX


def follow(delivery: Delivery | None, webhook: Webhook) -> Delivery:
    """The delivery after what was decided about its webhook: a first position, a replay, another chance."""
    assert webhook.subscribed is not None
    standing = delivery or Delivery(webhook.subscribed.from_position - 1)
    resumed, since = webhook.resumed_at, standing.failing_since
    if resumed is not None and since is not None and since < resumed:
        standing = replace(standing, failures=0, failing_since=None, next_attempt=None)
    if webhook.replay is not None and webhook.replay.replay != standing.replay:
        standing = replace(
            standing,
            replay=webhook.replay.replay,
            position=webhook.replay.from_position - 1,
            next_attempt=None,
        )
    return standing


def delivered(delivery: Delivery, position: int, now: datetime) -> Delivery:
    """The other side took the event at this position."""
    return Delivery(position, delivery.replay, last_error=delivery.last_error, last_delivered=now)


def failed(delivery: Delivery, error: str, now: datetime, waits_s: tuple[float, ...] = WAITS_S) -> Delivery:
    """The other side did not take it: the order is kept, so everything behind it waits too."""
    wait = waits_s[min(delivery.failures, len(waits_s) - 1)]
    return replace(
        delivery,
        failures=delivery.failures + 1,
        failing_since=delivery.failing_since or now,
        next_attempt=now + timedelta(seconds=wait),
        last_error=error,
    )
