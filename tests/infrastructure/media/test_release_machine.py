"""Whatever happens in whatever order, no picture leaves against mode, state or verdict."""

import heapq
from collections.abc import Callable
from dataclasses import dataclass, field
from itertools import count

import pytest
from hypothesis import Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, rule

from domain.clearance import ClearanceMode
from domain.moderation.kind import FreezeCause
from domain.moderation.policy import ReleasePolicy
from domain.moderation.verdict import Verdict
from domain.takeover import BY_EYE
from infrastructure.media.direction import Direction, Flow
from infrastructure.media.egress import Egress
from infrastructure.media.frame import EncodedFrame, EncodedSound

PICTURES = st.lists(
    st.tuples(st.sampled_from([True, False, False]), st.integers(20, 90)), min_size=1, max_size=8
)
VERDICT = st.tuples(st.integers(0, 2), st.sampled_from([True, True, False]), st.booleans(), st.booleans())
"""How many pictures before the newest is judged, clean, explained, unexplained change."""
JUDGED = (ClearanceMode.MATCH, ClearanceMode.COUNT, ClearanceMode.IMAGE_ONLY)


@dataclass
class Cancellable:
    call: Callable[[], None] | None

    def cancel(self) -> None:
        self.call = None


@dataclass
class HandTimer:
    """Time that passes when the test says so."""

    time: float = 100.0
    waiting: list[tuple[float, int, Cancellable]] = field(default_factory=list)
    numbers: "count[int]" = field(default_factory=count)

    def now(self) -> float:
        return self.time

    def call_at(self, when: float, call: Callable[[], None]) -> Cancellable:
        handle = Cancellable(call)
        heapq.heappush(self.waiting, (when, next(self.numbers), handle))
        return handle

    def advance(self, seconds: float) -> None:
        until = self.time + seconds
        while self.waiting and self.waiting[0][0] <= until:
            when, _, handle = heapq.heappop(self.waiting)
            self.time = max(self.time, when)
            if handle.call is not None:
                handle.call()
        self.time = until


class Screen(Egress):
    """The other side's egress, watched: everything that passes it is checked at once."""

    def __init__(self, request_key: Callable[[], None], check: Callable[[EncodedFrame], None]) -> None:
        super().__init__(request_key)
        self._check = check
        self.heard = 0

    def show(self, frame: EncodedFrame, due: float, *, measured: bool = False) -> bool:
        shown = super().show(frame, due, measured=measured)
        if shown:
            self._picture.track.purge()  # the transport takes it at once
            self._check(frame)
        return shown

    def sound(self, sound: EncodedSound, due: float, *, measured: bool = False) -> None:
        super().sound(sound, due, measured=measured)
        self._sound.track.purge()
        self.heard += 1


