"""What neighbouring systems may ask for: to be told from a position on, and to tell what they know."""

from typing import Annotated, Any

from fastapi import APIRouter, Body, Query
from pydantic import BaseModel, Field

from api.guard import Acting, require
from api.scope import PrisonId, own_prison, the_prison
from api.services import Use
from application.announcements import portion
from application.inbox import Answered, FactOutcome, Inbox
from application.integration import AnyEvent
from application.told import Batch
from domain.event import Refused

router = APIRouter(prefix="/v1", tags=["neighbours"])

EVENTS_MAX = 200


class EventPage(BaseModel):
    """Some events in order, and where to go on."""

    events: list[AnyEvent]
    after: int = Field(description="what to ask with next")
    more: bool = Field(description="whether there is more at once")


class Receipt(BaseModel):
    """What came of one message."""

    id: str
    source: str
    outcome: FactOutcome
    position: int | None = Field(description="of the fact; a reader may wait for it")
    rule: str | None = Field(description="of a refused one: the rule that refused it, by name")
    detail: str | None = Field(description="the same as a sentence")

    @classmethod
    def of(cls, message: Any, answered: Answered) -> "Receipt":
        """The receipt for a message."""
        return cls(
            id=message.id,
            source=message.source,
            outcome=answered.outcome,
            position=answered.position,
            rule=answered.rule,
            detail=answered.detail,
        )


class Receipts(BaseModel):
    """What came of each message, in the order in which they were sent."""

    receipts: list[Receipt]


@router.get("/events")
async def read_events(
    services: Use,
    acting: Annotated[Acting, require("integration.read", own_prison)],
    after: Annotated[int, Query(ge=0, le=2**62, description="the position behind which to begin")] = 0,
    limit: Annotated[int, Query(ge=1, le=EVENTS_MAX)] = 100,
) -> EventPage:
    """What webhooks would be sent, for whoever would rather fetch it: the events of the prison one works for."""
    found = await portion(services.store, after, limit=limit, prison=acting.login.prison)
    if not found.events and after > await services.store.head():
        raise Refused("There is nothing at this position yet.", "position_ahead")
    return EventPage(events=list(found.events), after=found.position, more=found.more)


@router.post("/prisons/{prison}/facts")
async def take_facts(
    prison: PrisonId,
    body: Annotated[Batch, Body(description="one message, or several in the order in which they happened")],
    services: Use,
    acting: Annotated[Acting, require("facts.give", the_prison)],
) -> Receipts:
    """Take in what a prison's systems tell: each message once, however often it is sent.

    A message that the rules refuse has a receipt that says so, and stops no other.
    """
    inbox = Inbox(services.store, services.number_index, prison, acting.login.actor)
    answered = [(message, await inbox.take(message, services.now())) for message in body]
    return Receipts(receipts=[Receipt.of(message, answer) for message, answer in answered])
