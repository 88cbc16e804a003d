"""What is done about appeals: one function each, asked by the API and by the pages alike.

Each look at what somebody wrote is on record before anything is answered.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from api.asked import context, derived, do, on_record
from api.cursor import key_of, page_of
from api.guard import Acting
from api.looking import Listed, opened
from api.reading import caught_up
from api.services import Services, tables
from application.handle import Handled, Seen, replay
from domain import appeal
from domain.access import Viewed
from domain.appeal import (
    AppealAgainst,
    AppealOutcome,
    AssignAppeal,
    DecideAppeal,
    LodgeAppeal,
    Matter,
)
from domain.event import Refused
from projections.appeals import (
    Appeal,
    appeal_of,
    appeals_by,
    decided_appeals,
    open_appeals,
)
from projections.conduct import MeasureTaken, measures


@dataclass(frozen=True)
class Told:
    """One appeal with the words of whoever lodged it, and the reasons of whoever decided."""

    appeal: Appeal
    words: str | None  # None: no longer kept
    reasons: str | None


@dataclass(frozen=True)
class Mine:
    """What was decided about somebody, and what they asked to be looked at again; the newest first."""

    measures: Sequence[tuple[MeasureTaken, str | None]]  # with the reason
    appeals: Sequence[Told]


async def matters_of(services: Services, acting: Acting, call: str) -> list[Matter]:
    """What somebody may ask about their call now."""
    asked = _lodging(services, acting, call, AppealAgainst.PAUSE, None, "", "")
    state = await replay(services.store, appeal, asked)
    return state.open_matters(acting.login.person, asked.at)


async def lodge(
    services: Services,
    acting: Acting,
    call: str,
    against: AppealAgainst,
    sanction: str | None,
    words: str,
    key: str | None,
) -> tuple[str, Handled[Any]]:
    """Ask that another person looks at it."""
    asked = context(acting, key, about=call)
    command = _lodging(services, acting, call, against, sanction, words, derived(asked, "appeal"))
    return command.appeal, await do(services, appeal, command, asked)


def _lodging(
    services: Services,
    acting: Acting,
    call: str,
    against: AppealAgainst,
    sanction: str | None,
    words: str,
    ident: str,
) -> LodgeAppeal:
    return LodgeAppeal(
        at=services.now(),
        call=call,
        prison=acting.resource.prison or "",
        appeal=ident,
        lodged_by=acting.login.person,
        against=against,
        sanction=sanction,
        words=words,
    )


async def take(
    services: Services, acting: Acting, call: str, appeal_id: str, key: str | None, seen: Seen | None
) -> Handled[Any]:
    """Whoever asks reviews it, if they had no part in it."""
    me = acting.login.person
    command = AssignAppeal(at=services.now(), call=call, appeal=appeal_id, reviewer=me, assigned_by=me)
    return await do(services, appeal, command, context(acting, key, about=f"{call}/{appeal_id}/take"), seen)


async def answer(
    services: Services,
    acting: Acting,
    call: str,
    appeal_id: str,
    outcome: AppealOutcome,
    reasons: str,
    key: str | None,
    seen: Seen | None,
) -> Handled[Any]:
    """Decide on it, with reasons for whoever asked."""
    command = DecideAppeal(
        at=services.now(),
        call=call,
        prison=acting.resource.prison or "",
        appeal=appeal_id,
        outcome=outcome,
        decided_by=acting.login.person,
        reasons=reasons,
    )
    return await do(services, appeal, command, context(acting, key, about=f"{call}/{appeal_id}/decide"), seen)


async def appeals_of(
    services: Services, acting: Acting, prison: str, cursor: str | None, limit: int, after: int | None
) -> Listed[Appeal]:
    """The prison's open appeals, the one that is due first at the head. That they are read is on record first."""
    of, last = f"appeals/{prison}/{acting.login.id}", None
    if cursor is not None:
        decide_by, ident = key_of(services, of, cursor)
        last = (date.fromisoformat(decide_by), ident)
    await on_record(services, acting, Viewed.APPEALS, f"appeals:{prison}", prison)
    async with tables(services) as db:
        await caught_up(services, db, "appeals", after)
        found = await open_appeals(db, prison, after=last, limit=limit + 1)
    return Listed(*page_of(services, of, found, limit, lambda one: (one.decide_by, one.appeal)))


async def decided_lately(services: Services, prison: str) -> Sequence[Appeal]:
    """How earlier ones were decided; shown beside the open ones, whose reading is on record."""
    async with tables(services) as db:
        return await decided_appeals(db, prison)


async def one_appeal(
    services: Services, acting: Acting, call: str, appeal_id: str, after: int | None = None
) -> Told:
    """One appeal with everything written about it. That it is read is on record first."""
    viewed, prison = f"appeal:{call}/{appeal_id}", acting.resource.prison or ""
    await on_record(services, acting, Viewed.APPEALS, viewed, prison)
    async with tables(services) as db:
        await caught_up(services, db, "appeals", after)
        found = await appeal_of(db, call, appeal_id)
    if found is None:
        raise Refused("There is no such appeal about this call.", "appeal_unknown")
    return await _told(services, found)


async def mine(services: Services, acting: Acting, after: int | None = None) -> Mine:
    """What was decided about whoever asks, and what they asked to be looked at again. It is their own."""
    person = acting.login.person
    async with tables(services) as db:
        await caught_up(services, db, "appeals", after)
        taken, lodged = await measures(db, person=person), await appeals_by(db, person)
    return Mine(
        measures=[(one, (await opened(services, one.sealed)).get("reason")) for one in taken],
        appeals=[await _told(services, one) for one in lodged],
    )


async def _told(services: Services, one: Appeal) -> Told:
    words, reasons = await opened(services, one.words), await opened(services, one.reasons)
    return Told(one, words.get("words"), reasons.get("reasons"))
