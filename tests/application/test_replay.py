"""A call judged again from its blocks: the same to the byte, or it is said what differs and what is gone."""

import json
from collections.abc import AsyncIterator
from dataclasses import replace as changed
from typing import Any

import pytest
import pytest_asyncio

from application.replay import BlockAltered, Outcome, Record, Report, replay, replayed
from application.replay.record import SideRecord, read
from domain.call.events import CallResumed
from domain.clearance import ClearanceMode, Side
from domain.event import Refused
from domain.lifecycle import CallStarted
from domain.moderation.block import Block
from domain.stream import DetectionObserved, ObservationsSealed, StreamFrozen, StreamReleased
from domain.violation import ViolationCleared, ViolationRaised
from domain.waiting_room.events import ClearanceModeSet
from infrastructure.envelope import Envelopes
from infrastructure.event_store import InMemoryEventStore
from tests.domain.moderation.pictures import KNOWN, RIGHT, STRANGE, face
from tests.facts import CALL, fact, recorded
from tests.scripted_call import MemoryVault, ScriptedCall, held, visit
from tests.stores import MemoryKeys

HERE = Side.VISITOR


@pytest_asyncio.fixture
async def on(event_types: Any) -> AsyncIterator[ScriptedCall]:
    """A call on the in-memory log."""
    async with held(InMemoryEventStore(Envelopes(event_types), MemoryKeys())) as call:
        yield call


async def report(on: ScriptedCall, **changes: Any) -> Report:
    return await replay(on.store, on.vault, CALL, changes or None)


def kept(on: ScriptedCall) -> dict[str, bytes]:
    assert isinstance(on.vault, MemoryVault)
    return on.vault.kept


def types(found: Report) -> set[str]:
    return {one.type for one in found.checked}


async def test_a_call_judged_again_is_what_is_on_record_to_the_byte(on: ScriptedCall) -> None:
    found = await report(await visit(on))
    assert [c for c in found.checked if c.outcome is not Outcome.SAME] == []
    assert found.same
    assert types(found) >= {"ViolationRaised", "ViolationCleared", "DetectionObserved", "CoachingShown"}
    assert {c.kind for c in found.checked} >= {"unapproved_face", "camera_covered", "stranger"}
    assert found.samples == 9 + 17 + 16 + 80 + 5 + 20 + 48 + 32
    assert found.policy == "MDI/1"


async def test_the_replay_knows_where_a_stream_began_anew_and_what_the_officer_said(on: ScriptedCall) -> None:
    await visit(on)
    blocks = [Block.from_bytes(content) for content in kept(on).values()]
    visitors = [block for block in blocks if block.terms.side is HERE]
    assert sum(block.anew is not None for block in visitors) == 2
    for block in visitors:
        assert block.call == CALL
    (resumed,) = [
        f for f in (await read(on.store, on.vault, CALL)).facts if isinstance(f.event, CallResumed)
    ][:1]
    assert resumed.event.cause == "staff"


async def test_a_number_changed_on_record_is_found(on: ScriptedCall) -> None:
    record = await read((await visit(on)).store, on.vault, CALL)
    raised = next(f for f in record.facts if isinstance(f.event, ViolationRaised))
    for field, value in (("runner_up", 1), ("engine", "another"), ("policy", "MDI/2"), ("votes_for", 99)):
        evidence = {**raised.event.evidence, field: value}
        (differs,) = _with(record, raised, evidence=evidence).differences
        assert (differs.position, differs.says) == (
            raised.position,
            f"made again, it differs in: {field}",
        )
    (differs,) = _with(record, raised, since_ms=raised.event.since_ms + 1).differences
    assert differs.says == "made again, it differs in: since_ms"


async def test_a_decision_taken_from_the_record_is_missed(on: ScriptedCall) -> None:
    record = await read((await visit(on)).store, on.vault, CALL)
    for kind in (ViolationRaised, ViolationCleared):
        gone = next(f for f in record.facts if isinstance(f.event, kind))
        facts = [f for f in record.facts if f is not gone]
        (missed,) = replayed(changed(record, facts=facts)).differences
        assert (missed.position, missed.type, missed.media_ms) == (None, kind.__name__, gone.event.media_ms)


async def test_a_decision_that_the_rules_never_made_is_found(on: ScriptedCall) -> None:
    record = await read((await visit(on)).store, on.vault, CALL)
    last = record.facts[-1].position
    invented = (
        (fact(StreamFrozen, side=HERE, cause="stranger", media_ms=1_000), "made again: shown"),
        (
            fact(ViolationRaised, side=HERE, media_ms=1_000, since_ms=500, track=1),
            "made again, this is not raised at this moment",
        ),
        (
            fact(StreamReleased, side=HERE, media_ms=3_000),
            "the rules let no picture of this moment leave",
        ),
        (
            fact(DetectionObserved, side=HERE, kind="clean", from_ms=2_125, to_ms=3_000, samples=8),
            "made again, it differs in: kind, worst",
        ),
    )
    for event, says in invented:
        facts = [*record.facts, recorded(last + 1, event)]
        differs = [d for d in replayed(changed(record, facts=facts)).differences if d.position == last + 1]
        assert [d.says for d in differs] == [says]


