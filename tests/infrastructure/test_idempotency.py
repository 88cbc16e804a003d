"""The same request sent again is answered alike; another under the same key is refused."""

import asyncio
from collections.abc import AsyncIterator
from uuid import uuid4

import asyncpg
import pytest
import pytest_asyncio

from application.ports import Answer, InFlight, OtherBody
from domain.event import Purpose
from infrastructure.gateway import Gateway
from infrastructure.idempotency import KeptAnswers
from infrastructure.migrations import Databases
from infrastructure.vault import PostgresKeys

pytestmark = pytest.mark.postgres
REFUSED = Answer(
    409,
    '{"detail": "There are no calls left for Zoë this month."}',
    {"content-type": "application/problem+json"},
)


@pytest_asyncio.fixture
async def answers(databases: Databases, keys: PostgresKeys) -> AsyncIterator[KeptAnswers]:
    async with Gateway(databases.app) as gateway:
        yield KeptAnswers(gateway, keys)


async def test_an_answer_is_given_again_refusals_included(answers: KeptAnswers) -> None:
    key = uuid4()
    assert await answers.before(key, b"body") is None
    await answers.give(key, "p1", REFUSED)
    assert await answers.before(key, b"body") == REFUSED


async def test_another_body_under_the_same_key_is_refused(answers: KeptAnswers) -> None:
    key = uuid4()
    assert await answers.before(key, b"body") is None
    for _ in range(2):
        with pytest.raises(OtherBody):
            await answers.before(key, b"other")
        await answers.give(key, "p1", REFUSED)


async def test_of_many_at_once_one_is_to_be_answered(answers: KeptAnswers) -> None:
    key = uuid4()
    outcomes = await asyncio.gather(
        *(answers.before(key, b"body") for _ in range(20)), return_exceptions=True
    )
    assert outcomes.count(None) == 1
    assert sum(isinstance(outcome, InFlight) for outcome in outcomes) == 19


async def test_a_dropped_request_may_be_sent_again_at_once(answers: KeptAnswers) -> None:
    key = uuid4()
    assert await answers.before(key, b"body") is None
    await answers.drop(key)
    assert await answers.before(key, b"body") is None


async def test_a_request_that_died_with_its_process_is_taken_up_after_a_minute(
    answers: KeptAnswers, databases: Databases
) -> None:
    key = uuid4()
    assert await answers.before(key, b"body") is None
    await age(databases, "61 seconds")
    assert await answers.before(key, b"body") is None


async def age(databases: Databases, by: str) -> None:
    connection = await asyncpg.connect(databases.owner)
    await connection.execute(f"UPDATE idempotency SET at = at - interval '{by}'")
    await connection.close()


async def test_answers_are_forgotten_after_a_day(answers: KeptAnswers, databases: Databases) -> None:
    key = uuid4()
    assert await answers.before(key, b"body") is None
    await answers.give(key, "p1", REFUSED)
    await age(databases, "23 hours 59 minutes")
    assert await answers.before(key, b"body") == REFUSED
    await age(databases, "2 minutes")
    await answers.forget_old()
    assert await answers.before(key, b"other") is None


async def test_an_answer_is_kept_as_ciphertext_and_gone_with_its_readers_key(
    answers: KeptAnswers, keys: PostgresKeys, databases: Databases
) -> None:
    key = uuid4()
    assert await answers.before(key, b"body") is None
    await answers.give(key, "p1", REFUSED)
    connection = await asyncpg.connect(databases.owner)
    row = await connection.fetchval("SELECT idempotency::text FROM idempotency")
    await connection.close()
    assert "month" not in row
    await keys.destroy("p1", Purpose.IDENTITY)
    again = await answers.before(key, b"body")
    assert again is not None
    assert again.status == 410
