"""Staff in control of a call, before a real browser: what an officer does, and what each side reads."""

import pytest
from playwright.async_api import expect

from domain.call.events import CallPaused
from domain.clearance import Side
from domain.lifecycle import CallLocked, CallUnlocked
from domain.message import StaffMessageSent
from domain.mute import MediaKind, StreamMuted, StreamUnmuted
from domain.standstill import CallsBlocked
from domain.violation import ViolationRaised
from domain.waiting_room.events import ParticipantArrived
from tests.api.conftest import LIVE, WAITING
from tests.browser.browsers import Complaints, accessibility
from tests.browser.conftest import Served
from tests.browser.test_pages import AXE
from tests.facts import CALL, fact

pytestmark = [pytest.mark.postgres, pytest.mark.browser]

PICTURE = fact(StreamMuted, 12, kind=MediaKind.PICTURE)


async def test_the_pages_of_control_are_accessible_and_break_no_policy(served: Served) -> None:
    held = (fact(StreamMuted, 11), PICTURE, fact(CallLocked, 13), fact(ViolationRaised, 14))
    await served.house.given(*LIVE, *held, fact(StaffMessageSent, 15))
    page = await (await served.officer("SG")).new_page()
    for width in (1280, 360):
        await page.set_viewport_size({"width": width, "height": 740})
        for path in ("/wall/stop", f"/calls/{CALL}"):
            complaints = Complaints(page)
            await page.goto(path)
            for summary in await page.locator("summary").all():
                await summary.click()
            assert await accessibility(page, AXE) == [], path
            assert complaints.said == [], path
            assert await page.evaluate("document.documentElement.scrollWidth") <= width, path
    await served.house.given(fact(CallsBlocked, 20))
    await expect(page.locator("#said")).to_contain_text("All calls are stopped")
    for path in ("/wall", "/wall/stop", f"/calls/{CALL}"):
        await page.goto(path)
        assert await accessibility(page, AXE) == [], path
    family = await (await served.side(Side.VISITOR)).new_page()
    await family.goto("/call?lang=cy")
    await expect(family.locator("#message")).to_be_visible()
    assert await accessibility(family, AXE) == []


async def test_a_message_is_shown_at_once_announced_and_put_away(served: Served) -> None:
    await served.house.given(*LIVE)
    family = await (await served.side(Side.VISITOR)).new_page()
    await family.goto("/call?lang=cy")
    await expect(family.locator("#message")).to_be_hidden()
    await served.house.given(fact(StaffMessageSent, 5))
    said = family.get_by_role("status").filter(has_text="Wynebwch y camera, os gwelwch yn dda.")
    await expect(said).to_be_visible()
    await family.get_by_role("button", name="Rwyf wedi darllen hyn").click()
    await expect(family.locator("#message")).to_be_hidden()
    await served.house.given(fact(StreamMuted, 6))
    await expect(family.locator("#notes")).to_contain_text("Mae swyddog wedi diffodd eich sain.")
    await expect(family.locator("#message")).to_be_hidden()
    again = fact(StaffMessageSent, 7, message="message-2", text_key="message.two_minutes")
    await served.house.given(again)
    await expect(family.locator("#message")).to_contain_text("Mae dwy funud ar ôl.")


async def test_a_muted_picture_is_a_slate_in_words_for_the_other_side_alone(served: Served) -> None:
    await served.house.given(*LIVE)
    family = await (await served.side(Side.VISITOR)).new_page()
    prisoner = await (await served.side(Side.PRISONER)).new_page()
    for page in (family, prisoner):
        await page.goto("/call")
        await page.click("#join")
        await expect(page.locator("#slate")).to_be_hidden()
    await served.house.given(PICTURE)
    await expect(prisoner.locator("#slate-text")).to_have_text(
        "You do not see the other side at the moment. The call goes on."
    )
    await expect(prisoner.locator("#slate")).to_be_visible()
    await expect(family.locator("#notes")).to_contain_text("An officer has switched your picture off.")
    await expect(family.locator("#slate")).to_be_hidden()
    await served.house.given(fact(StreamUnmuted, 20, kind=MediaKind.PICTURE))
    await expect(prisoner.locator("#slate")).to_be_hidden()
    await expect(family.locator("#notes")).to_be_hidden()


async def test_whoever_waits_outside_a_locked_call_enters_when_it_is_unlocked(served: Served) -> None:
    await served.house.given(*WAITING[:-2], fact(CallLocked, -60))
    family = await (await served.side(Side.VISITOR)).new_page()
    await family.goto("/call")
    await family.click("#join")
    await expect(family.locator("#slate-text")).to_contain_text("Nobody can enter this call at the moment.")
    assert not await served.house.events(ParticipantArrived)
    async with family.expect_response("**/offer") as answered:
        await served.house.given(fact(CallUnlocked, -30))
    assert (await answered.value).ok
    assert len(await served.house.events(ParticipantArrived)) == 1


async def test_an_officer_mutes_and_says_something_without_losing_the_place(served: Served) -> None:
    await served.house.given(*LIVE)
    page = await (await served.officer()).new_page()
    await page.goto(f"/calls/{CALL}")
    await page.get_by_text("Mute a side: the call goes on").click()
    await page.get_by_label("Sound of the visitors’ side").check()
    await served.house.given(fact(StaffMessageSent, 5), fact(CallPaused, 9))
    await expect(page.locator(f"#tile-{CALL}")).to_contain_text("Paused")
    await expect(page.get_by_label("Sound of the visitors’ side")).to_be_checked()
    await page.locator("#mute-reason").fill("Somebody else talks")
    await page.get_by_role("button", name="Mute", exact=True).click()
    await expect(page.locator(f"#tile-{CALL}")).to_be_visible()
    assert [told[:4] for told in served.house.media.told] == [("mute", CALL, Side.VISITOR, MediaKind.SOUND)]
    await page.get_by_text("Say something to the people on this call").click()
    await page.get_by_label("There are two minutes left.").check()
    await page.get_by_label("The prisoner’s side", exact=True).check()
    await page.get_by_role("button", name="Show it on their pages").click()
    await expect(page.locator(f"#tile-{CALL}")).to_be_visible()
    said = (await served.house.events(StaffMessageSent))[-1]
    assert (said.text_key, said.to) == ("message.two_minutes", (Side.PRISONER,))


async def test_a_call_for_help_that_does_not_arrive_is_said(served: Served) -> None:
    await served.house.given(*LIVE)
    page = await (await served.side(Side.PRISONER)).new_page()
    await page.goto("/call")
    await page.click("#join")
    await page.route("**/help", lambda route: route.abort())
    await page.get_by_role("button", name="I need help").click()
    await expect(page.locator("#help-done")).to_have_text("This did not reach staff. Please try again.")
    await page.unroute("**/help")
    await page.get_by_role("button", name="I need help").click()
    await expect(page.locator("#help-done")).to_have_text("Staff have been told.")
