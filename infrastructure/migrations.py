"""The databases as this release wants them: one step, taken once, by whoever starts first.

Two databases: the log (events, read models, sessions) and, apart from it with a role of its own, the
vault (keys and sealed pictures), so that a stolen dump of one says nothing without the other. The log
has the library's tables for tagged events; what may write them is one function of ours, which is the
library's conditional append under a lock that no vacuum makes wait.
"""

import contextlib
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import parse_qsl, quote, urlencode, urlsplit, urlunsplit

import asyncpg
from asyncpg import Connection
from eventsourcing.dcb import postgres_tt as library
from psycopg.sql import SQL, Identifier

SCHEMA_VERSION = 1
EVENTS, TAGS = "dcb_events_tt_main", "dcb_events_tt_tag"
CHANNEL = "kinline_appended"
APP, PROJECTOR, MIGRATOR, VAULT = "kinline_app", "kinline_projector", "kinline_migrator", "kinline_vault"
APPEND_LOCK = 5_301_977  # held from before nextval until commit: the order of positions is that of commits
LOCK_TIMEOUT_S = 5

_MIGRATION_LOCK = 5_301_978
_SQL = Path(__file__).with_name("sql")
_SCHEMA_RIGHTS = f"""
    REVOKE ALL ON SCHEMA public FROM PUBLIC;
    GRANT ALL ON SCHEMA public TO {MIGRATOR};
    GRANT USAGE ON SCHEMA public TO {APP}, {PROJECTOR}, {VAULT};
    GRANT CREATE ON SCHEMA public TO {PROJECTOR}; -- for the views that name the live read models
"""
_VERSION_TABLE = "CREATE TABLE kinline_schema (version integer PRIMARY KEY, at timestamptz NOT NULL)"
_NO_ROLES = "The database user may not create roles: whoever takes over the application could change events."
_NO_LOGINS = "Roles are put on after the log-in, not logged in as: the database password opens everything."


class NewerSchema(Exception):
    """The database was made by a later release, which this one must not touch."""


@dataclass(frozen=True)
class Databases:
    """Where each role enters, as URLs for asyncpg.

    `weaknesses` are sentences for `kinline doctor`: what this server does not let us enforce.
    """

    app: str
    projector: str
    vault: str
    owner: str
    weaknesses: tuple[str, ...] = ()


async def migrate(url: str, *, trusted_socket: bool) -> Databases:
    """Bring the log database named in `url`, and `<name>_vault`, to this release's schema, if they are not.

    `trusted_socket`: the server believes whoever reaches its private socket, as the embedded one does,
    so that each role enters by its own name. Elsewhere the user of the URL enters and puts the role on.
    Raises `NewerSchema`, or asyncpg's error when the user may not even create tables.
    """
    log = urlsplit(url).path.lstrip("/")
    async with _alone(url) as server:
        roles = await _make_roles(server)
        for database in (log, f"{log}_vault"):
            await _make_database(server, database, roles)
        await _install(with_database(url, log), _log_steps(roles), roles)
        await _install(with_database(url, f"{log}_vault"), _vault_steps(roles), roles)
    return entrances(url, trusted_socket=trusted_socket, roles=roles)


def entrances(url: str, *, trusted_socket: bool, roles: bool = True) -> Databases:
    """The doors to databases that were migrated before."""
    log = urlsplit(url).path.lstrip("/")
    vault = f"{log}_vault"

    def enter(role: str, database: str) -> str:
        if not roles:
            return with_database(url, database)
        if trusted_socket:
            return with_user(with_database(url, database), role)
        return with_database(url, database, role=role)

    weaknesses = (_NO_ROLES,) if not roles else () if trusted_socket else (_NO_LOGINS,)
    return Databases(enter(APP, log), enter(PROJECTOR, log), enter(VAULT, vault), url, weaknesses)


def with_database(url: str, database: str, **settings: str) -> str:
    """The same server and user, another database, with server settings for each session."""
    parts = urlsplit(url)
    query = urlencode([*parse_qsl(parts.query), *settings.items()], quote_via=quote, safe="/")
    return urlunsplit((parts.scheme, parts.netloc, f"/{database}", query, ""))


def with_user(url: str, user: str) -> str:
    """The same server and database, entered as somebody else, without a password."""
    parts = urlsplit(url)
    host = parts.netloc.rpartition("@")[2]
    return urlunsplit((parts.scheme, f"{user}@{host}", parts.path, parts.query, ""))


# The library's statements


def library_schema() -> list[str]:
    """The library's own statements for tables and types, as it would run them."""
    statements = (
        library.DB_TYPE_DCB_EVENT,
        library.DB_TYPE_DCB_QUERY_ITEM,
        library.DB_TABLE_DCB_EVENTS,
        library.DB_INDEX_UNIQUE_ID_COVER_TYPE,
        library.DB_TABLE_DCB_TAGS,
        library.DB_INDEX_TAG_MAIN_ID,
    )
    return [_formatted(statement) for statement in statements]


