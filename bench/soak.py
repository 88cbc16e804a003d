"""Does memory grow? `python -m bench soak [MINUTES] [CALLS]` holds calls and weighs both processes all the while.

The media worker and the moderation process of an installation (set-up `full`) hold the calls in real time; each
is weighed every few seconds, every page counted once. The first fifth is left out: buffers and caches fill. The
slope is that of a line through the means of equal stretches of time, with its interval of 95 %.
"""

import asyncio
import math
import sys
from collections.abc import Sequence
from statistics import mean
from time import monotonic

from bench.load import Load
from bench.plant import Plant, plant
from bench.report import Report

MINUTES, CALLS = 30.0, 1
EVERY_S = 2.0
WARM_SHARE = 0.2
STRETCHES = 16
T_95 = 2.145  # Student's t for as many stretches, two of which the line takes
FLAT_MB_PER_H = 1.0  # of one call

Weight = tuple[float, float]
"""Hours since the start, and MB."""


def main(arguments: Sequence[str]) -> int:
    """1 when memory grows."""
    minutes = float(arguments[0]) if arguments else MINUTES
    calls = int(arguments[1]) if len(arguments) > 1 else CALLS
    report = Report()
    asyncio.run(_soak(report, minutes, calls))
    report.write()
    return 0 if report.all_hold else 1


async def _soak(report: Report, minutes: float, calls: int) -> None:
    async with plant("full") as running:
        empty_mb = running.memory_mb()
        loads: list[Load] = []
        try:
            for number in range(calls):
                loads += await running.call(f"soak-{number}")
            weights, stops = await _weighed(running, minutes * 60)
            pictures = sum(load.viewer.pictures for load in loads)
            judged = await running.judged()
        finally:
            await asyncio.gather(*(load.close() for load in loads))
    settled = [mb for _, mb in weights]
    report.say("soak_minutes", minutes, "min", against=f"{calls} calls at once")
    report.say("soak_pictures_a_second", pictures / minutes / 60 / calls, "1/s", against="of one call")
    report.say("soak_stops", stops, "stops", against="resumed at once; a starved machine loses media")
    report.say("soak_samples_a_second", judged / minutes / 60 / calls, "1/s", against="of one call")
    report.say("soak_memory_empty", empty_mb, "MB", against="both processes before the first call")
    report.say("soak_memory_per_call", (mean(settled) - empty_mb) / calls, "MB", against="above that")
    _tell_slope(report, weights, calls)


async def _weighed(running: Plant, seconds: float) -> tuple[list[Weight], int]:
    """The weight of both processes over the time, the first part left out; and how often a call had stopped."""
    began = monotonic()
    weights: list[Weight] = []
    stops = 0
    while (passed := monotonic() - began) < seconds:
        await asyncio.sleep(EVERY_S)
        stops += await running.keep_going()
        if passed >= WARM_SHARE * seconds:
            weights.append((passed / 3600, running.memory_mb()))
    return weights, stops


def _tell_slope(report: Report, weights: Sequence[Weight], calls: int) -> None:
    slope, half = slope_of(weights)
    report.say("soak_slope_from", (slope - half) / calls, "MB/h", against="lower end of 95 %, of one call")
    report.say("soak_slope_to", (slope + half) / calls, "MB/h", against="upper end of 95 %")
    report.say("soak_slope", slope / calls, "MB/h")
    report.at_most(
        "soak_growth_beyond_doubt",
        max(0.0, slope - half) / calls,
        "MB/h",
        goal=FLAT_MB_PER_H,
        against="no growth: the lower end of the interval",
    )


def slope_of(weights: Sequence[Weight]) -> tuple[float, float]:
    """MB an hour, and half its interval of 95 %. Neighbouring weights are alike, so their means count."""
    length = len(weights) // STRETCHES
    if length == 0:
        raise ValueError("The soak was too short to tell a slope.")
    stretches = [weights[i * length : (i + 1) * length] for i in range(STRETCHES)]
    hours, megabytes = ([mean(w[axis] for w in stretch) for stretch in stretches] for axis in (0, 1))
    middle, level = mean(hours), mean(megabytes)
    spread = sum((hour - middle) ** 2 for hour in hours)
    slope = sum((h - middle) * (mb - level) for h, mb in zip(hours, megabytes, strict=True)) / spread
    beside = sum((mb - level - slope * (h - middle)) ** 2 for h, mb in zip(hours, megabytes, strict=True))
    return slope, T_95 * math.sqrt(beside / (STRETCHES - 2) / spread)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
