"""Whole calls over real WebRTC on loopback: what leaves, what never does, and what is put on record."""

import asyncio
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from time import thread_time

import pytest

from application.replay import Outcome, replay
from domain.clearance import ClearanceMode, Side
from domain.event import Refused
from domain.moderation.policy import ModerationPolicy
from infrastructure.media.call import State
from infrastructure.media.clearance import TapForbidden
from infrastructure.media.client import CameraClient
from tests.infrastructure.media.support import CALL, kept_blocks, numbered, on_record, shown, stage

pytestmark = pytest.mark.slow  # real connections, in real time

PAUSED_BY = {"cmd": "0" * 32, "actor": {"kind": "STAFF", "id": "o-1", "role": "SG", "login": "l-1"}}


async def until(condition: Callable[[], bool], timeout: float = 10.0) -> None:
    """Wait for a condition. Raises TimeoutError."""
    async with asyncio.timeout(timeout):
        while not condition():
            await asyncio.sleep(0.02)


def numbers(client: CameraClient) -> list[int | None]:
    return [number for _, number, _ in shown(client.pictures)]


def assert_in_order(client: CameraClient) -> None:
    """Every picture from the first on came, once and in order. On a busy machine the film may draw one number twice."""
    pictures = [(frame.ticks, number) for frame, number, _ in shown(client.pictures) if number is not None]
    ticks, seen = zip(*pictures, strict=True)
    assert list(ticks) == sorted(set(ticks))
    assert list(seen) == sorted(seen)
    assert set(seen) == set(range(seen[0], seen[-1] + 1))


async def test_both_sides_see_and_hear_each_other_every_picture_in_order(tmp_path: Path) -> None:
    async with stage(tmp_path) as on:
        await on.begin()
        for client in on.clients.values():
            await client.until_pictures(50)
        for client in on.clients.values():
            assert_in_order(client)
            assert client.received.sounds > 60
        status = await on.call.status()
        for side in Side:
            connected = await on.kept.until("MediaConnected", side=side.value)
            assert "AEAD" in connected["srtp_profile"]
            assert connected["pair"] == "host/prflx"  # our candidate, and where their checks came from
            assert connected["dtls_fingerprint"].startswith("sha-256 ")
            numbers_of = status["sides"][side.value]
            assert numbers_of["decoded"] >= numbers_of["pictures"]


async def test_picture_and_sound_are_late_by_one_constant_and_in_step(tmp_path: Path) -> None:
    async with stage(tmp_path) as on:
        await on.begin()
        await on.clients[Side.PRISONER].until_pictures(75)
        status = await on.call.status()
        paced = ModerationPolicy().release.paced_delay_ms
        latency = status["sides"]["visitor"]["added_latency_ms"]
        assert abs(latency["audio"]["p50"] - paced) <= 10
        assert abs(latency["video"]["p50"] - latency["audio"]["p50"]) <= 40


async def test_a_stranger_freezes_the_stream_then_pauses_the_call_and_is_never_shown(tmp_path: Path) -> None:
    async with stage(tmp_path) as on:
        await on.begin(visitor=numbered(lambda at: at >= 1.5))
        frozen = await on.kept.until("StreamFrozen", side="visitor")
        raised = await on.kept.until("ReportViolation", side="visitor")
        for viewer in Side:
            await on.kept.until("SlateShown", viewer=viewer.value, reason="unapproved_face")
        await until(lambda: on.clients[Side.PRISONER].received.slate_frames >= 2)
        assert not any(stranger for _, _, stranger in shown(on.clients[Side.PRISONER].pictures))
        first = on.observers[Side.VISITOR].strangers_from[0]
        assert frozen["media_ms"] == raised["since_ms"] == first
        assert frozen["last_media_ms"] < first
        assert raised["kind"] == "unapproved_face"
        assert raised["media_ms"] - raised["since_ms"] <= 1300
        texts = {fact["viewer"]: fact["text_key"] for fact in on.kept.named("SlateShown")}
        assert texts == {"prisoner": "slate.other_side", "visitor": "slate.unapproved_face"}
        assert on.call.state is State.PAUSED
        order = [name for name in on.kept.names if name in ("StreamFrozen", "ReportViolation", "SlateShown")]
        assert order == ["StreamFrozen", "ReportViolation", "SlateShown", "SlateShown"]


