"""Visitors are told by message what happens to their calls: asked for, booked, changed, given up, held, missed."""

from collections.abc import Sequence
from typing import Any

from application.notifications.telling import OF_CALL, TELLS, Story, told
from application.notifications.texts import NEWEST
from application.ports import EventStore, Recorded
from application.reactions.reaction import Reaction
from domain.decider import about
from domain.notification.decisions import TellPeople
from domain.policy import Policy, PolicyPublished, in_effect
from domain.standby import StandbyJoined, StandbyOffered

NAME = "tell_people"
EVENTS = tuple(TELLS)


async def react(recorded: Recorded[Any], store: EventStore) -> Sequence[Reaction]:
    """What there is to tell, made of what was on record at that moment."""
    event = recorded.event
    call = TELLS[type(event)].call(event)
    story = await _story(recorded, call, store)
    return [
        Reaction(
            TellPeople(
                at=event.at,
                event=recorded.id,
                occasion=telling.occasion,
                text_version=NEWEST,
                people=telling.people,
                call=call,
                prison=event.prison,
                said=telling.said,
            )
        )
        for telling in told(recorded, story)
    ]


async def _story(recorded: Recorded[Any], call: str | None, store: EventStore) -> Story:
    event = recorded.event
    sources = [about(f"policy:{event.prison}", PolicyPublished)]
    if call is not None:
        sources.append(about(f"call:{call}", *OF_CALL))
    if isinstance(event, StandbyOffered):
        sources.append(about(f"standby:{event.standby}", StandbyJoined))
    facts, _ = await store.read(tuple(sources))
    earlier = [fact.event for fact in facts if fact.position < recorded.position]
    known = [f.event for f in facts if f.position <= recorded.position or f.cmd == recorded.cmd]
    held = in_effect([one for one in known if isinstance(one, PolicyPublished)], event.at)
    return Story(
        zone=(Policy() if held is None else Policy.model_validate(held.document)).time_zone,
        earlier=[one for one in earlier if isinstance(one, OF_CALL)],
        facts=[one for one in known if isinstance(one, OF_CALL)],
        waited=tuple(one.person for one in known if isinstance(one, StandbyJoined)),
    )
