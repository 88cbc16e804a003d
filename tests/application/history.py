"""Puts a history into a store, as if it had happened."""

from typing import Any
from uuid import UUID, uuid4

from application.ports import EventStore, Recorded
from domain.decider import about
from domain.event import Event
from tests.stores import context

ALWAYS = about("nothing:ever")  # a condition that nothing ever meets


async def put(store: EventStore, *events: Event) -> int:
    """Append these events; the position of the last."""
    _, head = await store.read((ALWAYS,))
    return await store.append(list(events), (ALWAYS,), head, context())


async def everything(store: EventStore) -> list[Recorded[Any]]:
    """All that is in the log."""
    return list(await store.after(0, limit=1000))


def command_id() -> UUID:
    """A new id of a command."""
    return uuid4()
