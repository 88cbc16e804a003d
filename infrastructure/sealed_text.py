"""Sealed texts in tables of ours: packed as one JSON text, ciphertext and all, and read back."""

import base64
from dataclasses import asdict
from typing import Any
from uuid import UUID

import msgspec

from application.ports import Sealed
from domain.event import Purpose


def packed(sealed: Sealed) -> str:
    """As JSON."""
    body = asdict(sealed) | {"ciphertext": base64.b64encode(sealed.ciphertext).decode()}
    return msgspec.json.encode(body).decode()


def unpacked(text: str) -> Sealed:
    """From JSON."""
    body: dict[str, Any] = msgspec.json.decode(text)
    return Sealed(
        subject=body["subject"],
        purpose=Purpose(body["purpose"]),
        key=body["key"],
        commitment=body["commitment"],
        field=body["field"],
        event=UUID(body["event"]),
        ciphertext=base64.b64decode(body["ciphertext"]),
    )
