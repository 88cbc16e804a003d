"""What a call in a worker puts on record: the one place where the fields of its facts are filled in."""

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID, uuid4

from domain.audio_only import AudioOnlyBecause, EnterAudioOnly, LeaveAudioOnly, PictureBecause
from domain.call.commands import (
    ReportBack,
    ReportCleared,
    ReportInterrupted,
    ReportLost,
    ReportOver,
    ReportPause,
    ReportViolation,
)
from domain.clearance import Side
from domain.evidence_picture import EvidencePictureFailed, EvidencePictureKept
from domain.moderation.evidence import as_recorded
from domain.moderation.verdict import Cleared, Raised, Verdict
from domain.mute import MediaKind, ReportMute
from domain.network import Line, Way
from domain.recording import RecordingFailed, RecordingSealed, RecordingStarted, RecordingStopped
from domain.stream import (
    CoachingShown,
    DataLightChosen,
    DetectionObserved,
    EngineTried,
    MediaConnected,
    ModerationLost,
    ModerationRestored,
    ModerationStarted,
    ObservationsSealed,
    QualityDegraded,
    QualityRecovered,
    ShadowDetectionObserved,
    SlateShown,
    StreamFrozen,
    StreamMeasured,
    StreamReleased,
    TrialDetectionObserved,
)
from domain.takeover import GiveBackJudging, GivenBack
from domain.texts import coach_text
from domain.waiting_room.commands import ReportIdentity
from domain.waiting_room.events import IdentityResult, SeenFace
from infrastructure.media.evidence import EvidencePicture
from infrastructure.media.reporter import Reporter
from infrastructure.media.seat import Secured


