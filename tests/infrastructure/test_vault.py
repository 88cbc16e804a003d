"""Keys and the vault: what is destroyed is gone, what is moved or altered does not open."""

import asyncio
import stat
from dataclasses import replace
from pathlib import Path
from uuid import uuid4

import asyncpg
import pytest

from domain.event import Purpose
from infrastructure.gateway import Gateway
from infrastructure.migrations import Databases
from infrastructure.vault import CACHE_MAX, CACHE_S, FolderKeys, PostgresKeys, PostgresVault, WrongFolderKey

pytestmark = pytest.mark.postgres
IDENTITY, BIOMETRICS = Purpose.IDENTITY, Purpose.BIOMETRICS


async def test_a_sealed_text_opens_again_and_a_stranger_to_the_folder_cannot(
    keys: PostgresKeys, databases: Databases, tmp_path: Path
) -> None:
    sealed = await keys.seal("p1", IDENTITY, uuid4(), "name", "Zoë Example")
    assert await keys.open(sealed) == "Zoë Example"
    assert "Zoë".encode() not in sealed.ciphertext
    async with Gateway(databases.vault) as vault:
        stranger = PostgresKeys(vault, FolderKeys.open(tmp_path / "elsewhere"))
        with pytest.raises(WrongFolderKey):
            await stranger.open(sealed)


async def test_each_subject_and_each_purpose_has_a_key_of_its_own(keys: PostgresKeys) -> None:
    event = uuid4()
    sealed = [
        await keys.seal(subject, purpose, event, "name", "x")
        for subject in ("p1", "p2")
        for purpose in (IDENTITY, BIOMETRICS)
    ]
    assert len({each.commitment for each in sealed}) == 4
    again = await keys.seal("p1", IDENTITY, event, "name", "x")
    assert (again.key, again.commitment) == (sealed[0].key, sealed[0].commitment)
    assert again.ciphertext != sealed[0].ciphertext


async def test_a_ciphertext_that_was_moved_or_altered_does_not_open(keys: PostgresKeys) -> None:
    sealed = await keys.seal("p1", IDENTITY, uuid4(), "name", "x")
    flipped = bytes([sealed.ciphertext[0] ^ 1]) + sealed.ciphertext[1:]
    for wrong in (
        replace(sealed, event=uuid4()),
        replace(sealed, field="note"),
        replace(sealed, ciphertext=flipped),
        replace(sealed, commitment="00" * 32),
    ):
        with pytest.raises(WrongFolderKey):
            await keys.open(wrong)


async def test_after_destruction_nothing_opens_and_a_new_key_has_a_new_number(
    keys: PostgresKeys, vault: PostgresVault
) -> None:
    old = await keys.seal("p1", BIOMETRICS, uuid4(), "note", "x")
    kept = await keys.seal("p1", IDENTITY, uuid4(), "name", "Zoë")
    reference = await vault.put("p1", BIOMETRICS, "template", b"vector")
    assert await keys.destroy("p1", BIOMETRICS) == 1
    assert await keys.open(old) is None
    assert await vault.get(reference) is None
    assert await keys.open(kept) == "Zoë"
    new = await keys.seal("p1", BIOMETRICS, uuid4(), "note", "y")
    assert (old.key, new.key) == (1, 2)
    assert await keys.open(old) is None
    assert await keys.open(new) == "y"


async def test_no_byte_of_a_destroyed_key_or_object_is_left_in_the_tables(
    keys: PostgresKeys, vault: PostgresVault, databases: Databases
) -> None:
    await vault.put("p1", BIOMETRICS, "template", b"vector")
    await keys.destroy("p1", BIOMETRICS)
    connection = await asyncpg.connect(databases.vault)
    assert await connection.fetchval("SELECT count(*) FROM objects") == 0
    row = await connection.fetchrow("SELECT wrapped, destroyed IS NOT NULL AS destroyed FROM subject_keys")
    assert (row["wrapped"], row["destroyed"]) == (None, True)
    await connection.close()


