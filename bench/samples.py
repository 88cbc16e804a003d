"""Samples per second: the whole of moderation's work on a picture, against its models alone on the same inputs.

Models are the networks and dlib's five landmarks, which were trained as well. What is around them (the way into the
process and out, planes to RGB, crops, chips, suppression, quality, distances, the queue in front of the threads) may
cost at most a tenth. Both run on one thread, in this process, and take turns; whoever has the pictures judged is a
process of its own, as a media worker is. Alone, the models run on what they were given, in the order in which they
were asked. Told beside it: the same against the networks without the landmarks.
"""

import tempfile
import time
from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path
from statistics import median
from typing import Any
from unittest.mock import patch

import dlib
import numpy as np

from application.moderation import Setup
from bench.feeder import APPROVED, SAMPLES, STREAMS, Feeder, Template, feeder
from bench.report import Report, memory_mb, ratio, take_turns
from infrastructure import clips
from infrastructure.moderation import setups
from infrastructure.moderation.enrol import template
from infrastructure.moderation.models import ModelStore, Network
from infrastructure.moderation.service import ModerationService
from infrastructure.rpc import Server

SETUPS = ("full", "permissive")
ROUNDS = 15
FED = STREAMS * SAMPLES

Run = Callable[[], Any]
"""One run of a model on what it was given."""


class Notes:
    """What the models were given, one after the other."""

    def __init__(self) -> None:
        self.models: list[Run] = []
        self.networks: list[Run] = []  # of them


class _Noting:
    """A session that notes what it is asked."""

    def __init__(self, session: Any, notes: Notes) -> None:
        self._session, self._notes = session, notes

    def run(self, names: Any, inputs: dict[str, np.ndarray]) -> Any:
        copies = {name: value.copy() for name, value in inputs.items()}
        run = partial(self._session.run, None, copies)
        self._notes.models.append(run)
        self._notes.networks.append(run)
        return self._session.run(names, inputs)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._session, name)


class _NotingLandmarks:
    """Landmarks that note what they are asked."""

    def __init__(self, predictor: Any, notes: Notes) -> None:
        self._predictor, self._notes = predictor, notes

    def __call__(self, picture: np.ndarray, box: Any) -> Any:
        self._notes.models.append(partial(self._predictor, picture.copy(), box))
        return self._predictor(picture, box)


class NotingStore(ModelStore):
    """The models as they are, each with a note-taker in front."""

    def __init__(self, notes: Notes) -> None:
        super().__init__()
        self._notes = notes

    def detector(self) -> Network:
        return self._noting(super().detector())

    def embedder(self) -> Network:
        return self._noting(super().embedder())

    def nudity(self) -> Network:
        return self._noting(super().nudity())

    def _noting(self, network: Network) -> Network:
        return replace(network, session=_Noting(network.session, self._notes))


async def measure(report: Report) -> None:
    """Both set-ups."""
    async with feeder() as fed:
        for name in SETUPS:
            setup = setups.load(name)
            known = [template(clips.photograph(APPROVED), setup)]
            notes = await _noted(name, fed, known)
            candidates = {
                "pipeline": partial(pipeline, setup, fed, known),
                "models": partial(alone, notes.models),
                "networks": partial(alone, notes.networks),
            }
            _tell(report, name, await take_turns(ROUNDS, candidates))


async def _noted(name: str, fed: Feeder, templates: Sequence[Template]) -> Notes:
    """What the models of a set-up are asked, by one of its kind with note-takers in front."""
    notes = Notes()
    load = dlib.shape_predictor
    with patch.object(dlib, "shape_predictor", lambda path: _NotingLandmarks(load(path), notes)):
        setup = setups.load(name, NotingStore(notes))
    await pipeline(setup, fed, templates)
    return notes


def _tell(report: Report, name: str, results: dict[str, list[float]]) -> None:
    report.say(f"samples_per_second_{name}", median(results["pipeline"]), "samples/s", against="one thread")
    report.say(f"samples_per_second_{name}_models_alone", median(results["models"]), "samples/s")
    report.at_least(
        f"samples_{name}_vs_models_alone",
        ratio(results, "pipeline", "models"),
        "ratio",
        goal=0.9,
        against="the same models alone on the same recorded inputs",
    )
    report.say(f"samples_{name}_vs_networks_alone", ratio(results, "pipeline", "networks"), "ratio")
    report.say(f"samples_{name}_memory", memory_mb(), "MB", against="models and recorded inputs")


async def pipeline(setup: Setup, fed: Feeder, templates: Sequence[Template]) -> float:
    """Samples per second through the moderation process's own service, on one thread."""
    service = ModerationService(setup, threads=1)
    with tempfile.TemporaryDirectory(prefix="kinline-bench-") as folder:
        socket = Path(folder) / "moderation.sock"
        async with Server(socket, service.handlers, service.connected):
            seconds = await fed.seconds(socket, templates, setup.policy)
    service.stop()
    return FED / seconds


async def alone(runs: Sequence[Run]) -> float:
    """Samples per second if there were nothing but these models."""
    started = time.perf_counter()
    for run in runs:
        run()
    return FED / (time.perf_counter() - started)
