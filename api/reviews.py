"""Reviews of what the machine found, and how often it was right: lists for pages, programs and spreadsheets."""

import csv
import io
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Annotated

from fastapi import APIRouter, Query, Request, Response
from pydantic import BaseModel

from api.asked import on_record
from api.cursor import LIMIT, Cursor, Limit, key_of, link_next, page_of
from api.guard import Acting, require
from api.once import OnceRoute
from api.reading import After, caught_up
from api.schedule import cell
from api.scope import PrisonId, the_prison
from api.services import Services, Use, tables
from application.booking import Lookup
from domain.access import Viewed
from domain.moderation.kind import Kind
from projections.moderation_quality import Place, Quality, Unreviewed, quality, unreviewed

router = APIRouter(prefix="/v1/prisons/{prison}", tags=["lists"], route_class=OnceRoute)

DAYS = 90
Days = Annotated[int, Query(ge=1, le=3660, description="so many days back from now")]

COLUMNS = (
    "kind",
    "engine",
    "raised",
    "reviewed",
    "confirmed",
    "dismissed",
    "unclear",
    "precision",
    "precision_n",
    "dismissed_an_hour",
    "hours",
)
"""Their names and order stay; new ones are added at the end."""


@dataclass(frozen=True)
class Due:
    """Something to review, and until when."""

    found: Unreviewed
    due_at: datetime


@dataclass(frozen=True)
class ToReview:
    """A page of what waits for a review, and where the next begins; None on the last."""

    waiting: Sequence[Due]
    next: str | None


class Precision(BaseModel):
    """What came of one engine's automatic pauses of one kind."""

    kind: Kind
    engine: str
    raised: int
    reviewed: int
    confirmed: int
    dismissed: int
    unclear: int
    precision: float | None
    """The share of true ones among those that were confirmed or dismissed."""
    precision_n: int
    dismissed_an_hour: float | None
    hours: float

    @classmethod
    def of(cls, one: Quality) -> "Precision":
        """Rounded: no more is known than so few reviews can say."""
        return cls(
            kind=one.kind,
            engine=one.engine,
            raised=one.raised,
            reviewed=one.reviewed,
            confirmed=one.confirmed,
            dismissed=one.dismissed,
            unclear=one.unclear,
            precision=None if one.precision is None else round(one.precision, 3),
            precision_n=one.decided,
            dismissed_an_hour=None if one.dismissed_an_hour is None else round(one.dismissed_an_hour, 3),
            hours=round(one.talk_ms / 3_600_000, 2),
        )


@router.get("/reviews")
async def read_reviews(
    prison: PrisonId,
    request: Request,
    response: Response,
    services: Use,
    acting: Annotated[Acting, require("violation.review", the_prison)],
    limit: Limit = LIMIT,
    cursor: Cursor = None,
    after: After = None,
) -> ToReview:
    """What the machine found in calls that are over, and nobody has reviewed: automatic pauses first."""
    found = await reviews_of(services, acting, prison, cursor, limit, after)
    link_next(request, response, found.next)
    return found


@router.get("/moderation-quality")
async def read_quality(
    prison: PrisonId,
    services: Use,
    acting: Annotated[Acting, require("quality.read", the_prison)],
    days: Days = DAYS,
) -> list[Precision]:
    """How often automatic pauses were right, by kind and engine. No person is in it."""
    return [Precision.of(one) for one in await quality_of(services, acting, prison, days)]


@router.get("/moderation-quality.csv", response_class=Response)
async def read_quality_table(
    prison: PrisonId,
    services: Use,
    acting: Annotated[Acting, require("quality.read", the_prison)],
    days: Days = DAYS,
) -> Response:
    """The same as a table."""
    found = await quality_of(services, acting, prison, days)
    return Response(
        table(found),
        media_type="text/csv; charset=utf-8",
        headers={"content-disposition": f'attachment; filename="moderation-quality-{prison}.csv"'},
    )


def table(found: Sequence[Quality]) -> str:
    """How often automatic pauses were right, as CSV."""
    written = io.StringIO()
    rows = csv.writer(written)
    rows.writerow(COLUMNS)
    rows.writerows([cell(value) for value in _row(Precision.of(one))] for one in found)
    return written.getvalue()


def _row(one: Precision) -> Iterator[str]:
    values = one.model_dump(mode="json")
    for name in COLUMNS:
        yield "" if values[name] is None else str(values[name])


# What routes and pages share


async def reviews_of(
    services: Services, acting: Acting, prison: str, cursor: str | None, limit: int, after: int | None
) -> ToReview:
    """A page of what waits for a review. That it is read is on record first."""
    of = f"reviews/{prison}/{acting.login.id}"
    last = None if cursor is None else _place(key_of(services, of, cursor))
    await on_record(services, acting, Viewed.REVIEWS, f"reviews:{prison}", prison)
    policy = await Lookup(services.store, None).policy(prison, services.now())
    within = timedelta(hours=policy.staff.review_within_hours)
    async with tables(services) as db:
        await caught_up(services, db, "moderation_quality", after)
        found = await unreviewed(db, prison, after=last, limit=limit + 1)
    page, following = page_of(services, of, found, limit, lambda one: one.place)
    return ToReview([Due(one, one.over_at + within) for one in page], following)


async def quality_of(services: Services, acting: Acting, prison: str, days: int) -> list[Quality]:
    """What came of the automatic pauses of so many days. That it is read is on record first."""
    await on_record(services, acting, Viewed.QUALITY, f"quality:{prison}/{days}", prison)
    async with tables(services) as db:
        return await quality(db, prison, services.now() - timedelta(days=days))


def _place(key: Sequence[object]) -> Place:
    rank, raised_at, call, violation = key
    assert isinstance(rank, int)
    return rank, datetime.fromisoformat(str(raised_at)), str(call), str(violation)