async def test_with_video_one_way_one_side_is_judged_and_heard_and_never_seen(tmp_path: Path) -> None:
    async with stage(tmp_path, unseen=Side.VISITOR) as on:
        await on.begin()
        slate_shown = await on.kept.until("SlateShown", viewer="prisoner", reason="one_way")
        assert slate_shown["text_key"] == "slate.one_way"
        await on.clients[Side.VISITOR].until_pictures(50)
        prisoner = on.clients[Side.PRISONER]
        await until(lambda: prisoner.received.sounds > 60 and prisoner.received.slate_frames >= 2)
        assert numbers(prisoner) == [None] * len(prisoner.pictures)  # nothing but the slate
        status = await on.call.status()
        assert status["sides"]["visitor"]["judged"] > 0
        assert on.call.state is State.LIVE


async def test_a_flash_between_two_samples_is_judged_and_never_shown(tmp_path: Path) -> None:
    async with stage(tmp_path) as on:
        await on.begin(visitor=numbered(lambda at: 1.60 <= at < 1.68 or 2.84 <= at < 2.92))
        await on.kept.until("StreamFrozen", side="visitor")
        await until(lambda: any(n and n > 100 for n in numbers(on.clients[Side.PRISONER])), 12)
        assert not any(stranger for _, _, stranger in shown(on.clients[Side.PRISONER].pictures))
        assert on.kept.named("ReportViolation") == []


async def test_a_short_stall_that_is_explained_loses_no_picture(tmp_path: Path) -> None:
    """The new face is the approved person's own: proved at the second look, everything flows on."""
    async with stage(tmp_path) as on:
        on.observers[Side.VISITOR].stranger_distance = 3000
        on.observers[Side.VISITOR].unsure_looks = 1
        await on.begin(visitor=numbered(lambda at: at >= 2.0))
        client = on.clients[Side.PRISONER]
        await on.kept.until("StreamFrozen", side="visitor")
        await until(lambda: len(on.kept.named("StreamReleased")) >= 3)
        await until(lambda: any(n and n > 90 for n in numbers(client)))
        assert_in_order(client)
        assert client.received.longest_gap_ms < 700
        assert client.received.slate_frames == 0


async def test_a_freeze_sends_no_picture_while_sound_goes_on(tmp_path: Path) -> None:
    async with stage(tmp_path) as on:
        on.observers[Side.VISITOR].stranger_distance = 5500  # neither match nor mismatch
        await on.begin(visitor=numbered(lambda at: 1.5 <= at < 3.5))
        client = on.clients[Side.PRISONER]
        frozen = await on.kept.until("StreamFrozen", side="visitor")
        await until(lambda: on.call._sides[Side.VISITOR].direction.last_ms == frozen["last_media_ms"])
        pictures, sounds = client.received.frames, client.received.sounds
        await until(lambda: client.received.sounds >= sounds + 40)
        assert client.received.frames <= pictures + 1  # one may have been on the wire
        assert client.received.slate_frames == 0
        released = len(on.kept.named("StreamReleased"))
        await until(lambda: len(on.kept.named("StreamReleased")) > released)
        await client.until_pictures(client.received.frames + 5)
        after = [f for f, n, _ in shown(client.pictures) if n is not None and n >= 85]
        assert after[0].key  # a long stall restarts with a judged key frame
        assert not any(stranger for _, _, stranger in shown(client.pictures))


