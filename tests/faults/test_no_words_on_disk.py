"""What people typed is found in no byte of the data folder after a call, nor in anything a process printed."""

from pathlib import Path

import pytest

from domain.call.events import CallPaused, CallResumed
from domain.clearance import Side
from domain.concern import ConcernRaised
from domain.lifecycle import CallTerminated
from infrastructure.gateway import Gateway
from infrastructure.vault import FolderKeys, PostgresKeys
from tests.faults.conftest import Tell
from tests.faults.installation import a_call

pytestmark = [pytest.mark.slow, pytest.mark.models]

PRISONER, VISITOR, NUMBER = "Zebediah Quillfeather", "Ottoline Marrowby", "Q7301ZX"
PAUSED, RESUMED, ENDED = "plangent heliotrope", "quiescent marzipan", "vermilion hopscotch"
CANARIES = (PRISONER, VISITOR, "Quillfeather", "Marrowby", NUMBER, PAUSED, RESUMED, ENDED)


async def test_no_name_number_or_reason_is_in_any_byte_after_a_call(tmp_path: Path, tell: Tell) -> None:
    async with a_call(tmp_path, names=(PRISONER, VISITOR, NUMBER)) as story:
        call, log, kinline = story.call, story.log, story.kinline
        await call.pause(PAUSED)
        paused = await log.until(CallPaused)
        await call.resume(RESUMED)
        resumed = await log.until(CallResumed)
        await call.flows()
        await call.ask_for_help(Side.VISITOR)
        await log.until(ConcernRaised)
        kinline.kill("media")  # its journal stays where it is until the next one replayed it
        await call.end(ENDED)
        ended = await log.until(CallTerminated)
        for recorded in (paused, resumed, ended):
            assert recorded.event.reason is None
        async with Gateway(kinline.databases.vault) as vault:
            keys = PostgresKeys(vault, FolderKeys.open(kinline.data / "keys"))
            opened = [await keys.open(recorded.sealed["reason"]) for recorded in (paused, resumed, ended)]
        assert opened == [PAUSED, RESUMED, ENDED]
        assert await kinline.stop() < 15
        known = call.id.encode()
    read = found = control = 0
    for path in sorted(p for p in tmp_path.rglob("*") if p.is_file()):
        content = path.read_bytes()
        read += len(content)
        control += content.count(known)
        for canary in CANARIES:
            for spelled in (canary.encode(), canary.encode("utf-16-le"), canary.lower().encode()):
                found += content.count(spelled)
    assert control > 10  # what is not personal is found: we looked in the right place
    assert found == 0
    tell(
        f"{len(CANARIES)} words looked for in {read / 1e6:.0f} MB of the data folder and output: {found} found"
    )