class CallFacts:
    """The facts of one call. Times are media milliseconds since CallStarted; `now` tells wall time, UTC.

    `policy` is the version of the policy that the call was pinned to.
    """

    def __init__(
        self, call: str, prison: str, policy: str, reporter: Reporter, now: Callable[[], datetime]
    ) -> None:
        self._call, self._prison, self._policy = call, prison, policy
        self._reporter, self._now = reporter, now

    def connected(self, side: Side, connection: str, secured: Secured) -> None:
        """A connection is up."""
        fact = MediaConnected(
            **self._event(),
            side=side,
            connection=connection,
            dtls_fingerprint=secured.dtls_fingerprint,
            srtp_profile=secured.srtp_profile,
            pair=secured.pair,
        )
        self._reporter.fact(self._call, fact)

    def lost(self, side: Side, cause: str, last_ms: int | None) -> None:
        """A side's media stopped coming."""
        self._command(ReportLost, side=side, cause=cause, last_media_ms=last_ms)

    def back(self, side: Side) -> None:
        """A side's media comes."""
        self._command(ReportBack, side=side)

    def identity(
        self, side: Side, result: IdentityResult, faces: Sequence[SeenFace], threshold: int, engine: str
    ) -> None:
        """What the comparison at admission came to."""
        self._command(
            ReportIdentity, side=side, result=result, faces=tuple(faces), threshold=threshold, engine=engine
        )

    def moderation_started(
        self, side: Side, setup: str, models: dict[str, str], missing: Sequence[str]
    ) -> None:
        """What judges this side."""
        self._stream(ModerationStarted, side=side, setup=setup, models=models, not_assessed=tuple(missing))

    def released(self, side: Side, media_ms: int, *, by_eye: bool) -> None:
        """The side's pictures reach the other side. `by_eye`: an officer judges them."""
        self._stream(StreamReleased, side=side, media_ms=media_ms, by_eye=by_eye)

    def given_back(self, takeover: str, cause: GivenBack, context: Mapping[str, Any] | None = None) -> None:
        """An officer no longer judges a side. `context`: as for a pause, where an officer asked for it."""
        fact = GiveBackJudging(at=self._now(), call=self._call, cause=cause, takeover=takeover)
        if context is None:
            self._reporter.fact(self._call, fact)
        else:
            self._reporter.fact(self._call, fact, actor=context["actor"], cmd=UUID(context["cmd"]))

    def frozen(self, side: Side, verdict: Verdict, last_ms: int | None) -> None:
        """The side's pictures stopped."""
        cause = verdict.cause.value if verdict.cause is not None else ""
        self._stream(
            StreamFrozen,
            side=side,
            cause=cause,
            media_ms=verdict.media_ms,
            last_media_ms=last_ms,
            evidence=as_recorded(verdict.why, verdict.basis, self._policy),
        )

    def slate(self, viewer: Side, reason: str, text_key: str, last_ms: int | None) -> None:
        """A viewer sees the slate."""
        self._stream(SlateShown, viewer=viewer, reason=reason, text_key=text_key, last_media_ms=last_ms)

    def raised(self, side: Side, raised: Raised, verdict: Verdict) -> str:
        """The rules found something, and that is in this verdict. Returns its id."""
        violation = str(uuid4())
        self._command(
            ReportViolation,
            violation=violation,
            side=side,
            kind=raised.kind,
            severity=raised.severity,
            action=raised.action,
            since_ms=raised.since_ms,
            media_ms=raised.media_ms,
            track=raised.evidence.track,
            evidence=as_recorded(raised.evidence, verdict.basis, self._policy),
        )
        return violation

    def coached(self, side: Side, raised: Raised) -> None:
        """The side is told what to do about its picture."""
        self._stream(
            CoachingShown,
            side=side,
            kind=raised.kind.value,
            text_key=coach_text(raised.kind.value),
            media_ms=raised.media_ms,
        )

    def cleared(self, side: Side, cleared: Cleared) -> None:
        """The cause of something raised is gone."""
        self._command(ReportCleared, side=side, kind=cleared.kind, media_ms=cleared.media_ms)

    def paused(self, cause: str, reason: str, context: Mapping[str, Any]) -> None:
        """An officer had the call closed. `context`: actor and command id of the request."""
        actor = context["actor"]
        fact = ReportPause(at=self._now(), call=self._call, cause=cause, officer=actor["id"], reason=reason)
        self._reporter.fact(self._call, fact, actor=actor, cmd=UUID(context["cmd"]))

    def muted(self, side: Side, kind: MediaKind, reason: str, context: Mapping[str, Any]) -> None:
        """An officer had a side's sound or picture closed. `context`: as for a pause."""
        actor = context["actor"]
        fact = ReportMute(
            at=self._now(), call=self._call, side=side, kind=kind, officer=actor["id"], reason=reason
        )
        self._reporter.fact(self._call, fact, actor=actor, cmd=UUID(context["cmd"]))

    def moderation_lost(self, side: Side, cause: str, last_ms: int | None) -> None:
        """No verdict for too long."""
        self._stream(ModerationLost, side=side, cause=cause, last_media_ms=last_ms)

    def moderation_restored(self, side: Side, lost_ms: int) -> None:
        """Verdicts come again."""
        self._stream(ModerationRestored, side=side, lost_ms=lost_ms)

    def degraded(self, side: Side, way: Way, line: Line, jitter_ms: int) -> None:
        """A side's line is poor or bad."""
        self._stream(
            QualityDegraded, side=side, way=way, grade=line.grade, loss=max(line.recent), jitter_ms=jitter_ms
        )

    def recovered(self, side: Side, way: Way, worst_loss: int, lasted_ms: int) -> None:
        """It is good again."""
        self._stream(QualityRecovered, side=side, way=way, worst_loss=worst_loss, lasted_ms=lasted_ms)

    def data_light(self, side: Side, light: bool) -> None:
        """A side saves data, or does so no longer."""
        self._stream(DataLightChosen, side=side, light=light)

    def enter_audio_only(self, side: Side) -> None:
        """A side's picture is too much for the lines it goes over."""
        self._command(EnterAudioOnly, side=side, cause=AudioOnlyBecause.BAD_LINE)

    def leave_audio_only(self, side: Side, cause: PictureBecause) -> None:
        """They carry it again."""
        self._command(LeaveAudioOnly, side=side, cause=cause)

    def interrupted(self, cause: str, last_ms: int | None) -> None:
        """The call stopped for a technical cause."""
        self._command(ReportInterrupted, cause=cause, last_media_ms=last_ms)

    def over(self, cause: str) -> None:
        """What stopped the call is over."""
        self._command(ReportOver, cause=cause)

    def span(self, side: Side, kind: str, times: tuple[int, int], numbers: Mapping[str, Any]) -> None:
        """A span of samples in which one thing was seen: its start, an extension, or its end."""
        from_ms, to_ms = times
        self._stream(DetectionObserved, side=side, kind=kind, from_ms=from_ms, to_ms=to_ms, **numbers)

    def shadow(self, side: Side, kind: str, action: str, times: tuple[int, int], overlay: str) -> None:
        """What the shadow would have done about a span of pictures."""
        from_ms, to_ms = times
        self._stream(
            ShadowDetectionObserved,
            side=side,
            kind=kind,
            action=action,
            from_ms=from_ms,
            to_ms=to_ms,
            overlay=overlay,
        )

    def trial(self, side: Side, kind: str, action: str, times: tuple[int, int], engine: str) -> None:
        """What would have been done about a span of pictures as an engine on trial saw them."""
        from_ms, to_ms = times
        self._stream(
            TrialDetectionObserved,
            side=side,
            kind=kind,
            action=action,
            from_ms=from_ms,
            to_ms=to_ms,
            engine=engine,
        )

    def engine_tried(self, side: Side, engine: str, samples: int) -> None:
        """How much an engine on trial looked at."""
        self._stream(EngineTried, side=side, engine=engine, samples=samples)

    def block(self, side: Side, content: bytes) -> str:
        """Send a block of observations to the vault; its reference."""
        return self._reporter.block(self._call, side, content)

    def sealed(self, side: Side, digests: Sequence[str], times: tuple[int, int], embeddings: int) -> None:
        """The digests of blocks."""
        from_ms, to_ms = times
        self._stream(
            ObservationsSealed,
            side=side,
            digests=tuple(digests),
            from_ms=from_ms,
            to_ms=to_ms,
            embeddings=embeddings,
        )

    def recording_started(self, side: Side, *, sound: bool, media_ms: int) -> None:
        """A side is recorded from here on."""
        self._stream(RecordingStarted, side=side, sound=sound, media_ms=media_ms)

    def recording_sealed(
        self, side: Side, digests: tuple[str, ...], times: tuple[int, int], pictures: int, sounds: int
    ) -> None:
        """Pieces of a recording are in the vault."""
        self._stream(
            RecordingSealed,
            side=side,
            digests=digests,
            from_ms=times[0],
            to_ms=times[1],
            pictures=pictures,
            sounds=sounds,
        )

    def recording_stopped(self, side: Side, media_ms: int) -> None:
        """The recording of a side is over, and whole."""
        self._stream(RecordingStopped, side=side, media_ms=media_ms)

    def recording_failed(self, side: Side, cause: str, media_ms: int) -> None:
        """A side is recorded no longer."""
        self._stream(RecordingFailed, side=side, cause=cause, media_ms=media_ms)

    async def piece(self, side: Side, content: bytes) -> None:
        """Put a piece of a recording into the vault. Raises `PeerGone` or `PeerRefused`."""
        await self._reporter.kept("piece", self._call, side, content)

    async def picture(self, side: Side, content: bytes) -> None:
        """Put a picture of what was found into the vault. Raises `PeerGone` or `PeerRefused`."""
        await self._reporter.kept("picture", self._call, side, content)

    def picture_kept(self, side: Side, picture: EvidencePicture) -> None:
        """It is in the vault."""
        still = picture.still
        self._stream(
            EvidencePictureKept,
            side=side,
            violation=picture.violation,
            digest=picture.digest,
            media_ms=still.media_ms,
            width=still.width,
            height=still.height,
            faces=still.faces,
            concerned=picture.concerned,
        )

    def picture_failed(self, side: Side, violation: str, cause: str) -> None:
        """There is no picture of what was found."""
        self._stream(EvidencePictureFailed, side=side, violation=violation, cause=cause)

    def measured(
        self, side: Side, counts: Mapping[str, int], added: Mapping[str, Mapping[str, int | None]]
    ) -> None:
        """What carrying and judging one side came to. `added`: milliseconds at p50 and p95 of each kind."""
        self._stream(
            StreamMeasured,
            side=side,
            **counts,
            picture_added_p50_ms=added["video"]["p50"],
            picture_added_p95_ms=added["video"]["p95"],
            sound_added_p50_ms=added["audio"]["p50"],
            sound_added_p95_ms=added["audio"]["p95"],
        )

    def _event(self) -> dict[str, Any]:
        return {"at": self._now(), "call": self._call, "prison": self._prison}

    def _stream(self, event: Any, /, **fields: Any) -> None:
        self._reporter.fact(self._call, event(**self._event(), **fields))

    def _command(self, command: Any, /, **fields: Any) -> None:
        self._reporter.fact(self._call, command(at=self._now(), call=self._call, **fields))
