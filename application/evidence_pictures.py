"""What is on record of one finding and of its picture, and the picture as the vault holds it."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TypeVar

from application.ports import EventStore, Still, Vault
from application.unaltered import unaltered
from domain.decider import about
from domain.event import Event, Refused
from domain.evidence_picture import EvidencePictureFailed, EvidencePictureKept
from domain.kept import MediaKept, WeedingBegun
from domain.violation import ViolationRaised, ViolationReviewed

About = TypeVar("About", ViolationRaised, EvidencePictureKept, EvidencePictureFailed, ViolationReviewed)


@dataclass(frozen=True)
class Finding:
    """Something the machine found, its picture, and what a person said about it."""

    raised: ViolationRaised
    kept: EvidencePictureKept | None = None
    failed: EvidencePictureFailed | None = None  # why there is none
    destroyed: bool = False
    reviewed: ViolationReviewed | None = None


async def finding_of(store: EventStore, call: str, violation: str) -> Finding:
    """One finding of a call. Raises `Refused` where there is none of that name."""
    kinds = (ViolationRaised, EvidencePictureKept, EvidencePictureFailed, WeedingBegun, ViolationReviewed)
    facts, _ = await store.read((about(f"call:{call}", *kinds),))
    events = [fact.event for fact in facts]
    raised = _of(ViolationRaised, violation, events)
    if raised is None:
        raise Refused("There is no such violation in this call.", "violation_unknown")
    kept = _of(EvidencePictureKept, violation, events)
    weeded = any(isinstance(one, WeedingBegun) and one.media is MediaKept.PICTURES for one in events)
    return Finding(
        raised=raised,
        kept=kept,
        failed=_of(EvidencePictureFailed, violation, events),
        destroyed=kept is not None and weeded,
        reviewed=_of(ViolationReviewed, violation, events),
    )


def _of(kind: type[About], violation: str, events: Sequence[Event]) -> About | None:
    """The event of this type about this finding; there is at most one."""
    return next((one for one in events if isinstance(one, kind) and one.violation == violation), None)


async def picture_of(vault: Vault, found: Finding) -> Still:
    """The picture of a finding. Raises `Refused` where there is none, and `Altered`."""
    kept = found.kept
    if kept is None:
        raise Refused("No picture of this was kept.", "picture_missing")
    content = await unaltered(vault, "This picture", kept.digest)
    if content is None:
        raise Refused("The picture of this was destroyed.", "picture_gone")
    return Still(content, kept.width, kept.height, kept.faces, kept.media_ms)
