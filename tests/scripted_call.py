"""A call whose pictures are observations a test writes: the worker's own call, record and facts, without media.

Everything it reports is decided on and appended as the recorder would; its blocks go to a vault in memory.
"""

from collections.abc import AsyncIterator, Iterator, Mapping
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, cast
from uuid import UUID, uuid4

from pydantic import BaseModel

from application.facts import decision
from application.handle import handle
from application.ports import EventStore, SeatTerms, Vault
from domain import call as call_decider
from domain.booking.events import CallBooked
from domain.call.commands import ResumeCall
from domain.call.events import WordOnFace
from domain.clearance import ClearanceMode, Side
from domain.event import Purpose
from domain.lifecycle import CallStarted
from domain.moderation.block import digest
from domain.moderation.kind import FaceWord
from domain.moderation.observation import Box, Face, Observation
from domain.moderation.step import step
from domain.moderation.verdict import Verdict
from domain.policy import Policy, PolicyPublished
from domain.waiting_room.events import WaitingRoomOpened
from infrastructure.media.call import LiveCall
from infrastructure.media.facts import CallFacts
from infrastructure.media.judge import Judged, Observer
from infrastructure.media.reporter import Reporter
from infrastructure.media.sampler import Seen
from infrastructure.media.seat import Connection, NetworkTerms
from infrastructure.media.side import Surroundings
from tests.application.history import put
from tests.domain.moderation.pictures import BETWEEN, KNOWN, POOR, RIGHT, STRANGE, face, picture
from tests.facts import CALL, NOON, OFFICER, PRISON, fact
from tests.stores import context

VERSION = f"{PRISON}/1"


@dataclass
class MemoryVault:
    """A vault in memory; a test may destroy what is in it, or alter it."""

    kept: dict[str, bytes] = field(default_factory=dict)

    async def put(self, subject: str, purpose: Purpose, kind: str, content: bytes) -> str:
        reference = digest(content)
        self.kept[reference] = content
        return reference

    async def get(self, reference: str) -> bytes | None:
        return self.kept.get(reference)


class Waiting(Reporter):
    """Keeps the worker's reports until the test has them appended."""

    def __init__(self) -> None:
        self.facts: list[BaseModel] = []
        self.blocks: list[bytes] = []

    def fact(
        self, call: str, fact: BaseModel, actor: Mapping[str, Any] | None = None, cmd: UUID | None = None
    ) -> None:
        self.facts.append(fact)

    def block(self, call: str, side: Side, content: bytes) -> str:
        self.blocks.append(content)
        return digest(content)


class Accepting:
    """Moderation, of which the script needs nothing but the place of an accepted face."""

    async def accept(self, box: Box) -> int | None:
        return 1

    async def embeddings(self) -> int:
        return 0

    async def close(self) -> None:
        return


class Plugged:
    """A connection of which the script needs nothing but that it is there."""

    def set_epoch(self, epoch: float) -> None:
        return

    def request_key(self) -> None:
        return


