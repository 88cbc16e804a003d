"""The databases: made once, however many start at once, and what each role is refused."""

import asyncio
import multiprocessing
import sys
from collections.abc import AsyncIterator

import asyncpg
import pytest
import pytest_asyncio
from asyncpg import Connection
from eventsourcing.dcb import postgres_tt as library

from infrastructure.migrations import (
    EVENTS,
    SCHEMA_VERSION,
    TAGS,
    Databases,
    NewerSchema,
    append_function,
    entrances,
    migrate,
    replace_once,
    with_database,
    with_user,
)

INSERT = f"INSERT INTO {EVENTS} (type, data, tags) VALUES ('X', '{{}}', '{{x}}')"
APPEND = """
    SELECT kinline_append(
        ARRAY[ROW('{}', ARRAY['x'])]::dcb_query_item_tt[], $1,
        ARRAY[ROW('X', '{}', ARRAY['x'])]::dcb_event_tt[]
    )
"""


def test_our_append_differs_from_the_librarys_in_its_lock_alone() -> None:
    theirs = library.DB_FUNCTION_CONDITIONAL_APPEND.as_string()
    assert theirs.count("LOCK TABLE") == 1
    ours = append_function()
    assert "LOCK TABLE" not in ours
    assert ours.count("pg_advisory_xact_lock") == 1
    lock = ours.index("pg_advisory_xact_lock")
    assert lock < ours.index("query_items_cte") < ours.index("INSERT INTO"), (
        "before the check and before nextval"
    )
    changed = [line for line in ours.splitlines() if line.strip() not in _known_lines(theirs)]
    assert [line.strip() for line in changed] == ["PERFORM pg_catalog.pg_advisory_xact_lock(5301977);"]


def _known_lines(template: str) -> set[str]:
    names = {
        "{schema}": '"public"',
        "{events_table}": f'"{EVENTS}"',
        "{tags_table}": f'"{TAGS}"',
        "{event_type}": '"dcb_event_tt"',
        "{query_item_type}": '"dcb_query_item_tt"',
        "{conditional_append}": '"kinline_append"',
        "{channel}": '"kinline_appended"',
        "{lock_timeout}": "5",
    }
    for name, value in names.items():
        template = template.replace(name, value)
    return {line.strip() for line in template.splitlines()}


def test_another_library_than_the_one_we_read_is_refused() -> None:
    for text in ("nothing", "LOCK; LOCK;"):
        with pytest.raises(RuntimeError, match="found"):
            replace_once(text, "LOCK;", "x")


def test_addresses_keep_their_server_and_their_settings() -> None:
    url = "postgresql://kinline@/postgres?host=%2Ftmp%2Fsocket"
    assert with_user(with_database(url, "log"), "app") == "postgresql://app@/log?host=/tmp/socket"
    external = "postgresql://me:secret@db.example:6432/log?sslmode=require"
    doors = entrances(external, trusted_socket=False)
    assert doors.app == "postgresql://me:secret@db.example:6432/log?sslmode=require&role=kinline_app"
    assert (
        doors.vault == "postgresql://me:secret@db.example:6432/log_vault?sslmode=require&role=kinline_vault"
    )
    assert len(doors.weaknesses) == 1


def _migrate(url: str) -> None:
    asyncio.run(migrate(url, trusted_socket=True))


@pytest.mark.postgres
async def test_four_processes_that_migrate_at_once_do_no_harm(database: str) -> None:
    spawn = multiprocessing.get_context("spawn")
    processes = [spawn.Process(target=_migrate, args=(database,)) for _ in range(4)]
    for process in processes:
        process.start()
    for process in processes:
        await asyncio.to_thread(process.join, 60)
    assert [process.exitcode for process in processes] == [0, 0, 0, 0], sys.executable
    doors = await migrate(database, trusted_socket=True)
    connection = await asyncpg.connect(doors.owner)
    assert await connection.fetchval("SELECT array_agg(version) FROM kinline_schema") == [SCHEMA_VERSION]
    await connection.close()


@pytest.mark.postgres
async def test_a_newer_schema_is_refused(databases: Databases) -> None:
    owner = await asyncpg.connect(databases.owner)
    await owner.execute("INSERT INTO kinline_schema VALUES ($1, now())", SCHEMA_VERSION + 1)
    await owner.close()
    with pytest.raises(NewerSchema):
        await migrate(databases.owner, trusted_socket=True)


@pytest_asyncio.fixture
async def app(databases: Databases) -> AsyncIterator[Connection]:
    """The application's own connection, with one event in the log."""
    connection = await asyncpg.connect(databases.app)
    assert await connection.fetchval(APPEND, 0) == 1
    yield connection
    await connection.close()


REFUSED_TO_THE_APPLICATION = [
    INSERT,
    f"INSERT INTO {TAGS} VALUES ('x', 1)",
    f"UPDATE {EVENTS} SET data = '{{}}'",
    f"UPDATE {TAGS} SET tag = 'y'",
    f"DELETE FROM {EVENTS}",
    f"DELETE FROM {TAGS}",
    f"TRUNCATE {EVENTS}",
    f"TRUNCATE {TAGS}",
    f"ALTER TABLE {EVENTS} DISABLE TRIGGER ALL",
    f"ALTER TABLE {EVENTS} DISABLE TRIGGER kinline_no_change",
    f"DROP TABLE {TAGS}",
    f"LOCK TABLE {EVENTS} IN EXCLUSIVE MODE",
    "SET session_replication_role = replica",
    "SET ROLE kinline_migrator",
    "SELECT kinline_append_each('{}', '{}', '{}', '{}', '{}', '{}', '{}', '{}')",
    "CREATE TABLE mine (n int)",
    "CREATE SCHEMA mine",
    "UPDATE kinline_schema SET version = 0",
    "SELECT nextval('dcb_events_tt_main_id_seq')",
    "SELECT setval('dcb_events_tt_main_id_seq', 1)",
]


