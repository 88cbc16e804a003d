"""Telling people: contact details, what was told, receipts and entries for calendars."""

from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest
from icalendar import Calendar

from application.ports import Message
from domain.access import RecordViewed, Viewed
from domain.booking.events import BookingCancelled, BookingChanged, CallRequested
from domain.contact import Channel, ContactDetailsGiven
from domain.lifecycle import CallMissed, MissedBy
from domain.notification.events import NotificationPlanned, NotificationSent
from domain.person import PersonKind, PersonRegistered
from domain.texts import Language
from infrastructure.notify.mailbox import LocalMailbox
from tests.api.conftest import BOOKED, WAITING
from tests.facts import CALL, NOON, NOTIFICATION, PRISON, PRISONER, VISITOR, fact
from tests.house import House

pytestmark = pytest.mark.postgres

DETAILS = {"language": "cy", "email": "ann@example.com", "phone": "07700 900 123"}
PATH = f"/v1/persons/{VISITOR}/contact"
PLANNED = fact(NotificationPlanned, -90_000)


# Contact details


async def test_a_visitor_says_where_to_write_to_them_and_the_address_is_sealed(house: House) -> None:
    await house.given(*BOOKED)
    visitor = await house.client("FA")
    assert (await visitor.get(PATH)).json() == {
        "language": "en",
        "email": None,
        "phone": None,
        "given": False,
    }
    assert (await visitor.post(PATH, json=DETAILS)).status_code == 201
    (recorded,) = [one for one in await house.log() if isinstance(one.event, ContactDetailsGiven)]
    assert (recorded.event.email, recorded.event.channels) == (None, (Channel.EMAIL, Channel.SMS))
    assert "ann@" not in recorded.event.model_dump_json()
    assert (await visitor.get(PATH)).json() == {
        "language": "cy",
        "email": "ann@example.com",
        "phone": "07700900123",
        "given": True,
    }
    assert await house.events(RecordViewed) == []


async def test_who_gives_no_address_in_the_right_form_is_told_so(house: House) -> None:
    await house.given(*BOOKED)
    visitor = await house.client("FA")
    answer = await visitor.post(PATH, json={"email": "ann"})
    assert (answer.status_code, answer.json()["errorCode"]) == (409, "email_invalid")
    assert answer.json()["userMessage"].startswith("Please give an e-mail address")
    wrong = await visitor.post(PATH, json={"language": "fr"})
    assert wrong.status_code == 422


async def test_the_same_key_gives_details_once(house: House) -> None:
    await house.given(*BOOKED)
    visitor = await house.client("FA")
    for _ in range(2):
        await visitor.post(PATH, json=DETAILS, headers={"idempotency-key": "form-1"})
    assert len(await house.events(ContactDetailsGiven)) == 1


async def test_a_booking_officer_writes_details_down_and_reads_them_on_record(house: House) -> None:
    position = await house.given(*BOOKED)
    officer = await house.client("BO")
    await officer.get(f"/bookings?day=2026-11-23&after={position}")
    assert (await officer.post(PATH, json=DETAILS)).status_code == 201
    assert (await officer.get(PATH)).json()["email"] == "ann@example.com"
    views = [v for v in await house.events(RecordViewed) if v.what is Viewed.CONTACT]
    assert [(view.viewed, view.prison) for view in views] == [(f"person:{VISITOR}", PRISON)]


async def test_an_officer_of_a_prison_where_the_visitor_has_no_call_reaches_no_details(house: House) -> None:
    position = await house.given(*BOOKED)
    await (await house.client("BO")).get(f"/bookings?day=2026-11-23&after={position}")
    elsewhere = await house.client("BO", prison="LEI")
    assert (await elsewhere.get(PATH)).status_code == 403
    assert (await elsewhere.post(PATH, json=DETAILS)).status_code == 403


