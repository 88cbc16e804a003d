"""The library's aggregates, as it ships them: what our appends are compared with."""

import asyncio
import itertools
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Self
from uuid import UUID

from eventsourcing.application import Application
from eventsourcing.domain import Aggregate, event

THREADS = 8


class Case(Aggregate):
    """What a call would be as one of the library's aggregates."""

    @event("Opened")
    def __init__(self) -> None:
        self.seen = 0

    @event("Seen")
    def see(self, number: int, evidence: str) -> None:
        """Take note of a violation."""
        self.seen = number


class Cases:
    """The library's application with its own defaults, one aggregate a thread."""

    def __init__(self, url: str, socket: Path) -> None:
        self._application: Application[UUID] = Application(
            {
                "PERSISTENCE_MODULE": "eventsourcing.postgres",
                "POSTGRES_DBNAME": url.split("?", maxsplit=1)[0].rpartition("/")[2],
                "POSTGRES_HOST": str(socket),
                "POSTGRES_PORT": "5432",
                "POSTGRES_USER": "kinline",
                "POSTGRES_PASSWORD": "",
                "POSTGRES_POOL_SIZE": str(THREADS),
            }
        )
        self._threads = ThreadPoolExecutor(THREADS)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._threads.shutdown()
        self._application.close()

    def saves(self, seconds: float) -> float:
        """Saves per second of all threads."""
        end, done, lock = time.perf_counter() + seconds, itertools.count(), threading.Lock()

        def save() -> None:
            case = Case()
            for number in itertools.count():
                if time.perf_counter() > end:
                    return
                case.see(number, "8412 8377 8501 6000" * 20)
                self._application.save(case)
                with lock:
                    next(done)

        started = time.perf_counter()
        for finished in [self._threads.submit(save) for _ in range(THREADS)]:
            finished.result()
        return next(done) / (time.perf_counter() - started)


async def saves(cases: Cases, seconds: float) -> float:
    """One round of the library's aggregates."""
    return await asyncio.to_thread(cases.saves, seconds)
