"""Whoever is recorded is told before and during the call; whoever is given the recording is on record."""

import asyncio
from pathlib import Path

import asyncpg
import av
import pytest
from typer.testing import CliRunner, Result

from api.cli import app
from domain.access import EvidenceViewed
from domain.clearance import Side
from domain.event import Event, Purpose
from domain.kept import MediaKept
from domain.recording import RecordingFailed, RecordingSealed, RecordingStarted
from domain.waiting_room.events import WaitingRoomOpened
from infrastructure.media.frame import Codec
from infrastructure.media.segment import FORMAT, Head, Mark, Picture, Segment, Sound
from infrastructure.media.slate import slate
from infrastructure.migrations import Databases
from tests.api.conftest import BOOKED, LIVE
from tests.facts import CALL, fact
from tests.house import House

pytestmark = pytest.mark.postgres

KEPT_NOT = "they are not kept"


def _segment(number: int) -> Segment:
    start = 10_000 * number
    shown = [Picture(start + 40 * n, n == 0, slate(Codec.VP8)) for n in range(3)]
    heard = [Sound(start + 20 * n, 480 * start // 10 + 960 * n, b"\xf8\xff\xfe") for n in range(6)]
    head = Head(FORMAT, CALL, Side.VISITOR, number, Codec.VP8)
    return Segment(head, (*shown, *heard, Mark(start + 90, "frozen", "new_face")))


async def _recorded(house: House) -> list[str]:
    """Two pieces of the visitor's side, in the vault and on record."""
    vault = house.services.vault
    names = [
        await vault.put(CALL, Purpose.RECORDING, "recording", _segment(number).to_bytes())
        for number in range(2)
    ]
    await house.given(*LIVE, fact(RecordingStarted), fact(RecordingSealed, digests=tuple(names)))
    return names


def _recorded_from(event: Event) -> Event:
    opened = isinstance(event, WaitingRoomOpened)
    return event.model_copy(update={"recorded": True}) if opened else event


# Being told


async def test_a_recorded_call_says_so_before_anybody_joins_it(house: House) -> None:
    await house.given(*BOOKED, fact(WaitingRoomOpened, -900, recorded=True))
    family = await house.seated(Side.VISITOR)
    english, welsh = [await family.get(f"/call{lang}") for lang in ("", "?lang=cy")]
    assert "This call is recorded." in english.text
    assert KEPT_NOT not in english.text
    assert "Mae’r alwad hon yn cael ei recordio." in welsh.text
    seat = (await family.get(f"/v1/calls/{CALL}/seats/visitor")).json()
    assert seat["notes"] == ["recorded.ahead"]


async def test_before_that_is_known_nothing_is_promised(house: House) -> None:
    await house.given(*BOOKED)
    page = await (await house.seated(Side.VISITOR)).get("/call")
    assert KEPT_NOT not in page.text
    assert "this page tells you before it begins" in page.text


async def test_any_other_call_says_that_pictures_are_not_kept(house: House) -> None:
    await house.given(*BOOKED, fact(WaitingRoomOpened, -900))
    page = await (await house.seated(Side.VISITOR)).get("/call")
    assert KEPT_NOT in page.text
    assert "This call is recorded" not in page.text


@pytest.mark.parametrize("side", list(Side))
async def test_both_sides_are_told_for_as_long_as_one_is_recorded(house: House, side: Side) -> None:
    await house.given(*(_recorded_from(one) for one in LIVE))
    seat = await house.seated(side)

    async def notes() -> list[str]:
        found: list[str] = (await seat.get(f"/v1/calls/{CALL}/seats/{side}")).json()["notes"]
        return found

    assert await notes() == []
    await house.given(fact(RecordingStarted))
    assert await notes() == ["recorded.now"]
    await house.given(fact(RecordingFailed, 60))
    assert await notes() == []


# Being given it


async def test_the_command_writes_a_file_that_plays_and_puts_it_on_record(
    house: House, databases: Databases, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    await _recorded(house)
    monkeypatch.setenv("KINLINE_DATABASE_URL", databases.owner)
    out = tmp_path / "visitor.webm"
    told = await _kinline(tmp_path, "--side", "visitor", "--out", str(out), "--purpose", "An appeal")
    assert (told.exit_code, told.stderr) == (0, "")
    assert "6 pictures, 12 packets of sound" in told.stdout
    assert "0.09 s  frozen new_face" in told.stdout
    with av.open(out) as container:
        times = [round(picture.time or 0, 2) for picture in container.decode(video=0)]
    assert times == [0.0, 0.04, 0.08, 10.0, 10.04, 10.08]
    (viewed,) = await house.events(EvidenceViewed)
    assert (viewed.viewed_by, viewed.media, viewed.side) == ("auditor-7", MediaKept.RECORDING, Side.VISITOR)
    again = await _kinline(tmp_path, "--side", "visitor", "--out", str(out), "--purpose", "An appeal")
    assert (again.exit_code, "is there already" in again.stderr) == (2, True)


async def test_a_piece_that_was_destroyed_is_told_and_the_rest_is_played(
    house: House, databases: Databases, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    names = await _recorded(house)
    await _sql(databases, "DELETE FROM objects WHERE reference = $1", names[1])
    monkeypatch.setenv("KINLINE_DATABASE_URL", databases.owner)
    out = tmp_path / "visitor.webm"
    told = await _kinline(tmp_path, "--side", "visitor", "--out", str(out), "--purpose", "An appeal")
    assert told.exit_code == 1
    assert "1 pieces were destroyed" in told.stdout
    nothing = await _kinline(tmp_path, "--side", "prisoner", "--out", str(tmp_path / "p"), "--purpose", "x")
    assert (nothing.exit_code, nothing.stderr) == (2, "Nothing was recorded of this side of the call.\n")
    assert not (tmp_path / "p").exists()


async def test_without_its_key_a_recording_is_noise(house: House, databases: Databases) -> None:
    names = await _recorded(house)
    db = await asyncpg.connect(databases.vault)
    stored = await db.fetchval("SELECT content FROM objects WHERE reference = $1", names[0])
    await db.close()
    content = _segment(0).to_bytes()
    assert await house.services.vault.get(names[0]) == content
    assert not any(content[at : at + 16] in stored for at in range(0, len(content) - 16, 16))
    await house.services.keys.destroy(CALL, Purpose.RECORDING)  # type: ignore[attr-defined]
    assert await house.services.vault.get(names[0]) is None


async def _sql(databases: Databases, statement: str, *values: object) -> None:
    db = await asyncpg.connect(databases.vault)
    await db.execute(statement, *values)
    await db.close()


async def _kinline(folder: Path, *words: str) -> Result:
    arguments = ["recording", CALL, "--by", "auditor-7", *words, "--data", str(folder)]
    return await asyncio.to_thread(CliRunner().invoke, app, arguments)
