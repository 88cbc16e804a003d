"""Who may do what: the whole table, and every route against it."""

import contextlib
import re
from itertools import product
from typing import Any

import pytest
from fastapi import APIRouter, FastAPI

from api import guard
from api.guard import Unguarded, actions_of, check, require
from api.main import create_app
from api.services import WebSettings
from application.access import Denied, Resource, Scope, UnknownAction, Who, load

TABLE = load()
HERE, ELSEWHERE = "MDI", "LEI"
MATRIX = [(role, action) for role, action in product(TABLE.roles, TABLE.actions)]

# Trust: what each role may do at all. The table is data; this is the second pair of eyes on it.
FAMILY = {
    "booking.request", "booking.withdraw", "booking.cancel", "call.join", "call.leave", "call.ask_help",
    "face.enrol", "login.end",
}  # fmt: skip
EXPECTED = {
    "FA": FAMILY,
    "PR": FAMILY,
    "BO": {
        "booking.withdraw", "request.read", "history.read", "flag.read",
        "login.end", "policy.read", "person.register", "session.open", "calendar.read", "booking.request",
        "booking.cancel", "call.link", "timeline.read",
    },
    "AP": {
        "booking.reject", "request.read", "history.read", "flag.read",
        "login.end", "policy.read", "relationship.approve", "calendar.read", "booking.approve",
        "booking.cancel", "timeline.read",
    },
    "LM": {
        "history.read",
        "login.end", "policy.read", "call.link", "wall.watch", "call.admit", "call.monitor", "call.look",
        "call.pause", "call.resume", "call.end", "violation.review", "timeline.read",
    },
    "SG": {
        "booking.reject", "request.read", "history.read", "flag.read",
        "login.end", "policy.read", "relationship.approve", "calendar.read", "booking.approve",
        "booking.cancel", "call.link", "wall.watch", "call.admit", "call.monitor", "call.look", "call.pause",
        "call.resume", "call.end", "violation.review", "timeline.read",
    },
    "GO": {
        "booking.reject", "request.read", "history.read", "flag.read",
        "login.end", "policy.propose", "policy.publish", "policy.read", "calendar.read",
        "booking.approve", "booking.cancel", "wall.watch", "call.look", "call.pause", "call.end", "timeline.read",
        "usage.read",
    },
    "AU": {
        "request.read", "history.read", "flag.read",
        "login.end", "policy.read", "calendar.read", "timeline.read", "usage.read",
    },
    "PA": {"login.end", "policy.propose", "policy.read", "usage.read"},
    "AD": {"login.end"},
    "MO": {"call.pause"},
}  # fmt: skip


def test_each_role_may_do_what_was_decided_and_nothing_else() -> None:
    for role in TABLE.roles:
        may = {action for action, roles in TABLE.actions.items() if role in roles}
        assert may == EXPECTED[role], role


@pytest.mark.parametrize(("role", "action"), MATRIX)
def test_a_permission_reaches_as_far_as_its_scope(role: str, action: str) -> None:
    who = Who("me", role, HERE)
    scope = TABLE.actions[action].get(role)
    answers = {
        "here": TABLE.allows(who, action, Resource(HERE, frozenset({"them"}))),
        "elsewhere": TABLE.allows(who, action, Resource(ELSEWHERE, frozenset({"them"}))),
        "mine": TABLE.allows(who, action, Resource(ELSEWHERE, frozenset({"me", "them"}))),
        "nothing": TABLE.allows(who, action, Resource()),
    }
    assert answers == {
        "here": scope in (Scope.PRISON, Scope.SIGNED),
        "elsewhere": scope is Scope.SIGNED,
        "mine": scope in (Scope.OWN, Scope.SIGNED),
        "nothing": scope is Scope.SIGNED,
    }


def test_somebody_without_a_prison_reaches_no_prison() -> None:
    with pytest.raises(Denied):
        TABLE.demand(Who("me", "LM", None), "wall.watch", Resource(None))


def _app(*, demo: bool = False) -> FastAPI:
    return create_app(contextlib.nullcontext, WebSettings(), TABLE)  # type: ignore[arg-type]


def test_every_action_of_a_call_is_asked_by_some_route() -> None:
    asked = set(actions_of(_app()))
    assert set(TABLE.actions) == asked - TABLE.public


def test_a_route_without_an_action_does_not_start() -> None:
    app, router = _app(), APIRouter()

    @router.get("/planted")
    async def planted() -> str:
        return ""

    app.include_router(router)
    with pytest.raises(Unguarded, match="/planted"):
        check(app, TABLE)


def test_a_route_that_does_not_look_up_what_it_touches_does_not_start() -> None:
    app, router = _app(), APIRouter()

    @router.get("/planted")
    async def planted(_: Any = require("call.resume")) -> str:  # noqa: B008
        return ""

    app.include_router(router)
    with pytest.raises(Unguarded, match="looking up"):
        check(app, TABLE)


def test_a_route_with_an_action_that_nobody_wrote_down_does_not_start() -> None:
    app, router = _app(), APIRouter()

    @router.get("/planted")
    async def planted(_: Any = require("call.erase")) -> str:  # noqa: B008
        return ""

    app.include_router(router)
    with pytest.raises(UnknownAction, match=re.escape("call.erase")):
        check(app, TABLE)


def test_only_closing_a_call_may_rest_on_memory() -> None:
    assert {"call.pause", "call.end"} == guard.WHILE_AWAY
