"""The queue of incidents: the gravest first, who has it, and what came of earlier ones."""

from datetime import timedelta

import pytest

from domain.call.events import CallInterrupted, CallResumed
from domain.concern import ConcernRaised
from domain.event import Event
from domain.incident.events import IncidentClosed, IncidentOutcome, IncidentTaken
from domain.incident.grouping import AlertKind
from domain.moderation.kind import Severity
from domain.violation import ViolationRaised, ViolationReviewed
from domain.waiting_room.events import WaitingRoomOpened
from projections import incidents as read_model
from projections.incidents import incident_of, incidents_done, incidents_to_do, incidents_waiting
from tests.facts import CALL, NOON, OFFICER, PRISON, PRISONER, VISITOR, fact
from tests.projections.conftest import Fill

pytestmark = pytest.mark.postgres

OPENED = fact(WaitingRoomOpened, -900)
RAISED = fact(ViolationRaised, 9)


def raised(number: int, seconds: float, severity: Severity = Severity.HIGH, **changes: str) -> list[Event]:
    """Another call in which something was found."""
    name = f"call-{number}"
    found = fact(
        ViolationRaised,
        seconds,
        call=name,
        violation=f"violation-{number}",
        severity=severity,
        **changes,
    )
    return [fact(WaitingRoomOpened, -900, call=name), found]


def closed(number: int, seconds: float) -> list[Event]:
    """And what came of it."""
    about = {"call": f"call-{number}", "incident": f"violation-{number}"}
    reviewed = fact(ViolationReviewed, seconds, call=f"call-{number}", violation=f"violation-{number}")
    return [fact(IncidentTaken, 10, **about), reviewed, fact(IncidentClosed, seconds, **about)]


async def test_an_incident_says_whose_call_it_is_and_what_was_found(fill: Fill) -> None:
    db = await fill(read_model, [OPENED, RAISED, fact(ConcernRaised, 12)])
    (queued,) = await incidents_to_do(db, PRISON)
    assert (queued.incident.call, queued.incident.incident) == (CALL, "violation-1")
    assert (queued.starts_at, queued.prisoner, queued.visitors) == (NOON, PRISONER, (VISITOR,))
    assert [alert.kind for alert in queued.incident.alerts] == [AlertKind.VIOLATION, AlertKind.CONCERN]
    assert await incidents_waiting(db, PRISON) == 1


async def test_the_gravest_stands_first_and_of_the_same_gravity_what_waits_longest(fill: Fill) -> None:
    events = [*raised(2, 20), *raised(3, 5, Severity.LOW), *raised(4, 30, Severity.CRITICAL), *raised(5, 10)]
    db = await fill(read_model, events)
    found = await incidents_to_do(db, PRISON)
    assert [queued.incident.call for queued in found] == ["call-4", "call-5", "call-2", "call-3"]


async def test_a_graver_alert_moves_its_incident_up(fill: Fill) -> None:
    db = await fill(read_model, [*raised(2, 5, Severity.LOW), OPENED, RAISED])
    assert [queued.incident.call for queued in await incidents_to_do(db, PRISON)] == [CALL, "call-2"]
    db = await fill(
        read_model,
        [*raised(2, 5, Severity.LOW), OPENED, RAISED, fact(ConcernRaised, 10, call="call-2")],
    )
    assert [queued.incident.call for queued in await incidents_to_do(db, PRISON)] == ["call-2", CALL]


async def test_an_officer_finds_their_own(fill: Fill) -> None:
    db = await fill(read_model, [OPENED, RAISED, *raised(2, 5), fact(IncidentTaken, 12)])
    assert [queued.incident.call for queued in await incidents_to_do(db, PRISON, taken_by=OFFICER)] == [CALL]
    assert len(await incidents_to_do(db, PRISON)) == 2


async def test_what_is_done_leaves_the_queue_and_says_what_came_of_it(fill: Fill) -> None:
    db = await fill(read_model, [*raised(2, 5), *closed(2, 40), *raised(3, 6), *closed(3, 30)])
    assert await incidents_to_do(db, PRISON) == []
    done = await incidents_done(db, PRISON)
    assert [queued.incident.call for queued in done] == ["call-2", "call-3"]
    assert done[0].incident.outcome is IncidentOutcome.SETTLED
    assert done[0].incident.done_at == NOON + timedelta(seconds=40)


async def test_a_call_may_have_one_incident_after_another(fill: Fill) -> None:
    again = fact(ConcernRaised, 100)
    events = [OPENED, fact(CallInterrupted, 9), fact(CallResumed, 20), again]
    db = await fill(read_model, events)
    assert [queued.incident.incident for queued in await incidents_to_do(db, PRISON)] == ["concern-1"]
    (passed,) = await incidents_done(db, PRISON)
    assert passed.incident.outcome is None
    assert await incident_of(db, CALL, passed.incident.incident) == passed


async def test_long_lists_are_read_page_by_page(fill: Fill) -> None:
    events = [event for number in range(5) for event in raised(number, number)]
    done = [event for number in (5, 6, 7) for event in (*raised(number, number), *closed(number, 60))]
    db = await fill(read_model, [*events, *done])
    first = await incidents_to_do(db, PRISON, limit=3)
    rest = await incidents_to_do(db, PRISON, after=first[-1].urgency, limit=3)
    assert [queued.incident.call for queued in (*first, *rest)] == [f"call-{number}" for number in range(5)]
    newest = await incidents_done(db, PRISON, limit=2)
    older = await incidents_done(db, PRISON, after=newest[-1].age, limit=2)
    assert [queued.incident.call for queued in (*newest, *older)] == ["call-7", "call-6", "call-5"]


async def test_another_prisons_incidents_are_not_told(fill: Fill) -> None:
    db = await fill(read_model, [OPENED, RAISED])
    assert await incidents_to_do(db, "LEI") == []
    assert await incidents_waiting(db, "LEI") == 0
