"""Judged pictures for tests, in the words of a scene: who is seen, how near, how well."""

from dataclasses import dataclass, field, replace

from domain.clearance import ClearanceMode, Side
from domain.moderation.kind import ASSESSED_BY_FACES, Kind
from domain.moderation.observation import Box, Face, Observation, Quality
from domain.moderation.policy import ModerationPolicy
from domain.moderation.step import State, initial, step
from domain.moderation.verdict import StreamTerms, Verdict

POLICY = ModerationPolicy.full()
GOOD = Quality(side=120, sharpness=300, brightness=120, turn=0, inside=10_000, edge=50, stir=1_000)
POOR = replace(GOOD, sharpness=20)
LEFT: Box = (100, 150, 120, 120)
RIGHT: Box = (430, 150, 120, 120)

KNOWN, STRANGE, BETWEEN = 2_000, 8_000, 5_500  # distances: matched, nobody's, uncertain

MATCHED = StreamTerms(Side.VISITOR, ClearanceMode.MATCH, admitted=1, templates=1)
WITH_CHILD = StreamTerms(Side.VISITOR, ClearanceMode.MATCH, admitted=2, templates=2, with_child=True)
PRISON = StreamTerms(Side.PRISONER, ClearanceMode.MATCH, admitted=1, templates=1)
COUNTED = StreamTerms(Side.VISITOR, ClearanceMode.COUNT, admitted=2)


def face(
    *distances: int, at: Box = LEFT, quality: Quality = GOOD, score: int = 8_000, confirmed: int = 9_000
) -> Face:
    """A face at a place, so far from each template."""
    return Face(at, score, confirmed, distances, quality)


def picture(media_ms: int, *faces: Face, **changes: object) -> Observation:
    """A judged picture with these faces."""
    usual = Observation(
        media_ms=media_ms,
        faces=faces,
        luma_mean=120,
        luma_deviation=50,
        nudity=0,
        changed=500,
        unexplained=0,
        identical=False,
        repeated=False,
        engine="test",
        assessed=(*ASSESSED_BY_FACES, Kind.EXPLICIT_NUDITY),
    )
    return replace(usual, **changes)  # type: ignore[arg-type]


@dataclass
class Stream:
    """A stream under the step: shows pictures, remembers verdicts."""

    terms: StreamTerms = MATCHED
    policy: ModerationPolicy = POLICY
    state: State = initial
    verdicts: list[Verdict] = field(default_factory=list)

    def show(self, media_ms: int, *faces: Face, **changes: object) -> Verdict:
        """Judge one picture."""
        self.state, verdict = step(self.state, picture(media_ms, *faces, **changes), self.policy, self.terms)
        self.verdicts.append(verdict)
        return verdict

    def show_for(
        self, start_ms: int, end_ms: int, *faces: Face, every_ms: int = 125, **changes: object
    ) -> Verdict:
        """Judge the same scene again and again; the last verdict."""
        last = None
        for media_ms in range(start_ms, end_ms + 1, every_ms):
            last = self.show(media_ms, *faces, **changes)
        assert last is not None
        return last

    @property
    def raised(self) -> list[tuple[str, str, int, int]]:
        """Kind, action, since and decided, in order."""
        return [(r.kind, r.action, r.since_ms, r.media_ms) for v in self.verdicts for r in v.raised]

    @property
    def cleared(self) -> list[tuple[str, int]]:
        """Kind and when, in order."""
        return [(c.kind, c.media_ms) for v in self.verdicts for c in v.cleared]
