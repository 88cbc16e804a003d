"""`kinline token`: tokens by which programs sign in, made, listed and revoked beside the installation."""

import asyncio
import re
from dataclasses import asdict
from datetime import UTC, datetime
from typing import Annotated, Any
from uuid import UUID

import asyncpg
import typer

from api import tokens
from api.commands.database import doors, without_data
from api.commands.output import JsonOption, print_json, wrong
from api.scope import Id
from infrastructure.gateway import AWAY, PATIENCE_S
from infrastructure.postgres import PostgresUnavailable
from infrastructure.settings import Settings

DAYS_MAX = 3 * 365


def token(
    role: Annotated[
        str, typer.Option(help="What it may do: NB a neighbouring system, AD an administrator's script.")
    ] = "NB",
    prison: Annotated[str | None, typer.Option(help="For one prison; without it: for every prison.")] = None,
    label: Annotated[str, typer.Option(help="What you call it, such as the system that uses it.")] = "",
    days: Annotated[
        int, typer.Option(min=1, max=DAYS_MAX, help="How long it is good for.")
    ] = tokens.LASTS_DAYS,
    show: Annotated[bool, typer.Option("--list", help="List every token there is; none is shown.")] = False,
    revoke: Annotated[str | None, typer.Option(help="End the token with this id at once.")] = None,
    json: JsonOption = False,
) -> None:
    """Make a token for a program: it is printed once, and only its digest is kept."""
    if role not in tokens.ROLES:
        wrong(f"A program acts as {' or '.join(tokens.ROLES)}; every other role is a person's.")
    if prison is not None and not re.match(Id, prison):
        wrong("This is not the code of a prison.")
    settings = Settings()
    nothing = without_data(settings)
    if nothing is not None:
        wrong(f"{nothing} Start Kinline once before you make a token.")
    if show:
        _show(_with_database(settings, tokens.listed), as_json=json)
    elif revoke is not None:
        _revoke(settings, revoke)
    else:
        made = _with_database(settings, lambda db: tokens.make(db, role, prison, label, _now(), days))
        _print_made(made, as_json=json)


def _with_database(settings: Settings, work: Any) -> Any:
    async def done() -> Any:
        async with doors(settings) as entering:
            db = await asyncpg.connect(entering.app, timeout=PATIENCE_S)
            try:
                return await work(db)
            finally:
                await db.close()

    try:
        return asyncio.run(done())
    except PostgresUnavailable as error:
        wrong(str(error))
    except (*AWAY, asyncpg.UndefinedTableError):
        wrong(
            "The database does not answer, or was never set up. Start Kinline once before you make a token."
        )


def _print_made(made: str, *, as_json: bool) -> None:
    if as_json:
        print_json({"token": made})
    else:
        print(made)


def _revoke(settings: Settings, name: str) -> None:
    try:
        ident = UUID(name)
    except ValueError:
        wrong("A token is revoked by its id, as `kinline token --list` shows it.")
    if not _with_database(settings, lambda db: tokens.revoke(db, ident, _now())):
        wrong("There is no token with this id that was not revoked already.")
    print("The token is revoked.")


def _show(found: list[tokens.ServiceToken], *, as_json: bool) -> None:
    if as_json:
        print_json([{key: _plain(value) for key, value in asdict(each).items()} for each in found])
        return
    for each in found:
        until = "revoked" if each.revoked else f"until {each.expires:%Y-%m-%d}"
        seen = "never used" if each.seen is None else f"last used {each.seen:%Y-%m-%d %H:%M} UTC"
        print(
            f"{each.token}  {each.role}  {each.prison or 'every prison':<12}  {until}, {seen}  {each.label}"
        )


def _plain(value: Any) -> Any:
    return value if value is None or isinstance(value, str) else str(value)


def _now() -> datetime:
    return datetime.now(UTC)
