"""A video file under the same analyser, schedule and step as a live stream, faster than real time."""

import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from fractions import Fraction
from pathlib import Path
from typing import Any

import av
import numpy as np

from application.moderation import Setup
from domain.clearance import ClearanceMode, Side
from domain.moderation.kind import Action, Kind, Standing
from domain.moderation.observation import Observation
from domain.moderation.policy import ModerationPolicy
from domain.moderation.step import initial, step
from domain.moderation.verdict import Cleared, Raised, ShownFace, StreamTerms, Verdict
from infrastructure.moderation.analyser import Plane, Planes, Sample, StreamAnalyser
from infrastructure.moderation.repetition import Repetition
from infrastructure.moderation.schedule import Due, Schedule
from infrastructure.moderation.steady import View

Progress = Callable[[float, float | None], None]
"""Called with the media seconds done and the seconds of the whole, if the file says."""

_SEED = 1  # the same file is always judged at the same pictures


class FootageRefused(Exception):
    """The file cannot be judged; the sentence says why."""


@dataclass(frozen=True, slots=True)
class Violation:
    """What ViolationRaised would record, with the time it lasted until (None: to the end)."""

    kind: Kind
    since_ms: int
    media_ms: int
    action: Action
    track: int | None
    until_ms: int | None = None


@dataclass(frozen=True, slots=True)
class Freeze:
    """A span that would have been withheld. `to_ms` is the next clean picture, or the end."""

    cause: str
    from_ms: int
    to_ms: int


@dataclass(slots=True)
class Seen:
    """One face through the film."""

    id: int
    first_ms: int
    last_ms: int
    standing: Standing
    photo: int | None = None
    distance_min: int | None = None


@dataclass(slots=True)
class Report:
    """What a film shows. Collected verdict by verdict."""

    setup: str
    violations: list[Violation] = field(default_factory=list)
    freezes: list[Freeze] = field(default_factory=list)
    tracks: dict[int, Seen] = field(default_factory=dict)
    judged: int = 0
    skipped: int = 0
    media_ms: int = 0
    elapsed_s: float = 0.0
    _frozen: tuple[str, int] | None = None

    def take(self, verdict: Verdict) -> None:
        """Adds one verdict."""
        self.judged += 1
        for raised in verdict.raised:
            self._raise(raised)
        for cleared in verdict.cleared:
            self._clear(cleared)
        for face in verdict.faces:
            self._see(face, verdict.media_ms)
        self._freeze(verdict)

    def finish(self, media_ms: int, offered: int, elapsed_s: float) -> None:
        """The film is over."""
        self.media_ms, self.skipped, self.elapsed_s = media_ms, offered - self.judged, elapsed_s
        if self._frozen is not None:
            self.freezes.append(Freeze(*self._frozen, media_ms))

    def document(self) -> dict[str, Any]:
        """The report as plain data: times in seconds, distances as the embedder gives them."""
        seconds = self.media_ms / 1000
        return {
            "setup": self.setup,
            "seconds": round(seconds, 3),
            "frames_judged": self.judged,
            "frames_skipped": self.skipped,
            "speed": round(seconds / self.elapsed_s, 2) if self.elapsed_s else None,
            "violations": [_violation(v) for v in self.violations],
            "freezes": [_freeze(f) for f in self.freezes],
            "tracks": [_track(t) for t in self.tracks.values()],
        }

    def _raise(self, raised: Raised) -> None:
        track = raised.evidence.track
        self.violations.append(Violation(raised.kind, raised.since_ms, raised.media_ms, raised.action, track))

    def _clear(self, cleared: Cleared) -> None:
        self.violations = [
            Violation(v.kind, v.since_ms, v.media_ms, v.action, v.track, cleared.until_ms)
            if (v.kind, v.track, v.since_ms, v.until_ms)
            == (cleared.kind, cleared.track, cleared.since_ms, None)
            else v
            for v in self.violations
        ]

    def _see(self, face: ShownFace, media_ms: int) -> None:
        seen = self.tracks.setdefault(face.track, Seen(face.track, media_ms, media_ms, face.standing))
        seen.last_ms, seen.standing = media_ms, face.standing
        if face.distance is None:
            return
        if seen.distance_min is None or face.distance < seen.distance_min:
            seen.distance_min = face.distance
        if face.standing is Standing.PROVED:
            seen.photo = face.nearest

    def _freeze(self, verdict: Verdict) -> None:
        if verdict.cause is not None:
            self._frozen = self._frozen or (verdict.cause.value, verdict.media_ms)
        elif self._frozen is not None:
            self.freezes.append(Freeze(*self._frozen, verdict.media_ms))
            self._frozen = None


def judge(
    video: Path,
    templates: Sequence[Sequence[float]],
    setup: Setup,
    policy: ModerationPolicy,
    progress: Progress | None = None,
) -> Report:
    """Judges a whole film against the photographs' templates. Raises `FootageRefused`."""
    film, report = FilmJudge(setup, policy, templates), Report(setup.name)
    began, media_ms = time.monotonic(), 0
    for media_ms, planes, total_s in decoded(video):
        for shot in film.offer(planes, media_ms):
            report.take(shot.verdict)
        if progress is not None:
            progress(media_ms / 1000, total_s)
    if not film.schedule.offered:
        raise FootageRefused(f"There are no pictures in {video}.")
    report.finish(media_ms, film.schedule.offered, time.monotonic() - began)
    return report


