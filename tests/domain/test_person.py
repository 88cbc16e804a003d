"""People: each id and each prisoner number belongs to one of them."""

from datetime import date

from domain import person
from domain.person import PersonKind, PersonRegistered, RegisterPerson
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


def test_a_date_of_birth_goes_on_record_as_it_is_written() -> None:
    born = ask(RegisterPerson, date_of_birth=date(2008, 2, 29))
    given(person).when(born).then(fact(PersonRegistered, date_of_birth="2008-02-29"))
