"""An engine on trial: what would have been done with what it sees is on record, and nothing is done."""

import asyncio
from pathlib import Path

import pytest

from application.replay import Outcome, replay, tried_engines
from application.replay.shadow import compare
from domain.clearance import ClearanceMode, Side
from domain.event import Event
from domain.events import EVENTS
from domain.lifecycle import CallStarted
from domain.moderation.observation import Observation
from domain.moderation.policy import DetectionPolicy, ModerationPolicy
from domain.policy import Policy
from domain.stream import (
    DetectionObserved,
    EngineTried,
    ShadowDetectionObserved,
    TrialDetectionObserved,
)
from infrastructure.envelope import Envelopes
from infrastructure.event_store import InMemoryEventStore
from infrastructure.media.beside import beside
from infrastructure.media.call import State
from infrastructure.media.engine_trial import EngineTrial
from infrastructure.media.facts import CallFacts
from infrastructure.moderation.client import Tried
from tests.application.history import put
from tests.domain.moderation.pictures import KNOWN, MATCHED, STRANGE, face, picture
from tests.facts import CALL, NOON, PRISON, fact
from tests.infrastructure.media.support import stage
from tests.scripted_call import Waiting, held, visit
from tests.stores import MemoryKeys

ENGINE = "other:aa+bb@fp32"
HERE = Side.VISITOR


class Engine:
    """The engine on trial as moderation answers for it."""

    def __init__(self, *seen: Observation | None, none: bool = False, breaks: bool = False) -> None:
        self.seen, self.none, self.breaks = list(seen), none, breaks
        self.asked = 0
        self.free = asyncio.Event()
        self.free.set()

    async def ask(self) -> Tried | None:
        self.asked += 1
        await self.free.wait()
        if self.breaks:
            raise RuntimeError("the engine on trial is broken")
        return (
            None if self.none else Tried(ENGINE, DetectionPolicy(), self.seen.pop(0) if self.seen else None)
        )


def _trial(engine: Engine) -> tuple[EngineTrial, Waiting]:
    reports = Waiting()
    facts = CallFacts(CALL, PRISON, "MDI/1", reports, lambda: NOON)
    return EngineTrial(engine.ask, ModerationPolicy(), HERE, facts), reports


async def _judged(trial: EngineTrial, times: int) -> None:
    for number in range(times):
        trial.judged(picture(number * 125, face(KNOWN)), MATCHED)
        for _ in range(3):
            await asyncio.sleep(0)


async def test_what_it_would_have_done_is_on_record_with_its_name_and_how_much_it_saw() -> None:
    strange = [picture(n * 125, face(STRANGE)) for n in range(12)]
    trial, reports = _trial(Engine(*strange))
    await _judged(trial, 12)
    trial.state_changed()
    await trial.end()
    spans = [event for event in reports.facts if isinstance(event, TrialDetectionObserved)]
    assert {(span.kind, span.action) for span in spans} >= {
        ("unapproved_face", "pause"),
        ("stranger", "freeze"),
    }
    assert {span.engine for span in spans} == {ENGINE}
    (seen,) = [event for event in reports.facts if isinstance(event, EngineTried)]
    assert (seen.side, seen.engine, seen.samples) == (HERE, ENGINE, 12)


async def test_at_most_one_picture_is_tried_at_a_time() -> None:
    engine = Engine(picture(0, face(KNOWN)), picture(500, face(KNOWN)))
    engine.free.clear()
    trial, _ = _trial(engine)
    await _judged(trial, 5)
    assert engine.asked == 1
    engine.free.set()
    await _judged(trial, 2)
    assert engine.asked > 1


async def test_where_there_was_no_time_nothing_is_counted() -> None:
    trial, reports = _trial(Engine(None, None))
    await _judged(trial, 2)
    await trial.end()
    assert reports.facts == []


async def test_where_no_engine_is_on_trial_nobody_is_asked_again() -> None:
    engine = Engine(none=True)
    trial, reports = _trial(engine)
    await _judged(trial, 6)
    await trial.end()
    assert (engine.asked, reports.facts) == (1, [])


