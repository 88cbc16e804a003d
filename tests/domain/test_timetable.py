"""The timetable: times opened by themselves, weekly templates, blocked days, rooms and devices."""

from datetime import date
from typing import Any

import pytest
from pydantic import ValidationError

from domain import timetable
from domain.event import Command, Event
from domain.timetable.commands import (
    AddDevice,
    BlockDate,
    OpenSession,
    PublishTemplate,
    RetireTemplate,
    UnblockDate,
    WithdrawDevice,
)
from domain.timetable.events import (
    BlockScope,
    DateBlocked,
    DateUnblocked,
    DeviceAdded,
    DeviceWithdrawn,
    SessionOpened,
    SessionTemplatePublished,
    SessionTemplateRetired,
)
from tests.asked import ask
from tests.facts import DEVICE, TEMPLATE, fact
from tests.scenario import given


def test_a_session_is_opened() -> None:
    given(timetable).when(ask(OpenSession)).then(fact(SessionOpened))


def test_a_session_is_opened_once() -> None:
    given(timetable, fact(SessionOpened)).when(ask(OpenSession, stations=3)).then_refused("session_opened")


def test_another_session_is_another_session() -> None:
    given(timetable, fact(SessionOpened, session="session-2")).when(ask(OpenSession)).then(
        fact(SessionOpened)
    )


@pytest.mark.parametrize("changes", [{"minutes": 0}, {"minutes": 24 * 60 + 1}, {"stations": 0}])
def test_a_session_has_a_length_and_a_station(changes: dict[str, int]) -> None:
    with pytest.raises(ValidationError):
        ask(OpenSession, **changes)


# Templates

published = fact(SessionTemplatePublished)
added = fact(DeviceAdded)
retired = fact(SessionTemplateRetired)


def test_a_template_is_published() -> None:
    given(timetable).when(ask(PublishTemplate)).then(published)


def test_all_that_a_template_says_is_on_record() -> None:
    says: dict[str, Any] = {
        "weekday": 6,
        "starts": "09:15",
        "minutes": 90,
        "every_weeks": 2,
        "last": date(2027, 1, 31),
        "stations": 5,
        "one_way_stations": 1,
        "call_types": ("legal", "court"),
        "categories": ("C",),
        "incentive_levels": ("ENH",),
        "locations": ("A", "B-2"),
    }
    given(timetable).when(ask(PublishTemplate, **says)).then(fact(SessionTemplatePublished, **says))


def test_a_template_is_never_changed() -> None:
    again = ask(PublishTemplate, stations=3)
    given(timetable, published).when(again).then_refused("template_known")
    given(timetable, published, retired).when(again).then_refused("template_known")


def test_another_template_is_another_template() -> None:
    other = fact(SessionTemplatePublished, template="template-2")
    given(timetable, other).when(ask(PublishTemplate)).then(published)


@pytest.mark.parametrize(("last", "fits"), [(date(2026, 11, 1), False), (date(2026, 11, 2), True)])
def test_a_template_ends_on_its_first_day_or_later(last: date, fits: bool) -> None:
    asked = given(timetable).when(ask(PublishTemplate, last=last))
    if fits:
        assert asked.outcome()
    else:
        asked.then_refused("days_reversed")


def test_a_template_names_rooms_of_its_prison_that_are_in_use() -> None:
    command = ask(PublishTemplate, devices=(DEVICE,))
    given(timetable, added).when(command).then(fact(SessionTemplatePublished, devices=(DEVICE,)))
    given(timetable).when(command).then_refused("device_unknown")
    given(timetable, fact(DeviceAdded, prison="LEI")).when(command).then_refused("device_unknown")
    given(timetable, added, fact(DeviceWithdrawn)).when(command).then_refused("device_withdrawn")


def test_every_room_of_a_template_is_looked_at() -> None:
    second = fact(DeviceAdded, device="device-2")
    both = ask(PublishTemplate, devices=(DEVICE, "device-2"))
    given(timetable, added).when(both).then_refused("device_unknown")
    assert given(timetable, added, second).when(both).outcome()
    gone = fact(DeviceWithdrawn, device="device-2")
    given(timetable, added, second, gone).when(both).then_refused("device_withdrawn")


