"""Pictures that people send: how large they may be, and that they are pictures at all. Nothing is parsed here."""

from typing import Annotated

from fastapi import File, UploadFile

from application.ports import NoSuitableFace

MEBIBYTE = 1024 * 1024
PHOTOGRAPH_MIB_MAX = 8

Photograph = Annotated[UploadFile, File(description="JPEG or PNG with one face, at most 8 MiB")]

_KINDS = {b"\xff\xd8\xff": "image/jpeg", b"\x89PNG\r\n\x1a\n": "image/png"}


async def content_of(upload: UploadFile, most_mib: int) -> bytes:
    """What was sent. Raises `NoSuitableFace` where it is too large."""
    content = await upload.read(most_mib * MEBIBYTE + 1)
    if len(content) > most_mib * MEBIBYTE:
        raise NoSuitableFace(f"The photograph is larger than {most_mib} MiB.")
    return content


async def picture_of(upload: UploadFile, most_mib: int) -> bytes:
    """A JPEG or PNG picture that people will look at. Raises `NoSuitableFace` for anything else."""
    content = await content_of(upload, most_mib)
    if media_type(content) is None:
        raise NoSuitableFace("Please send a picture as JPEG or PNG.")
    return content


def media_type(content: bytes) -> str | None:
    """What a picture is, told by its first bytes; None: no picture that we take."""
    return next((kind for start, kind in _KINDS.items() if content.startswith(start)), None)
