"""CPU per forwarded picture: our way, with every picture decoded and compared, against a relay that transcodes.

Both carry the same call: two sides, each somebody who sits and talks, 640x480 at 30 pictures a second and about
800 kbit/s with Opus sound, encoded beforehand. Each server is a process of its own; this process is the load. They take
turns.

Told beside it: what carrying the packets costs where nothing is looked at, and what libvpx alone needs for a
picture. Their sum is the least that whoever decodes every picture and carries it in Python can come to.
"""

import asyncio
import os
from functools import partial
from statistics import median

import av
import psutil
from av.video.codeccontext import VideoCodecContext

from bench.load import Load, talking
from bench.report import Report, ratio, take_turns
from bench.servers import cpu_s, join_all, server
from infrastructure.media.seat import advertise

WARM_S, SECONDS, ROUNDS = 1.5, 4.0, 3


async def measure(report: Report) -> None:
    """All figures of forwarding."""
    memory: dict[str, list[float]] = {"ours": [], "ours-open": [], "relay": []}
    results = await take_turns(ROUNDS, {name: partial(cost_ms, name, memory[name]) for name in memory})
    report.say("forwarding_cpu_per_picture", median(results["ours"]), "ms")
    report.say("transcoding_cpu_per_picture", median(results["relay"]), "ms")
    tell_least(report, "forwarding", results, "relay")
    report.at_most(
        "forwarding_vs_transcoding",
        ratio(results, "ours", "relay"),
        "ratio",
        goal=1 / 3,
        against="an aiortc MediaRelay that transcodes the same call",
    )
    report.say("forwarding_memory", median(memory["ours"]), "MB", against="the process of one call")
    report.say("transcoding_memory", median(memory["relay"]), "MB", against="the process of one call")


def tell_least(report: Report, name: str, results: dict[str, list[float]], peer: str) -> None:
    """Carrying alone, decoding alone, and both together against a peer."""
    carried, decoded = median(results["ours-open"]), decoding_ms()
    report.say(f"{name}_carrying_alone", carried, "ms", against="a call in which nothing is looked at")
    report.say(f"{name}_decoding_alone", decoded, "ms", against="libvpx, one picture, nothing else")
    report.say(
        f"{name}_least", (carried + decoded) / median(results[peer]), "ratio", against="both, over the peer"
    )


def decoding_ms() -> float:
    """Milliseconds of processor time in which libvpx decodes one picture of the call."""
    pictures = [picture for reel in talking() for picture in reel.pictures]
    decoder = av.CodecContext.create("libvpx", "r")
    assert isinstance(decoder, VideoCodecContext)
    decoder.thread_count = 1
    before = cpu_s(os.getpid())
    decoded = sum(len(decoder.decode(av.Packet(picture))) for picture in pictures)
    return (cpu_s(os.getpid()) - before) * 1000 / decoded


async def cost_ms(name: str, memory: list[float]) -> float:
    """Milliseconds of processor time that one server needs for each picture that arrives at a viewer."""
    advertise(("127.0.0.1",))
    async with server(name) as (pid, peer):
        loads = [Load(reel) for reel in talking()]
        try:
            await join_all(peer, loads)
            await asyncio.sleep(WARM_S)
            spent_s, came = await spent([pid], loads, SECONDS)
            memory.append(psutil.Process(pid).memory_full_info().pss / 1e6)
            return spent_s * 1000 / came
        finally:
            await asyncio.gather(*(load.close() for load in loads))


async def spent(pids: list[int], loads: list[Load], seconds: float) -> tuple[float, int]:
    """Processor time that these processes use in so many seconds, and pictures that arrive meanwhile."""
    before, pictures = cpu_s(*pids), sum(load.viewer.pictures for load in loads)
    await asyncio.sleep(seconds)
    return cpu_s(*pids) - before, sum(load.viewer.pictures for load in loads) - pictures
