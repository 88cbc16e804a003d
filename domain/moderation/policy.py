"""The moderation part of a prison's policy: every threshold a decision uses, with its unit; none is in code.

Whole numbers only: times in milliseconds of the stream, scores and distances in 1/10,000, sizes in pixels
of the picture as sent. The defaults are starting points that were measured on a small, unrepresentative set
of faces; a prison calibrates them before it relies on them.
"""

from collections.abc import Mapping
from enum import StrEnum
from typing import Any, Self

from pydantic import Field, model_validator

from domain.clearance import Side
from domain.moderation.actions import ActionsPolicy, refuse_pauses
from domain.moderation.formerly import FORMER_SECTIONS, translated
from domain.moderation.kind import Kind
from domain.moderation.ladder import Ladder
from domain.moderation.overlay import overlay
from domain.moderation.section import SCORE, Section, choice, number
from domain.timetable.events import CallType


class ReleaseMode(StrEnum):
    """On what condition pictures leave."""

    HOLD = "hold"  # only between two clean judgements
    LEASE = "lease"  # for a while after a clean judgement: quicker, and without the promise


class Bystanders(StrEnum):
    """What an unknown face is on one side of the call."""

    VIOLATION = "violation"
    FREEZE = "freeze"  # people pass: the picture is withheld, no violation, no picture kept


class SamplingPolicy(Section):
    """Which pictures are judged."""

    per_s: int = number(4, "1/s", "pictures judged a second while every face is proved", ge=1, le=25)
    unproved_per_s: int = number(8, "1/s", "pictures judged a second while a face is not proved", ge=1, le=25)
    jitter: int = number(1000, SCORE, "largest random share by which a sample comes early", le=5000)
    gate_level: int = number(
        8, "luma levels", "change from which a cell of 80x60 counts as changed for the gate"
    )
    gate_cells: int = number(8, "cells", "with fewer changed cells a calm picture repeats the last judgement")
    heartbeat_ms: int = number(2000, "ms", "longest time the gate repeats a judgement")
    still_level: int = number(
        1, "luma levels", "a picture in which no cell changes by more is the same again"
    )
    change_level: int = number(
        14, "luma levels", "change from which a cell outside proved people is unexplained"
    )
    cut_share: int = number(
        5000,
        SCORE,
        "with so large a share of a face's cells changed from one picture to the next, it may be another face",
    )
    steady_cells: int = number(
        3,
        "cells",
        "so far a camera in somebody's hand may have moved between two pictures that are compared; 0: not at all",
        le=3,
    )
    change_cells: int = number(
        8, "cells", "unexplained cells from which a held picture is judged itself", ge=1
    )
    peak_ratio: int = number(
        13000, SCORE, "a held picture with so much more unexplained change than the due one is judged first"
    )


class RepetitionPolicy(Section):
    """Pictures that move and were all there before: a film that is played in place of a camera.

    They differ by what encoding does to them, and by much more from those of a moment earlier or later. Whoever
    hardly moves is not told apart from such a film.
    """

    memory_ms: int = number(60_000, "ms", "so far back pictures are compared with; 0: not at all", le=120_000)
    shortest_ms: int = number(
        3_000, "ms", "what comes again sooner is a person or a thing that moves to and fro", ge=1_000
    )
    window_ms: int = number(3_000, "ms", "the pictures of so long must all have been there before", ge=1_000)
    difference_max: int = number(
        60, "1/100 luma level", "mean difference up to which they are the same but for their encoding"
    )
    share_max: int = number(
        1500, SCORE, "that difference over the one to pictures 0.4 s earlier or later, at most", le=10000
    )


class DetectionPolicy(Section):
    """What counts as a face."""

    new_face_score: int = number(1500, SCORE, "detector score from which a new face counts", ge=-100000)
    known_face_score: int = number(
        1200, SCORE, "detector score from which a known face is followed", ge=-100000
    )
    confirmed_score: int = number(0, SCORE, "confirmer score from which a box is a face", ge=-100000)
    nested_ratio: int = number(
        30000, SCORE, "an unconfirmed box so many times the area of a confirmed face inside it is no face"
    )
    nested_inside: int = number(8000, SCORE, "share of the confirmed face that must lie inside such a box")
    smallest_promised_px: int = number(60, "px of 480 lines", "smallest face the promise is made for")