async def test_details_are_nobody_elses_business(house: House) -> None:
    await house.given(
        *BOOKED, fact(PersonRegistered, person="visitor-2", kind=PersonKind.VISITOR, prison=None)
    )
    for role, person in (("FA", "visitor-2"), ("PR", PRISONER), ("AU", None), ("LM", None)):
        somebody = await house.client(role, person=person)
        assert (await somebody.get(PATH)).status_code == 403, role
    assert (await (await house.client("FA")).get("/v1/persons/nobody/contact")).status_code == 404


# What was told


async def test_staff_read_on_record_what_the_visitors_of_a_call_were_told(house: House) -> None:
    await house.given(*BOOKED, PLANNED, fact(NotificationSent, -89_000))
    answer = await (await house.client("AP")).get(f"/v1/calls/{CALL}/notifications")
    (message,) = answer.json()
    assert (message["occasion"], message["status"], message["person"]) == ("call_booked", "sent", VISITOR)
    (view,) = await house.events(RecordViewed)
    assert (view.viewed, view.what) == (f"call:{CALL}", Viewed.NOTIFICATIONS)
    elsewhere = await house.client("AP", prison="LEI")
    assert (await elsewhere.get(f"/v1/calls/{CALL}/notifications")).status_code == 403
    assert (await (await house.client("FA")).get(f"/v1/calls/{CALL}/notifications")).status_code == 403


async def test_a_visitor_reads_what_they_were_told_and_nothing_of_others(house: House) -> None:
    other = fact(NotificationPlanned, notification=str(UUID(int=2)), person="visitor-2")
    position = await house.given(*BOOKED, PLANNED, other)
    messages = (await (await house.client("FA")).get(f"/v1/me/notifications?after={position}")).json()
    assert [message["notification"] for message in messages] == [NOTIFICATION]
    assert (await (await house.client("BO")).get("/v1/me/notifications")).status_code == 403


# The receipt


async def test_whoever_waited_gets_a_receipt_that_says_so_whatever_else_is_on_record(house: House) -> None:
    blamed = fact(CallMissed, 600, missed_by=MissedBy.VISITOR, arrived=())
    await house.given(*WAITING[:-2], WAITING[-1], blamed)
    receipt = (await (await house.client("FA")).get(f"/v1/calls/{CALL}/receipt")).json()
    assert receipt["you"] == "visitor"
    assert receipt["absent"] == ["prisoner"]
    assert receipt["attendance"]["visitor"]["arrived_at"] == "2026-11-23T11:59:10Z"
    assert receipt["sentences"][-1].endswith("You were there: this does not count against you.")
    (view,) = await house.events(RecordViewed)
    assert (view.viewed, view.what) == (f"call:{CALL}", Viewed.CALL)


async def test_each_side_has_its_own_receipt_and_nobody_else_has_one(house: House) -> None:
    await house.given(*WAITING)
    prisoner = (await (await house.client("PR")).get(f"/v1/calls/{CALL}/receipt")).json()
    assert prisoner["you"] == "prisoner"
    assert "You arrived at 11:59." in prisoner["sentences"]
    for role, person in (("FA", "visitor-9"), ("AU", None), ("BO", None)):
        other = await house.client(role, person=person)
        assert (await other.get(f"/v1/calls/{CALL}/receipt")).status_code == 403
    assert (await (await house.client("FA")).get("/v1/calls/nowhere/receipt")).status_code == 404


async def test_a_receipt_is_a_page_in_both_languages(house: House) -> None:
    await house.given(*WAITING, fact(CallMissed, 600))
    visitor = await house.client("FA")
    english = await visitor.get(f"/calls/{CALL}/receipt")
    welsh = await visitor.get(f"/calls/{CALL}/receipt?lang=cy")
    assert "Monday 23 November 2026, 12:00" in english.text
    assert "You arrived at 11:59." in english.text
    assert "dydd Llun 23 Tachwedd 2026, 12:00" in welsh.text
    assert "Cyrhaeddoch chi am 11:59." in welsh.text
    assert f"/calls/{CALL}/receipt" in (await visitor.get("/my-calls")).text


