"""Carrying a plan out: many commands at once through the real decisions, each in its place in the order.

A step that was done before is not done again; a refusal counts as done, because it is on record too.
"""

import asyncio
from collections import Counter
from collections.abc import Awaitable, Callable, Iterable, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from functools import partial
from typing import Any, TypeVar

from application.handle import handle
from application.ports import BoundaryMoved, Context, EventStore, StoreAway, Vault
from application.seeding.plan import Plan
from application.seeding.scale import Scale
from application.seeding.step import Step
from application.templates import template_bytes
from domain import (
    allowance,
    booking,
    call,
    closing,
    enrolment,
    identity,
    person,
    policy,
    prisoner,
    refusal,
    relationship,
    restriction,
    timetable,
    violation,
    waiting_room,
)
from domain.allowance import GrantAllowance
from domain.booking.commands import BookCall, BookingCommand, ChangeCall
from domain.call.commands import CallCommand
from domain.closing import CloseCall
from domain.decider import about
from domain.enrolment import EnrolFace
from domain.enrolment.commands import EnrolmentCommand
from domain.event import Command, Purpose, Refused
from domain.identity.commands import IdentityCommand
from domain.person import RegisterPerson
from domain.policy import Policy
from domain.policy.publishing import PolicyCommand
from domain.prisoner.decisions import TakeFact
from domain.refusal import note_of
from domain.relationship import ApproveRelationship
from domain.restriction import PlaceRestriction
from domain.timetable.commands import TimetableCommand
from domain.violation import ReviewViolation
from domain.waiting_room.commands import WaitingCommand

T = TypeVar("T")

ADULT_AGE = Policy().booking.adult_age
AT_ONCE = 96  # steps under way over all prisons
ATTEMPTS, BUSY_S = 60, 1.0

_DECIDERS: Sequence[tuple[Any, Any]] = (
    (BookingCommand, booking),
    (WaitingCommand, waiting_room),
    (CallCommand, call),
    (TimetableCommand, timetable),
    (PolicyCommand, policy),
    (CloseCall, closing),
    (ReviewViolation, violation),
    (TakeFact, prisoner),
    (RegisterPerson, person),
    (ApproveRelationship, relationship),
    (PlaceRestriction, restriction),
    (EnrolmentCommand, enrolment),
    (IdentityCommand, identity),
    (GrantAllowance, allowance),
)


class SeededOtherwise(Exception):
    """The log holds something else than this plan. The message is a sentence."""


class Outcome(StrEnum):
    """What came of a step."""

    DONE = "done"
    REFUSED = "refused"  # a request the rules refused, which is on record
    LEFT_OUT = "left_out"  # what it rests on came otherwise
    KNOWN = "known"  # was done by an earlier run


@dataclass
class Performed:
    """What was done so far."""

    commands: int = 0
    events: int = 0
    refused: Counter[str] = field(default_factory=Counter)
    known: int = 0


@dataclass
class Performer:
    """Carries plans out on one log."""

    scale: Scale
    store: EventStore
    vault: Vault
    index: Callable[[str], str]  # the keyed hash by which a prisoner number is found
    moved: Callable[[int], None] = lambda _: None  # told of every step that is over
    performed: Performed = field(default_factory=Performed)

    def __post_init__(self) -> None:
        self._slots = asyncio.Semaphore(AT_ONCE)

    async def perform(self, plan: Plan) -> None:
        """One prison. Raises `Refused` where a step that nothing should stand against is refused."""
        if await patiently(partial(self._on_record, plan.last)):
            self.performed.known += len(plan.steps)
            self.moved(len(plan.steps))
            return
        again = await patiently(partial(self._on_record, plan.first))
        await Run(self, again).all(plan.steps)

    async def _on_record(self, ident: str) -> bool:
        facts, _ = await self.store.read((about(f"cmd:{self.scale.command(ident)}"),))
        return bool(facts)