async def test_a_pause_purges_at_once_shows_the_slate_and_silences(tmp_path: Path) -> None:
    async with stage(tmp_path) as on:
        await on.begin()
        client = on.clients[Side.VISITOR]
        await client.until_pictures(30)
        began = thread_time()  # of this thread: what else the machine does is not counted
        on.call.pause("staff", "slate.other_side", "a reason", PAUSED_BY)
        took_ms = (thread_time() - began) * 1000
        pictures = client.received.frames
        await until(lambda: client.received.slate_frames >= 3)
        sounds = client.received.sounds
        await until(lambda: client.received.slate_frames >= 5)
        assert took_ms < 25
        assert client.received.frames <= pictures + 1
        assert client.received.sounds == sounds
        paused = next(fact for fact in on.kept.facts if fact["name"] == "ReportPause")
        assert paused["actor"]["id"] == paused["body"]["officer"] == "o-1"
        assert paused["cmd"] == PAUSED_BY["cmd"]
        before = client.received.frames
        await on.call.resume({})
        await client.until_pictures(before + 10)
        after = [(frame, number) for frame, number, _ in shown(client.pictures) if number is not None]
        gap = next(i for i in range(1, len(after)) if after[i][0].arrived - after[i - 1][0].arrived > 0.5)
        assert after[gap][0].key


async def test_without_verdicts_nothing_newer_leaves_and_it_is_told(tmp_path: Path) -> None:
    async with stage(tmp_path) as on:
        await on.begin()
        client = on.clients[Side.PRISONER]
        await client.until_pictures(30)
        observer, judge = on.observers[Side.VISITOR], on.call._sides[Side.VISITOR].judge
        observer.away = True
        lost = await on.kept.until("ModerationLost", side="visitor")
        assert judge is not None
        assert judge.newest is not None
        assert lost["last_media_ms"] <= judge.newest.verdict.media_ms
        await until(lambda: client.received.slate_frames >= 2)
        last = max(frame.media_ms for frame, number, _ in shown(client.pictures) if number is not None)
        frames = client.received.frames
        await until(lambda: client.received.slate_frames >= 4)
        assert client.received.frames == frames
        assert last > 0
        await on.kept.until("SlateShown", viewer="prisoner", reason="moderation_lost")
        observer.away = False
        restored = await on.kept.until("ModerationRestored", side="visitor")
        assert restored["lost_ms"] >= 2000
        await client.until_pictures(frames + 10)
        assert on.call.state is State.LIVE


async def test_nothing_leaves_before_the_call_starts_and_a_match_is_told_once(tmp_path: Path) -> None:
    async with stage(tmp_path) as on:
        for side in Side:
            await on.join(side)
        for side in Side:
            identity = await on.kept.until("ReportIdentity", side=side.value)
            assert identity["result"] == "match"
            assert identity["faces"] == [{"person": f"p-{side}", "distance": 3000}]
        await on.call.admit(Side.PRISONER, ClearanceMode.MATCH, 1)
        judge = on.call._sides[Side.VISITOR].judge
        assert judge is not None
        await until(lambda: judge.judgements >= 10)
        assert all(
            client.received.frames == 0 and client.received.sounds == 0 for client in on.clients.values()
        )
        assert on.kept.names.count("ReportIdentity") == 2


async def test_the_samples_of_one_side_tell_nothing_of_those_of_the_other(tmp_path: Path) -> None:
    async with stage(tmp_path) as on:
        judges = [on.call._sides[side].judge for side in Side]
        assert len({judge._seed for judge in judges if judge is not None}) == len(Side)


async def test_only_one_side_admitted_means_only_that_side_is_seen(tmp_path: Path) -> None:
    async with stage(tmp_path) as on:
        for side in Side:
            await on.join(side)
            await on.kept.until("MediaConnected", side=side.value)
        await on.call.admit(Side.PRISONER, ClearanceMode.MATCH, 1)
        on.call.start(datetime.now(UTC))
        await on.clients[Side.VISITOR].until_pictures(20)
        assert on.clients[Side.PRISONER].received.frames == 0
        assert on.clients[Side.PRISONER].received.sounds == 0


