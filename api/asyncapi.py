"""The AsyncAPI 3.0 description: the messages that go out to neighbouring systems, and those that come in.

Made from the models that write and read them; `docs/asyncapi.json` is this description, and a test keeps it true.
"""

import json
import re
from functools import cache
from typing import Any

from pydantic import BaseModel
from pydantic.json_schema import models_json_schema

from application.examples import EXAMPLES
from application.integration import KINDS, NAMES, CloudEvent, Kind
from application.told import MESSAGES, Envelope, name_of

Document = dict[str, Any]

REF = "#/components/schemas/{model}"
JSON_TYPE, EVENT_TYPE = "application/json", "application/cloudevents+json"
_GENERIC = re.compile(r"\b(CloudEvent|Happened)_(\w+?)Information_")  # how pydantic names a form of forms

HEADERS: Document = {
    "type": "object",
    "required": ["webhook-id", "webhook-timestamp", "webhook-signature"],
    "properties": {
        "webhook-id": {"type": "string", "description": "the event's id: the same whenever it is sent again"},
        "webhook-timestamp": {"type": "string", "description": "seconds since 1970 of this attempt"},
        "webhook-signature": {
            "type": "string",
            "description": "`v1,` and the signature; two of them, parted by a space, while a secret is exchanged",
        },
    },
}


@cache
def document() -> Document:
    """The whole description."""
    outgoing = {kind.name: kind for kind in reversed(list(KINDS.values()))}
    return {
        "asyncapi": "3.0.0",
        "info": _info(),
        "defaultContentType": JSON_TYPE,
        "channels": {
            "webhook": {
                "address": None,  # wherever somebody subscribed
                "title": "Webhooks, as Standard Webhooks has them",
                "description": "One POST for each event, in order, one at a time. Any 2xx takes it; anything else "
                "is tried again with growing waits, and everything behind it waits. 410 ends it.",
                "messages": {_key(name): _ref("messages", _key(name)) for name in NAMES},
                "bindings": {"http": {}},
            },
            "facts": {
                "address": "/v1/prisons/{prison}/facts",
                "title": "What a prison's own systems tell",
                "description": "A POST with one message or up to 200, in order. Each is taken once by source and id.",
                "parameters": {"prison": {"description": "the prison's code"}},
                "messages": {_key(name_of(m)): _ref("messages", _key(name_of(m))) for m in MESSAGES},
                "bindings": {"http": {}},
            },
        },
        "operations": {
            "sendEvent": {
                "action": "send",
                "channel": {"$ref": "#/channels/webhook"},
                "summary": "Kinline tells what happened to a call.",
                "bindings": {"http": {"method": "POST", "bindingVersion": "0.3.0"}},
                "messages": [{"$ref": f"#/channels/webhook/messages/{_key(name)}"} for name in NAMES],
            },
            "receiveFact": {
                "action": "receive",
                "channel": {"$ref": "#/channels/facts"},
                "summary": "Kinline takes in what a prison's systems know.",
                "security": [{"$ref": "#/components/securitySchemes/token"}],
                "bindings": {"http": {"method": "POST", "bindingVersion": "0.3.0"}},
                "messages": [{"$ref": f"#/channels/facts/messages/{_key(name_of(m))}"} for m in MESSAGES],
            },
        },
        "components": {
            "messages": {
                **{_key(name): _outgoing(outgoing[name]) for name in NAMES},
                **{_key(name_of(message)): _incoming(message) for message in MESSAGES},
            },
            "schemas": _schemas(),
            "securitySchemes": {
                "token": {
                    "type": "http",
                    "scheme": "bearer",
                    "description": "a token made by `kinline token --role NB`",
                }
            },
        },
    }


def _info() -> Document:
    return {
        "title": "Kinline and its neighbours",
        "version": "1",
        "description": "Events about secure video calls as CloudEvents 1.0, and facts about people in prison.",
        "license": {"name": "MIT"},
    }


def _outgoing(kind: Kind) -> Document:
    return {
        "name": kind.name,
        "title": kind.name,
        "summary": kind.says,
        "contentType": EVENT_TYPE,
        "headers": HEADERS,
        "payload": {
            "allOf": [
                {"$ref": REF.format(model=_event(kind).__name__)},
                {
                    "type": "object",
                    "properties": {"type": {"const": kind.name}, "dataschema": {"const": kind.schema}},
                },
            ]
        },
    }


def _incoming(message: type[Envelope]) -> Document:
    return {
        "name": name_of(message),
        "title": name_of(message),
        "summary": message.__doc__,
        "contentType": JSON_TYPE,
        "payload": {"$ref": REF.format(model=message.__name__)},
        "examples": [{"name": name_of(message), "payload": _example(message)}],
    }


def _example(message: type[Envelope]) -> Document:
    name = name_of(message)
    return {
        "id": f"example of {name}".replace(" ", "-"),
        "source": "prison-record",
        "type": name,
        "time": "2026-11-23T09:00:00Z",
        "data": EXAMPLES[name],
    }


def _event(kind: Kind) -> type[BaseModel]:
    form: Any = kind.information
    return CloudEvent[form]


def _schemas() -> Document:
    outgoing = dict.fromkeys(_event(kind) for kind in KINDS.values())
    models: list[Any] = [(model, "serialization") for model in outgoing]
    models += [(model, "validation") for model in MESSAGES]
    _, schema = models_json_schema(models, ref_template=REF)
    named = _GENERIC.sub(r"\2\1", json.dumps(schema["$defs"])).replace("CloudEvent", "Event")
    return dict(sorted(json.loads(named).items()))


def _ref(kind: str, name: str) -> Document:
    return {"$ref": f"#/components/{kind}/{name}"}


def _key(name: str) -> str:
    """The name as a key: `secureVideoCallRequestApproved`."""
    first, *rest = re.split(r"[-.]", name)
    return first + "".join(part.title() for part in rest)
