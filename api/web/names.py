"""Names for pages: opened one by one from what was sealed at registration, for whoever may read them."""

from collections.abc import Iterable

from api.services import Services
from domain.decider import about
from domain.person import PersonRegistered


async def names_of(services: Services, persons: Iterable[str]) -> dict[str, str]:
    """The names of these people, by id. Whoever's key was destroyed is left out."""
    wanted = sorted(set(persons))
    if not wanted:
        return {}
    facts, _ = await services.store.read(
        tuple(about(f"person:{person}", PersonRegistered) for person in wanted)
    )
    found = {}
    for fact in facts:
        sealed = fact.sealed.get("name")
        name = None if sealed is None else await services.keys.open(sealed)
        if name is not None:
            found[fact.event.person] = name
    return found
