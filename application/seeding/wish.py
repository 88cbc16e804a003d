"""Who wants which calls, month by month: more than there is room for at times that everybody likes."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from itertools import groupby
from random import Random

from application.seeding.scale import AHEAD, BEFORE_CALLS, ZONE
from application.seeding.town import Held, Somebody, Town
from application.seeding.week import Week, Weekly
from domain.calendar import local_day, local_month
from domain.timetable.events import CallType

A_MONTH = (
    0,
    1,
    1,
    1,
    2,
    2,
    2,
    2,
    2,
    3,
)  # calls somebody wants: two fill the month's time, a third is refused
LEAD_DAYS = (3, 4, 5, 6, 7, 7, 8, 10, 12, 14, 18, 21)
QUIET = (
    timedelta(hours=-3),
    timedelta(hours=1),
)  # around now no call is held: every call is over, or to come
ON_REMAND = 1.5
ATTEMPTS = 8


@dataclass(frozen=True)
class Wish:
    """One call that somebody wants."""

    call: str
    held: Held
    visitors: tuple[Somebody, ...]
    time: Weekly
    day: date
    minutes: int
    asked_at: datetime

    @property
    def starts_at(self) -> datetime:
        """When the call would begin."""
        return self.time.starts_at(self.day)

    @property
    def session(self) -> str:
        """The time it takes a place in."""
        return self.time.session(self.day)

    @property
    def is_legal(self) -> bool:
        """Whether a lawyer calls."""
        return self.time.call_type is CallType.LEGAL


@dataclass(frozen=True)
class Calendar:
    """Every time at which a call could be held, by month, with how much it is liked."""

    months: dict[str, list[tuple[date, Weekly]]]

    def draw(self, month: str, random: Random, *, legal: bool = False) -> tuple[date, Weekly] | None:
        """One time of a month, the liked ones more often. None: the month has none."""
        kind = CallType.LEGAL if legal else CallType.SOCIAL
        found = [(day, one) for day, one in self.months[month] if one.call_type is kind]
        if not found:
            return None
        return random.choices(found, [one.wanted for _, one in found])[0]


def calendar_of(week: Week, first: date, last: date, now: datetime) -> Calendar:
    """The times from a day to a day, but those around now and those that fall out."""
    quiet = (now + QUIET[0], now + QUIET[1])
    times = [
        (day, one)
        for day in (first + timedelta(days=n) for n in range((last - first).days + 1))
        if day not in week.blocked
        for one in week.weekly
        if one.weekday == day.weekday()
        and (one, day) != week.training
        and not quiet[0] <= one.starts_at(day) <= quiet[1]
    ]
    months = groupby(times, key=lambda each: f"{each[0]:%Y-%m}")
    return Calendar({month: list(each) for month, each in months})


def wishes(town: Town, week: Week, opened_at: datetime, now: datetime, random: Random) -> Iterator[Wish]:
    """Every call that somebody of this prison wants, up to those that are asked for by now."""
    first, last = local_day(opened_at + BEFORE_CALLS, ZONE), local_day(now + AHEAD, ZONE)
    calendar = calendar_of(week, first, last, now)
    for held in town.callers:
        taken: set[date] = set()
        for month in calendar.months:
            for n in range(_count(held, month, first, last, random)):
                wish = _wish(town, held, calendar, month, taken, random, f"{month}/{n}")
                if wish is not None and wish.asked_at > opened_at + timedelta(days=6):
                    taken.add(wish.day)
                    yield wish


def _count(held: Held, month: str, first: date, last: date, random: Random) -> int:
    """How many calls in a month; fewer where only a part of the month is within the year."""
    wanted = random.choice(A_MONTH) * (ON_REMAND if held.remand else 1.0)
    ends = [day for day in (first, last) if f"{day:%Y-%m}" == month]
    part = 1.0
    if ends == [first]:
        part = 1 - first.day / 31
    elif ends == [last]:
        part = last.day / 31
    return round(wanted * part)


def _wish(
    town: Town, held: Held, calendar: Calendar, month: str, taken: set[date], random: Random, name: str
) -> Wish | None:
    legal = held.lawyer is not None and random.random() < 0.15
    for _ in range(ATTEMPTS):
        drawn = calendar.draw(month, random, legal=legal)
        if drawn is None or drawn[0] in taken:
            continue
        day, time = drawn
        lead = 1 if random.random() < 0.02 else random.choice(LEAD_DAYS)  # some ask too late
        asked_at = time.starts_at(day).replace(hour=random.randint(8, 21), minute=random.randint(0, 59))
        return Wish(
            call=town.scale.ident(held.ident, name),
            held=held,
            visitors=(held.lawyer,) if legal and held.lawyer is not None else _visitors(held, random),
            time=time,
            day=day,
            minutes=time.minutes,
            asked_at=asked_at - timedelta(days=lead),
        )
    return None


def _visitors(held: Held, random: Random) -> tuple[Somebody, ...]:
    """An adult, often with another and with children."""
    lead, *others = random.sample(held.adults, len(held.adults))
    with_others = [one for one in others if random.random() < 0.3]
    with_children = held.children if random.random() < 0.6 else ()
    return (lead, *with_others, *with_children)


def other_time(wish: Wish, calendar: Calendar, random: Random) -> tuple[date, Weekly] | None:
    """Another time of the same month at which the same people could call; later than the asking allows for."""
    month = local_month(wish.starts_at, ZONE)
    for _ in range(ATTEMPTS):
        drawn = calendar.draw(month, random, legal=wish.is_legal)
        if drawn is not None and drawn[1].minutes == wish.minutes and drawn[0] > wish.day:
            return drawn
    return None
