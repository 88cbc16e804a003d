"""`make bench`: every figure against its ceiling in the same run. `python -m bench NAME…` for some of them.

The plain run leaves three out: `python -m bench rehearsals` holds real calls at real speed for a quarter of an hour,
`python -m bench races` lets 10,000 pairs of people ask for the same last thing, `python -m bench soak MINUTES` holds
calls for as long as asked and looks whether memory grows.
"""

import asyncio
import importlib
import sys

from bench.report import Report

MEASUREMENTS = (
    "append",
    "commands",
    "seed",
    "projection",
    "pages",
    "forwarding",
    "janus",
    "capacity",
    "loss",
    "samples",
)
APART = ("rehearsals", "races", "soak")


def main(names: list[str]) -> int:
    """Measure and write the figures down. 1 when a figure misses its goal, 2 for a name nobody knows."""
    if names and names[0] in APART:
        code: int = importlib.import_module(f"bench.{names[0]}").main(names[1:])
        return code
    unknown = [name for name in names if name not in MEASUREMENTS]
    if unknown:
        known = ", ".join((*MEASUREMENTS, *APART))
        print(f"There is no measurement named {unknown[0]}: choose {known}.", file=sys.stderr)
        return 2
    report = Report()
    for name in names or MEASUREMENTS:
        asyncio.run(importlib.import_module(f"bench.{name}").measure(report))
        report.write()
    return 0 if report.all_hold else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
