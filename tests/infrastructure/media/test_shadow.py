"""A policy on trial: what it would have done is on record, and what is done is what it would be without it."""

from collections.abc import Mapping
from typing import Any, cast

import pytest

from application.ports import Recorded
from application.replay import Outcome, compare, replay, tried
from domain.clearance import Side
from domain.event import Event
from domain.events import EVENTS
from domain.moderation.policy import ModerationPolicy
from domain.policy import Policy
from domain.stream import ShadowDetectionObserved
from infrastructure.envelope import Envelopes
from infrastructure.event_store import InMemoryEventStore
from infrastructure.media.facts import CallFacts
from infrastructure.media.shadow import Shadow, digest_of
from tests.domain.moderation.pictures import KNOWN, MATCHED, RIGHT, STRANGE, face, picture
from tests.facts import CALL, NOON, PRISON
from tests.scripted_call import Waiting, held, visit
from tests.stores import MemoryKeys

HERE = Side.VISITOR
QUICKER = {"evidence": {"span_ms": 500}}
BLIND = {"matching": {"accept": 9_000, "accept_poor": 9_000, "reject": 9_500, "reject_poor": 9_500}}
NOBODY = {"matching": {"accept": 0, "accept_poor": 0}}


async def _log(shadow: Mapping[str, Any]) -> tuple[InMemoryEventStore, Any]:
    """The usual visit with this on trial: the log, and the vault."""
    policy = Policy().merged({"moderation": {"shadow": dict(shadow)}})
    store = InMemoryEventStore(Envelopes(EVENTS), MemoryKeys())
    async with held(store, policy) as on:
        await visit(on)
    return store, on.vault


async def _events(store: InMemoryEventStore) -> list[Event]:
    facts: list[Recorded[Any]] = list(await store.after(0, limit=10_000))
    return [fact.event for fact in facts]


def _plain(events: list[Event]) -> list[dict[str, Any]]:
    """What happened, without ids made by chance and without the policy document."""
    chance = {"violation", "document"}
    return [
        {"type": type(event).__name__, **event.model_dump(mode="json", exclude=chance)}
        for event in events
        if not isinstance(event, ShadowDetectionObserved)
    ]


@pytest.mark.parametrize("shadow", [QUICKER, BLIND, NOBODY], ids=["quicker", "blind", "nobody"])
async def test_with_a_shadow_everything_happens_as_without_one(shadow: Mapping[str, Any]) -> None:
    without, _ = await _log({})
    beside, vault = await _log(shadow)
    assert _plain(await _events(beside)) == _plain(await _events(without))
    assert any(isinstance(event, ShadowDetectionObserved) for event in await _events(beside))
    found = await replay(beside, vault, CALL)
    assert {c.type for c in found.checked} >= {"ShadowDetectionObserved"}
    assert [c for c in found.checked if c.outcome is not Outcome.SAME] == []


async def test_what_the_shadow_would_have_done_names_the_changes_that_were_tried() -> None:
    store, _ = await _log(NOBODY)
    spans = [event for event in await _events(store) if isinstance(event, ShadowDetectionObserved)]
    assert {event.overlay for event in spans} == {digest_of(NOBODY)}
    assert ("new_face", "freeze") in {(event.kind, event.action) for event in spans}
    assert ("could_not_check", "pause") in {(event.kind, event.action) for event in spans}


async def test_two_policies_are_compared_kind_by_kind() -> None:
    store, _ = await _log(BLIND)
    tallies = compare(await _events(store))
    stranger = tallies["unapproved_face, pause"]
    assert (stranger.both, stranger.only_live, stranger.only_shadow) == (0, 1, 0)
    covered = tallies["camera_covered, coach"]
    assert (covered.both, covered.only_live, covered.only_shadow) == (1, 0, 0)
    store, _ = await _log(NOBODY)
    assert compare(await _events(store))["could_not_check, pause"].only_shadow > 0


async def test_a_shadow_that_would_do_nothing_is_counted_as_one_that_was_asked() -> None:
    """A call in which only the live policy acted counts: silence of the shadow is an answer."""
    store, _ = await _log(BLIND)
    found = await tried(store, PRISON, NOON, NOON.replace(hour=23))
    assert (found.calls, found.changes) == (1, (BLIND,))
    assert found.tallies["new_face, freeze"].only_live > 0
    assert (await tried(store, PRISON, NOON.replace(hour=13), NOON.replace(hour=23))).calls == 0
    untried, _ = await _log({})
    assert (await tried(untried, PRISON, NOON, NOON.replace(hour=23))).calls == 0


def test_a_shadow_that_fails_ends_alone() -> None:
    reports = Waiting()
    facts = CallFacts(CALL, PRISON, "MDI/1", reports, lambda: NOON)
    shadow = Shadow(cast(ModerationPolicy, None), "sha256:00", HERE, facts.shadow)
    shadow.judged(picture(0, face(STRANGE, at=RIGHT)), MATCHED)
    shadow.judged(picture(125, face(KNOWN)), MATCHED)
    shadow.state_changed()
    assert reports.facts == []
