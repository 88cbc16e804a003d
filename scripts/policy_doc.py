#!/usr/bin/env python
"""Writes docs/policy.md: every key of a prison's policy, with default, unit, meaning, and which way is stricter.

    .venv/bin/python scripts/policy_doc.py            say whether the page is current (exit 1 if not)
    .venv/bin/python scripts/policy_doc.py --write    write it

`tests/test_policy_doc.py` keeps it true.
"""

import sys
from collections.abc import Iterator
from itertools import groupby
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
if str(ROOT) not in sys.path:
    sys.path.insert(0, str(ROOT))

from domain.moderation.kind import Action, Severity  # noqa: E402  the path must be known first
from domain.moderation.ladder import NEVER_PAUSE  # noqa: E402
from domain.policy import Key, describe, in_words  # noqa: E402

PAGE = ROOT / "docs" / "policy.md"

INTRODUCTION = f"""# Policy

Everything that a prison decides about its calls is one document. It is validated when it is published, has a
version, and is signed by two people; a call keeps the version that held when its waiting room opened. A governor
alone may make a key stricter at once, in the direction named here; a second person looks at that within a day. This
page is made by `scripts/policy_doc.py --write` from the document itself; `kinline policy` prints the same.

A key that is not named in a publication keeps its default. A document of an earlier release means today what it
meant then, also where a key has moved since.

## What follows of what is found

`moderation.actions` has a ladder for each kind that the machine can find: up to one rung each of
{", ".join(f"*{action}*" for action in Action)}, in this order. A rung says after how many milliseconds, counted from
the first picture that shows the cause, and with which severity ({", ".join(s.name.lower() for s in Severity)}:
0 to {max(Severity)}):

```json
{{"moderation": {{"actions": {{"camera_covered": [
  {{"after_ms": 2000, "action": "coach", "severity": 1}},
  {{"after_ms": 8000, "action": "pause", "severity": 1}}]}}}}}}
```

* *coach*: only the person concerned is told, on their own screen, what to do.
* *alert*: staff are told on the wall.
* *pause*: both sides see the slate, and the time is given back. Pauses for a covered camera or an empty chair end by
  themselves when the cause has been gone for `moderation.clear_after_ms`; all others wait for staff.

A single picture never pauses a call, whatever the document says: a second one must show the cause too. No document
may pause for {" or ".join(f"`{kind}`" for kind in sorted(NEVER_PAUSE))}. In a stream with somebody who is registered as
a child, no document may pause for `unapproved_face` or `identity_swap`: staff are told, the face is not shown, and a
picture that stays withheld waits for staff as `could_not_check`. An empty ladder
puts nothing on record of that kind; a picture that may not be shown stays withheld all the same.

`moderation.by_call_type` replaces ladders for one type of call. Here a legal call whose picture is checked is never
paused for nudity by the machine:

```json
{{"moderation": {{"by_call_type": {{"legal": {{"explicit_nudity": [
  {{"after_ms": 0, "action": "alert", "severity": 4}}]}}}}}}}}
```
"""

_COLUMNS = ("key", "default", "unit", "meaning", "stricter")


def main() -> int:
    """Write the page, or say whether it is current."""
    if "--write" in sys.argv[1:]:
        PAGE.write_text(page(), encoding="utf-8")
        return 0
    current = PAGE.exists() and PAGE.read_text(encoding="utf-8") == page()
    print(f"docs/policy.md is {'current' if current else 'old: run scripts/policy_doc.py --write'}.")
    return 0 if current else 1


def page() -> str:
    """The whole page."""
    sections = groupby(describe(), key=_section)
    return "\n".join([INTRODUCTION, *(part for name, keys in sections for part in _table(name, keys))])


def _section(key: Key) -> str:
    return ".".join(key.name.split(".")[:-1])


def _table(section: str, keys: Iterator[Key]) -> Iterator[str]:
    rows = [_COLUMNS, ("---",) * len(_COLUMNS), *(_row(key) for key in keys)]
    yield f"## {section}\n" if section else "## The whole document\n"
    yield "".join(f"| {' | '.join(row)} |\n" for row in rows)


def _row(key: Key) -> tuple[str, ...]:
    stricter = (
        " < ".join(map(in_words, key.tighter)) if isinstance(key.tighter, list) else in_words(key.tighter)
    )
    name = key.name.rpartition(".")[2]
    return f"`{name}`", in_words(key.default), key.unit, key.meaning, stricter


if __name__ == "__main__":
    sys.exit(main())
