"""A neighbouring system hears of every event once, in order and signed: also after it was down for a while.

Real HTTP on this machine, the real log, the real sender; the other side is the stub that integrators use.
"""

import asyncio
from collections.abc import AsyncIterator
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio

from application.delivery import FAILING_MAX
from domain.booking.events import CallBooked, CallRequested
from domain.lifecycle import CallCompleted, CallStarted
from domain.person import PersonRegistered
from domain.policy import PolicyPublished
from domain.subscription import PausedBecause, WebhookPaused
from infrastructure.migrations import Databases
from tests.facts import CALL, fact
from tests.house import House, opened
from tests.neighbour import Neighbour, listening, real_now, sending, subscribed, until

pytestmark = pytest.mark.postgres

STORY = (
    fact(PolicyPublished, -9000),
    fact(PersonRegistered, -8000),
    fact(CallRequested, -7000),
    fact(CallBooked, -6000),
    fact(CallStarted),
    fact(CallCompleted, 1800),
)
TOLD = [f"secure-video-call.{word}" for word in ("requested", "booked", "started", "completed")]


@pytest_asyncio.fixture
async def house(databases: Databases, tmp_path: Path) -> AsyncIterator[House]:
    async with opened(databases, tmp_path) as made:
        made.clock.moment = real_now()
        yield made


@pytest_asyncio.fixture
async def neighbour() -> AsyncIterator[Neighbour]:
    async with listening(Neighbour()) as made:
        yield made


async def _state(house: House, name: str) -> dict[str, Any]:
    answer = await (await house.client("AD")).get(f"/v1/webhooks/{name}")
    state: dict[str, Any] = answer.json()
    return state


async def _ask(house: House, name: str, what: str, **body: Any) -> dict[str, Any]:
    answer = await (await house.client("AD")).post(f"/v1/webhooks/{name}/{what}", json=body or None)
    assert answer.is_success, answer.text
    found: dict[str, Any] = answer.json()
    return found


def _ids(neighbour: Neighbour) -> list[str]:
    return [event["id"] for event in neighbour.received]


async def test_a_consumer_that_was_down_hears_everything_once_in_order_and_again_when_it_asks(
    house: House, databases: Databases, neighbour: Neighbour
) -> None:
    name = await subscribed(house, neighbour)
    neighbour.down = True
    async with sending(house, databases):
        await house.given(*STORY)
        await until(lambda: neighbour.attempts >= 3)
        state = await _state(house, name)
        assert (state["delivery"]["lag"], state["delivery"]["last_error"]) == (4, "answered with status 503")
        assert state["delivery"]["failures"] >= 1
        assert state["delivery"]["next_attempt"] is not None
        assert {line["id"] for line in neighbour.lines} == {await _id_of(house, CallRequested)}

        neighbour.up()
        await until(lambda: len(neighbour.received) == 4)
        assert [event["type"] for event in neighbour.received] == TOLD
        assert neighbour.taken == _ids(neighbour) == [await _id_of(house, type(e)) for e in STORY[2:]]
        positions = [int(event["sequence"]) for event in neighbour.received]
        assert positions == sorted(set(positions))
        assert {event["subject"] for event in neighbour.received} == {CALL}
        await _settled(house, name, position=positions[-1])

        await _ask(house, name, "replay", from_position=positions[1])
        await until(lambda: len(neighbour.taken) == 7)
        assert neighbour.taken[4:] == _ids(neighbour)[1:]
        assert len(neighbour.received) == 4


async def test_a_webhook_may_begin_with_what_happened_before_it(
    house: House, databases: Databases, neighbour: Neighbour
) -> None:
    await house.given(*STORY)
    await subscribed(house, neighbour, from_position=0, types=["secure-video-call.booked"])
    async with sending(house, databases):
        await until(lambda: len(neighbour.received) == 1)
    assert neighbour.received[0]["type"] == "secure-video-call.booked"


async def test_one_that_is_down_holds_up_nobody_else(
    house: House, databases: Databases, neighbour: Neighbour
) -> None:
    async with listening(Neighbour(down=True)) as other:
        for each in (other, neighbour):
            await subscribed(house, each)
        async with sending(house, databases):
            await house.given(*STORY)
            await until(lambda: len(neighbour.received) == 4 and other.attempts >= 2)
    assert other.received == []


async def test_only_events_of_its_prison_are_sent(
    house: House, databases: Databases, neighbour: Neighbour
) -> None:
    await subscribed(house, neighbour)
    async with sending(house, databases):
        await house.given(fact(CallBooked, prison="LEI", call="elsewhere"), fact(CallBooked))
        await until(lambda: len(neighbour.received) == 1)
    assert neighbour.received[0]["subject"] == CALL


