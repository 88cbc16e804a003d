"""Tokens of programs: how a neighbouring system, or an administrator's script, signs in without a browser.

A token stands in the header `Authorization: Bearer ...`. The table knows its digest alone; it ends on its
day or when it is revoked, whichever comes first, and may do what its role may do in its prison.
"""

import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID, uuid4

from api.logins import SEEN_EVERY, Kind, Login, digest_of
from api.services import Connection, Services, tables

PREFIX = "kinline_"  # by which a token is known where it should not be
LASTS_DAYS = 365
ROLES = ("NB", "AD")
"""In which roles a program may act. Every other is a person's, who signs in with a browser."""


@dataclass(frozen=True, slots=True)
class ServiceToken:
    """What the table knows of a token."""

    token: UUID
    label: str
    role: str
    prison: str | None
    created: datetime
    expires: datetime
    revoked: datetime | None
    seen: datetime | None


def carried(authorization: str | None) -> str | None:
    """The token in a request's header, or None when it carries none; an empty one is nobody's."""
    if authorization is None:
        return None
    scheme, _, token = authorization.partition(" ")
    return token.strip() if scheme.lower() == "bearer" else None


async def find(services: Services, token: str) -> Login | None:
    """Whose token this is, if it is good now. Raises `StoreAway`."""
    now = services.now()
    async with tables(services) as db:
        row = await db.fetchrow(_FIND, digest_of(token), now)
        if row is None:
            return None
        if row["seen"] is None or now - row["seen"] >= SEEN_EVERY:
            await db.execute("UPDATE service_tokens SET seen = $2 WHERE token = $1", row["token"], now)
    return Login(row["token"], Kind.SERVICE, row["service"], row["role"], row["prison"], row["expires"])


async def make(db: Connection, role: str, prison: str | None, label: str, now: datetime, days: int) -> str:
    """A new token. It can be read now and never again."""
    token = PREFIX + secrets.token_urlsafe(32)
    await db.execute(
        "INSERT INTO service_tokens (digest, token, service, label, role, prison, created, expires)"
        " VALUES ($1, $2, $3, $4, $5, $6, $7, $8)",
        digest_of(token), uuid4(), str(uuid4()), label, role, prison, now, now + timedelta(days=days),
    )  # fmt: skip
    return token


async def revoke(db: Connection, token: UUID, now: datetime) -> bool:
    """End a token at once; False when there is none of this id that is good."""
    done = await db.fetchval(
        "UPDATE service_tokens SET revoked = $2 WHERE token = $1 AND revoked IS NULL RETURNING true",
        token,
        now,
    )
    return bool(done)


async def listed(db: Connection) -> list[ServiceToken]:
    """Every token there ever was, the newest first."""
    rows = await db.fetch(
        "SELECT token, label, role, prison, created, expires, revoked, seen FROM service_tokens"
        " ORDER BY created DESC, token"
    )
    return [ServiceToken(**row) for row in rows]


_FIND = """
SELECT token, service, role, prison, expires, seen FROM service_tokens
WHERE digest = $1 AND revoked IS NULL AND expires > $2
"""
