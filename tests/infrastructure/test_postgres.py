"""The embedded PostgreSQL starts anywhere, keeps what it acknowledged, and belongs to one supervisor."""

import asyncio
import contextlib
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import asyncpg
import psutil
import pytest

from infrastructure.postgres import EmbeddedPostgres, FolderInUse, PostgresUnavailable
from infrastructure.postgres_user import RunAs, choose

pytestmark = pytest.mark.postgres
as_root = pytest.mark.skipif(os.geteuid() != 0, reason="only root has to become somebody else")

SUPERVISOR = """
import asyncio, sys
from pathlib import Path
from infrastructure.postgres import EmbeddedPostgres

async def main():
    server = EmbeddedPostgres(Path(sys.argv[1]))
    await server.start()
    print(*server.pids(), flush=True)
    await server.wait_ended()

asyncio.run(main())
"""


async def store_a_row(server: EmbeddedPostgres) -> None:
    connection = await asyncpg.connect(server.dsn())
    await connection.execute("CREATE TABLE kept (word text)")
    await connection.execute("INSERT INTO kept VALUES ('kept')")
    await connection.close()


async def stored_rows(server: EmbeddedPostgres) -> list[str]:
    connection = await asyncpg.connect(server.dsn())
    rows = await connection.fetch("SELECT word FROM kept")
    await connection.close()
    return [row["word"] for row in rows]


def lives(pid: int) -> bool:
    """Whether a process runs or could run again; one that ended but was not collected does not."""
    try:
        return psutil.Process(pid).status() != psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return False


async def wait_for(condition: Callable[[], bool], seconds_max: float = 20.0) -> None:
    end = time.monotonic() + seconds_max
    while not condition():
        assert time.monotonic() < end, "the awaited condition did not come true in time"
        await asyncio.sleep(0.02)


def signal_all(server: EmbeddedPostgres, number: signal.Signals) -> None:
    """Signal every process of the server; one that ended in between needs none."""
    for pid in server.pids():
        with contextlib.suppress(ProcessLookupError):
            os.kill(pid, number)


def supervisor_process(folder: Path) -> tuple[subprocess.Popen[str], list[int]]:
    """Another process that starts a server, and the process numbers of that server."""
    process = subprocess.Popen(
        [sys.executable, "-c", SUPERVISOR, str(folder)], stdout=subprocess.PIPE, text=True, cwd=Path.cwd()
    )
    assert process.stdout is not None
    return process, [int(pid) for pid in process.stdout.readline().split()]


def end_supervisor(process: subprocess.Popen[str]) -> None:
    process.kill()
    process.communicate()


async def test_what_was_stored_is_there_after_a_stop_and_a_start(tmp_path: Path) -> None:
    server = EmbeddedPostgres(tmp_path / "postgresql")
    await server.start()
    await store_a_row(server)
    await server.stop()
    assert not server.running
    await server.start()
    assert await stored_rows(server) == ["kept"]
    await server.stop()


async def test_what_was_stored_survives_a_kill_of_every_process(tmp_path: Path) -> None:
    async with EmbeddedPostgres(tmp_path / "postgresql") as server:
        await store_a_row(server)
        signal_all(server, signal.SIGKILL)
        await server.wait_ended()
        await server.start()
        assert await stored_rows(server) == ["kept"]


async def test_a_path_with_spaces_and_quotes_works(tmp_path: Path) -> None:
    async with EmbeddedPostgres(tmp_path / 'a mother\'s "calls" of may' / "postgresql") as server:
        await store_a_row(server)
        assert await stored_rows(server) == ["kept"]


async def test_a_path_longer_than_a_socket_address_works(tmp_path: Path) -> None:
    async with EmbeddedPostgres(tmp_path / ("long" * 40) / "postgresql") as server:
        await store_a_row(server)
        assert await stored_rows(server) == ["kept"]


async def test_a_second_supervisor_is_told_that_the_folder_is_in_use(tmp_path: Path) -> None:
    async with EmbeddedPostgres(tmp_path / "postgresql") as first:
        with pytest.raises(FolderInUse, match="Another Kinline is running"):
            await EmbeddedPostgres(tmp_path / "postgresql").start()
        await store_a_row(first)
        assert await stored_rows(first) == ["kept"]


async def test_the_server_goes_when_its_supervisor_is_killed_and_the_next_one_finds_all(
    tmp_path: Path,
) -> None:
    process, pids = supervisor_process(tmp_path / "postgresql")
    assert pids, "the other process did not start its server"
    end_supervisor(process)
    await wait_for(lambda: not any(lives(pid) for pid in pids))
    log = (tmp_path / "postgresql" / "server.log").read_text()
    assert "database system is shut down" in log


