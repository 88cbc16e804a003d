#!/usr/bin/env python
"""Writes docs/lifecycle.md: every state of a call, what may happen in it and what follows, as the deciders answer.

    .venv/bin/python scripts/lifecycle_doc.py            say whether the page is current (exit 1 if not)
    .venv/bin/python scripts/lifecycle_doc.py --write    write it

A search over what the deciders answer, the nearest states first: every command of `scripts/lifecycle_asked.py`
is put to every state that was found, at the moments that matter to it. tests/test_lifecycle_doc.py keeps the page true.
"""

import sys
from collections import deque
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
if str(ROOT) not in sys.path:
    sys.path.insert(0, str(ROOT))

from domain.call.events import CallClosed  # noqa: E402  the path must be known first
from domain.call.state import FLOWS, Call, Status  # noqa: E402
from domain.clearance import Side  # noqa: E402
from domain.event import Refused  # noqa: E402
from domain.lifecycle import CallMissed, CallTerminated  # noqa: E402
from domain.moderation.kind import Action  # noqa: E402
from domain.waiting_room.state import WaitingRoom  # noqa: E402
from scripts.lifecycle_asked import ASKED, MEANINGS, MOVING, ROOTS, Asked, Now  # noqa: E402

PAGE = ROOT / "docs" / "lifecycle.md"

INTRODUCTION = """# The life of a call

Every state of a call, what can happen in it and what follows. This page is not written but found:
`scripts/lifecycle_doc.py --write` puts every command to the deciders in every state it can reach, the nearest
first, and notes what they answer. `tests/test_lifecycle_doc.py` keeps it true.

Pictures and sound leave a side only in the states marked so below, and there only as the checks of that side allow.
The media worker is held against this page by `scripts/lifecycle_machine`, which walks both at once.
"""


@dataclass(frozen=True)
class Step:
    """One answer: what was asked in a state, what was recorded, and the state after it."""

    state: str
    asked: Asked
    events: tuple[str, ...]
    then: str
    refused: str | None = None


@dataclass
class Found:
    """What the search found, in the order in which it was found."""

    states: dict[str, None] = field(default_factory=dict)
    steps: dict[Step, None] = field(default_factory=dict)
    situations: int = 0  # states that differ in who is here, who is away, what is open


def main() -> int:
    """Write the page, or say whether it is current."""
    if "--write" in sys.argv[1:]:
        PAGE.write_text(page(), encoding="utf-8")
        return 0
    current = PAGE.exists() and PAGE.read_text(encoding="utf-8") == page()
    print("docs/lifecycle.md is current." if current else "docs/lifecycle.md is old: run with --write")
    return 0 if current else 1


# The search


@cache
def search() -> Found:
    """Every state that can be reached, and every answer in it."""
    found, seen = Found(), set()
    waiting = deque(Now(tuple(root)) for root in ROOTS)
    while waiting:
        now = waiting.popleft()
        if (key := _situation(now)) in seen:
            continue
        seen.add(key)
        found.states.setdefault(name_of(now))
        for asked in ASKED:
            for after, step in _answers(now, asked):
                found.steps.setdefault(step)
                waiting.append(after)
    found.situations = len(seen)
    return found


def _answers(now: Now, asked: Asked) -> Iterator[tuple[Now, Step]]:
    state = name_of(now)
    for command in asked.when(now):
        try:
            events = asked.decider.decide(now.state_of(asked.decider, command), command)
        except Refused as refused:
            yield now, Step(state, asked, (), state, str(refused))
            continue
        after = Now((*now.log, *events)) if events else now
        yield after, Step(state, asked, tuple(type(event).__name__ for event in events), name_of(after))


def name_of(now: Now) -> str:
    """The state, as the page names it."""
    if now.running.status is not Status.NOT_STARTED:
        return _running(now)
    room = now.room
    last = {type(event) for event in now.log}
    if CallMissed in last:
        return "Closed" if CallClosed in last else "Missed"
    if room.cancelled:
        return "Cancelled"
    if room.opened is None:
        return "Booked"
    if room.held and not room.monitors:
        return "Held for a monitor"
    if room.held_for_facts and room.flags:
        return "Held for a decision"
    return "Ready" if room.admitted == frozenset(Side) else "Waiting"


def _running(now: Now) -> str:
    running = now.running
    match running.status:
        case Status.PAUSED:
            assert running.pause is not None
            return "Paused for staff" if running.pause.for_staff else "Paused, clears by itself"
        case Status.ENDED:
            kinds = {type(event) for event in now.log}
            if CallClosed in kinds:
                return "Closed"
            return "Ended by staff" if CallTerminated in kinds else "Completed"
        case _:
            return running.status.value.replace("_", " ").capitalize()


def _situation(now: Now) -> tuple[Any, ...]:
    """What makes two logs of the same state answer differently, but for times."""
    before = len(now.log) if now.room.opened is None else 0  # what will be known of the people
    return name_of(now), before, _room_key(now.room), _call_key(now.running)


