"""What a decision of the machine rested on, in words: enough to argue about it."""

from collections.abc import Iterator, Mapping
from typing import Any

from api.web.render import score, words

PEOPLE = frozenset({"head_count", "head_count_above"})
BARRED = "barred_person"
NUDITY = frozenset({"nudity", "explicit_nudity"})
FALLBACKS = {
    "faces_counted": "faces were counted, nobody was compared",
    "picture_repeated": "nothing had changed: the faces are those of an earlier picture",
}
_SAID = frozenset(
    {
        "scores", "threshold", "runner_up", "track", "votes_for", "votes", "quality",
        "engine", "precision", "policy", "liveness", "fallbacks", "entry",
    }
)  # fmt: skip


def evidence_in_words(kind: str, evidence: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    """Each number with its name. `kind`: of the violation, or the cause of the freeze."""
    yield from _measured(kind, evidence)
    yield from _seen(evidence)
    if evidence.get("engine"):
        precision = f", computed in {evidence['precision']}" if "precision" in evidence else ""
        yield "judged by", f"{evidence['engine']}{precision}"
    if evidence.get("policy"):
        yield "under policy", str(evidence["policy"])
    if evidence.get("liveness"):
        yield "whether a living person was there", words(evidence["liveness"]).lower()
    for fallback in evidence.get("fallbacks") or ():
        yield "instead", FALLBACKS.get(fallback, words(fallback).lower())
    for name, value in evidence.items():
        if name not in _SAID and value not in (None, "", [], {}):
            yield words(name).lower(), str(value)


def _measured(kind: str, evidence: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    """What was measured, against which limit, and how many samples said so."""
    scores = evidence.get("scores") or ()
    if kind in PEOPLE and scores:
        yield "people seen", ", ".join(str(people) for people in scores)
    elif scores or evidence.get("threshold") is not None:
        limit = evidence.get("threshold")
        measured = ", ".join(score(one) for one in scores) or "none"
        yield (
            "scores" if kind in NUDITY else "distances",
            measured + (f" (limit {score(limit)})" if limit is not None else ""),
        )
    if evidence.get("runner_up") is not None:
        whom = "nearest approved" if kind == BARRED else "second nearest"
        yield f"distance to the {whom} person", score(evidence["runner_up"])
    if evidence.get("entry") is not None:
        yield "near to", f"face {evidence['entry'] + 1} of those barred from this call"
    if evidence.get("votes"):
        yield "samples that say so", f"{evidence.get('votes_for', 0)} of {evidence['votes']}"


def _seen(evidence: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    """Which face, and how well it was seen."""
    if evidence.get("track") is not None:
        yield "face", str(evidence["track"])
    quality = evidence.get("quality")
    if isinstance(quality, Mapping):
        size = f"{quality['side']} px wide"
        turned = f"turned by {quality['turn'] / 100:.0f} % of the distance between the eyes"
        inside = f"{quality['inside'] / 100:.0f} % inside the picture"
        light = f"brightness {quality['brightness']}"
        yield "seen", ", ".join([size, f"sharpness {quality['sharpness']}", light, turned, inside])
