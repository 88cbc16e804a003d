"""A standstill: all calls of a prison are stopped by one act, and none starts until it is lifted.

Waiting rooms still open in time, for the record: nobody enters them, and whoever could not come is not to
blame. Running calls end by a reaction, each with what was left of its time given back.
"""

from dataclasses import dataclass
from typing import Annotated, ClassVar, assert_never

from domain.decider import Boundary, Facts, about
from domain.event import Command, Personal, PrisonEvent, Purpose, Refused

Why = Annotated[str | None, Personal(of="block", purpose=Purpose.CONVERSATION)]
"""What an officer typed about a standstill: about no call and no person, so under a key of its own."""


class CallsBlocked(PrisonEvent):
    """Every running call of the prison ends, and nobody enters another one."""

    TAGS: ClassVar = ("prison_calls",)
    block: str
    officer: str
    reason: Why = None

    @property
    def prison_calls(self) -> str:
        """The prison whose calls it is about."""
        return self.prison


class CallsUnblocked(PrisonEvent):
    """Calls of the prison may be held again."""

    TAGS: ClassVar = ("prison_calls",)
    block: str
    officer: str
    reason: Why = None

    @property
    def prison_calls(self) -> str:
        """The prison whose calls it is about."""
        return self.prison


class BlockCalls(Command):
    """Stop all calls of a prison."""

    prison: str
    block: str
    officer: str
    reason: str


class UnblockCalls(Command):
    """Let the calls of a prison be held again."""

    prison: str
    officer: str
    reason: str


@dataclass(frozen=True)
class Standstill:
    """The block that holds now."""

    block: CallsBlocked | None = None


initial = Standstill()


def boundary(command: BlockCalls | UnblockCalls) -> Boundary:
    """How often the prison's calls were stopped and let go on."""
    return (blocks_of(command.prison),)


def blocks_of(prison: str) -> Facts:
    """The prison's blocks, for every decision that rests on them."""
    return about(f"prison_calls:{prison}", CallsBlocked, CallsUnblocked)


def evolve(state: Standstill, event: CallsBlocked | CallsUnblocked) -> Standstill:
    """Stopped or not."""
    match event:
        case CallsBlocked():
            return Standstill(event)
        case CallsUnblocked():
            return Standstill()
        case _:
            assert_never(event)


def decide(state: Standstill, command: BlockCalls | UnblockCalls) -> list[CallsBlocked | CallsUnblocked]:
    """Stopped once; both with a reason."""
    reason = command.reason.strip()
    if not reason:
        raise Refused("Please say why.", "reason_missing")
    match command:
        case BlockCalls():
            fields = command.model_dump() | {"reason": reason}
            return [] if state.block else [CallsBlocked(**fields)]
        case UnblockCalls():
            if state.block is None:
                raise Refused("The calls of this prison are not stopped.", "calls_not_blocked")
            return [CallsUnblocked(**command.model_dump() | {"block": state.block.block, "reason": reason})]
        case _:
            assert_never(command)
