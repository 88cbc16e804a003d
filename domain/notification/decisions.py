"""Planning a message, and noting what became of it."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import assert_never
from uuid import UUID, uuid5

from pydantic import Field

from domain.contact import ContactDetailsGiven
from domain.decider import Boundary, about
from domain.event import Command, Refused
from domain.notification.events import (
    FailedBecause,
    NotificationDelivered,
    NotificationFailed,
    NotificationPlanned,
    NotificationSent,
    Notified,
    Occasion,
    Said,
)


class TellPeople(Command):
    """Write to these people, each by the ways and in the language they chose. Nobody else has an address."""

    event: UUID  # of which they are told
    occasion: Occasion
    text_version: int = Field(ge=1)
    people: tuple[str, ...] = Field(min_length=1)
    call: str | None
    prison: str | None
    said: Said


class NoteSent(Command):
    """The provider has taken the message over."""

    notification: str
    via: str
    reference: str


class NoteDelivered(Command):
    """The provider says that it was delivered."""

    notification: str


class NoteFailed(Command):
    """It will not reach its reader."""

    notification: str
    because: FailedBecause
    permanent: bool


Noting = NoteSent | NoteDelivered | NoteFailed
NotificationCommand = TellPeople | Noting


@dataclass(frozen=True)
class Notifications:
    """Where to write to people; or what became of one message."""

    contacts: Mapping[str, ContactDetailsGiven] = field(default_factory=dict)
    planned: NotificationPlanned | None = None
    sent: NotificationSent | None = None
    settled: bool = False  # delivered or failed: nothing more is expected


initial = Notifications()


def boundary(command: NotificationCommand) -> Boundary:
    """The contact details of the people to be told, or one message."""
    if isinstance(command, TellPeople):
        return tuple(about(f"person:{person}", ContactDetailsGiven) for person in command.people)
    events = (NotificationPlanned, NotificationSent, NotificationDelivered, NotificationFailed)
    return (about(f"notification:{command.notification}", *events),)


def evolve(state: Notifications, event: Notified | ContactDetailsGiven) -> Notifications:
    """The newest details of each person; how far the message has come."""
    match event:
        case ContactDetailsGiven(person=person):
            return replace(state, contacts={**state.contacts, person: event})
        case NotificationPlanned():
            return replace(state, planned=event)
        case NotificationSent():
            return replace(state, sent=event)
        case NotificationDelivered() | NotificationFailed():
            return replace(state, settled=True)
        case _:
            assert_never(event)


def decide(state: Notifications, command: NotificationCommand) -> list[Notified]:
    """A message for each way of each person; or one more step of one."""
    if isinstance(command, TellPeople):
        return [
            planned
            for person in command.people
            if person in state.contacts
            for planned in plan(
                state.contacts[person],
                command.said,
                command.occasion,
                at=command.at,
                event=command.event,
                text_version=command.text_version,
                call=command.call,
                prison=command.prison,
            )
        ]
    return _note(state, command)


def plan(
    contact: ContactDetailsGiven,
    said: Said,
    occasion: Occasion,
    *,
    at: datetime,
    event: UUID,
    text_version: int,
    call: str | None,
    prison: str | None,
) -> Iterator[NotificationPlanned]:
    """One message for each way that the person gave. Its id is the same whenever the same event is told."""
    for channel in contact.channels:
        yield NotificationPlanned(
            at=at,
            notification=str(uuid5(event, f"{occasion}/{contact.person}/{channel}")),
            person=contact.person,
            call=call,
            prison=prison,
            occasion=occasion,
            text_version=text_version,
            channel=channel,
            language=contact.language,
            said=said,
        )


def _note(state: Notifications, command: Noting) -> list[Notified]:
    planned = state.planned
    if planned is None:
        raise Refused("There is no such message.", "notification_unknown")
    if state.settled or (isinstance(command, NoteSent) and state.sent is not None):
        return []
    of = {
        "at": command.at,
        "notification": planned.notification,
        "person": planned.person,
        "call": planned.call,
        "prison": planned.prison,
    }
    match command:
        case NoteSent(via=via, reference=reference):
            return [NotificationSent(**of, via=via, reference=reference)]
        case NoteDelivered():
            return [NotificationDelivered(**of)]
        case NoteFailed(because=because, permanent=permanent):
            return [NotificationFailed(**of, because=because, permanent=permanent)]
        case _:
            assert_never(command)
