"""A worker knows how busy it is."""

import asyncio
import time

from infrastructure.media.load import WINDOW_S, Load, Measurements


def test_what_is_told_is_what_most_of_the_last_seconds_did_not_exceed() -> None:
    now = [0.0]
    measured = Measurements(lambda: now[0])
    assert measured.p95() is None
    measured.add(5000.0)
    now[0] = WINDOW_S + 1
    for milliseconds in range(100):
        measured.add(float(milliseconds))
    assert measured.p95() == 95  # what is older is forgotten
    now[0] *= 3
    assert measured.p95() is None


async def test_a_loop_that_is_held_up_says_so() -> None:
    told: list[tuple[int | None, int | None]] = []
    enough = asyncio.Event()

    async def tell(lag_ms: int | None, verdict_ms: int | None) -> None:
        told.append((lag_ms, verdict_ms))
        enough.set()

    load = Load()
    load.verdict(42.0)
    running = asyncio.create_task(load.run(tell))
    while not enough.is_set():
        await asyncio.sleep(0)
        time.sleep(0.25)  # noqa: ASYNC251  something that holds the loop up, as a long computation would
    running.cancel()
    await asyncio.gather(running, return_exceptions=True)
    ((lag_ms, verdict_ms),) = told
    assert lag_ms is not None
    assert lag_ms >= 100
    assert verdict_ms == 42