async def test_a_stream_in_open_passes_without_any_decoder_judge_or_tap(tmp_path: Path) -> None:
    async with stage(tmp_path, ClearanceMode.OPEN) as on:
        await on.begin(ClearanceMode.OPEN, visitor=numbered(lambda at: at >= 1.0))
        client = on.clients[Side.PRISONER]
        await client.until_pictures(40)
        status = (await on.call.status())["sides"]["visitor"]
        assert status["decoded"] == status["judged"] == 0
        assert on.observers[Side.VISITOR].asked == 0
        assert status["added_latency_ms"]["video"]["p50"] < 50  # held back it would be 270
        assert await on.call.still(Side.VISITOR) is None
        watcher = CameraClient(numbered())
        with pytest.raises(TapForbidden):
            await on.call.watch(Side.VISITOR, "o-1", await watcher.offer(), None)
        await watcher.close()


async def test_a_side_that_comes_back_is_seen_again_and_sees_again(tmp_path: Path) -> None:
    async with stage(tmp_path) as on:
        await on.begin()
        prisoner = on.clients[Side.PRISONER]
        await prisoner.until_pictures(20)
        gone = on.clients[Side.VISITOR]
        await gone.close()
        lost = await on.kept.until("ReportLost", side="visitor")
        assert lost["cause"] in ("no_media", "disconnected")
        assert on.call.state is State.INTERRUPTED
        back = await on.join(Side.VISITOR, name="visitor-2")
        back.start()
        await on.kept.until("ReportBack", side="visitor")
        frames = prisoner.received.frames
        await on.call.resume({})
        await prisoner.until_pictures(frames + 20)
        await back.until_pictures(20)
        assert await on.kept.until("MediaConnected", connection="visitor-2")


async def test_a_second_connection_replaces_the_first_at_once(tmp_path: Path) -> None:
    async with stage(tmp_path) as on:
        await on.begin()
        prisoner = on.clients[Side.PRISONER]
        await prisoner.until_pictures(20)
        first = on.clients[Side.VISITOR]
        second = await on.join(Side.VISITOR, numbered(), name="visitor-2")
        second.start()
        frames = prisoner.received.frames
        await prisoner.until_pictures(frames + 20)
        await second.until_pictures(20)
        received = first.received.frames
        await second.until_pictures(second.received.frames + 10)
        assert first.received.frames == received
        assert on.kept.named("ReportLost") == []
        await first.close()


async def test_a_call_whose_worker_died_stays_dark_until_it_is_resumed(tmp_path: Path) -> None:
    started = datetime.now(UTC) - timedelta(seconds=100)
    async with stage(tmp_path, started_at=started) as on:
        for side in Side:
            await on.call.admit(side, ClearanceMode.MATCH, 1)
            await on.join(side)
        for side in Side:
            await on.kept.until("ReportBack", side=side.value)
        judge = on.call._sides[Side.VISITOR].judge
        assert judge is not None
        await until(lambda: judge.judgements >= 4)
        assert all(client.received.frames == 0 for client in on.clients.values())
        await on.call.resume({})
        await on.clients[Side.PRISONER].until_pictures(10)
        released = await on.kept.until("StreamReleased", side="visitor")
        assert 100_000 <= released["media_ms"] <= 115_000


async def test_a_call_that_is_told_of_its_pause_records_what_each_side_reads(tmp_path: Path) -> None:
    async with stage(tmp_path) as on:
        await on.begin()
        on.call.hold("camera_covered", Side.VISITOR)
        for viewer in Side:
            await on.kept.until("SlateShown", viewer=viewer.value)
        told = {fact["viewer"]: fact["text_key"] for fact in on.kept.named("SlateShown")}
        assert told == {"visitor": "slate.camera_covered", "prisoner": "slate.other_side"}


