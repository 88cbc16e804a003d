"""The vault: a key for each (subject, purpose), and pictures, templates and blocks sealed under them.

Three layers of keys. The data folder's own key (a file only we may read) wraps the subjects' keys; a
subject's key seals personal fields of events and wraps the key of each object; an object's own key
seals its content. Destroying a subject's key makes all of it unreadable at once, wherever copies of
the ciphertext lie, and no byte of the log changes.

Objects are kept in the vault database, beside their keys: one transaction writes both, one backup
holds both, several machines reach both. They are small (a template 1 KB, a photograph at most a few MB).
"""

import hashlib
import hmac
import os
import time
from collections import OrderedDict
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Self
from uuid import UUID

from asyncpg import Record
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.keywrap import InvalidUnwrap, aes_key_unwrap, aes_key_wrap

from application.ports import Sealed, VaultDamaged
from domain.event import Purpose
from infrastructure.envelope import associated_data
from infrastructure.gateway import Gateway

KEY_BYTES, NONCE_BYTES = 32, 12
CACHE_MAX = 10_000  # keys held in memory
CACHE_S = 5.0  # a key that another process destroyed is forgotten here after this long
CONTENT_BYTES_MAX = 16 * 1024 * 1024


class WrongFolderKey(VaultDamaged):
    """The vault was sealed under the key of another data folder, or was tampered with."""


@dataclass(frozen=True)
class FolderKeys:
    """The keys that live in the data folder, outside every database."""

    wrapping: bytes
    index: bytes
    transit: bytes  # for words on their way through a worker

    @classmethod
    def open(cls, folder: Path) -> Self:
        """Read them, or make them at the first start. Raises `PermissionError` when others may read them."""
        folder.mkdir(parents=True, exist_ok=True)
        names = ("wrapping.key", "index.key", "transit.key")
        return cls(*(_key_file(folder / name) for name in names))


@dataclass(frozen=True, slots=True)
class _SubjectKey:
    number: int
    commitment: str
    key: bytes


