"""Admission by face: what the waiting room's verdicts come to, told once each."""

from collections.abc import Sequence
from dataclasses import dataclass

from domain.moderation.kind import Standing
from domain.moderation.verdict import Verdict
from domain.waiting_room.events import IdentityResult, SeenFace

_MATCHES = 2  # samples in a row in which everybody is there and proved
_UNSURE_MS = 10_000  # faces seen for so long and not everybody proved: staff look


@dataclass(slots=True)
class Admission:
    """Watches one side's verdicts until it is admitted. `persons` are in the order of the templates."""

    persons: Sequence[str]
    _matches: int = 0
    _seen_from_ms: int | None = None

    def judged(self, verdict: Verdict) -> IdentityResult | None:
        """What can be said after this sample; None: nothing yet."""
        self._matches = self._matches + 1 if verdict.everyone_proved else 0
        if self._matches >= _MATCHES:
            return IdentityResult.MATCH
        if any(face.standing is Standing.STRANGER for face in verdict.faces):
            return IdentityResult.MISMATCH
        if not verdict.faces:
            self._seen_from_ms = None
            return None
        if self._seen_from_ms is None:
            self._seen_from_ms = verdict.media_ms
        return IdentityResult.UNSURE if verdict.media_ms - self._seen_from_ms >= _UNSURE_MS else None

    def faces(self, verdict: Verdict) -> list[SeenFace]:
        """The faces of a sample with the nearest approved person of each."""
        return [
            SeenFace(person=self._person(face.nearest), distance=face.distance)
            for face in verdict.faces
            if face.distance is not None and face.standing is not Standing.THING
        ]

    def _person(self, index: int | None) -> str | None:
        known = index is not None and index < len(self.persons)
        return self.persons[index] if known and index is not None else None
