"""From a request to a command: who asks, with which command id, and what is answered."""

from dataclasses import dataclass
from typing import Annotated, Any
from uuid import NAMESPACE_URL, uuid4, uuid5

from fastapi import Header, Response

from api.guard import Acting
from api.services import Services
from application.handle import Handled, Seen, handle
from application.ports import Context
from domain import access
from domain.access import RecordView, RecordViewed, Viewed, WallWatched
from domain.booking.events import AskedAs
from domain.decider import Decider
from domain.event import Command

KEY_MAX = 200

IdempotencyKey = Annotated[
    str | None,
    Header(max_length=KEY_MAX, description="the same key again does nothing again and is answered alike"),
]


@dataclass(frozen=True, slots=True)
class Done:
    """What came of a command, for whoever asked over the API."""

    position: int
    again: bool


def context(acting: Acting, key: str | None, *, about: str = "") -> Context:
    """What goes on record beside the events. The same key of the same person and action: the same command."""
    actor = acting.login.actor
    cmd = uuid5(NAMESPACE_URL, f"{actor.id}/{acting.action}/{about}/{key}") if key else uuid4()
    return Context(actor, cmd, corr=cmd)


async def do(
    services: Services,
    decider: Decider[Any, Any, Any],
    command: Command,
    context: Context,
    seen: Seen | None = None,
) -> Handled[Any]:
    """Handle a command of a request. `seen`: the version of the thing that whoever decides had looked at."""
    return await handle(services.store, decider, command, context, seen)


def say(response: Response, handled: Handled[Any]) -> Done:
    """The position as entity tag, so that a read may wait for it with `?after=`."""
    response.headers["etag"] = f'"{handled.position}"'
    return Done(handled.position, handled.again)


async def on_record(services: Services, acting: Acting, what: Viewed, viewed: str, prison: str) -> int:
    """Put on record that somebody reads something, before they see it; the position of that event."""
    view = RecordViewed(
        at=services.now(), prison=prison, viewed=viewed, what=what, viewed_by=acting.login.person
    )
    return await _record(services, acting, view, None)


async def wall_on_record(services: Services, acting: Acting, prison: str) -> int:
    """One event for the whole time that one sign-in watches one wall."""
    view = WallWatched(
        at=services.now(), prison=prison, watched_by=acting.login.person, login=str(acting.login.id)
    )
    return await _record(services, acting, view, f"{acting.login.id}/{prison}")


async def _record(
    services: Services, acting: Acting, view: RecordViewed | WallWatched, key: str | None
) -> int:
    handled = await handle(services.store, access, RecordView(at=view.at, view=view), context(acting, key))
    return handled.position


def derived(context: Context, name: str) -> str:
    """An id for what a command makes: the same command makes the same thing."""
    return str(uuid5(context.cmd, name))


def asked_as(acting: Acting) -> AskedAs:
    """In which part somebody asks."""
    return {"FA": AskedAs.PUBLIC, "PR": AskedAs.PRISONER}.get(acting.login.role, AskedAs.STAFF)
