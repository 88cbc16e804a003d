"""Everything that was decided on the films of one engine and one policy, as one set of numbers. Pure."""

from collections import defaultdict
from collections.abc import Callable, Sequence
from dataclasses import asdict
from typing import Any

from infrastructure.evaluation.curves import Measured, curve, per_hour, quantile, rate
from infrastructure.evaluation.events import Film, Outcome
from infrastructure.evaluation.manifest import Manifest

SMALL = 5  # a group of fewer people is not reported
HOUR_MS = 3_600_000


def summary(manifest: Manifest, films: Sequence[Film]) -> dict[str, Any]:
    """The numbers as plain data. Shares and rates with an interval of 95 % by identity."""
    scores = [film.scores for film in films]
    curves = {
        name: curve([one for film in scores for one in film[name]]) for name in ("stranger", "face", "nudity")
    }
    return {
        "clips": len(films),
        "hours": round(sum(film.length_ms for film in films) / HOUR_MS, 4),
        "identities": len(_people(films)),
        "judged": sum(film.judged for film in films),
        "per_frame": {name: found and asdict(found) for name, found in curves.items()},
        "false_match_rate": _plain(rate([(_stranger_of(f), *f.false_matches) for f in films])),
        "false_non_match_rate": _plain(rate([(f.subject, *f.non_matches) for f in films])),
        "events": _events(films),
        "leaks": _leaks(films),
        "groups": _groups(manifest, films),
        "conditions": _conditions(films),
    }


def _events(films: Sequence[Film]) -> dict[str, Any]:
    outcomes = [outcome for film in films for outcome in film.outcomes]
    strangers = [outcome for outcome in outcomes if outcome.kind == "stranger"]
    freezes = [freeze for film in films for freeze in film.false_freezes]
    lasted = [freeze.to_ms - freeze.from_ms for freeze in freezes]
    return {
        "labelled": _found(outcomes),
        "missed_violations": sum(not outcome.found for outcome in outcomes),
        "miss_rate": _plain(rate([(o.subject, int(not o.found), 1) for o in outcomes])),
        "time_to_freeze_ms": _quantiles([o.froze_after_ms for o in strangers]),
        "time_to_pause_ms": _quantiles([o.paused_after_ms for o in strangers]),
        "strangers_never_paused": sum(o.paused_after_ms is None for o in strangers),
        "false_pauses_per_hour": _plain(_hourly(films, lambda film: len(film.false_pauses))),
        "false_pauses_by_kind": _by_kind([pause.kind for film in films for pause in film.false_pauses]),
        "false_freezes_per_hour": _plain(_hourly(films, lambda film: len(film.false_freezes))),
        "false_freezes_by_cause": _by_kind([freeze.kind for freeze in freezes]),
        "longest_false_freeze_ms": max(lasted, default=0),
        "falsely_frozen_ms": sum(lasted),
    }


def _leaks(films: Sequence[Film]) -> dict[str, int]:
    """Pictures that would have left while the label says that a stranger's face is to be seen."""
    return {
        "pictures": sum(film.leaked for film in films),
        "of": sum(film.stranger_pictures for film in films),
        "clips": sum(film.leaked > 0 for film in films),
    }


def _groups(manifest: Manifest, films: Sequence[Film]) -> dict[str, Any]:
    """Each self-described group with its numbers; a small one is named without any."""
    groups = {name: person.group for name, person in manifest.people.items() if person.group is not None}
    return {
        group: _group(films, {name for name, its in groups.items() if its == group})
        for group in sorted(set(groups.values()))
    }


def _group(films: Sequence[Film], people: set[str]) -> dict[str, Any]:
    approved = [film for film in films if film.subject in people]
    strangers = [film for film in films if _stranger_of(film) in people]
    seen = {film.subject for film in approved} | {_stranger_of(film) for film in strangers}
    if len(seen & people) < SMALL:
        return {"identities": None, "suppressed": True}
    return {
        "identities": len(seen & people),
        "suppressed": False,
        "false_match_rate": _plain(rate([(_stranger_of(f), *f.false_matches) for f in strangers])),
        "false_non_match_rate": _plain(rate([(f.subject, *f.non_matches) for f in approved])),
        "false_pauses_per_hour": _plain(_hourly(approved, lambda film: len(film.false_pauses))),
        "false_freezes_per_hour": _plain(_hourly(approved, lambda film: len(film.false_freezes))),
    }


def _conditions(films: Sequence[Film]) -> dict[str, Any]:
    found: dict[str, list[Film]] = defaultdict(list)
    for film in films:
        for condition in film.clip.conditions:
            found[condition].append(film)
    return {
        name: {
            "clips": len(some),
            "false_match_rate": _plain(rate([(_stranger_of(f), *f.false_matches) for f in some])),
            "false_non_match_rate": _plain(rate([(f.subject, *f.non_matches) for f in some])),
            "missed_violations": sum(not o.found for film in some for o in film.outcomes),
            "leaked_pictures": sum(film.leaked for film in some),
        }
        for name, some in sorted(found.items())
    }


def _people(films: Sequence[Film]) -> set[str]:
    return {name for film in films for name in (film.subject, _stranger_of(film)) if name}


def _stranger_of(film: Film) -> str:
    """Whose errors the false matches of a film are: the first stranger's in it."""
    return next((one.person or "" for one in film.clip.strangers), "")


def _found(outcomes: Sequence[Outcome]) -> dict[str, dict[str, int]]:
    kinds = sorted({outcome.kind for outcome in outcomes})
    return {
        kind: {
            "intervals": sum(o.kind == kind for o in outcomes),
            "found": sum(o.kind == kind and o.found for o in outcomes),
        }
        for kind in kinds
    }


def _hourly(films: Sequence[Film], count: Callable[[Film], int]) -> Measured | None:
    return per_hour([(film.subject, count(film), film.length_ms / HOUR_MS) for film in films])


def _quantiles(found: Sequence[int | None]) -> dict[str, int | None]:
    values = [value for value in found if value is not None]
    return {"n": len(values), "p50": quantile(values, 0.5), "p95": quantile(values, 0.95)}


def _by_kind(kinds: Sequence[str]) -> dict[str, int]:
    return {kind: kinds.count(kind) for kind in sorted(set(kinds))}


def _plain(measured: Measured | None) -> dict[str, float | None] | None:
    return None if measured is None else asdict(measured)
