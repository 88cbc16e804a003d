"""Thousands of requests made up from the API's own description, against the whole application.

Schemathesis makes them, right and wrong ones, from what /openapi.json says. Most get ids of things that
exist, in the browser of somebody with some role, so that they come past the doors and to the rules. Every
answer has to be one that the description knows, in the form it says; and never a fault of ours.
"""

import asyncio
import contextlib
from collections import Counter, defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import timedelta
from functools import cached_property
from random import Random
from typing import Any, cast
from urllib.parse import quote

import httpx
import requests
import schemathesis
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from hypothesis.errors import Unsatisfiable
from schemathesis import GenerationMode
from schemathesis.checks import load_all_checks, not_a_server_error
from schemathesis.core.failures import FailureGroup
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from api import guard
from domain.booking.events import CallRequested
from domain.call.events import CallPaused
from domain.clearance import Side
from domain.event import Event
from domain.timetable.events import SessionOpened
from domain.violation import ViolationRaised
from tests.api.conftest import BOOKED, LIVE, WAITING
from tests.facts import CALL, NOON, PRISON, PRISONER, SESSION, VISITOR, fact
from tests.house import ORIGIN, House

ROLES = ("FA", "PR", "BO", "AP", "LM", "SG", "GO", "AU", "PA", "AD", "MO")
CHECKS = [
    not_a_server_error,
    status_code_conformance,
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
]
CREATED = 201
AWAY = 503  # the service says so itself: a part of it is away, or the read models are behind
REAL_OF_10 = 8  # so many of ten ids are those of something that exists
NEVER_END = "/events"  # streams that last as long as their page does: they are tested by themselves
LATER = "session-later"
SEEDS = st.integers(0, 2**32)
EACH = 4  # calls of each kind: some of them will be ended on the way

PAUSED = (*LIVE, fact(ViolationRaised, 9), fact(CallPaused, 9))
STORIES: dict[str, tuple[Event, ...]] = {
    "requested": BOOKED[:-1],
    "booked": BOOKED,
    "waiting": WAITING,
    "live": LIVE,
    "paused": PAUSED,
}


@dataclass
class Tally:
    """What was asked and answered, and every answer that was not as described."""

    asked: Counter[str] = field(default_factory=Counter)
    answered: Counter[int] = field(default_factory=Counter)
    refused: dict[str, Counter[str]] = field(default_factory=lambda: defaultdict(Counter))
    wrong: dict[str, str] = field(default_factory=dict)

    @property
    def calls(self) -> int:
        """How many requests were made."""
        return self.asked.total()

    def __str__(self) -> str:
        statuses = ", ".join(f"{status}: {count}" for status, count in sorted(self.answered.items()))
        never = [
            f"{where} ({', '.join(f'{code}: {count}' for code, count in self.refused[where].most_common())})"
            for where, count in sorted(self.asked.items())
            if self.refused[where].total() == count
        ]
        return "\n".join(
            [
                f"{self.calls} requests to {len(self.asked)} routes, answered with {statuses}",
                f"never successful: {', '.join(never) or 'none'}",
                *(f"{where}\n{what}" for where, what in sorted(self.wrong.items())),
            ]
        )


