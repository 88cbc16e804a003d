"""Hidden pictures: one is shown to one officer, once they asked, and never before that is on record.

The picture is the one of the moment in which it was shown. It is kept for a minute in memory, for that
sign-in alone, so that its page can be loaded again; nothing of it is written anywhere.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from http import HTTPStatus
from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Path, Request, Response

from api import desk
from api.asked import IdempotencyKey, context, derived, do, on_record, say
from api.calls import Reason
from api.described import says
from api.faces import covered
from api.guard import Acting, require
from api.once import OnceRoute
from api.reading import After, caught_up
from api.scope import CallId, Id, PrisonId, the_call, the_prison
from api.services import Services, Use, tables
from application.booking import Lookup
from application.handle import Handled, replay
from application.ports import Context, Still, StoreAway
from domain import exposure
from domain.access import Viewed
from domain.clearance import Side
from domain.event import Refused
from domain.exposure import (
    AgreeReveal,
    AskReveal,
    Hidden,
    RevealCommand,
    SensitiveImageRevealed,
    ShowRevealed,
)
from domain.policy.staff import StaffPolicy
from projections.exposure import Exposure, exposure_of, exposures

router = APIRouter(prefix="/v1", tags=["calls"], route_class=OnceRoute)

KEPT = timedelta(minutes=1)
KEPT_MAX = 50  # pictures of all officers together; the oldest goes first

RevealId = Annotated[str, Path(pattern=Id, description="the id that was answered to whoever asked")]


class Revealed:
    """The pictures that were shown within the last minute, each for the sign-in that asked for it."""

    def __init__(self) -> None:
        self._kept: dict[str, tuple[UUID, datetime, bytes]] = {}

    def keep(self, name: str, login: UUID, now: datetime, jpeg: bytes) -> None:
        """Keep one for a minute."""
        self._forget(now)
        while len(self._kept) >= KEPT_MAX:
            self._kept.pop(next(iter(self._kept)))
        self._kept[name] = (login, now + KEPT, jpeg)

    def get(self, name: str, login: UUID, now: datetime) -> bytes | None:
        """The picture, if it is this sign-in's and its minute is not over."""
        self._forget(now)
        whose, _, jpeg = self._kept.get(name, (None, now, b""))
        return jpeg if whose == login else None

    def _forget(self, now: datetime) -> None:
        self._kept = {name: kept for name, kept in self._kept.items() if kept[1] > now}


@dataclass(frozen=True)
class RevealDone:
    """What came of it. `shown`: the picture can be fetched now; otherwise a second officer has to agree."""

    reveal: str
    shown: bool
    position: int


@dataclass(frozen=True)
class Ledger:
    """How many sensitive pictures officers were shown, and from how many on they are asked to rotate."""

    officers: Sequence[Exposure]
    within_7_days_max: int
    within_28_days_max: int

    def over(self, one: Exposure) -> bool:
        """Whether somebody has seen more than the prison wants anybody to."""
        return one.within_7_days > self.within_7_days_max or one.within_28_days > self.within_28_days_max


@router.post("/calls/{call}/stills/{side}/reveal")
async def ask_reveal(
    call: CallId,
    side: Side,
    body: Reason,
    request: Request,
    response: Response,
    services: Use,
    acting: Annotated[Acting, require("image.reveal", the_call)],
    idempotency_key: IdempotencyKey = None,
) -> RevealDone:
    """Ask to be shown a hidden picture, and say why. Where the prison wants two people, a second has to agree."""
    done = await ask(request, services, acting, call, side, body.reason, idempotency_key)
    response.headers["etag"] = f'"{done.position}"'
    return done


@router.post("/calls/{call}/reveals/{reveal}/agree")
async def agree_reveal(
    call: CallId,
    reveal: RevealId,
    response: Response,
    services: Use,
    acting: Annotated[Acting, require("image.reveal", the_call)],
    idempotency_key: IdempotencyKey = None,
) -> RevealDone:
    """Agree that whoever asked is shown the picture."""
    handled = await agree(services, acting, call, reveal, idempotency_key)
    return RevealDone(reveal, False, say(response, handled).position)


@router.post("/calls/{call}/reveals/{reveal}/show")
async def show_reveal(
    call: CallId,
    reveal: RevealId,
    request: Request,
    response: Response,
    services: Use,
    acting: Annotated[Acting, require("image.reveal", the_call)],
    idempotency_key: IdempotencyKey = None,
) -> RevealDone:
    """Be shown what a second officer agreed to."""
    done = await show(request, services, acting, call, reveal, idempotency_key)
    response.headers["etag"] = f'"{done.position}"'
    return done


@router.get(
    "/calls/{call}/reveals/{reveal}",
    response_class=Response,
    responses={200: {"content": {"image/jpeg": {}}}, 404: says(HTTPStatus.NOT_FOUND)},
)
async def see_revealed(
    call: CallId,
    reveal: RevealId,
    request: Request,
    services: Use,
    acting: Annotated[Acting, require("image.reveal", the_call)],
) -> Response:
    """The picture that was shown, for a minute and for the sign-in that asked for it."""
    return the_shown(request, services, acting, f"{call}/{reveal}")


