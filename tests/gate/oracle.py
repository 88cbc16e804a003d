"""What must hold of the gate, said once more and without any of its code: from the film, the log and what left.

Each rule that is broken is written down with the moment; a run without a line held.
"""

from bisect import bisect_left, bisect_right
from collections import Counter, deque
from dataclasses import dataclass, field
from itertools import islice
from typing import Any

from domain.call.events import CallPaused, CallResumed
from domain.clearance import ClearanceMode, Side
from domain.moderation.kind import Kind
from domain.moderation.policy import ModerationPolicy
from domain.moderation.verdict import Verdict
from domain.violation import ViolationRaised
from tests.gate.film import BESIDE, Cast, Picture, Scene, Who

FACES = frozenset({Kind.UNAPPROVED_FACE, Kind.IDENTITY_SWAP, Kind.HEAD_COUNT_ABOVE})
REMEMBERED = 4_000  # pictures and verdicts that can still matter
SETTLED_MS = 5_000  # after so long a calm film flows, whatever was before
STOPPED_MS = 4_000  # a well seen stranger who stays so long has paused the call
BYSTANDER_MS = 25_000  # the same where people only pass
SEEN_MS = 4_000  # a stranger can be made a violation so long after they were last there to be judged
UNKEPT_MAX = 20  # lines kept of one run


@dataclass(frozen=True, slots=True)
class Known:
    """A picture that came from the camera."""

    picture: Picture
    key: bool
    unnoticed: bool  # somebody shows beside a person who left, and no judgement has said so yet


