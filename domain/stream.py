"""What each side saw: the record of one call's pictures, moment by moment but never frame by frame.

The media worker reports these as they happen. There is nothing to decide about them but whether the
call they belong to exists and is not closed: what left the worker, left.

`media_ms` is media time: milliseconds since CallStarted by the clock of the stream's own pictures.
"""

from dataclasses import dataclass
from typing import Any, assert_never

from pydantic import Field

from domain.clearance import Side
from domain.decider import Boundary, about
from domain.event import CallEvent, Command, Refused
from domain.evidence_picture import EvidencePictureEvent
from domain.network import Grade, Way
from domain.recording import RecordingEvent
from domain.waiting_room.events import WaitingRoomOpened


class MediaConnected(CallEvent):
    """A side's connection is up: which certificate spoke, and how it is protected."""

    side: Side
    connection: str
    dtls_fingerprint: str
    srtp_profile: str
    pair: str  # kind of the candidate pair, never an address


class StreamReleased(CallEvent):
    """The side's pictures reach the other side from here on."""

    side: Side
    media_ms: int
    by_eye: bool = False  # an officer judges them, because nothing else does


class StreamFrozen(CallEvent):
    """The side's pictures stopped: the other side keeps the last one that left."""

    side: Side
    cause: str
    media_ms: int  # of the sample that froze it
    last_media_ms: int | None  # of the last picture that left; None: none ever did
    evidence: dict[str, Any] = Field(default_factory=dict)  # as of a violation; empty in old records


class SlateShown(CallEvent):
    """A viewer sees the slate instead of pictures, with this text."""

    viewer: Side
    reason: str
    text_key: str
    last_media_ms: int | None


class CoachingShown(CallEvent):
    """A side was asked, on its own screen only, to do something about its picture."""

    side: Side
    kind: str
    text_key: str
    media_ms: int


class DetectionObserved(CallEvent):
    """A span of samples in which one thing was seen or nothing was: never one event per frame."""

    side: Side
    kind: str
    from_ms: int
    to_ms: int
    samples: int
    worst: int | None  # worst score or distance in the span, 1/10,000
    threshold: int | None
    open: bool  # True: a start or an extension; False: the span has ended


WOULD_FREEZE = "freeze"
"""What a shadow says it would have done about a span of pictures that may not be shown."""


class ShadowDetectionObserved(CallEvent):
    """What the policy's shadow would have done about one span of a side's pictures. Nothing was done."""

    side: Side
    kind: str  # of the violation, or the cause of the freeze
    action: str  # freeze, or what a violation asks for: coach, alert, pause
    from_ms: int
    to_ms: int
    overlay: str  # digest of the changes that were tried


class TrialDetectionObserved(CallEvent):
    """What the policy would have done about one span of pictures as another engine saw them. Nothing was done."""

    side: Side
    kind: str  # of the violation, or the cause of the freeze
    action: str  # freeze, or what a violation asks for: coach, alert, pause
    from_ms: int
    to_ms: int
    engine: str  # the engine on trial, with the digests of its networks


class EngineTried(CallEvent):
    """How many of a side's judged pictures an engine on trial looked at, when nothing else was to be judged."""

    side: Side
    engine: str
    samples: int


class ObservationsSealed(CallEvent):
    """Digests of the observation blocks in the vault: every sample as the rules saw it."""

    side: Side
    digests: tuple[str, ...]
    from_ms: int
    to_ms: int
    embeddings: int  # faces turned into vectors in these samples


class ModerationLost(CallEvent):
    """No verdict for too long: the other side sees that checking is interrupted."""

    side: Side
    cause: str
    last_media_ms: int | None  # nothing newer left


class ModerationRestored(CallEvent):
    """Verdicts come again."""

    side: Side
    lost_ms: int


class ModerationStarted(CallEvent):
    """What judges this side: set-up, models with their digests, and what cannot be assessed."""

    side: Side
    setup: str
    models: dict[str, str]
    not_assessed: tuple[str, ...]


class QualityDegraded(CallEvent):
    """A side's line is poor or bad from here on; again when it turns from one into the other."""

    side: Side
    way: Way
    grade: Grade
    loss: int  # packets lost, 1/10,000: the worst of the newest measurements
    jitter_ms: int


class QualityRecovered(CallEvent):
    """A side's line is good again."""

    side: Side
    way: Way
    worst_loss: int  # 1/10,000
    lasted_ms: int


class DataLightChosen(CallEvent):
    """A side saves data, or does so no longer: both pictures are made smaller by their cameras."""

    side: Side
    light: bool


class StreamMeasured(CallEvent):
    """What carrying and judging one side's media came to, at the end of the call."""

    side: Side
    pictures: int  # that came and were decoded
    judged: int
    embeddings: int  # faces turned into vectors, of the whole call and its waiting room
    picture_added_p50_ms: int | None  # from complete to handed on; pauses and freezes left out
    picture_added_p95_ms: int | None
    sound_added_p50_ms: int | None
    sound_added_p95_ms: int | None


StreamEvent = (
    MediaConnected
    | StreamReleased
    | StreamFrozen
    | SlateShown
    | CoachingShown
    | DetectionObserved
    | ShadowDetectionObserved
    | TrialDetectionObserved
    | EngineTried
    | ObservationsSealed
    | ModerationLost
    | ModerationRestored
    | ModerationStarted
    | QualityDegraded
    | QualityRecovered
    | DataLightChosen
    | StreamMeasured
    | RecordingEvent
    | EvidencePictureEvent
)


class RecordStream(Command):
    """Put what the media worker reports on record."""

    fact: StreamEvent


@dataclass(frozen=True)
class Stream:
    """The call the facts belong to."""

    opened: WaitingRoomOpened | None = None


initial = Stream()


def boundary(command: RecordStream) -> Boundary:
    """That the call was opened."""
    return (about(f"call:{command.fact.call}", WaitingRoomOpened),)


def evolve(state: Stream, event: WaitingRoomOpened) -> Stream:
    """Opened once, its facts are taken for good."""
    match event:
        case WaitingRoomOpened():
            return Stream(event)
        case _:
            assert_never(event)


def decide(state: Stream, command: RecordStream) -> list[Any]:
    """The fact itself."""
    if state.opened is None or state.opened.prison != command.fact.prison:
        raise Refused("There is no such call.", "call_unknown")
    return [command.fact]
