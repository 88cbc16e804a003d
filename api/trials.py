"""A policy or an engine on trial in live calls: what it would have done, before anybody enables it."""

from datetime import date
from typing import Annotated, Any

from fastapi import APIRouter, Query
from pydantic import BaseModel

from api.asked import on_record
from api.days import FIRST_DAY, LAST_DAY
from api.guard import Acting, require
from api.scope import PrisonId, the_prison
from api.services import Use
from api.simulations import period
from application.replay import Comparison, tried, tried_engines
from domain.access import Viewed

router = APIRouter(prefix="/v1/prisons/{prison}", tags=["prisons"])

Day = Annotated[date, Query(ge=FIRST_DAY, le=LAST_DAY)]


class KindOnTrial(BaseModel):
    """How often both policies did it, only the live one, only the one on trial."""

    kind: str
    action: str
    both: int
    only_live: int
    only_shadow: int


class OnTrial(BaseModel):
    """What was on trial in the calls of these days, and where it parts from what was done."""

    changes: list[dict[str, Any]]
    calls: int
    kinds: list[KindOnTrial]


@router.get("/policy/shadow")
async def see_shadow(
    prison: PrisonId,
    first: Day,
    last: Day,
    services: Use,
    acting: Annotated[Acting, require("policy.propose", the_prison)],
) -> OnTrial:
    """Calls of these days in which `moderation.shadow` was on trial, in numbers. That it was asked is on record."""
    since, until = await period(services, prison, first, last)
    await on_record(services, acting, Viewed.USAGE, f"shadow:{prison}/{first}/{last}", prison)
    return _told(await tried(services.store, prison, since, until))


@router.get("/engine-trial")
async def see_engine_trial(
    prison: PrisonId,
    first: Day,
    last: Day,
    services: Use,
    acting: Annotated[Acting, require("policy.propose", the_prison)],
) -> OnTrial:
    """Calls of these days in which an engine was on trial, in numbers, with how many pictures each engine looked at.

    That it was asked is on record.
    """
    since, until = await period(services, prison, first, last)
    await on_record(services, acting, Viewed.USAGE, f"engine-trial:{prison}/{first}/{last}", prison)
    return _told(await tried_engines(services.store, prison, since, until))


def _told(found: Comparison) -> OnTrial:
    kinds = [
        KindOnTrial(
            kind=what.partition(", ")[0],
            action=what.partition(", ")[2],
            both=tally.both,
            only_live=tally.only_live,
            only_shadow=tally.only_shadow,
        )
        for what, tally in found.tallies.items()
    ]
    return OnTrial(changes=[dict(change) for change in found.changes], calls=found.calls, kinds=kinds)
