"""Other times for a call that was refused: the times of a prison around the one that was asked for.

They are found by the prison's templates, and by the days of its sessions that were opened by themselves.
Whether the call could be held at one of them, `Lookup.others` says by the rules of booking themselves.
"""

from collections.abc import Iterator, Sequence
from datetime import date, datetime, timedelta
from typing import Any

from application.ports import EventStore
from domain.calendar import local_day
from domain.decider import about
from domain.policy import Policy
from domain.timetable.events import SessionOpened, SessionTemplatePublished, SessionTemplateRetired
from domain.timetable.slot import Slot, slot_on, slot_opened

LOOKED_AT_MAX = 320  # times: a refusal is answered soon, however many times a prison has


async def near(store: EventStore, asked: Slot, policy: Policy, at: datetime) -> list[Slot]:
    """The prison's other times to come, within the policy's days of the one asked for, the nearest first."""
    days = list(_days_around(asked, policy, at))
    facts, _ = await store.read(
        (
            about(f"timetable:{asked.prison}", SessionTemplatePublished, SessionTemplateRetired),
            *(about(f"timetable_day:{asked.prison}/{day}", SessionOpened) for day in days),
        )
    )
    times = _times([fact.event for fact in facts], days, policy.time_zone)
    others = [slot for slot in times if slot.session != asked.session and slot.starts_at > at]
    others.sort(key=lambda slot: (abs(slot.starts_at - asked.starts_at), slot.starts_at, slot.session))
    return others[:LOOKED_AT_MAX]


def _days_around(asked: Slot, policy: Policy, at: datetime) -> Iterator[date]:
    day, today = local_day(asked.starts_at, policy.time_zone), local_day(at, policy.time_zone)
    far = policy.booking.alternatives_days
    around = (day + timedelta(days=number) for number in range(-far, far + 1))
    return (one for one in around if one >= today)


def _times(events: Sequence[Any], days: Sequence[date], zone: str) -> Iterator[Slot]:
    retired = {one.template: one for one in events if isinstance(one, SessionTemplateRetired)}
    for event in events:
        match event:
            case SessionOpened():
                yield slot_opened(event)
            case SessionTemplatePublished(template=template, weekday=weekday):
                given = (
                    slot_on(event, retired.get(template), day, zone)
                    for day in days
                    if day.weekday() == weekday
                )
                yield from (slot for slot in given if slot is not None)
