"""The history of one booking, as a line of what happened: when, by whom, with what was written."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Annotated, Any

from fastapi import APIRouter, Request
from fastapi.responses import Response

from api.guard import Acting, require
from api.lists import check_in_words, flag_in_words
from api.looking import history_of, opened
from api.scope import CallId, the_call
from api.services import Use
from api.web.render import day, page, words
from api.web.texts import Language, text
from domain.flag.events import FlagKind
from projections.booking_history import HistoryEntry

router = APIRouter(include_in_schema=False)

PLACED = ("starts_at", "minutes", "call_type", "video")
"""Where a call has its place: told when it is given one, and not again with every event that repeats it."""
GIVES_PLACE = frozenset({"StandbyJoined", "CallReserved", "CallRequested", "BookingChanged"})
TOLD = (
    "asked_as",
    "method",
    "changed",
    "was_at",
    "decide_by",
    "expires_at",
    "basis",
    "rules",
    "outcome",
    "missed_by",
    "seconds",
)
"""Open fields that say something to a person, beside those that are put into sentences."""


@dataclass(frozen=True)
class Step:
    """One event in words."""

    entry: HistoryEntry
    title: str
    by: str
    facts: tuple[tuple[str, str], ...]
    sentences: tuple[str, ...]
    words: Mapping[str, str]


@router.get("/calls/{call}/history")
async def see_history(
    call: CallId,
    request: Request,
    services: Use,
    acting: Annotated[Acting, require("history.read", the_call)],
) -> Response:
    """Everything that happened to one booking, the newest last."""
    roles = services.permissions.roles
    steps = [
        Step(
            entry,
            text(Language.EN, f"event.{entry.type}"),
            roles.get(entry.actor_role or "", words(entry.actor_kind.value.lower())),
            tuple(_facts(entry)),
            tuple(_sentences(entry)),
            await opened(services, entry.sealed),
        )
        for entry in await history_of(services, acting, call)
    ]
    may_record = acting.login.role in services.permissions.scopes("timeline.read")
    return await page(request, "history.html", call=call, steps=steps, may_record=may_record)


def _facts(entry: HistoryEntry) -> Iterator[tuple[str, str]]:
    for name in (*(PLACED if entry.type in GIVES_PLACE else ()), *TOLD):
        value = entry.data.get(name)
        if value not in (None, []):
            yield words(name.removesuffix("_at")).lower(), _said(name, value)


def _said(name: str, value: Any) -> str:
    if name.endswith(("_at", "_by")) and name != "missed_by":
        return day(datetime.fromisoformat(value))
    if isinstance(value, list):
        return ", ".join(words(each).lower() for each in value)
    return words(str(value)).lower()


def _sentences(entry: HistoryEntry) -> Iterator[str]:
    """Codes that have sentences of their own."""
    because = entry.data.get("because")
    match entry.type:
        case "BookingFlagged":
            yield flag_in_words(FlagKind(entry.data["kind"]))
        case "BookingUnflagged":
            yield text(Language.EN, f"cleared.{because}")
        case "CallRequestRejected" | "CallRequestAutoRejected":
            yield text(Language.EN, f"rejected.{because}")
        case "CallRequested" | "BookingChanged":
            yield from (check_in_words(name) for name in entry.data["for_staff"])
