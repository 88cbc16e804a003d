"""The projector: the process that keeps every read model up to date, in a role that cannot append."""

import asyncio
from typing import NoReturn
from uuid import UUID

from application.ports import Sealed
from domain.event import Purpose
from domain.events import EVENTS
from infrastructure import processes
from infrastructure.envelope import Envelopes
from infrastructure.event_store import PostgresEventStore
from infrastructure.migrations import Databases
from projections import (
    allocations,
    allowances,
    appeals,
    barred_faces,
    booking_calendar,
    booking_history,
    call_timeline,
    call_wall,
    concerns,
    conduct,
    exposure,
    flags,
    handover_notes,
    incidents,
    kept,
    moderation_quality,
    monitoring,
    monitoring_coverage,
    notifications,
    overbooking,
    people,
    requests,
    usage,
    webhooks,
)
from projections.runner import Projection, Runner

PROJECTIONS: tuple[Projection, ...] = (
    call_wall,
    call_timeline,
    booking_calendar,
    requests,
    flags,
    incidents,
    moderation_quality,
    monitoring_coverage,
    exposure,
    allocations,
    handover_notes,
    concerns,
    kept,
    conduct,
    appeals,
    barred_faces,
    monitoring,
    allowances,
    booking_history,
    overbooking,
    people,
    usage,
    webhooks,
    notifications,
)


class NoKeys:
    """A projector appends nothing, so it seals nothing; and it never opens what is sealed."""

    async def seal(self, subject: str, purpose: Purpose, event: UUID, name: str, text: str) -> NoReturn:
        raise PermissionError("a projector appends nothing")

    async def open(self, sealed: Sealed) -> NoReturn:
        raise PermissionError("a projector opens nothing")


async def project(databases: Databases) -> None:
    """Run every read model until cancelled. One that fails ends the process, which is started again."""
    async with PostgresEventStore(databases.projector, Envelopes(EVENTS), NoKeys()) as log:
        runners = [Runner(databases.projector, log, each) for each in PROJECTIONS]
        await asyncio.gather(*(runner.run() for runner in runners))


if __name__ == "__main__":
    processes.run("projector", project(processes.databases()))
