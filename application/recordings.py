"""The pieces of a call's recording: those that are on record, as the vault holds them."""

from collections.abc import Sequence
from dataclasses import dataclass

from application.ports import EventStore, Vault
from application.unaltered import unaltered
from domain.clearance import Side
from domain.decider import about
from domain.event import Refused
from domain.recording import RecordingSealed


@dataclass(frozen=True)
class Pieces:
    """What there is of one side's recording, in order."""

    contents: tuple[bytes, ...]
    gone: tuple[str, ...]  # digests on record whose piece was destroyed


async def pieces_of(store: EventStore, vault: Vault, call: str, side: Side) -> Pieces:
    """The recording of one side. Raises `Altered`, and `Refused` where there never was one."""
    facts, _ = await store.read((about(f"call:{call}", RecordingSealed),))
    references = [name for fact in facts if fact.event.side is side for name in fact.event.digests]
    if not references:
        raise Refused("Nothing was recorded of this side of the call.", "recording_missing")
    return await _read(vault, references)


async def _read(vault: Vault, references: Sequence[str]) -> Pieces:
    found = [
        (reference, await unaltered(vault, "A piece of this recording", reference))
        for reference in references
    ]
    return Pieces(
        tuple(content for _, content in found if content is not None),
        tuple(reference for reference, content in found if content is None),
    )
