"""A call with a lawyer over real WebRTC: the sound reaches the other end, and nothing else in this worker."""

import asyncio
from datetime import UTC, datetime, timedelta
from pathlib import Path

import msgspec
import pytest

from application.ports import Listening
from domain.clearance import ClearanceMode, Side, Tap
from infrastructure.media.clearance import Grant, TapForbidden
from infrastructure.media.client import CameraClient
from infrastructure.media.staff import SoundTap
from tests.infrastructure.media.support import CALL, Stage, numbered, stage
from tests.infrastructure.media.test_call import until
from tests.tone import PRISONER_HZ, VISITOR_HZ, Search, Tone, heard, windows

pytestmark = pytest.mark.slow  # real connections, in real time

HZ = {Side.PRISONER: PRISONER_HZ, Side.VISITOR: VISITOR_HZ}
SOUNDS = 120  # packets of 20 ms


async def _talk(on: Stage, mode: ClearanceMode) -> None:
    """Both ends play their tones until each has heard the other for a while."""
    for side in Side:
        await on.join(side, Tone(HZ[side]))
        await on.call.admit(side, mode, 1)
    for side in Side:
        await on.kept.until("MediaConnected", side=side.value)
    for client in on.clients.values():
        client.start()
    on.call.start(datetime.now(UTC))
    for client in on.clients.values():
        await until(lambda client=client: client.received.sounds >= SOUNDS)  # type: ignore[misc]


