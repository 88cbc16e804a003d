"""While moderation is away, an officer judges a side by eye over real WebRTC: as long as he sees it, no longer."""

import asyncio
from pathlib import Path

import pytest

from domain.clearance import Side
from infrastructure.media.call import State
from infrastructure.media.client import CameraClient
from tests.infrastructure.media.support import Stage, numbered, shown, stage
from tests.infrastructure.media.test_call import PAUSED_BY, numbers, until

pytestmark = pytest.mark.long  # real connections, in real time

VIEWER = "login-1"


def pictures(client: CameraClient) -> int:
    return sum(number is not None for number in numbers(client))


async def while_sounds(client: CameraClient, count: int) -> None:
    """For as long as so many sounds take."""
    sounds = client.received.sounds
    await until(lambda: client.received.sounds >= sounds + count)


async def blind(on: Stage) -> CameraClient:
    """The prisoner's side, once nobody checks the visitor's pictures any more."""
    await on.begin()
    prisoner = on.clients[Side.PRISONER]
    await prisoner.until_pictures(30)
    on.observers[Side.VISITOR].away = True
    await on.kept.until("ModerationLost", side="visitor")
    await until(lambda: prisoner.received.slate_frames >= 2)
    return prisoner


async def look(on: Stage, side: Side = Side.VISITOR) -> CameraClient:
    """An officer who sees a side, and whose end said so."""
    officer = CameraClient(numbered())
    await officer.accept(await on.call.watch(side, VIEWER, await officer.offer(), None))
    await until(lambda: on.call.looks(side, VIEWER))
    return officer


async def flowing(on: Stage, prisoner: CameraClient) -> CameraClient:
    """The officer, while the visitor's pictures flow by his eye."""
    officer = await look(on)
    seen = pictures(prisoner)
    on.call.take_over(Side.VISITOR, "takeover-1", VIEWER)
    await until(lambda: pictures(prisoner) > seen + 10)
    return officer


async def dark(on: Stage, prisoner: CameraClient, cause: str) -> None:
    """It was given back for this cause, and nothing flows any more."""
    given_back = await on.kept.until("GiveBackJudging", takeover="takeover-1")
    assert given_back["cause"] == cause
    assert on.call._sides[Side.VISITOR].direction.by_eye is False
    seen, slates = pictures(prisoner), prisoner.received.slate_frames
    await until(lambda: prisoner.received.slate_frames >= slates + 2)
    assert pictures(prisoner) == seen


async def test_pictures_flow_by_eye_after_the_record_and_are_told_to_be_so(tmp_path: Path) -> None:
    async with stage(tmp_path) as on:
        prisoner = await blind(on)
        officer = await look(on)
        seen = pictures(prisoner)
        await while_sounds(prisoner, 60)
        assert pictures(prisoner) == seen  # the look alone opens nothing
        on.call.take_over(Side.VISITOR, "takeover-1", VIEWER)
        await until(lambda: pictures(prisoner) > seen + 25)
        back = [frame for frame, number, _ in shown(prisoner.pictures) if number is not None]
        assert back[seen].key
        told = await on.kept.until("StreamReleased", side="visitor", by_eye=True)
        assert told["media_ms"] > 0
        assert on.call.state is State.LIVE
        assert on.kept.named("GiveBackJudging") == []
        await officer.close()


async def test_nothing_flows_once_the_officer_is_gone(tmp_path: Path) -> None:
    async with stage(tmp_path) as on:
        prisoner = await blind(on)
        officer = await flowing(on, prisoner)
        await officer.close()
        await dark(on, prisoner, "officer_gone")
        on.call.take_over(Side.VISITOR, "takeover-1", VIEWER)  # told again, it opens nothing
        assert on.call._sides[Side.VISITOR].direction.by_eye is False


async def test_nothing_flows_once_the_officers_end_acknowledges_no_more_pictures(tmp_path: Path) -> None:
    async with stage(tmp_path) as on:
        prisoner = await blind(on)
        officer = await flowing(on, prisoner)
        egress = on.call._sides[Side.VISITOR]._watchers._looking[VIEWER].pictures.egress
        egress.show = lambda *_, **__: False  # type: ignore[method-assign]  # connected, and sent nothing new
        await dark(on, prisoner, "officer_gone")
        await officer.close()


