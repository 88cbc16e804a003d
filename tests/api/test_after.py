"""A read that is to wait for a position never answers with what was before it."""

from typing import Any

import pytest

from tests.api.test_description import OPENAPI
from tests.facts import PRISON
from tests.house import House

pytestmark = pytest.mark.postgres

_FAR = 10**9
"""A position that no command was answered with."""


def _waiting() -> dict[str, str]:
    """Every list that may wait for a position, and a role that may read it."""
    found: dict[str, str] = {}
    for path, methods in OPENAPI["paths"].items():
        read: dict[str, Any] = methods.get("get", {})
        named = {one["name"]: one["in"] for one in read.get("parameters", ())}
        own = {name for name, where in named.items() if where == "path"} <= {"prison"}
        if "after" in named and own and path not in _OF_MACHINES:
            found[path] = "FA" if "FA" in read["x-roles"] else read["x-roles"][0]
    return found


_OF_MACHINES = {"/v1/events", "/v1/webhooks"}  # there `after` is where to go on, and machines have keys

LISTS = _waiting()


@pytest.mark.parametrize(("path", "role"), LISTS.items(), ids=list(LISTS))
async def test_a_position_that_is_not_there_is_said_so(house: House, path: str, role: str) -> None:
    client = await house.client(role)
    answer = await client.get(path.format(prison=PRISON), params={"after": _FAR})
    assert (answer.status_code, answer.json().get("errorCode")) == (422, "position_unknown")
