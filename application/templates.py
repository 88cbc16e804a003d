"""Templates of faces in the vault: how they are made, put away and read back. A photograph is never kept."""

import msgspec

from application.ports import FaceEnroller, Template, Vault
from domain.event import Purpose
from domain.waiting_room.events import Expected


async def put_away(
    enroller: FaceEnroller, vault: Vault, subject: str, photograph: bytes
) -> tuple[str, Template]:
    """The template of a photograph under a subject's key: its reference, and how it was made."""
    made = await enroller.template(photograph)
    content = template_bytes(made.vector)
    return await vault.put(subject, Purpose.BIOMETRICS, "template", content), made


async def templates_of(vault: Vault, expected: Expected) -> tuple[tuple[float, ...], ...]:
    """The templates of whoever is expected on one side, in their order."""
    return tuple([await _template(vault, face.template) for face in expected.faces])


async def _template(vault: Vault, reference: str) -> tuple[float, ...]:
    content = await vault.get(reference)
    if content is None:
        raise LookupError("A template named by an enrolment is not in the vault.")
    return template_of(content)


def template_of(content: bytes) -> tuple[float, ...]:
    """A template from the bytes that the vault keeps."""
    return msgspec.json.decode(content, type=tuple[float, ...])


def template_bytes(template: tuple[float, ...]) -> bytes:
    """A template as the vault keeps it."""
    return msgspec.json.encode(template)
