"""`kinline policy`: every key of the policy, with its default, its unit and its meaning."""

from pydantic_core import to_jsonable_python
from rich.console import Console
from rich.table import Table

from api.commands.output import JsonOption, print_json
from domain.policy import describe, in_words


def policy(json: JsonOption = False) -> None:
    """Print every key of a prison's policy with default, unit and meaning."""
    keys = [
        {
            "key": key.name,
            "default": to_jsonable_python(key.default) if json else in_words(key.default),
            "unit": key.unit,
            "meaning": key.meaning,
            "tighter": key.tighter,
        }
        for key in describe()
    ]
    if json:
        print_json(keys)
        return
    table = Table("Key", "Default", "Unit", "Meaning", "Stricter")
    for row in keys:
        table.add_row(*(in_words(value) for value in row.values()))
    Console().print(table)