# The entry for a calendar


def entry(answer: Any) -> Any:
    assert answer.headers["content-type"].startswith("text/calendar")
    return Calendar.from_ical(answer.content)


async def test_a_call_is_put_into_a_calendar_as_it_stands_now(house: House) -> None:
    visitor, path = await house.client("FA"), f"/v1/calls/{CALL}/calendar.ics"
    await house.given(*BOOKED[:-2], fact(CallRequested, -95_000))
    asked = entry(await visitor.get(path))
    await house.given(BOOKED[-1])
    booked = entry(await visitor.get(path))
    await house.given(fact(BookingChanged, -93_000, starts_at=NOON + timedelta(hours=1)))
    changed = entry(await visitor.get(f"{path}?lang=cy"))
    await house.given(fact(BookingCancelled, -92_000))
    cancelled = entry(await visitor.get(path))
    events = [calendar.walk("VEVENT")[0] for calendar in (asked, booked, changed, cancelled)]
    assert [event["STATUS"] for event in events] == ["TENTATIVE", "CONFIRMED", "CONFIRMED", "CANCELLED"]
    assert [event["SEQUENCE"] for event in events] == [0, 0, 1, 2]
    assert {str(event["UID"]) for event in events} == {CALL}
    assert events[2].start == NOON + timedelta(hours=1)
    assert str(events[2]["SUMMARY"]) == f"Galwad fideo ({PRISON})"
    assert cancelled["METHOD"] == "CANCEL"


async def test_an_entry_is_for_the_visitors_of_the_call_alone(house: House) -> None:
    await house.given(*BOOKED)
    for role, person in (("FA", "visitor-9"), ("PR", PRISONER), ("BO", None)):
        other = await house.client(role, person=person)
        assert (await other.get(f"/v1/calls/{CALL}/calendar.ics")).status_code == 403


# Pages


async def test_a_visitor_says_on_a_page_where_to_write_and_sees_what_was_told(house: House) -> None:
    await house.given(*BOOKED, PLANNED)
    visitor = await house.client("FA")
    form = {"language": "cy", "email": "ann@example.com", "phone": ""}
    done = await visitor.post("/my-messages/contact", data=form)
    assert done.status_code == 303
    page = (await visitor.get(done.headers["location"])).text
    assert 'value="ann@example.com"' in page
    assert "Your video call is booked" in page
    assert "Mae eich galwad fideo wedi’i threfnu" in (await visitor.get("/my-messages?lang=cy")).text
    wrong = await visitor.post("/my-messages/contact", data=form | {"email": "ann"})
    assert wrong.status_code == 409
    assert "Please give an e-mail address" in wrong.text


async def test_the_mailbox_is_a_page_of_the_demonstration_alone(house: House) -> None:
    assert (await (await house.client("FA")).get("/mailbox")).status_code == 404
    assert "/mailbox" not in (await (await house.client("FA")).get("/my-messages")).text


async def test_in_a_demonstration_a_visitor_reads_their_own_messages(demo_house: House) -> None:
    mailbox = demo_house.services.mailbox
    assert isinstance(mailbox, LocalMailbox)
    letter = Message(
        NOTIFICATION, VISITOR, Channel.EMAIL, "ann@example.com", Language.EN, "Booked", "<b>At noon</b>"
    )
    await mailbox.send(letter)
    page = (await (await demo_house.client("FA")).get("/mailbox")).text
    assert "Booked" in page
    assert "&lt;b&gt;At noon&lt;/b&gt;" in page
    assert "Booked" not in (await (await demo_house.client("FA", person="visitor-2")).get("/mailbox")).text
    assert (await (await demo_house.client("LM")).get("/mailbox")).status_code == 403
