"""Accounts, participants, and finding somebody in prison: names and numbers are nowhere but under their keys."""

from typing import Any

import asyncpg
import pytest

from domain.access import RecordViewed, Viewed
from domain.booking.events import CallRequested
from domain.person import ParticipantAdded, PersonKind, PersonRegistered
from domain.prisoner.events import PrisonerMerged, PrisonerReleased, PrisonerTransferred
from domain.relationship import RelationshipApproved
from infrastructure.migrations import Databases
from tests.api.conftest import BOOKED
from tests.facts import OFFICER, PRISON, PRISONER, VISITOR, fact
from tests.house import House

pytestmark = pytest.mark.postgres

ME = {"name": "Mary Planted", "date_of_birth": "1988-02-03"}
CHILD = {"name": "Tim Planted", "date_of_birth": "2019-08-30"}
LOOK_UP = "/v1/prisoners/look-up"
DETAILS: dict[str, Any] = {
    "prisoner_number": "a1234bc",
    "first_name": "Seán",
    "last_name": "O'Planted-Smith",
    "date_of_birth": "1971-11-05",
    "prison": PRISON,
}


def visitor(person: str) -> PersonRegistered:
    return fact(PersonRegistered, -9000, person=person, kind=PersonKind.VISITOR, prison=None, number=())


# Accounts and participants


async def test_whoever_is_signed_in_opens_an_account_of_their_own(house: House) -> None:
    mary = await house.client("FA", person="visitor-5")
    answer = await mary.post("/v1/visitors", json=ME)
    assert (answer.status_code, answer.json()["person"]) == (201, "visitor-5")
    (recorded,) = [one for one in await house.log() if isinstance(one.event, PersonRegistered)]
    assert (recorded.event.kind, recorded.event.prison) == (PersonKind.VISITOR, None)
    assert await house.services.keys.open(recorded.sealed["date_of_birth"]) == "1988-02-03"
    again = await mary.post("/v1/visitors", json=ME)
    assert (again.status_code, again.json()["errorCode"]) == (409, "person_known")


async def test_staff_register_a_visitor_with_a_date_of_birth(house: House) -> None:
    officer = await house.client("BO")
    body = ME | {"kind": "visitor"}
    answer = await officer.post(f"/v1/prisons/{PRISON}/persons", json=body)
    assert answer.status_code == 201
    (registered,) = await house.events(PersonRegistered)
    assert (registered.person, registered.prison) == (answer.json()["person"], None)


async def test_a_booker_adds_a_child_and_nobody_elses(house: House) -> None:
    await house.given(visitor("visitor-5"), visitor("visitor-6"))
    mary = await house.client("FA", person="visitor-5")
    answer = await mary.post("/v1/persons/visitor-5/participants", json=CHILD)
    assert answer.status_code == 201
    (added,) = await house.events(ParticipantAdded)
    assert (added.booker, added.person) == ("visitor-5", answer.json()["person"])
    assert (await mary.post("/v1/persons/visitor-6/participants", json=CHILD)).status_code == 403


async def test_staff_let_a_second_parent_answer_for_a_child_where_they_may_reach_both(house: House) -> None:
    both = (visitor("visitor-5"), visitor("child-1"))
    await house.given(
        *BOOKED[:2], *both, fact(RelationshipApproved, visitor="visitor-5", linked=("visitor-5",))
    )
    officer = await house.client("BO")
    path, body = "/v1/persons/visitor-5/participants/links", {"person": "child-1"}
    assert (await officer.post(path, json=body)).status_code == 403
    await house.given(fact(RelationshipApproved, visitor="child-1", linked=("child-1",)))
    assert (await officer.post(path, json=body)).status_code == 201
    family = await house.client("FA", person="visitor-5")
    assert (await family.post(path, json=body)).status_code == 403


async def test_a_booker_asks_for_a_call_of_those_they_answer_for(house: House) -> None:
    await house.given(*BOOKED[:-2], fact(ParticipantAdded, booker="visitor-5", person=VISITOR))
    asked = {"session": "session-1", "minutes": 45, "prisoner": PRISONER, "visitors": [VISITOR]}
    mary, stranger = (
        await house.client("FA", person="visitor-5"),
        await house.client("FA", person="visitor-9"),
    )
    assert (await stranger.post(f"/v1/prisons/{PRISON}/calls", json=asked)).status_code == 403
    reached = await mary.post(f"/v1/prisons/{PRISON}/calls", json=asked)
    assert reached.status_code == 409  # the door is open; the rules decide
    for_more = asked | {"visitors": [VISITOR, "visitor-6"]}
    assert (await mary.post(f"/v1/prisons/{PRISON}/calls", json=for_more)).status_code == 403
    assert not await house.events(CallRequested)


# Finding somebody in prison


async def _held(house: House, **changes: Any) -> str:
    """Somebody in prison with the usual details."""
    officer = await house.client("BO")
    body = {
        "kind": "prisoner",
        "name": "Sean Patrick O’Planted Smith",
        "prisoner_number": "A1234BC",
        "date_of_birth": "1971-11-05",
    }
    answer = await officer.post(f"/v1/prisons/{PRISON}/persons", json=body | changes)
    person: str = answer.json()["person"]
    return person


async def test_a_booker_finds_somebody_by_number_name_date_of_birth_and_prison(house: House) -> None:
    held = await _held(house)
    family = await house.client("FA")
    answer = await family.post(LOOK_UP, json=DETAILS)
    assert (answer.status_code, answer.json()) == (200, {"prisoner": held})


