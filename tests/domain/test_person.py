"""People: each id and each prisoner number belongs to one of them."""

from datetime import date
from typing import Any

from domain import person
from domain.event import Event
from domain.person import (
    PARTICIPANTS_MAX,
    AddParticipant,
    ParticipantAdded,
    PersonKind,
    PersonRegistered,
    RegisterPerson,
)
from tests.asked import ask
from tests.facts import VISITOR, fact
from tests.scenario import given

registered = fact(PersonRegistered)


def test_a_prisoner_is_registered_with_the_hash_of_his_number() -> None:
    given(person).when(ask(RegisterPerson)).then(registered)


def test_a_visitor_has_no_prison_and_no_number() -> None:
    visitor = {"person": VISITOR, "kind": PersonKind.VISITOR, "prison": None, "prisoner_number": None}
    given(person).when(ask(RegisterPerson, **visitor, number_index=None)).then(
        fact(PersonRegistered, **visitor, number=())
    )


def test_a_name_is_kept_without_the_space_around_it() -> None:
    given(person).when(ask(RegisterPerson, name="  Somebody Somewhere ")).then(registered)


def test_a_person_is_registered_once() -> None:
    again = ask(RegisterPerson, number_index=None, prisoner_number=None)
    given(person, registered).when(again).then_refused("person_known")


def test_a_prisoner_number_belongs_to_one_person() -> None:
    given(person, registered).when(ask(RegisterPerson, person="prisoner-2")).then_refused("number_taken")


def test_a_visitor_with_the_same_id_has_not_taken_a_number() -> None:
    visitor = fact(PersonRegistered, number=())
    given(person, visitor).when(ask(RegisterPerson)).then_refused("person_known")


def test_a_number_stays_taken_whatever_is_read_after_it() -> None:
    other = fact(PersonRegistered, person="prisoner-2")
    visitor = fact(PersonRegistered, number=())
    given(person, other, visitor).when(ask(RegisterPerson)).then_refused("number_taken")


def test_another_person_with_another_number_is_in_nobodys_way() -> None:
    other = ask(RegisterPerson, person="prisoner-2", number_index="8e2d")
    given(person, registered).when(other).then(fact(PersonRegistered, person="prisoner-2", number=("8e2d",)))


def test_a_person_needs_a_name() -> None:
    given(person).when(ask(RegisterPerson, name="  ")).then_refused("name_missing")


def test_a_date_of_birth_is_kept_with_the_person() -> None:
    born = ask(RegisterPerson, date_of_birth=date(1990, 5, 17))
    given(person).when(born).then(fact(PersonRegistered, date_of_birth="1990-05-17"))


def test_nobody_is_born_tomorrow() -> None:
    unborn = ask(RegisterPerson, date_of_birth=date(2026, 11, 24))
    given(person).when(unborn).then_refused("date_of_birth_future")
    assert given(person).when(ask(RegisterPerson, date_of_birth=date(2026, 11, 23))).outcome()


# Participants

_CHILD: dict[str, Any] = {"person": "child-1", "kind": PersonKind.VISITOR, "prison": None}
booker = fact(PersonRegistered, person=VISITOR, kind=PersonKind.VISITOR, prison=None, number=())
child = fact(PersonRegistered, **_CHILD, number=(), prisoner_number=None)
added = fact(ParticipantAdded)
register_child = ask(RegisterPerson, **_CHILD, prisoner_number=None, number_index=None, booker=VISITOR)


def test_a_booker_adds_somebody_without_an_account() -> None:
    given(person, booker).when(register_child).then(child, added)


def test_whoever_adds_others_is_registered_first() -> None:
    given(person).when(register_child).then_refused("booker_unknown")


def test_a_person_in_prison_answers_for_nobody() -> None:
    given(person, fact(PersonRegistered, person=VISITOR)).when(register_child).then_refused("booker_unknown")


def test_a_person_in_prison_is_no_participant() -> None:
    command = ask(RegisterPerson, booker=VISITOR)
    given(person, booker).when(command).then_refused("visitor_unknown")


def test_a_child_of_two_parents_takes_part_with_both() -> None:
    other = fact(ParticipantAdded, booker="visitor-2")
    given(person, booker, child, other).when(ask(AddParticipant)).then(added)


def test_nobody_is_added_twice() -> None:
    given(person, booker, child, added).when(ask(AddParticipant)).then_nothing()


def test_nobody_unknown_is_added() -> None:
    given(person, booker).when(ask(AddParticipant)).then_refused("visitor_unknown")


def test_nobody_is_added_to_themselves() -> None:
    given(person, booker).when(ask(AddParticipant, person=VISITOR)).then_refused("booker_twice")


def test_an_account_has_room_for_so_many() -> None:
    many: list[Event] = [fact(ParticipantAdded, person=f"child-{n}") for n in range(2, PARTICIPANTS_MAX + 2)]
    given(person, booker, *many).when(register_child).then_refused("participants_max")
    given(person, booker, *many[1:]).when(register_child).then(child, added)
