"""`kinline openapi` and `kinline asyncapi`: both descriptions of the interface, for tools and integrators."""

from api.commands.output import print_json


def openapi() -> None:
    """Print the OpenAPI description: every route with its fields, who may ask it, and how it says no."""
    from api.main import described
    from application.access import load

    print_json(described(load()))


def asyncapi() -> None:
    """Print the AsyncAPI description: webhooks that go out, and facts that come in."""
    from api import asyncapi as messages

    print_json(messages.document())
