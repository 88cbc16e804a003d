"""The rehearsal itself: set a prison up, let both cameras join, play both clips, tell what happened."""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Coroutine, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime
from pathlib import Path
from time import monotonic
from typing import Any

from application.ports import Recorded
from application.set_up import Cast, Somebody
from domain.calendar import age_on
from domain.call.events import CallPaused
from domain.clearance import ClearanceMode, Side
from domain.lifecycle import CallCompleted, CallMissed, CallStarted, CallTerminated
from domain.moderation.kind import FaceWord
from domain.stream import StreamMeasured
from domain.timetable.events import CallType
from domain.violation import ViolationRaised
from domain.waiting_room.events import ParticipantArrived, WaitingRoomOpened
from infrastructure.event_store import PostgresEventStore
from infrastructure.media.client import CameraClient, Received
from infrastructure.media.clip import Footage
from infrastructure.rehearsal.door import Door, NotHeld
from infrastructure.rehearsal.installation import Workshop, links
from infrastructure.settings import DemoLink

PRISON = "RHL"
TIME_ZONE = "Europe/London"
MINUTES = 60
CHILD_BORN = date(datetime.now(UTC).year - 14, 1, 1)
JOIN_S = 45.0  # until both were admitted and the call started
MEASURED_S = 10.0  # until the worker reported the call's last facts
ENDED = (CallCompleted, CallTerminated, CallMissed)


@dataclass(frozen=True)
class Part:
    """One side of a rehearsed call."""

    footage: Footage
    photographs: Sequence[bytes]
    people: int = 1
    without_template: int = 0
    with_child: bool = False  # the last of them is registered as a child


@dataclass(frozen=True)
class Plan:
    """What is rehearsed."""

    prisoner: Part
    visitor: Part
    resume_after_s: float | None = None
    record: Path | None = None
    call_type: CallType = CallType.SOCIAL
    barred: Sequence[bytes] = ()  # photographs of those who are barred from the prisoner's calls
    policy: Mapping[str, Any] = field(default_factory=dict)

    @property
    def seconds(self) -> float:
        """Both leave when the longer clip ends."""
        return max(self.prisoner.footage.seconds, self.visitor.footage.seconds)

    def part(self, side: Side) -> Part:
        """What one side plays."""
        return self.prisoner if side is Side.PRISONER else self.visitor


@dataclass(frozen=True)
class Held:
    """What a rehearsal leaves behind: the record of the call, and what each side really received."""

    call: str
    events: Sequence[Recorded[Any]]
    camera_started: Mapping[Side, datetime]  # wall time of each clip's first picture
    received: Mapping[Side, Received]
    recordings: Mapping[Side, Path]


def cast_of(plan: Plan) -> Cast:
    """The people of a plan, by random id."""
    return Cast.of(PRISON, max(1, plan.visitor.people))


def links_of(cast: Cast) -> tuple[DemoLink, ...]:
    """The sign-in links the rehearsed people use."""
    return links(cast)


async def set_up(plan: Plan, cast: Cast, shop: Workshop) -> None:
    """The prison, the people, the session and the booking, through the real commands."""
    await shop.set_up.prison(cast, plan.policy)
    visitors = _visitors(plan.visitor, len(cast.visitors))
    prisoner = Somebody("Prisoner in rehearsal", plan.prisoner.photographs, "A0000AA")
    await shop.set_up.people(cast, prisoner, visitors)
    await shop.set_up.barred(cast, plan.barred)
    today = datetime.now(UTC).date()
    ages = {ident: age_on(today, who.born) for ident, who in zip(cast.visitors, visitors, strict=True)}
    await shop.set_up.call(cast, TIME_ZONE, MINUTES, plan.call_type, ages)


def _visitors(part: Part, people: int) -> list[Somebody]:
    """Everybody but those without a template has photographs: the last one all that are left."""
    enrolled = people - part.without_template
    shares: list[Sequence[bytes]] = [[photo] for photo in part.photographs[: max(0, enrolled - 1)]]
    if enrolled > 0:
        shares.append(part.photographs[max(0, enrolled - 1) :])
    shares += [()] * (people - len(shares))
    visitors = [Somebody(f"Visitor {number} in rehearsal", share) for number, share in enumerate(shares, 1)]
    return [*visitors[:-1], replace(visitors[-1], born=CHILD_BORN)] if part.with_child else visitors


