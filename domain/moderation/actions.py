"""What follows of each kind of thing that is wrong: the ladders of the policy."""

from collections.abc import Mapping
from typing import Any, Self

from pydantic import Field, model_validator

from domain.moderation.kind import Action, Kind, Severity
from domain.moderation.ladder import NEVER_PAUSE, Ladder, Rung, pauses
from domain.moderation.section import Section


def ladder(meaning: str, *rungs: tuple[int, Action, Severity]) -> Any:
    """What follows of one kind of thing that is wrong, with its meaning."""
    extra: dict[str, Any] = {"unit": "ladder", "tighter": "sooner"}
    return Field(default=tuple(Rung(*rung) for rung in rungs), description=meaning, json_schema_extra=extra)


class ActionsPolicy(Section):
    """What follows of each kind that the machine can find, counted from the first picture that shows it."""

    unapproved_face: Ladder = ladder(
        "a face that evidence says is nobody's who was approved", (0, Action.PAUSE, Severity.HIGH)
    )
    identity_swap: Ladder = ladder(
        "another face in the place of an approved one", (0, Action.PAUSE, Severity.HIGH)
    )
    head_count_above: Ladder = ladder("more people than were admitted", (0, Action.PAUSE, Severity.HIGH))
    barred_person: Ladder = ladder(
        "a face that is near to one on the list of those barred from calls with this prisoner",
        (0, Action.PAUSE, Severity.CRITICAL),
    )
    liveness_failed: Ladder = ladder("a face that seems not alive", (0, Action.PAUSE, Severity.HIGH))
    explicit_nudity: Ladder = ladder(
        "exposed body parts; it pauses only where the score is high enough often enough",
        (0, Action.ALERT, Severity.CRITICAL),
        (0, Action.PAUSE, Severity.CRITICAL),
    )
    face_uncertain: Ladder = ladder(
        "a proved face that can no longer be matched", (0, Action.COACH, Severity.LOW)
    )
    face_unclear: Ladder = ladder("a face that is badly seen", (0, Action.COACH, Severity.INFO))
    face_absent: Ladder = ladder(
        "nobody in front of the camera; its pause ends by itself",
        (10_000, Action.COACH, Severity.LOW),
        (20_000, Action.PAUSE, Severity.LOW),
    )
    camera_covered: Ladder = ladder(
        "a covered camera; its pause ends by itself",
        (2_000, Action.COACH, Severity.LOW),
        (5_000, Action.PAUSE, Severity.LOW),
    )
    frozen_picture: Ladder = ladder(
        "somebody is there, and nothing at all moves: the same picture again and again",
        (5_000, Action.ALERT, Severity.LOW),
    )
    replayed_picture: Ladder = ladder(
        "the moving pictures of a while ago once more, as when a film is played in place of a camera",
        (2_000, Action.ALERT, Severity.MEDIUM),
    )
    could_not_check: Ladder = ladder(
        "a picture that stays withheld while nothing else pauses the call",
        (5_000, Action.COACH, Severity.LOW),
        (10_000, Action.PAUSE, Severity.MEDIUM),
    )

    @model_validator(mode="after")
    def _no_pause_of_what_is_only_badly_seen(self) -> Self:
        refuse_pauses({kind: getattr(self, kind) for kind in NEVER_PAUSE})
        return self

    def of(self, kind: Kind) -> tuple[Rung, ...]:
        """What follows of this kind."""
        found: tuple[Rung, ...] = getattr(self, kind)
        return found


def refuse_pauses(ladders: Mapping[Kind, tuple[Rung, ...]]) -> None:
    """Raises ValueError where a ladder pauses that never may."""
    for kind, rungs in ladders.items():
        if kind in NEVER_PAUSE and pauses(rungs):
            raise ValueError(f"{kind} is no reason to pause: a picture withheld for it is could_not_check")
