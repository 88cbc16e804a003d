"""Simulates hours of the gate and looks for every bug; `--write` puts what came of it into docs/gate.md."""

import argparse
import resource
import sys
import time
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path

from tests.gate.bugs import BUGS, Bug
from tests.gate.running import FILM_MINUTES, Result, caught, crowded, simulate

PAGE = Path("docs/gate.md")
PART_HOURS = 5.0
PROCESSES = 2

HEAD = """# The gate, simulated

Written by `scripts/gate_simulation --write`. In virtual time one stream runs through the real code: the schedule that
chooses pictures (`infrastructure/moderation/schedule.py`), `step`, the release by intervals, the direction with its
pacing, the egress, and the decider of the call. The camera, the networks, the connection and the officer are drawn from
a seed (`tests/gate`). The oracle says once more, without any code of the gate, what must hold.

What the simulation assumes of the networks: a face of the promised size is found wherever it shows, a stranger is never
nearer to a template than `accept`, and an approved face looks like nobody's in 3 of 1,000 looks. What real networks do
is measured elsewhere ([benchmarks](benchmarks.md)).

## Rules of the oracle

- No picture in which a stranger is recognisable reaches the other side, however short: flashes of one picture, swaps in
  place, somebody where somebody else just left, while moderation is away and after it. Two limits are told below.
- No picture leaves before a clean judgement that is newer, nor one of before a pause, an interruption or a
  reconnection; pictures keep their order and begin anew with a key frame.
- Nothing leaves and nothing is heard while the log says that the call is not live; a pause is recorded after the worker
  closed, a resume before it opens.
- A well seen stranger who stays pauses the call; approved people never do; whoever passes on the prison's side is no
  violation.
- A calm film flows again within five seconds of whatever was before; pictures that stopped are on record; a pause
  whose cause is gone clears by itself, and no other does.
"""


def main() -> int:
    """The command."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--hours", type=float, default=100.0, help="simulated hours (100)")
    parser.add_argument("--first", type=int, default=0, help="the seed of the first film (0)")
    parser.add_argument("--write", action="store_true", help=f"write {PAGE}")
    chosen = parser.parse_args()
    with ProcessPoolExecutor(PROCESSES) as pool:
        began = time.monotonic()
        total = _simulated(pool, chosen.first, chosen.hours)
        took_s = time.monotonic() - began
        hidden = pool.submit(crowded, 0, 10.0).result()
        found = list(pool.map(_caught, range(len(BUGS))))
    for line in total.broken[:20]:
        print(line)
    memory_mb = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss // 1024
    print(f"{total.hours:.0f} hours in {took_s:.0f} s, {memory_mb} MB, {len(total.broken)} broken")
    print(dict(total.counts))
    for bug, noticed in zip(BUGS, found, strict=True):
        print(f"{bug.name}: {noticed or 'NOT NOTICED'}")
    if chosen.write:
        PAGE.write_text(_page(total, hidden, found))
    return 1 if total.broken or None in found else 0


def _simulated(pool: ProcessPoolExecutor, first: int, hours: float) -> Result:
    films = round(PART_HOURS * 60 / FILM_MINUTES)
    parts = max(1, round(hours / PART_HOURS))
    total = Result()
    for number, part in enumerate(pool.map(simulate, *zip(*_parts(first, films, parts), strict=True)), 1):
        total.hours += part.hours
        total.counts.update(part.counts)
        total.broken += part.broken
        print(f"\r{number} of {parts} parts, {len(total.broken)} broken", end="", file=sys.stderr, flush=True)
    print(file=sys.stderr)
    return total


def _parts(first: int, films: int, parts: int) -> list[tuple[int, float]]:
    return [(first + part * films, PART_HOURS) for part in range(parts)]


def _caught(number: int) -> tuple[int, str] | None:
    return caught(BUGS[number])


def _page(total: Result, hidden: Result, found: list[tuple[int, str] | None]) -> str:
    count = total.counts
    beside_count = count["beside somebody who had just left"]
    shown_count = beside_count + sum("a stranger was shown" in line for line in total.broken)
    hidden_count = hidden.counts["hidden behind a greater change"]
    came = f"""{total.hours:,.0f} simulated hours of one stream: {count["pictures"]:,} pictures, of which
{count["pictures that left"]:,} left; {count["pictures with a stranger"]:,} with a stranger,
of which {shown_count:,} left, {beside_count:,} of them within the second limit below;
{count["judged"]:,} judgements, {count["freezes"]:,} freezes, {count["pauses"]:,} pauses,
{count["checking interrupted"]:,} interruptions of checking. Rules broken: {len(total.broken)}.

Two limits are known. Where far more of the picture changes than the face, and in the same moment, the picture that is
judged between two samples is the other one: in {hidden.hours:.0f} hours of films made for that, {hidden_count} such
pictures left. And where an approved person has just left, change beside them counts as theirs until a judgement finds
them gone, a quarter to half a second: {beside_count} pictures of a flash in that moment left in the hours above."""
    rows = (_row(bug, noticed) for bug, noticed in zip(BUGS, found, strict=True))
    bugs = "\n".join(rows)
    table = f"| bug | what was changed | noticed first in | as |\n|---|---|---|---|\n{bugs}"
    return f"{HEAD}\n## What came of it\n\n{came}\n\n## The {len(BUGS)} bugs put in on purpose\n\n{table}\n"


def _row(bug: Bug, noticed: tuple[int, str] | None) -> str:
    film, what = (f"film {noticed[0]}", noticed[1].partition(": ")[2]) if noticed else ("never", "")
    return f"| {bug.name.replace('_', ' ')} | {bug.sentence} | {film} | {what} |"


if __name__ == "__main__":
    sys.exit(main())
