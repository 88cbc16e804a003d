"""A media worker as the moderation process sees it, in a process of its own: `python -m bench.feeder`.

It makes two films (one person alone, and two people together) and says so on standard output. For each line of
standard input, which tells where moderation listens and whom to compare with, it has every few pictures of both
streams judged, each stream waiting for its answer, and answers with the seconds that took.
"""

import asyncio
import json
import sys
import tempfile
import time
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from pathlib import Path

from domain.clearance import ClearanceMode
from domain.moderation.policy import ModerationPolicy
from infrastructure import clips
from infrastructure.clips import Clip
from infrastructure.moderation import footage
from infrastructure.moderation.analyser import Planes, Sample
from infrastructure.moderation.client import ModerationClient

STREAMS = 2
SAMPLES = 24  # of each stream
EVERY = 6  # of 25 pictures a second: about the rate of a live stream
APPROVED = "astronaut"

Template = Sequence[float]


class Feeder:
    """The process from outside."""

    def __init__(self, process: asyncio.subprocess.Process) -> None:
        assert process.stdin is not None
        assert process.stdout is not None
        self._asked, self._answers = process.stdin, process.stdout

    async def seconds(self, socket: Path, templates: Sequence[Template], policy: ModerationPolicy) -> float:
        """How long moderation takes for all the pictures. Raises RuntimeError when the process has ended."""
        asked = {
            "socket": str(socket),
            "templates": list(templates),
            "policy": policy.model_dump(mode="json"),
        }
        self._asked.write(json.dumps(asked).encode() + b"\n")
        answer = await self._answers.readline()
        if not answer:
            raise RuntimeError("The process that has pictures judged has ended.")
        return float(answer)


@asynccontextmanager
async def feeder() -> AsyncIterator[Feeder]:
    """The process, once its films are made."""
    pipe = asyncio.subprocess.PIPE
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "bench.feeder", stdin=pipe, stdout=pipe
    )
    try:
        assert process.stdout is not None
        await process.stdout.readline()
        yield Feeder(process)
    finally:
        process.terminate()
        await process.wait()


def main() -> None:
    """Feed as often as asked, until standard input ends."""
    streams = _streams()
    print("ready", flush=True)
    for line in sys.stdin:
        asked = json.loads(line)
        policy = ModerationPolicy.model_validate(asked["policy"])
        print(asyncio.run(_fed(streams, Path(asked["socket"]), asked["templates"], policy)), flush=True)


async def _fed(
    streams: Sequence[Sequence[Sample]], socket: Path, templates: Sequence[Template], policy: ModerationPolicy
) -> float:
    client = await ModerationClient.connect(socket)
    for number in range(len(streams)):
        await client.open(str(number), ClearanceMode.MATCH, templates, policy)
    started = time.perf_counter()
    await asyncio.gather(*(_judged(client, str(n), samples) for n, samples in enumerate(streams)))
    seconds = time.perf_counter() - started
    await client.disconnect()
    return seconds


async def _judged(client: ModerationClient, stream: str, samples: Sequence[Sample]) -> None:
    for sample in samples:
        await client.observe(stream, sample)


def _streams() -> list[list[Sample]]:
    alone = (clips.sitter(APPROVED, 5),)
    together = clips.sitter(APPROVED, 6, x=200), clips.sitter("group-1", 7, x=450)
    seconds = SAMPLES * EVERY / clips.FPS
    with tempfile.TemporaryDirectory(prefix="kinline-bench-") as folder:
        films = [
            clips.write(Clip(actors, seconds), Path(folder) / f"{n}.webm")
            for n, actors in enumerate((alone, together))
        ]
        return [_samples(film) for film in films]


def _samples(film: Path) -> list[Sample]:
    """Every so many pictures of a film. Not calm: the gate may repeat no judgement."""
    return [
        Sample(media_ms, Planes(planes.y.copy(), planes.u.copy(), planes.v.copy()))
        for number, (media_ms, planes, _) in enumerate(footage.decoded(film))
        if number % EVERY == 0
    ]


if __name__ == "__main__":
    main()
