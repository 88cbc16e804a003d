"""How much one person may ask for, so that nobody makes the service slow for everybody else.

A bucket for each sign-in, or for each client address where nobody is signed in. Every request takes one
out; buckets fill up steadily. What closes a call takes nothing out and is never told to wait. The buckets
are this process's own: it is the only one that answers requests.
"""

import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from enum import StrEnum

from fastapi import Request

from api.errors import NotSignedIn, TooMany

HOLDERS_MAX = 10_000  # buckets that are remembered; the one used longest ago is forgotten, and is full again
FREE = frozenset({"call.pause", "call.end", "call.leave", "login.end", "service.health"})
"""Actions without a limit: what closes a call or a sign-in, and what tells a machine that we are well."""


class Kind(StrEnum):
    """What is limited, each for itself."""

    ARRIVING = "arriving"
    READING = "reading"
    APPENDING = "appending"
    WATCHING = "watching"
    SIGNING_IN = "signing_in"


@dataclass(frozen=True, slots=True)
class Rate:
    """So many a second for as long as you like, and so many at once."""

    per_s: float
    burst: int


@dataclass(frozen=True, slots=True)
class Rates:
    """What one person may ask for."""

    arriving: Rate = Rate(50, 300)  # pages for anybody: a whole prison may come from one address at the hour
    reading: Rate = Rate(20, 60)  # a person turns pages; a program may go through a list
    appending: Rate = Rate(5, 20)  # forms, buttons, connections that are made again
    watching: Rate = Rate(200, 400)  # two stills a second of each call on the wall of a large prison
    signing_in: Rate = Rate(10 / 60, 10)  # attempts that failed: ten a minute from one address

    def of(self, kind: Kind) -> Rate:
        """The rate of one kind."""
        rate: Rate = getattr(self, kind.value)
        return rate


@dataclass(slots=True)
class _Bucket:
    left: float
    at: float  # seconds, when `left` was true


@dataclass
class Limiter:
    """The buckets. `ticks`: seconds of a clock that never goes back."""

    rates: Rates = field(default_factory=Rates)
    ticks: Callable[[], float] = time.monotonic
    _buckets: dict[tuple[str, Kind], _Bucket] = field(default_factory=dict)

    def take(self, holder: str, kind: Kind) -> None:
        """One request. Raises `TooMany`."""
        self.expect(holder, kind)
        self._buckets[holder, kind].left -= 1

    def expect(self, holder: str, kind: Kind) -> None:
        """Whether one more would be let in, without taking it. Raises `TooMany`."""
        rate, now = self.rates.of(kind), self.ticks()
        bucket = self._buckets.pop((holder, kind), None) or _Bucket(rate.burst, now)
        bucket.left = min(rate.burst, bucket.left + (now - bucket.at) * rate.per_s)
        bucket.at = now
        self._remember((holder, kind), bucket)
        if bucket.left < 1:
            raise TooMany((1 - bucket.left) / rate.per_s)

    def _remember(self, key: tuple[str, Kind], bucket: _Bucket) -> None:
        self._buckets[key] = bucket  # at the end: the first of them was used longest ago
        while len(self._buckets) > HOLDERS_MAX:
            self._buckets.pop(next(iter(self._buckets)))


@asynccontextmanager
async def attempt(request: Request) -> AsyncIterator[None]:
    """An attempt to sign in. Only those that fail count: a whole prison may join through one address."""
    limiter, address = limiter_of(request), address_of(request)
    limiter.expect(address, Kind.SIGNING_IN)
    try:
        yield
    except NotSignedIn:
        limiter.take(address, Kind.SIGNING_IN)
        raise


def kind_of(request: Request) -> Kind:
    """Whether a request reads or appends, by its method."""
    return Kind.READING if request.method in {"GET", "HEAD", "OPTIONS"} else Kind.APPENDING


def address_of(request: Request) -> str:
    """Where an unknown person asks from, as the server in front of us tells it."""
    return "address:" + (request.client.host if request.client else "unknown")


def limiter_of(request: Request) -> Limiter:
    """The buckets of this process."""
    limiter: Limiter = request.app.state.limiter
    return limiter