class TrackingPolicy(Section):
    """When two sightings are one person."""

    overlap: int = number(3000, SCORE, "overlap (intersection over union) from which it is the same face")
    reach: int = number(6000, SCORE, "without overlap: largest way of the centre, in sides of the face")
    size_ratio: int = number(17000, SCORE, "without overlap: largest ratio of the sides")
    gap_ms: int = number(300, "ms", "a loss up to this keeps the proof")
    forget_ms: int = number(1500, "ms", "after a loss of this length it is a new face")
    linger_ms: int = number(1000, "ms", "a face that vanishes unproved withholds the picture for so long")


class ThingPolicy(Section):
    """When a box that was taken for a face is dismissed as a thing: never confirmed, and all of these."""

    samples: int = number(4, "samples", "seen at least so often", ge=1)
    span_ms: int = number(1000, "ms", "seen at least for so long")
    score_max: int = number(4500, SCORE, "its best detector score is below this")
    overlap: int = number(7000, SCORE, "it still overlaps its first box by so much")
    stir_max: int = number(500, SCORE, "share of its cells that changed between samples, at most")


class MatchingPolicy(Section):
    """Distances between a face and the templates of the people admitted."""

    accept: int = number(5000, SCORE, "largest distance of a well seen face that proves it")
    accept_poor: int = number(4200, SCORE, "largest distance of a poorly seen face that proves it")
    reject: int = number(6000, SCORE, "smallest distance of a well seen face that speaks against it")
    reject_poor: int = number(
        6500, SCORE, "smallest distance of a poorly seen face that withholds the picture of a proved one"
    )
    change_margin: int = number(
        500,
        SCORE,
        "a proved face that is nearer to another approved person by so much below accept is proved again",
    )

    @model_validator(mode="after")
    def _in_order(self) -> Self:
        if not self.accept_poor <= self.accept < self.reject <= self.reject_poor:
            raise ValueError("accept_poor, accept, reject and reject_poor must rise")
        return self


class QualityPolicy(Section):
    """When a face is well seen, so that a mismatch means something."""

    side_px: int = number(48, "px", "smallest side of the face")
    turn_max: int = number(
        2000, SCORE, "largest turn: way of the nose from between the eyes, in eye distances"
    )
    confirmer_min: int = number(3000, SCORE, "smallest confirmer score", ge=-100000)
    inside_min: int = number(9700, SCORE, "smallest share of the box inside the picture")
    sharpness_min: int = number(
        100, SCORE, "smallest sharpness: variance of the Laplacian over the variance of the chip"
    )
    brightness_min: int = number(15, "luma levels", "darkest mean of the chip")
    brightness_max: int = number(235, "luma levels", "brightest mean of the chip", le=255)
    edge_px: int = number(0, "px", "smallest distance to the picture's edge")


class EvidencePolicy(Section):
    """When a face is proved, and when it is a stranger's."""

    proofs: int = number(1, "samples", "matches without a mismatch between them that prove a face", ge=1)
    mismatches: int = number(3, "samples", "well seen mismatches that make a stranger, at least", ge=1)
    share: int = number(7500, SCORE, "their share of all votes, at least", le=10000)
    span_ms: int = number(1000, "ms", "the first and the last mismatch lie so far apart, at least")
    window_ms: int = number(2000, "ms", "votes older than this are not counted")
    pardon_proofs: int = number(6, "samples", "matches in a row that take the word stranger back", ge=1)

    @model_validator(mode="after")
    def _can_fire(self) -> Self:
        if self.window_ms < self.span_ms:
            raise ValueError("window_ms is shorter than span_ms: a stranger could never be told")
        return self


class FreezePolicy(Section):
    """A picture that is withheld for longer than a moment."""

    note_ms: int = number(700, "ms", "after so long the page lays a note over the kept picture")
    bystander_pause_ms: int = number(
        20000, "ms", "on a side where bystanders only freeze, could_not_check pauses after so long instead"
    )


class UncertainPolicy(Section):
    """Faces that are neither matched nor strangers."""

    proved_ms: int = number(3000, "ms", "a proved face that cannot be matched for so long: face_uncertain")
    unproved_ms: int = number(3000, "ms", "an unproved face that is badly seen for so long: face_unclear")


