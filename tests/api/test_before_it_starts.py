"""What officers decide before a call starts, and what both sides and the wall are told of how it stands."""

import pytest

from api.web.texts import Language, slate
from domain.call.events import CallPaused, PauseExplained
from domain.clearance import Side
from domain.flag.events import BookingFlagged, FlagKind
from domain.lifecycle import CallExtended, CallMissed, MissedBecause
from domain.texts import MAY_LEAVE, NOT_LET_IN, OTHER_SIDE
from domain.waiting_room.events import CallHeldForMonitor, ParticipantRefused, WaitingRoomOpened
from tests.api.conftest import BOOKED, LIVE, WAITING
from tests.facts import CALL, OFFICER, fact
from tests.house import House

pytestmark = pytest.mark.postgres

SEAT = f"/v1/calls/{CALL}/seats/visitor"


async def test_a_side_that_is_not_let_in_is_told_so_and_may_be_let_in_later(house: House) -> None:
    await house.given(*WAITING)
    officer, family = await house.client("LM"), await house.seated(Side.VISITOR)
    body = {"reason": "The passport belongs to somebody else"}
    answer = await officer.post(f"{SEAT}/refuse", json=body, headers=await house.seen(officer))
    assert answer.status_code == 200
    (refused,) = await house.events(ParticipantRefused)
    assert (refused.side, refused.refused_by, refused.reason) == (Side.VISITOR, OFFICER, None)
    assert (await family.get(SEAT)).json()["text_key"] == NOT_LET_IN
    admission = {"people": 1, "reason": "The right passport was found"}
    await officer.post(f"{SEAT}/admit", json=admission, headers=await house.seen(officer))
    assert (await family.get(SEAT)).json()["text_key"] != NOT_LET_IN


async def test_the_same_from_the_desk_without_javascript(house: House) -> None:
    position = await house.given(*WAITING)
    officer = await house.client("LM")
    page = (await officer.get(f"/calls/{CALL}?after={position}")).text
    assert "Why can the visitors’ side not be let in?" in page
    seen = (await house.seen(officer))["if-match"].strip('"')
    form = {"side": "visitor", "reason": "Nobody I know", "key": "form-1", "version": seen}
    assert (await officer.post(f"/calls/{CALL}/refuse", data=form)).status_code == 303
    assert len(await house.events(ParticipantRefused)) == 1


async def test_whoever_will_not_take_part_is_waited_for_no_longer(house: House) -> None:
    await house.given(*BOOKED, fact(WaitingRoomOpened, -900))
    officer, family = await house.client("LM"), await house.seated(Side.VISITOR)
    assert (await officer.post(f"/v1/calls/{CALL}/not-attending")).status_code == 200
    (missed,) = await house.events(CallMissed)
    assert missed.because is MissedBecause.PRISONER_REFUSED_TO_ATTEND
    assert (await family.get(SEAT)).json()["status"] == "ended"
    answer = await family.post(f"{SEAT}/offer", json={"sdp": "v=0"})
    assert answer.json()["errorCode"] == "call_over"


async def test_a_call_that_is_held_for_a_monitor_looks_like_any_other_check(house: House) -> None:
    await house.given(*LIVE, fact(CallHeldForMonitor, 60))
    family = await house.seated(Side.VISITOR)
    seat = (await family.get(SEAT)).json()
    assert (seat["status"], seat["text_key"]) == ("paused", OTHER_SIDE)


async def test_after_too_long_a_pause_both_sides_are_told_that_they_may_leave(house: House) -> None:
    await house.given(*LIVE, fact(CallPaused, 9), fact(PauseExplained, 310))
    for side in Side:
        seat = (await (await house.seated(side)).get(f"/v1/calls/{CALL}/seats/{side}")).json()
        assert seat["text_key"] == MAY_LEAVE
    assert slate(Language.EN, MAY_LEAVE) != slate(Language.CY, MAY_LEAVE)


async def test_the_page_and_the_wall_show_the_new_end_of_a_call(house: House) -> None:
    longer = fact(CallExtended, 1740)
    position = await house.given(*LIVE, longer)
    family, officer = await house.seated(Side.VISITOR), await house.client("LM")
    ends = longer.ends_at.isoformat().replace("+00:00", "Z")
    assert (await family.get(SEAT)).json()["ends_at"] == ends
    assert "20 s added" in (await officer.get(f"/wall?after={position}")).text


async def test_a_fact_that_changed_under_a_call_stands_on_the_wall_as_something_to_decide(
    house: House,
) -> None:
    kind = FlagKind.VISITOR_RESTRICTION
    stop = fact(CallPaused, 20, cause=kind.value, side=None, violation=None, for_staff=True)
    position = await house.given(*LIVE, fact(BookingFlagged, 20, kind=kind, during_call=True), stop)
    officer = await house.client("LM")
    page = (await officer.get(f"/wall?after={position}")).text
    assert page.count("A restriction was placed on a visitor") == 2  # why it stands still, and what to decide
