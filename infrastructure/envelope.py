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
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from enum import Enum
from functools import cache, lru_cache
from typing import Any, cast
from uuid import UUID

import msgspec
from pydantic import BaseModel

from application.ports import Actor, ActorKind, Context, Recorded, Sealed
from domain.event import Event, Personal, Purpose

OUTSIDE = ("at", "prison", "call")  # fields of events that the envelope carries itself
KEYS = frozenset(  # every envelope has exactly these
    {"id", "type", "v", "at", "recorded_at", "actor", "cmd", "corr", "cause"}
    | {"prison", "call", "policy", "tags", "d", "p"}
)

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
            if body.keys() != KEYS:
                raise Unreadable(f"position {position}: these are not the keys of an envelope")
            event_type = self.types.get(body["type"])
            if event_type is None:
                raise Unreadable(f"position {position}: unknown type {body['type']}")
            return self._recorded(position, body, event_type)
        except (msgspec.DecodeError, ValueError, KeyError, TypeError) as error:
            # The model's own message may quote the data, so only the kind of error is passed on.
            raise Unreadable(f"position {position}: {type(error).__name__}") from error

    def knows(self, name: str) -> bool:
        """Whether this release can read events of that type."""
        return name in self.types

    def _recorded(self, position: int, body: dict[str, Any], event_type: type[Event]) -> Recorded[Event]:
        sealed = {item["f"]: _unpack_sealed(item, UUID(body["id"])) for item in body["p"]}
        return Recorded(
            position=position,
            id=UUID(body["id"]),
            recorded_at=datetime.fromisoformat(body["recorded_at"]),
            actor=_actor(**body["actor"]),
            cmd=UUID(body["cmd"]),
            corr=UUID(body["corr"]),
            cause=UUID(body["cause"]) if body["cause"] else None,
            policy=body["policy"],
            event=event_type.model_validate(self._fields(body, event_type)),
            sealed=sealed,
        )

    def _fields(self, body: dict[str, Any], event_type: type[Event]) -> dict[str, Any]:
        fields, version = body["d"], body["v"]
        while upcast := self.upcasts.get((body["type"], version)):
            fields, version = upcast(fields), version + 1
        if version != event_type.V:
            raise ValueError("a version that this release cannot read")
        fields.update((name, body[name]) for name in OUTSIDE if name in event_type.model_fields)
        return cast(dict[str, Any], fields)


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


def _unpack_sealed(item: dict[str, Any], event: UUID) -> Sealed:
    ciphertext = base64.b64decode(item["c"], validate=True)
    if base64.b64encode(ciphertext).decode() != item["c"]:
        raise ValueError("base64 with stray bits")  # the decoder lets two texts mean one value
    return Sealed(item["s"], Purpose(item["u"]), item["k"], item["kc"], item["f"], event, ciphertext)


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
_DECODER: "msgspec.json.Decoder[dict[str, Any]]" = msgspec.json.Decoder(dict[str, Any])


def body_of(data: bytes) -> dict[str, Any]:
    """The envelope as plain data, unchecked: for `fsck` and those who only look. Raises `Unreadable`."""
    try:
        return _DECODER.decode(data)
    except msgspec.DecodeError as error:
        raise Unreadable("not a JSON object") from error


def stored_tags(data: bytes) -> Sequence[str]:
    """The tags as the bytes have them, against which the index is checked."""
    return cast(Sequence[str], body_of(data)["tags"])