class NudityPolicy(Section):
    """Exposed body parts as the nudity model scores them."""

    score: int = number(6000, SCORE, "score from which the picture is withheld")
    alert_score: int = number(4000, SCORE, "score from which staff are told")
    samples: int = number(2, "samples", "samples at the score that pause the call", ge=1)
    window_ms: int = number(1000, "ms", "within this time")
    hold_ms: int = number(1000, "ms", "the picture stays withheld for so long after the last such sample")


class LivenessPolicy(Section):
    """A face that is no living person's: a photograph, a screen. Read where an engine can tell, in MATCH."""

    score: int = number(8000, SCORE, "probability from which a face is alive", tighter="higher", le=10000)
    side_px: int = number(60, "px", "smaller faces are not judged by it")
    samples: int = number(4, "samples", "looks below the score that pause the call, at least", ge=1)
    share: int = number(7500, SCORE, "their share of all looks at the face, at least", le=10000)
    span_ms: int = number(2000, "ms", "the first and the last of them lie so far apart, at least")
    window_ms: int = number(4000, "ms", "looks older than this are not counted")

    @model_validator(mode="after")
    def _can_fire(self) -> Self:
        if self.window_ms < self.span_ms:
            raise ValueError("window_ms is shorter than span_ms: a photograph could never be told")
        return self


class BarredPolicy(Section):
    """A face that is near to one that is barred from the call, and nearer to it than to anybody approved."""

    accept: int = number(4500, SCORE, "largest distance of a well seen face that is taken for the barred one")
    samples: int = number(3, "samples", "such looks that pause the call, at least", ge=1)
    share: int = number(7500, SCORE, "their share of all well seen looks at the face, at least", le=10000)
    span_ms: int = number(250, "ms", "the first and the last of them lie so far apart, at least")
    window_ms: int = number(2000, "ms", "looks older than this are not counted")

    @model_validator(mode="after")
    def _can_fire(self) -> Self:
        if self.window_ms < self.span_ms:
            raise ValueError("window_ms is shorter than span_ms: a barred face could never be told")
        return self


class CoverPolicy(Section):
    """A covered camera, told by brightness alone."""

    deviation_max: int = number(
        8, "luma levels", "standard deviation below which a dark or bright picture is covered"
    )
    dark_max: int = number(40, "luma levels", "mean below which it is dark")
    bright_min: int = number(225, "luma levels", "mean above which it is bright", le=255)
    flat_max: int = number(3, "luma levels", "standard deviation below which any picture is covered")


class CountPolicy(Section):
    """More people than were admitted, where faces are only counted."""

    share: int = number(7500, SCORE, "share of the samples in the window with too many faces", le=10000)
    span_ms: int = number(1000, "ms", "the first and the last such sample lie so far apart, at least")
    window_ms: int = number(2000, "ms", "samples older than this are not counted")
    linger_ms: int = number(1000, "ms", "the picture stays withheld for so long after the last such sample")


class BystanderPolicy(Section):
    """What an unknown face is, per side."""

    prisoner: Bystanders = choice(
        Bystanders.FREEZE, "an unknown face on the prison's side, where officers pass"
    )
    visitor: Bystanders = choice(Bystanders.VIOLATION, "an unknown face on the visitors' side")

    def on(self, side: Side) -> Bystanders:
        """What an unknown face is on this side."""
        return self.prisoner if side is Side.PRISONER else self.visitor


class ReleasePolicy(Section):
    """When held pictures leave, and how late."""

    mode: ReleaseMode = choice(
        ReleaseMode.HOLD, "hold: between clean judgements; lease: quicker, without the promise"
    )
    lease_ms: int = number(1500, "ms", "lease: pictures leave for so long after a clean judgement")
    catch_up_ms: int = number(600, "ms", "a stall up to this that was explained flows on at twice real speed")
    paced_delay_ms: int = number(335, "ms", "constant delay of picture and sound, in step")
    strict: bool = choice(
        default=False, meaning="always await one more clean judgement before pictures leave"
    )


SHADOWED = frozenset(
    {
        "matching", "quality", "evidence", "things", "freeze", "uncertain", "nudity", "barred", "cover", "count",
        "bystanders", "actions", "clear_after_ms",
    }
)  # fmt: skip
"""What a shadow may see otherwise: everything that is decided of a picture, and nothing of which are looked at."""


