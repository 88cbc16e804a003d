"""Sealed words as plain data, for a read model that keeps them until somebody who may read them asks."""

import base64
from collections.abc import Mapping
from dataclasses import asdict
from uuid import UUID

import msgspec

from application.ports import Sealed
from domain.event import Purpose


def packed(sealed: Mapping[str, Sealed]) -> str:
    """The sealed fields of one event as JSON. Nothing is opened."""
    return msgspec.json.encode([_body(each) for each in sealed.values()]).decode()


def unpacked(text: str) -> dict[str, Sealed]:
    """The sealed fields again, by name."""
    found = [_sealed(body) for body in msgspec.json.decode(text)]
    return {each.field: each for each in found}


def _body(sealed: Sealed) -> dict[str, object]:
    ciphertext = base64.b64encode(sealed.ciphertext).decode()
    return {**asdict(sealed), "event": str(sealed.event), "ciphertext": ciphertext}


def _sealed(body: Mapping[str, str]) -> Sealed:
    fields = {**body, "purpose": Purpose(body["purpose"]), "event": UUID(body["event"])}
    return Sealed(**{**fields, "ciphertext": base64.b64decode(body["ciphertext"])})  # type: ignore[arg-type]
