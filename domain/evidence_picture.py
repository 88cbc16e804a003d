"""Evidence pictures: one picture of what was found, for whoever reviews it, where the prison's policy says so.

It is the very sample on which the machine decided, and lies in the vault under a key of the call's own. What
harms whoever looks, or whoever is in it, is never kept: of nudity, and of what is told to nobody, the figures
are enough.
"""

from domain.clearance import Side
from domain.event import CallEvent
from domain.moderation.kind import Action, FreezeCause, Standing
from domain.moderation.observation import Box
from domain.moderation.policy import Bystanders
from domain.moderation.verdict import Raised, Verdict
from domain.texts import NEUTRAL_TO_BOTH

PICTURES_MAX = 20
"""So many pictures are kept of one side of a call; of what is found later only the figures are."""


class EvidencePictureKept(CallEvent):
    """The picture on which a finding rests is in the vault."""

    side: Side
    violation: str
    digest: str
    media_ms: int  # media time of the picture
    width: int
    height: int
    faces: tuple[Box, ...]  # every face in it: x, y, width, height in pixels
    concerned: int | None  # which of them it is about


class EvidencePictureFailed(CallEvent):
    """There is no picture of this finding, and why."""

    side: Side
    violation: str
    cause: str  # vault_away, vault_refused, enough


EvidencePictureEvent = EvidencePictureKept | EvidencePictureFailed


def is_pictured(raised: Raised, verdict: Verdict, bystanders: Bystanders) -> bool:
    """Whether a picture of this finding is kept, where any is. `bystanders`: what an unknown face is on its side.

    Whoever passes by where people may pass is in no picture that is kept.
    """
    if raised.action is Action.COACH or verdict.cause is FreezeCause.NUDITY:
        return False
    passing = bystanders is Bystanders.FREEZE and any(face.standing in _UNKNOWN for face in verdict.faces)
    return not passing and raised.kind.value not in NEUTRAL_TO_BOTH


_UNKNOWN = (Standing.UNPROVED, Standing.STRANGER)
