"""The command tells what is past its last day, and destroys what nothing keeps."""

import asyncio
import json
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from api.cli import app
from domain.concern import ConcernRaised
from domain.event import Purpose
from domain.evidence_picture import EvidencePictureKept
from domain.kept import MediaKept, MediaWeeded
from domain.lifecycle import CallCompleted
from domain.policy import PolicyPublished
from domain.recording import RecordingSealed
from domain.stream import ObservationsSealed
from domain.waiting_room.events import WaitingRoomOpened
from infrastructure.migrations import Databases
from tests.facts import PRISON, fact
from tests.house import House

pytestmark = pytest.mark.postgres

ENDED = datetime.now(UTC) - timedelta(days=100)


async def _kept(house: House, call: str) -> list[str]:
    """A call of a hundred days ago, of which a block, a piece of the recording and a picture are there."""
    vault = house.services.vault
    block = await vault.put(call, Purpose.CONVERSATION, "observations", f"block of {call}".encode())
    piece = await vault.put(call, Purpose.RECORDING, "recording", f"piece of {call}".encode())
    picture = await vault.put(call, Purpose.EVIDENCE, "picture", f"picture of {call}".encode())
    await house.given(
        fact(WaitingRoomOpened, call=call, at=ENDED),
        fact(ObservationsSealed, call=call, at=ENDED, digests=(block,)),
        fact(RecordingSealed, call=call, at=ENDED, digests=(piece,)),
        fact(EvidencePictureKept, call=call, at=ENDED, digest=picture),
        fact(CallCompleted, call=call, at=ENDED),
    )
    return [block, piece, picture]


async def test_what_nothing_keeps_is_destroyed_and_the_rest_is_told(
    house: House, databases: Databases, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("KINLINE_DATABASE_URL", databases.owner)
    await house.given(fact(PolicyPublished, at=ENDED))
    gone, held = await _kept(house, "call-1"), await _kept(house, "call-2")
    await house.given(fact(ConcernRaised, call="call-2", at=ENDED))

    async def kinline(*words: str) -> Result:
        arguments = ["weed", *words, "--data", str(tmp_path)]
        return await asyncio.to_thread(CliRunner().invoke, app, arguments)

    before = await kinline("--dry-run", "--json")
    rows = {(row["call"], row["media"]): row["weeding"] for row in json.loads(before.stdout)}
    assert before.exit_code == 1
    assert rows == {
        ("call-1", "observations"): "overdue",
        ("call-1", "recording"): "overdue",
        ("call-1", "pictures"): "overdue",
        ("call-2", "observations"): "kept_longer",
        ("call-2", "recording"): "kept_longer",
        ("call-2", "pictures"): "kept_longer",
    }
    vault = house.services.vault
    assert None not in [await vault.get(reference) for reference in gone]
    after = await kinline("--json")
    assert after.exit_code == 0
    assert [row["weeding"] for row in json.loads(after.stdout)] == ["kept_longer"] * 3
    assert [json.loads(line)["process"] for line in after.stderr.splitlines()] == ["weed"] * 3
    assert [await vault.get(reference) for reference in gone] == [None] * 3
    assert None not in [await vault.get(reference) for reference in held]
    weeded = await house.events(MediaWeeded)
    assert [(one.call, one.prison, one.media) for one in weeded] == [
        ("call-1", PRISON, media) for media in MediaKept
    ]
    assert len(await house.events(MediaWeeded)) == len(weeded)
