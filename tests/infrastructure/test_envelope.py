"""The bytes of an event: one form, everything found again, nothing personal in clear, no float anywhere."""

import base64
import json
import time
from datetime import UTC, datetime, timedelta, timezone
from typing import Annotated, Any
from uuid import UUID, uuid4

import pytest
from hypothesis import given
from hypothesis import strategies as st

from application.ports import Actor, ActorKind, Context, Sealed
from domain.event import CallEvent, Event, Personal, Purpose
from domain.events import EVENTS as REAL_EVENTS
from infrastructure.envelope import (
    Envelopes,
    NotStorable,
    Stored,
    Unreadable,
    associated_data,
    body_of,
    uuid7,
)
from infrastructure.vault import WrongFolderKey
from tests.infrastructure.sample_events import EVENTS, NOW, NoteWritten, Odd, Price, Row, SeatTaken, seat
from tests.stores import MemoryKeys

ENVELOPES = Envelopes(EVENTS)
ASKED = Context(
    Actor(ActorKind.STAFF, "officer-1", "LM", "login-3"), UUID(int=1), UUID(int=2), UUID(int=3), "demo/1"
)
NOTE = NoteWritten(at=NOW, prison="MDI", call="c1", author="p7", words="er fragte nach ihr")


async def written(event: Event, keys: MemoryKeys | None = None) -> Stored:
    return await ENVELOPES.write(event, ASKED, NOW + timedelta(seconds=1), (keys or MemoryKeys()).seal)


async def test_an_envelope_has_these_keys_and_these_values() -> None:
    stored = await written(NOTE)
    body = json.loads(stored.data)
    sealed = body.pop("p")
    assert body == {
        "id": str(stored.id),
        "type": "NoteWritten",
        "v": 1,
        "at": "2026-11-23T21:00:00.000000Z",
        "recorded_at": "2026-11-23T21:00:01.000000Z",
        "actor": {"kind": "STAFF", "id": "officer-1", "role": "LM", "login": "login-3"},
        "cmd": str(UUID(int=1)),
        "corr": str(UUID(int=2)),
        "cause": str(UUID(int=3)),
        "prison": "MDI",
        "call": "c1",
        "policy": "demo/1",
        "tags": ["call:c1", f"cmd:{UUID(int=1)}"],
        "d": {"author": "p7"},
    }
    (field,) = sealed
    assert {key: field[key] for key in "sufk"} == {"s": "p7", "u": "conversation", "f": "words", "k": 1}
    assert len(bytes.fromhex(field["kc"])) == 32


