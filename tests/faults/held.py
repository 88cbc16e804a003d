"""A call as its people have it: two cameras that join by the front door, an officer, and the record beside them."""

import asyncio
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import AsyncExitStack
from types import TracebackType
from typing import Any, Self

import httpx

from application.ports import Recorded
from domain.clearance import Side
from domain.event import Event
from domain.lifecycle import CallStarted
from domain.waiting_room.events import WaitingRoomOpened
from infrastructure.event_store import PostgresEventStore
from infrastructure.media.client import CameraClient
from infrastructure.media.frame import Codec, EncodedFrame
from infrastructure.media.slate import slate
from infrastructure.rehearsal.door import Door, DoorClosed
from tests.faults.camera import PRISONER, VISITOR, LiveCamera

SOON_S = 30.0
JOIN_S = 45.0
SLATE = slate(Codec.VP8)
FLOWING = 25  # pictures: a second of them
PEOPLE = {Side.PRISONER: PRISONER, Side.VISITOR: VISITOR}
ROLES = {Side.PRISONER: "PR", Side.VISITOR: "FA", None: "SG"}


class Log:
    """Everything on record about one call, as it comes."""

    def __init__(self, store: PostgresEventStore, call: str) -> None:
        self.store = store
        self.all: list[Recorded[Any]] = []  # of every call and none, in order
        self._call = call
        self._news = asyncio.Condition()

    async def __aenter__(self) -> Self:
        self._following = asyncio.create_task(self._follow())
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._following.cancel()
        await asyncio.gather(self._following, return_exceptions=True)

    @property
    def head(self) -> int:
        """The newest position seen."""
        return self.all[-1].position if self.all else 0

    @property
    def names(self) -> list[str]:
        """The call's events by name, in order."""
        return [type(recorded.event).__name__ for recorded in self.of_call()]

    def of_call(self, *kinds: type[Event], after: int = 0) -> list[Recorded[Any]]:
        """The call's events behind a position."""
        return [
            recorded
            for recorded in self.all
            if getattr(recorded.event, "call", None) == self._call
            and recorded.position > after
            and (not kinds or isinstance(recorded.event, kinds))
        ]

    async def until(
        self, kind: type[Event], *, after: int = 0, seconds: float = SOON_S, **fields: Any
    ) -> Recorded[Any]:
        """The first event of a kind behind a position, with these fields."""

        def found() -> Recorded[Any] | None:
            for recorded in self.of_call(kind, after=after):
                if all(getattr(recorded.event, name) == value for name, value in fields.items()):
                    return recorded
            return None

        try:
            async with asyncio.timeout(seconds), self._news:
                await self._news.wait_for(lambda: found() is not None)
        except TimeoutError:
            raise AssertionError(f"{kind.__name__} did not come; on record: {self.names}") from None
        recorded = found()
        assert recorded is not None
        return recorded

    async def _follow(self) -> None:
        async for recorded in self.store.follow(0):
            async with self._news:
                self.all.append(recorded)
                self._news.notify_all()


class HeldCall:
    """Both ends of one call, and an officer of the prison."""

    def __init__(self, address: str, call: str, token: Callable[[str], str], log: Log) -> None:
        self.id, self._address, self._token, self._log = call, address, token, log
        self.footage = {side: LiveCamera(person) for side, person in PEOPLE.items()}
        self.cameras: dict[Side, CameraClient] = {}
        self._stack = AsyncExitStack()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        for camera in self.cameras.values():
            await camera.close()
        await self._stack.aclose()

    async def begin(self) -> None:
        """Sign in, join, be admitted, and see each other."""
        await self._log.until(WaitingRoomOpened)
        await self.sign_in()
        for side in Side:
            await self.join(side)
        await self._log.until(CallStarted, seconds=JOIN_S)
        await self.officer._asked("GET", f"/v1/calls/{self.id}")  # whoever watches is known to the door
        await self.flows()

    async def sign_in(self) -> None:
        """Three people before the pages' API."""
        self.doors = {
            side: await self._stack.enter_async_context(Door(self._address, self._token(role)))
            for side, role in ROLES.items()
        }

    async def pause(self, reason: str) -> None:
        """The officer at the wall pauses the call. Raises `DoorClosed`."""
        await self.officer._asked("POST", f"/v1/calls/{self.id}/pause", json={"reason": reason})

    async def resume(self, reason: str, words: Sequence[Mapping[str, Any]] = ()) -> None:
        """The officer lets it go on. Raises `DoorClosed`."""
        await self.officer.resume(self.id, reason, [dict(word) for word in words])

    async def end(self, reason: str) -> None:
        """The officer ends it. Raises `DoorClosed`."""
        await self.officer._asked("POST", f"/v1/calls/{self.id}/end", json={"reason": reason})

    async def ask_for_help(self, side: Side) -> None:
        """A side presses its silent button. Raises `DoorClosed`."""
        await self.doors[side]._asked("POST", f"/v1/calls/{self.id}/seats/{side.value}/help")

    async def read_the_record(self) -> None:
        """A view of the record that must itself be on record. Raises `DoorClosed`."""
        await self.officer._asked("GET", f"/v1/calls/{self.id}/timeline")

    @property
    def officer(self) -> Door:
        """Who watches the wall."""
        return self.doors[None]

    async def join(self, side: Side) -> None:
        """Connect with a new camera, in place of an earlier one. Raises `DoorClosed`."""
        camera = CameraClient(self.footage[side], keep=True)
        try:
            if side not in self.cameras:
                await self.doors[side].declare(self.id, side)
            await camera.accept(await self.doors[side].offer(self.id, side, await camera.offer()))
        except (DoorClosed, httpx.HTTPError):
            await camera.close()
            raise
        before = self.cameras.pop(side, None)
        self.cameras[side] = camera
        camera.start()
        if before is not None:
            await before.close()

    async def rejoin(self, side: Side, seconds: float = SOON_S) -> None:
        """Try to connect until the door opens, as the call's page does."""
        end = time.monotonic() + seconds
        while True:
            try:
                return await self.join(side)
            except (DoorClosed, httpx.HTTPError):
                if time.monotonic() > end:
                    raise
                await asyncio.sleep(0.5)

    def received(self) -> Mapping[Side, int]:
        """Pictures of the other side that each side has received."""
        return {side: camera.received.frames for side, camera in self.cameras.items()}

    async def flows(self, seconds: float = SOON_S) -> None:
        """Both sides see the other for about a second from now on."""
        for side, before in self.received().items():
            try:
                await self.cameras[side].until_pictures(before + FLOWING, seconds)
            except TimeoutError:
                raise AssertionError(f"Nothing flows to {side}; on record: {self._log.names}") from None

    def pictures(self, viewer: Side, since: float) -> list[EncodedFrame]:
        """Pictures of the other side that came to a viewer since a moment, monotonic seconds."""
        return [p for p in self.cameras[viewer].pictures if p.arrived >= since and p.data != SLATE]

    def slates(self, viewer: Side, since: float) -> list[EncodedFrame]:
        """Slates that came to a viewer since a moment."""
        return [p for p in self.cameras[viewer].pictures if p.arrived >= since and p.data == SLATE]
