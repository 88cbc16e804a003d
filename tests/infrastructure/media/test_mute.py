"""One side's sound or picture is taken from the other over real WebRTC, and the rest of the call goes on."""

from datetime import UTC, datetime, timedelta
from pathlib import Path
from time import thread_time

import pytest

from domain.clearance import Side
from domain.event import Refused
from domain.mute import MediaKind
from infrastructure.media.call import State
from infrastructure.media.client import CameraClient
from tests.infrastructure.media.support import Stage, shown, stage
from tests.infrastructure.media.test_call import PAUSED_BY, numbers, until

pytestmark = pytest.mark.long  # real connections, in real time

WHY = "somebody else talks"


def pictures(client: CameraClient) -> int:
    return sum(number is not None for number in numbers(client))


async def while_sounds(client: CameraClient, count: int) -> None:
    """For as long as so many sounds take."""
    sounds = client.received.sounds
    await until(lambda: client.received.sounds >= sounds + count)


async def blanked(on: Stage) -> CameraClient:
    """The prisoner's side, once it no longer gets the visitor's picture."""
    prisoner = on.clients[Side.PRISONER]
    await prisoner.until_pictures(30)
    on.call.mute(Side.VISITOR, MediaKind.PICTURE, WHY, PAUSED_BY)
    await until(lambda: prisoner.received.slate_frames >= 1)
    return prisoner


async def test_a_muted_sound_stops_at_once_and_everything_else_goes_on(tmp_path: Path) -> None:
    async with stage(tmp_path) as on:
        await on.begin()
        prisoner, visitor = on.clients[Side.PRISONER], on.clients[Side.VISITOR]
        await while_sounds(prisoner, 40)
        began = thread_time()  # of this thread: what else the machine does is not counted
        on.call.mute(Side.VISITOR, MediaKind.SOUND, WHY, PAUSED_BY)
        took_ms = (thread_time() - began) * 1000
        heard, seen = prisoner.received.sounds, prisoner.received.frames
        await while_sounds(visitor, 60)
        assert took_ms < 25
        assert prisoner.received.sounds <= heard + 1  # one may have been on the wire
        assert prisoner.received.frames > seen + 15
        assert on.call.state is State.LIVE
        reported = next(fact for fact in on.kept.facts if fact["name"] == "ReportMute")
        assert reported["body"] | {"at": ""} == {
            "at": "", "call": "c-1", "side": "visitor", "kind": "sound", "officer": "o-1", "reason": WHY,
        }  # fmt: skip
        assert (reported["actor"]["id"], reported["cmd"]) == ("o-1", PAUSED_BY["cmd"])
        on.call.unmute(Side.VISITOR, MediaKind.SOUND)
        await while_sounds(prisoner, 40)


async def test_a_muted_picture_is_a_slate_for_the_other_side_and_comes_back_with_a_key_frame(
    tmp_path: Path,
) -> None:
    async with stage(tmp_path) as on:
        await on.begin()
        prisoner = await blanked(on)
        told = await on.kept.until("SlateShown", viewer="prisoner", reason="muted")
        assert told["text_key"] == "muted.other_picture"
        assert on.kept.names.index("ReportMute") < on.kept.names.index("SlateShown")
        seen = pictures(prisoner)
        await while_sounds(prisoner, 60)
        assert pictures(prisoner) <= seen + 1
        released = len(on.kept.named("StreamReleased"))
        on.call.unmute(Side.VISITOR, MediaKind.PICTURE)
        await until(lambda: pictures(prisoner) > seen + 10)
        back = [frame for frame, number, _ in shown(prisoner.pictures) if number is not None]
        gap = next(i for i in range(1, len(back)) if back[i].arrived - back[i - 1].arrived > 0.5)
        assert back[gap].key
        assert len(on.kept.named("StreamReleased")) == released + 1


async def test_a_mute_outlives_a_pause_and_a_new_connection(tmp_path: Path) -> None:
    async with stage(tmp_path) as on:
        await on.begin()
        prisoner = await blanked(on)
        on.call.pause("staff", "slate.other_side", WHY, PAUSED_BY)
        await on.call.resume({})
        await until(lambda: len([s for s in on.kept.named("SlateShown") if s["reason"] == "muted"]) == 2)
        (await on.join(Side.VISITOR, name="visitor-2")).start()
        seen = pictures(prisoner)
        await while_sounds(prisoner, 60)
        assert pictures(prisoner) == seen


async def test_a_worker_that_takes_a_call_up_again_keeps_it_muted(tmp_path: Path) -> None:
    started_at = datetime.now(UTC) - timedelta(seconds=60)
    muted = (MediaKind.SOUND, MediaKind.PICTURE)
    async with stage(tmp_path, started_at=started_at, muted=muted) as on:
        for side in Side:
            (await on.join(side)).start()
            await on.call.admit(side, on.call._sides[side].terms.mode, 1)
        await on.kept.until("ReportBack", side="visitor")
        await on.kept.until("ReportBack", side="prisoner")
        await on.call.resume({})
        prisoner, visitor = on.clients[Side.PRISONER], on.clients[Side.VISITOR]
        await visitor.until_pictures(30)
        await while_sounds(visitor, 30)
        await on.kept.until("SlateShown", viewer="prisoner", reason="muted")
        assert prisoner.received.sounds == pictures(prisoner) == 0


async def test_a_call_that_has_not_started_is_not_muted(tmp_path: Path) -> None:
    async with stage(tmp_path) as on:
        with pytest.raises(Refused):
            on.call.mute(Side.VISITOR, MediaKind.SOUND, WHY, PAUSED_BY)
        assert on.kept.named("ReportMute") == []


async def test_what_the_record_says_is_done_whoever_asked(tmp_path: Path) -> None:
    async with stage(tmp_path) as on:
        await on.begin()
        prisoner = on.clients[Side.PRISONER]
        await while_sounds(prisoner, 20)
        for _ in range(2):  # told again, it is no other mute
            on.call.muted(Side.VISITOR, MediaKind.PICTURE)
        await until(lambda: prisoner.received.slate_frames >= 2)
        assert len([s for s in on.kept.named("SlateShown") if s["reason"] == "muted"]) == 1
        assert on.kept.named("ReportMute") == []
