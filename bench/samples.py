"""Samples per second: the whole of moderation's work on a picture, against its models alone on the same inputs.

Models are the networks and dlib's five landmarks, which were trained as well. What is around them (the way to the
process, planes to RGB, crops, chips, suppression, quality, distances, the queue in front of the threads) may cost
at most a tenth. Both run on one thread and take turns. Told beside it: the same against the networks without the
landmarks.
"""

import asyncio
import contextlib
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path
from statistics import median
from typing import Any
from unittest.mock import patch

import dlib
import numpy as np

from application.moderation import Setup
from bench.report import Report, memory_mb, ratio, take_turns
from domain.clearance import ClearanceMode
from infrastructure import clips
from infrastructure.clips import Clip
from infrastructure.moderation import footage, setups
from infrastructure.moderation.analyser import Planes, Sample
from infrastructure.moderation.client import ModerationClient
from infrastructure.moderation.enrol import template
from infrastructure.moderation.models import ModelStore, Network
from infrastructure.moderation.service import ModerationService
from infrastructure.rpc import Server

SETUPS = ("full", "permissive")
SAMPLES, ROUNDS = 24, 9  # of each stream
EVERY = 6  # of 25 pictures a second: about the rate of a live stream
APPROVED = "astronaut"


Run = Callable[[], Any]
"""One run of a model on what it was given."""


class Notes:
    """What the models were given, while somebody wants to know."""

    def __init__(self) -> None:
        self.networks: list[Run] = []
        self.landmarks: list[Run] = []
        self.wanted = False


class _Noting:
    """A session that notes what it is asked."""

    def __init__(self, session: Any, notes: Notes) -> None:
        self._session, self._notes = session, notes

    def run(self, names: Any, inputs: dict[str, np.ndarray]) -> Any:
        if self._notes.wanted:
            copies = {name: value.copy() for name, value in inputs.items()}
            self._notes.networks.append(partial(self._session.run, None, copies))
        return self._session.run(names, inputs)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._session, name)


class _NotingLandmarks:
    """Landmarks that note what they are asked."""

    def __init__(self, predictor: Any, notes: Notes) -> None:
        self._predictor, self._notes = predictor, notes

    def __call__(self, picture: np.ndarray, box: Any) -> Any:
        if self._notes.wanted:
            self._notes.landmarks.append(partial(self._predictor, picture.copy(), box))
        return self._predictor(picture, box)


class NotingStore(ModelStore):
    """The models as they are, each with a note-taker in front."""

    def __init__(self) -> None:
        super().__init__()
        self.notes = Notes()

    def detector(self) -> Network:
        return self._noting(super().detector())

    def embedder(self) -> Network:
        return self._noting(super().embedder())

    def nudity(self) -> Network:
        return self._noting(super().nudity())

    def _noting(self, network: Network) -> Network:
        return replace(network, session=_Noting(network.session, self.notes))


async def measure(report: Report) -> None:
    """Both set-ups."""
    streams = _streams()
    for name in SETUPS:
        store = NotingStore()
        with _noted_landmarks(store.notes):
            setup = setups.load(name, store)
        store.notes.wanted = True
        await pipeline(setup, streams)
        store.notes.wanted = False
        samples, notes = SAMPLES * len(streams), store.notes
        candidates = {
            "pipeline": partial(pipeline, setup, streams),
            "models": partial(alone, [*notes.networks, *notes.landmarks], samples),
            "networks": partial(alone, notes.networks, samples),
        }
        _tell(report, name, await take_turns(ROUNDS, candidates))


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
    report.say(f"samples_{name}_memory", memory_mb(), "MB", against="models, streams and recorded inputs")


async def pipeline(setup: Setup, streams: Sequence[Sequence[Sample]]) -> float:
    """Samples per second through the moderation process's own service and client, on one thread."""
    service = ModerationService(setup, threads=1)
    with tempfile.TemporaryDirectory(prefix="kinline-bench-") as folder:
        socket = Path(folder) / "moderation.sock"
        async with Server(socket, service.handlers, service.connected):
            client = await ModerationClient.connect(socket)
            templates = [template(clips.photograph(APPROVED), setup)]
            for number in range(len(streams)):
                await client.open(str(number), ClearanceMode.MATCH, templates, setup.policy)
            started = time.perf_counter()
            await asyncio.gather(*(_judged(client, str(n), samples) for n, samples in enumerate(streams)))
            seconds = time.perf_counter() - started
            await client.peer.close()
    service.stop()
    return sum(map(len, streams)) / seconds


async def alone(runs: Sequence[Run], samples: int) -> float:
    """Samples per second if there were nothing but these models."""
    started = time.perf_counter()
    for run in runs:
        run()
    return samples / (time.perf_counter() - started)


@contextlib.contextmanager
def _noted_landmarks(notes: Notes) -> Iterator[None]:
    """Landmarks that are opened meanwhile note what they are asked."""
    load = dlib.shape_predictor
    with patch.object(dlib, "shape_predictor", lambda path: _NotingLandmarks(load(path), notes)):
        yield


async def _judged(client: ModerationClient, stream: str, samples: Sequence[Sample]) -> None:
    for sample in samples:
        await client.observe(stream, sample)


def _streams() -> list[list[Sample]]:
    """Two streams as a media worker sends them: one person alone, and two people together."""
    alone = (clips.sitter(APPROVED, 5),)
    together = clips.sitter(APPROVED, 6, x=200), clips.sitter("group-1", 7, x=450)
    seconds = SAMPLES * EVERY / clips.FPS
    with tempfile.TemporaryDirectory(prefix="kinline-bench-") as folder:
        films = [
            clips.write(Clip(actors, seconds), Path(folder) / f"{n}.webm")
            for n, actors in enumerate((alone, together))
        ]
        return [_samples(film) for film in films]


def _samples(film: Path) -> list[Sample]:
    """Every so many pictures of a film. Not calm: the gate may repeat no judgement."""
    return [
        Sample(media_ms, Planes(planes.y.copy(), planes.u.copy(), planes.v.copy()))
        for number, (media_ms, planes, _) in enumerate(footage.decoded(film))
        if number % EVERY == 0
    ]