@dataclass
class Run:
    """One prison's plan under way."""

    performer: Performer
    again: bool  # an earlier run was broken off: each step is looked up first
    outcomes: dict[str, Outcome] = field(default_factory=dict)

    async def all(self, steps: Iterable[Step]) -> None:
        """Every step, each after those before it that touch the same."""
        newest: dict[str, asyncio.Task[None]] = {}
        async with asyncio.TaskGroup() as group:
            under_way: set[asyncio.Task[None]] = set()
            for step in steps:
                await self.performer._slots.acquire()
                before = {newest[one] for one in step.touches if one in newest}
                if not step.touches and under_way:
                    await asyncio.wait(set(under_way))
                task = group.create_task(self._in_turn(step, before))
                under_way.add(task)
                task.add_done_callback(under_way.discard)
                newest.update(dict.fromkeys(step.touches, task))
                if not step.touches:
                    await asyncio.wait({task})

    async def _in_turn(self, step: Step, before: set["asyncio.Task[None]"]) -> None:
        try:
            if before:
                await asyncio.wait(before)
            self.outcomes[step.ident] = await patiently(partial(self._one, step))
        finally:
            self.performer._slots.release()
            self.performer.moved(1)

    async def _one(self, step: Step) -> Outcome:
        if not self._wanted(step):
            return Outcome.LEFT_OUT
        context = self._context(step, step.ident)
        try:
            return await self._do(step, context)
        except Refused as refused:
            if not isinstance(step.command, BookCall | ChangeCall):
                raise
            return await self._refused(step, step.command, refused)

    def _wanted(self, step: Step) -> bool:
        if step.after is not None and self.outcomes.get(step.after) is not Outcome.DONE:
            return False
        return step.instead_of is None or self.outcomes.get(step.instead_of) is Outcome.REFUSED

    async def _do(self, step: Step, context: Context) -> Outcome:
        if self.again and await self.performer._on_record(f"note/{step.ident}"):
            self.performer.performed.known += 1
            return Outcome.REFUSED
        command = await self._completed(step)
        handled = await handle(self.performer.store, decider_of(command), command, context)
        self._count(len(handled.events), handled.again)
        return Outcome.DONE

    async def _refused(self, step: Step, command: BookCall | ChangeCall, refused: Refused) -> Outcome:
        """Unmet demand goes on record, as it does for every request over the pages."""
        note = note_of(command, refused, adult_age=ADULT_AGE)
        context = self._context(step, f"note/{step.ident}")
        handled = await handle(self.performer.store, refusal, note, context)
        self.performer.performed.refused[refused.rule] += 1
        self._count(len(handled.events), handled.again)
        return Outcome.REFUSED

    async def _completed(self, step: Step) -> Command:
        """What only this installation knows: how a number is found, and where a template lies."""
        command = step.command
        if isinstance(command, RegisterPerson) and command.prisoner_number is not None:
            index = self.performer.index(command.prisoner_number)
            return command.model_copy(update={"number_index": index})
        if isinstance(command, EnrolFace) and step.template is not None:
            content = template_bytes(step.template)
            await self.performer.vault.put(command.person, Purpose.BIOMETRICS, "template", content)
        return command

    def _context(self, step: Step, ident: str) -> Context:
        scale = self.performer.scale
        return Context(step.actor, scale.command(ident), scale.command("about", *sorted(step.touches)))

    def _count(self, events: int, done_before: bool) -> None:
        """What this run itself did before an answer was lost is its own work."""
        performed = self.performer.performed
        if done_before and self.again:
            performed.known += 1
            return
        performed.commands += 1
        performed.events += events


def decider_of(command: Command) -> Any:
    """The decider that answers a command of a plan."""
    return next(decider for kinds, decider in _DECIDERS if isinstance(command, kinds))


async def patiently(act: Callable[[], Awaitable[T]]) -> T:
    """Whoever loses every race to neighbours begins again; a log that is busy is waited for."""
    for _ in range(ATTEMPTS):
        try:
            return await act()
        except BoundaryMoved:
            continue
        except StoreAway:
            await asyncio.sleep(BUSY_S)
    raise StoreAway("seed")
