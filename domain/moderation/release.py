"""Which held pictures may leave. Pure; the same rule live and in replay.

HOLD: pictures leave in spans. A span between two judged pictures opens only if both are clean, or if a short
stall before the second was explained by it. Whatever was judged and not clean never leaves, and nothing newer
than the last clean judgement does, whatever its age: if judgements stop, pictures stop.
"""

from dataclasses import dataclass, replace

from domain.moderation.policy import ReleaseMode, ReleasePolicy


@dataclass(frozen=True, slots=True)
class Span:
    """Media time (after_ms, until_ms]."""

    after_ms: int
    until_ms: int

    def __contains__(self, media_ms: int) -> bool:
        return self.after_ms < media_ms <= self.until_ms


@dataclass(frozen=True, slots=True)
class Opening:
    """What one verdict opens, in order of time.

    `cut`: held pictures up to the verdict that are in no span are dropped, and the stream starts again with a
    key frame. `catch_up`: a stall was explained; its pictures flow on at twice real speed. `frozen`: from
    here on nothing leaves until a clean verdict.
    """

    spans: tuple[Span, ...] = ()
    cut: bool = False
    catch_up: bool = False
    frozen: bool = False


@dataclass(frozen=True, slots=True)
class Release:
    """The state of one direction's release. `judged` is its only transition."""

    policy: ReleasePolicy
    judged_ms: int | None = None  # the newest judged picture
    clean: bool = False  # was it clean
    stalled_from_ms: int | None = None  # the last clean judgement before the stall
    waiting: Span | None = None  # awaits one more clean judgement

    def judged(
        self, media_ms: int, *, clean: bool, explained: bool, unexplained_change: bool
    ) -> tuple["Release", Opening]:
        """The release after one verdict. `unexplained_change`: a picture of the span changed beyond reason.

        Raises ValueError when verdicts run backwards: that would open a span twice.
        """
        if self.judged_ms is not None and media_ms <= self.judged_ms:
            raise ValueError("Verdicts must come in order of media time.")
        if self.policy.mode is ReleaseMode.LEASE:
            return self._leased(media_ms, clean=clean)
        if not clean:
            return self._frozen(media_ms), Opening(frozen=True)
        return self._opened(media_ms, explained=explained, wait=self.policy.strict or unexplained_change)

    def restarted(self) -> "Release":
        """The release after a pause or a new connection: nothing older may leave any more."""
        return Release(self.policy)

    def _frozen(self, media_ms: int) -> "Release":
        stalled = self.stalled_from_ms
        if self.clean:
            stalled = self.waiting.after_ms if self.waiting else self.judged_ms
        return replace(self, judged_ms=media_ms, clean=False, stalled_from_ms=stalled, waiting=None)

    def _opened(self, media_ms: int, *, explained: bool, wait: bool) -> tuple["Release", Opening]:
        ready = (self.waiting,) if self.waiting else ()
        after_ms, cut = self._start(media_ms, explained=explained)
        span = Span(after_ms, media_ms)
        catch_up = not self.clean and not cut
        opened = Release(self.policy, judged_ms=media_ms, clean=True, waiting=span if wait else None)
        return opened, Opening(ready if wait else (*ready, span), cut=cut, catch_up=catch_up)

    def _start(self, media_ms: int, *, explained: bool) -> tuple[int, bool]:
        """Where the span that ends here begins (exclusive), and whether what is older is cut off."""
        if self.clean and self.judged_ms is not None:
            return self.judged_ms, False
        stalled = self.stalled_from_ms
        if stalled is not None and explained and media_ms - stalled <= self.policy.catch_up_ms:
            return stalled, False
        return media_ms - 1, True

    def _leased(self, media_ms: int, *, clean: bool) -> tuple["Release", Opening]:
        if not clean:
            return replace(self, judged_ms=media_ms, clean=False), Opening(frozen=True)
        after_ms = self.judged_ms if self.clean and self.judged_ms is not None else media_ms - 1
        opened = replace(self, judged_ms=media_ms, clean=True)
        return opened, Opening((Span(after_ms, media_ms + self.policy.lease_ms),), cut=not self.clean)
