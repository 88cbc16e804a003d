"""Laying changes over a document: what is not named stays as it is."""

from collections.abc import Mapping
from typing import Any


def overlay(under: Mapping[str, Any], over: Mapping[str, Any]) -> dict[str, Any]:
    """The document with the changes laid over it, section by section."""
    laid = dict(under)
    for key, value in over.items():
        below = laid.get(key)
        if isinstance(below, Mapping) and isinstance(value, Mapping):
            laid[key] = overlay(below, value)
        else:
            laid[key] = value
    return laid
