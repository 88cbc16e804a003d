"""One call's record over the API: every event in order, page by page, and what each side saw."""

from collections.abc import Mapping
from datetime import datetime
from typing import Annotated, Any

from fastapi import APIRouter, Request, Response
from pydantic import BaseModel

from api.cursor import LIMIT_MAX, Cursor, Limit, link_next
from api.guard import Acting, require
from api.once import OnceRoute
from api.reading import record_page, words_of
from api.scope import CallId, the_call
from api.services import Use
from domain.clearance import Side
from projections.call_timeline import Entry, Sight

router = APIRouter(prefix="/v1", tags=["calls"], route_class=OnceRoute)


class TimelineEntry(BaseModel):
    """One event of a call: its open fields, and the words that people typed, opened for this reader."""

    position: int
    at: datetime
    recorded_at: datetime
    type: str
    media_ms: int | None
    side: Side | None
    actor_kind: str
    actor_role: str | None
    actor_id: str
    policy: str | None
    data: Mapping[str, Any]
    words: Mapping[str, str]
    prisoner_sees: str
    visitor_sees: str

    @classmethod
    def of(cls, entry: Entry, words: Mapping[str, str]) -> "TimelineEntry":
        """The entry without what is sealed."""
        return cls(
            position=entry.position,
            at=entry.at,
            recorded_at=entry.recorded_at,
            type=entry.type,
            media_ms=entry.media_ms,
            side=entry.side,
            actor_kind=entry.actor_kind.value,
            actor_role=entry.actor_role,
            actor_id=entry.actor_id,
            policy=entry.policy,
            data=entry.data,
            words=words,
            prisoner_sees=entry.seen.prisoner,
            visitor_sees=entry.seen.visitor,
        )


class Timeline(BaseModel):
    """Everything on record about a call, and what each side saw from when to when."""

    entries: list[TimelineEntry]
    sights: list[Sight]
    next: str | None
    """The cursor of the next entries; none after the last."""


@router.get("/calls/{call}/timeline")
async def see_timeline(
    call: CallId,
    request: Request,
    response: Response,
    services: Use,
    acting: Annotated[Acting, require("timeline.read", the_call)],
    limit: Limit = LIMIT_MAX,
    cursor: Cursor = None,
) -> Timeline:
    """The call's record. That it was read is on record before it is answered, and the newest entry in it."""
    page, saw = await record_page(services, acting, call, cursor, limit)
    opened = [TimelineEntry.of(entry, await words_of(services, acting, entry)) for entry in page.items]
    link_next(request, response, page.next)
    return Timeline(entries=opened, sights=saw, next=page.next)
