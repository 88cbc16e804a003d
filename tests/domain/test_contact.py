"""Where somebody is written to."""

import pytest

from domain import contact
from domain.contact import Channel, ContactDetailsGiven, GiveContactDetails
from domain.person import PersonKind, PersonRegistered
from domain.texts import Language
from tests.asked import ask
from tests.facts import VISITOR, fact
from tests.scenario import given

visitor = fact(PersonRegistered, -100, person=VISITOR, kind=PersonKind.VISITOR, prison=None, number=())


def test_a_visitor_is_written_to_where_and_in_the_language_they_say() -> None:
    given(contact, visitor).when(ask(GiveContactDetails, language=Language.CY)).then(
        fact(ContactDetailsGiven, language=Language.CY)
    )


def test_a_number_is_kept_without_what_people_write_between_its_digits() -> None:
    asked = ask(GiveContactDetails, email=None, phone=" +44 (7700) 900-123")
    given(contact, visitor).when(asked).then(
        fact(ContactDetailsGiven, email=None, phone="+447700900123", channels=(Channel.SMS,))
    )


def test_whoever_gives_no_address_is_not_written_to() -> None:
    given(contact, visitor).when(ask(GiveContactDetails, email=" ", phone=None)).then(
        fact(ContactDetailsGiven, email=None, phone=None, channels=())
    )


@pytest.mark.parametrize(
    "address",
    [
        "ann",
        "ann@example",
        "ann@@example.com",
        "ann smith@example.com",
        "ann@example.com\nBcc: all@example.com",
        "ann@example.com, bob@example.com",
        "ann@-example.com",
        f"{'a' * 60}@{'b' * 200}.com",
    ],
)
def test_what_is_no_address_is_refused(address: str) -> None:
    given(contact, visitor).when(ask(GiveContactDetails, email=address)).then_refused("email_invalid")


@pytest.mark.parametrize("number", ["12", "07700 900 12x", "+44 7700 900 123 ext 5", "++447700900123"])
def test_what_is_no_number_is_refused(number: str) -> None:
    given(contact, visitor).when(ask(GiveContactDetails, phone=number)).then_refused("phone_invalid")


@pytest.mark.parametrize("kind", [PersonKind.PRISONER, PersonKind.STAFF])
def test_only_visitors_are_written_to(kind: PersonKind) -> None:
    other = fact(PersonRegistered, -100, person=VISITOR, kind=kind)
    given(contact, other).when(ask(GiveContactDetails)).then_refused("not_a_visitor")


def test_nobody_unknown_is_written_to() -> None:
    given(contact).when(ask(GiveContactDetails)).then_refused("person_unknown")
