"""Old events are read for ever: the stored bytes of every type, as each release wrote them.

A type, or a new version of one, without its bytes here fails: run `scripts/golden_events.py --write`. What
is here never changes. If this page says that it did, the release before cannot be read any more.
"""

import json
from collections.abc import Iterator
from functools import reduce
from hashlib import sha256
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

from application.ports import Recorded
from domain.event import Event
from domain.events import EVENTS
from infrastructure.envelope import Envelopes, associated_data, body_of
from infrastructure.vault import decrypt
from projections import call_wall
from projections.call_timeline import Seen, seen_after
from projections.call_wall import WallCall
from projections.usage import counts_of
from scripts.golden_events import DIGESTS, GOLDEN, KEY, missing
from tests.domain.test_deciders import DECIDERS, known_to
from tests.facts import USUAL, fact

FILES = sorted(GOLDEN.glob("*.json"))


def read(path: Path) -> Recorded[Any]:
    return Envelopes(EVENTS).read(1, path.read_bytes())


def digests() -> Iterator[tuple[str, str]]:
    for line in DIGESTS.read_text().splitlines():
        digest, _, name = line.partition("  ")
        yield name, digest


def test_every_type_of_event_has_its_bytes_in_its_present_form() -> None:
    assert [kind.__name__ for kind in missing()] == []


def test_no_golden_event_was_added_changed_or_removed_unseen() -> None:
    assert dict(digests()) == {path.name: sha256(path.read_bytes()).hexdigest() for path in FILES}
    assert len(list(digests())) == len(FILES)


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_this_release_reads_what_was_stored(path: Path) -> None:
    stored, recorded = body_of(path.read_bytes()), read(path)
    name, _, version = path.stem.partition(".v")
    assert (stored["type"], stored["v"]) == (name, int(version))
    assert type(recorded.event) is EVENTS[name]
    if stored["v"] == EVENTS[name].V:
        open_fields = _of(json.loads(recorded.event.model_dump_json()), stored["d"])
        assert _moments_alike(open_fields) == _moments_alike(stored["d"])


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_a_stored_event_is_still_found_by_its_tags(path: Path) -> None:
    recorded = read(path)
    assert set(body_of(path.read_bytes())["tags"]) == recorded.event.tags() | {f"cmd:{recorded.cmd}"}


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_a_sealed_field_is_opened_by_its_key_and_by_nothing_else(path: Path) -> None:
    recorded = read(path)
    typed = {name: USUAL[type(recorded.event)].get(name) for name in type(recorded.event).personal_fields()}
    assert set(recorded.sealed) == {name for name, text in typed.items() if text is not None}
    for name, sealed in recorded.sealed.items():
        assert getattr(recorded.event, name) is None
        bound = associated_data(sealed.event, sealed.field, sealed.subject)
        assert decrypt(KEY, sealed.ciphertext, bound).decode() == typed[name]
        assert str(typed[name]).encode() not in path.read_bytes()


@pytest.mark.parametrize("decider", DECIDERS, ids=lambda decider: decider.__name__)
def test_every_decision_folds_what_was_stored(decider: ModuleType) -> None:
    events = [read(path).event for path in FILES]
    reduce(decider.evolve, (event for event in events if type(event) in known_to(decider)), decider.initial)


def test_every_read_model_takes_in_what_was_stored() -> None:
    row: WallCall | None = None
    seen = Seen()
    opening_first = sorted(FILES, key=lambda path: not path.name.startswith("WaitingRoomOpened"))
    for recorded in map(read, opening_first):
        seen = seen_after(seen, recorded.event)
        list(counts_of(recorded.event))
        if isinstance(recorded.event, call_wall.EVENTS):
            row = call_wall.after(row, recorded)
    assert row is not None


def test_every_type_of_event_has_a_plausible_example() -> None:
    assert {type(fact(kind)) for kind in EVENTS.values()} == set(EVENTS.values())


def _of(read_back: Any, stored: Any) -> Any:
    """What was read of what was stored: fields that came later, also within a field, have their defaults."""
    if isinstance(read_back, dict) and isinstance(stored, dict):
        return {name: _of(read_back[name], value) for name, value in stored.items() if name in read_back}
    if isinstance(read_back, list) and isinstance(stored, list) and len(read_back) == len(stored):
        return [_of(one, other) for one, other in zip(read_back, stored, strict=True)]
    return read_back


def _moments_alike(value: Any) -> Any:
    """Moments are stored with microseconds and printed without: the same text for the same moment."""
    text = json.dumps(value, sort_keys=True)
    return text.replace(".000000Z", "Z")


def test_an_event_is_never_read_as_another_type() -> None:
    data = json.loads((GOLDEN / "CallClosed.v1.json").read_bytes())
    assert isinstance(Envelopes(EVENTS).read(1, json.dumps(data).encode()).event, Event)
    data["type"] = "CallBooked"
    with pytest.raises(Exception, match="position 1"):
        Envelopes(EVENTS).read(1, json.dumps(data).encode())
