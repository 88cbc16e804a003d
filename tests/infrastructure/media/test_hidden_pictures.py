"""A changed client hides a stranger in single pictures that it hopes nobody looks at. Real processes look at all.

It cannot know the moment of a sample: the first falls by chance, and every picture between two is compared.
"""

import asyncio
from contextlib import AsyncExitStack
from datetime import UTC, datetime
from pathlib import Path

import av
import numpy as np
import pytest

from domain.clearance import ClearanceMode, Side
from infrastructure.media.client import CameraClient
from infrastructure.media.frame import EncodedFrame
from tests.infrastructure.media.test_worker import READY_S, join, people, plant

pytestmark = pytest.mark.slow  # real connections, in real time

HIDDEN_S = (1.20, 3.12, 5.08, 6.92)  # one picture of 40 ms each, at any phase of four samples a second
SECONDS = 8.2


def hidden(at: float) -> bool:
    return any(abs(at - moment) < 0.02 for moment in HIDDEN_S)


def strangers(frames: list[EncodedFrame]) -> int:
    """In how many pictures the place of the stranger is not the empty wall."""
    decoder = av.CodecContext.create("libvpx", "r")
    found = 0
    for frame in frames:
        for picture in decoder.decode(av.Packet(frame.data)):
            if (picture.width, picture.height) == (320, 240):
                place = picture.to_ndarray(format="rgb24")[90:150, 210:270].astype(np.int16)
                found += bool((place.max(axis=2) - place.min(axis=2)).mean() > 40)  # a wall has no colour
    return found


async def test_a_stranger_in_single_pictures_between_samples_never_leaves(tmp_path: Path) -> None:
    async with plant(tmp_path) as on, AsyncExitStack() as stack:
        engine, _ = await on.engine()
        await on.open(engine)
        footage = {Side.PRISONER: people(), Side.VISITOR: people(hidden)}
        clients = {s: await join(engine, stack, footage[s], s, f"{s}-1") for s in Side}
        for side in Side:
            await on.kept.until("ReportIdentity", side=side.value, timeout=READY_S)
            await engine.admit("c-1", side, ClearanceMode.MATCH, 1)
        officer = await stack.enter_async_context(CameraClient(people(), keep=True))
        await officer.accept(await engine.watch("c-1", Side.VISITOR, "o-1", await officer.offer(), None))
        await engine.start("c-1", datetime.now(UTC))
        for client in clients.values():
            client.start()
        await asyncio.sleep(SECONDS)  # the film takes so long

        assert strangers(officer.pictures) >= len(HIDDEN_S) - 1  # they were there, in the raw picture
        prisoner = clients[Side.PRISONER]
        assert strangers(prisoner.pictures) == 0
        assert prisoner.received.frames > 30  # the rest of the time it was frozen
        assert on.kept.named("StreamFrozen")  # what was compared was found
        await engine.end("c-1")
