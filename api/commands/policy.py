"""`kinline policy`: every key of the policy, with its default, its unit and its meaning."""

from rich.console import Console
from rich.table import Table

from api.commands.output import JsonOption, print_json
from domain.policy import describe


def policy(json: JsonOption = False) -> None:
    """Print every key of a prison's policy with default, unit and meaning."""
    keys = [
        {"key": key.name, "default": plain(key.default), "unit": key.unit, "meaning": key.meaning}
        for key in describe()
    ]
    if json:
        print_json(keys)
        return
    table = Table("Key", "Default", "Unit", "Meaning")
    for row in keys:
        table.add_row(*(str(value) for value in row.values()))
    Console().print(table)


def plain(value: object) -> object:
    """A default as JSON has it."""
    if isinstance(value, dict):
        return {str(key): plain(each) for key, each in value.items()}
    if isinstance(value, tuple | list | frozenset | set):
        return [plain(each) for each in value]
    return getattr(value, "value", value)
