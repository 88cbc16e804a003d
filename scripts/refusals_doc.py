#!/usr/bin/env python
"""Writes docs/refusals.md: every sentence by which somebody is told no, found in the code that says it.

.venv/bin/python scripts/refusals_doc.py            say whether the page is current (exit 1 if not)
.venv/bin/python scripts/refusals_doc.py --write    write it
"""

import ast
import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
PAGE = ROOT / "docs" / "refusals.md"
FOLDERS = ("domain", "application", "infrastructure", "api")
RULES = ROOT / "domain" / "booking" / "rules"
REFUSING = frozenset({"Refused", "NoSuitableFace", "Denied"})

INTRODUCTION = """# Refusals

Every sentence by which Kinline says no, as the person who asked reads it. A page shows the sentence; over
HTTP it is `userMessage`, and the rule is `errorCode`. Parts that differ from case to case stand in ‹ ›.
This page is made from the code by `scripts/refusals_doc.py --write`; a test keeps it true.
"""


@dataclass(frozen=True, order=True)
class Refusal:
    """One sentence, the rule it belongs to, and where it is said."""

    area: str
    rule: str
    sentence: str


def refusals() -> list[Refusal]:
    """Every refusal there is, once."""
    found = {refusal for path in _sources() for refusal in _in(path)}
    return sorted(found)


def page() -> str:
    """The whole page."""
    parts, area = [INTRODUCTION], ""
    for refusal in refusals():
        if refusal.area != area:
            area = refusal.area
            parts.append(f"\n## {area}\n\n| rule | sentence |\n| --- | --- |")
        parts.append(f"| `{refusal.rule}` | {refusal.sentence} |")
    return "\n".join(parts) + "\n"


def _sources() -> Iterator[Path]:
    for folder in FOLDERS:
        yield from sorted((ROOT / folder).rglob("*.py"))


def _in(path: Path) -> Iterator[Refusal]:
    source = path.read_text(encoding="utf-8")
    if path.parent != RULES and not any(name in source for name in REFUSING):
        return
    tree = ast.parse(source)
    _name_constants(tree)
    area = _area(path)
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and _name(node.func) in REFUSING:
            yield from _said(node, area)
    if path.parent == RULES:
        functions = {node.name: node for node in tree.body if isinstance(node, ast.FunctionDef)}
        for name, function in functions.items():
            if not name.startswith("_"):
                yield from _rule_sentences(name, function, functions)


def _name_constants(tree: ast.Module) -> None:
    """Put the sentence itself where the module's own name for it stands."""
    named = {
        target.id: node.value
        for node in tree.body
        if isinstance(node, ast.Assign) and isinstance(node.value, ast.Constant)
        for target in node.targets
        if isinstance(target, ast.Name)
    }

    class Naming(ast.NodeTransformer):
        def visit_Name(self, node: ast.Name) -> ast.expr:
            return named.get(node.id, node) if isinstance(node.ctx, ast.Load) else node

    Naming().visit(tree)


def _said(call: ast.Call, area: str) -> Iterator[Refusal]:
    if not call.args:
        return
    sentence = _text(call.args[0])
    rule = _text(call.args[1]) if len(call.args) > 1 else _name(call.func)
    if sentence is not None:
        yield Refusal(area, rule or "", sentence)


def _rule_sentences(
    rule: str, function: ast.FunctionDef, functions: Mapping[str, ast.FunctionDef]
) -> Iterator[Refusal]:
    """What a rule returns, itself or by a function that several rules share."""
    for node in ast.walk(function):
        if isinstance(node, ast.Return) and node.value is not None:
            for value in _branches(node.value):
                sentence = _text(value)
                if sentence is not None:
                    yield Refusal("Booking: the rules", rule, sentence)
                elif isinstance(value, ast.Call) and _name(value.func) in functions:
                    yield from _rule_sentences(rule, functions[_name(value.func)], functions)


def _branches(value: ast.expr) -> Iterator[ast.expr]:
    if isinstance(value, ast.IfExp):
        yield from _branches(value.body)
        yield from _branches(value.orelse)
    else:
        yield value


def _text(node: ast.expr) -> str | None:
    match node:
        case ast.Constant(value=str(text)):
            return text
        case ast.JoinedStr(values=values):
            return "".join(_part(value) for value in values)
        case _:
            return None


def _part(node: ast.expr) -> str:
    if isinstance(node, ast.FormattedValue):
        return f"‹{_words(node.value)}›"
    return str(node.value) if isinstance(node, ast.Constant) else ""


def _words(node: ast.expr) -> str:
    """What stands in a gap, by its name in the code."""
    match node:
        case ast.Call(args=[first, *_]):
            return _words(first)
        case ast.Attribute(attr="value", value=value):
            return _words(value)
        case ast.Attribute(attr=name) | ast.Name(id=name):
            return name.replace("_", " ")
        case _:
            return "…"


def _name(node: ast.expr) -> str:
    return node.id if isinstance(node, ast.Name) else node.attr if isinstance(node, ast.Attribute) else ""


def _area(path: Path) -> str:
    parts = path.relative_to(ROOT).with_suffix("").parts
    words = [part.replace("_", " ") for part in parts if part not in {"__init__", "decisions"}]
    return f"{words[-2] if len(words) > 2 else words[0]}: {words[-1]}".capitalize()


def main() -> int:
    """Write the page, or say whether it is current."""
    text = page()
    if "--write" in sys.argv[1:]:
        PAGE.write_text(text, encoding="utf-8")
        return 0
    if PAGE.exists() and PAGE.read_text(encoding="utf-8") == text:
        return 0
    print("docs/refusals.md is not current: run scripts/refusals_doc.py --write", file=sys.stderr)
    return 1


if __name__ == "__main__":
    sys.exit(main())
