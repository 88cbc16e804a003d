"""What the log says is to be destroyed is destroyed, and only then it says so, whatever crashes in between."""

from datetime import timedelta
from uuid import uuid4

import pytest

from domain.event import Event, Purpose
from domain.events import EVENTS
from domain.evidence_picture import EvidencePictureKept
from domain.kept import MediaKept, MediaWeeded, WeedingBegun
from domain.lifecycle import CallCompleted
from domain.policy import PolicyPublished
from domain.recording import RecordingSealed
from domain.stream import ObservationsSealed
from domain.waiting_room.events import WaitingRoomOpened
from infrastructure.envelope import Envelopes
from infrastructure.event_store import InMemoryEventStore
from infrastructure.vault import PostgresKeys, PostgresVault
from infrastructure.weeder import Weeder
from tests.application.history import everything, put
from tests.facts import CALL, NOON, fact
from tests.stores import MemoryKeys

pytestmark = pytest.mark.postgres

CONVERSATION, RECORDING, EVIDENCE = Purpose.CONVERSATION, Purpose.RECORDING, Purpose.EVIDENCE


async def _history(vault: PostgresVault) -> list[Event]:
    block = await vault.put(CALL, CONVERSATION, "observations", b"a block")
    piece = await vault.put(CALL, RECORDING, "recording", b"a piece")
    picture = await vault.put(CALL, EVIDENCE, "picture", b"a picture")
    return [
        fact(PolicyPublished, -99_000),
        fact(WaitingRoomOpened, -900),
        fact(ObservationsSealed, 60, digests=(block,)),
        fact(RecordingSealed, 60, digests=(piece,)),
        fact(EvidencePictureKept, 60, digest=picture),
        fact(CallCompleted, 1800),
        fact(WeedingBegun, media=MediaKept.OBSERVATIONS, references=(block,)),
        fact(WeedingBegun, media=MediaKept.RECORDING, references=(piece,)),
        fact(WeedingBegun, media=MediaKept.PICTURES, references=(picture,)),
    ]


async def test_what_was_begun_is_destroyed_and_then_on_record_once(
    keys: PostgresKeys, vault: PostgresVault
) -> None:
    store = InMemoryEventStore(Envelopes(EVENTS), MemoryKeys())
    kept = await vault.put("call-2", CONVERSATION, "observations", b"of another call")
    history = await _history(vault)
    await put(store, *history)
    weeder = Weeder(store, keys, vault, lambda: NOON + timedelta(days=91))
    for _ in range(2):  # after a crash every event is taken again
        for recorded in await everything(store):
            await weeder.take(recorded)
    weeded = [one.event for one in await everything(store) if isinstance(one.event, MediaWeeded)]
    assert [(one.media, one.key_destroyed) for one in weeded] == [
        (MediaKept.OBSERVATIONS, False),
        (MediaKept.RECORDING, True),
        (MediaKept.PICTURES, True),
    ]
    for one in weeded:
        assert [await vault.get(reference) for reference in one.references] == [None]
    assert await vault.get(kept) == b"of another call"


async def test_words_about_the_call_are_still_read_when_its_observations_are_gone(
    keys: PostgresKeys, vault: PostgresVault
) -> None:
    event = fact(WeedingBegun, references=())
    sealed = await keys.seal(CALL, CONVERSATION, uuid4(), "reason", "Somebody came in")
    store = InMemoryEventStore(Envelopes(EVENTS), MemoryKeys())
    await put(store, *await _history(vault), event)
    for recorded in await everything(store):
        await Weeder(store, keys, vault, lambda: NOON).take(recorded)
    assert await keys.open(sealed) == "Somebody came in"


async def test_a_copy_of_a_recording_taken_before_is_noise_after(
    keys: PostgresKeys, vault: PostgresVault
) -> None:
    """Whoever has the vault's rows of before the weeding, as in a backup, lacks the key that wrapped them."""
    key = await keys.current(CALL, RECORDING)
    await vault.put(CALL, RECORDING, "recording", b"a piece")
    await keys.destroy(CALL, RECORDING)
    assert await keys.numbered(CALL, RECORDING, key.number) is None


async def test_while_the_vault_still_has_it_nothing_is_said(keys: PostgresKeys, vault: PostgresVault) -> None:
    """The same bytes lie under another subject: they can still be read by the reference on record."""
    store = InMemoryEventStore(Envelopes(EVENTS), MemoryKeys())
    await put(store, *await _history(vault))
    await vault.put("call-2", CONVERSATION, "observations", b"a block")
    for recorded in await everything(store):
        await Weeder(store, keys, vault, lambda: NOON).take(recorded)
    weeded = [one.event.media for one in await everything(store) if isinstance(one.event, MediaWeeded)]
    assert weeded == [MediaKept.RECORDING, MediaKept.PICTURES]


async def test_a_picture_that_nothing_on_record_names_is_destroyed_with_its_key(
    keys: PostgresKeys, vault: PostgresVault
) -> None:
    """Its way into the vault was cut off at the end of the call: it arrived, and nobody was told."""
    store = InMemoryEventStore(Envelopes(EVENTS), MemoryKeys())
    unnamed = await vault.put(CALL, EVIDENCE, "picture", b"a picture")
    begun = fact(WeedingBegun, media=MediaKept.PICTURES, references=())
    await put(store, fact(PolicyPublished, -99_000), fact(WaitingRoomOpened, -900), begun)
    for recorded in await everything(store):
        await Weeder(store, keys, vault, lambda: NOON).take(recorded)
    assert await vault.get(unnamed) is None
    assert [one.event.media for one in await everything(store) if isinstance(one.event, MediaWeeded)] == [
        MediaKept.PICTURES
    ]