class ModerationPolicy(Section):
    """Every number of moderation."""

    sampling: SamplingPolicy = Field(default_factory=SamplingPolicy)
    repetition: RepetitionPolicy = Field(default_factory=RepetitionPolicy)
    detection: DetectionPolicy = Field(default_factory=DetectionPolicy)
    tracking: TrackingPolicy = Field(default_factory=TrackingPolicy)
    things: ThingPolicy = Field(default_factory=ThingPolicy)
    matching: MatchingPolicy = Field(default_factory=MatchingPolicy)
    quality: QualityPolicy = Field(default_factory=QualityPolicy)
    evidence: EvidencePolicy = Field(default_factory=EvidencePolicy)
    freeze: FreezePolicy = Field(default_factory=FreezePolicy)
    uncertain: UncertainPolicy = Field(default_factory=UncertainPolicy)
    nudity: NudityPolicy = Field(default_factory=NudityPolicy)
    liveness: LivenessPolicy = Field(default_factory=LivenessPolicy)
    barred: BarredPolicy = Field(default_factory=BarredPolicy)
    cover: CoverPolicy = Field(default_factory=CoverPolicy)
    count: CountPolicy = Field(default_factory=CountPolicy)
    bystanders: BystanderPolicy = Field(default_factory=BystanderPolicy)
    release: ReleasePolicy = Field(default_factory=ReleasePolicy)
    actions: ActionsPolicy = Field(default_factory=ActionsPolicy)
    by_call_type: dict[CallType, dict[Kind, Ladder]] = Field(
        default={},
        description="what follows instead, by type of call and kind",
        json_schema_extra={"unit": "ladders"},
    )
    clear_after_ms: int = number(2000, "ms", "a cause that has been gone for so long is cleared")
    required: tuple[Kind, ...] = choice(
        (Kind.UNAPPROVED_FACE,), "kinds that must be assessed: without an engine for each, no call starts"
    )

    @model_validator(mode="before")
    @classmethod
    def _formerly(cls, document: Any) -> Any:
        if not isinstance(document, Mapping):
            return document
        return translated(document, ActionsPolicy().model_dump(mode="json"))

    @model_validator(mode="after")
    def _exceptions_are_of_kinds_with_a_ladder(self) -> Self:
        for ladders in self.by_call_type.values():
            for kind in ladders:
                if kind not in ActionsPolicy.model_fields:
                    raise ValueError(f"{kind} is not found by the machine and has no ladder")
            refuse_pauses(ladders)
        return self

    def of(self, call_type: CallType) -> "ModerationPolicy":
        """The policy of calls of this type: its exceptions in place of what usually follows."""
        exceptions = self.by_call_type.get(call_type, {})
        actions = self.actions.model_copy(update={kind.value: rungs for kind, rungs in exceptions.items()})
        return self.model_copy(update={"actions": actions, "by_call_type": {}})

    shadow: dict[str, Any] = choice(
        {}, "changes to this section that are tried in live calls beside it: put on record, never acted on"
    )

    @model_validator(mode="after")
    def _shadow_sees_the_same(self) -> Self:
        if beyond := sorted(set(self.shadow) - SHADOWED - FORMER_SECTIONS):
            raise ValueError(f"a shadow sees the same pictures and cannot change {beyond[0]}")
        self.shadowed()
        return self

    def shadowed(self) -> "ModerationPolicy | None":
        """The policy that is tried beside this one; None where nothing is tried."""
        if not self.shadow:
            return None
        own = self.model_dump(mode="json", exclude={"shadow"})
        return ModerationPolicy.model_validate(overlay(own, self.shadow))

    @model_validator(mode="after")
    def _samples_join(self) -> Self:
        if self.tracking.gap_ms < 1000 // self.sampling.per_s:
            raise ValueError("tracking.gap_ms is shorter than the time between two samples")
        return self

    @classmethod
    def full(cls) -> Self:
        """The policy of the set-up `full`: the defaults."""
        return cls()

    @classmethod
    def permissive(cls) -> Self:
        """The policy of the set-up `permissive`: its detector costs more, so it judges fewer pictures."""
        return cls(
            sampling=SamplingPolicy(per_s=2, unproved_per_s=4),
            detection=DetectionPolicy(new_face_score=0, known_face_score=-2000, smallest_promised_px=110),
            tracking=TrackingPolicy(gap_ms=600),
            release=ReleasePolicy(paced_delay_ms=650),
        )
