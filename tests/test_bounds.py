"""Every queue has a limit. One that takes its limit when it is made says so itself; any other names it.

A queue whose limit is kept by hand carries the comment `at most NAME`, and its module compares with NAME.
"""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
FOLDERS = ("domain", "application", "infrastructure", "projections", "api")
QUEUES = {"Queue", "SimpleQueue", "LifoQueue", "PriorityQueue", "deque"}
NAMED = re.compile(r"# .*at most ([A-Z_]+)")


def _name(node: ast.expr) -> str:
    return node.attr if isinstance(node, ast.Attribute) else node.id if isinstance(node, ast.Name) else ""


def without_limit(source: str) -> Iterator[int]:
    """The lines on which a queue is made without its limit."""
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Call) and _name(node.func) in QUEUES:
            limited = node.args[1:] if _name(node.func) == "deque" else node.args
            if not limited and not any(k.arg in ("maxlen", "maxsize") for k in node.keywords):
                yield node.lineno
        if isinstance(node, ast.keyword) and node.arg == "default_factory" and _name(node.value) in QUEUES:
            yield node.value.lineno


def unbounded(source: str) -> list[str]:
    """What is wrong with the queues of a module, line by line."""
    lines, wrong = source.splitlines(), []
    for number in without_limit(source):
        named = NAMED.search(lines[number - 1])
        if named is None:
            wrong.append(f"line {number}: a queue without a limit")
        elif not re.search(rf"(==|>=|>|<|<=) {named[1]}\b", source):
            wrong.append(f"line {number}: nothing is compared with {named[1]}")
    return wrong


@pytest.mark.parametrize(
    "path",
    [path.relative_to(ROOT) for folder in FOLDERS for path in (ROOT / folder).rglob("*.py")],
    ids=str,
)
def test_every_queue_has_a_limit(path: Path) -> None:
    assert unbounded((ROOT / path).read_text(encoding="utf-8")) == []


@pytest.mark.parametrize(
    "source",
    [
        "import asyncio\nq = asyncio.Queue()\n",
        "from queue import SimpleQueue\nq = SimpleQueue()\n",
        "q = deque([1])\n",
        "q: deque = field(default_factory=deque)\n",
        "MANY = 3\nq = deque()  # at most MANY\n",
    ],
)
def test_a_queue_without_one_is_found(source: str) -> None:
    assert len(unbounded(source)) == 1


@pytest.mark.parametrize(
    "source",
    [
        "q = asyncio.Queue(MANY)\n",
        "q = deque(maxlen=8)\n",
        "q = deque((), 8)\n",
        "MANY = 3\nq = deque()  # at most MANY\nif len(q) >= MANY: q.popleft()\n",
    ],
)
def test_a_queue_with_one_is_well(source: str) -> None:
    assert unbounded(source) == []
