"""What the log promises, on PostgreSQL and in memory alike."""

import asyncio
from collections.abc import Coroutine, Mapping
from typing import Any
from uuid import uuid4

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from application.ports import BoundaryMoved, EventStore
from domain.decider import Facts, about
from domain.event import Event
from infrastructure.envelope import Envelopes
from infrastructure.event_store import InMemoryEventStore, PostgresEventStore
from tests.infrastructure.sample_events import (
    EVENTS,
    NOW,
    NoteWritten,
    SeatTaken,
    ShowOpened,
    fresh,
    seat,
    seats_of,
)
from tests.stores import MemoryKeys, context


@pytest.fixture
def event_types() -> Mapping[str, type[Event]]:
    return EVENTS


async def test_what_was_appended_is_read_in_order_with_its_context(store: EventStore) -> None:
    asked = context()
    taken = [seat("hamlet", "ann"), seat("hamlet", "bob")]
    last = await store.append(taken, seats_of("hamlet"), 0, asked)
    facts, head = await store.read(seats_of("hamlet"))
    assert [fact.event for fact in facts] == taken
    assert facts[-1].position == head == last
    assert facts[0].position < facts[1].position
    assert (facts[0].actor, facts[0].cmd, facts[0].corr) == (asked.actor, asked.cmd, asked.corr)
    assert facts[0].id.version == 7


async def test_an_empty_boundary_is_read_with_the_head_of_the_whole_log(store: EventStore) -> None:
    assert await store.read(seats_of("hamlet")) == ([], 0)
    position = await store.append([seat("lear")], fresh(), 0, context())
    assert await store.read(seats_of("hamlet")) == ([], position)


async def test_an_append_fails_when_a_fact_entered_its_boundary(store: EventStore) -> None:
    _, head = await store.read(seats_of("hamlet"))
    await store.append([seat("hamlet")], seats_of("hamlet"), head, context())
    with pytest.raises(BoundaryMoved):
        await store.append([seat("hamlet")], seats_of("hamlet"), head, context())
    facts, _ = await store.read(seats_of("hamlet"))
    assert len(facts) == 1


async def test_facts_of_other_types_and_other_tags_do_not_move_a_boundary(store: EventStore) -> None:
    await store.append([ShowOpened(at=NOW, show="hamlet", seats=3), seat("lear")], fresh(), 0, context())
    await store.append([seat("hamlet")], seats_of("hamlet"), 0, context())
    facts, _ = await store.read(seats_of("hamlet"))
    assert len(facts) == 1


async def test_facts_must_carry_all_their_tags(store: EventStore) -> None:
    both = (Facts((SeatTaken,), frozenset({"show:hamlet", "guests:ann"})),)
    await store.append([seat("hamlet", "bob"), seat("lear", "ann")], fresh(), 0, context())
    await store.append([seat("hamlet", "ann", "bob")], both, 0, context())
    facts, _ = await store.read(both)
    assert [fact.event.guests for fact in facts] == [("ann", "bob")]


async def test_every_event_of_a_command_is_found_by_the_command_id(store: EventStore) -> None:
    cmd = uuid4()
    await store.append([seat("hamlet"), seat("lear")], fresh(), 0, context(cmd))
    facts, _ = await store.read((about(f"cmd:{cmd}"),))
    assert [fact.event.show for fact in facts] == ["hamlet", "lear"]


async def test_an_append_without_a_condition_or_without_events_is_refused(store: EventStore) -> None:
    with pytest.raises(ValueError, match="condition"):
        await store.append([seat()], (), 0, context())
    with pytest.raises(ValueError, match="tag"):
        await store.append([seat()], (Facts((SeatTaken,), frozenset()),), 0, context())
    with pytest.raises(ValueError, match="without events"):
        await store.append([], seats_of(), 0, context())


async def test_of_many_at_once_exactly_one_takes_the_last_seat(store: EventStore) -> None:
    _, head = await store.read(seats_of())
    attempts = [store.append([seat("hamlet", f"g{i}")], seats_of(), head, context()) for i in range(50)]
    outcomes = await asyncio.gather(*attempts, return_exceptions=True)
    assert sum(isinstance(outcome, int) for outcome in outcomes) == 1
    assert sum(isinstance(outcome, BoundaryMoved) for outcome in outcomes) == 49


