"""The pages before a call in a real browser: the rules without scripts, and a check by a camera of a file."""

import re
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from playwright.async_api import expect

from api.web.texts import Language, text
from domain.clearance import Side
from domain.device_check import DeviceChecked
from domain.dress_rehearsal.events import RehearsalHeld
from domain.lifecycle import CallStarted
from domain.waiting_room.events import (
    DeclarationMade,
    ParticipantAdmitted,
    ParticipantArrived,
    WaitingRoomOpened,
)
from tests.api.conftest import BOOKED
from tests.browser.browsers import Complaints, accessibility
from tests.browser.conftest import Served
from tests.facts import CALL, PRISONER, fact

pytestmark = [pytest.mark.postgres, pytest.mark.browser]

AXE = Path(__file__).parent / "vendor" / "axe.min.js"
OPENED = (*BOOKED, fact(WaitingRoomOpened, -900, declaration=True))


@pytest.mark.parametrize(("language", "width"), [("en", 1280), ("cy", 375)])
async def test_the_pages_before_a_call_are_accessible_in_both_languages(
    served: Served, language: str, width: int
) -> None:
    await served.house.given(*OPENED)
    for side in Side:
        page = await (await served.side(side)).new_page()
        complaints = Complaints(page)
        await page.set_viewport_size({"width": width, "height": 740})
        for path in ("/call/rules", "/call/check"):
            await page.goto(f"{path}?lang={language}")
            assert await accessibility(page, AXE) == [], path
            assert await page.evaluate("document.documentElement.scrollWidth") <= width, path
        assert complaints.said == []
        await page.goto(f"/call/rules?lang={language}")
        await page.locator("form[action^='/call/rules'] button").click()
        await expect(page.locator(".govuk-error-summary")).to_be_focused()
        assert await accessibility(page, AXE) == []


async def test_a_family_confirms_the_rules_checks_its_device_and_joins(served: Served) -> None:
    await served.house.given(*OPENED)
    page = await (await served.side(Side.VISITOR)).new_page()
    await page.goto("/call")
    await page.get_by_label("I will keep to them").check()
    await page.get_by_role("button", name="Confirm and go on").click()
    await expect(page.get_by_role("heading", name="Check your device")).to_be_visible()
    assert len(await served.house.events(DeclarationMade)) == 1
    complaints = Complaints(page)
    start = page.get_by_role("button", name="Start the check")
    await expect(start).to_be_enabled()
    await start.press("Enter")
    await expect(page.locator("#score")).to_be_focused(timeout=15_000)
    await expect(page.locator("#grade-camera")).to_have_text("Good")
    await expect(page.locator("#grade-browser")).to_have_text("Good")
    await page.get_by_role("button", name="Play a sound").click()
    await page.get_by_label("Yes").check()
    await expect(page.locator("#grade-loudspeaker")).to_have_text("Good")
    assert await accessibility(page, AXE) == []
    assert complaints.said == []
    *_, checked = await served.house.events(DeviceChecked)
    assert checked.score >= 55
    await page.get_by_role("button", name="Go on to the call").click()
    await page.locator("#join").click()
    await expect(page.locator("#stage")).to_be_visible()


async def test_whoever_comes_in_early_is_sent_to_the_rules_from_the_page_of_the_call(served: Served) -> None:
    await served.house.given(*BOOKED)
    page = await (await served.side(Side.VISITOR)).new_page()
    await page.goto("/call")
    await expect(page).to_have_url(f"{served.address}/call/rules")


@pytest.mark.parametrize(("language", "width"), [("en", 1280), ("cy", 375)])
async def test_a_dress_rehearsal_is_accessible_and_says_plainly_what_to_change(
    served: Served, language: str, width: int
) -> None:
    await served.house.given(*BOOKED)
    served.house.clock.to(-86_400)
    page = await (await served.officer("FA")).new_page()
    complaints = Complaints(page)
    await page.set_viewport_size({"width": width, "height": 740})
    await page.goto(f"/my-calls/{CALL}/try?lang={language}")
    assert await accessibility(page, AXE) == []
    begin = page.locator("#begin")
    await expect(begin).to_be_enabled()
    await begin.press("Enter")
    await expect(page.locator("#result")).to_be_focused(timeout=15_000)
    assert await page.locator("#self-picture video").evaluate("v => getComputedStyle(v).opacity") == "0"
    assert await accessibility(page, AXE) == []
    assert await page.evaluate("document.documentElement.scrollWidth") <= width
    assert complaints.said == []
    (held,) = await served.house.events(RehearsalHeld)
    told = text(
        Language(language), f"before.rehearsal.{held.result}", seen=held.people, recognised=0, expected=1
    )
    await expect(page.locator("#result")).to_have_text(told)
    await expect(page.locator("#hints li")).to_have_count(len(held.problems))
    served.house.clock.to(-60)
    await page.goto(f"/my-calls/{CALL}/try?lang={language}")
    assert await accessibility(page, AXE) == []


async def test_whoever_waits_sees_who_is_here_and_how_long_it_is_until_the_call(served: Served) -> None:
    starts_at = datetime.now(UTC) + timedelta(minutes=10)
    room = fact(WaitingRoomOpened, -900, starts_at=starts_at)
    await served.house.given(*BOOKED, room, fact(ParticipantArrived, -50))
    page = await (await served.side(Side.VISITOR)).new_page()
    await page.goto("/call")
    await page.click("#join")
    presence = page.locator("#presence")
    await expect(presence).to_contain_text("You are being checked")
    await expect(presence).to_contain_text("The other side is not here yet.")
    await expect(page.locator("#until")).to_have_text(re.compile(r"^(9:[0-5]\d|10:00)$"))
    await served.house.given(fact(ParticipantArrived, -40, side=Side.PRISONER, person=PRISONER))
    await expect(presence).to_contain_text("The other side is here.")
    await served.house.given(fact(ParticipantAdmitted, -30))
    await expect(presence).to_contain_text("You have been checked")
    assert await accessibility(page, AXE) == []
    await served.house.given(fact(CallStarted, 0))
    await expect(page.locator("#waiting")).to_be_hidden()
    await expect(page.locator("#clock")).to_be_visible()
