"""The form in which an event is stored: one JSON object with sorted keys, whose bytes are the authority.

The bytes are hashed and never made again from a parsed event: whoever checks them years later needs
only them. Fields of the model named `at`, `prison` and `call` live in the envelope itself; all others
stand in `d`, personal ones encrypted in `p`. Nothing in it is a float: a number that two machines may
print differently cannot be evidence.
"""

import base64
import os
import time
import unicodedata
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from enum import Enum
from functools import cache, lru_cache
from types import MappingProxyType
from typing import Any, cast
from uuid import UUID

import msgspec
from pydantic import BaseModel

from application.ports import Actor, ActorKind, Context, Recorded, Sealed
from domain.event import Event, Personal, Purpose

OUTSIDE = ("at", "prison", "call")  # fields of events that the envelope carries itself
Seal = Callable[[str, Purpose, UUID, str, str], Awaitable[Sealed]]
Upcast = Callable[[dict[str, Any]], dict[str, Any]]
"""Turns the open data `d` of one version into that of the next."""


class Unreadable(Exception):
    """Stored bytes that are no event of ours: damaged, of an unknown type, or against the model."""


class NotStorable(TypeError):
    """An event holds a value that has no one form as bytes."""


@dataclass(frozen=True, slots=True)
class Stored:
    """An event ready for the log: its type and tags repeat what the bytes say, as an index."""

    id: UUID
    type: str
    data: bytes
    tags: list[str]


@dataclass(frozen=True)
class Envelopes:
    """Writes and reads envelopes of the events in `types`, by class name.

    `upcasts` maps (type, version) to the function that raises the data of that version by one.
    """

    types: Mapping[str, type[Event]]
    upcasts: Mapping[tuple[str, int], Upcast] = field(default_factory=dict)

    def __post_init__(self) -> None:
        for name, event_type in self.types.items():
            _check_type(name, event_type)

    async def write(self, event: Event, context: Context, recorded_at: datetime, seal: Seal) -> Stored:
        """The event as bytes, its personal fields sealed under their subjects' keys."""
        if self.types.get(type(event).__name__) is not type(event):
            raise NotStorable(f"{type(event).__name__} is not a registered event")
        ident = uuid7()
        shape = _shape(type(event))
        sealed = await _seal_all(event, shape, ident, seal) if shape.personal else []
        return _pack(event, shape, ident, context, recorded_at, sealed)

    def read(self, position: int, data: bytes) -> Recorded[Event]:
        """The event in the bytes, checked against its model. Raises `Unreadable`."""
        try:
            body = _DECODER.decode(data)
            event_type = self.types.get(body.type)
            if event_type is None:
                raise Unreadable(f"position {position}: unknown type {body.type}")
            return self._recorded(position, body, event_type)
        except (msgspec.MsgspecError, ValueError, KeyError, TypeError) as error:
            # The model's own message may quote the data, so only the kind of error is passed on.
            raise Unreadable(f"position {position}: {type(error).__name__}") from error

    def _recorded(self, position: int, body: "_Body", event_type: type[Event]) -> Recorded[Event]:
        actor = body.actor
        return Recorded(
            position,
            body.id,
            body.recorded_at,
            _actor(actor.kind, actor.id, actor.role, actor.login),
            body.cmd,
            body.corr,
            body.cause,
            body.policy,
            event_type.model_validate(self._fields(body, event_type)),
            {item.f: _unpack_sealed(item, body.id) for item in body.p} if body.p else _NOTHING_SEALED,
        )

    def _fields(self, body: "_Body", event_type: type[Event]) -> dict[str, Any]:
        fields, version = body.d, body.v
        while upcast := self.upcasts.get((body.type, version)):
            fields, version = upcast(fields), version + 1
        if version != event_type.V:
            raise ValueError("a version that this release cannot read")
        shape = _shape(event_type)
        fields["at"] = body.at
        if shape.prison:
            fields["prison"] = body.prison
        if shape.call:
            fields["call"] = body.call
        return fields


class _ActorBody(msgspec.Struct, frozen=True, forbid_unknown_fields=True, gc=False):
    kind: str
    id: str
    role: str | None
    login: str | None


class _SealedBody(msgspec.Struct, frozen=True, forbid_unknown_fields=True, gc=False):
    s: str  # subject
    u: str  # purpose
    k: int  # number of the key
    kc: str  # commitment to the key
    f: str  # field
    c: str  # ciphertext, base64


