"""What a rehearsal tells: the timeline, pauses, freezes and what each side received, in times of the clips."""

from collections.abc import Mapping, Sequence
from datetime import timedelta
from typing import Any

from application.ports import Recorded
from domain.call.events import CallPaused
from domain.clearance import Side
from domain.event import milliseconds
from domain.lifecycle import CallCompleted, CallMissed, CallStarted, CallTerminated
from domain.stream import StreamFrozen, StreamMeasured, StreamReleased
from domain.violation import ViolationRaised
from infrastructure.rehearsal.rehearsal import Held

_ENVELOPE = {"at", "call", "prison"}


class Report:
    """Turns what was held into plain data. Media times are seconds since the clip's first picture."""

    def __init__(self, held: Held, setup: str) -> None:
        self._held, self._setup = held, setup
        started = self._all(CallStarted)
        self._started = started[0].at if started else None

    def document(self) -> dict[str, Any]:
        """Everything, as `kinline rehearse --json` prints it."""
        return {
            "call": self._held.call,
            "setup": self._setup,
            "outcome": self._outcome(),
            "timeline": [self._line(recorded) for recorded in self._held.events],
            "pauses": [self._pause(pause) for pause in self._all(CallPaused)],
            "freezes": self.freezes(),
            "embeddings": {m.side.value: m.embeddings for m in self._all(StreamMeasured)},
            "received": self._received(),
            "added_latency_ms": self._latency(),
            "recordings": {side.value: str(path) for side, path in self._held.recordings.items()},
        }

    def _all(self, kind: type[Any]) -> list[Any]:
        return [recorded.event for recorded in self._held.events if isinstance(recorded.event, kind)]

    def _outcome(self) -> str | None:
        for event in self._all(CallCompleted):
            return str(event.outcome.value)
        if self._all(CallTerminated):
            return "terminated_by_staff"
        return "missed" if self._all(CallMissed) else None

    def _line(self, recorded: Recorded[Any]) -> dict[str, Any]:
        event = recorded.event
        return {
            "position": recorded.position,
            "at": event.at.isoformat(),
            "media_s": self._media_s(getattr(event, "side", None), getattr(event, "media_ms", None)),
            "type": type(event).__name__,
            "data": event.model_dump(mode="json", exclude=_ENVELOPE),
        }

    def _media_s(self, side: Side | None, media_ms: int | None) -> float | None:
        """Media time of a stream as time of its clip: both are anchored in wall time."""
        zero = self._held.camera_started.get(side) if side is not None else None
        if zero is None or media_ms is None or self._started is None:
            return None
        return round(milliseconds(self._started + timedelta(milliseconds=media_ms), zero) / 1000, 3)

    def _pause(self, pause: CallPaused) -> dict[str, Any]:
        raised = {violation.violation: violation for violation in self._all(ViolationRaised)}
        violation = raised.get(pause.violation or "")
        since_s = self._media_s(pause.side, violation.since_ms) if violation else None
        media_s = self._media_s(pause.side, pause.media_ms)
        known = since_s is not None and media_s is not None
        return {
            "kind": pause.cause,
            "side": pause.side.value if pause.side else None,
            "since_s": since_s,
            "media_s": media_s,
            "seconds": round(media_s - since_s, 3) if known else None,  # type: ignore[operator]
        }

    def freezes(self) -> list[dict[str, Any]]:
        """Each freeze until its stream was released, the call paused, or it ended."""
        return [
            {
                "side": event.side.value,
                "cause": event.cause,
                "media_s": self._media_s(event.side, event.media_ms),
                "seconds": self._lasted(index, event),
            }
            for index, event in enumerate(recorded.event for recorded in self._held.events)
            if isinstance(event, StreamFrozen)
        ]

    def _lasted(self, index: int, frozen: StreamFrozen) -> float:
        for recorded in self._held.events[index + 1 :]:
            event = recorded.event
            released = isinstance(event, StreamReleased) and event.side is frozen.side
            if released or isinstance(event, CallPaused | CallCompleted | CallTerminated):
                return round(milliseconds(event.at, frozen.at) / 1000, 3)
        return 0.0

    def _received(self) -> dict[str, dict[str, int]]:
        return {
            side.value: {
                "frames": received.frames,
                "slate_frames": received.slate_frames,
                "longest_gap_ms": received.longest_gap_ms,
            }
            for side, received in self._held.received.items()
        }

    def _latency(self) -> dict[str, dict[str, int | None]]:
        measured: Sequence[StreamMeasured] = self._all(StreamMeasured)
        kinds: Mapping[str, str] = {"video": "picture", "audio": "sound"}
        return {
            kind: {
                share: _worst(getattr(each, f"{field}_added_{share}_ms") for each in measured)
                for share in ("p50", "p95")
            }
            for kind, field in kinds.items()
        }


def _worst(values: Any) -> int | None:
    return max((value for value in values if value is not None), default=None)
