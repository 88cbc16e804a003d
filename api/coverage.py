"""Coverage: which calls needed somebody to watch them, and whether somebody did; for programs and spreadsheets."""

import csv
import io
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from http import HTTPStatus
from typing import Annotated, Any
from zoneinfo import ZoneInfo

from fastapi import APIRouter, Query, Response
from pydantic import BaseModel

from api.asked import on_record
from api.days import FIRST_DAY, LAST_DAY
from api.described import says
from api.guard import Acting, require
from api.once import OnceRoute
from api.schedule import cell
from api.scope import PrisonId, the_prison
from api.services import Services, Use, tables
from domain.access import Viewed
from domain.calendar import day_bounds, local_day
from domain.event import Refused
from projections.booking_calendar import zone_of
from projections.monitoring_coverage import Coverage, Needed, Watch, coverage

router = APIRouter(prefix="/v1/prisons/{prison}", tags=["prisons"], route_class=OnceRoute)

USUAL_DAYS = 7
DAYS_MAX = 92

COLUMNS = (
    "call",
    "planned_for",
    "needed",
    "watch",
    "started_at",
    "over_at",
    "held_s",
    "late_s",
    "gap_s",
    "watched_s",
)
"""Their names and order stay; new ones are added at the end."""

First = Annotated[
    date | None, Query(ge=FIRST_DAY, le=LAST_DAY, description="the first day; none: seven days ago")
]
Last = Annotated[
    date | None, Query(ge=FIRST_DAY, le=LAST_DAY, description="the last day, included; none: today")
]


class Covered(BaseModel):
    """One call that needed a monitor, and how it was watched. Times in whole seconds."""

    call: str
    planned_for: datetime
    needed: list[Needed]
    watch: Watch
    started_at: datetime | None
    over_at: datetime | None
    held_s: int
    """How long everybody was ready and waited for a monitor."""
    late_s: int | None
    """How long it went on before anybody watched; null: nobody ever did."""
    gap_s: int
    """How long nobody watched after somebody had begun to."""
    watched_s: int

    @classmethod
    def of(cls, row: Coverage, now: datetime) -> "Covered":
        """The call as it stands now."""
        return cls(
            call=row.call,
            planned_for=row.starts_at,
            needed=list(row.needed),
            watch=row.watch(now),
            started_at=row.started_at,
            over_at=row.over_at,
            held_s=row.held_s(now),
            late_s=row.late_s(now),
            gap_s=row.gap_s(now),
            watched_s=row.watched_s(now),
        )


@dataclass(frozen=True)
class Days:
    """Days of a prison, with its calls that needed a monitor."""

    first: date
    last: date
    zone: ZoneInfo
    calls: Sequence[Covered]


TOO_MANY_DAYS: dict[int | str, dict[str, Any]] = {409: says(HTTPStatus.CONFLICT)}


@router.get("/monitoring-coverage", responses=TOO_MANY_DAYS)
async def read_coverage(
    prison: PrisonId,
    services: Use,
    acting: Annotated[Acting, require("coverage.read", the_prison)],
    first: First = None,
    last: Last = None,
) -> list[Covered]:
    """The calls of these days that needed somebody to watch them, in order. No person is in it."""
    return list((await coverage_of(services, acting, prison, first, last)).calls)


@router.get("/monitoring-coverage.csv", response_class=Response, responses=TOO_MANY_DAYS)
async def read_coverage_table(
    prison: PrisonId,
    services: Use,
    acting: Annotated[Acting, require("coverage.read", the_prison)],
    first: First = None,
    last: Last = None,
) -> Response:
    """The same as a table. Times are those of the prison's own clock."""
    found = await coverage_of(services, acting, prison, first, last)
    name = f"monitoring-coverage-{prison}-{found.first}-{found.last}.csv"
    return Response(
        table(found),
        media_type="text/csv; charset=utf-8",
        headers={"content-disposition": f'attachment; filename="{name}"'},
    )


def table(days: Days) -> str:
    """The calls as CSV."""
    written = io.StringIO()
    rows = csv.writer(written)
    rows.writerow(COLUMNS)
    rows.writerows([cell(value) for value in _row(call, days.zone)] for call in days.calls)
    return written.getvalue()


def _row(call: Covered, zone: ZoneInfo) -> Iterator[str]:
    for name in COLUMNS:
        value = getattr(call, name)
        if isinstance(value, datetime):
            yield f"{value.astimezone(zone):%Y-%m-%d %H:%M:%S}"
        elif isinstance(value, list):
            yield "; ".join(value)
        else:
            yield "" if value is None else str(value)


async def coverage_of(
    services: Services, acting: Acting, prison: str, first: date | None, last: date | None
) -> Days:
    """The calls of these days that needed a monitor. That they are read is on record first."""
    now = services.now()
    async with tables(services) as db:
        zone = await zone_of(db, prison, now)
    until = last or local_day(now, zone)
    since = first or until - timedelta(days=USUAL_DAYS)
    if not timedelta() <= until - since < timedelta(days=DAYS_MAX):
        raise Refused("Please ask for 92 days at most, the earlier one first.", "days_max")
    await on_record(services, acting, Viewed.COVERAGE, f"coverage:{prison}/{since}/{until}", prison)
    begin, end = day_bounds(since, zone)[0], day_bounds(until, zone)[1]
    async with tables(services) as db:
        found = await coverage(db, prison, begin, end)
    return Days(since, until, ZoneInfo(zone), [Covered.of(row, now) for row in found])