@pytest.mark.postgres
async def test_the_application_may_append_and_read_and_nothing_else(app: Connection) -> None:
    for statement in REFUSED_TO_THE_APPLICATION:
        assert await is_refused(app, statement), statement
    assert await app.fetchval(f"SELECT count(*) FROM {EVENTS}") == 1


async def is_refused(connection: Connection, statement: str, words: str = "") -> bool:
    try:
        async with connection.transaction():
            await connection.execute(statement)
    except asyncpg.InsufficientPrivilegeError as error:
        return words in str(error)
    return False


@pytest.mark.postgres
async def test_the_projector_may_not_touch_the_log(app: Connection, databases: Databases) -> None:
    projector = await asyncpg.connect(databases.projector)
    append = APPEND.replace("$1", "1")
    for statement in (f"UPDATE {EVENTS} SET type = 'Y'", f"DELETE FROM {EVENTS}", INSERT, append):
        assert await is_refused(projector, statement), statement
    await projector.close()


CHANGES = [
    change
    for table, column in ((EVENTS, "type"), (TAGS, "tag"))
    for change in (f"UPDATE {table} SET {column} = 'y'", f"DELETE FROM {table}", f"TRUNCATE {table}")
]


@pytest.mark.postgres
async def test_the_triggers_stop_even_the_superuser(app: Connection, databases: Databases) -> None:
    superuser = await asyncpg.connect(databases.owner)
    for role in ("origin", "replica"):
        await superuser.execute(f"SET session_replication_role = {role}")
        for change in CHANGES:
            assert await is_refused(superuser, change, "append only"), (role, change)
    await superuser.close()


@pytest.mark.postgres
async def test_nobody_but_the_vaults_role_enters_the_vault(databases: Databases) -> None:
    for role in ("kinline_app", "kinline_projector"):
        with pytest.raises(asyncpg.InsufficientPrivilegeError):
            await asyncpg.connect(with_user(databases.vault, role))
    with pytest.raises(asyncpg.InsufficientPrivilegeError):
        await asyncpg.connect(with_user(databases.app, "kinline_vault"))


@pytest.mark.postgres
async def test_the_librarys_own_append_functions_are_not_there(databases: Databases) -> None:
    owner = await asyncpg.connect(databases.owner)
    names = await owner.fetch(
        "SELECT proname FROM pg_proc WHERE pronamespace = 'public'::regnamespace ORDER BY 1"
    )
    await owner.close()
    assert [row["proname"] for row in names] == [
        "kinline_append",
        "kinline_append_all",
        "kinline_append_each",
        "kinline_read",
        "kinline_refuse",
    ]


@pytest.mark.postgres
async def test_the_leaf_of_an_event_is_the_hash_of_its_bytes_under_a_zero(app: Connection) -> None:
    same = await app.fetchval(f"SELECT leaf = sha256('\\x00'::bytea || data) FROM {EVENTS}")
    assert same is True


@pytest.mark.postgres
async def test_an_append_within_an_old_snapshot_is_refused(app: Connection) -> None:
    with pytest.raises(asyncpg.RaiseError, match="snapshot"):
        async with app.transaction(isolation="repeatable_read"):
            await app.execute("SELECT kinline_append_all('{}', '{}', '{}', '{}', '{}', '{}', '{}', '{}')")


@pytest.mark.postgres
async def test_where_roles_are_put_on_they_are_as_strict(databases: Databases) -> None:
    doors = entrances(databases.owner, trusted_socket=False)
    connection = await asyncpg.connect(doors.app)
    assert await connection.fetchval("SELECT current_user") == "kinline_app"
    with pytest.raises(asyncpg.InsufficientPrivilegeError):
        await connection.execute(INSERT)
    await connection.close()


@pytest.mark.postgres
async def test_a_server_that_lets_us_make_no_roles_is_used_and_its_weakness_told(
    databases: Databases,
) -> None:
    owner = await asyncpg.connect(databases.owner)
    await owner.execute("CREATE ROLE guest LOGIN CREATEDB")
    try:
        guest = with_user(with_database(databases.owner, "guest_log"), "guest")
        doors = await migrate(guest, trusted_socket=False)
        assert "could change events" in doors.weaknesses[0]
        connection = await asyncpg.connect(doors.app)
        assert await connection.fetchval(APPEND, 0) == 1
        with pytest.raises(asyncpg.InsufficientPrivilegeError, match="append only"):
            await connection.execute(f"DELETE FROM {EVENTS}")
        await connection.close()
    finally:
        await owner.execute("DROP DATABASE IF EXISTS guest_log WITH (FORCE)")
        await owner.execute("DROP DATABASE IF EXISTS guest_log_vault WITH (FORCE)")
        await owner.execute("DROP ROLE guest")
        await owner.close()