@pytest.mark.parametrize(
    "changes",
    [
        {"weekday": 7},
        {"weekday": -1},
        {"starts": "24:00"},
        {"starts": "9:15"},
        {"starts": "12:60"},
        {"minutes": 0},
        {"minutes": 24 * 60 + 1},
        {"every_weeks": 0},
        {"every_weeks": 9},
        {"stations": 0},
        {"one_way_stations": -1},
        {"call_types": ()},
        {"devices": tuple(f"device-{number}" for number in range(51))},
    ],
)
def test_a_template_says_what_a_week_can_hold(changes: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        ask(PublishTemplate, **changes)


def test_a_template_is_retired() -> None:
    given(timetable, published).when(ask(RetireTemplate)).then(retired)


def test_a_template_that_is_retired_can_only_be_retired_earlier() -> None:
    earlier = ask(RetireTemplate, from_day=date(2026, 11, 30))
    given(timetable, published, retired).when(ask(RetireTemplate)).then_nothing()
    given(timetable, published, retired).when(ask(RetireTemplate, from_day=date(2026, 12, 2))).then_nothing()
    given(timetable, published, retired).when(earlier).then(
        fact(SessionTemplateRetired, from_day=date(2026, 11, 30))
    )


@pytest.mark.parametrize(
    "history", [[], [fact(SessionTemplatePublished, prison="LEI")]], ids=["unknown", "of another prison"]
)
@pytest.mark.parametrize(
    "command", [ask(RetireTemplate), ask(BlockDate, template=TEMPLATE)], ids=["retire", "block"]
)
def test_only_a_template_of_this_prison_is_retired_or_blocked(history: list[Event], command: Command) -> None:
    given(timetable, *history).when(command).then_refused("template_unknown")


# Blocked days

blocked = fact(DateBlocked)
IN_SESSION = {"scope": BlockScope.SESSION, "template": TEMPLATE}


def test_a_day_is_blocked_and_unblocked() -> None:
    given(timetable).when(ask(BlockDate)).then(blocked)
    given(timetable, blocked).when(ask(UnblockDate)).then(fact(DateUnblocked))
    given(timetable, blocked, fact(DateUnblocked)).when(ask(BlockDate)).then(blocked)


def test_to_block_or_unblock_again_changes_nothing() -> None:
    given(timetable, blocked).when(ask(BlockDate, because="training")).then_nothing()
    given(timetable).when(ask(UnblockDate)).then_nothing()
    given(timetable, blocked, fact(DateUnblocked)).when(ask(UnblockDate)).then_nothing()


def test_one_session_of_a_day_is_blocked_by_itself() -> None:
    session_blocked = fact(DateBlocked, **IN_SESSION)
    command = ask(BlockDate, template=TEMPLATE)
    given(timetable, published, blocked).when(command).then(session_blocked)
    given(timetable, published, session_blocked).when(command).then_nothing()
    given(timetable, published, session_blocked).when(ask(BlockDate)).then(blocked)
    undo = ask(UnblockDate, template=TEMPLATE)
    given(timetable, published, blocked).when(undo).then_nothing()
    given(timetable, published, blocked, session_blocked).when(undo).then(fact(DateUnblocked, **IN_SESSION))


def test_a_block_is_found_by_its_prison_and_day() -> None:
    for event in (fact(DateBlocked, day=date(2028, 2, 29)), fact(DateUnblocked, day=date(2028, 2, 29))):
        assert event.tags() == {"blocked:MDI/2028-02-29"}
    elsewhere = [fact(DateBlocked, prison="LEI"), fact(DateBlocked, day=date(2026, 11, 24))]
    given(timetable, *elsewhere).when(ask(BlockDate)).then(blocked)


@pytest.mark.parametrize("because", ["", "Somebody is ill", "a" * 41, "STAFF"])
def test_why_a_day_is_blocked_is_chosen_from_a_list(because: str) -> None:
    with pytest.raises(ValidationError):
        ask(BlockDate, because=because)


# Rooms and devices


def test_a_room_is_added_once_and_withdrawn_once() -> None:
    given(timetable).when(ask(AddDevice)).then(added)
    given(timetable, added).when(ask(AddDevice, label="Booth 2")).then_nothing()
    given(timetable, added).when(ask(WithdrawDevice)).then(fact(DeviceWithdrawn))
    given(timetable, added, fact(DeviceWithdrawn)).when(ask(WithdrawDevice)).then_nothing()


def test_only_a_room_of_this_prison_is_withdrawn() -> None:
    given(timetable).when(ask(WithdrawDevice)).then_refused("device_unknown")
    given(timetable, fact(DeviceAdded, prison="LEI")).when(ask(WithdrawDevice)).then_refused("device_unknown")
