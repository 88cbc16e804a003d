"""The plan of one prison: everything that happened there, in order of time."""

from dataclasses import dataclass
from datetime import datetime, time, timedelta
from random import Random

from application.seeding import town as towns
from application.seeding import week as weeks
from application.seeding.asking import Asking
from application.seeding.call_day import CallDay
from application.seeding.holding import Holding
from application.seeding.scale import AHEAD, BEFORE_CALLS, ZONE, Scale
from application.seeding.step import SYSTEM, Script, Step, staff
from application.seeding.town import Town
from application.seeding.wish import Wish, calendar_of, wishes
from domain.allowance import AllowanceReason, GrantAllowance
from domain.calendar import local_day, local_month, local_time
from domain.prisoner.decisions import TakeFact
from domain.prisoner.events import FactsReceived


@dataclass(frozen=True)
class Plan:
    """The steps of one prison, in order of time."""

    town: Town
    first: str  # the step that opens the prison
    last: str  # the step by which it is known that everything was done
    steps: tuple[Step, ...]
    to_come: tuple[str, ...]  # calls that were asked for and are still to be held


def plan_of(scale: Scale, number: int, now: datetime) -> Plan:
    """The plan of one prison up to a moment. The same scale, number and moment: the same plan."""
    random = Random(f"kinline/{scale.name}/{number}")
    opened_at = scale.opened_at(now)
    opened_on, last_day = local_day(opened_at, ZONE), local_day(now + AHEAD, ZONE)
    town = towns.town_of(scale, number, opened_on, random)
    week = weeks.week_of(town, opened_on, last_day)
    script = Script()
    first = weeks.policy(script, town, number, opened_at, now)
    weeks.timetable(script, town, week, opened_at)
    towns.people(script, town, opened_at)
    calendar = calendar_of(week, local_day(opened_at + BEFORE_CALLS, ZONE), last_day, now)
    asking = Asking(script, town, calendar, weeks.approves_by_rule(number), random)
    to_come = []
    for wish in wishes(town, week, opened_at, now, random):
        if wish.asked_at > now:
            continue
        _allow(script, town, wish, random)
        for placed in asking.ask(wish):
            Holding(CallDay(script, town, placed, random)).tell()
            if placed.wish.starts_at > now:
                to_come.append(placed.wish.call)
    last = script.say(f"heard/{town.prison}", _heard(town, now), SYSTEM)
    return Plan(town, first, last, script.until(now), tuple(to_come))


def _allow(script: Script, town: Town, wish: Wish, random: Random) -> None:
    """Now and then somebody is given more time in a month."""
    if random.random() > 0.03:
        return
    lead = staff(town.workers["SG"], "SG")
    month = f"{wish.held.ident}/{local_month(wish.starts_at, ZONE)}"
    at = wish.asked_at - timedelta(hours=1)
    grant = GrantAllowance(
        at=at,
        prison=town.prison,
        prisoner=wish.held.ident,
        prisoner_month=month,
        minutes=30,
        reason=AllowanceReason.WELLBEING,
        granted_by=lead.id,
        words="Invented for the seed: a hard time at home.",
    )
    script.say(f"grant/{wish.call}", grant, lead, {wish.held.ident})


def _heard(town: Town, now: datetime) -> TakeFact:
    """The prison's own systems were heard, last of all."""
    fact = FactsReceived(
        at=now,
        prison=town.prison,
        source="seed",
        as_of=local_time(local_day(now, ZONE), time(), ZONE),
        facts_day=f"{town.prison}/{now:%Y-%m-%d}",
    )
    return TakeFact(at=now, fact=fact)
