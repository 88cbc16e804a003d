"""Values of the policy in words: for the command line and the pages of the documentation."""

from enum import Enum
from typing import Any


def in_words(value: Any) -> str:
    """A default, or which way of a key is stricter, as a person reads it."""
    match value:
        case None:
            return ""
        case bool():
            return "yes" if value else "no"
        case Enum():
            return str(value.value)
        case dict():
            return ", ".join(f"{in_words(key)}: {in_words(each)}" for key, each in value.items()) or "none"
        case tuple() | list():
            return ", ".join(in_words(each) for each in value) or "none"
        case _:
            return str(value)
