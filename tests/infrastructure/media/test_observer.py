"""What a stream's decoder noticed goes with the observation that moderation makes of the picture."""

import asyncio
from pathlib import Path

import av
import pytest

from application.ports import SeatTerms
from domain.clearance import ClearanceMode, Side
from domain.moderation.policy import ModerationPolicy
from domain.moderation.step import initial
from infrastructure.media.frame import EncodedFrame
from infrastructure.media.observer import Observers
from infrastructure.media.sampler import Seen, luma_plane
from infrastructure.moderation.engines.scripted import ScriptedSetup
from infrastructure.moderation.enrol import template
from infrastructure.moderation.schedule import Due
from infrastructure.moderation.service import ModerationService
from infrastructure.moderation.steady import View
from infrastructure.rpc import Server
from tests.infrastructure.moderation.films import PERSON, STRANGER, photograph, scene

SETUP = ScriptedSetup()
KNOWN, BARRED = (tuple(template(photograph(who), SETUP)) for who in (PERSON, STRANGER))


@pytest.mark.parametrize("repeats_ms", [None, 6_000])
async def test_that_a_film_repeats_and_whom_a_face_is_like_is_in_the_observation(
    tmp_path: Path, repeats_ms: int | None
) -> None:
    picture = av.VideoFrame.from_ndarray(scene((PERSON, 100), (STRANGER, 400)), format="rgb24")
    picture = picture.reformat(format="yuv420p")
    seen = Seen(EncodedFrame(b"", 0, 0, True, 0.0), picture)
    due = Due(seen, 0, View(luma_plane(picture)), (picture.height, picture.width), 0, repeats_ms)
    terms = SeatTerms(Side.VISITOR, 1, (KNOWN,), ("visitor-1",), ClearanceMode.MATCH, barred=(BARRED,))
    service, policy = ModerationService(SETUP, threads=1), ModerationPolicy()
    async with Server(tmp_path / "moderation.sock", service.handlers, service.connected):
        observers = Observers(tmp_path / "moderation.sock", lambda _: None)
        connecting = asyncio.create_task(observers.run())
        while observers.client is None:
            await asyncio.sleep(0)
        stream = observers.of("call/visitor", terms, ClearanceMode.MATCH, policy)
        observation = await stream.observe(due, initial, calm=False)
        connecting.cancel()
        await asyncio.gather(connecting, return_exceptions=True)
    service.stop()
    assert observation.repeats_ms == repeats_ms
    near = [face.barred[0] <= policy.barred.accept for face in observation.faces]
    assert near == [False, True]