class PostgresKeys:
    """Keys per (subject, purpose) in the vault database. Fulfils `application.ports.Keys`."""

    def __init__(
        self, vault: Gateway, folder: FolderKeys, *, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._vault, self._folder, self._clock = vault, folder, clock
        self._cache: OrderedDict[tuple[str, Purpose, int], tuple[float, _SubjectKey]] = OrderedDict()

    async def seal(self, subject: str, purpose: Purpose, event: UUID, name: str, text: str) -> Sealed:
        """Encrypt one personal field; makes the subject's key at first use. Raises `StoreAway`."""
        key = await self.current(subject, purpose)
        ciphertext = encrypt(key.key, text.encode(), associated_data(event, name, subject))
        return Sealed(subject, purpose, key.number, key.commitment, name, event, ciphertext)

    async def open(self, sealed: Sealed) -> str | None:
        """The text, or None when the key was destroyed. Raises `WrongFolderKey`, `StoreAway`."""
        key = await self.numbered(sealed.subject, sealed.purpose, sealed.key)
        if key is None:
            return None
        if key.commitment != sealed.commitment:
            raise WrongFolderKey("the key is not the one that the event commits to")
        bound = associated_data(sealed.event, sealed.field, sealed.subject)
        return decrypt(key.key, sealed.ciphertext, bound).decode()

    async def destroy(self, subject: str, purpose: Purpose) -> int:
        """Erase: destroy every key of the subject for the purpose, and its objects. Returns how many keys."""
        for cached in [key for key in self._cache if key[:2] == (subject, purpose)]:
            del self._cache[cached]
        async with self._vault.transaction() as connection:
            await connection.execute(
                "DELETE FROM objects WHERE subject = $1 AND purpose = $2", subject, purpose.value
            )
            gone = await connection.fetch(_DESTROY, subject, purpose.value)
        return len(gone)

    @property
    def cached(self) -> int:
        """How many keys are held in memory."""
        return len(self._cache)

    def hmac_index(self, text: str) -> str:
        """A stable name for something personal, such as a prisoner number, that nobody can turn back."""
        return hmac.new(self._folder.index, text.encode(), hashlib.sha256).hexdigest()

    async def current(self, subject: str, purpose: Purpose) -> "_SubjectKey":
        """The key under which new things of the subject are sealed."""
        cached = self._cached((subject, purpose, 0))
        if cached is not None:
            return cached
        row = await self._vault.fetchrow(_CURRENT, subject, purpose.value)
        while row is None:  # another process may make it, or destroy it, between our two statements
            key = os.urandom(KEY_BYTES)
            wrapped = aes_key_wrap(self._folder.wrapping, key)
            await self._vault.execute(_MAKE, subject, purpose.value, wrapped, commitment_of(key))
            row = await self._vault.fetchrow(_CURRENT, subject, purpose.value)
        return self._remember((subject, purpose, 0), row)

    async def numbered(self, subject: str, purpose: Purpose, number: int) -> "_SubjectKey | None":
        """One of the subject's keys, or None when it was destroyed."""
        cached = self._cached((subject, purpose, number))
        if cached is not None:
            return cached
        row = await self._vault.fetchrow(_NUMBERED, subject, purpose.value, number)
        if row is None or row["wrapped"] is None:
            return None
        return self._remember((subject, purpose, number), row)

    def _cached(self, name: tuple[str, Purpose, int]) -> "_SubjectKey | None":
        until, key = self._cache.get(name, (0.0, None))
        return key if self._clock() < until else None

    def _remember(self, name: tuple[str, Purpose, int], row: Record) -> "_SubjectKey":
        key = _SubjectKey(row["number"], row["commitment"], self._unwrapped(row["wrapped"]))
        self._cache[name] = (self._clock() + CACHE_S, key)
        self._cache.move_to_end(name)
        if len(self._cache) > CACHE_MAX:
            self._cache.popitem(last=False)
        return key

    def _unwrapped(self, wrapped: bytes) -> bytes:
        try:
            return aes_key_unwrap(self._folder.wrapping, wrapped)
        except InvalidUnwrap as error:
            raise WrongFolderKey("a key of the vault does not open with this data folder's key") from error


class PostgresVault:
    """Content-addressed objects under their subjects' keys. Fulfils `application.ports.Vault`."""

    def __init__(self, vault: Gateway, keys: PostgresKeys) -> None:
        self._vault, self._keys = vault, keys

    async def put(self, subject: str, purpose: Purpose, kind: str, content: bytes) -> str:
        """Store and return the reference `sha256:<hex of the content>`. Raises `ValueError` beyond 16 MiB."""
        if len(content) > CONTENT_BYTES_MAX:
            raise ValueError(f"an object holds at most {CONTENT_BYTES_MAX} bytes")
        reference = f"sha256:{hashlib.sha256(content).hexdigest()}"
        under = await self._keys.current(subject, purpose)
        own = os.urandom(KEY_BYTES)
        sealed = encrypt(own, content, _bound(reference, subject, kind))
        wrapped = aes_key_wrap(under.key, own)
        await self._vault.execute(
            _PUT, reference, subject, purpose.value, kind, under.number, wrapped, sealed
        )
        return reference

    async def get(self, reference: str) -> bytes | None:
        """The content, or None when it was destroyed. Raises `WrongFolderKey`, `StoreAway`."""
        for row in await self._vault.fetch(_GET, reference):
            under = await self._keys.numbered(row["subject"], Purpose(row["purpose"]), row["key"])
            if under is not None:
                own = aes_key_unwrap(under.key, row["wrapped"])
                return decrypt(own, row["content"], _bound(reference, row["subject"], row["kind"]))
        return None

    async def destroy(self, subject: str, purpose: Purpose, references: Sequence[str]) -> int:
        """Delete these objects of a subject, each with the key of its own. Returns how many there were."""
        gone = await self._vault.fetch(_DELETE, subject, purpose.value, list(references))
        return len(gone)


_CURRENT = """
SELECT number, wrapped, commitment FROM subject_keys
WHERE subject = $1 AND purpose = $2 AND wrapped IS NOT NULL
"""
_NUMBERED = """
SELECT number, wrapped, commitment FROM subject_keys WHERE subject = $1 AND purpose = $2 AND number = $3
"""
_MAKE = """
INSERT INTO subject_keys (subject, purpose, number, wrapped, commitment)
SELECT $1, $2, coalesce(max(number), 0) + 1, $3, $4 FROM subject_keys WHERE subject = $1 AND purpose = $2
ON CONFLICT DO NOTHING
"""
_DESTROY = """
UPDATE subject_keys SET wrapped = NULL, destroyed = now()
WHERE subject = $1 AND purpose = $2 AND wrapped IS NOT NULL RETURNING number
"""
_PUT = """
INSERT INTO objects (reference, subject, purpose, kind, key, wrapped, content)
VALUES ($1, $2, $3, $4, $5, $6, $7)
ON CONFLICT DO NOTHING
"""
_DELETE = """
DELETE FROM objects WHERE subject = $1 AND purpose = $2 AND reference = ANY ($3::text[]) RETURNING reference
"""
_GET = "SELECT subject, purpose, kind, key, wrapped, content FROM objects WHERE reference = $1"


def commitment_of(key: bytes) -> str:
    """What an event says about the key it was sealed under, so that no other can later be shown for it."""
    return hashlib.sha256(b"kinline/dek/v1" + key).hexdigest()


def encrypt(key: bytes, content: bytes, bound: bytes) -> bytes:
    """Nonce and ciphertext, bound to where it stands."""
    nonce = os.urandom(NONCE_BYTES)
    return nonce + AESGCM(key).encrypt(nonce, content, bound)


def decrypt(key: bytes, sealed: bytes, bound: bytes) -> bytes:
    """The content. Raises `WrongFolderKey` when it was altered or moved."""
    try:
        return AESGCM(key).decrypt(sealed[:NONCE_BYTES], sealed[NONCE_BYTES:], bound)
    except InvalidTag as error:
        raise WrongFolderKey("the ciphertext was altered, or moved from where it belongs") from error


def _bound(reference: str, subject: str, kind: str) -> bytes:
    return f"{reference}/{subject}/{kind}".encode()


def _key_file(path: Path) -> bytes:
    """The key in the file; made, readable by us alone, and on the disk before it is used."""
    try:
        made = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError:
        return _read_key(path)
    with os.fdopen(made, "wb") as file:
        key = os.urandom(KEY_BYTES)
        file.write(key)
        file.flush()
        os.fsync(file.fileno())
    return key


def _read_key(path: Path) -> bytes:
    if path.stat().st_mode & 0o077:
        raise PermissionError(f"others may read {path.name}: it must have mode 0600")
    key = path.read_bytes()
    if len(key) != KEY_BYTES:
        raise WrongFolderKey(f"{path.name} holds no key")
    return key
