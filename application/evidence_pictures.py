"""What is on record of one finding and of its picture, and the picture as the vault holds it."""

from dataclasses import dataclass, replace

from application.ports import EventStore, Still, Vault
from application.unaltered import unaltered
from domain.decider import about
from domain.event import Refused
from domain.evidence_picture import EvidencePictureFailed, EvidencePictureKept
from domain.kept import MediaKept, WeedingBegun
from domain.violation import ViolationRaised, ViolationReviewed


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
    found: Finding | None = None
    for fact in facts:
        match fact.event:
            case ViolationRaised(violation=name) if name == violation:
                found = Finding(fact.event)
            case WeedingBegun(media=MediaKept.PICTURES) if found is not None:
                found = replace(found, destroyed=found.kept is not None)
            case _ if found is not None and getattr(fact.event, "violation", None) == violation:
                found = _with(found, fact.event)
    if found is None:
        raise Refused("There is no such violation in this call.", "violation_unknown")
    return found


def _with(found: Finding, event: object) -> Finding:
    match event:
        case EvidencePictureKept():
            return replace(found, kept=event)
        case EvidencePictureFailed():
            return replace(found, failed=event)
        case ViolationReviewed():
            return replace(found, reviewed=event)
        case _:
            return found


async def picture_of(vault: Vault, found: Finding) -> Still:
    """The picture of a finding. Raises `Refused` where there is none, and `Altered`."""
    kept = found.kept
    if kept is None:
        raise Refused("No picture of this was kept.", "picture_missing")
    content = await unaltered(vault, "This picture", kept.digest)
    if content is None:
        raise Refused("The picture of this was destroyed.", "picture_gone")
    return Still(content, kept.width, kept.height, kept.faces, kept.media_ms)
