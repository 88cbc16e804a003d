#!/usr/bin/env python
"""Writes the stored bytes of every type of event that has none yet to tests/history/golden.

    .venv/bin/python scripts/golden_events.py --write

What is there already is never touched: it is what an earlier release stored, and has to be read for ever.
"""

import asyncio
import sys
from hashlib import sha256
from pathlib import Path
from uuid import UUID, uuid5

ROOT = Path(__file__).resolve().parent.parent
if str(ROOT) not in sys.path:
    sys.path.insert(0, str(ROOT))

from application.ports import Actor, ActorKind, Context, Sealed  # noqa: E402  the path must be known first
from domain.event import Event, Purpose  # noqa: E402
from domain.events import EVENTS  # noqa: E402
from infrastructure.envelope import Envelopes, associated_data  # noqa: E402
from infrastructure.vault import commitment_of, encrypt  # noqa: E402
from tests.facts import NOON, OFFICER, fact  # noqa: E402

GOLDEN = ROOT / "tests" / "history" / "golden"
DIGESTS = GOLDEN / "DIGESTS"
KEY = sha256(b"golden events").digest()  # opens nothing but these fixtures


def name_of(kind: type[Event]) -> str:
    """The file of a type in the form that this release writes."""
    return f"{kind.__name__}.v{kind.V}.json"


def missing() -> list[type[Event]]:
    """Types of which no bytes are kept in their present form."""
    return [kind for kind in EVENTS.values() if not (GOLDEN / name_of(kind)).exists()]


async def main() -> int:
    """Write what is missing, or name it."""
    found = missing()
    if "--write" not in sys.argv[1:]:
        for kind in found:
            print(f"no golden event {name_of(kind)}: run scripts/golden_events.py --write", file=sys.stderr)
        return 1 if found else 0
    for kind in found:
        data = await _stored(fact(kind))
        (GOLDEN / name_of(kind)).write_bytes(data)
        with DIGESTS.open("a", encoding="ascii") as digests:
            digests.write(f"{sha256(data).hexdigest()}  {name_of(kind)}\n")
    return 0


async def _stored(event: Event) -> bytes:
    names = uuid5(UUID(int=0), type(event).__name__)
    actor = Actor(ActorKind.STAFF, OFFICER, "LM", "login-1")
    context = Context(actor, cmd=uuid5(names, "cmd"), corr=uuid5(names, "corr"), policy="MDI/1")
    return (await Envelopes(EVENTS).write(event, context, NOON, _seal)).data


async def _seal(subject: str, purpose: Purpose, event: UUID, name: str, text: str) -> Sealed:
    ciphertext = encrypt(KEY, text.encode(), associated_data(event, name, subject))
    return Sealed(subject, purpose, 1, commitment_of(KEY), name, event, ciphertext)


if __name__ == "__main__":
    sys.exit(asyncio.run(main()))