async def test_an_officer_sees_the_raw_stream_also_in_a_pause(tmp_path: Path) -> None:
    async with stage(tmp_path) as on:
        await on.begin(visitor=numbered(lambda at: at >= 1.0))
        await on.kept.until("ReportViolation", side="visitor")
        watcher = CameraClient(numbered(), keep=True)
        await watcher.accept(await on.call.watch(Side.VISITOR, "o-1", await watcher.offer(), None))
        await watcher.until_pictures(10)
        assert any(stranger for _, _, stranger in shown(watcher.pictures))
        assert watcher.received.slate_frames == 0
        still = await on.call.still(Side.VISITOR)
        assert still is not None
        assert still.jpeg[:2] == b"\xff\xd8"
        assert len(still.faces) == 2
        await watcher.close()


async def test_what_cannot_be_assessed_lets_nobody_join(tmp_path: Path) -> None:
    policy = ModerationPolicy.model_validate({"required": ["liveness_failed"]})
    async with stage(tmp_path, policy=policy) as on:
        with pytest.raises(Refused, match="cannot be made here"):
            await on.join(Side.VISITOR, numbered())


async def test_every_sample_is_in_a_block_whose_digest_is_on_record(tmp_path: Path) -> None:
    async with stage(tmp_path) as on:
        await on.begin()
        await on.clients[Side.PRISONER].until_pictures(30)
        on.call.pause("staff", "slate.other_side", "a reason", PAUSED_BY)
        sealed = await on.kept.until("ObservationsSealed", side="visitor")
        assert sealed["digests"]
        assert all(block["call"] == CALL for block in on.kept.blocks)
        assert sealed["embeddings"] >= 4


async def test_a_call_that_was_really_held_replays_to_the_byte(tmp_path: Path) -> None:
    """Real pictures, a real freeze and pause, a new connection: everything on record is what the rules say again."""
    async with stage(tmp_path) as on:
        await on.begin(visitor=numbered(lambda at: 2.0 <= at < 2.1 or at >= 4.0))
        await until(lambda: len(on.kept.named("StreamReleased")) >= 3)
        await on.join(Side.PRISONER, name="prisoner-2")
        on.clients[Side.PRISONER].start()
        await on.kept.until("ReportViolation", side="visitor")
        await until(lambda: len(on.kept.named("SlateShown")) >= 2)
        await on.call.end()
        await on.reporter.settled()
        found = await replay(await on_record(on.kept), kept_blocks(on.kept), CALL)
    assert [one for one in found.checked if one.outcome is not Outcome.SAME] == []
    wanted = {"StreamFrozen", "StreamReleased", "DetectionObserved", "ViolationRaised"}
    assert {one.type for one in found.checked} >= wanted
    assert found.samples > 40


async def test_a_shadow_that_would_show_nobody_changes_nothing_of_what_leaves(tmp_path: Path) -> None:
    """On trial is a policy under which no face is ever proved; every picture arrives all the same."""
    blind = {"matching": {"accept": 0, "accept_poor": 0}, "freeze": {"pause_ms": 1000}}
    async with stage(tmp_path, policy=ModerationPolicy.model_validate({"shadow": blind})) as on:
        await on.begin()
        for client in on.clients.values():
            await client.until_pictures(60)
            assert_in_order(client)
        await on.kept.until("ShadowDetectionObserved", kind="could_not_check", action="pause")
        assert on.call.state is State.LIVE
        assert on.kept.named("StreamFrozen") == on.kept.named("ReportViolation") == []


async def test_a_log_that_is_away_too_long_darkens_the_call(tmp_path: Path) -> None:
    async with stage(tmp_path, limit_s=1.0) as on:
        await on.begin(visitor=numbered(lambda at: 2.0 <= at < 2.3))
        await on.clients[Side.PRISONER].until_pictures(20)
        peer = on.reporter._peer
        on.reporter.reach(None)
        await until(lambda: on.call.state is State.INTERRUPTED)
        assert on.kept.named("ReportInterrupted") == []
        on.reporter.reach(peer)
        interrupted = await on.kept.until("ReportInterrupted", cause="log_away")
        assert interrupted["last_media_ms"] is not None
        await on.kept.until("ReportOver", cause="log_back")