async def test_a_picture_may_have_left_between_two_clean_judgements(on: ScriptedCall) -> None:
    record = await read((await visit(on)).store, on.vault, CALL)
    released = fact(StreamReleased, side=HERE, media_ms=1_060)
    facts = [*record.facts, recorded(record.facts[-1].position + 1, released)]
    assert replayed(changed(record, facts=facts)).same


async def test_a_block_that_was_altered_is_refused(on: ScriptedCall) -> None:
    await visit(on)
    reference, content = next((r, c) for r, c in kept(on).items() if b"8000" in c)
    kept(on)[reference] = content.replace(b"8000", b"3000")
    with pytest.raises(BlockAltered) as refused:
        await report(on)
    assert refused.value.rule == "block_altered"


async def test_a_block_that_was_destroyed_is_named_and_what_rested_on_it_is_not_covered(
    on: ScriptedCall,
) -> None:
    await visit(on)
    sealed = [f.event for f in (await read(on.store, on.vault, CALL)).facts]
    digests = [d for e in sealed if isinstance(e, ObservationsSealed) and e.side is HERE for d in e.digests]
    del kept(on)[digests[0]]
    found = await report(on)
    side = found.sides[HERE]
    assert side.gone == (digests[0],)
    assert side.unreachable > 0
    assert not found.same
    assert found.differences == ()
    outcomes = {(c.kind, c.outcome) for c in found.checked if c.side is HERE}
    assert ("unapproved_face", Outcome.NOT_COVERED) in outcomes
    assert ("camera_covered", Outcome.SAME) in outcomes  # after the new connection all is known again


async def test_another_policy_is_told_up_to_the_first_difference(on: ScriptedCall) -> None:
    await visit(on)
    quicker = {"evidence": {"mismatches": 3, "span_ms": 500}}
    found = (await report(on, moderation=quicker)).otherwise
    assert found is not None
    assert found.first is not None
    assert (found.first.side, found.first.media_ms) == (HERE, 2_625)
    assert found.first.was == "withheld for new_face"
    assert found.first.would == "withheld for stranger, unapproved_face raised (pause)"
    assert found.comparable > 0
    assert found.not_comparable > found.comparable


async def test_another_policy_that_changes_no_decision_is_comparable_to_the_end(on: ScriptedCall) -> None:
    await visit(on)
    found = (await report(on, moderation={"nudity": {"score": 6_500}})).otherwise
    assert found is not None
    assert (found.first, found.not_comparable, found.observing) == (None, 0, ())


async def test_a_policy_that_would_have_looked_at_other_pictures_is_not_compared(on: ScriptedCall) -> None:
    await visit(on)
    found = (await report(on, moderation={"sampling": {"per_s": 6}})).otherwise
    assert found is not None
    assert (found.comparable, found.observing) == (0, ("sampling",))


async def test_what_the_call_took_in_silence_is_no_difference(on: ScriptedCall) -> None:
    """The second stranger comes while the call waits for an officer; the same face is raised once."""
    await on.show_for(HERE, 0, 1_000, face(KNOWN))
    await on.show_for(HERE, 1_125, 3_000, face(KNOWN), face(STRANGE, at=RIGHT))
    await on.show_for(HERE, 3_125, 6_000, face(STRANGE))
    await on.end()
    assert (await report(on)).same


async def test_a_stream_that_nobody_may_judge_has_nothing_to_be_judged_again(on: ScriptedCall) -> None:
    record = await read((await visit(on)).store, on.vault, CALL)
    opened = [fact(ClearanceModeSet, side=side, mode=ClearanceMode.OPEN) for side in Side]
    released = fact(StreamReleased, side=HERE, media_ms=500)
    facts = [recorded(n, event) for n, event in enumerate([fact(CallStarted), *opened, released], 1)]
    found = replayed(changed(record, facts=facts, sides={side: SideRecord() for side in Side}))
    assert (found.checked, found.samples, found.same) == ((), 0, True)
    judged = replayed(
        changed(record, facts=[facts[0], facts[-1]], sides={side: SideRecord() for side in Side})
    )
    assert [one.outcome for one in judged.checked] == [Outcome.NOT_COVERED]


async def test_a_call_nobody_knows_is_refused(on: ScriptedCall) -> None:
    with pytest.raises(Refused) as refused:
        await replay(on.store, on.vault, "no-such-call")
    assert refused.value.rule == "call_unknown"


async def test_the_report_is_plain_data(on: ScriptedCall) -> None:
    document = (await report(await visit(on), moderation={"sampling": {"per_s": 6}})).document()
    assert json.loads(json.dumps(document)) == document
    assert document["same"] is True


async def test_an_old_record_is_compared_by_what_it_names(on: ScriptedCall) -> None:
    record = await read((await visit(on)).store, on.vault, CALL)
    raised = next(f for f in record.facts if isinstance(f.event, ViolationRaised))
    added = {"precision", "policy", "liveness", "fallbacks"}
    old = {name: value for name, value in raised.event.evidence.items() if name not in added}
    assert _with(record, raised, evidence=old).same
    (differs,) = _with(record, raised, evidence={**old, "track": 7}).differences
    assert differs.says == "made again, it differs in: track"


def _with(record: Record, one: Any, **fields: Any) -> Report:
    altered = changed(one, event=one.event.model_copy(update=fields))
    return replayed(changed(record, facts=[altered if f is one else f for f in record.facts]))
