"""Trying a change of policy on what happened, before anybody publishes it."""

from collections.abc import Mapping
from datetime import date, datetime, timedelta
from typing import Annotated, Any

from fastapi import APIRouter
from pydantic import BaseModel, Field

from api.asked import on_record
from api.days import FIRST_DAY, LAST_DAY
from api.guard import Acting, require
from api.scope import PrisonId, the_prison
from api.services import Services, Use
from application.simulation import Answer, Item, Simulation, Summary, What, simulate
from application.simulation.draft import checked
from domain.access import Viewed
from domain.calendar import day_bounds
from domain.decider import about
from domain.event import Refused
from domain.policy import Policy, PolicyPublished, in_effect

router = APIRouter(prefix="/v1/prisons/{prison}/policy/simulations", tags=["prisons"])

PERIOD_MAX = timedelta(days=366)
PAGE_MAX = 500


class Trial(BaseModel):
    """Changes, laid over whichever policy held at the time, and the days whose requests are decided again."""

    changes: Annotated[dict[str, Any], Field(min_length=1)]
    first: Annotated[date, Field(ge=FIRST_DAY, le=LAST_DAY)]
    last: Annotated[date, Field(ge=FIRST_DAY, le=LAST_DAY, description="the last day, included")]
    offset: Annotated[int, Field(ge=0, description="so many items are left out")] = 0
    limit: Annotated[int, Field(ge=0, le=PAGE_MAX)] = 100


class Found(BaseModel):
    """One request, change or refusal that would have gone otherwise, or of which that cannot be told.

    `comparable`: it met the same world. If not, `since` is the position of the difference after which it
    competed for something that would have been free, or taken.
    """

    position: int
    at: datetime
    what: What
    call: str | None
    session: str
    starts_at: datetime | None
    answer: Answer
    rules: tuple[str, ...]
    comparable: bool
    since: int | None


class Totals(BaseModel):
    """Everything in numbers; `first_difference`: up to then all is comparable."""

    requests: int
    changes: int
    refusals: int
    comparable: dict[str, int]
    not_comparable: dict[str, int]
    rules: dict[str, int]
    first_difference: datetime | None


class Tried(BaseModel):
    """What a change would have done. It is taken that staff would decide as they did."""

    summary: Totals
    items: list[Found]
    total: int


@router.post("")
async def try_policy(
    prison: PrisonId,
    body: Trial,
    services: Use,
    acting: Annotated[Acting, require("policy.propose", the_prison)],
) -> Tried:
    """Which requests and refusals of these days would have gone otherwise. Nothing is changed.

    The answer names calls, so that it was asked is on record first.
    """
    draft = checked(body.changes)
    since, until = await period(services, prison, body.first, body.last)
    await on_record(services, acting, Viewed.USAGE, f"simulation:{prison}/{body.first}/{body.last}", prison)
    report = await simulate(services.store, services.keys, Simulation(prison, draft, since, until))
    page = report.items[body.offset : body.offset + body.limit]
    return Tried(
        summary=_totals(report.summary()), items=[_found(item) for item in page], total=len(report.items)
    )


async def period(services: Services, prison: str, first: date, last: date) -> tuple[datetime, datetime]:
    """From the beginning of one day to the end of another, as the prison counts. Raises `Refused`."""
    if not timedelta() <= last - first < PERIOD_MAX:
        raise Refused("The days go from the first to the last, at most a year.", "days_reversed")
    published, _ = await services.store.read((about(f"policy:{prison}", PolicyPublished),))
    held = in_effect([fact.event for fact in published], services.now())
    if held is None:
        raise Refused("This prison has not published its rules for calls yet.", "policy_missing")
    zone = Policy.model_validate(held.document).time_zone
    return day_bounds(first, zone)[0], day_bounds(last, zone)[1]


def _totals(summary: Summary) -> Totals:
    return Totals(**_plain(summary))


def _found(item: Item) -> Found:
    return Found(**_plain(item), comparable=item.comparable)


def _plain(found: Summary | Item) -> Mapping[str, Any]:
    return {name: getattr(found, name) for name in found.__dataclass_fields__}
