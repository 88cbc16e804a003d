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

    def _template(self, photograph: bytes) -> Template:
        try:
            vector, side_px = enrol.template_and_side(photograph, self._setup)
        except enrol.PhotographRefused as refused:
            raise NoSuitableFace(str(refused)) from refused
        return Template(vector, self._setup.engine, side_px)