async def test_another_process_forgets_a_destroyed_key_after_seconds(
    databases: Databases, tmp_path: Path
) -> None:
    moment = 0.0
    folder = FolderKeys.open(tmp_path / "keys")
    async with Gateway(databases.vault) as vault:
        here, there = PostgresKeys(vault, folder), PostgresKeys(vault, folder, clock=lambda: moment)
        sealed = await there.seal("p1", IDENTITY, uuid4(), "name", "x")
        assert await there.open(sealed) == "x"
        await here.destroy("p1", IDENTITY)
        moment = CACHE_S + 0.1
        assert await there.open(sealed) is None


async def test_many_at_once_make_one_key(databases: Databases, tmp_path: Path) -> None:
    folder = FolderKeys.open(tmp_path / "keys")
    async with Gateway(databases.vault, connections=8) as vault:
        processes = [PostgresKeys(vault, folder) for _ in range(8)]
        event = uuid4()
        sealed = await asyncio.gather(*(each.seal("p1", IDENTITY, event, "name", "x") for each in processes))
    assert len({(each.key, each.commitment) for each in sealed}) == 1


async def test_an_object_is_found_by_its_content_and_kept_for_each_subject(
    keys: PostgresKeys, vault: PostgresVault
) -> None:
    content = bytes(range(256)) * 1000
    reference = await vault.put("p1", BIOMETRICS, "photograph", content)
    assert reference == await vault.put("p2", BIOMETRICS, "photograph", content)
    assert await vault.get(reference) == content
    await keys.destroy("p1", BIOMETRICS)
    assert await vault.get(reference) == content, "it is still kept for the other"
    await keys.destroy("p2", BIOMETRICS)
    assert await vault.get(reference) is None
    assert await vault.get("sha256:" + "0" * 64) is None


async def test_an_object_beyond_the_limit_is_refused(vault: PostgresVault) -> None:
    with pytest.raises(ValueError, match="at most"):
        await vault.put("p1", BIOMETRICS, "photograph", bytes(16 * 1024 * 1024 + 1))


async def test_an_index_of_something_personal_is_stable_and_says_nothing(
    keys: PostgresKeys, databases: Databases, tmp_path: Path
) -> None:
    async with Gateway(databases.vault) as vault:
        again = PostgresKeys(vault, FolderKeys.open(tmp_path / "keys"))
        other = PostgresKeys(vault, FolderKeys.open(tmp_path / "elsewhere"))
        assert keys.hmac_index("A1234BC") == again.hmac_index("A1234BC")
        assert keys.hmac_index("A1234BC") != keys.hmac_index("A1234BD")
        assert keys.hmac_index("A1234BC") != other.hmac_index("A1234BC")


def test_the_folder_keys_are_made_once_and_are_ours_alone(tmp_path: Path) -> None:
    made = FolderKeys.open(tmp_path)
    assert FolderKeys.open(tmp_path) == made
    assert made.wrapping != made.index
    for file in tmp_path.iterdir():
        assert stat.S_IMODE(file.stat().st_mode) == 0o600
    (tmp_path / "wrapping.key").chmod(0o640)
    with pytest.raises(PermissionError):
        FolderKeys.open(tmp_path)


def test_a_key_file_that_was_cut_short_is_refused(tmp_path: Path) -> None:
    FolderKeys.open(tmp_path)
    (tmp_path / "index.key").write_bytes(b"short")
    with pytest.raises(WrongFolderKey):
        FolderKeys.open(tmp_path)


async def test_the_cache_of_keys_is_bounded(keys: PostgresKeys, monkeypatch: pytest.MonkeyPatch) -> None:
    assert CACHE_MAX >= 1000
    monkeypatch.setattr("infrastructure.vault.CACHE_MAX", 3)
    sealed = [await keys.seal(f"p{i}", IDENTITY, uuid4(), "name", f"{i}") for i in range(6)]
    assert [await keys.open(each) for each in sealed] == [str(i) for i in range(6)]
    assert keys.cached <= 3