async def test_a_conflict_does_not_undo_its_neighbours(store: EventStore) -> None:
    await store.append([seat("hamlet")], seats_of("hamlet"), 0, context())
    attempts = [store.append([seat(f"show{i}")], seats_of(f"show{i}"), 0, context()) for i in range(20)]
    attempts.insert(7, store.append([seat("hamlet")], seats_of("hamlet"), 0, context()))
    outcomes = await asyncio.gather(*attempts, return_exceptions=True)
    assert [type(outcome) for outcome in outcomes].count(BoundaryMoved) == 1
    assert len(await store.after(0, limit=100)) == 21


async def test_a_personal_field_is_read_back_sealed_and_not_in_clear(store: EventStore) -> None:
    note = NoteWritten(at=NOW, prison="MDI", call="c1", author="p7", words="she asked after her mother")
    await store.append([note], fresh(), 0, context())
    (recorded,) = await store.after(0, limit=10)
    assert recorded.event == note.model_copy(update={"words": None})
    assert recorded.sealed["words"].subject == "p7"
    assert b"mother" not in recorded.sealed["words"].ciphertext


async def test_the_log_is_read_on_from_any_position(store: EventStore) -> None:
    positions = [await store.append([seat(f"show{i}")], fresh(), 0, context()) for i in range(5)]
    found = await store.after(positions[1], limit=2)
    assert [each.position for each in found] == positions[2:4]
    assert await store.after(positions[-1], limit=2) == []


async def test_the_log_is_read_by_types(store: EventStore) -> None:
    note = NoteWritten(at=NOW, prison="MDI", call="c1", author="p7", words="a word")
    for event in (seat("before"), note, seat("between"), note, note):
        await store.append([event], fresh(), 0, context())
    notes = await store.after(0, limit=2, types=[NoteWritten])
    assert [type(each.event) for each in notes] == [NoteWritten] * 2
    assert [each.position for each in await store.after(notes[1].position, limit=9, types=[NoteWritten])] == [
        (await store.head())
    ]


async def test_a_follower_hears_of_what_is_appended_after_it_began(store: EventStore) -> None:
    assert isinstance(store, PostgresEventStore | InMemoryEventStore)
    await store.append([seat("before")], fresh(), 0, context())
    heard: asyncio.Queue[str] = asyncio.Queue()

    async def follow() -> None:
        async for recorded in store.follow(0):
            heard.put_nowait(recorded.event.show)

    following = asyncio.create_task(follow())
    assert await asyncio.wait_for(heard.get(), 10) == "before"
    await store.append([seat("after")], fresh(), 0, context())
    assert await asyncio.wait_for(heard.get(), 10) == "after"
    following.cancel()


tags = st.sampled_from(["show:a", "show:b", "guests:x", "guests:y", "guests:z"])
letters = st.sampled_from("xyz")
seatings = st.lists(st.builds(seat, st.sampled_from("ab"), letters, letters), min_size=1, max_size=12)
kinds = st.sampled_from([(), (SeatTaken,), (ShowOpened,), (ShowOpened, SeatTaken)])
boundaries = st.lists(st.tuples(kinds, st.frozensets(tags, min_size=1, max_size=3)), min_size=1, max_size=4)


@pytest.mark.postgres
@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(taken=seatings, asked=boundaries, seen=st.integers(0, 12))
async def test_postgresql_and_the_library_in_memory_agree_on_every_boundary(
    log: PostgresEventStore,
    taken: list[SeatTaken],
    asked: list[tuple[tuple[type[Event], ...], frozenset[str]]],
    seen: int,
) -> None:
    memory = InMemoryEventStore(Envelopes(EVENTS), MemoryKeys())
    mark = f"#{uuid4()}"  # tags of this example alone: the log keeps those of all examples
    renamed = [seat(each.show + mark, *(guest + mark for guest in each.guests)) for each in taken]
    boundary = tuple(Facts(types, frozenset(tag + mark for tag in named)) for types, named in asked)
    outcomes = []
    for store in (log, memory):
        before = await store.head()
        positions = [before] + [await store.append([each], fresh(), 0, context()) for each in renamed]
        facts, head = await store.read(boundary)
        assert head == positions[-1]
        after = positions[min(seen, len(taken))]
        moved = await _moves(store.append([seat("end")], boundary, after, context()))
        outcomes.append(([positions.index(fact.position) for fact in facts], moved))
    assert outcomes[0] == outcomes[1]


async def _moves(appending: Coroutine[Any, Any, int]) -> bool:
    try:
        await appending
    except BoundaryMoved:
        return True
    return False