async def test_a_server_left_frozen_by_a_killed_supervisor_is_ended_at_the_next_start(tmp_path: Path) -> None:
    process, pids = supervisor_process(tmp_path / "postgresql")
    for pid in pids:
        os.kill(pid, signal.SIGSTOP)
    end_supervisor(process)
    async with EmbeddedPostgres(tmp_path / "postgresql") as server:
        await store_a_row(server)
        assert not any(lives(pid) for pid in pids)


async def test_a_pid_file_that_names_another_program_does_not_stop_the_start(tmp_path: Path) -> None:
    server = EmbeddedPostgres(tmp_path / "postgresql")
    await server.start()
    await store_a_row(server)
    pid_file = tmp_path / "postgresql" / "cluster" / "postmaster.pid"
    content = pid_file.read_text()
    await server.stop()
    pid_file.write_text("\n".join([str(os.getppid()), *content.splitlines()[1:]]))
    await server.start()
    assert await stored_rows(server) == ["kept"]
    assert psutil.pid_exists(os.getppid())
    await server.stop()


async def test_all_processes_can_be_frozen_and_go_on_afterwards(tmp_path: Path) -> None:
    async with EmbeddedPostgres(tmp_path / "postgresql") as server:
        await store_a_row(server)
        assert len(server.pids()) > 1
        signal_all(server, signal.SIGSTOP)
        with pytest.raises(TimeoutError):
            await asyncio.wait_for(stored_rows(server), 0.3)
        signal_all(server, signal.SIGCONT)
        assert await stored_rows(server) == ["kept"]


async def test_what_cannot_start_says_what_the_server_said(tmp_path: Path) -> None:
    server = EmbeddedPostgres(tmp_path / "postgresql", settings={"shared_buffers": "much"})
    with pytest.raises(PostgresUnavailable, match="shared_buffers"):
        await server.start()
    assert not server.running


async def test_nobody_but_us_reaches_the_socket(tmp_path: Path) -> None:
    async with EmbeddedPostgres(tmp_path / "postgresql") as server:
        assert server.socket_folder.stat().st_mode & 0o077 == 0
        connection = await asyncpg.connect(server.dsn())
        assert await connection.fetchval("SHOW listen_addresses") == ""
        assert await connection.fetchval("SHOW fsync") == "on"
        assert await connection.fetchval("SHOW synchronous_commit") == "on"
        await connection.close()
    assert not server.socket_folder.exists()


async def test_the_log_never_holds_a_value(tmp_path: Path) -> None:
    async with EmbeddedPostgres(tmp_path / "postgresql") as server:
        connection = await asyncpg.connect(server.dsn())
        await connection.execute("CREATE TABLE persons (name text PRIMARY KEY)")
        await connection.execute("INSERT INTO persons VALUES ('Rosalind Unwin')")
        with pytest.raises(asyncpg.UniqueViolationError):
            await connection.execute("INSERT INTO persons VALUES ('Rosalind Unwin')")
        await connection.close()
    log = (tmp_path / "postgresql" / "server.log").read_text()
    assert "duplicate key" in log
    assert "Rosalind" not in log


def test_without_the_systems_own_programs_it_says_what_to_install(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(PostgresUnavailable, match="apt-get install util-linux"):
        EmbeddedPostgres(tmp_path / "postgresql")


def if_allowed(way: RunAs) -> RunAs:
    """The way, where this system allows it: a container often refuses user namespaces."""
    if way is RunAs.USER_NAMESPACE and choose() is not way:
        pytest.skip("this system refuses user namespaces")
    return way


@as_root
@pytest.mark.parametrize("way", [RunAs.USER_NAMESPACE, RunAs.COPIED_PROGRAMS])
async def test_root_runs_it_as_somebody_else(tmp_path: Path, way: RunAs) -> None:
    tmp_path.chmod(0o700)
    async with EmbeddedPostgres(tmp_path / "postgresql", run_as=if_allowed(way)) as server:
        await store_a_row(server)
        assert await stored_rows(server) == ["kept"]
        owners = set()
        for pid in server.pids():
            with contextlib.suppress(
                psutil.NoSuchProcess
            ):  # one that had served a connection may just have ended
                owners.add(psutil.Process(pid).uids().effective)
        assert owners == ({65534} if way is RunAs.COPIED_PROGRAMS else {0})
    assert tmp_path.stat().st_mode & 0o077 == 0


@as_root
async def test_a_cluster_made_in_one_way_is_opened_in_the_other(tmp_path: Path) -> None:
    ways = [if_allowed(RunAs.USER_NAMESPACE), RunAs.COPIED_PROGRAMS, RunAs.USER_NAMESPACE]
    async with EmbeddedPostgres(tmp_path / "postgresql", run_as=ways[0]) as server:
        await store_a_row(server)
    for way in ways:
        async with EmbeddedPostgres(tmp_path / "postgresql", run_as=way) as server:
            assert await stored_rows(server) == ["kept"]
