"""What people read, by key: English and Welsh, one file each. A text that is missing stops the program."""

import tomllib
from functools import cache
from pathlib import Path
from typing import Any

from domain.texts import OTHER_SIDE, Language

__all__ = ["Language", "cause", "keys", "slate", "text"]

FOLDER = Path(__file__).with_name("texts")


def text(language: Language, key: str, **values: object) -> str:
    """The text of a key, with values in its places. Raises KeyError for a key nobody wrote."""
    return _texts(language)[key].format(**values)


def slate(language: Language, key: str) -> str:
    """The text of a slate. A cause that has no text is told as to the other side: never a fault."""
    found = _texts(language)
    return found.get(key, found[OTHER_SIDE])


def cause(language: Language, key: str | None) -> str:
    """A cause in words, for staff: what was seen, what failed, or which fact changed."""
    found = _texts(language)
    return "" if key is None else found.get(f"cause.{key}") or found.get(f"flag.{key}", found["cause.other"])


def keys(language: Language) -> frozenset[str]:
    """Every key there is in a language."""
    return frozenset(_texts(language))


@cache
def _texts(language: Language) -> dict[str, str]:
    table = tomllib.loads((FOLDER / f"{language}.toml").read_text(encoding="utf-8"))
    return dict(_flat(table, ""))


def _flat(table: dict[str, Any], prefix: str) -> Any:
    for key, value in table.items():
        if isinstance(value, dict):
            yield from _flat(value, f"{prefix}{key}.")
        else:
            yield f"{prefix}{key}", value.strip()
