"""Sign-ins: an opaque token in a cookie, its digest in a table, and nothing of a person in either.

Three kinds of token: a *login* of somebody at a page; a *link* that lets one side of one call in; and
the *seat* that a link or a login is exchanged for. A seat outlives the login it came from, so that a
sign-in that runs out never cuts a running call.

Closing a call must work while the database is away, so the last logins found are remembered for a
while: `Login.stale` says that only memory vouches for it.
"""

import asyncio
import hashlib
import secrets
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum
from uuid import UUID, uuid4

from api.services import Services, tables
from application.access import THEMSELVES, Who
from application.ports import Actor, ActorKind, StoreAway
from domain.clearance import Side

REMEMBERED_MAX = 2000
REMEMBERED = timedelta(minutes=15)  # so long a login may still stop a call while the database is away
HURRY_S = 0.5  # so long the database has to answer before memory does, when a call is to be stopped
SEEN_EVERY = timedelta(minutes=1)  # being seen is written down at most so often

_KINDS_OF_ACTOR = {
    "FA": ActorKind.PUBLIC,
    "PR": ActorKind.PRISONER,
    "MO": ActorKind.SERVICE,
    "NB": ActorKind.SERVICE,
}


class Kind(StrEnum):
    """What a token is good for."""

    LOGIN = "login"
    SEAT = "seat"
    LINK = "link"
    SERVICE = "service"  # of a program: see api/tokens.py


@dataclass(frozen=True, slots=True)
class Login:
    """Somebody who is signed in, or who has a seat in one call."""

    id: UUID
    kind: Kind
    person: str
    role: str
    prison: str | None
    expires: datetime
    call: str | None = None  # of a seat or a link
    side: Side | None = None
    stale: bool = False  # the database is away; only our memory knows this login

    @property
    def who(self) -> Who:
        """As the permissions know them."""
        return Who(self.person, self.role, self.prison)

    @property
    def actor(self) -> Actor:
        """As events name them."""
        return Actor(_KINDS_OF_ACTOR.get(self.role, ActorKind.STAFF), self.person, self.role, str(self.id))


@dataclass(frozen=True, slots=True)
class Lasts:
    """How long a token is good for."""

    whole: timedelta
    idle: timedelta | None


FAMILY = Lasts(timedelta(hours=12), timedelta(minutes=30))
STAFF = Lasts(timedelta(hours=8), timedelta(minutes=15))


def lasts(role: str) -> Lasts:
    """The time limits of a sign-in in this role."""
    return FAMILY if role in THEMSELVES else STAFF


class Logins:
    """The table of logins, and the memory of those found lately."""

    def __init__(self) -> None:
        self._remembered: dict[bytes, tuple[datetime, Login]] = {}

    async def begin(self, services: Services, who: Who) -> str:
        """Sign somebody in; the token for their cookie."""
        limits = lasts(who.role)
        login = Login(uuid4(), Kind.LOGIN, who.person, who.role, who.prison, services.now() + limits.whole)
        return await self._store(services, login, limits.idle)

    async def link(self, services: Services, who: Who, call: str, side: Side, until: datetime) -> str:
        """A link that lets this person take one side of one call."""
        login = Login(uuid4(), Kind.LINK, who.person, who.role, who.prison, until, call, side)
        return await self._store(services, login, None)

    async def seat(self, services: Services, who: Who, call: str, side: Side, until: datetime) -> str:
        """A seat in a call: the side's earlier seats are put out, the newest device counts."""
        login = Login(uuid4(), Kind.SEAT, who.person, who.role, who.prison, until, call, side)
        async with tables(services) as db:
            await db.execute(
                "DELETE FROM sessions WHERE kind = 'seat' AND call = $1 AND side = $2", call, str(side)
            )
        self._forget(lambda known: known.kind is Kind.SEAT and known.call == call and known.side is side)
        return await self._store(services, login, None)

    async def find(self, services: Services, token: str, *, hurry: bool = False) -> Login | None:
        """Whose token this is, if it is good now. From memory, marked stale, while the database is away.

        `hurry`: what memory knows is enough when the database does not answer at once: somebody wants to
        stop a call. Raises `StoreAway` when it is away and our memory does not know the token.
        """
        digest = digest_of(token)
        now = services.now()
        try:
            async with asyncio.timeout(HURRY_S if hurry and digest in self._remembered else None):
                login = await self._look_up(services, digest, now)
        except (StoreAway, TimeoutError):
            recalled = self._recall(digest, now)
            if recalled is None:
                raise StoreAway("login") from None  # "please sign in" would not help, and may be wrong
            return recalled
        self._remembered.pop(digest, None)
        if login is not None:
            self._remembered[digest] = (now, login)
            while len(self._remembered) > REMEMBERED_MAX:
                self._remembered.pop(next(iter(self._remembered)))
        return login

    async def end(self, services: Services, token: str) -> None:
        """Sign out: the token is good for nothing from now on."""
        self._remembered.pop(digest_of(token), None)
        async with tables(services) as db:
            await db.execute("DELETE FROM sessions WHERE digest = $1", digest_of(token))

    async def _store(self, services: Services, login: Login, idle: timedelta | None) -> str:
        token = secrets.token_urlsafe(32)
        now = services.now()
        async with tables(services) as db:
            await db.execute("DELETE FROM sessions WHERE expires < $1", now)
            await db.execute(
                "INSERT INTO sessions (digest, login, kind, person, role, prison, call, side, created, seen,"
                " idle_s, expires) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $9, $10, $11)",
                digest_of(token), login.id, str(login.kind), login.person, login.role, login.prison,
                login.call, None if login.side is None else str(login.side), now,
                None if idle is None else int(idle.total_seconds()), login.expires,
            )  # fmt: skip
        return token

    async def _look_up(self, services: Services, digest: bytes, now: datetime) -> Login | None:
        async with tables(services) as db:
            row = await db.fetchrow(
                "SELECT * FROM sessions WHERE digest = $1 AND expires > $2"
                " AND (idle_s IS NULL OR seen + idle_s * interval '1 second' > $2)",
                digest,
                now,
            )
            if row is None:
                return None
            if now - row["seen"] >= SEEN_EVERY:
                await db.execute("UPDATE sessions SET seen = $2 WHERE digest = $1", digest, now)
        side = None if row["side"] is None else Side(row["side"])
        return Login(
            row["login"],
            Kind(row["kind"]),
            row["person"],
            row["role"],
            row["prison"],
            row["expires"],
            row["call"],
            side,
        )

    def _recall(self, digest: bytes, now: datetime) -> Login | None:
        at, login = self._remembered.get(digest, (None, None))
        if at is None or login is None or now - at > REMEMBERED or now >= login.expires:
            return None
        return replace(login, stale=True)

    def _forget(self, unwanted: Callable[[Login], bool]) -> None:
        gone = [digest for digest, (_, login) in self._remembered.items() if unwanted(login)]
        for digest in gone:
            del self._remembered[digest]


def digest_of(token: str) -> bytes:
    """What the table knows of a token."""
    return hashlib.sha256(token.encode()).digest()
