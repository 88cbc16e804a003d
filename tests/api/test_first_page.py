"""The first page: where each role can go, in parts; families and people in prison read it in either language."""

import re

import pytest

from api.web.destinations import DESTINATIONS, Part
from application.access import THEMSELVES
from tests.api.conftest import BOOKED
from tests.house import House

pytestmark = pytest.mark.postgres


async def test_staff_find_their_pages_in_parts_of_their_work(house: House) -> None:
    page = (await (await house.client("SG")).get("/")).text
    parts = re.findall(r"<h2[^>]*>([^<]+)</h2>", page)
    assert parts == ["Calls now", "After a call", "Bookings", "People", "How it goes"]
    assert page.index('href="/wall"') < page.index("After a call") < page.index('href="/reviews"')


@pytest.mark.parametrize("role", ["FA", "PR", "LM", "BO", "AP", "SG", "AU", "GO"])
async def test_every_page_that_is_named_opens_for_the_role(house: House, role: str) -> None:
    await house.given(*BOOKED[:3])
    client = await house.client(role)
    named = re.findall(r'<h[23][^>]*><a class="govuk-link" href="([^"]+)"', (await client.get("/")).text)
    assert named
    for href in named:
        assert (await client.get(href)).status_code == 200, href


async def test_a_family_reads_it_in_welsh_and_goes_on_in_welsh(house: House) -> None:
    page = (await (await house.client("FA")).get("/?lang=cy")).text
    assert '<html lang="cy"' in page
    assert 'href="/my-calls?lang=cy">Eich galwadau</a>' in page
    assert "Teulu neu ffrind" in page
    assert "Your calls" not in page
    assert 'href="/?lang=en"' in page


async def test_whoever_is_not_signed_in_reads_it_in_welsh_too(house: House) -> None:
    page = (await (await house.client(None)).get("/?lang=cy")).text
    assert "Nid ydych wedi mewngofnodi" in page


def test_nobody_finds_a_page_of_staff_among_their_own() -> None:
    assert {one.only for one in DESTINATIONS if one.part is Part.OWN} <= {"", *THEMSELVES}
