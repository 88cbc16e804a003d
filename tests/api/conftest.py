"""The house, opened once for each test on a database of its own."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest_asyncio

from api.limits import Rate, Rates
from domain.booking.events import CallBooked, CallRequested
from domain.clearance import Side
from domain.lifecycle import CallStarted
from domain.person import PersonKind, PersonRegistered
from domain.policy import PolicyPublished
from domain.relationship import RelationshipApproved
from domain.stream import StreamReleased
from domain.timetable.events import SessionOpened
from domain.waiting_room.events import (
    ClearanceModeSet,
    ParticipantAdmitted,
    ParticipantArrived,
    WaitingRoomOpened,
)
from infrastructure.migrations import Databases
from tests.facts import PRISONER, VISITOR, fact
from tests.house import House, opened

BOOKED = (
    fact(PolicyPublished, -40 * 86_400),
    fact(PersonRegistered, -98_000),
    fact(
        PersonRegistered,
        -98_000,
        person=VISITOR,
        kind=PersonKind.VISITOR,
        prison=None,
        number=(),
        name="Ann Visitor",
        date_of_birth="1990-05-17",
    ),
    fact(RelationshipApproved, -97_000),
    fact(SessionOpened, -96_000),
    fact(CallRequested, -95_000),
    fact(CallBooked, -94_000),
)
CHILD = fact(
    PersonRegistered,
    -9000,
    person="child-1",
    kind=PersonKind.VISITOR,
    prison=None,
    number=(),
    name="Tim Planted",
    date_of_birth="2019-08-30",
)
WAITING = (
    *BOOKED,
    fact(WaitingRoomOpened, -900),
    fact(ParticipantArrived, -60, side=Side.PRISONER, person=PRISONER),
    fact(ParticipantArrived, -50, side=Side.VISITOR),
)
LIVE = (
    *WAITING,
    *(fact(ParticipantAdmitted, -40, side=side) for side in Side),
    *(fact(ClearanceModeSet, -40, side=side) for side in Side),
    fact(CallStarted, 0),
    *(fact(StreamReleased, 1, side=side) for side in Side),
)


@pytest_asyncio.fixture
async def house(databases: Databases, tmp_path: Path) -> AsyncIterator[House]:
    """An installation where nobody real is expected."""
    async with opened(databases, tmp_path) as made:
        yield made


@pytest_asyncio.fixture
async def unlimited_house(databases: Databases, tmp_path: Path) -> AsyncIterator[House]:
    """An installation where one person may ask for as much as a test does."""
    plenty = Rate(1e9, 1_000_000)
    async with opened(databases, tmp_path, rates=Rates(plenty, plenty, plenty, plenty, plenty)) as made:
        yield made


@pytest_asyncio.fixture
async def demo_house(databases: Databases, tmp_path: Path) -> AsyncIterator[House]:
    """A demonstration."""
    async with opened(databases, tmp_path, demo=True) as made:
        yield made
