"""The texts of messages, English and Welsh, in versions that are kept: what was said can be made again."""

import tomllib
from collections.abc import Mapping
from datetime import datetime
from functools import cache
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from domain.texts import Language

FOLDER = Path(__file__).with_name("texts")
NEWEST = 1
"""The version in which messages are planned now. A version that a release has sent is never changed."""


def text(language: Language, version: int, section: str, key: str, **values: object) -> str:
    """One text with values in its places. Raises LookupError for one that nobody wrote."""
    found: str = _texts(language, version)[section][key]
    return found.strip().format_map(values)


def keys(language: Language, version: int) -> frozenset[str]:
    """Every text there is in a language, as `section.key`."""
    return frozenset(
        f"{section}.{key}" for section, table in _texts(language, version).items() for key in table
    )


def day(moment: datetime, zone: str, language: Language, version: int) -> str:
    """A day as the prison's calendar has it: Monday 23 November 2026."""
    local = moment.astimezone(ZoneInfo(zone))
    dates = _texts(language, version)["dates"]
    return f"{dates['days'][local.weekday()]} {local.day} {dates['months'][local.month - 1]} {local.year}"


def clock(moment: datetime, zone: str) -> str:
    """A time of day as the prison's clock shows it: 14:30."""
    return f"{moment.astimezone(ZoneInfo(zone)):%H:%M}"


@cache
def _texts(language: Language, version: int) -> Mapping[str, Mapping[str, Any]]:
    path = FOLDER / str(version) / f"{language}.toml"
    if not path.exists():
        raise LookupError(f"This release has no version {version} of its texts.")
    return tomllib.loads(path.read_text(encoding="utf-8"))