class Release(RuleBasedStateMachine):
    """One direction between a sender, a judge and an API that do what they like."""

    @initialize(
        strict=st.booleans(), mode=st.sampled_from(list(ClearanceMode)), delay=st.sampled_from([0, 150, 350])
    )
    def begin(self, strict: bool, mode: ClearanceMode, delay: int) -> None:
        self.timer = HandTimer()
        self.mode = mode
        policy = ReleasePolicy(strict=strict, paced_delay_ms=delay)
        self.catch_up_ms = policy.catch_up_ms
        self.direction = Direction(policy, self, lambda: None, self.timer)
        self.screen = Screen(lambda: None, self._check)
        self.direction.show_to(self.screen)
        self.live = self.admitted = self.withheld = self.alone = self.by_eye = False
        self.frames: list[EncodedFrame] = []
        self.since = 0  # pictures before this one are of before a restart
        self.verdicts: list[Verdict] = []
        self.shown: EncodedFrame | None = None
        self.freezes = 0
        self.the_side_is_admitted()
        self.the_call_starts_or_goes_on()

    # What the direction tells

    def released(self, media_ms: int) -> None:
        assert self.shown is not None
        assert self.shown.media_ms == media_ms

    def frozen(self, verdict: Verdict, last_ms: int | None) -> None:
        assert not verdict.clean
        assert last_ms is None or last_ms < verdict.media_ms
        self.freezes += 1

    def _check(self, frame: EncodedFrame) -> None:
        assert self.live, "a picture left while the call was not live"
        assert self.admitted, "a picture left before its side was admitted"
        assert not self.withheld or self.by_eye, "a picture left while checking was interrupted"
        assert not self.alone, "a picture left while sound was to go alone"
        index = self.frames.index(frame)
        assert index >= self.since, "a picture from before a pause or connection left after it"
        before = self.frames.index(self.shown) if self.shown is not None else -2
        assert index > before, "a picture left twice, or out of order"
        assert frame.key or index == before + 1, "a picture left whose picture before did not"
        if self.by_eye:
            held_s = round(self.timer.time - frame.arrived, 6)
            assert held_s >= self.direction._delay_s - 0.001, "a picture judged by eye left before its time"
        elif self.mode in JUDGED:
            self._check_verdicts(frame)
        self.shown = frame

    def _check_verdicts(self, frame: EncodedFrame) -> None:
        after = [v for v in self.verdicts if v.media_ms >= frame.media_ms and v.clean]
        assert after, "a picture newer than the last clean verdict left"
        opened = after[0]
        if opened.media_ms == frame.media_ms:
            return  # itself judged, and clean
        clean = [v for v in self.verdicts if v.media_ms < frame.media_ms and v.clean]
        assert clean, "a picture left with no clean one before it"
        between = [v for v in self.verdicts if clean[-1].media_ms < v.media_ms < opened.media_ms]
        if not between:
            return  # both judged samples around it are clean
        assert opened.explained, "a stall was caught up that nothing explained"
        assert opened.media_ms - clean[-1].media_ms <= self.catch_up_ms, "a long stall was caught up"

    # What happens

    @rule(pictures=PICTURES, verdict=st.one_of(st.none(), VERDICT, VERDICT, VERDICT))
    def pictures_come(
        self, pictures: list[tuple[bool, int]], verdict: tuple[int, bool, bool, bool] | None
    ) -> None:
        for key, gap_ms in pictures:
            self._picture_comes(key, gap_ms)
        if verdict is not None:
            self._judged(*verdict)

    def _picture_comes(self, key: bool, gap_ms: int) -> None:
        self.timer.advance(gap_ms / 1000)
        last_ms = self.frames[-1].media_ms if self.frames else 0
        number = len(self.frames)
        frame = EncodedFrame(
            bytes([number % 256, number // 256]), number * 3000, last_ms + gap_ms, key, self.timer.time
        )
        self.frames.append(frame)
        self.direction.picture(frame)

    def _judged(self, back: int, clean: bool, explained: bool, changed: bool) -> None:
        """The newest picture is judged, or one a little older."""
        newest = self.verdicts[-1].media_ms if self.verdicts else -1
        unjudged = [f.media_ms for f in self.frames[self.since :] if f.media_ms > newest]
        chosen = unjudged[max(0, len(unjudged) - 1 - back)]
        cause = None if clean else FreezeCause.NEW_FACE
        verdict = Verdict(chosen, clean, explained and clean, cause, 125, clean, clean)
        self.verdicts.append(verdict)
        self.direction.judged(verdict, unexplained_change=changed)

    @rule(seconds=st.floats(0.0, 1.0))
    def time_passes(self, seconds: float) -> None:
        self.timer.advance(seconds)

    @rule(happens=st.sampled_from(range(11)))
    def something_happens(self, happens: int) -> None:
        """One rule for all that closes or begins anew, so that most steps let pictures flow."""
        [
            self.the_side_is_admitted,
            self.the_call_starts_or_goes_on,
            self.the_call_is_paused,
            self.checking_is_interrupted,
            self.checking_is_restored,
            self.the_side_connects_again,
            self.a_picture_cannot_be_decoded,
            self.sound_goes_alone,
            self.the_picture_comes_back,
            self.an_officer_judges_by_eye,
            self.an_officer_judges_by_eye_no_longer,
        ][happens]()

    @rule()
    def sound_comes(self) -> None:
        heard = self.screen.heard
        self.direction.sound(EncodedSound(b"s", len(self.frames) * 960, self.timer.time))
        if not (self.live and self.admitted):
            self.timer.advance(1.0)
            assert self.screen.heard == heard, "sound left while the call was not live"

    def the_side_is_admitted(self) -> None:
        self.direction.admit(self.mode)
        self.admitted = True
        self._anew()

    def the_call_starts_or_goes_on(self) -> None:
        self.live, self.withheld = True, False
        self._anew()
        self.direction.open()

    def the_call_is_paused(self) -> None:
        self.direction.close()
        self.live = False
        self.screen.slate(b"slate")
        self._anew()
        assert self.direction.flow is Flow.CLOSED

    def checking_is_interrupted(self) -> None:
        self.direction.withhold()
        self.withheld, self.by_eye = True, False
        self._anew()
        assert not self.direction.by_eye

    def checking_is_restored(self) -> None:
        if not self.withheld:
            return
        self.withheld = self.by_eye = False
        self._anew()
        self.direction.restore()
        assert not self.direction.by_eye

    def an_officer_judges_by_eye(self) -> None:
        """Once checking is interrupted, and never in a legal call."""
        self.checking_is_interrupted()
        if self.mode not in BY_EYE:
            with pytest.raises(ValueError, match="never judged by eye"):
                self.direction.judge_by_eye()
            return
        self.by_eye = True
        self._anew()
        self.direction.judge_by_eye()

    def an_officer_judges_by_eye_no_longer(self) -> None:
        if self.by_eye:
            self.checking_is_interrupted()

    def the_side_connects_again(self) -> None:
        self.direction.reconnected()
        self._anew()

    def sound_goes_alone(self) -> None:
        self.direction.sound_alone(True)
        self.alone = True
        self._anew()
        if self.live and self.admitted:
            heard = self.screen.heard
            self.direction.sound(EncodedSound(b"s", len(self.frames) * 960, self.timer.time))
            self.timer.advance(0.5)
            assert self.screen.heard > heard, "sound stopped with the picture"

    def the_picture_comes_back(self) -> None:
        self.direction.sound_alone(False)
        self.alone = False
        self._anew()

    def a_picture_cannot_be_decoded(self) -> None:
        self.direction.restart()
        self._anew()

    def _anew(self) -> None:
        self.since = len(self.frames)
        self.verdicts.clear()


TestRelease = Release.TestCase
TestRelease.settings = settings(
    max_examples=200,
    stateful_step_count=50,
    deadline=None,
    derandomize=True,
    database=None,
    phases=(Phase.explicit, Phase.generate),
)
