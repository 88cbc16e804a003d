"""Nobody but the other side reads a stream whose mode forbids it: the types cannot be made."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest

from application.ports import Listening
from domain.clearance import TAPS, ClearanceMode, Tap
from domain.moderation.policy import ModerationPolicy, ReleasePolicy
from domain.moderation.verdict import Verdict
from infrastructure.media.clearance import Clearance, Grant, TapForbidden
from infrastructure.media.egress import Egress
from infrastructure.media.frame import Codec, EncodedFrame, EncodedSound
from infrastructure.media.sampler import Sampler
from infrastructure.media.seat import Connection, NetworkTerms
from infrastructure.media.staff import PictureTap, SoundTap, StaffViewer


@pytest.mark.parametrize("mode", list(ClearanceMode))
@pytest.mark.parametrize("tap", list(Tap))
def test_a_grant_exists_only_where_the_mode_allows_it(mode: ClearanceMode, tap: Tap) -> None:
    if tap in TAPS[mode]:
        assert Grant(mode, tap).tap is tap
        return
    with pytest.raises(TapForbidden):
        Grant(mode, tap)


def test_no_tap_of_a_legal_calls_sound_can_be_made() -> None:
    for mode in (ClearanceMode.OPEN, ClearanceMode.IMAGE_ONLY):
        with pytest.raises(TapForbidden):
            SoundTap(Grant(mode, Tap.STAFF_SOUND), Listening(None), Egress(lambda: None))


async def test_an_officer_at_an_image_only_stream_sees_and_hears_nothing() -> None:
    connection = Connection("o-1", NetworkTerms(), lambda _: None, lambda _: None)
    viewer = StaffViewer.admit(ClearanceMode.IMAGE_ONLY, Egress(lambda: None), connection, None)
    assert viewer.sounds is None
    with pytest.raises(TapForbidden):
        StaffViewer.admit(ClearanceMode.IMAGE_ONLY, Egress(lambda: None), connection, Listening(None))
    with pytest.raises(TapForbidden):
        StaffViewer.admit(ClearanceMode.OPEN, Egress(lambda: None), connection, None)
    await connection.close()


async def test_a_look_has_sound_only_with_leave_to_listen(monkeypatch: pytest.MonkeyPatch) -> None:
    connection = Connection("o-1", NetworkTerms(), lambda _: None, lambda _: None)
    egress, passed = Egress(lambda: None), list[EncodedSound]()
    monkeypatch.setattr(egress, "sound", lambda sound, *_: passed.append(sound))
    assert StaffViewer.admit(ClearanceMode.MATCH, egress, connection, None).sounds is None
    sound = EncodedSound(b"opus", 0, 0.0)
    now = datetime.now(UTC)
    for until in (None, now + timedelta(hours=1), now - timedelta(seconds=1)):
        viewer = StaffViewer.admit(ClearanceMode.MATCH, egress, connection, Listening(until))
        assert viewer.sounds is not None
        viewer.sounds.pass_on(sound)
    assert passed == [sound, sound]  # leave that ran out passes nothing, whoever forgot to close it
    await connection.close()


@pytest.mark.parametrize(
    "make",
    [
        lambda grant: PictureTap(grant, Egress(lambda: None)),
        lambda grant: Sampler(grant, Codec.VP8, ModerationPolicy(), 1, lambda _: None, lambda: None),
    ],
)
def test_a_grant_for_one_thing_is_none_for_another(make: Callable[[Grant], object]) -> None:
    with pytest.raises(ValueError, match="grant"):
        make(Grant(ClearanceMode.MATCH, Tap.STAFF_SOUND))


def test_under_a_lease_pictures_leave_for_so_long_after_a_clean_verdict_and_no_longer() -> None:
    clearance = Clearance(ReleasePolicy.model_validate({"mode": "lease", "lease_ms": 500}))

    def arrives(media_ms: int) -> int:
        return len(clearance.arrived(EncodedFrame(b"", media_ms * 90, media_ms, True, 0.0)))

    def judged(media_ms: int, *, clean: bool) -> None:
        verdict = Verdict(media_ms, clean, False, None, 250, clean, clean)
        clearance.judged(verdict, unexplained_change=False)

    assert arrives(0) == 0
    judged(0, clean=True)
    assert [arrives(at) for at in (100, 500, 501, 600)] == [1, 1, 0, 0]
    judged(600, clean=False)
    assert arrives(650) == 0
