"""The history of one booking: what happened to it, in order, by whom, with the words still sealed."""

from dataclasses import replace
from uuid import UUID

import pytest

from application.ports import Actor, ActorKind, Sealed
from domain.booking.events import (
    BookingChanged,
    BookingRuleOverridden,
    CallBooked,
    CallRequestApproved,
    CallRequested,
    CallRequestRejected,
)
from domain.event import Purpose
from domain.flag.events import BookingFlagged, BookingUnflagged
from domain.lifecycle import CallStarted
from projections import booking_history
from projections.booking_history import history, rejection
from projections.runner import project_all
from tests.facts import CALL, OFFICER, fact, recorded
from tests.projections.conftest import Fill

pytestmark = pytest.mark.postgres

SEALED = Sealed(CALL, Purpose.CONVERSATION, 1, "commitment", "reason", UUID(int=9), b"nonce and ciphertext")


async def test_everything_that_happened_to_a_booking_is_told_in_order(fill: Fill) -> None:
    story = [
        fact(CallRequested, -500),
        fact(CallRequestApproved, -400),
        fact(CallBooked, -400),
        fact(BookingChanged, -300),
        fact(BookingFlagged, -200),
        fact(BookingUnflagged, -100),
        fact(CallStarted),
    ]
    other = fact(CallRequested, -450, call="call-2")
    db = await fill(booking_history, [*story[:3], other, *story[3:]])
    told = await history(db, CALL)
    assert [entry.type for entry in told] == [type(event).__name__ for event in story]
    assert [entry.at for entry in told] == [event.at for event in story]


async def test_an_entry_says_who_did_it_in_which_role_and_with_what(fill: Fill) -> None:
    overridden = fact(BookingRuleOverridden)
    (entry,) = await history(await fill(booking_history, [overridden]), CALL)
    assert (entry.actor_kind, entry.actor_role, entry.actor_id) == (ActorKind.STAFF, "LM", OFFICER)
    assert entry.data == {
        "rules": ["session_full"],
        "overridden_by": OFFICER,
        "approved_by": "governor-1",
    }


async def test_what_was_decided_automatically_is_told_as_done_by_the_service(fill: Fill) -> None:
    db = await fill(booking_history, [])
    by_rule = replace(recorded(1, fact(CallRequestApproved)), actor=Actor(ActorKind.SYSTEM, "system"))
    await project_all(db, booking_history, [by_rule])
    (entry,) = await history(db, CALL)
    assert (entry.actor_kind, entry.actor_role) == (ActorKind.SYSTEM, None)


async def test_words_stay_sealed_as_they_were_recorded(fill: Fill) -> None:
    db = await fill(booking_history, [fact(CallRequested, -500)])
    said = replace(recorded(2, fact(CallRequestRejected)), sealed={"reason": SEALED})
    await project_all(db, booking_history, [said])
    assert (await history(db, CALL))[-1].sealed == {"reason": SEALED}
    assert await rejection(db, CALL) == {"reason": SEALED}
    kept = await db.fetchval("SELECT string_agg(entries::text, ' ') FROM entries")
    assert "being painted" not in kept


async def test_a_call_that_was_not_rejected_has_no_words_of_rejection(fill: Fill) -> None:
    assert await rejection(await fill(booking_history, [fact(CallRequested)]), CALL) == {}
