#!/usr/bin/env python
"""Writes docs/rules.md: every rule, what it demands, its policy keys, its source, and the test that guards it.

    .venv/bin/python scripts/rules_doc.py            say whether the page is current (exit 1 if not)
    .venv/bin/python scripts/rules_doc.py --write    write it

The rules of booking come from `domain.booking.rules.RULES`, in its order. Their tests, and the rules that are
decided elsewhere, are told in scripts/rules.toml. tests/test_rules_doc.py takes each rule of booking away and
sees its test fail.
"""

import sys
import tomllib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from fnmatch import fnmatch
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
if str(ROOT) not in sys.path:
    sys.path.insert(0, str(ROOT))

from domain.booking.rules import RULES, Rule  # noqa: E402  the path must be known first
from domain.policy import Key, describe, in_words  # noqa: E402

PAGE = ROOT / "docs" / "rules.md"

NOTES = tomllib.loads((ROOT / "scripts" / "rules.toml").read_text(encoding="utf-8"))

TESTS: Mapping[str, str] = NOTES["tests"]
"""The test that breaks when the rule is taken away: one for each rule of booking."""


@dataclass(frozen=True)
class Entry:
    """A rule that is no check of a wish for a call. `test`: None until it is named."""

    name: str
    demands: str
    keys: Sequence[str]
    source: str
    test: str | None


ELSEWHERE: Mapping[str, Sequence[Entry]] = {
    title: [Entry(**{"keys": (), "test": None} | each) for each in entries]
    for title, entries in NOTES["elsewhere"].items()
}
"""Rules that are decided elsewhere than in `RULES`, by where a reader would look for them."""

INTRODUCTION = """# Rules

Every rule of the service: what it demands, the keys of the policy it reads with their defaults, where it comes
from, and a test that breaks when the rule is taken away. This page is made by `scripts/rules_doc.py --write`;
`tests/test_rules_doc.py` keeps it true, and takes each rule of booking away to see its test fail.

A prison changes the numbers in its policy, never in code. Days, weeks and months are those of the prison's own
clock; the tests of every rule that counts them cover both changes of the clock, a leap day and a month's end
at midnight (`tests/domain/test_booking_calendar.py`, `test_slot.py`, `test_restriction.py`, `test_calendar.py`).

## Booking

All of them are looked at for each wish: reserved, asked for or changed. Whoever asks is told everything that
stands against it, in this order. Rules marked *yes* may be set aside by somebody with the right to do so, for a
reason, and the call is then decided on by staff.
"""

COLUMNS = ("rule", "what it demands", "policy keys and defaults", "source", "set aside", "test")


def main() -> int:
    """Write the page, or say whether it is current."""
    if "--write" in sys.argv[1:]:
        PAGE.write_text(page(), encoding="utf-8")
        return 0
    current = PAGE.exists() and PAGE.read_text(encoding="utf-8") == page()
    print(
        "docs/rules.md is current." if current else "docs/rules.md is old: run scripts/rules_doc.py --write"
    )
    return 0 if current else 1


def page() -> str:
    """The whole page."""
    parts = [INTRODUCTION, _table(COLUMNS, (_row(rule) for rule in RULES))]
    columns = tuple(column for column in COLUMNS if column != "set aside")
    for title, entries in ELSEWHERE.items():
        parts += [f"## {title}\n", _table(columns, (_row_elsewhere(each) for each in entries))]
    return "\n".join([*parts, NOTES["mutants"]])


def _table(columns: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    lines = [columns, ["---"] * len(columns), *rows]
    return "".join(f"| {' | '.join(line)} |\n" for line in lines)


def _row(rule: Rule) -> Sequence[str]:
    aside = "yes" if rule.overridable else ""
    test = _test(TESTS[rule.name])
    return (f"`{rule.name}`", rule.meaning, _defaults(rule.keys), rule.source, aside, test)


def _row_elsewhere(each: Entry) -> Sequence[str]:
    return (f"`{each.name}`", each.demands, _defaults(each.keys), each.source, _test(each.test))


def keys_of(pattern: str) -> Iterator[Key]:
    """The keys of the policy that a rule reads: a name, a name with a `*` in it, or a whole section."""
    return (key for key in describe() if fnmatch(key.name, pattern) or key.name.startswith(f"{pattern}."))


def _defaults(patterns: Sequence[str]) -> str:
    return "; ".join(_default(pattern) for pattern in patterns)


def _default(pattern: str) -> str:
    found = list(keys_of(pattern))
    if len(found) == 1:
        unit = f" {found[0].unit}" if found[0].unit else ""
        return f"`{pattern}`: {in_words(found[0].default)}{unit}"
    section = pattern.partition(".")[0]
    each = (f"{key.name.removeprefix(section + '.').split('.')[0]} {in_words(key.default)}" for key in found)
    return f"`{pattern}`: {', '.join(each)}"


def _test(name: str | None) -> str:
    if name is None:
        return ""
    path, _, function = name.partition("::")
    return f"[{function.removeprefix('test_').replace('_', ' ')}](../{path})"


if __name__ == "__main__":
    sys.exit(main())
