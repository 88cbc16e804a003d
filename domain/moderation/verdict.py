"""What follows from one judged picture: may the stream go on, what was raised, what cleared, who is seen."""

from dataclasses import dataclass, replace

from domain.clearance import ClearanceMode, Side
from domain.moderation.kind import SELF_CLEARING, Action, FreezeCause, Kind, Severity, Standing
from domain.moderation.observation import Box, Quality


@dataclass(frozen=True, slots=True)
class StreamTerms:
    """Under which terms one stream is judged. Only an officer's word or a recorded decision changes them."""

    side: Side
    mode: ClearanceMode  # MATCH or COUNT: other modes are not judged here
    admitted: int  # people let in by staff
    templates: int = 0  # templates of the people admitted: the first so many distances of a face
    accepted: frozenset[int] = frozenset()  # further distances, of faces an officer accepted in this call
    with_child: bool = False  # somebody in the stream is registered as a child: no pause for a face alone

    def approves(self, index: int) -> bool:
        """Does this distance belong to somebody who may be shown?"""
        return index < self.templates or index in self.accepted

    def accepting(self, index: int) -> "StreamTerms":
        """The terms after an officer accepted a face whose distance stands at this index."""
        return replace(self, accepted=self.accepted | {index})


@dataclass(frozen=True, slots=True)
class Evidence:
    """The numbers behind something raised: enough to argue about it later."""

    scores: tuple[int, ...] = ()  # 1/10,000, in order of time
    threshold: int | None = None  # what they were compared with
    runner_up: int | None = None  # distance to the second nearest person
    track: int | None = None
    votes_for: int = 0  # k
    votes: int = 0  # of n
    quality: Quality | None = None
    entry: int | None = None  # which of the faces barred from the call it is near to


NO_EVIDENCE = Evidence()


@dataclass(frozen=True, slots=True)
class Basis:
    """What a verdict rests on beside its numbers."""

    engine: str = ""  # set-up and digests of the networks that judged
    mode: ClearanceMode = ClearanceMode.MATCH
    liveness: bool = False  # somebody assessed whether a living person is before the camera
    repeated: bool = False  # nothing had changed: the faces are those of an earlier picture


NO_BASIS = Basis()


@dataclass(frozen=True, slots=True)
class Raised:
    """Something is wrong, and the machine acts on it. Raised once per action."""

    kind: Kind
    severity: Severity
    action: Action
    since_ms: int  # the first judged picture that shows the cause
    media_ms: int  # when it was decided
    evidence: Evidence = NO_EVIDENCE

    @property
    def self_clearing(self) -> bool:
        """Does a pause for this end by itself when the cause is gone?"""
        return self.kind in SELF_CLEARING


@dataclass(frozen=True, slots=True)
class Cleared:
    """A cause that was raised has been gone for long enough."""

    kind: Kind
    track: int | None
    since_ms: int  # as raised
    until_ms: int  # the last judged picture that shows the cause
    media_ms: int  # when it was decided


@dataclass(frozen=True, slots=True)
class ShownFace:
    """A face in the judged picture."""

    track: int
    box: Box
    standing: Standing
    distance: int | None  # 1/10,000 to the nearest person who may be shown; None where nothing was compared
    nearest: int | None  # index of that person


@dataclass(frozen=True, slots=True)
class Verdict:
    """What one judged picture means for its stream."""

    media_ms: int
    clean: bool  # it may be shown
    explained: bool  # and so may the stall before it: whatever caused it is now proved
    cause: FreezeCause | None  # why not clean
    next_ms: int  # the next picture is to be judged after so long
    calm: bool  # nothing is open: while nothing changes, the analyser may repeat what it saw
    everyone_proved: bool  # each person admitted is in this picture, and nobody else
    why: Evidence = NO_EVIDENCE  # the numbers behind `cause`
    basis: Basis = NO_BASIS
    faces: tuple[ShownFace, ...] = ()
    raised: tuple[Raised, ...] = ()
    cleared: tuple[Cleared, ...] = ()
