"""Enrolment in this process, for the command line, where the photograph is the caller's own file."""

import asyncio

from application.moderation import Setup
from application.ports import NoSuitableFace, Template
from infrastructure.moderation import enrol


class LocalEnroller:
    """Makes templates with a set-up that was loaded here. Fulfils `application.ports.FaceEnroller`."""

    def __init__(self, setup: Setup) -> None:
        self._setup = setup
        self._made: dict[bytes, Template] = {}  # a photograph checked before the start is not judged twice

    async def template(self, photograph: bytes) -> Template:
        """The template of the one face. Raises `NoSuitableFace`."""
        if photograph not in self._made:
            self._made[photograph] = await asyncio.to_thread(self._template, photograph)
        return self._made[photograph]

    async def distance(self, one: Template, other: Template) -> int:
        """How far apart two faces are, 1/10,000."""
        return await asyncio.to_thread(enrol.distance, one.vector, other.vector, self._setup)

    def _template(self, photograph: bytes) -> Template:
        try:
            made = enrol.enrolled(photograph, self._setup)
        except enrol.PhotographRefused as refused:
            raise NoSuitableFace(str(refused)) from refused
        return Template(made.vector, self._setup.engine, made.side_px, made.quality)
