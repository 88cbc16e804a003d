"""A prison that has published no rules yet: its pages open all the same."""

from collections.abc import Iterator
from datetime import timedelta

import pytest

from api.guard import routes_of
from domain.event import Event
from tests.api.conftest import BOOKED
from tests.facts import CALL, NOON, PRISON, PRISONER
from tests.house import House

pytestmark = pytest.mark.postgres

NAMES = {"{prison}": PRISON, "{call}": CALL, "{person}": PRISONER}
ENDLESS = "/events"  # what follows the log is read in tests of its own


@pytest.mark.parametrize("facts", [(), BOOKED[1:-1], BOOKED[1:]], ids=["empty", "asked for", "booked"])
async def test_every_page_opens_in_a_prison_without_rules(house: House, facts: tuple[Event, ...]) -> None:
    if facts:
        await house.given(*facts)
    house.clock.moment = NOON - timedelta(days=3)
    opened = 0
    for role in ("FA", "PR", "BO", "GO", "AU"):
        client = await house.client(role)
        for page in _pages(house):
            answer = await client.get(page)
            assert answer.status_code < 500, (role, page)
            assert "policy_missing" not in answer.text, (role, page)
            opened += answer.status_code == 200
    assert opened > 40


def _pages(house: House) -> Iterator[str]:
    for route in routes_of(house.app):
        path: str = route.path
        for part, name in NAMES.items():
            path = path.replace(part, name)
        if "GET" in getattr(route, "methods", ()) and "{" not in path and not path.endswith(ENDLESS):
            yield path
