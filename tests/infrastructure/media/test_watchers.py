"""Officers who look at a side: each once, and an old connection takes nobody's place away."""

from typing import Any, cast

from domain.clearance import ClearanceMode
from infrastructure.media.egress import Egress
from infrastructure.media.seat import Connection
from infrastructure.media.staff import StaffViewer, Watchers

OFFICER = "officer-1"


class Line:
    """As much of a connection as can be closed."""

    def __init__(self) -> None:
        self.closed = False

    async def close(self) -> None:
        self.closed = True


def look(line: Line) -> StaffViewer:
    return StaffViewer.admit(ClearanceMode.MATCH, Egress(lambda: None), _connection(line), None)


def _connection(line: Line) -> Connection:
    return cast(Connection, cast(Any, line))


async def test_an_officer_who_comes_again_looks_once_and_the_old_connection_ends_nothing() -> None:
    watchers, before, now = Watchers(), Line(), Line()
    first = look(before)
    assert watchers.put(OFFICER, first) is None
    assert watchers.put(OFFICER, look(now)) is first
    assert not watchers.left(OFFICER, _connection(before))
    assert watchers.left(OFFICER, _connection(now))
    assert not watchers.left(OFFICER, _connection(now))


async def test_when_all_are_closed_nobody_looks_any_more() -> None:
    watchers, line = Watchers(), Line()
    watchers.put(OFFICER, look(line))
    await watchers.close()
    assert line.closed
    assert not watchers.sees(OFFICER)
    assert not watchers.left(OFFICER, _connection(line))
