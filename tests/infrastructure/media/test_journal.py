"""The worker's journal: on disk before it is sent, chained, bounded, and readable after a crash."""

from contextlib import closing
from pathlib import Path

import pytest

from infrastructure.media import journal
from infrastructure.media.journal import Journal, JournalDamaged, JournalFull


def contents(folder: Path, worker: str = "media-1") -> list[bytes]:
    return [entry.content for entry in journal.read(folder, worker)]


def leave_behind(folder: Path, *records: bytes, worker: str = "media-1") -> None:
    """A journal as a process leaves it that ends with everything unacknowledged."""
    with closing(Journal(folder, worker)) as written:
        for record in records:
            written.append([record])


def only_file(folder: Path) -> Path:
    (path,) = folder.glob("*.journal")
    return path


def test_what_was_appended_is_read_back_in_order_by_another_process(tmp_path: Path) -> None:
    with closing(Journal(tmp_path, "media-1")) as written:
        assert written.append([b"one", b"two"]) == [0, 1]
        assert written.append([b""]) == [2]
    assert contents(tmp_path) == [b"one", b"two", b""]
    assert journal.left_behind(tmp_path) == ["media-1"]


def test_a_record_cut_off_by_a_crash_is_left_out(tmp_path: Path) -> None:
    leave_behind(tmp_path, b"whole", b"cut off")
    path = only_file(tmp_path)
    path.write_bytes(path.read_bytes()[:-3])
    assert contents(tmp_path) == [b"whole"]


def test_a_changed_record_is_noticed(tmp_path: Path) -> None:
    leave_behind(tmp_path, b"pause", b"resume")
    path = only_file(tmp_path)
    path.write_bytes(path.read_bytes().replace(b"pause", b"PAUSE"))
    with pytest.raises(JournalDamaged, match="Record 0"):
        contents(tmp_path)


def test_a_removed_file_is_noticed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(journal, "FILE_BYTES", 100)
    leave_behind(tmp_path, *(bytes([number]) * 80 for number in range(4)))
    files = sorted(tmp_path.glob("*.journal"))
    assert len(files) > 2
    files[1].unlink()
    with pytest.raises(JournalDamaged, match="does not follow"):
        contents(tmp_path)


def test_acknowledged_records_are_dropped_with_their_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(journal, "FILE_BYTES", 100)
    written = Journal(tmp_path, "media-1")
    numbers = [written.append([bytes([number]) * 80])[0] for number in range(4)]
    for number in numbers[:-1]:
        written.acknowledge(number)
    assert contents(tmp_path) == [b"\3" * 80]
    written.acknowledge(numbers[-1])
    written.close()
    assert journal.left_behind(tmp_path) == []


def test_a_full_journal_refuses(tmp_path: Path) -> None:
    with closing(Journal(tmp_path, "media-1", bytes_max=200)) as written:
        written.append([b"x" * 100])
        with pytest.raises(JournalFull):
            written.append([b"x" * 100])


def test_a_replayed_journal_is_forgotten(tmp_path: Path) -> None:
    leave_behind(tmp_path, b"one", worker="media-1.a")
    leave_behind(tmp_path, b"two", worker="media-1.b")
    journal.forget(tmp_path, "media-1.a")
    assert journal.left_behind(tmp_path) == ["media-1.b"]
