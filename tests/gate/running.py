"""Many films one after another, and the search for a bug."""

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field

from domain.clearance import ClearanceMode, Side
from domain.moderation.policy import ModerationPolicy
from tests.gate.bugs import Bug
from tests.gate.film import Cast
from tests.gate.stage import Stage

CASTS = (
    Cast(Side.VISITOR, ClearanceMode.MATCH),
    Cast(Side.PRISONER, ClearanceMode.MATCH),
    Cast(Side.VISITOR, ClearanceMode.COUNT),
)
CROWDED = Cast(Side.VISITOR, ClearanceMode.MATCH, crowded=True)
POLICIES = (ModerationPolicy.full(), ModerationPolicy.permissive())
FILM_MINUTES = 10.0


@dataclass
class Result:
    """What many films came to."""

    hours: float = 0.0
    counts: Counter[str] = field(default_factory=Counter)
    broken: list[str] = field(default_factory=list)


def films(first: int, count: int) -> Iterator[tuple[int, Cast, ModerationPolicy]]:
    """Seeds with the terms they are seen under: every cast under every policy in turn."""
    for seed in range(first, first + count):
        yield seed, CASTS[seed % len(CASTS)], POLICIES[seed // len(CASTS) % len(POLICIES)]


def simulate(first: int, hours: float) -> Result:
    """So many hours of films, from this seed on."""
    result = Result()
    for seed, cast, policy in films(first, round(hours * 60 / FILM_MINUTES)):
        oracle = Stage(seed, FILM_MINUTES, cast, policy).run()
        result.hours += FILM_MINUTES / 60
        result.counts.update(oracle.counts)
        result.broken += [f"film {seed}, {cast.side} {cast.mode}, {line}" for line in oracle.broken]
    return result


def crowded(first: int, hours: float) -> Result:
    """Films in which a greater change hides a face for one picture: the known limit, measured."""
    result = Result()
    for seed in range(first, first + round(hours * 60 / FILM_MINUTES)):
        oracle = Stage(seed, FILM_MINUTES, CROWDED, POLICIES[0]).run()
        result.hours += FILM_MINUTES / 60
        result.counts.update(oracle.counts)
        result.broken += [f"film {seed}, crowded, {line}" for line in oracle.broken]
    return result


def caught(bug: Bug, first: int = 0, films_max: int = 60) -> tuple[int, str] | None:
    """The film in which the simulation noticed the bug, and what it noticed; None: it did not."""
    with bug.made():
        for seed, cast, policy in films(first, films_max):
            broken = Stage(seed, FILM_MINUTES, cast, policy).run().broken
            if broken:
                return seed, broken[0]
    return None