@dataclass
class Oracle:
    """Watches one stream."""

    cast: Cast
    policy: ModerationPolicy
    broken: list[str] = field(default_factory=list)
    counts: Counter[str] = field(default_factory=Counter)
    raised_count: int = 0
    _pictures: dict[int, Known] = field(default_factory=dict)
    _verdicts: deque[Verdict] = field(default_factory=lambda: deque(maxlen=REMEMBERED))
    _permitted: set[int] = field(default_factory=set)
    _admitted: int = 2
    _open: bool = False
    _on_record: bool = True  # the log says that the call is live
    _open_since_ms: int = 0
    _closed_ms: int = 0
    _fence_ms: int = 0  # nothing older may leave any more
    _last: int | None = None  # the picture that left last; None: the next begins anew
    _last_left_ms: int = 0
    _last_sound_ms: int = 0
    _away_until_ms: int = -10_000
    _second_ms: int = -100_000  # when the second approved person was there last
    _blind: bool = False
    _scene: Scene | None = None
    _calm_from_ms: int = 0
    _stranger_from_ms: int | None = None
    _stranger_ms: int = -100_000  # when one was last seen, or will be
    _unrest_ms: int = -100_000
    _covered: list[int] = field(default_factory=lambda: [-100_000])  # when it was
    _cleared_ms: int = 0  # of the picture by which a cause was found gone
    _pause: CallPaused | None = None
    _told_frozen: bool = False
    _since_resume: int = 0

    # The film

    def arrived(self, picture: Picture, *, key: bool) -> None:
        """A picture came from the camera."""
        now = picture.media_ms
        self.counts["pictures"] += 1
        self._pictures[picture.number] = Known(picture, key, self._is_unnoticed(picture.scene))
        self._pictures.pop(picture.number - REMEMBERED, None)
        if picture.scene is not self._scene:
            self._turn_to(picture.scene, now)
        scene = picture.scene
        if scene.covered:
            self._covered.append(now)
        if any(figure.who is Who.SECOND for figure in scene.figures):
            self._second_ms = now
        if self._stranger_from_ms is not None:
            self._stranger_ms = max(now, self._away_until_ms)
            self.counts["pictures with a stranger"] += 1
        if self._calm_from_ms > now:
            self._unrest_ms = now
        self._look_at(now)

    def _turn_to(self, scene: Scene, now: int) -> None:
        self._scene = scene
        calm = all(f.who in (Who.FIRST, Who.SECOND) and f.well for f in scene.figures) and not scene.covered
        calm = calm and len(scene.figures) > 0
        if not calm:
            self._calm_from_ms = 1 << 60
            self._unrest_ms = now
        elif self._calm_from_ms > now:
            self._calm_from_ms = now
        if not self._is_wrong(scene):
            self._stranger_from_ms = None
        elif self._stranger_from_ms is None:
            self._stranger_from_ms = now

    def _is_wrong(self, scene: Scene) -> bool:
        """Is somebody recognisably there who may not be shown?"""
        if scene.covered:
            return False
        people = [f for f in scene.figures if f.has_face]
        if self.cast.mode is ClearanceMode.COUNT:
            return len(people) > self._admitted
        return any(f.who is Who.STRANGER and f.well and f.person not in self._permitted for f in people)

    def _look_at(self, now: int) -> None:
        """Rules about what must go on."""
        if now - self._away_until_ms < 8_000 or self._blind:
            return
        since = min(now - self._calm_from_ms, now - self._open_since_ms)
        if self._open and since >= SETTLED_MS and now - self._last_left_ms > 2_500:
            self._note(now, "a calm film does not flow")
        if self._open and now - self._open_since_ms > 3_000:
            if now - self._last_sound_ms > 1_500:
                self._note(now, "nothing is heard in a live call")
            if now - self._last_left_ms > 3_000 and not self._told_frozen:
                self._note(now, "pictures stopped and nobody was told")
        if not self._open and self._on_record and now - self._closed_ms > 1_000:
            self._note(now, "the call stopped and nothing was recorded")
        self._must_stop(now)
        pause = self._pause
        waits = pause is not None and pause.cause == Kind.CAMERA_COVERED and not pause.for_staff
        if waits and min(now - self._covered[-1], now - self._open_since_ms) > 5_000:
            self._note(now, "a pause that could clear did not")

    def _must_stop(self, now: int) -> None:
        since = self._stranger_from_ms
        if since is None or not self._open or self._open_since_ms > since:
            return
        passes = self.cast.side is Side.PRISONER and self.cast.mode is ClearanceMode.MATCH
        if now - since > (BYSTANDER_MS if passes else STOPPED_MS):
            self._note(now, "a stranger stays and the call goes on")

    # What left

    def picture_left(self, number: int, now: int) -> None:
        """A picture is on its way to the other side."""
        self.counts["pictures that left"] += 1
        known = self._pictures.get(number)
        if known is None:
            self._note(now, "a picture left that is ages old")
            return
        picture, key = known.picture, known.key
        if not self._open or not self._on_record:
            self._note(now, "a picture left while the call was not live")
        if self._last is not None and number <= self._last:
            self._note(now, "a picture left twice or out of order")
        if (self._last is None or number != self._last + 1) and not key:
            self._note(now, "pictures began anew without a key frame")
        if picture.media_ms < self._fence_ms:
            self._note(now, "a picture of before the call was opened left")
        if not self._was_cleared(picture.media_ms):
            self._note(now, "a picture left without a clean judgement after it")
        self._look_for_strangers(known, now)
        self._last, self._last_left_ms = number, now

    def _was_cleared(self, media_ms: int) -> bool:
        """Is the next judgement after it clean, or else explained by one soon after the last clean one?"""
        index = bisect_left(self._verdicts, media_ms, key=lambda v: v.media_ms)
        after = islice(self._verdicts, index, None)
        first_clean = next((v for v in after if v.clean), None)
        if first_clean is None:
            return False
        if first_clean is self._verdicts[index]:
            return True
        before_ms = self._verdicts[index - 1].media_ms if index and self._verdicts[index - 1].clean else None
        while before_ms is None and index:
            index -= 1
            before_ms = self._verdicts[index].media_ms if self._verdicts[index].clean else None
        stalled_ms = first_clean.media_ms - before_ms if before_ms is not None else 1 << 60
        return first_clean.explained and stalled_ms <= self.policy.release.catch_up_ms

    def _is_unnoticed(self, scene: Scene) -> bool:
        beside = any(figure.box == BESIDE for figure in scene.figures)
        return beside and bool(self._verdicts) and self._verdicts[-1].media_ms <= self._second_ms

    def _look_for_strangers(self, known: Known, now: int) -> None:
        if not self._is_wrong(known.picture.scene):
            return
        if known.unnoticed:
            self.counts["beside somebody who had just left"] += 1
        elif self.cast.crowded:
            self.counts["hidden behind a greater change"] += 1
        else:
            self._note(now, "a stranger was shown")

    def sound_left(self, now: int) -> None:
        """Sound is on its way to the other side."""
        self._last_sound_ms = now
        if not self._open:
            self._note(now, "sound left while the call was not live")

    # What was done

    def opened(self, now: int) -> None:
        """The worker opened the call."""
        self._open, self._open_since_ms, self._fence_ms = True, now, now
        self._last_left_ms = self._last_sound_ms = now
        self._told_frozen, self._last = False, None
        if not self._on_record:
            self._note(now, "the call was opened before it was on record")

    def closed(self, now: int) -> None:
        """The worker closed it."""
        self._open, self._last, self._closed_ms = False, None, now
        self._blind = False

    def withheld(self, now: int) -> None:
        """Checking is interrupted."""
        self._blind, self._last, self._fence_ms = True, None, now
        self.counts["checking interrupted"] += 1

    def restored(self, now: int) -> None:
        """Verdicts come again."""
        self._blind = False
        self.began_anew(now)

    def began_anew(self, now: int) -> None:
        """A new connection, or checking after it was interrupted: nothing older leaves."""
        self._fence_ms, self._last = now, None
        self._open_since_ms = max(self._open_since_ms, now) if self._open else self._open_since_ms
        self._last_left_ms = max(self._last_left_ms, now)
        self._verdicts.clear()
        self._told_frozen = False

    def moderation_away(self, from_ms: int, until_ms: int) -> None:
        """Nobody judges meanwhile: whoever was in the last pictures is judged afterwards."""
        self._away_until_ms = until_ms
        if from_ms - self._stranger_ms <= SEEN_MS:
            self._stranger_ms = until_ms

    def judged(self, verdict: Verdict, now: int) -> None:
        """A verdict came."""
        self.counts["judged"] += 1
        self._verdicts.append(verdict)
        if verdict.cleared:
            self._cleared_ms = verdict.media_ms

    def accepted(self, person: int) -> None:
        """An officer let a stranger stay."""
        self._permitted.add(person)
        if self.cast.mode is ClearanceMode.COUNT:
            self._admitted += 1
        self._scene, self._stranger_from_ms = None, None

    def released(self, media_ms: int) -> None:
        """The record says that pictures flow."""
        self.counts["released"] += 1
        self._told_frozen = False

    def frozen(self, verdict: Verdict, last_ms: int | None) -> None:
        """The record says that they stopped."""
        self.counts["freezes"] += 1
        self._told_frozen = True
        if verdict.clean:
            self._note(verdict.media_ms, "a clean verdict froze the picture")

    # What was recorded

    def recorded(self, event: Any, now: int) -> None:
        """Something is in the log."""
        match event:
            case ViolationRaised():
                self._check_violation(event, now)
            case CallPaused():
                self.counts["pauses"] += self._pause is None
                self._pause, self._on_record = event, False
                if self._open:
                    self._note(now, "a pause was recorded before the worker closed")
            case CallResumed(cause=cause):
                self.counts["resumed"] += 1
                if cause == "cleared" and self._pause is not None and self._pause.for_staff:
                    self._note(now, "a pause for staff went on by itself")
                self._pause, self._on_record, self._since_resume = None, True, 0
                self._closed_ms = max(self._closed_ms, now)
                unseen_ms = 2_000 // self.policy.sampling.per_s  # nobody looked for so long
                covered_ms = self._covered[bisect_right(self._covered, self._cleared_ms) - 1]
                early = self._cleared_ms - covered_ms < self.policy.clear_after_ms - unseen_ms
                if cause == "cleared" and early and now - self._away_until_ms > 5_000:
                    self._note(now, "a pause cleared while its cause was there")
            case _:
                pass

    def _check_violation(self, raised: ViolationRaised, now: int) -> None:
        self.raised_count += 1
        self._since_resume += 1
        if self._since_resume > 60:
            self._note(now, "one pause is flooded with violations")
        passes = self.cast.side is Side.PRISONER and self.cast.mode is ClearanceMode.MATCH
        if raised.kind in FACES and passes:
            self._note(now, "somebody who passes was made a violation")
        if raised.kind in FACES and now - self._stranger_ms > SEEN_MS:
            self._note(now, "approved people were taken for strangers")
        if raised.kind is Kind.COULD_NOT_CHECK and now - self._unrest_ms > 12_000:
            self._note(now, "a calm film could not be checked")

    def _note(self, now: int, what: str) -> None:
        self.counts["broken"] += 1
        if len(self.broken) < UNKEPT_MAX:
            self.broken.append(f"{now / 1000:.2f} s: {what}")
