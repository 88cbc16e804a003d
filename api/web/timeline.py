"""The record of a call as an auditor reads it: every event in order, with what each side then saw."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Annotated, Any

from fastapi import APIRouter, Request
from fastapi.responses import Response

from api.guard import Acting, require
from api.reading import record_of, words_of
from api.scope import CallId, the_call
from api.services import Use
from api.web.evidence import evidence_in_words
from api.web.render import page, score, seconds, words
from api.web.texts import Language, cause, keys, text
from api.web.wall import SIDES
from domain.clearance import Side
from projections.call_timeline import Entry, Sight

router = APIRouter(include_in_schema=False)

SCORES = frozenset(
    {"distance", "distances", "distance_min", "score", "scores", "threshold", "worst", "nudity", "share"}
)
"""Fields that hold whole numbers of 1/10,000."""

HIDDEN = frozenset({"side", "viewer", "media_ms", "rules", "faces", "concerned"})
"""Fields with a column of their own; the rules, which are those of the policy that is named; places in a picture."""


@dataclass(frozen=True)
class Row:
    """One event in words."""

    entry: Entry
    title: str
    side: str
    facts: tuple[tuple[str, str], ...]
    words: Mapping[str, str]
    by: str
    sees: tuple[tuple[str, str], ...]  # each side that sees something else from here on


@dataclass(frozen=True)
class Span:
    """What one side saw, in words, from when to when."""

    sight: Sight
    says: str

    def __getattr__(self, name: str) -> Any:
        return getattr(self.sight, name)


@router.get("/calls/{call}/timeline")
async def see_timeline(
    call: CallId,
    request: Request,
    services: Use,
    acting: Annotated[Acting, require("timeline.read", the_call)],
) -> Response:
    """The whole record. That it is read is the newest event in it."""
    entries, sights = await record_of(services, acting, call)
    roles = services.permissions.roles
    rows = [
        _row(entry, before, await words_of(services, acting, entry), roles)
        for before, entry in zip([None, *entries], entries, strict=False)
    ]
    saw = [Span(sight, sees(sight.sees)) for sight in sights]
    role, scopes = acting.login.role, services.permissions.scopes
    return await page(
        request,
        "timeline.html",
        call=call,
        rows=rows,
        saw=saw,
        sides=SIDES,
        may_replay=role in scopes("call.replay"),
        may_raise=role in scopes("concern.raise"),
        may_see_conduct=role in scopes("conduct.read"),
    )


def _row(entry: Entry, before: Entry | None, typed: Mapping[str, str], roles: Mapping[str, str]) -> Row:
    return Row(
        entry=entry,
        title=_title(entry.type),
        side="" if entry.side is None else SIDES[entry.side],
        facts=tuple(facts_of(entry.data)),
        words=typed,
        by=roles.get(entry.actor_role or "", words(entry.actor_kind.value.lower())),
        sees=tuple(
            (SIDES[viewer], sees(entry.seen.of(viewer)))
            for viewer in Side
            if before is None or before.seen.of(viewer) != entry.seen.of(viewer)
        ),
    )


def sees(seen: str) -> str:
    """What somebody sees, in words; a slate with its reason."""
    what, _, why = seen.partition(":")
    said = text(Language.EN, f"sees.{what}")
    return f"{said}: {cause(Language.EN, why).lower() if why else ''}".removesuffix(": ")


def facts_of(data: Mapping[str, Any], prefix: str = "") -> Iterator[tuple[str, str]]:
    """Every open field of an event with its value in words, depth first."""
    for name, value in data.items():
        if name == "taps" and value == []:
            yield "taps", text(Language.EN, "tap.none")
        if name in HIDDEN or value in (None, "", [], {}):
            continue
        if name == "evidence" and isinstance(value, Mapping):
            yield from evidence_in_words(str(data.get("kind") or data.get("cause") or ""), value)
        elif isinstance(value, Mapping):
            yield from facts_of(value, f"{prefix}{words(name)}, ".lower() if prefix == "" else prefix)
        elif isinstance(value, list) and value and isinstance(value[0], Mapping):
            for number, item in enumerate(value, 1):
                yield from facts_of(item, f"{words(name).lower()} {number}, ")
        else:
            yield f"{prefix}{_label(name)}", _value(name, value)


def _title(event: str) -> str:
    try:
        return text(Language.EN, f"event.{event}")
    except KeyError:
        return words(event)


def _label(name: str) -> str:
    return words(name.removesuffix("_ms")).lower()


def _value(name: str, value: Any) -> str:
    if isinstance(value, list):
        return ", ".join(_value(name, item) for item in value)
    if name == "taps":
        return text(Language.EN, f"tap.{value}")
    if isinstance(value, bool):
        return "yes" if value else "no"
    if name.endswith("_ms") and isinstance(value, int):
        return seconds(value)
    if name in SCORES and isinstance(value, int):
        return score(value)
    if name in {"cause", "kind", "reason"} and isinstance(value, str):
        return cause(Language.EN, value) if f"cause.{value}" in keys(Language.EN) else words(value)
    return str(value)
