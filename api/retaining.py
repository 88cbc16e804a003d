"""What is kept of a prison's calls, over the API and for the page: the list, and keeping something longer."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Annotated, Any

from fastapi import APIRouter, Response
from pydantic import BaseModel, Field

from api.asked import Done, IdempotencyKey, context, do, on_record, say
from api.guard import Acting, require
from api.once import OnceRoute
from api.reading import After, caught_up
from api.scope import CallId, PrisonId, the_call, the_prison
from api.services import Services, Use, tables
from application.affected import policy_of
from application.handle import Handled
from application.weeding import Weeding
from domain import retention
from domain.access import Viewed
from domain.calendar import local_day
from domain.monitoring.events import Ground
from domain.retention import ExtendRetention
from projections.kept import Kept, kept_until

router = APIRouter(prefix="/v1", tags=["retention"], route_class=OnceRoute)

AHEAD = timedelta(days=7)  # what has its last day so soon is told too


class Extension(BaseModel):
    """Until when it is needed, on which ground, and why."""

    until: date
    ground: Ground
    reason: Annotated[str, Field(min_length=1, max_length=2000)]


@dataclass(frozen=True)
class KeptNow:
    """One kind of media of one call, and where it stands today."""

    kept: Kept
    weeding: Weeding


@dataclass(frozen=True)
class RetentionList:
    """What has its last day within a week, or had it and is still there: the oldest first, 200 at most."""

    today: date
    kept: Sequence[KeptNow]


@router.get("/prisons/{prison}/retention")
async def read_retention(
    prison: PrisonId,
    services: Use,
    acting: Annotated[Acting, require("retention.read", the_prison)],
    after: After = None,
) -> RetentionList:
    """What is due to be destroyed, what is kept longer, and what is overdue."""
    return await retention_of(services, acting, prison, after)


@router.post("/calls/{call}/retention")
async def extend_retention(
    call: CallId,
    body: Extension,
    response: Response,
    services: Use,
    acting: Annotated[Acting, require("retention.extend", the_call)],
    idempotency_key: IdempotencyKey = None,
) -> Done:
    """Keep what there is of a call longer. It is looked at again when that time is over."""
    handled = await extend(services, acting, call, body.until, body.ground, body.reason, idempotency_key)
    return say(response, handled)


async def retention_of(services: Services, acting: Acting, prison: str, after: int | None) -> RetentionList:
    """The list. That it is read is on record first."""
    await on_record(services, acting, Viewed.RETENTION, f"retention:{prison}", prison)
    now = services.now()
    today = local_day(now, (await policy_of(services.store, prison, now)).time_zone)
    async with tables(services) as db:
        await caught_up(services, db, "kept", after)
        found = await kept_until(db, prison, today + AHEAD)
    return RetentionList(today, [KeptNow(one, one.weeding(today)) for one in found])


async def extend(
    services: Services, acting: Acting, call: str, until: date, ground: Ground, reason: str, key: str | None
) -> Handled[Any]:
    """Keep it longer."""
    command = ExtendRetention(
        at=services.now(),
        call=call,
        prison=acting.resource.prison or "",
        until=until,
        ground=ground,
        extended_by=acting.login.person,
        reason=reason,
    )
    return await do(services, retention, command, context(acting, key, about=f"{call}/{until}"))
