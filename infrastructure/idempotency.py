"""Answers given before: the same request sent again is answered alike, refusals included.

The command id already lets a command take effect once; this table lets its sender hear the first
answer again. The answer is kept as ciphertext under the key of whoever asked, for 24 hours.
"""

import hashlib
from uuid import UUID

import msgspec

from application.ports import Answer, InFlight, Keys, OtherBody
from domain.event import Purpose
from infrastructure.gateway import Gateway
from infrastructure.sealed_text import packed, unpacked

KEPT_HOURS = 24
GONE = Answer(410, "null")
UNANSWERED_S = 60  # after which a request counts as lost with its process, and may be taken up again


class KeptAnswers:
    """The answers kept in the log database."""

    def __init__(self, gateway: Gateway, keys: Keys) -> None:
        self._gateway, self._keys = gateway, keys

    async def before(self, key: UUID, body: bytes) -> Answer | None:
        """The answer given before; an answer whose reader was erased in between is given as 410."""
        digest = hashlib.sha256(body).digest()
        if await self._gateway.fetchval(_CLAIM, key, digest, UNANSWERED_S, KEPT_HOURS):
            return None
        row = await self._gateway.fetchrow(
            "SELECT body_digest, status, answer FROM idempotency WHERE key = $1", key
        )
        if row is None:
            raise InFlight  # it was dropped this moment: the sender may try again
        if row["body_digest"] != digest:
            raise OtherBody
        if row["status"] is None:
            raise InFlight
        text = await self._keys.open(unpacked(row["answer"]))
        return GONE if text is None else Answer(row["status"], **msgspec.json.decode(text))

    async def give(self, key: UUID, person: str, answer: Answer) -> None:
        text = msgspec.json.encode({"body": answer.body, "headers": dict(answer.headers)}).decode()
        sealed = await self._keys.seal(person, Purpose.IDENTITY, key, "answer", text)
        await self._gateway.execute(_ANSWER, key, answer.status, packed(sealed))

    async def drop(self, key: UUID) -> None:
        await self._gateway.execute("DELETE FROM idempotency WHERE key = $1 AND status IS NULL", key)

    async def forget_old(self) -> None:
        """Delete what is older than is promised."""
        await self._gateway.execute(_FORGET, KEPT_HOURS)


_CLAIM = """
INSERT INTO idempotency (key, body_digest) VALUES ($1, $2)
ON CONFLICT (key) DO UPDATE SET body_digest = $2, status = NULL, answer = NULL, at = now()
WHERE (idempotency.status IS NULL AND idempotency.body_digest = $2
       AND idempotency.at < now() - make_interval(secs => $3))
   OR idempotency.at < now() - make_interval(hours => $4)
RETURNING true
"""
_ANSWER = "UPDATE idempotency SET status = $2, answer = $3 WHERE key = $1"
_FORGET = "DELETE FROM idempotency WHERE at < now() - make_interval(hours => $1)"