class _Body(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Every envelope has exactly these keys."""

    id: UUID
    type: str
    v: int
    at: datetime
    recorded_at: datetime
    actor: _ActorBody
    cmd: UUID
    corr: UUID
    cause: UUID | None
    prison: str | None
    call: str | None
    policy: str | None
    tags: list[str]
    d: dict[str, Any]
    p: list[_SealedBody]


_NOTHING_SEALED: Mapping[str, Sealed] = MappingProxyType({})


def utc_text(moment: datetime) -> str:
    """A moment as every stored text has it: UTC, microseconds, `Z`. Texts sort as the moments do."""
    if moment.tzinfo is not UTC:
        moment = moment.astimezone(UTC)
    return moment.isoformat(timespec="microseconds")[:-6] + "Z"


def tag_text(tag: str) -> str:
    """The tag as it is stored and looked for. The database would cut or refuse control characters."""
    if not tag.isprintable():
        raise NotStorable("a tag is a plain text")
    return tag if tag.isascii() else unicodedata.normalize("NFC", tag)


def uuid7() -> UUID:
    """A random id that sorts by the millisecond of its making (RFC 9562, version 7)."""
    value = int.from_bytes(os.urandom(10), "big") | ((time.time_ns() // 1_000_000) << 80)
    value = value & ~(0xF << 76) | (7 << 76)
    return UUID(int=value & ~(0x3 << 62) | (2 << 62))


def associated_data(event: UUID, name: str, subject: str) -> bytes:
    """What a sealed field is bound to, so that its ciphertext cannot be moved to another place."""
    return f"{event}/{name}/{subject}".encode()


# How an event becomes plain data


@dataclass(frozen=True)
class _Shape:
    """What of a type's fields goes where; worked out once for each type."""

    open: tuple[str, ...]
    personal: tuple[tuple[str, Personal], ...]
    prison: bool
    call: bool


@cache
def _shape(event_type: type[Event]) -> _Shape:
    fields, personal = event_type.model_fields, event_type.personal_fields()
    return _Shape(
        open=tuple(name for name in fields if name not in personal and name not in OUTSIDE),
        personal=tuple(personal.items()),
        prison="prison" in fields,
        call="call" in fields,
    )


def _pack(
    event: Any, shape: _Shape, ident: UUID, context: Context, recorded_at: datetime, sealed: list[Any]
) -> Stored:
    name, cmd = type(event).__name__, str(context.cmd)
    tags = sorted({tag_text(tag) for tag in event.tags()} | {f"cmd:{cmd}"})
    body = {
        "id": str(ident),
        "type": name,
        "v": event.V,
        "at": utc_text(event.at),
        "recorded_at": utc_text(recorded_at),
        "actor": _actor_body(context.actor),
        "cmd": cmd,
        "corr": str(context.corr),
        "cause": str(context.cause) if context.cause else None,
        "prison": event.prison if shape.prison else None,
        "call": event.call if shape.call else None,
        "policy": context.policy,
        "tags": tags,
        "d": {name: plain(getattr(event, name)) for name in shape.open},
        "p": sealed,
    }
    return Stored(ident, name, _ENCODER.encode(body), tags)


def plain(value: Any) -> Any:
    """The value as JSON knows it, in one form only. Raises `NotStorable` for what has none, floats first."""
    kind = type(value)
    if kind is str:
        return value if value.isascii() else unicodedata.normalize("NFC", value)
    if value is None or kind is bool or kind is int:
        return value
    if kind is datetime:
        return utc_text(value)
    return _plain_compound(value)


def _plain_compound(value: Any) -> Any:
    match value:
        case Enum():
            return plain(value.value)
        case BaseModel():
            return {name: plain(getattr(value, name)) for name in type(value).model_fields}
        case Mapping():
            return {_text_key(key): plain(item) for key, item in value.items()}
        case list() | tuple():
            return [plain(item) for item in value]
        case set() | frozenset():
            return sorted(plain(item) for item in value)
        case UUID():
            return str(value)
        case date():
            return value.isoformat()
        case _:
            raise NotStorable(f"a {type(value).__name__} has no one form as bytes")


def _text_key(key: Any) -> str:
    if isinstance(key, str):
        return cast(str, plain(str(key)))
    raise NotStorable("only texts are keys")


@lru_cache(maxsize=4096)
def _actor_body(actor: Actor) -> dict[str, Any]:
    return {"kind": actor.kind.value, "id": actor.id, "role": actor.role, "login": actor.login}


@lru_cache(maxsize=4096)
def _actor(kind: str, id: str, role: str | None, login: str | None) -> Actor:  # noqa: A002 - the envelope's word
    return Actor(ActorKind(kind), id, role, login)


# Personal fields


async def _seal_all(event: Event, shape: _Shape, ident: UUID, seal: Seal) -> list[dict[str, Any]]:
    packed = []
    for name, mark in shape.personal:
        text = getattr(event, name)
        if text is None:
            continue
        if not isinstance(text, str):
            raise NotStorable(f"{type(event).__name__}.{name}: a personal field is a text")
        subject = str(getattr(event, mark.of))
        packed.append(_pack_sealed(await seal(subject, mark.purpose, ident, name, text)))
    return packed


def _pack_sealed(sealed: Sealed) -> dict[str, Any]:
    return {
        "s": sealed.subject,
        "u": sealed.purpose.value,
        "k": sealed.key,
        "kc": sealed.commitment,
        "f": sealed.field,
        "c": base64.b64encode(sealed.ciphertext).decode(),
    }


def _unpack_sealed(item: _SealedBody, event: UUID) -> Sealed:
    ciphertext = base64.b64decode(item.c, validate=True)
    if base64.b64encode(ciphertext).decode() != item.c:
        raise ValueError("base64 with stray bits")  # the decoder lets two texts mean one value
    return Sealed(item.s, Purpose(item.u), item.k, item.kc, item.f, event, ciphertext)


def _check_type(name: str, event_type: type[Event]) -> None:
    if name != event_type.__name__:
        raise NotStorable(f"{name} is registered for {event_type.__name__}")
    for field_name, mark in event_type.personal_fields().items():
        info = event_type.model_fields[field_name]
        if info.is_required() or info.get_default() is not None:
            raise NotStorable(f"{name}.{field_name}: a personal field is None by default, as when read back")
        if mark.of not in event_type.model_fields:
            raise NotStorable(f"{name}.{field_name}: no field {mark.of} holds its subject")


_ENCODER = msgspec.json.Encoder(order="sorted")
_DECODER = msgspec.json.Decoder(_Body)
_LOOSE_DECODER: "msgspec.json.Decoder[dict[str, Any]]" = msgspec.json.Decoder(dict[str, Any])


def body_of(data: bytes) -> dict[str, Any]:
    """The envelope as plain data, unchecked: for `fsck` and those who only look. Raises `Unreadable`."""
    try:
        return _LOOSE_DECODER.decode(data)
    except msgspec.DecodeError as error:
        raise Unreadable("not a JSON object") from error