@dataclass(frozen=True, slots=True)
class Shot:
    """One judged picture of a film."""

    observation: Observation
    verdict: Verdict
    unexplained_change: bool


class FilmJudge:
    """Schedule, analyser and step of one film, called in turn: as a live stream is judged, in media time."""

    def __init__(
        self,
        setup: Setup,
        policy: ModerationPolicy,
        templates: Sequence[Sequence[float]],
        side: Side = Side.VISITOR,
    ) -> None:
        self._policy, people = policy, len(templates)
        self._terms = StreamTerms(side, ClearanceMode.MATCH, admitted=people, templates=people)
        self._analyser = StreamAnalyser(setup, policy, self._terms.mode, templates)
        self._state, self._calm = initial, False
        self._repetition = Repetition(policy.repetition)
        self.schedule: Schedule[Planes] = Schedule(policy, _SEED)

    def offer(self, planes: Planes, media_ms: int) -> Iterator[Shot]:
        """One picture; judges what is due."""
        view = View(planes.y)
        repeats_ms = self._repetition.seen(view, media_ms)
        due = self.schedule.offer(planes, media_ms, view, planes.shape, repeats_ms=repeats_ms)
        while due is not None:
            shot = self._judge(due)
            yield shot
            due = self.schedule.judged(shot.verdict, self._state.people)

    def _judge(self, due: Due[Planes]) -> Shot:
        boxes, calm = self._state.boxes, self._calm
        sample = Sample(due.media_ms, due.picture, boxes, calm, due.unexplained, due.repeats_ms)
        observation = self._analyser.analyse(sample)
        self._state, verdict = step(self._state, observation, self._policy, self._terms)
        self._calm = verdict.calm
        return Shot(observation, verdict, due.unexplained >= self._policy.sampling.change_cells)


def check(video: Path) -> None:
    """Raises `FootageRefused` unless the file's first picture can be decoded. Costs no model."""
    if next(decoded(video), None) is None:
        raise FootageRefused(f"There are no pictures in {video}.")


def decoded(video: Path) -> Iterator[tuple[int, Planes, float | None]]:
    """Every picture: ms since the first one, planes, and the film's length. Raises `FootageRefused`."""
    if not video.is_file():
        raise FootageRefused(f"There is no video {video}.")
    try:
        with av.open(str(video)) as container:
            if not container.streams.video:
                raise FootageRefused(f"There are no pictures in {video}.")
            total_s = container.duration / av.time_base if container.duration else None
            yield from ((ms, planes, total_s) for ms, planes in _pictures(container))
    except av.FFmpegError as error:
        raise FootageRefused(f"{video} is no video we can read.") from error


def planes_of(frame: av.VideoFrame) -> Planes:
    """The planes of a decoded picture, as views where the codec gave 4:2:0."""
    if frame.format.name not in ("yuv420p", "yuvj420p"):
        frame = frame.reformat(format="yuv420p")
    y, u, v = (_plane(frame, i) for i in range(3))
    return Planes(y, u, v)


def length_ms(video: Path) -> int:
    """How long a film is, from its packets: no picture is decoded. Raises `FootageRefused`."""
    if not video.is_file():
        raise FootageRefused(f"There is no video {video}.")
    try:
        with av.open(str(video)) as container:
            if not container.streams.video:
                raise FootageRefused(f"There are no pictures in {video}.")
            packets = (packet for packet in container.demux(video=0) if packet.pts is not None)
            times = [Fraction(packet.pts or 0) * (packet.time_base or 0) for packet in packets]
    except av.FFmpegError as error:
        raise FootageRefused(f"{video} is no video we can read.") from error
    if not times:
        raise FootageRefused(f"There are no pictures in {video}.")
    return round((max(times) - min(times)) * 1000)


def _plane(frame: av.VideoFrame, index: int) -> Plane:
    plane: Any = frame.planes[index]
    rows: Plane = np.frombuffer(plane, np.uint8).reshape(-1, plane.line_size)
    return rows[: plane.height, : plane.width]


def _pictures(container: av.container.InputContainer) -> Iterator[tuple[int, Planes]]:
    """Pictures with rising times; one whose time does not rise is left out, as a browser would."""
    container.streams.video[0].codec_context.thread_count = 1
    first: Fraction | None = None
    newest = -1
    for frame in container.decode(video=0):
        if frame.pts is None or frame.time_base is None:
            continue
        at = frame.pts * frame.time_base
        first = at if first is None else first
        media_ms = round((at - first) * 1000)
        if media_ms > newest:
            newest = media_ms
            yield media_ms, planes_of(frame)


def _seconds(media_ms: int) -> float:
    return round(media_ms / 1000, 3)


def _violation(violation: Violation) -> dict[str, Any]:
    return {
        "kind": violation.kind.value,
        "since_s": _seconds(violation.since_ms),
        "media_s": _seconds(violation.media_ms),
        "until_s": None if violation.until_ms is None else _seconds(violation.until_ms),
        "action": violation.action.value,
    }


def _freeze(freeze: Freeze) -> dict[str, Any]:
    return {"cause": freeze.cause, "from_s": _seconds(freeze.from_ms), "to_s": _seconds(freeze.to_ms)}


def _track(seen: Seen) -> dict[str, Any]:
    return {
        "id": seen.id,
        "first_s": _seconds(seen.first_ms),
        "last_s": _seconds(seen.last_ms),
        "photo": seen.photo,
        "distance_min": None if seen.distance_min is None else seen.distance_min / 10_000,
        "verdict": seen.standing.value,
    }