@dataclass
class ScriptedCall:
    """A running call."""

    call: LiveCall
    store: EventStore
    vault: Vault
    policy: Policy
    reports: Waiting
    clock: list[datetime]

    async def show(self, side: Side, media_ms: int, *faces: Face, **changes: Any) -> Verdict:
        """Judge one picture of a side, and append what follows from it."""
        return await self.observe(side, picture(media_ms, *faces, **changes))

    async def show_for(self, side: Side, start_ms: int, end_ms: int, *faces: Face, **changes: Any) -> None:
        """The same scene for a while, a picture each eighth of a second."""
        for media_ms in range(start_ms, end_ms + 1, 125):
            await self.show(side, media_ms, *faces, **changes)

    async def observe(self, side: Side, observation: Observation) -> Verdict:
        """Judge what was seen, as the worker's judge does."""
        judge = self.call._sides[side].judge
        assert judge is not None
        self.clock[0] = NOON + timedelta(milliseconds=observation.media_ms + 60)
        judge.state, verdict = step(judge.state, observation, self.policy.moderation, judge.terms)
        unexplained = observation.unexplained >= self.policy.moderation.sampling.change_cells
        judge.newest = Judged(cast(Seen, None), observation, verdict, unexplained)
        judge._on_judged(judge.newest)
        await self.append()
        return verdict

    async def resume(self, side: Side, track: int, word: FaceWord) -> None:
        """An officer lets the call go on."""
        said = WordOnFace(side=side, track=track, word=word)
        command = ResumeCall(at=self.clock[0], call=CALL, officer=OFFICER, reason="seen", words=(said,))
        await handle(self.store, call_decider, command, context())
        await self.call.resume({f"{side}/{track}": word.value})
        await self.append()

    def connected_again(self, side: Side) -> None:
        """The side has a new connection: whoever is seen must be proved again."""
        here = self.call._sides[side]
        assert here.judge is not None
        here.judge.restart()
        here._begin_anew(here.judge)

    async def end(self) -> None:
        """The call is over."""
        await self.call.end()
        await self.append()

    async def append(self) -> None:
        """Everything reported so far, decided on and appended in order."""
        for content in self.reports.blocks:
            await self.vault.put(CALL, Purpose.CONVERSATION, "observations", content)
        facts, self.reports.facts, self.reports.blocks = self.reports.facts, [], []
        for one in facts:
            decided = decision(type(one).__name__, one.model_dump(mode="json"))
            await handle(self.store, decided.decider, decided.command, context(uuid4(), "media-1"))


@asynccontextmanager
async def held(
    store: EventStore, policy: Policy | None = None, vault: Vault | None = None
) -> AsyncIterator[ScriptedCall]:
    """A call of two people in MATCH that has just started."""
    rules, reports, clock = policy or Policy(), Waiting(), [NOON]
    begun = (
        fact(PolicyPublished, -9000, document=rules.document()),
        fact(CallBooked, -8000),
        fact(WaitingRoomOpened, -600, policy_version=VERSION),
        fact(CallStarted, 0, policy_version=VERSION),
    )
    await put(store, *begun)
    around = Surroundings(
        CALL,
        rules.moderation,
        rules.call.line,
        NetworkTerms(),
        CallFacts(CALL, PRISON, VERSION, reports, lambda: clock[0]),
        lambda *_: cast(Observer, Accepting()),
        seed=1,
    )
    seats = [
        SeatTerms(side, 1, ((0.0,),), (f"p-{side}",), ClearanceMode.MATCH, admitted=True) for side in Side
    ]
    call = LiveCall(seats, around)
    with connected(call):
        call.start(NOON)
    on = ScriptedCall(call, store, vault or MemoryVault(), rules, reports, clock)
    await on.append()
    try:
        yield on
    finally:
        await call.end()


@contextmanager
def connected(call: LiveCall) -> Iterator[None]:
    """Both sides are there when it begins. What they send, the script says."""
    for side in call._sides.values():
        side.connection = cast(Connection, Plugged())
    yield
    for side in call._sides.values():
        side.connection = None


async def visit(on: ScriptedCall) -> ScriptedCall:
    """A stranger comes and is permitted; the visitor connects anew; a hand covers the camera; it ends."""
    known, near = face(KNOWN, 9_000), face(KNOWN, 9_000, quality=POOR)
    await on.show_for(Side.PRISONER, 0, 1_000, face(KNOWN))
    await on.show_for(Side.VISITOR, 0, 2_000, known)
    await on.show_for(Side.VISITOR, 2_125, 4_000, near, face(STRANGE, 9_000, at=RIGHT))
    await on.resume(Side.VISITOR, 1, FaceWord.PERMITTED)
    await on.show_for(Side.VISITOR, 4_125, 14_000, known, face(STRANGE, 200, at=RIGHT))
    on.connected_again(Side.VISITOR)
    await on.show_for(Side.VISITOR, 15_000, 15_500, face(BETWEEN, 9_000))
    await on.show_for(Side.VISITOR, 15_625, 18_000, known)
    await on.show_for(Side.VISITOR, 18_125, 24_000, luma_mean=5, luma_deviation=1)
    await on.show_for(Side.VISITOR, 24_125, 28_000, known)
    await on.end()
    return on
