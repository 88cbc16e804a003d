"""A prison's week of calls, its rooms, the days without calls, and its policy."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Any

from application.seeding.scale import AHEAD, ZONE
from application.seeding.step import Script, staff
from application.seeding.town import Town
from domain.calendar import local_day, local_time
from domain.policy import (
    Approval,
    Policy,
    PublishPolicy,
    ReviewResult,
    ReviewTightening,
    TightenPolicy,
)
from domain.timetable.commands import AddDevice, BlockDate, PublishTemplate
from domain.timetable.events import CallType
from domain.timetable.slot import session_id

AFTERNOONS, EVENINGS = ("13:45", "14:30", "15:15"), ("17:30", "18:15")
WEEKENDS = ("09:30", "10:15", "13:30", "14:15")
FAMILY_HOUR, LEGAL = "11:00", "10:00"
SATURDAY, SUNDAY, WEDNESDAY = 5, 6, 2
PRISONERS_A_ROOM = 30


@dataclass(frozen=True)
class Weekly:
    """One time of the week at which calls can be booked."""

    template: str
    weekday: int
    starts: str
    minutes: int
    rooms: tuple[str, ...]
    call_type: CallType = CallType.SOCIAL
    wanted: int = 1  # how much people like it

    def session(self, day: date) -> str:
        """The id of its time on a day."""
        return session_id(self.template, day)

    def starts_at(self, day: date) -> datetime:
        """When it begins on a day."""
        return local_time(day, time.fromisoformat(self.starts), ZONE)


@dataclass(frozen=True)
class Week:
    """Everything about when calls can be held in one prison."""

    weekly: tuple[Weekly, ...]
    rooms: tuple[str, ...]
    blocked: frozenset[date]
    training: tuple[Weekly, date]  # one time that falls out once


def week_of(town: Town, first: date, last: date) -> Week:
    """The week of a prison; it is closed on bank holidays."""
    count = max(2, len(town.held) // PRISONERS_A_ROOM)
    rooms = tuple(f"{town.prison}-room-{n}" for n in range(1, count + 1))
    weekly = tuple(_weekly(town, rooms))
    blocked = frozenset(day for year in range(first.year, last.year + 1) for day in bank_holidays(year))
    falls_out = weekly[0]
    day = last - AHEAD
    day -= timedelta(days=(day.weekday() - falls_out.weekday) % 7)
    return Week(weekly, rooms, frozenset(d for d in blocked if first <= d <= last), (falls_out, day))


def _weekly(town: Town, rooms: tuple[str, ...]) -> Iterator[Weekly]:
    for weekday in range(7):
        weekend = weekday >= SATURDAY
        times = WEEKENDS if weekend else AFTERNOONS + (EVENINGS if weekday in (1, 3) else ())
        for starts in times:
            wanted = 8 if weekend else 4 if starts in EVENINGS else 1
            yield _time(town, weekday, starts, 30, rooms, wanted=wanted)
        if weekend:
            yield _time(town, weekday, FAMILY_HOUR, 60, rooms, wanted=6)
    yield _time(town, WEDNESDAY, LEGAL, 60, rooms[:1], call_type=CallType.LEGAL)


def _time(town: Town, weekday: int, starts: str, minutes: int, rooms: tuple[str, ...], **more: Any) -> Weekly:
    template = town.scale.ident(town.prison, "template", weekday, starts)
    return Weekly(template, weekday, starts, minutes, rooms, **more)


def timetable(script: Script, town: Town, week: Week, opened_at: datetime) -> None:
    """Rooms, times of the week, and days without calls."""
    officer = staff(town.workers["BO"], "BO")
    governor = staff(town.workers["GO"], "GO")
    for n, room in enumerate(week.rooms, start=1):
        add = AddDevice(
            at=opened_at + timedelta(hours=2),
            prison=town.prison,
            device=room,
            label=f"Video room {n}",
            added_by=officer.id,
        )
        script.say(f"room/{room}", add, officer)
    for one in week.weekly:
        published = _published(town, one, opened_at, officer.id)
        script.say(f"template/{one.template}", published, officer)
    for day in sorted(week.blocked):
        _block(script, town, day, None, opened_at + timedelta(hours=4), "bank_holiday", governor.id)
    falls_out, day = week.training
    at = max(opened_at + timedelta(hours=4), falls_out.starts_at(day) - timedelta(days=21))
    _block(script, town, day, falls_out.template, at, "staff_training", governor.id)


def _published(town: Town, one: Weekly, opened_at: datetime, officer: str) -> PublishTemplate:
    return PublishTemplate(
        at=opened_at + timedelta(hours=3),
        prison=town.prison,
        template=one.template,
        weekday=one.weekday,
        starts=one.starts,
        minutes=one.minutes,
        first=local_day(opened_at, ZONE),
        stations=len(one.rooms),
        devices=one.rooms,
        call_types=(one.call_type,),
        published_by=officer,
    )


def _block(
    script: Script, town: Town, day: date, template: str | None, at: datetime, because: str, by: str
) -> None:
    command = BlockDate(at=at, prison=town.prison, day=day, template=template, because=because, blocked_by=by)
    script.say(f"block/{town.prison}/{day}/{template}", command, staff(by, "GO"))


def rules_of(number: int) -> dict[str, Any]:
    """What one prison's policy changes of the default. In every third a rule approves what no check holds up.

    Nobody here has a document that could be looked at, so there a rule does not ask for it.
    """
    if number % 3:
        return {}
    return {"people": {"identity_required": False}, "booking": {"approval": Approval.AUTO.value}}


def approves_by_rule(number: int) -> bool:
    """Whether requests of this prison need no officer where no check holds them up."""
    return not number % 3


def policy(script: Script, town: Town, number: int, opened_at: datetime, now: datetime) -> str:
    """The policy that opens the prison, its change halfway, and in some prisons a tightening; the first step."""
    governor, analyst = staff(town.workers["GO"], "GO"), town.workers["PA"]
    document = Policy().merged(rules_of(number)).document()
    opening = PublishPolicy(at=opened_at, prison=town.prison, document=document, published_by=governor.id)
    first = script.say(f"policy/{town.prison}/1", opening, governor)
    half = local_time(local_day(opened_at + (now - opened_at) / 2, ZONE), time(11), ZONE)
    changed = {**document, "booking": {**document["booking"], "alternatives_max": 5}}
    change = PublishPolicy(
        at=half,
        prison=town.prison,
        document=changed,
        published_by=analyst,
        approved_by=governor.id,
        effective_from=local_time(local_day(half, ZONE) + timedelta(days=2), time(), ZONE),
    )
    script.say(f"policy/{town.prison}/2", change, governor)
    if number % 4 == 1:
        _tighten(script, town, half + (now - half) / 2)
    return first


def _tighten(script: Script, town: Town, at: datetime) -> None:
    governor, lead = staff(town.workers["GO"], "GO"), staff(town.workers["SG"], "SG")
    tighten = TightenPolicy(
        at=at,
        prison=town.prison,
        changes={"booking": {"visitors_max": 3}},
        tightened_by=governor.id,
    )
    script.say(f"policy/{town.prison}/3", tighten, governor)
    review = ReviewTightening(
        at=at + timedelta(hours=20),
        prison=town.prison,
        version=3,
        result=ReviewResult.UPHELD,
        reviewed_by=lead.id,
    )
    script.say(f"policy/{town.prison}/3/review", review, lead)


def bank_holidays(year: int) -> frozenset[date]:
    """The bank holidays of England and Wales, without those that are moved from a weekend."""
    easter = _easter(year)
    return frozenset(
        {
            date(year, 1, 1),
            easter - timedelta(days=2),
            easter + timedelta(days=1),
            _monday(date(year, 5, 1)),
            _monday(date(year, 5, 25)),
            _monday(date(year, 8, 25)),
            date(year, 12, 25),
            date(year, 12, 26),
        }
    )


def _monday(day: date) -> date:
    """The first Monday from a day on."""
    return day + timedelta(days=-day.weekday() % 7)


def _easter(year: int) -> date:
    """Easter Sunday, by the rule of Gauss as it holds from 1900 to 2099."""
    moon = (19 * (year % 19) + 24) % 30
    sunday = (2 * (year % 4) + 4 * (year % 7) + 6 * moon + 5) % 7
    days = moon + sunday - (7 if moon + sunday == 35 or (moon == 28 and sunday == 6) else 0)
    return date(year, 3, 22) + timedelta(days=days)