@dataclass
class Fuzz:
    """The house with calls in every state, and a browser for everybody there is."""

    house: House
    loop: asyncio.AbstractEventLoop
    browsers: dict[str, httpx.AsyncClient]
    calls: list[str]
    links: list[str]  # tokens by which each side takes its seat
    proposal: str  # of a policy, that another governor made
    tally: Tally = field(default_factory=Tally)
    cursors: list[str] = field(default_factory=list)
    told: dict[str, list[str]] = field(default_factory=lambda: defaultdict(list))  # ids that answers named

    @classmethod
    async def begin(cls, house: House) -> "Fuzz":
        """Put the calls on record and sign everybody in."""
        calls = []
        for number in range(EACH):
            for state, story in STORIES.items():
                call = CALL if (number, state) == (0, "paused") else f"call-{state}-{number}"
                calls.append(call)
                await house.given(*_of_call(story, call, first=len(calls) == 1))
        browsers = {role: await house.client(role) for role in ROLES}
        browsers |= {f"seat of the {side}": await house.seated(side) for side in Side}
        browsers["nobody"] = await house.client()
        browsers["elsewhere"] = await house.client("LM", prison="LEI")
        officer = browsers["LM"]
        changes = {"changes": {"booking": {"notice_days_min": 3}}}
        governor = await house.client("GO", person="governor-2")
        proposed = await governor.post(f"/v1/prisons/{PRISON}/policy/proposals", json=changes)
        later = fact(
            SessionOpened, -96_000, session=LATER, starts_at=NOON + timedelta(days=20), stations=1000
        )
        await house.given(later)
        links = []
        for side, person in ((Side.VISITOR, VISITOR), (Side.PRISONER, PRISONER)):
            made = await officer.post(f"/v1/calls/{CALL}/seats/{side}/link", json={"person": person})
            links.append(made.json()["path"].partition("#")[2])
        proposal = proposed.json()["proposal"]
        return cls(house, asyncio.get_running_loop(), browsers, calls, links, proposal)

    def run(self, examples: int) -> Tally:
        """So many requests to every route, those first that make things.

        Called in a thread of its own: the house lives in the loop.
        """
        load_all_checks()
        document = self._await(self.browsers["nobody"].get("/openapi.json")).json()
        schema = schemathesis.openapi.from_dict(document).exclude(path_regex=f"{NEVER_END}$")
        results: Iterable[Any] = schema.get_all_operations()
        operations = [result.ok() for result in results]
        for operation in sorted(operations, key=lambda each: (each.path.count("{"), each.method != "post")):
            for mode, share in ((GenerationMode.POSITIVE, 3), (GenerationMode.NEGATIVE, 1)):
                with contextlib.suppress(Unsatisfiable):  # nothing can be wrong with a request without fields
                    self._ask(operation, mode, examples * share // 4)
        return self.tally

    def _ask(self, operation: Any, mode: GenerationMode, examples: int) -> None:
        @settings(
            max_examples=examples,
            derandomize=True,
            database=None,
            deadline=None,
            phases=[Phase.generate],
            suppress_health_check=list(HealthCheck),
        )
        @given(case=operation.as_strategy(generation_mode=mode), choice=SEEDS.map(Random))
        def one(case: schemathesis.Case[Any], choice: Random) -> None:
            self._one(case, choice)

        one()

    def _one(self, case: schemathesis.Case[Any], choice: Random) -> None:
        self._fill(case, choice)
        browser = self._somebody(f"{case.method} {case.operation.path}", choice)
        prepared = requests.Request(**case.as_transport_kwargs(base_url=ORIGIN)).prepare()
        sent = browser.build_request(
            case.method,
            prepared.url or "",
            headers=[(_bytes(name), _bytes(value)) for name, value in prepared.headers.items()],
            content=cast(bytes, prepared.body or b""),
        )
        answer = self._await(browser.send(sent))
        where = f"{case.method} {case.operation.path}"
        self.tally.asked[where] += 1
        self.tally.answered[answer.status_code] += 1
        if not answer.is_success:
            self.tally.refused[where][_code(answer)] += 1
        self._keep_cursor(answer)
        self._keep_ids(answer, where)
        self._check(case, answer, where)

    def _somebody(self, where: str, choice: Random) -> httpx.AsyncClient:
        """Mostly somebody who may do it; else anybody."""
        may = self._may[where]
        role = choice.choice(may if may and choice.randrange(10) < REAL_OF_10 else list(self.browsers))
        return self.browsers[role]

    @cached_property
    def _may(self) -> dict[str, list[str]]:
        """Who may do what a route is for."""
        found = {}
        for route in guard.routes_of(self.house.app):
            for method in getattr(route, "methods", None) or ():
                scopes = [self.house.services.permissions.scopes(action) for action in guard.actions(route)]
                roles = [role for role in ROLES if any(role in scope for scope in scopes)]
                seats = [f"seat of the {side}" for side in Side] if guard.takes_seat(route) else []
                found[f"{method} {getattr(route, 'path_format', '')}"] = roles + seats
        return found

    def _check(self, case: schemathesis.Case[Any], answer: httpx.Response, where: str) -> None:
        checks = [check for check in CHECKS if answer.status_code != AWAY or check is not not_a_server_error]
        try:
            case.validate_response(answer, checks=checks)
        except FailureGroup as group:
            said = f"{answer.request.url}\n{answer.request.content[:300]!r}\n{answer.text[:600]}"
            for failure in group.exceptions:
                what = f"{where} -> {answer.status_code}: {type(failure).__name__}"
                self.tally.wrong.setdefault(what, f"{failure}\n{said}")

    def _fill(self, case: schemathesis.Case[Any], choice: Random) -> None:
        if choice.randrange(10) < REAL_OF_10:  # else with a made-up sign-in in the place of the browser's own
            case.cookies.clear()
            case.headers.pop("Authorization", None)
        for name in case.path_parameters or {}:
            if choice.randrange(10) < REAL_OF_10:
                case.path_parameters[name] = quote(self._real(name, choice), safe="")
        if "If-Match" in (case.headers or {}) or choice.randrange(3):
            case.headers["if-match"] = self._tag(choice)
        for name in ("after", "cursor", "day", "first", "last"):
            if name in (case.query or {}) and choice.randrange(10) < REAL_OF_10:
                case.query[name] = self._real(name, choice)
        if isinstance(case.body, dict):
            for name in case.body:
                if choice.randrange(10) < REAL_OF_10:
                    case.body[name] = self._real(name, choice, case.body[name])

    def _real(self, name: str, choice: Random, otherwise: Any = "visitor") -> Any:
        """The value of something that exists."""
        match name:
            case "call":
                return choice.choice(self.calls)
            case "prison":
                return choice.choice([*[PRISON] * 9, "LEI"])
            case "person":
                return choice.choice([VISITOR, PRISONER])
            case "side":
                return choice.choice(list(Side))
            case "prisoner":
                return PRISONER
            case "visitors":
                return [VISITOR]
            case "visitor":
                return VISITOR
            case "session":
                return choice.choice([LATER, LATER, SESSION])
            case "proposal":
                return self.proposal
            case "violation":
                return "violation-1"
            case "words":
                return [{"side": "visitor", "track": 2, "word": "gone"}]
            case "token":
                return choice.choice(self.links)
            case "photograph":
                return b"a face"
            case "minutes":
                return 30
            case "after":
                return str(self._await(self.house.store.head()))
            case "cursor":
                return choice.choice(self.cursors or ["none"])
            case "day" | "first" | "last":
                return choice.choice(["2026-11-23", "2026-11-24", "2000-01-01"])
            case _:
                told = self.told.get(name)
                return choice.choice(told) if told else otherwise

    def _tag(self, choice: Random) -> str:
        head = self._await(self.house.store.head())
        return choice.choice([f'"{head}"', f'"{head}"', '"1"', "*", f'W/"{head}"', '"0", "x"'])

    def _keep_cursor(self, answer: httpx.Response) -> None:
        link = answer.links.get("next", {}).get("url")
        if link is not None:
            self.cursors.append(httpx.URL(link).params["cursor"])

    def _keep_ids(self, answer: httpx.Response, where: str) -> None:
        """What was made is asked for afterwards: `subscription`, or the `id` of one of the `templates`."""
        if answer.status_code != CREATED:
            return
        made = where.rpartition("/")[2].removesuffix("s")
        for name, value in answer.json().items():
            if isinstance(value, str):
                self.told[{"id": made, "standby": "standby_id"}.get(name, name)].append(value)

    def _await(self, awaitable: Any) -> Any:
        return asyncio.run_coroutine_threadsafe(_done(awaitable), self.loop).result()


def _bytes(value: str | bytes) -> bytes:
    """A header as it travels: any byte may stand in its value."""
    return value if isinstance(value, bytes) else value.encode("latin-1", "replace")


def _code(answer: httpx.Response) -> str:
    """What kind of problem it was."""
    try:
        return str(answer.json()["errorCode"])
    except (ValueError, KeyError, TypeError):
        return str(answer.status_code)


async def _done(awaitable: Any) -> Any:
    return await awaitable


def _of_call(story: tuple[Event, ...], call: str, *, first: bool) -> list[Event]:
    """The story told of another call; what it takes for granted happened once."""
    taken = BOOKED[: [type(one) for one in BOOKED].index(CallRequested)]
    told = story if first else [event for event in story if event not in taken]
    return [event.model_copy(update={"call": call}) if hasattr(event, "call") else event for event in told]
