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
from api.services import Demo, WebSettings
from application.access import Denied, Resource, Scope, UnknownAction, Who, load

TABLE = load()
HERE, ELSEWHERE = "MDI", "LEI"
MATRIX = [(role, action) for role, action in product(TABLE.roles, TABLE.actions)]

# Trust: what each role may do at all. The table is data; this is the second pair of eyes on it.
FAMILY = {
    "appeal.lodge", "appeal.read_own", "booking.cancel", "booking.request", "booking.withdraw",
    "call.ask_help", "call.hint", "call.join", "call.leave", "call.read", "call.receipt", "face.consent",
    "face.enrol", "face.read", "face.retire", "face.without", "login.end",
}  # fmt: skip
EXPECTED = {
    "FA": FAMILY | {
        "call.entry", "child.vouch", "contact.give", "contact.read", "identity.read",
        "identity.submit", "link.read", "link.request", "mailbox.read", "notification.read_own",
        "participant.add", "prisoner.look_up", "visitor.register",
    },
    "PR": FAMILY | {
        "allowance.read",
    },
    "BO": {
        "allowance.adjust", "allowance.read", "booking.cancel", "booking.override",
        "booking.request", "booking.withdraw", "calendar.read", "call.link", "call.read",
        "child.vouch", "concern.raise", "contact.give", "contact.read", "face.enrol_record",
        "face.read", "face.retire", "face.without", "flag.clear", "flag.read", "history.read",
        "identity.read", "identity.submit", "link.read", "link.request", "login.end",
        "notification.read", "participant.add", "participant.link", "people.read",
        "person.register", "policy.read", "prisoner.look_up", "prisoner.record", "request.read",
        "session.open", "timeline.read", "timetable.change",
    },
    "AP": {
        "allowance.read", "booking.approve", "booking.cancel", "booking.override", "booking.reject",
        "calendar.read", "call.read", "concern.raise", "face.read", "face.without", "flag.clear",
        "flag.read", "history.read", "identity.decide", "identity.look", "identity.read",
        "link.read", "login.end", "notification.read", "people.read", "policy.read",
        "relationship.approve", "relationship.end", "request.read", "timeline.read",
    },
    "LM": {
        "allocation.read", "call.admit", "call.end", "call.link", "call.lock", "call.look",
        "call.message", "call.monitor", "call.mute", "call.pause", "call.read", "call.resume",
        "call.take_over", "call.unmute", "concern.raise", "evidence.view", "handover.read", "handover.write",
        "history.read",
        "image.reveal", "incident.handle", "incident.read", "login.end", "monitoring.ask",
        "monitoring.log", "monitoring.read", "policy.read", "timeline.read", "violation.review",
        "wall.watch",
    },
    "SG": {
        "allocation.manage", "allocation.read", "allowance.grant", "allowance.read",
        "appeal.decide", "appeal.read", "barred.propose", "barred.read", "barred.remove",
        "booking.approve", "booking.cancel", "booking.reject",
        "calendar.read", "call.admit", "call.end", "call.link", "call.lock", "call.look",
        "call.message", "call.monitor", "call.mute", "call.pause", "call.read", "call.resume",
        "call.take_over", "call.unmute", "calls.block", "concern.act", "concern.raise", "concern.read",
        "conduct.lift", "conduct.read", "conduct.sanction", "coverage.read", "evidence.view", "exposure.read",
        "flag.clear", "flag.read", "handover.read", "handover.write", "history.read",
        "identity.decide", "identity.look", "identity.read", "image.reveal", "incident.handle",
        "incident.read", "link.read", "login.end", "monitoring.ask", "monitoring.end",
        "monitoring.log", "monitoring.read", "notification.read", "people.read", "policy.read",
        "prisoner.record", "quality.read", "relationship.approve", "relationship.end",
        "request.read", "restriction.lift", "restriction.place", "retention.read", "timeline.read",
        "violation.review", "wall.watch",
    },
    "GO": {
        "allocation.manage", "allocation.read", "allowance.adjust", "allowance.grant",
        "allowance.read", "appeal.decide", "appeal.read", "barred.propose", "barred.read", "barred.remove",
        "barred.sign", "booking.approve", "booking.cancel", "booking.override", "booking.reject",
        "calendar.read", "call.end", "call.lock", "call.look",
        "call.message", "call.mute", "call.pause", "call.read", "call.replay", "calls.block",
        "concern.act", "concern.raise", "concern.read", "conduct.lift", "conduct.read",
        "conduct.sanction", "coverage.read", "evidence.view", "exposure.read", "flag.clear", "flag.read",
        "handover.read", "history.read", "incident.read", "login.end", "monitoring.authorise",
        "monitoring.end", "monitoring.read", "monitoring.review", "notification.read",
        "policy.propose", "policy.publish", "policy.read", "policy.tighten", "prisoner.record",
        "quality.read", "relationship.end", "request.read", "restriction.lift", "restriction.place",
        "retention.extend", "retention.read", "timeline.read", "timetable.change", "usage.read",
        "wall.watch",
    },
    "AU": {
        "allowance.read", "appeal.read", "barred.read", "calendar.read", "call.read", "call.replay",
        "concern.read", "conduct.read", "coverage.read", "evidence.view", "flag.read", "history.read",
        "incident.read", "login.end", "monitoring.read", "notification.read", "policy.read",
        "quality.read", "request.read", "retention.read", "timeline.read", "usage.read",
    },
    "PA": {
        "coverage.read", "login.end", "policy.propose", "policy.read", "quality.read", "usage.read",
    },
    "AD": {
        "login.end", "webhook.manage", "webhook.read",
    },
    "MO": {
        "call.pause",
    },
    "NB": {
        "facts.give", "integration.read", "webhook.read",
    },
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
        "here": scope in (Scope.PRISON, Scope.REACH, Scope.SIGNED),
        "elsewhere": scope is Scope.SIGNED,
        "mine": scope in (Scope.OWN, Scope.SIGNED),
        "nothing": scope is Scope.SIGNED,
    }


@pytest.mark.parametrize("prison", [HERE, ELSEWHERE, None])
def test_whoever_works_for_every_prison_reaches_each_and_what_belongs_to_none(prison: str | None) -> None:
    assert TABLE.allows(Who("system", "NB", None), "facts.give", Resource(prison))
    assert not TABLE.allows(Who("officer", "LM", None), "wall.watch", Resource(prison))


def test_somebody_without_a_prison_reaches_no_prison() -> None:
    with pytest.raises(Denied):
        TABLE.demand(Who("me", "LM", None), "wall.watch", Resource(None))


def _app(*, demo: bool = False) -> FastAPI:
    settings = WebSettings(demo=Demo() if demo else None, mailbox=True)
    return create_app(contextlib.nullcontext, settings, TABLE)  # type: ignore[arg-type]


def test_every_action_of_a_call_is_asked_by_some_route() -> None:
    asked = set(actions_of(_app())) | set(actions_of(_app(demo=True)))
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
    assert {"call.pause", "call.mute", "call.end"} == guard.WHILE_AWAY