@router.get("/prisons/{prison}/exposure")
async def read_exposure(
    prison: PrisonId,
    services: Use,
    acting: Annotated[Acting, require("exposure.read", the_prison)],
    after: After = None,
) -> Ledger:
    """How many sensitive pictures each officer was shown within 7 and 28 days."""
    return await ledger_of(services, acting, prison, after)


# What routes and pages share


def kept_of(request: Request) -> Revealed:
    """The pictures of the last minute."""
    found: Revealed = request.app.state.revealed
    return found


def show_for_a_minute(request: Request, services: Services, acting: Acting, name: str, still: Still) -> None:
    """Let this sign-in fetch a picture; in a demonstration every face in it is covered."""
    jpeg = still.jpeg if services.settings.demo is None else covered(still)
    kept_of(request).keep(name, acting.login.id, services.now(), jpeg)


def the_shown(request: Request, services: Services, acting: Acting, name: str) -> Response:
    """The picture that this sign-in was shown within the last minute. Raises `Refused`."""
    jpeg = kept_of(request).get(name, acting.login.id, services.now())
    if jpeg is None:
        raise Refused("This picture is no longer shown.", "picture_gone")
    return Response(jpeg, media_type="image/jpeg")


async def hidden_of(services: Services, acting: Acting, call: str) -> Hidden:
    """What is hidden in a call, in figures and words. That it is read is on the call's record first."""
    prison = acting.resource.prison or ""
    await on_record(services, acting, Viewed.HIDDEN, f"call:{call}", prison)
    looking = AgreeReveal(at=services.now(), call=call, prison=prison, reveal="", officer=acting.login.person)
    return await replay(services.store, exposure, looking)


async def ask(
    request: Request, services: Services, acting: Acting, call: str, side: Side, reason: str, key: str | None
) -> RevealDone:
    """Ask for a picture; where one person is enough it is shown at once."""
    asked = context(acting, key, about=f"{call}/{side}")
    command = AskReveal(
        at=services.now(),
        call=call,
        prison=acting.resource.prison or "",
        reveal=derived(asked, "reveal"),
        side=side,
        officer=acting.login.person,
        reason=reason,
    )
    return await _shown(request, services, acting, command, side, asked)


async def agree(services: Services, acting: Acting, call: str, reveal: str, key: str | None) -> Handled[Any]:
    """Agree to what somebody else asked for."""
    command = AgreeReveal(
        at=services.now(),
        call=call,
        prison=acting.resource.prison or "",
        reveal=reveal,
        officer=acting.login.person,
    )
    return await do(services, exposure, command, context(acting, key, about=f"{call}/{reveal}/agree"))


async def show(
    request: Request, services: Services, acting: Acting, call: str, reveal: str, key: str | None
) -> RevealDone:
    """Be shown what was agreed to."""
    command = ShowRevealed(
        at=services.now(),
        call=call,
        prison=acting.resource.prison or "",
        reveal=reveal,
        officer=acting.login.person,
    )
    asked = (await replay(services.store, exposure, command)).asked.get(reveal)
    if asked is None:
        raise Refused("Nobody asked for this picture.", "reveal_unknown")
    made = context(acting, key, about=f"{call}/{reveal}/show")
    return await _shown(request, services, acting, command, asked.side, made)


async def _shown(
    request: Request,
    services: Services,
    acting: Acting,
    command: RevealCommand,
    side: Side,
    asked: Context,
) -> RevealDone:
    """Take the picture, put it on record that it is shown, and only then let it be fetched."""
    still = await desk.still(services, command.call, side, bare=services.settings.demo is None)
    if still is None:
        raise Refused("There is no picture of this side at the moment.", "picture_missing")
    handled = await do(services, exposure, command, asked)
    shown = any(isinstance(event, SensitiveImageRevealed) for event in handled.events)
    if shown and not handled.again:
        show_for_a_minute(request, services, acting, f"{command.call}/{command.reveal}", still)
    return RevealDone(command.reveal, shown, handled.position)


async def ledger_of(services: Services, acting: Acting, prison: str, after: int | None) -> Ledger:
    """The exposure of the prison's officers. That it is read is on record first."""
    await on_record(services, acting, Viewed.EXPOSURE, f"exposure:{prison}", prison)
    rules = await _rules(services, prison)
    async with tables(services) as db:
        await caught_up(services, db, "exposure", after)
        found = await exposures(db, prison, services.now())
    return Ledger(found, rules.reveals_7_days_max, rules.reveals_28_days_max)


async def own_exposure(services: Services, acting: Acting, prison: str) -> Ledger | None:
    """What whoever watches was shown themselves; None while nobody can say: the wall does without it."""
    try:
        rules = await _rules(services, prison)
        async with tables(services) as db:
            own = await exposure_of(db, acting.login.person, services.now())
    except StoreAway:
        return None
    return Ledger((own,), rules.reveals_7_days_max, rules.reveals_28_days_max)


async def _rules(services: Services, prison: str) -> StaffPolicy:
    return (await Lookup(services.store, None).policy(prison, services.now())).staff
