"""A legal call in a whole installation: its sound is at both ends, and in no other process, file, event or log."""

import asyncio
import contextlib
from collections.abc import Iterator
from contextlib import AsyncExitStack
from pathlib import Path
from typing import Any

import pytest

from domain.clearance import ClearanceMode, Side
from domain.event import Event
from domain.lifecycle import CallStarted
from domain.stream import ModerationStarted, ObservationsSealed, StreamMeasured
from domain.timetable.events import CallType
from domain.waiting_room.events import ClearanceModeSet, WaitingRoomOpened
from infrastructure.media.client import CameraClient
from infrastructure.rehearsal.door import Door, DoorClosed
from tests.faults.conftest import Tell
from tests.faults.held import JOIN_S, ROLES, Log
from tests.faults.installation import Installation, until
from tests.tone import PIECE, PRISONER_HZ, VISITOR_HZ, WINDOW, Search, Tone, heard, windows

pytestmark = [pytest.mark.slow, pytest.mark.models]

HZ = {Side.PRISONER: PRISONER_HZ, Side.VISITOR: VISITOR_HZ}
TALKED_S = 6


@pytest.mark.timeout(300)  # it reads what every process remembers
async def test_the_sound_of_a_legal_call_is_at_its_two_ends_and_nowhere_else(
    tmp_path: Path, tell: Tell
) -> None:
    kinline = Installation(tmp_path)
    try:
        await kinline.start()
        async with AsyncExitStack() as stack:
            shop = await stack.enter_async_context(kinline.shop())
            await kinline.set_up({}, ("Prisoner", "Lawyer", "A0003AA"), CallType.LEGAL)
            log = await stack.enter_async_context(Log(shop.store, kinline.cast.call))
            cameras = await _talk(kinline, log, stack)
            for side in Side:
                assert heard(cameras[side].sounds, HZ[side.other]) > 0.95
                assert heard(cameras[side].sounds, HZ[side]) < 0.01
            spoken = [window for side in Side for window in windows(cameras[side].sounds)]
            assert len(spoken) > 200
            search = Search(spoken)
            media = kinline.pid("media")
            assert media is not None
            postgres = sorted(process.pid for process in kinline.postgres())
            family = [process.pid for process in kinline.family()]
            remembered = {media: await asyncio.to_thread(remembered_by, media, search)}
            for pid in sorted({*family, *postgres} - {media}):
                shared = pid not in postgres[1:]
                remembered[pid] = await asyncio.to_thread(remembered_by, pid, search, shared=shared)
            await _nobody_looks(kinline, stack)
            kinline.kill("media")  # its journal stays as it is until the next one replayed it
            await until(lambda: kinline.pid("media"), 20, "another media worker")
            known = kinline.cast.call.encode()
            modes = _all(log, ClearanceModeSet)
            assert {(event.mode, event.taps) for event in modes} == {(ClearanceMode.OPEN, ())}
            assert _all(log, ModerationStarted) == _all(log, ObservationsSealed) == []
            assert all(measured.pictures == measured.judged == 0 for measured in _all(log, StreamMeasured))
        await kinline.stop()
    finally:
        if kinline.process is not None and kinline.process.poll() is None:
            kinline.kill_everything()
    assert remembered.pop(media) > 0  # it carries them: we can read what a process remembers
    assert set(remembered.values()) == {0}
    read, control, found = 0, 0, set[bytes]()
    for path in (path for path in tmp_path.rglob("*") if path.is_file()):
        content = path.read_bytes()
        read += len(content)
        control += content.count(known)
        found |= search.found(content)
    assert control > 10  # the call is in these files: we looked in the right place
    assert found == set()
    tell(
        f"{len(spoken)} pieces of sound looked for in {read / 1e6:.0f} MB of files and in the memory of "
        f"{len(remembered)} processes: 0 found"
    )


async def _talk(kinline: Installation, log: Log, stack: AsyncExitStack) -> dict[Side, CameraClient]:
    """Both join, are admitted by an officer who is shown nobody, and talk for a while."""
    await log.until(WaitingRoomOpened)
    officer = await stack.enter_async_context(Door(kinline.address, kinline.token("SG")))
    cameras = {}
    for side in Side:
        door = await stack.enter_async_context(Door(kinline.address, kinline.token(ROLES[side])))
        camera = await stack.enter_async_context(CameraClient(Tone(HZ[side]), keep=True))
        await door.declare(kinline.cast.call, side)
        await camera.accept(await door.offer(kinline.cast.call, side, await camera.offer()))
        await officer.admit(kinline.cast.call, side, 1, "The document was shown at the gate")
        cameras[side] = camera
    await log.until(CallStarted, seconds=JOIN_S)
    for camera in cameras.values():
        camera.start()
    for camera in cameras.values():
        await camera.until_pictures(25)
    await asyncio.sleep(TALKED_S)
    return cameras


async def _nobody_looks(kinline: Installation, stack: AsyncExitStack) -> None:
    officer = await stack.enter_async_context(Door(kinline.address, kinline.token("LM")))
    watcher = await stack.enter_async_context(CameraClient(Tone(440)))
    body = {"side": "visitor", "reason": "Who is there?", "sdp": await watcher.offer()}
    with pytest.raises(DoorClosed, match="The law allows nobody to watch this call"):
        await officer._asked("POST", f"/v1/calls/{kinline.cast.call}/look", json=body)
    with pytest.raises(DoorClosed, match="Nobody watches over"):
        await officer.monitor(kinline.cast.call)


def _all(log: Log, kind: type[Event]) -> list[Any]:
    return [recorded.event for recorded in log.of_call(kind)]


def remembered_by(pid: int, search: Search, *, shared: bool = True) -> int:
    """How many of the stretches are anywhere in what a process remembers now."""
    return len(set[bytes]().union(*(search.found(content) for content in _memory(pid, shared=shared))))


def _memory(pid: int, *, shared: bool) -> Iterator[bytes]:
    """What a process can write to, a piece at a time. What PostgreSQL's processes share is read in the first."""
    with Path(f"/proc/{pid}/mem").open("rb", buffering=0) as memory:
        for line in Path(f"/proc/{pid}/maps").read_text().splitlines():
            span, rights, *_ = line.split()
            first, last = (int(end, 16) for end in span.split("-"))
            if not rights.startswith("rw") or (rights.endswith("s") and not shared):
                continue
            for at in range(first, last, PIECE):
                with contextlib.suppress(OSError):  # of the kernel, or gone meanwhile
                    memory.seek(at)
                    yield memory.read(min(PIECE + WINDOW, last - at))
