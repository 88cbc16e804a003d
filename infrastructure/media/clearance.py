"""The pictures of one direction that wait for their judgement, and those that may leave. Fail-closed.

Nothing here opens with time: without a clean verdict, pictures only wait and are dropped.
"""

from collections import deque
from dataclasses import dataclass

from domain.clearance import TAPS, ClearanceMode, Tap
from domain.moderation.policy import ReleasePolicy
from domain.moderation.release import Release, Span
from domain.moderation.verdict import Verdict
from infrastructure.media.frame import EncodedFrame

HELD_MAX = 300  # pictures that wait, about 10 s; beyond, the oldest are dropped
HELD_BYTES_MAX = 16 * 1024 * 1024  # of them together; the same


class TapForbidden(Exception):
    """The stream's clearance mode allows nobody but the other side to read it so."""


@dataclass(frozen=True, slots=True)
class Grant:
    """Leave to read a stream besides the other side. Cannot be made where the stream's mode forbids it.

    Whatever reads pictures or sound, other than the other side's egress, takes a grant to be built.
    """

    mode: ClearanceMode
    tap: Tap

    def __post_init__(self) -> None:
        if self.tap not in TAPS[self.mode]:
            raise TapForbidden(f"A stream in mode {self.mode} has no tap {self.tap}.")


@dataclass(frozen=True, slots=True)
class Leaving:
    """A picture that may leave."""

    frame: EncodedFrame
    after_gap: bool  # pictures before it did not leave: it can be shown only if it is a key frame
    catching_up: bool  # a stall was explained: it flows on at twice real speed


class Clearance:
    """Holds pictures until the judged ones around them say that they may leave."""

    def __init__(self, policy: ReleasePolicy) -> None:
        self._release = Release(policy)
        self._held: deque[EncodedFrame] = deque()  # at most HELD_MAX
        self._held_bytes = 0
        self._spans: list[Span] = []
        self._gap = True

    def restart(self) -> None:
        """After a pause or with a new connection: nothing older may leave any more."""
        self._release = self._release.restarted()
        self._held.clear()
        self._held_bytes = 0
        self._spans.clear()
        self._gap = True

    def arrived(self, frame: EncodedFrame) -> list[Leaving]:
        """Hold a picture. Under a lease it may leave at once; by default nothing does before its verdict."""
        self._held.append(frame)
        self._held_bytes += len(frame.data)
        while len(self._held) > HELD_MAX or self._held_bytes > HELD_BYTES_MAX:
            self._next()
            self._gap = True
        return self._leaving(catching_up=False)

    def judged(self, verdict: Verdict, *, unexplained_change: bool) -> list[Leaving]:
        """Take a verdict. Returns what it lets go, in order."""
        self._release, opening = self._release.judged(
            verdict.media_ms,
            clean=verdict.clean,
            explained=verdict.explained,
            unexplained_change=unexplained_change,
        )
        if opening.frozen:
            self._spans.clear()
        self._spans.extend(opening.spans)
        leaving = self._leaving(catching_up=opening.catch_up)
        if opening.cut:
            self._drop_before(verdict.media_ms)
        return leaving

    def _leaving(self, *, catching_up: bool) -> list[Leaving]:
        leaving = []
        for span in self._spans:
            while self._held and self._held[0].media_ms <= span.until_ms:
                frame = self._next()
                if frame.media_ms in span:
                    leaving.append(Leaving(frame, self._gap, catching_up))
                    self._gap = False
                else:
                    self._gap = True
        del self._spans[:-1]  # the last may reach into the future, under a lease
        return leaving

    def _drop_before(self, media_ms: int) -> None:
        while self._held and self._held[0].media_ms < media_ms:
            self._next()
            self._gap = True

    def _next(self) -> EncodedFrame:
        frame = self._held.popleft()
        self._held_bytes -= len(frame.data)
        return frame
