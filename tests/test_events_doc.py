"""docs/events.md is the dictionary: every event is in it, as the code has it."""

import pytest

from domain.event import Event
from domain.events import EVENTS
from scripts.events_doc import CAUSED_BY, PAGE, page, section


def test_the_page_is_what_the_code_says() -> None:
    assert PAGE.read_text(encoding="utf-8") == page(), "run scripts/events_doc.py --write"


@pytest.mark.parametrize("kind", EVENTS.values(), ids=lambda kind: kind.__name__)
def test_every_event_is_described(kind: type[Event]) -> None:
    assert section(kind) in PAGE.read_text(encoding="utf-8")
    assert kind.__doc__


def test_nobody_is_said_to_cause_what_does_not_exist() -> None:
    assert set(CAUSED_BY) == set(EVENTS)


def test_every_field_is_in_the_section_of_its_event() -> None:
    for kind in EVENTS.values():
        carried = {"at", "prison", "call"}
        text = section(kind)
        assert all(f"| `{name}` |" in text for name in kind.model_fields if name not in carried)
