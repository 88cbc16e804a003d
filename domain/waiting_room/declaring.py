"""The declaration: whoever joins a call confirms its rules first, in words that are kept by their version.

People in prison also say that they know the communications compact: it was shown to them in writing, and staff
told them of it. Both may be said from the booking on, and are remembered when somebody comes back.
"""

from datetime import datetime
from typing import Any

from domain.clearance import Side
from domain.event import Refused
from domain.policy import Policy, in_effect
from domain.texts import DECLARATION
from domain.waiting_room.commands import MakeDeclaration
from domain.waiting_room.events import CommunicationsCompactAcknowledged, DeclarationMade, WaitingEvent
from domain.waiting_room.state import WaitingRoom


def owes_declaration(state: WaitingRoom, person: str, at: datetime) -> bool:
    """Whether somebody has to confirm the rules before they join. Before the room opens the policy of now says it."""
    if state.has_declared(person) or state.over:
        return False
    if state.opened is not None:
        return state.opened.declaration
    held = in_effect(state.policies, at)
    return held is not None and Policy.model_validate(held.document).waiting_room.declaration


def declare(state: WaitingRoom, command: MakeDeclaration) -> list[WaitingEvent]:
    """Who is on the call confirms its rules, once for each version."""
    held = command.side is Side.PRISONER
    if command.person not in _on_this_side(state, command.side):
        raise Refused("You are not one of the people on this call.", "not_on_call")
    if command.text_version != DECLARATION:
        raise Refused("The rules have changed meanwhile. Please read them again.", "declaration_outdated")
    if held and not command.told_by_staff:
        raise Refused(
            "Please ask a member of staff to tell you about the communications compact.", "compact_untold"
        )
    if (command.person, command.text_version) in state.declared:
        return []
    said: dict[str, Any] = command.model_dump(exclude={"told_by_staff"})
    made = DeclarationMade(**said)
    if not held:
        return [made]
    return [made, CommunicationsCompactAcknowledged(**{k: v for k, v in said.items() if k != "side"})]


def _on_this_side(state: WaitingRoom, side: Side) -> tuple[str, ...]:
    """Who is expected: as the room has it, and before it opens as the call is booked."""
    if state.cancelled or (state.opened is None and state.booked is None):
        raise Refused("This call is not booked.", "call_unknown")
    if state.opened is not None:
        return (state.opened.prisoner if side is Side.PRISONER else state.opened.visitor).persons
    assert state.booked is not None
    return (state.booked.prisoner,) if side is Side.PRISONER else state.booked.visitors
