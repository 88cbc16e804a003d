import asyncio
import threading
from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path

import pytest

from application.ports import NoSuitableFace
from domain.clearance import ClearanceMode
from domain.moderation.policy import ModerationPolicy
from infrastructure.moderation.analyser import Sample
from infrastructure.moderation.client import ModerationClient
from infrastructure.moderation.engines.scripted import ScriptedSetup
from infrastructure.moderation.enrol import template
from infrastructure.moderation.remote_enroller import RemoteEnroller
from infrastructure.moderation.remote_rehearser import RemoteRehearser
from infrastructure.moderation.service import ModerationService
from infrastructure.rpc import PeerRefused, Server
from tests.infrastructure.moderation.films import PERSON, STRANGER, photograph, planes, png, scene

SETUP = ScriptedSetup()
POLICY = ModerationPolicy.full()
TEMPLATE = template(photograph(PERSON), SETUP)


@pytest.fixture
async def socket(tmp_path: Path) -> AsyncIterator[Path]:
    path = tmp_path / "moderation.sock"
    service = ModerationService(SETUP, threads=1)
    async with Server(path, service.handlers, service.connected):
        yield path
    service.stop()


@pytest.fixture
async def client(socket: Path) -> AsyncIterator[ModerationClient]:
    client = await ModerationClient.connect(socket)
    yield client
    await client.disconnect()


def _sample(media_ms: int, *people: tuple[int, int]) -> Sample:
    return Sample(media_ms, planes(scene(*people, noise=media_ms + 1)))


async def test_a_picture_comes_back_as_an_observation(client: ModerationClient) -> None:
    engine = await client.open("call/visitor", ClearanceMode.MATCH, [TEMPLATE], POLICY)
    seen = await client.observe("call/visitor", _sample(0, (PERSON, 100), (STRANGER, 400)))
    assert seen is not None
    assert [face.distances[0] < POLICY.matching.accept for face in seen.faces] == [True, False]
    assert (seen.engine, seen.assessed) == (engine.engine, engine.assessed)
    assert await client.close("call/visitor") == 2


async def test_templates_are_not_even_sent_where_faces_are_counted(client: ModerationClient) -> None:
    await client.open("call/visitor", ClearanceMode.COUNT, [TEMPLATE], POLICY)
    seen = await client.observe("call/visitor", _sample(0, (PERSON, 100), (STRANGER, 400)))
    assert seen is not None
    assert [face.distances for face in seen.faces] == [(), ()]
    assert await client.embeddings("call/visitor") == 0


@pytest.mark.parametrize("mode", [ClearanceMode.OPEN, ClearanceMode.IMAGE_ONLY])
async def test_a_legal_call_is_not_judged(client: ModerationClient, mode: ClearanceMode) -> None:
    with pytest.raises(PeerRefused, match="matched or counted"):
        await client.open("call/visitor", mode, [], POLICY)


async def test_the_newest_sample_of_a_stream_puts_a_waiting_one_out(client: ModerationClient) -> None:
    await client.open("call/visitor", ClearanceMode.MATCH, [TEMPLATE], POLICY)
    samples = [client.observe("call/visitor", _sample(ms, (PERSON, 100))) for ms in (0, 40, 80, 120)]
    first, *waiting, newest = await asyncio.gather(*samples)
    assert first is not None
    assert newest is not None
    assert waiting == [None, None]
    assert (await client.status()).superseded == 2


async def test_an_accepted_face_gets_an_index_of_its_own(client: ModerationClient) -> None:
    await client.open("call/visitor", ClearanceMode.MATCH, [TEMPLATE], POLICY)
    seen = await client.observe("call/visitor", _sample(0, (STRANGER, 400)))
    assert seen is not None
    assert await client.accept("call/visitor", seen.faces[0].box) == 1
    assert await client.accept("call/visitor", (0, 0, 30, 30)) is None


async def test_streams_are_forgotten_with_the_connection_that_opened_them(
    socket: Path, client: ModerationClient
) -> None:
    other = await ModerationClient.connect(socket)
    await other.open("call/visitor", ClearanceMode.MATCH, [TEMPLATE], POLICY)
    with pytest.raises(PeerRefused, match="not open here"):
        await client.observe("call/visitor", _sample(0, (PERSON, 100)))
    await other.disconnect()
    async with asyncio.timeout(5):
        while (await client.status()).streams:
            await asyncio.sleep(0)


