"""What every command says in the same way: one line for what is wrong, JSON and nothing else for programs."""

import json
import sys
from pathlib import Path
from typing import Annotated, Any, NoReturn

import typer

from domain.policy import Policy

JsonOption = Annotated[
    bool, typer.Option("--json", help="Print JSON on standard output, and nothing else there.")
]
PolicyOption = Annotated[
    Path | None,
    typer.Option("--policy", help="JSON object laid over the default policy (see `kinline policy`)."),
]

WRONG_INPUT = 2


def wrong(sentence: str) -> NoReturn:
    """Say what is wrong with what was asked, and end with exit code 2."""
    print(sentence, file=sys.stderr)
    raise typer.Exit(WRONG_INPUT)


def print_json(answer: Any) -> None:
    """The whole answer as one JSON document."""
    print(json.dumps(answer, indent=2, ensure_ascii=False))


def read_policy(path: Path | None) -> dict[str, Any]:
    """The changes in a policy file; none without a file. Ends with one line when the file cannot be used."""
    if path is None:
        return {}
    try:
        changes = json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        wrong(f"There is no file {path}.")
    except (OSError, UnicodeDecodeError, json.JSONDecodeError):
        wrong(f"{path} is not a JSON file that can be read.")
    if not isinstance(changes, dict):
        wrong(f"{path} does not hold a JSON object.")
    try:
        Policy().merged(changes)
    except ValueError as error:
        wrong(str(error))
    return changes