def append_function() -> str:
    """The library's conditional append, under our name, its table lock replaced by an advisory one.

    The table lock waits for VACUUM and makes everybody wait behind it; the advisory one is only ours.
    It is taken at the same place: before the check, and before any position is drawn.
    """
    return replace_once(
        _formatted(library.DB_FUNCTION_CONDITIONAL_APPEND),
        f'LOCK TABLE "public"."{EVENTS}" IN EXCLUSIVE MODE;',
        f"PERFORM pg_catalog.pg_advisory_xact_lock({APPEND_LOCK});",
    )


def replace_once(text: str, old: str, new: str) -> str:
    """Replace the one place; another number of places means that the library is not the one we read."""
    found = text.count(old)
    if found != 1:
        raise RuntimeError(f"expected one place for {old!r} in the text, found {found}")
    return text.replace(old, new)


def _formatted(statement: SQL) -> str:
    return statement.format(
        schema=Identifier("public"),
        events_table=Identifier(EVENTS),
        tags_table=Identifier(TAGS),
        channel=Identifier(CHANNEL),
        event_type=Identifier(library.DB_TYPE_NAME_DCB_EVENT_TT),
        query_item_type=Identifier(library.DB_TYPE_NAME_DCB_QUERY_ITEM_TT),
        id_cover_type_index=Identifier(f"{EVENTS}_idx_id_type"),
        tag_main_id_index=Identifier(f"{TAGS}_idx_tag_main_id"),
        conditional_append=Identifier("kinline_append"),
        lock_timeout=LOCK_TIMEOUT_S,
    ).as_string()


# The step


def _log_steps(roles: bool) -> list[str]:
    own, *rights = _files("log", roles)
    for name, value in (("channel", CHANNEL), ("append_lock", APPEND_LOCK), ("lock_timeout", LOCK_TIMEOUT_S)):
        own = replace_once(own, f"{{{name}}}", str(value))
    return [*library_schema(), append_function(), own, *rights]


def _vault_steps(roles: bool) -> list[str]:
    return _files("vault", roles)


def _files(name: str, roles: bool) -> list[str]:
    names = (name, f"{name}_roles") if roles else (name,)
    return [(_SQL / f"{each}.sql").read_text() for each in names]


@contextlib.asynccontextmanager
async def _alone(url: str) -> AsyncIterator[Connection]:
    """Nobody else migrates meanwhile. The lock is in the server's own database: ours may not exist yet."""
    server = await asyncpg.connect(with_database(url, "postgres"))
    try:
        await server.execute("SELECT pg_advisory_lock($1)", _MIGRATION_LOCK)
        yield server
    finally:
        await server.close()


async def _make_roles(server: Connection) -> bool:
    """Make the roles that are missing; False when this user may not."""
    try:
        for role in (APP, PROJECTOR, MIGRATOR, VAULT):
            if not await server.fetchval("SELECT true FROM pg_roles WHERE rolname = $1", role):
                await server.execute(f"CREATE ROLE {role} LOGIN")
            if not await server.fetchval("SELECT pg_has_role($1, 'USAGE')", role):
                await server.execute(f"GRANT {role} TO CURRENT_USER")
    except asyncpg.InsufficientPrivilegeError:
        return False
    return True


async def _make_database(server: Connection, name: str, roles: bool) -> None:
    """Make the database if it is missing; only its roles may enter, and its tables belong to the migrator."""
    if not await server.fetchval("SELECT true FROM pg_database WHERE datname = $1", name):
        await server.execute(f'CREATE DATABASE "{name}"')
    if not roles:
        return
    entering = VAULT if name.endswith("_vault") else f"{APP}, {PROJECTOR}"
    await server.execute(f'REVOKE ALL ON DATABASE "{name}" FROM PUBLIC')
    await server.execute(f'GRANT CONNECT ON DATABASE "{name}" TO {entering}, {MIGRATOR}')
    if not name.endswith("_vault"):
        await server.execute(f'GRANT CREATE ON DATABASE "{name}" TO {PROJECTOR}')


async def _install(url: str, steps: list[str], roles: bool) -> None:
    connection = await asyncpg.connect(url)
    try:
        if await _installed(connection) == SCHEMA_VERSION:
            return
        async with connection.transaction():
            if roles:
                await connection.execute(_SCHEMA_RIGHTS)
                await connection.execute(f"SET LOCAL ROLE {MIGRATOR}")
            await connection.execute(_VERSION_TABLE)
            for step in steps:
                await connection.execute(step)
            await connection.execute("INSERT INTO kinline_schema VALUES ($1, now())", SCHEMA_VERSION)
    finally:
        await connection.close()


async def _installed(connection: Connection) -> int:
    """The version of the schema that is there, 0 when there is none. Raises `NewerSchema`."""
    if await connection.fetchval("SELECT to_regclass('public.kinline_schema')") is None:
        return 0
    version: int = await connection.fetchval("SELECT max(version) FROM kinline_schema")
    if version > SCHEMA_VERSION:
        raise NewerSchema(f"schema {version}, and this release knows {SCHEMA_VERSION}")
    return version