async def test_while_a_secret_is_exchanged_both_sign(
    house: House, databases: Databases, neighbour: Neighbour
) -> None:
    name = await subscribed(house, neighbour)
    new = (await _ask(house, name, "secret"))["secret"]
    async with sending(house, databases):
        await house.given(fact(CallRequested))
        await until(lambda: len(neighbour.received) == 1)  # by the secret that it had
        neighbour.known = [new]
        await house.given(fact(CallBooked))
        await until(lambda: len(neighbour.received) == 2)
    assert (await _state(house, name))["before_secret_until"] is not None


async def test_a_day_after_the_exchange_the_old_secret_signs_no_more(
    house: House, databases: Databases, neighbour: Neighbour
) -> None:
    house.clock.moment = real_now() - timedelta(hours=25)
    name = await subscribed(house, neighbour)
    new = (await _ask(house, name, "secret"))["secret"]
    async with sending(house, databases):
        await house.given(fact(CallRequested))
        await until(lambda: neighbour.attempts >= 2)
        assert {line["because"] for line in neighbour.lines} == {"its signature is not good"}
        neighbour.known = [new]
        await until(lambda: len(neighbour.received) == 1)


async def test_what_happens_while_a_webhook_is_paused_is_sent_when_it_is_resumed(
    house: House, databases: Databases, neighbour: Neighbour
) -> None:
    async with listening(Neighbour()) as other:
        name = await subscribed(house, neighbour)
        await subscribed(house, other)
        await _ask(house, name, "pause")
        async with sending(house, databases):
            await house.given(*STORY)
            await until(lambda: len(other.received) == 4)
            assert neighbour.attempts == 0
            assert (await _state(house, name))["delivery"]["lag"] == 4
            await _ask(house, name, "resume")
            await until(lambda: len(neighbour.received) == 4)


async def test_an_ended_webhook_hears_nothing_more(
    house: House, databases: Databases, neighbour: Neighbour
) -> None:
    async with listening(Neighbour()) as other:
        name = await subscribed(house, neighbour)
        await subscribed(house, other)
        gone = await (await house.client("AD")).delete(f"/v1/webhooks/{name}")
        assert gone.status_code == 200
        async with sending(house, databases):
            await house.given(*STORY)
            await until(lambda: len(other.received) == 4)
    assert neighbour.attempts == 0
    assert (await (await house.client("AD")).get(f"/v1/webhooks/{name}")).status_code == 404


async def test_whoever_takes_nothing_for_days_is_paused_with_an_event_and_goes_on_when_resumed(
    house: House, databases: Databases, neighbour: Neighbour
) -> None:
    name = await subscribed(house, neighbour)
    neighbour.down = True
    ahead = timedelta()

    def now() -> datetime:
        return real_now() + ahead

    async with sending(house, databases, now):
        await house.given(fact(CallRequested))
        await until(lambda: neighbour.attempts >= 2)
        ahead = FAILING_MAX
        await _paused(house, PausedBecause.FAILING)
        ahead = timedelta()
        neighbour.up()
        house.clock.moment = real_now() + timedelta(minutes=1)
        await _ask(house, name, "resume")
        await until(lambda: len(neighbour.received) == 1)


async def test_an_address_that_is_gone_is_not_tried_again(
    house: House, databases: Databases, neighbour: Neighbour
) -> None:
    await subscribed(house, neighbour)
    neighbour.gone = True
    async with sending(house, databases):
        await house.given(*STORY)
        await _paused(house, PausedBecause.GONE)
    assert neighbour.attempts == 1


async def test_a_sender_that_was_stopped_goes_on_where_it_was(
    house: House, databases: Databases, neighbour: Neighbour
) -> None:
    name = await subscribed(house, neighbour)
    async with sending(house, databases):
        await house.given(*STORY[:4])
        await until(lambda: len(neighbour.received) == 2)
        await _settled(house, name, position=int(neighbour.received[-1]["sequence"]))
    await house.given(*STORY[4:])
    async with sending(house, databases):
        await until(lambda: len(neighbour.received) == 4)
    assert neighbour.taken == _ids(neighbour)


async def test_of_two_senders_one_sends(house: House, databases: Databases, neighbour: Neighbour) -> None:
    await subscribed(house, neighbour)
    async with sending(house, databases), sending(house, databases):
        await house.given(*STORY)
        await until(lambda: len(neighbour.received) == 4)
    assert neighbour.taken == _ids(neighbour)


async def _id_of(house: House, kind: type) -> str:
    (found,) = [str(recorded.id) for recorded in await house.log() if isinstance(recorded.event, kind)]
    return found


async def _settled(house: House, name: str, position: int) -> None:
    """The last answer is written down right after it was given."""
    state = (await _state(house, name))["delivery"]
    async with asyncio.timeout(20):
        while state["position"] != position:
            state = (await _state(house, name))["delivery"]
    assert (state["lag"], state["failures"], state["next_attempt"]) == (0, 0, None)


async def _paused(house: House, because: PausedBecause) -> None:
    async with asyncio.timeout(20):
        while not (found := await house.events(WebhookPaused)):
            await asyncio.sleep(0.01)
    assert [(event.because, event.paused_by) for event in found] == [(because, None)]
