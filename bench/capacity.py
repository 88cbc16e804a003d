"""Calls a core carries with everything on, against the naive pipeline. Processor time only, taken in turns.

Ours: the media worker and the moderation process of an installation hold one call in real time: every picture is
decoded and compared, every face of every sample embedded, fp32, at the policy's rate (full: 4 samples a second
of each side, permissive: 2; twice as many while a face is unproved, and more after changes).

Naive: aiortc's MediaRelay decodes and encodes every picture again for the other side, and `bench.naive` judges
samples, 4 a second of each side. Two cores do not keep up with that, so its parts are measured one by one and
added for the same media: as many pictures as ours delivered. The same with every picture judged has the same goal,
for "embedding every frame" can be read so too. Told beside it: with as many samples as ours judged in the same time.
"""

import asyncio
from dataclasses import dataclass
from statistics import median

from bench import naive
from bench.forwarding import cost_ms, spent
from bench.load import PEOPLE
from bench.plant import plant
from bench.report import Report
from infrastructure.moderation import models

GOALS = {"full": 8.0, "permissive": 2.0}
WARM_S, SECONDS, ROUNDS = 3.0, 8.0, 2
SIDES, NAIVE_PER_S = 2, 4


@dataclass(frozen=True)
class Held:
    """What one call cost, and what was done for it, each second of it."""

    cpu_s: float
    pictures: float
    samples: float
    embeddings: float
    memory_mb: float


async def measure(report: Report) -> None:
    """Both set-ups; the naive pipeline always judges with NudeNet."""
    if not models.is_installed(models.NUDITY):
        report.skip("calls_vs_naive", "NudeNet is not installed")
        return
    held: dict[str, list[Held]] = {setup: [] for setup in GOALS}
    transcoding: list[float] = []
    judging: list[float] = []
    memory: list[float] = []
    for _ in range(ROUNDS):
        for setup, calls in held.items():
            calls.append(await hold(setup))
        transcoding.append(await cost_ms("relay", memory))
        judging.append(median([await naive.sample_ms(person) for person in PEOPLE]))
    report.say("naive_cpu_per_picture", median(transcoding), "ms", against="MediaRelay that transcodes")
    report.say(
        "naive_cpu_per_sample", median(judging), "ms", against="NudeDetector.detect, dlib for each face"
    )
    report.say("naive_memory", median(memory), "MB", against="the relay's process alone, of one call")
    for setup, calls in held.items():
        _tell(report, setup, calls, transcoding, judging)


def _tell(
    report: Report, setup: str, calls: list[Held], transcoding: list[float], judging: list[float]
) -> None:
    cores = median(call.cpu_s for call in calls)
    report.say(f"calls_per_core_{setup}", 1 / cores, "calls", against="processor time of both processes")
    report.say(f"call_cpu_{setup}", cores * 1000, "ms/s")
    report.say(f"call_samples_{setup}", median(call.samples for call in calls), "1/s", against="both sides")
    report.say(f"call_embeddings_{setup}", median(call.embeddings for call in calls), "1/s")
    report.say(
        f"call_memory_{setup}", median(call.memory_mb for call in calls), "MB", against="both processes"
    )
    parts = list(zip(calls, transcoding, judging, strict=True))
    at_its_rate = median(_naive_cpu_s(*part, SIDES * NAIVE_PER_S) / part[0].cpu_s for part in parts)
    as_many = median(_naive_cpu_s(*part, part[0].samples) / part[0].cpu_s for part in parts)
    every_picture = median(_naive_cpu_s(*part, part[0].pictures) / part[0].cpu_s for part in parts)
    report.at_least(
        f"calls_vs_naive_{setup}",
        at_its_rate,
        "ratio",
        goal=GOALS[setup],
        against="the naive pipeline, 4 samples a second of each side",
    )
    report.say(
        f"calls_vs_naive_{setup}_as_many", as_many, "ratio", against="the same, with as many samples as ours"
    )
    report.at_least(
        f"calls_vs_naive_{setup}_every_picture",
        every_picture,
        "ratio",
        goal=GOALS[setup],
        against="the same, which judges every picture",
    )


def _naive_cpu_s(ours: Held, picture_ms: float, sample_ms: float, samples: float) -> float:
    """Processor time the naive pipeline needs for a second of the same call."""
    return (ours.pictures * picture_ms + samples * sample_ms) / 1000


async def hold(setup: str) -> Held:
    """One call through the real processes, in real time."""
    async with plant(setup) as running:
        loads = await running.call("bench")
        try:
            await asyncio.sleep(WARM_S)
            judged, embedded = await running.judged(), await running.embeddings()
            spent_s, came = await spent(running.pids, loads, SECONDS)
            samples, vectors = await running.judged() - judged, await running.embeddings() - embedded
            memory_mb = running.memory_mb()
            await running.worker.end("bench")
        finally:
            await asyncio.gather(*(load.close() for load in loads))
    return Held(spent_s / SECONDS, came / SECONDS, samples / SECONDS, vectors / SECONDS, memory_mb)