def _room_key(room: WaitingRoom) -> tuple[Any, ...]:
    watched = room.opened is not None and room.opened.monitor_required
    if room.over or room.cancelled:
        return (watched, watched and bool(room.monitors))
    return (
        watched,
        room.arrived,
        room.admitted,
        bool(room.monitors),
        bool(room.flags),
        room.held,
        room.refused,
    )


def _call_key(running: Call) -> tuple[Any, ...]:
    stops = frozenset(v.kind for v in running.open_violations if v.action is Action.PAUSE)
    waits = (
        running.pause and (running.pause.for_staff, running.pause.paused_by),
        stops,
        running.stopping_flags,
    )
    match running.status:
        case Status.LIVE:
            return (len(running.auto_pauses) >= running.rules.pauses_before_staff - 1,)
        case Status.PAUSED:
            return (*waits, running.escalated, running.deserved)
        case Status.INTERRUPTED:
            return (*waits, running.lost, running.faults)
        case Status.HELD:
            return waits
        case _:
            return ()


# The page


def page() -> str:
    """The whole page."""
    found = search()
    parts = [INTRODUCTION, _diagram(found), _overview(found)]
    parts += [_section(found, state) for state in found.states]
    return "\n".join(parts)


def _diagram(found: Found) -> str:
    lines = ["## The way through", "", "```mermaid", "stateDiagram-v2"]
    lines += [f"    {_ident(state)}: {state}" for state in found.states]
    lines += [f"    [*] --> {_ident(next(iter(found.states)))}"]
    arrows: dict[tuple[str, str], dict[str, None]] = {}
    for step in found.steps:
        if step.state != step.then:
            arrows.setdefault((step.state, step.then), {}).setdefault(_moving(step))
    for (state, then), events in arrows.items():
        lines.append(f"    {_ident(state)} --> {_ident(then)}: {', '.join(events)}")
    return "\n".join([*lines, "```", ""])


def _moving(step: Step) -> str:
    """The event that moves the call: what is recorded beside it says why, or what is given back."""
    return next((name for name in step.events if name in MOVING), step.events[0])


def _ident(state: str) -> str:
    return "".join(word.capitalize() for word in state.replace(",", "").split())


def _overview(found: Found) -> str:
    rows = ((f"[{s}](#{_anchor(s)})", MEANINGS[s], "yes" if s in _LEAVES else "no") for s in found.states)
    answers = f"{len(found.steps)} different answers in {found.situations} situations of {len(found.states)} states."
    return "\n".join(
        ["## States", "", answers, "", _table(("state", "what it is", "pictures and sound leave"), rows)]
    )


_LEAVES = {status.value.capitalize() for status in FLOWS}


def _section(found: Found, state: str) -> str:
    steps = [step for step in found.steps if step.state == state]
    lines = [f"## {state}", "", MEANINGS[state], ""]
    if rows := list(_rows(steps)):
        lines.append(_table(("what happens", "said by", "recorded", "then"), rows))
    if refusals := {step.refused: None for step in steps if step.refused}:
        lines += [f"Refused: {_list(refusals)}", ""]
    answered = {step.asked.kind for step in steps if step.events or step.refused}
    quiet = dict.fromkeys(asked.kind.__name__ for asked in ASKED if asked.kind not in answered)
    if quiet:
        lines += [f"Nothing follows from {', '.join(f'`{name}`' for name in quiet)}.", ""]
    return "\n".join(lines)


def _rows(steps: Sequence[Step]) -> Iterator[Sequence[str]]:
    """One row for each command, form and state after it; what is only sometimes recorded is marked."""
    for asked in ASKED:
        mine = [step for step in steps if step.asked is asked and step.events]
        for then in dict.fromkeys(step.then for step in mine):
            events = [step.events for step in mine if step.then == then]
            yield _row(asked, None if then == mine[0].state else then, events)


def _row(asked: Asked, then: str | None, recorded: Sequence[tuple[str, ...]]) -> Sequence[str]:
    what = f"`{asked.kind.__name__}`" + (f": {asked.form}" if asked.form else "")
    names = dict.fromkeys(name for events in recorded for name in events)
    always = [f"`{name}`" for name in names if all(name in events for events in recorded)]
    sometimes = [f"`{name}`" for name in names if f"`{name}`" not in always]
    events = ", ".join(always) + (f" (sometimes {', '.join(sometimes)})" if sometimes else "")
    return what, asked.by, events.strip(), "" if then is None else f"[{then}](#{_anchor(then)})"


def _list(sentences: Mapping[str, None]) -> str:
    return " ".join(f"“{sentence}”" for sentence in sentences)


def _anchor(state: str) -> str:
    return state.lower().replace(",", "").replace(" ", "-")


def _table(columns: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    lines = [columns, ["---"] * len(columns), *rows]
    return "".join(f"| {' | '.join(line)} |\n" for line in lines)


if __name__ == "__main__":
    sys.exit(main())
