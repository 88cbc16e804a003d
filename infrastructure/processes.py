"""What the processes of an installation share at their start: settings, the database's doors, the signal to end."""

import asyncio
import contextlib
import ctypes
import gc
import os
import signal
from collections.abc import Callable, Coroutine, Iterator
from typing import Any

import msgspec

from infrastructure.logging import set_up
from infrastructure.migrations import Databases

DATABASES = "KINLINE_DATABASES"
PARENT = "KINLINE_PARENT"  # the supervisor's pid

_PR_SET_PDEATHSIG = 1


def databases() -> Databases:
    """Where each role enters, as the supervisor says. Raises SystemExit with a sentence without it."""
    given = os.environ.get(DATABASES)
    if given is None:
        raise SystemExit("This process is started by `kinline serve`, not by hand.")
    return msgspec.json.decode(given, type=Databases)


def run(name: str, work: Coroutine[Any, Any, None]) -> None:
    """Do the work of a process until it is told to end. A failure reaches the top: the supervisor starts it anew."""
    belong_to_parent()
    set_up(name)
    asyncio.run(_until_told(work))


def belong_to_parent() -> None:
    """However the supervisor ends, this process ends too (Linux; elsewhere it notices its sockets close)."""
    with contextlib.suppress(OSError, AttributeError):
        ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGTERM)
    expected = os.environ.get(PARENT)
    if expected is not None and os.getppid() != int(expected):
        raise SystemExit("The supervisor is gone.")


@contextlib.contextmanager
def told_to_end(end: Callable[[], object]) -> Iterator[None]:
    """While the block runs, SIGINT and SIGTERM ask for its end. Afterwards they ask for nothing.

    A process may be told twice, by its supervisor and by the death of it; asyncio complains of a signal
    that comes while its loop is closed.
    """
    loop, numbers = asyncio.get_running_loop(), (signal.SIGINT, signal.SIGTERM)
    for number in numbers:
        loop.add_signal_handler(number, end)
    try:
        yield
    finally:
        for number in numbers:
            loop.remove_signal_handler(number)
            signal.signal(number, signal.SIG_IGN)


async def _until_told(work: Coroutine[Any, Any, None]) -> None:
    task = asyncio.ensure_future(work)
    with told_to_end(task.cancel), contextlib.suppress(asyncio.CancelledError):
        await task


def settle() -> None:
    """Call once everything that lives as long as the process is made: the collector leaves it alone from then on.

    Otherwise a full collection looks at all of it again, and whoever asks for a page meanwhile waits 50 ms.
    """
    gc.collect()
    gc.freeze()
