"""The pieces of a call's recording: those that are on record, as the vault holds them."""

from collections.abc import Sequence
from dataclasses import dataclass

from application.ports import EventStore, Vault, VaultDamaged
from domain.clearance import Side
from domain.decider import about
from domain.event import Refused
from domain.moderation.block import digest
from domain.recording import RecordingSealed


class RecordingAltered(Refused):
    """What the vault holds is not what was put on record."""

    def __init__(self, reference: str) -> None:
        super().__init__(
            f"A piece of this recording is not the one on record ({reference[:19]}…). Nothing can be shown by it.",
            "recording_altered",
        )


@dataclass(frozen=True)
class Pieces:
    """What there is of one side's recording, in order."""

    contents: tuple[bytes, ...]
    gone: tuple[str, ...]  # digests on record whose piece was destroyed


async def pieces_of(store: EventStore, vault: Vault, call: str, side: Side) -> Pieces:
    """The recording of one side. Raises `RecordingAltered`, and `Refused` where there never was one."""
    facts, _ = await store.read((about(f"call:{call}", RecordingSealed),))
    references = [name for fact in facts if fact.event.side is side for name in fact.event.digests]
    if not references:
        raise Refused("Nothing was recorded of this side of the call.", "recording_missing")
    return await _read(vault, references)


async def _read(vault: Vault, references: Sequence[str]) -> Pieces:
    found = [(reference, await _piece(vault, reference)) for reference in references]
    return Pieces(
        tuple(content for _, content in found if content is not None),
        tuple(reference for reference, content in found if content is None),
    )


async def _piece(vault: Vault, reference: str) -> bytes | None:
    try:
        content = await vault.get(reference)
    except VaultDamaged as error:
        raise RecordingAltered(reference) from error
    if content is not None and digest(content) != reference:
        raise RecordingAltered(reference)
    return content
