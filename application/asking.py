"""Asking for a call: what the rules refuse is put on record, and answered with other times where there are any."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any
from uuid import uuid5

from application.alternatives import near
from application.booking import Lookup, P, Wish
from application.handle import Handled, handle
from application.ports import Context
from domain import refusal
from domain.booking.rules import ELSEWHERE
from domain.event import Refused
from domain.refusal import NoteRefusal, note_of
from domain.timetable.slot import Slot


class NotBooked(Refused):
    """The rules said no to a wish. `alternatives`: times at which the same call could be booked instead."""

    def __init__(self, refused: Refused, alternatives: Sequence[Slot] = ()) -> None:
        super().__init__(str(refused), refused.rule, also=refused.also, rules=refused.rules)
        self.alternatives = tuple(alternatives)


@dataclass(frozen=True)
class Asking:
    """How people ask, whether over the API, on a page or at the desk."""

    lookup: Lookup

    async def ask(
        self, kind: type[P], context: Context, at: datetime, wish: Wish, **more: Any
    ) -> tuple[P, Handled[Any]]:
        """Decide on a wish. Raises `NotBooked`, once the refusal is on record."""
        try:
            return await self.lookup.place(kind, context, at, wish, **more)
        except Refused as refused:
            raise await self._not_booked(kind, context, at, wish, more, refused) from refused

    async def _not_booked(
        self,
        kind: type[P],
        context: Context,
        at: datetime,
        wish: Wish,
        more: Mapping[str, Any],
        refused: Refused,
    ) -> NotBooked:
        try:
            slot, policy = await self.lookup.time(wish.prison, wish.session, at)
            command = kind(at=at, **await self.lookup.fields(wish, at), **more)
        except Refused:  # there is no such time, so there is none near it
            await self._note(_unknown_time(context, at, wish, refused), context)
            return NotBooked(refused)
        await self._note(note_of(command, refused, adult_age=policy.booking.adult_age), context)
        if not set(refused.rules) <= ELSEWHERE:
            return NotBooked(refused)
        times = await near(self.lookup.store, slot, policy, at)
        return NotBooked(refused, await self.lookup.others(command, times, policy.booking.alternatives_max))

    async def _note(self, note: NoteRefusal, context: Context) -> None:
        """Unmet demand is the analyst's first question: noted once per person, session and hour."""
        noting = replace(context, cmd=uuid5(context.cmd, "refused"))
        await handle(self.lookup.store, refusal, note, noting)


def _unknown_time(context: Context, at: datetime, wish: Wish, refused: Refused) -> NoteRefusal:
    return NoteRefusal(
        at=at,
        prison=wish.prison,
        session=wish.session,
        requested_by=context.actor.id,
        rule=refused.rule,
        people=len(wish.visitors),
        rules=refused.rules,
        call_type=wish.call_type,
        minutes=wish.minutes,
        asked_as=wish.asked_as,
    )
