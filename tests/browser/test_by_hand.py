"""The family's whole way with a finger on a small phone, and by the keyboard alone.

The link, the choice of devices, the waiting room, a call for help, the start, and leaving.
"""

from collections.abc import Awaitable, Callable
from datetime import timedelta
from typing import Any

import pytest
from playwright.async_api import Locator, Page, expect

from application.access import Who
from domain.call.events import ParticipantLeft
from domain.clearance import Side
from domain.concern import ConcernRaised
from tests.api.conftest import LIVE, WAITING
from tests.browser.browsers import accessibility
from tests.browser.conftest import Served
from tests.browser.test_pages import AXE
from tests.facts import CALL, PRISON, VISITOR

pytestmark = [pytest.mark.postgres, pytest.mark.browser]

PHONE = {"viewport": {"width": 360, "height": 740}, "has_touch": True, "is_mobile": True}
DESK = {"viewport": {"width": 1280, "height": 900}}
TABS_MAX = 30  # a page on which the key has to be pressed more often is no page for the keyboard

Press = Callable[[Page, Locator], Awaitable[None]]


async def tap(_: Page, what: Locator) -> None:
    """With a finger."""
    await what.tap()


async def key(page: Page, what: Locator) -> None:
    """Forwards from wherever the focus is, and no mouse."""
    await expect(what).to_be_enabled()
    for _ in range(TABS_MAX):
        await page.keyboard.press("Tab")
        if await what.evaluate("it => it === document.activeElement"):
            assert await what.evaluate("it => it.matches(':focus-visible')")
            await page.keyboard.press("Space")
            return
    raise AssertionError("The keyboard does not get there.")


@pytest.mark.parametrize(("window", "press"), [(PHONE, tap), (DESK, key)], ids=["finger", "keyboard"])
async def test_the_whole_way_of_a_family(served: Served, window: dict[str, Any], press: Press) -> None:
    await served.house.given(*WAITING[:-1])
    page = await (await served.browser.new_context(base_url=served.address, **window)).new_page()
    await page.goto(await _link(served))
    await expect(page.get_by_role("heading", name="Your call")).to_be_visible()

    await expect(page.get_by_label("Microphone").locator("option")).not_to_have_count(0)
    await _fits(page)
    await press(page, page.get_by_label("Save data", exact=True))
    await expect(page.get_by_label("Save data", exact=True)).to_be_checked()
    await press(page, page.get_by_role("button", name="Join the call"))

    await expect(page.get_by_role("heading", name="Waiting room")).to_be_visible()
    await _fits(page)
    await press(page, page.get_by_role("button", name="I need help"))
    await expect(page.locator("#help-done")).to_have_text("Staff have been told.")
    assert len(await served.house.events(ConcernRaised)) == 1

    await served.house.given(*LIVE[len(WAITING) :])
    await expect(page.locator("#slate")).to_be_hidden()
    await _fits(page)
    page.once("dialog", lambda dialog: dialog.accept())
    await press(page, page.get_by_role("button", name="Leave the call"))
    await expect(page.locator("#line")).to_contain_text("over")
    assert len(await served.house.events(ParticipantLeft)) == 1


async def _link(served: Served) -> str:
    """As it stands in the message to the family."""
    services = served.house.services
    until = services.now() + timedelta(hours=1)
    who = Who(VISITOR, "FA", PRISON)
    return f"/j#{await served.house.app.state.logins.link(services, who, CALL, Side.VISITOR, until)}"


async def _fits(page: Page) -> None:
    """Nothing is wider than the window, no two things to press lie over each other, and axe has no complaint."""
    width = page.viewport_size["width"] if page.viewport_size else 0
    assert await page.evaluate("document.documentElement.scrollWidth") <= width
    assert await page.evaluate(OVERLAPPING) == []
    assert await accessibility(page, AXE) == []


OVERLAPPING = """() => {
  const all = [...document.querySelectorAll('button, a:not(.govuk-skip-link), select, label, .kin-picture, #line')]
    .filter(it => it.checkVisibility()).map(it => [it, it.getBoundingClientRect()])
  return all.flatMap(([a, p], i) => all.slice(i + 1)
    .filter(([b, q]) => !a.contains(b) && !b.contains(a) && p.left + 1 < q.right && q.left + 1 < p.right &&
      p.top + 1 < q.bottom && q.top + 1 < p.bottom)
    .map(([b]) => `${a.id || a.textContent.trim()} over ${b.id || b.textContent.trim()}`))
}"""
