"""A dress rehearsal: may it be held, what do its pictures show, and what goes on record."""

from collections.abc import Sequence
from dataclasses import dataclass

from application.handle import handle, replay
from application.ports import Context, EventStore, FaceRehearser, Vault
from application.templates import templates_of
from domain import dress_rehearsal
from domain.dress_rehearsal.decisions import HoldRehearsal, expected_on, policy_of
from domain.dress_rehearsal.events import RehearsalHeld
from domain.dress_rehearsal.judging import judge


@dataclass(frozen=True, slots=True)
class Told:
    """What a rehearsal came to, and whether a new photograph may help whoever asked."""

    held: RehearsalHeld
    new_photograph: bool


async def rehearse(
    store: EventStore,
    vault: Vault,
    rehearser: FaceRehearser,
    command: HoldRehearsal,
    pictures: Sequence[bytes],
    context: Context,
) -> Told:
    """Where the rules say no, no picture is looked at. Raises `Refused`."""
    state = await replay(store, dress_rehearsal, command)
    expected, policy = expected_on(state, command), policy_of(state, command)
    templates = await templates_of(vault, expected)
    observations = await rehearser.observe(pictures, policy.moderation, expected.mode, templates)
    seen = judge(observations, policy, command.side, expected)
    handled = await handle(store, dress_rehearsal, command.model_copy(update={"seen": seen}), context)
    after = await replay(store, dress_rehearsal, command)
    return Told(handled.events[0], after.doubts_photograph(command.person))
