"""The whole replay of one call: read, judge again, compare."""

import asyncio
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

from application.ports import EventStore, Vault
from application.replay.again import SideAgain
from application.replay.check import check
from application.replay.checked import Checked, Outcome
from application.replay.otherwise import Otherwise, decide_otherwise
from application.replay.record import Record, SideRecord, read
from domain.clearance import Side
from domain.event import Refused
from domain.policy import Policy


@dataclass(frozen=True)
class Report:
    """What came of judging a call again. `otherwise` is None unless another policy was asked about."""

    call: str
    policy: str
    sides: Mapping[Side, SideRecord]
    samples: int
    checked: tuple[Checked, ...]
    otherwise: Otherwise | None = None

    @property
    def differences(self) -> tuple[Checked, ...]:
        """Decisions that are not on record as they were made again."""
        return tuple(one for one in self.checked if one.outcome is Outcome.DIFFERENT)

    @property
    def same(self) -> bool:
        """Nothing differs, and nothing that it rests on is gone."""
        whole = all(not side.gone for side in self.sides.values())
        return whole and all(one.outcome is Outcome.SAME for one in self.checked)

    def counts(self) -> dict[str, int]:
        """Decisions by what came of them."""
        return {outcome.value: sum(c.outcome is outcome for c in self.checked) for outcome in Outcome}

    def document(self) -> dict[str, Any]:
        """The report as plain data."""
        return {
            "call": self.call,
            "policy": self.policy,
            "same": self.same,
            "samples": self.samples,
            "sides": {
                side.value: {"blocks": one.blocks, "gone": list(one.gone), "unreachable": one.unreachable}
                for side, one in self.sides.items()
            },
            "counts": self.counts(),
            "differences": [asdict(one) for one in self.differences],
            "not_covered": [asdict(one) for one in self.checked if one.outcome is Outcome.NOT_COVERED],
            "otherwise": None if self.otherwise is None else self.otherwise.document(),
        }


async def replay(
    store: EventStore, vault: Vault, call: str, changes: Mapping[str, Any] | None = None
) -> Report:
    """Judge a call again. `changes` are laid over its own policy. Raises `Refused`, `BlockAltered`."""
    record = await read(store, vault, call)
    other = _changed(record, changes) if changes else None
    return await asyncio.to_thread(replayed, record, other)  # an hour of call takes seconds of computing


def replayed(record: Record, other: Policy | None = None) -> Report:
    """The same on what was read. Pure."""
    own, shadow = record.policy.moderation, record.policy.moderation.shadowed()
    again = {side: SideAgain.of(found, own) for side, found in record.sides.items()}
    tried: dict[Side, SideAgain] = {}
    if shadow is not None:
        tried = {side: SideAgain.of(found, shadow, own=False) for side, found in record.sides.items()}
    return Report(
        call=record.call,
        policy=record.version,
        sides=record.sides,
        samples=sum(len(side.judgements) for side in again.values()),
        checked=tuple(check(record, again, tried)),
        otherwise=None if other is None else decide_otherwise(record, other.moderation),
    )


def _changed(record: Record, changes: Mapping[str, Any]) -> Policy:
    try:
        return record.policy.merged(changes).of(record.call_type)
    except ValueError as error:
        raise Refused(str(error), "policy_invalid") from error