async def test_nothing_flows_for_an_officer_who_does_not_look(tmp_path: Path) -> None:
    async with stage(tmp_path) as on:
        prisoner = await blind(on)
        officer = await look(on, Side.PRISONER)
        on.call.take_over(Side.VISITOR, "takeover-1", VIEWER)
        await dark(on, prisoner, "officer_gone")
        await officer.close()


async def test_an_officer_gives_it_back_at_once(tmp_path: Path) -> None:
    async with stage(tmp_path) as on:
        prisoner = await blind(on)
        officer = await flowing(on, prisoner)
        on.call.give_back(Side.VISITOR, PAUSED_BY)
        await dark(on, prisoner, "officer")
        reported = next(fact for fact in on.kept.facts if fact["name"] == "GiveBackJudging")
        assert (reported["actor"]["id"], reported["cmd"]) == ("o-1", PAUSED_BY["cmd"])
        told = [slate for slate in on.kept.named("SlateShown") if slate["reason"] == "moderation_lost"]
        assert len(told) == 2
        await officer.close()


async def test_nothing_flows_while_no_officer_could_stop_it(tmp_path: Path) -> None:
    async with stage(tmp_path) as on:
        prisoner = await blind(on)
        officer = await flowing(on, prisoner)
        on.call.out_of_reach()
        await dark(on, prisoner, "out_of_reach")
        await officer.close()


async def test_it_is_judged_again_as_soon_as_verdicts_come(tmp_path: Path) -> None:
    async with stage(tmp_path) as on:
        prisoner = await blind(on)
        officer = await flowing(on, prisoner)
        seen = pictures(prisoner)
        on.observers[Side.VISITOR].away = False
        given_back = await on.kept.until("GiveBackJudging")
        assert given_back["cause"] == "checking_back"
        await on.kept.until("ModerationRestored", side="visitor")
        released = await on.kept.until("StreamReleased", side="visitor", by_eye=False)
        await until(lambda: pictures(prisoner) > seen + 20)
        assert released["side"] == "visitor"
        assert on.call._sides[Side.VISITOR].direction.by_eye is False
        await officer.close()


async def test_a_takeover_that_comes_after_the_verdicts_opens_nothing(tmp_path: Path) -> None:
    async with stage(tmp_path) as on:
        await on.begin()
        await on.clients[Side.PRISONER].until_pictures(20)
        officer = await look(on)
        on.call.take_over(Side.VISITOR, "takeover-1", VIEWER)
        assert on.call._sides[Side.VISITOR].direction.by_eye is False
        given_back = await on.kept.until("GiveBackJudging")
        assert given_back["cause"] == "checking_back"
        await officer.close()


async def test_a_pause_and_a_mute_close_what_flows_by_eye(tmp_path: Path) -> None:
    async with stage(tmp_path) as on:
        prisoner = await blind(on)
        officer = await flowing(on, prisoner)
        on.call.pause("staff", "slate.other_side", "why", PAUSED_BY)
        seen, slates = pictures(prisoner), prisoner.received.slate_frames
        await until(lambda: prisoner.received.slate_frames >= slates + 2)
        assert pictures(prisoner) <= seen + 1  # one may have been on the wire
        await on.call.resume({})
        await until(lambda: pictures(prisoner) > seen + 10)  # he still sees them
        await officer.close()
        await dark(on, prisoner, "officer_gone")


async def test_an_interruption_for_want_of_checking_ends_when_every_side_has_its_officer(
    tmp_path: Path,
) -> None:
    async with stage(tmp_path) as on:
        prisoner = await blind(on)
        judge = on.call._sides[Side.VISITOR].judge
        assert judge is not None
        assert judge.unjudged_since is not None
        judge.unjudged_since -= 15  # as if so much time had passed
        interrupted = await on.kept.until("ReportInterrupted")
        assert interrupted["cause"] == "moderation_lost"
        officer = await look(on)
        on.call.take_over(Side.VISITOR, "takeover-1", VIEWER)
        over = await on.kept.until("ReportOver")
        assert over["cause"] == "monitor_took_over"
        assert on.call.state is State.INTERRUPTED  # it opens when that is on record
        seen = pictures(prisoner)
        await on.call.resume({})
        await until(lambda: pictures(prisoner) > seen + 10)
        await officer.close()
        stopped = await on.kept.until("GiveBackJudging")
        assert stopped["cause"] == "officer_gone"
        async with asyncio.timeout(5):
            while on.call.state is not State.INTERRUPTED:  # at once: it waited too long already
                await asyncio.sleep(0.05)