class Rehearsal:
    """Holds the call: two cameras, and an officer where one is needed."""

    def __init__(
        self, plan: Plan, cast: Cast, tokens: Sequence[DemoLink], address: str, store: PostgresEventStore
    ) -> None:
        self._plan, self._cast, self._address, self._store = plan, cast, address, store
        self._tokens = {link.role: link.token for link in tokens}
        self._events: list[Recorded[Any]] = []
        self._news = asyncio.Condition()
        self._zero: dict[Side, datetime] = {}

    async def hold(self) -> Held:
        """From the first offer to the last fact. Raises `NotHeld`."""
        async with contextlib.AsyncExitStack() as stack:
            following = asyncio.create_task(self._follow())
            stack.push_async_callback(_cancelled, following)
            await self._until(
                lambda: self._first(WaitingRoomOpened) is not None, JOIN_S, "The waiting room did not open."
            )
            doors = {side: await stack.enter_async_context(self._door(side)) for side in Side}
            officer = await stack.enter_async_context(Door(self._address, self._tokens["LM"]))
            cameras = {side: await stack.enter_async_context(self._camera(side)) for side in Side}
            for side in Side:
                await self._join(side, cameras[side], doors[side])
            duty = asyncio.create_task(self._on_duty(officer))
            stack.push_async_callback(_cancelled, duty)
            started = self._until(
                lambda: self._first(CallStarted) is not None,
                JOIN_S,
                "The call did not start: somebody was not admitted.",
            )
            await _unless_failed(started, duty)
            recordings = self._start(cameras)
            await self._play(cameras)
            received = {side: cameras[side].received for side in Side}
            await self._leave(doors)
            return Held(self._cast.call, tuple(self._events), dict(self._zero), received, recordings)

    def _door(self, side: Side) -> Door:
        return Door(self._address, self._tokens["PR" if side is Side.PRISONER else "FA"])

    @contextlib.asynccontextmanager
    async def _camera(self, side: Side) -> AsyncIterator[CameraClient]:
        async with CameraClient(self._plan.part(side).footage) as camera:
            yield camera

    async def _join(self, side: Side, camera: CameraClient, door: Door) -> None:
        await door.declare(self._cast.call, side)
        await camera.accept(await door.offer(self._cast.call, side, await camera.offer()))

    def _start(self, cameras: Mapping[Side, CameraClient]) -> dict[Side, Path]:
        recordings: dict[Side, Path] = {}
        for side in Side:
            if self._plan.record is not None:
                recordings[side] = self._plan.record / f"received-by-{side.value}.webm"
            started = cameras[side].start(recordings.get(side))
            self._zero[side] = datetime.fromtimestamp(
                datetime.now(UTC).timestamp() - (monotonic() - started), UTC
            )
        return recordings

    async def _play(self, cameras: Mapping[Side, CameraClient]) -> None:
        """Until both clips are over, or the call is."""
        played = [asyncio.create_task(cameras[side].played()) for side in Side]
        both = asyncio.create_task(_all_done(played))
        over = asyncio.create_task(self._until(self._ended, None, ""))
        await asyncio.wait([both, over], return_when=asyncio.FIRST_COMPLETED)
        for task in (both, *played, over):
            await _cancelled(task)

    async def _leave(self, doors: Mapping[Side, Door]) -> None:
        if not self._ended():
            for side in Side:
                await doors[side].leave(self._cast.call, side)
        await self._until(self._ended, MEASURED_S, "The call's end was not recorded.")
        with contextlib.suppress(NotHeld):  # without the last measurements the rest still stands
            await self._until(lambda: len(self._all(StreamMeasured)) == len(Side), MEASURED_S, "")

    async def _on_duty(self, officer: Door) -> None:
        """The scripted officer: admits whoever is not matched, monitors where faces are counted, resumes as planned."""
        opened = self._first(WaitingRoomOpened)
        modes = {side: getattr(opened, side.value).mode for side in Side}
        for side in (side for side in Side if modes[side] is not ClearanceMode.MATCH):
            await self._until(
                lambda side=side: side in {e.side for e in self._all(ParticipantArrived)}, JOIN_S, ""
            )
            people = len(getattr(opened, side.value).persons)
            await officer.admit(
                self._cast.call, side, people, "Checked and counted by the officer of the rehearsal"
            )
        if ClearanceMode.COUNT in modes.values():
            await officer.monitor(self._cast.call)
        if self._plan.resume_after_s is not None:
            await self._resume_each_pause(officer, self._plan.resume_after_s)

    async def _resume_each_pause(self, officer: Door, after_s: float) -> None:
        seen = 0
        while True:
            await self._until(lambda seen=seen: len(self._staff_pauses()) > seen, None, "")
            seen = len(self._staff_pauses())
            await asyncio.sleep(after_s)
            faces = {(v.side, v.track) for v in self._all(ViolationRaised) if v.track is not None}
            words = [{"side": s.value, "track": t, "word": FaceWord.GONE.value} for s, t in sorted(faces)]
            await officer.resume(self._cast.call, "Resumed by the officer of the rehearsal", words)

    def _staff_pauses(self) -> list[CallPaused]:
        return [pause for pause in self._all(CallPaused) if pause.for_staff]

    async def _follow(self) -> None:
        async for recorded in self._store.follow(0):
            if getattr(recorded.event, "call", None) != self._cast.call:
                continue
            async with self._news:
                self._events.append(recorded)
                self._news.notify_all()

    async def _until(self, true: Any, seconds: float | None, sentence: str) -> None:
        try:
            async with asyncio.timeout(seconds), self._news:
                await self._news.wait_for(true)
        except TimeoutError:
            raise NotHeld(sentence) from None

    def _all(self, kind: type[Any]) -> list[Any]:
        return [recorded.event for recorded in self._events if isinstance(recorded.event, kind)]

    def _first(self, kind: type[Any]) -> Any:
        return next(iter(self._all(kind)), None)

    def _ended(self) -> bool:
        return any(isinstance(recorded.event, ENDED) for recorded in self._events)


async def _all_done(tasks: "Sequence[asyncio.Task[Any]]") -> None:
    await asyncio.gather(*tasks)


async def _unless_failed(wanted: Coroutine[Any, Any, None], beside: "asyncio.Task[None]") -> None:
    """Wait for what is wanted; what fails beside it fails it at once."""
    waiting = asyncio.create_task(wanted)
    done, _ = await asyncio.wait([waiting, beside], return_when=asyncio.FIRST_COMPLETED)
    if beside in done and beside.exception() is not None:
        await _cancelled(waiting)
        beside.result()
    await waiting


async def _cancelled(task: "asyncio.Task[Any]") -> None:
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)