async def test_a_picture_smaller_than_it_says_is_refused(client: ModerationClient) -> None:
    await client.open("call/visitor", ClearanceMode.MATCH, [TEMPLATE], POLICY)
    body = {
        "stream": "call/visitor", "media_ms": 0, "width": 640, "height": 480,
        "y": b"short", "u": b"", "v": b"", "known": [], "calm": False, "unexplained": 0,
    }  # fmt: skip
    with pytest.raises(PeerRefused, match="reshape"):
        await client.peer.call("sample", body)


async def test_a_photograph_is_enrolled_by_the_moderation_process(socket: Path) -> None:
    enroller = RemoteEnroller(socket)
    made = await enroller.template(photograph(PERSON))
    assert made.vector == pytest.approx(TEMPLATE)
    assert made.engine == SETUP.engine
    other = await enroller.template(photograph(STRANGER))
    assert await enroller.distance(made, made) == 0
    assert await enroller.distance(made, other) > POLICY.matching.accept
    with pytest.raises(NoSuitableFace, match="There is no face"):
        await enroller.template(png(scene()))


async def test_pictures_of_a_rehearsal_are_observed_and_forgotten(socket: Path) -> None:
    rehearser = RemoteRehearser(socket)
    pictures = [png(scene((PERSON, 100), (STRANGER, 400), noise=number)) for number in (1, 2)]
    seen = await rehearser.observe(pictures, POLICY, ClearanceMode.MATCH, [TEMPLATE])
    assert [one.media_ms for one in seen] == [500, 1000]
    assert [face.distances[0] < POLICY.matching.accept for face in seen[0].faces] == [True, False]
    counted = await rehearser.observe(pictures, POLICY, ClearanceMode.COUNT, [TEMPLATE])
    assert [face.distances for face in counted[0].faces] == [(), ()]
    with pytest.raises(NoSuitableFace, match="no picture"):
        await rehearser.observe([b"no picture"], POLICY, ClearanceMode.COUNT, [])
    client = await ModerationClient.connect(socket)
    assert (await client.status()).streams == 0
    await client.disconnect()


@pytest.fixture
async def trying(tmp_path: Path) -> AsyncIterator[tuple[ModerationClient, ModerationService]]:
    path = tmp_path / "trial.sock"
    service = ModerationService(SETUP, threads=1, trial=ScriptedSetup(engine="other"))
    async with Server(path, service.handlers, service.connected):
        client = await ModerationClient.connect(path)
        yield client, service
        await client.disconnect()
    service.stop()


async def test_an_engine_on_trial_looks_at_the_newest_judged_picture_once(
    trying: tuple[ModerationClient, ModerationService],
) -> None:
    client, _ = trying
    await client.open("call/visitor", ClearanceMode.MATCH, [TEMPLATE], POLICY)
    early = await client.tried("call/visitor")
    assert early is not None
    assert (early.engine, early.observation) == ("other", None)
    for media_ms in (0, 125):
        seen = replace(_sample(media_ms, (PERSON, 100), (STRANGER, 400)), repeats_ms=6_000)
        await client.observe("call/visitor", seen)
    tried = await client.tried("call/visitor")
    assert tried is not None
    assert tried.observation is not None
    assert (tried.observation.media_ms, tried.observation.engine) == (125, "other")
    assert tried.observation.repeats_ms == 6_000, "what the decoder noticed is no matter of the engine"
    assert [face.distances[0] < POLICY.matching.accept for face in tried.observation.faces] == [True, False]
    again = await client.tried("call/visitor")
    assert again is not None
    assert again.observation is None


async def test_pictures_of_calls_come_before_an_engine_on_trial(
    trying: tuple[ModerationClient, ModerationService],
) -> None:
    client, service = trying
    await client.open("call/visitor", ClearanceMode.MATCH, [TEMPLATE], POLICY)
    await client.open("call/prisoner", ClearanceMode.MATCH, [TEMPLATE], POLICY)
    await client.observe("call/visitor", _sample(0, (PERSON, 100)))
    busy = threading.Event()
    service._pool.submit(lambda: busy.wait(5))  # its one thread
    judging = asyncio.create_task(client.observe("call/prisoner", _sample(0, (PERSON, 100))))
    while not service._under_way:
        await asyncio.sleep(0)
    tried = await client.tried("call/visitor")
    busy.set()
    assert await judging is not None
    assert tried is not None
    assert tried.observation is None


async def test_without_an_engine_on_trial_nothing_is_tried(client: ModerationClient) -> None:
    await client.open("call/visitor", ClearanceMode.MATCH, [TEMPLATE], POLICY)
    await client.observe("call/visitor", _sample(0, (PERSON, 100)))
    assert await client.tried("call/visitor") is None
