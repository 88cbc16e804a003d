"""What is on record about the judgement of one call: its events, its policy, and the blocks of observations."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, get_args

from application.ports import EventStore, Recorded, Vault, VaultDamaged
from domain.booking.events import CallBooked
from domain.call.events import CallFact
from domain.clearance import ClearanceMode, Side
from domain.decider import about
from domain.event import Refused
from domain.lifecycle import CallStarted
from domain.moderation.block import Block, digest
from domain.policy import Policy, PolicyPublished
from domain.stream import (
    CoachingShown,
    DetectionObserved,
    ObservationsSealed,
    ShadowDetectionObserved,
    StreamFrozen,
    StreamReleased,
)
from domain.timetable.events import CallType
from domain.waiting_room.events import ClearanceModeSet, WaitingRoomOpened


class BlockAltered(Refused):
    """What the vault holds is not what was put on record."""

    def __init__(self, reference: str) -> None:
        super().__init__(
            f"A block of observations is not the one on record ({reference[:19]}…). Nothing can be shown by it.",
            "block_altered",
        )


@dataclass(frozen=True)
class SideRecord:
    """The blocks of one side that can be judged again.

    An island is a row of blocks from a moment at which the stream began anew. Behind a block that is gone
    nobody can know what the rules remembered, up to the next such moment.
    """

    islands: tuple[tuple[Block, ...], ...] = ()
    gone: tuple[str, ...] = ()  # digests on record whose block the vault no longer has
    unreachable: int = 0  # blocks that are there, behind one that is gone

    @property
    def blocks(self) -> int:
        """How many blocks are judged again."""
        return sum(len(island) for island in self.islands)


@dataclass(frozen=True)
class Record:
    """Everything a replay rests on. Facts are in the order of the log."""

    call: str
    version: str  # of the policy the call was pinned to
    policy: Policy  # as it is for calls of this type
    facts: Sequence[Recorded[Any]]
    sides: Mapping[Side, SideRecord] = field(default_factory=dict)

    @property
    def unjudged(self) -> frozenset[Side]:
        """The sides whose pictures nobody may judge: there is nothing to judge again."""
        modes = [fact.event for fact in self.facts if isinstance(fact.event, ClearanceModeSet)]
        return frozenset(event.side for event in modes if event.mode is ClearanceMode.OPEN)

    @property
    def call_type(self) -> CallType:
        """What kind of call it was booked as: what follows of what is found may depend on it."""
        booked = (fact.event for fact in self.facts if isinstance(fact.event, CallBooked))
        return next((event.call_type for event in booked), CallType.SOCIAL)

    @property
    def started(self) -> CallStarted | None:
        """The start of the call; None before it."""
        return next((fact.event for fact in self.facts if isinstance(fact.event, CallStarted)), None)


_OF_STREAMS = (
    ObservationsSealed,
    StreamFrozen,
    StreamReleased,
    DetectionObserved,
    CoachingShown,
    ShadowDetectionObserved,
)


async def read(store: EventStore, vault: Vault, call: str) -> Record:
    """The record of a call. Raises `Refused` for a call nobody knows, `BlockAltered` for a block that was altered."""
    facts = await _facts(store, call)
    opened = next((fact.event for fact in facts if isinstance(fact.event, WaitingRoomOpened)), None)
    if opened is None:
        raise Refused("There is no such call, or nobody could enter it yet.", "call_unknown")
    published, _ = await store.read((about(f"policy:{opened.prison}", PolicyPublished),))
    version = opened.policy_version
    document = next(fact.event.document for fact in published if fact.event.name == version)
    sides = {side: await _side(vault, call, list(_digests(facts, side))) for side in Side}
    record = Record(call, version, Policy.model_validate(document), facts, sides)
    return replace(record, policy=record.policy.of(record.call_type))


async def _facts(store: EventStore, call: str) -> Sequence[Recorded[Any]]:
    """The call's events that a replay compares with, or that say which reports the call took."""
    types = (WaitingRoomOpened, ClearanceModeSet, *get_args(CallFact), *_OF_STREAMS)
    facts, _ = await store.read((about(f"call:{call}", *types),))
    return facts


def _digests(facts: Sequence[Recorded[Any]], side: Side) -> Iterator[str]:
    for fact in facts:
        if isinstance(fact.event, ObservationsSealed) and fact.event.side is side:
            yield from fact.event.digests


async def _side(vault: Vault, call: str, digests: Sequence[str]) -> SideRecord:
    islands: list[list[Block]] = [[]]
    gone: list[str] = []
    known, unreachable = True, 0
    for reference in digests:
        block = await _block(vault, call, reference)
        if block is None:
            gone.append(reference)
            known = False
        elif known or block.anew is not None:
            islands = islands if known else [*islands, []]
            islands[-1].append(block)
            known = True
        else:
            unreachable += 1
    return SideRecord(tuple(tuple(island) for island in islands if island), tuple(gone), unreachable)


async def _block(vault: Vault, call: str, reference: str) -> Block | None:
    """The block of this digest; None where it was destroyed. Raises `BlockAltered`."""
    try:
        content = await vault.get(reference)
    except VaultDamaged as error:
        raise BlockAltered(reference) from error
    if content is None:
        return None
    if digest(content) != reference:
        raise BlockAltered(reference)
    block = Block.from_bytes(content)
    if block.call != call:
        raise BlockAltered(reference)
    return block
