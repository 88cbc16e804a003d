"""Contact details: where, and in which language, a visitor wants to be written to."""

import re
from dataclasses import dataclass
from enum import StrEnum
from typing import Annotated, ClassVar, assert_never

from domain.decider import Boundary, about
from domain.event import Command, Event, Personal, Purpose, Refused
from domain.person import PersonKind, PersonRegistered
from domain.texts import Language

Address = Annotated[str | None, Personal(of="person", purpose=Purpose.CONTACT)]

_NAME, _LABEL = r"[A-Za-z0-9.!#$%&'*+/=?^_`{|}~-]{1,64}", r"[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?"
EMAIL = re.compile(rf"{_NAME}@{_LABEL}(?:\.{_LABEL})+")
EMAIL_LETTERS_MAX = 254
PHONE = re.compile(r"\+?[0-9]{8,15}")
BETWEEN_DIGITS = re.compile(r"[ ().\-]")


class Channel(StrEnum):
    """By which way somebody is written to."""

    EMAIL = "email"
    SMS = "sms"


class ContactDetailsGiven(Event):
    """A visitor said where to write to them, in place of whatever was said before."""

    TAGS: ClassVar = ("person",)
    person: str
    language: Language
    channels: tuple[Channel, ...]  # for which an address was given; none: nobody writes to them
    given_by: str
    email: Address = None
    phone: Address = None


class GiveContactDetails(Command):
    """Say where to write to a visitor. Neither address: nowhere."""

    person: str
    language: Language
    given_by: str
    email: str | None = None
    phone: str | None = None


@dataclass(frozen=True)
class Contact:
    """Whether the person is known, and as what."""

    kind: PersonKind | None = None


initial = Contact()


def boundary(command: GiveContactDetails) -> Boundary:
    """The person's registration."""
    return (about(f"person:{command.person}", PersonRegistered),)


def evolve(state: Contact, event: PersonRegistered) -> Contact:
    """Remember as what the person is known."""
    match event:
        case PersonRegistered(kind=kind):
            return Contact(kind)
        case _:
            assert_never(event)


def decide(state: Contact, command: GiveContactDetails) -> list[ContactDetailsGiven]:
    """The details, in the one form in which they are used. People in prison are told by their prison."""
    if state.kind is None:
        raise Refused("This person is not registered.", "person_unknown")
    if state.kind is not PersonKind.VISITOR:
        raise Refused("Only visitors are written to; others see everything on their pages.", "not_a_visitor")
    email, phone = _email(command.email), _phone(command.phone)
    addresses = {Channel.EMAIL: email, Channel.SMS: phone}
    return [
        ContactDetailsGiven(
            at=command.at,
            person=command.person,
            language=command.language,
            channels=tuple(channel for channel, address in addresses.items() if address is not None),
            given_by=command.given_by,
            email=email,
            phone=phone,
        )
    ]


def _email(given: str | None) -> str | None:
    address = (given or "").strip()
    if not address:
        return None
    if len(address) > EMAIL_LETTERS_MAX or not EMAIL.fullmatch(address):
        raise Refused("Please give an e-mail address such as name@example.com.", "email_invalid")
    return address


def _phone(given: str | None) -> str | None:
    number = BETWEEN_DIGITS.sub("", given or "")
    if not number:
        return None
    if not PHONE.fullmatch(number):
        raise Refused(
            "Please give a mobile number such as 07700 900 123 or +44 7700 900 123.", "phone_invalid"
        )
    return number