@pytest.mark.parametrize(
    ("wrong", "code"),
    [
        ({"first_name": "John"}, "NAME_INCORRECT"),
        ({"last_name": "Smyth"}, "NAME_INCORRECT"),
        ({"date_of_birth": "1971-11-06"}, "DATE_OF_BIRTH_INCORRECT"),
        ({"prison": "LEI"}, "PRISON_INCORRECT"),
    ],
)
async def test_the_one_detail_that_is_wrong_is_named(house: House, wrong: dict[str, str], code: str) -> None:
    await _held(house)
    answer = await (await house.client("FA")).post(LOOK_UP, json=DETAILS | wrong)
    assert answer.status_code == 422
    assert answer.headers["content-type"] == "application/problem+json"
    assert [error["code"] for error in answer.json()["errors"]] == [code]


@pytest.mark.parametrize(
    "wrong",
    [
        {"prisoner_number": "A9999ZZ"},
        {"first_name": "John", "date_of_birth": "1971-11-06"},
        {"date_of_birth": "1971-11-06", "prison": "LEI"},
        {"first_name": "John", "date_of_birth": "1971-11-06", "prison": "LEI"},
    ],
)
async def test_whoever_knows_too_little_hears_the_same_as_of_a_number_that_does_not_exist(
    house: House, wrong: dict[str, str]
) -> None:
    await _held(house)
    family = await house.client("FA")
    nowhere = await family.post(LOOK_UP, json=DETAILS | {"prisoner_number": "A0000XX"})
    answer = await family.post(LOOK_UP, json=DETAILS | wrong)
    assert (answer.status_code, answer.text) == (404, nowhere.text)
    assert [error["code"] for error in answer.json()["errors"]] == ["PRISONER_NOT_FOUND"]


async def test_somebody_is_found_where_the_prisons_record_has_them_now(house: House) -> None:
    held = await _held(house)
    family = await house.client("FA")
    await house.given(fact(PrisonerTransferred, 1, person=held, to_prison="LEI"))
    here = await family.post(LOOK_UP, json=DETAILS)
    assert here.json()["errors"][0]["code"] == "PRISON_INCORRECT"
    assert (await family.post(LOOK_UP, json=DETAILS | {"prison": "LEI"})).json() == {"prisoner": held}
    await house.given(fact(PrisonerReleased, 2, person=held, prison="LEI"))
    freed = await family.post(LOOK_UP, json=DETAILS | {"prison": "LEI"})
    assert freed.json()["errors"][0]["code"] == "PRISON_INCORRECT"


async def test_a_record_that_was_merged_leads_to_the_one_that_was_kept(house: House) -> None:
    held = await _held(house)
    await house.given(*BOOKED[:2], fact(PrisonerMerged, removed=held, kept=PRISONER))
    answer = await (await house.client("FA")).post(LOOK_UP, json=DETAILS)
    assert answer.json() == {"prisoner": PRISONER}


async def test_a_look_up_is_on_record_without_its_details(house: House) -> None:
    held = await _held(house)
    family = await house.client("FA")
    await family.post(LOOK_UP, json=DETAILS | {"first_name": "John"})
    await family.post(LOOK_UP, json=DETAILS | {"prisoner_number": "A9999ZZ", "prison": "LEI"})
    views = await house.events(RecordViewed)
    assert [(view.what, view.viewed, view.prison) for view in views] == [
        (Viewed.PRISONER, f"prisoner:{held}", PRISON),
        (Viewed.PRISONER, "prisoner:unknown", "LEI"),
    ]
    assert {view.viewed_by for view in views} == {VISITOR}


async def test_staff_look_up_people_of_their_own_prison_only(house: House) -> None:
    held = await _held(house)
    officer = await house.client("BO", person=OFFICER)
    assert (await officer.post(LOOK_UP, json=DETAILS)).json() == {"prisoner": held}
    assert (await officer.post(LOOK_UP, json=DETAILS | {"prison": "LEI"})).status_code == 403
    approver = await house.client("AP")
    assert (await approver.post(LOOK_UP, json=DETAILS)).status_code == 403


async def test_no_name_number_or_date_of_birth_is_in_the_log_its_tags_or_what_is_printed(
    house: House, databases: Databases, capsys: pytest.CaptureFixture[str]
) -> None:
    await _held(house)
    mary = await house.client("FA", person="visitor-5")
    await mary.post("/v1/visitors", json=ME)
    await mary.post("/v1/persons/visitor-5/participants", json=CHILD)
    await mary.post(LOOK_UP, json=DETAILS)
    await mary.post(LOOK_UP, json=DETAILS | {"first_name": "John"})
    everything = await _stored(databases.owner)
    assert "visitor-5" in everything
    printed = capsys.readouterr()
    for text in (everything, printed.out + printed.err):
        for word in ("Planted", "A1234BC", "a1234bc", "1971-11-05", "1988-02-03", "2019-08-30"):
            assert word not in text, word


async def _stored(database: str) -> str:
    """Every row of every table of the application's database, as text."""
    connection = await asyncpg.connect(database)
    try:
        tables = await connection.fetch(
            "SELECT schemaname, tablename FROM pg_tables "
            "WHERE schemaname NOT IN ('pg_catalog', 'information_schema')"
        )
        rows: list[str] = []
        for table in tables:
            name = f'"{table["schemaname"]}"."{table["tablename"]}"'
            found = await connection.fetch(f"SELECT * FROM {name}")
            rows += (" ".join(_text(value) for value in row.values()) for row in found)
        return "\n".join(rows)
    finally:
        await connection.close()


def _text(value: object) -> str:
    return value.decode(errors="replace") if isinstance(value, bytes) else str(value)
