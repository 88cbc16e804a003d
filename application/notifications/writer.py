"""Writes a planned message out: finds its address, opens the words that belong to it, and renders it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from application.notifications.rendering import Addresses, render
from application.ports import CalendarFile, EventStore, Keys, Message, Recorded
from domain.booking.events import CallRequested, CallRequestRejected
from domain.contact import Channel, ContactDetailsGiven
from domain.decider import about
from domain.identity import IdentityRejected
from domain.notification.events import FailedBecause, NotificationPlanned, Occasion
from domain.relationship.events import VisitorLinkRejected

GOOD_FOR = timedelta(days=3)  # a message that could not be sent for so long is not sent any more

FIELDS: Mapping[Channel, str] = {Channel.EMAIL: "email", Channel.SMS: "phone"}
OF_THE_PAST = frozenset(
    {
        Occasion.JOIN_RECEIPT,
        Occasion.CALL_CANCELLED,
        Occasion.TAKEN_OFF,
        Occasion.REQUEST_REJECTED,
        Occasion.REQUEST_LAPSED,
        Occasion.REQUEST_WITHDRAWN,
        Occasion.SANCTIONED,
        Occasion.APPEAL_DECIDED,
    }
)
"""Occasions that are told even when the time of the call is over."""


class Unwritten(Exception):
    """There is nothing to send."""

    def __init__(self, because: FailedBecause) -> None:
        super().__init__(because.value)
        self.because = because


@dataclass(frozen=True)
class Writer:
    """Reads what a message is made of. What it opens is in the message alone."""

    store: EventStore
    keys: Keys
    addresses: Addresses

    async def write(self, recorded: Recorded[NotificationPlanned]) -> Message:
        """The message as it is to be sent now. Raises `Unwritten`, `StoreAway`."""
        planned = recorded.event
        address = await self._address(planned)
        if address is None:
            raise Unwritten(FailedBecause.NO_ADDRESS)
        rendered = render(planned, self.addresses, await self._words(recorded))
        entry = rendered.entry
        return Message(
            notification=planned.notification,
            person=planned.person,
            channel=planned.channel,
            address=address,
            language=planned.language,
            subject=rendered.subject,
            body=rendered.body,
            calendar=None if entry is None else CalendarFile(entry.content(), entry.method),
        )

    async def _address(self, planned: NotificationPlanned) -> str | None:
        """The newest address: whoever corrected it after the message was planned gets it there."""
        given, _ = await self.store.read((about(f"person:{planned.person}", ContactDetailsGiven),))
        sealed = given[-1].sealed.get(FIELDS[planned.channel]) if given else None
        return None if sealed is None else await self.keys.open(sealed)

    async def _words(self, recorded: Recorded[NotificationPlanned]) -> str | None:
        """What the prison wrote for this reader, from the very event that the message tells of."""
        planned = recorded.event
        if planned.channel is not Channel.EMAIL:
            return None
        match planned.occasion:
            case Occasion.REQUEST_REJECTED:
                return await self._reason(recorded)
            case Occasion.IDENTITY_REJECTED:
                facts, _ = await self.store.read((about(f"person:{planned.person}", IdentityRejected),))
                return await self._opened(facts, recorded, "note")
            case Occasion.LINK_REJECTED:
                facts, _ = await self.store.read((about(f"booker:{planned.person}", VisitorLinkRejected),))
                return await self._opened(facts, recorded, "words")
            case _:
                return None

    async def _reason(self, recorded: Recorded[NotificationPlanned]) -> str | None:
        """The reason is for whoever asked, and not for everybody who would have been on the call."""
        tag = f"call:{recorded.event.call}"
        facts, _ = await self.store.read((about(tag, CallRequested, CallRequestRejected),))
        asked = {fact.event.requested_by for fact in facts if isinstance(fact.event, CallRequested)}
        return await self._opened(facts, recorded, "reason") if recorded.event.person in asked else None

    async def _opened(
        self, facts: Sequence[Recorded[Any]], recorded: Recorded[NotificationPlanned], field: str
    ) -> str | None:
        for fact in facts:
            sealed = fact.sealed.get(field)
            if fact.id == recorded.cause and sealed is not None:
                return await self.keys.open(sealed)
        return None


def too_late(planned: NotificationPlanned, now: datetime) -> bool:
    """Whether what it says is over: after a long outage nobody is told of a call that has been."""
    said = planned.said
    ends = [planned.at + GOOD_FOR]
    if planned.occasion is Occasion.PLACE_OFFERED and said.until is not None:
        ends.append(said.until)
    if planned.occasion not in OF_THE_PAST and said.starts_at is not None:
        ends.append(said.starts_at + timedelta(minutes=said.minutes or 0))
    return now >= min(ends)