async def test_an_engine_that_fails_ends_alone() -> None:
    engine = Engine(breaks=True)
    trial, reports = _trial(engine)
    await _judged(trial, 6)
    await trial.end()
    assert (engine.asked, reports.facts) == (1, [])


async def test_a_call_that_ends_waits_for_no_trial() -> None:
    engine = Engine(picture(0, face(KNOWN)))
    engine.free.clear()
    trial, reports = _trial(engine)
    await _judged(trial, 1)
    await trial.end()
    await _judged(trial, 3)
    assert (engine.asked, reports.facts) == (1, [])


@pytest.mark.parametrize("mode", list(ClearanceMode))
async def test_nothing_of_a_confidential_stream_is_seen_by_an_engine_on_trial(mode: ClearanceMode) -> None:
    async def ask(_: str) -> Tried | None:
        return None

    facts = CallFacts(CALL, PRISON, "MDI/1", Waiting(), lambda: NOON)
    looking = beside(ModerationPolicy(), mode, "call/visitor", HERE, facts, ask)
    assert bool(looking) == (mode in (ClearanceMode.MATCH, ClearanceMode.COUNT))


async def test_it_is_compared_with_what_was_done_kind_by_kind() -> None:
    live = {"kind": "new_face", "from_ms": 1000, "to_ms": 1250}
    events: list[Event] = [
        fact(CallStarted),
        fact(DetectionObserved, 2, **live, open=False),
        fact(TrialDetectionObserved, 2),
        fact(TrialDetectionObserved, 3, kind="stranger", from_ms=4000, to_ms=5000),
        fact(ShadowDetectionObserved, 3),
        fact(EngineTried, 60, samples=40),
        fact(EngineTried, 60, samples=2, call="call-2", prison="LEI"),
    ]
    store = InMemoryEventStore(Envelopes(EVENTS), MemoryKeys())
    await put(store, *events)
    found = await tried_engines(store, PRISON, NOON, NOON.replace(hour=23))
    assert (found.calls, found.changes) == (1, ({"engine": "permissive:aa+bb@fp32", "samples": 40},))
    assert {what: (t.both, t.only_live, t.only_shadow) for what, t in found.tallies.items()} == {
        "new_face, freeze": (1, 0, 0),
        "stranger, freeze": (0, 0, 1),
    }
    assert (await tried_engines(store, PRISON, NOON.replace(hour=13), NOON.replace(hour=23))).calls == 0
    assert compare(events)["new_face, freeze"].only_shadow == 1, "the policy on trial is another matter"


async def test_a_call_in_which_an_engine_was_on_trial_replays_as_without_one() -> None:
    store = InMemoryEventStore(Envelopes(EVENTS), MemoryKeys())
    async with held(store, Policy()) as on:
        await visit(on)
    for side in Side:
        await put(store, fact(TrialDetectionObserved, 30, side=side), fact(EngineTried, 30, side=side))
    found = await replay(store, on.vault, CALL)
    assert [one for one in found.checked if one.outcome is not Outcome.SAME] == []


async def test_in_a_call_that_is_held_nobody_notices_and_how_much_was_seen_is_told_before_the_end(
    tmp_path: Path,
) -> None:
    """The engine on trial sees a stranger in every picture; every picture arrives all the same."""
    seen = iter(range(0, 1_000_000, 125))

    async def ask(_: str) -> Tried | None:
        return Tried(ENGINE, DetectionPolicy(), picture(next(seen), face(STRANGE)))

    async with stage(tmp_path, tried=ask) as on:
        await on.begin()
        for client in on.clients.values():
            await client.until_pictures(60)
        await on.kept.until("TrialDetectionObserved", kind="unapproved_face", action="pause")
        assert on.call.state is State.LIVE
        assert on.kept.named("StreamFrozen") == on.kept.named("ReportViolation") == []
        await on.call.end()
        await on.reporter.settled()
        names = on.kept.names
    assert names.count("EngineTried") == len(Side)
    assert [name for name in names if name in ("EngineTried", "StreamMeasured")] == [
        "EngineTried", "StreamMeasured", "EngineTried", "StreamMeasured"
    ]  # fmt: skip