async def test_the_tone_of_each_end_is_heard_at_the_other_and_nowhere_else(
    tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    async with stage(tmp_path, ClearanceMode.OPEN) as on:
        await _talk(on, ClearanceMode.OPEN)
        for side in Side:
            received = on.clients[side].sounds
            assert heard(received, HZ[side.other]) > 0.95
            assert heard(received, HZ[side]) < 0.01  # its own voice does not come back
        assert on.observed == []  # no stream was ever opened at moderation
        status = (await on.call.status())["sides"]
        assert all(status[side.value]["decoded"] == status[side.value]["judged"] == 0 for side in Side)
        for side in Side:
            assert await on.call.still(side) is None
            for listening in (None, Listening(None)):
                watcher = CameraClient(numbered())
                with pytest.raises(TapForbidden):
                    await on.call.watch(side, "o-1", await watcher.offer(), listening)
                await watcher.close()
        with pytest.raises(TapForbidden):
            Grant(ClearanceMode.OPEN, Tap.STAFF_SOUND)
        spoken = [window for client in on.clients.values() for window in windows(client.sounds)]
        told = msgspec.msgpack.encode([on.kept.facts, on.kept.blocks])
        assert on.kept.blocks == []
    written = b"".join(path.read_bytes() for path in tmp_path.rglob("*") if path.is_file())
    output = capfd.readouterr()
    assert len(spoken) > SOUNDS
    assert CALL.encode() in written + told  # what may be there is there: we look in the right place
    search = Search(spoken)
    assert search.found(written + told + output.out.encode() + output.err.encode()) == set()
    carried = b"".join(sound.data for client in on.clients.values() for sound in client.sounds)
    assert search.found(carried) == set(spoken)


async def test_under_an_authorisation_an_officer_sees_pictures_and_hears_nothing(tmp_path: Path) -> None:
    async with stage(tmp_path, ClearanceMode.IMAGE_ONLY) as on:
        await on.begin(ClearanceMode.IMAGE_ONLY)
        watcher = CameraClient(numbered(), keep=True)
        await watcher.accept(await on.call.watch(Side.VISITOR, "o-1", await watcher.offer(), None))
        await watcher.until_pictures(10)
        sounds = on.clients[Side.PRISONER].received.sounds
        await until(lambda: on.clients[Side.PRISONER].received.sounds > sounds + 20)
        assert watcher.received.sounds == 0
        other = CameraClient(numbered())
        with pytest.raises(TapForbidden):
            await on.call.watch(Side.VISITOR, "o-2", await other.offer(), Listening(None))
        await other.close()
        await watcher.close()


async def test_when_the_authorisation_runs_out_its_taps_close_and_the_call_goes_on(tmp_path: Path) -> None:
    """By the worker's own clock: nothing has to reach it. What is judged and seen stops, what is said does not."""
    until_then = datetime.now(UTC) + timedelta(seconds=4)
    async with stage(tmp_path, ClearanceMode.IMAGE_ONLY, authorised_until=until_then) as on:
        await on.begin(ClearanceMode.IMAGE_ONLY)
        prisoner = on.clients[Side.PRISONER]
        watcher = CameraClient(numbered(), keep=True)
        await watcher.accept(await on.call.watch(Side.VISITOR, "o-1", await watcher.offer(), None))
        await watcher.until_pictures(5)
        await until(lambda: on.observers[Side.VISITOR].closed and on.observers[Side.PRISONER].closed)
        assert datetime.now(UTC) >= until_then
        assert await on.call.still(Side.VISITOR) is None
        asked, seen = on.observers[Side.VISITOR].asked, watcher.received.frames
        pictures, sounds = prisoner.received.frames, prisoner.received.sounds
        await until(lambda: prisoner.received.frames > pictures + 40)
        assert prisoner.received.sounds > sounds + 40
        assert on.observers[Side.VISITOR].asked == asked
        assert watcher.received.frames <= seen + 1  # one may have been on the wire
        again = CameraClient(numbered())
        with pytest.raises(TapForbidden):
            await on.call.watch(Side.VISITOR, "o-1", await again.offer(), None)
        await asyncio.gather(again.close(), watcher.close())


async def test_taps_that_are_closed_while_nothing_is_judged_let_the_pictures_through(tmp_path: Path) -> None:
    async with stage(tmp_path, ClearanceMode.IMAGE_ONLY) as on:
        await on.begin(ClearanceMode.IMAGE_ONLY)
        prisoner = on.clients[Side.PRISONER]
        await prisoner.until_pictures(10)
        on.observers[Side.VISITOR].away = True
        await on.kept.until("ModerationLost", side="visitor")
        for side in Side:
            await on.call.close_taps(side)
        await on.kept.until("ModerationRestored", side="visitor")
        pictures = prisoner.received.frames
        await prisoner.until_pictures(pictures + 20)


async def test_taps_closed_in_the_waiting_room_admit_nobody_and_stay_closed(tmp_path: Path) -> None:
    async with stage(tmp_path, ClearanceMode.IMAGE_ONLY) as on:
        for side in Side:
            await on.join(side)
            await on.call.close_taps(side)
        await on.call.admit(Side.PRISONER, ClearanceMode.IMAGE_ONLY, 1)  # it was on its way then
        asked = {side: on.observers[side].asked for side in Side}
        on.call.start(datetime.now(UTC))
        await on.clients[Side.VISITOR].until_pictures(20)
        assert on.clients[Side.PRISONER].received.frames == 0
        assert on.clients[Side.PRISONER].received.sounds == 0
        assert {side: on.observers[side].asked for side in Side} == asked


async def test_an_officer_who_listens_on_an_authorisation_hears_nothing_when_it_is_taken_back(
    tmp_path: Path,
) -> None:
    async with stage(tmp_path) as on:
        await _talk(on, ClearanceMode.MATCH)
        watcher = CameraClient(numbered(), keep=True)
        offer = await watcher.offer()
        leave = Listening(datetime.now(UTC) + timedelta(hours=1))
        await watcher.accept(await on.call.watch(Side.VISITOR, "o-1", offer, leave))
        await until(lambda: watcher.received.sounds >= 40)
        assert heard(watcher.sounds, VISITOR_HZ) > 0.95
        with pytest.raises(ValueError, match="grant"):
            SoundTap(Grant(ClearanceMode.MATCH, Tap.STAFF_PICTURE), leave, None)  # type: ignore[arg-type]
        on.call.stop_listening()
        before, sounds = watcher.received.sounds, on.clients[Side.PRISONER].received.sounds
        await until(lambda: on.clients[Side.PRISONER].received.sounds > sounds + 40)
        assert watcher.received.sounds <= before + 1  # one may have been on the wire
        await watcher.close()
