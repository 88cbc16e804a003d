"""The interface as it is described: true, complete about refusals, and the same wherever it is read."""

import json
from pathlib import Path
from typing import Any

import jsonschema_rs
import pytest
import schemathesis
from typer.testing import CliRunner

from api.cli import app
from api.described import Problem
from application.integration import KINDS, announced, text_of
from domain.event import Event
from scripts.api_docs import pages
from tests.facts import PRISON, fact, recorded
from tests.house import House

PAGES = pages()
OPENAPI, ASYNCAPI = (json.loads(text) for text in PAGES.values())
OPERATIONS = [
    (f"{method} {path}", operation)
    for path, methods in OPENAPI["paths"].items()
    for method, operation in methods.items()
]


def _within(document: dict[str, Any], reference: str) -> jsonschema_rs.Validator:
    """A validator for one part of a document, with the parts it refers to."""
    return jsonschema_rs.validator_for({"$ref": reference, "components": document["components"]})


@pytest.mark.parametrize(("path", "text"), PAGES.items(), ids=lambda each: getattr(each, "name", "text"))
def test_the_pages_are_what_the_code_says(path: Path, text: str) -> None:
    assert path.read_text(encoding="utf-8") == text, "run scripts/api_docs.py --write"


def test_the_description_is_openapi() -> None:
    schemathesis.openapi.from_dict(OPENAPI).validate()


@pytest.mark.parametrize(("name", "operation"), OPERATIONS, ids=[name for name, _ in OPERATIONS])
def test_every_operation_says_how_it_refuses(name: str, operation: dict[str, Any]) -> None:
    said = set(operation["responses"])
    assert operation["x-actions"]
    if "security" in operation:
        assert {"401", "403"} <= said
        assert operation["x-roles"]
    if name.startswith(("post", "delete")):
        assert {"411", "413"} <= said
    if "parameters" in operation or "requestBody" in operation:
        assert "422" in said
    if "{call}" in name or "{subscription}" in name or "{person}" in name:
        assert "404" in said


@pytest.mark.postgres
async def test_a_refusal_has_the_form_that_is_described(house: House) -> None:
    validator = _within(OPENAPI, "#/components/schemas/Problem")
    staff = await house.client("LM")
    refusals = [
        await house.browser().get("/v1/events"),
        await staff.get("/v1/events"),
        await staff.get("/v1/calls/nowhere"),
        await staff.get(f"/v1/prisons/{PRISON}/wall", params={"after": "soon"}),
    ]
    assert [refusal.status_code for refusal in refusals] == [401, 403, 404, 422]
    for refusal in refusals:
        validator.validate(refusal.json())
        Problem.model_validate(refusal.json())


@pytest.mark.postgres
async def test_both_are_served(house: House) -> None:
    nobody = house.browser()
    assert (await nobody.get("/openapi.json")).json() == json.loads(json.dumps(OPENAPI))
    assert (await nobody.get("/asyncapi.json")).json() == json.loads(json.dumps(ASYNCAPI))


@pytest.mark.parametrize(("command", "document"), [("openapi", OPENAPI), ("asyncapi", ASYNCAPI)])
def test_both_are_printed_by_a_command(command: str, document: dict[str, Any]) -> None:
    assert json.loads(CliRunner().invoke(app, [command]).output) == json.loads(json.dumps(document))


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.__name__)
def test_what_goes_out_has_the_form_that_is_described(kind: type[Event]) -> None:
    sent = json.loads(text_of(announced(recorded(7, fact(kind)), "Europe/London")))
    (message,) = [m for m in ASYNCAPI["components"]["messages"].values() if m["name"] == sent["type"]]
    validator = jsonschema_rs.validator_for(
        message["payload"] | {"components": ASYNCAPI["components"]}, validate_formats=True
    )
    validator.validate(sent)
    other = {**sent, "data": {**sent["data"], "additionalInformation": {"reference": "call-1"}}}
    assert not validator.is_valid(other)


@pytest.mark.parametrize(
    "message", [m for m in ASYNCAPI["components"]["messages"].values() if "examples" in m],
    ids=lambda m: m["name"],
)  # fmt: skip
def test_every_example_has_the_form_that_is_described(message: dict[str, Any]) -> None:
    _within(ASYNCAPI, message["payload"]["$ref"]).validate(message["examples"][0]["payload"])


def test_every_part_that_is_referred_to_is_there() -> None:
    for document in (OPENAPI, ASYNCAPI):
        for reference in _references(document):
            part: Any = document
            for step in reference.removeprefix("#/").split("/"):
                part = part[step]


def _references(part: Any) -> set[str]:
    if isinstance(part, dict):
        own = {part["$ref"]} if isinstance(part.get("$ref"), str) else set()
        return own.union(*map(_references, part.values()))
    return set().union(*map(_references, part)) if isinstance(part, list) else set()