async def test_the_bytes_are_the_sorted_compact_form_that_any_json_library_makes() -> None:
    stored = await written(seat("hamlet", "Zoë", "Åsa"))
    again = json.dumps(json.loads(stored.data), sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    assert again.encode() == stored.data


async def test_an_event_is_read_back_with_its_envelope() -> None:
    event = SeatTaken(at=NOW, show="lear", guests=("a", "b"), row=Row.CIRCLE, price=Price(pence=1250))
    stored = await written(event)
    recorded = ENVELOPES.read(7, stored.data)
    assert (recorded.position, recorded.id, recorded.event) == (7, stored.id, event)
    assert (recorded.actor, recorded.cmd, recorded.corr, recorded.cause) == (
        ASKED.actor,
        ASKED.cmd,
        ASKED.corr,
        ASKED.cause,
    )
    assert recorded.recorded_at == NOW + timedelta(seconds=1)


async def test_a_time_of_another_zone_is_stored_in_utc() -> None:
    summer = timezone(timedelta(hours=1))
    stored = await written(seat().model_copy(update={"at": NOW.astimezone(summer)}))
    assert body_of(stored.data)["at"] == "2026-11-23T21:00:00.000000Z"


async def test_a_personal_field_is_nowhere_in_clear_and_opens_only_where_it_belongs() -> None:
    keys = MemoryKeys()
    stored = await written(NOTE, keys)
    assert b"fragte" not in stored.data
    sealed = ENVELOPES.read(1, stored.data).sealed["words"]
    assert await keys.open(sealed) == NOTE.words
    for changed in ({"event": uuid4()}, {"field": "name"}, {"subject": "p8"}):
        moved = Sealed(**{name: changed.get(name, getattr(sealed, name)) for name in Sealed.__slots__})
        assert await opened(keys, moved) != NOTE.words, changed


async def opened(keys: MemoryKeys, sealed: Sealed) -> str | None:
    try:
        return await keys.open(sealed)
    except WrongFolderKey:
        return None


def test_a_sealed_field_is_bound_to_event_field_and_subject() -> None:
    assert associated_data(UUID(int=9), "words", "p7") == f"{UUID(int=9)}/words/p7".encode()


async def test_a_personal_field_that_is_empty_is_not_stored() -> None:
    assert body_of((await written(NOTE.model_copy(update={"words": None}))).data)["p"] == []


@pytest.mark.parametrize("value", [0.5, float("nan"), b"bytes", object(), 1 + 2j])
async def test_what_has_no_one_form_is_refused(value: Any) -> None:
    with pytest.raises(NotStorable):
        await written(Odd.model_construct(at=NOW, share=value, late=None, seen=None))


async def test_floats_hidden_in_lists_and_mappings_are_refused() -> None:
    somewhere: tuple[Any, ...] = ([1, [0.1]], {"a": {"b": 0.1}}, (0.1,))
    for hidden in somewhere:
        with pytest.raises(NotStorable, match="float"):
            await written(Odd.model_construct(at=NOW, share=hidden, late=None, seen=None))


async def test_texts_are_stored_in_composed_form() -> None:
    stored = await written(seat("Zoe\u0308"))
    assert body_of(stored.data)["d"]["show"] == "Zoë"


async def test_a_tag_with_a_control_character_is_refused() -> None:
    for strange in ("a\x00b", "a\x1fb", "a\nb"):
        with pytest.raises(NotStorable, match="tag"):
            await written(seat(strange))


async def test_an_event_that_nobody_registered_is_not_written() -> None:
    class Stray(Event):
        pass

    with pytest.raises(NotStorable, match="Stray"):
        await written(Stray(at=NOW))


def damaged(data: bytes) -> list[bytes]:
    body = json.loads(data)
    return [
        data[:-1],
        b"[]",
        b"\xff",
        json.dumps({**body, "extra": 1}).encode(),
        json.dumps({name: value for name, value in body.items() if name != "tags"}).encode(),
        json.dumps({**body, "type": "Unheard"}).encode(),
        json.dumps({**body, "v": 99}).encode(),
        json.dumps({**body, "d": {**body["d"], "unknown": 1}}).encode(),
        json.dumps({**body, "d": {}}).encode(),
        json.dumps({**body, "actor": {"kind": "NOBODY"}}).encode(),
        json.dumps({**body, "id": "x"}).encode(),
        json.dumps({**body, "p": [{"f": "words"}]}).encode(),
    ]


async def test_damaged_bytes_are_unreadable_and_never_half_an_event() -> None:
    for data in damaged((await written(NOTE)).data):
        with pytest.raises(Unreadable, match="position 4"):
            ENVELOPES.read(4, data)


async def test_base64_with_stray_bits_is_unreadable() -> None:
    body = json.loads((await written(NOTE)).data)
    text = base64.b64encode(b"x" * 29).decode()
    assert text.endswith("=")
    body["p"][0]["c"] = text.replace("=", "", 1)[:-1] + "B="  # decodes alike, reads differently
    with pytest.raises(Unreadable):
        ENVELOPES.read(1, json.dumps(body).encode())


async def test_an_old_version_is_raised_step_by_step_when_read() -> None:
    old = json.loads((await written(seat("hamlet"))).data)
    old["d"] = {"name": "hamlet"}
    old["v"] = -1
    envelopes = Envelopes(
        EVENTS,
        {
            ("SeatTaken", -1): lambda d: {"show": d["name"]},
            ("SeatTaken", 0): lambda d: {**d, "guests": ["raised"]},
        },
    )
    event = envelopes.read(1, json.dumps(old).encode()).event
    assert event == seat("hamlet", "raised")


def test_a_personal_field_must_have_its_subject_and_be_none_by_default() -> None:
    class Kept(CallEvent):
        who: str
        words: Annotated[str, Personal(of="who", purpose=Purpose.IDENTITY)]

    class Lost(CallEvent):
        words: Annotated[str | None, Personal(of="who", purpose=Purpose.IDENTITY)] = None

    for wrong in (Kept, Lost):
        with pytest.raises(NotStorable):
            Envelopes({wrong.__name__: wrong})


def test_every_event_of_kinline_can_be_kept() -> None:
    assert len(Envelopes(REAL_EVENTS).types) == len(REAL_EVENTS) > 0


def test_ids_of_version_7_carry_the_millisecond_and_differ() -> None:
    before = time.time_ns() // 1_000_000
    made = [uuid7() for _ in range(1000)]
    after = time.time_ns() // 1_000_000
    assert all(before <= ident.int >> 80 <= after for ident in made)
    assert {(ident.version, ident.variant) for ident in made} == {(7, uuid4().variant)}
    assert len(set(made)) == 1000


@given(
    show=st.text(min_size=1).filter(str.isprintable),
    at=st.datetimes(timezones=st.just(UTC), min_value=datetime(2000, 1, 1)),  # noqa: DTZ001 - hypothesis adds it
    pence=st.integers(-(2**53), 2**53),
)
async def test_every_event_comes_back_as_it_was(show: str, at: datetime, pence: int) -> None:
    event = SeatTaken(at=at, show=show, price=Price(pence=pence))
    stored = await written(event)
    again = ENVELOPES.read(1, stored.data).event
    assert again == SeatTaken.model_validate(body_of(stored.data)["d"] | {"at": at})
    assert (await written(again)).tags == stored.tags
