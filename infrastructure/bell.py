"""The bell that wakes followers of the log: one LISTEN connection for all followers of a process."""

import asyncio
import contextlib
from collections.abc import Iterator

import asyncpg

RETRY_S = 1.0


class Bell:
    """It may ring for nothing, and it may miss a ring: whoever waits also looks by himself now and then."""

    def __init__(self) -> None:
        self._heard: set[asyncio.Event] = set()

    def ring(self) -> None:
        """Something may have been appended."""
        for event in self._heard:
            event.set()

    @contextlib.contextmanager
    def hearing(self) -> Iterator[asyncio.Event]:
        """An event that every ring sets, from before the first look on."""
        event = asyncio.Event()
        self._heard.add(event)
        try:
            yield event
        finally:
            self._heard.discard(event)


async def ring_on_notify(url: str, channel: str, bell: Bell, away: tuple[type[Exception], ...]) -> None:
    """Ring at each notification, for ever. It rings once after each LISTEN, for what came before it."""
    while True:
        with contextlib.suppress(*away):
            await _listen_until_lost(url, channel, bell)
        await asyncio.sleep(RETRY_S)


async def _listen_until_lost(url: str, channel: str, bell: Bell) -> None:
    lost = asyncio.Event()
    connection = await asyncpg.connect(url)
    try:
        connection.add_termination_listener(lambda _: lost.set())
        await connection.add_listener(channel, lambda *_: bell.ring())
        bell.ring()
        await lost.wait()
    finally:
        connection.terminate()


async def heard_within(event: asyncio.Event, seconds: float) -> None:
    """Wait for a ring, or as long."""
    with contextlib.suppress(TimeoutError):
        async with asyncio.timeout(seconds):  # wait_for may lose a cancellation before Python 3.12
            await event.wait()
