"""Whether the service is well, in the shape that HMPPS dashboards read, and figures for Prometheus."""

import asyncio
from collections.abc import Sequence
from dataclasses import asdict
from typing import Annotated, Any

from fastapi import APIRouter, Request, Response
from fastapi.responses import JSONResponse, PlainTextResponse
from prometheus_client import CONTENT_TYPE_LATEST, CollectorRegistry, Gauge, generate_latest

from api.guard import public
from api.services import Services, Use, tables
from application.ports import StoreAway, WorkerLoad
from projections.progress import Lag, lag

router = APIRouter(tags=["service"])

LAG_S_MAX = 30.0  # a read model that is so far behind is not well
UNWELL: dict[int | str, dict[str, Any]] = {
    503: {"description": "What is not well is named.", "content": {"application/json": {}}}
}
Component = dict[str, Any]
Open = Annotated[None, public("service.health")]


@router.get("/health", responses=UNWELL)
async def health(request: Request, services: Use, _: Open) -> JSONResponse:
    """UP when the log, the read models, the media plane and moderation are; else 503, with what is not."""
    log, models = await _log(services), await _read_models(services)
    components = {"log": log, "projections": models, **await _parts(request)}
    up = all(component["status"] == "UP" for component in components.values())
    return JSONResponse({"status": _word(up), "components": components}, status_code=200 if up else 503)


@router.get("/health/liveness")
async def liveness(_: Open) -> dict[str, str]:
    """UP while this process answers at all."""
    return {"status": "UP"}


@router.get("/health/readiness", responses=UNWELL)
async def readiness(services: Use, _: Open) -> JSONResponse:
    """UP while commands can be put on record."""
    log = await _log(services)
    return JSONResponse({"status": log["status"]}, status_code=200 if log["status"] == "UP" else 503)


@router.get("/metrics", response_class=PlainTextResponse)
async def metrics(services: Use, _: Open) -> Response:
    """Gauges in Prometheus text: nothing in them names a person or a call."""
    registry = CollectorRegistry()
    log_up = Gauge("kinline_log_up", "1 while the log answers", registry=registry)
    behind = Gauge("kinline_projection_behind", "positions behind the log", ["name"], registry=registry)
    parked = Gauge("kinline_projection_parked", "events that were parked", ["name"], registry=registry)
    log_up.set((await _log(services))["status"] == "UP")
    for model in await _lags(services):
        behind.labels(model.name).set(model.behind)
        parked.labels(model.name).set(model.parked)
    _media(registry, services.loads())
    return Response(generate_latest(registry), media_type=CONTENT_TYPE_LATEST)


def _media(registry: CollectorRegistry, loads: Sequence[WorkerLoad]) -> None:
    calls = Gauge("kinline_media_calls", "calls a media worker carries", ["worker"], registry=registry)
    takes = Gauge("kinline_media_takes_calls", "1 while it takes one more", ["worker"], registry=registry)
    lag = Gauge("kinline_media_lag_ms", "how late its loop wakes up, p95", ["worker"], registry=registry)
    verdict = Gauge("kinline_media_verdict_ms", "how long verdicts take, p95", ["worker"], registry=registry)
    for load in loads:
        calls.labels(load.worker).set(load.calls)
        takes.labels(load.worker).set(load.takes_calls)
        lag.labels(load.worker).set(load.lag_ms or 0)
        verdict.labels(load.worker).set(load.verdict_ms or 0)


async def _log(services: Services) -> Component:
    try:
        async with asyncio.timeout(2):
            head = await services.store.head()
    except (StoreAway, TimeoutError) as error:
        return {"status": "DOWN", "details": {"error": type(error).__name__}}
    return {"status": "UP", "details": {"position": head}}


async def _read_models(services: Services) -> Component:
    models = await _lags(services)
    behind = [m.name for m in models if m.seconds > LAG_S_MAX or m.error]
    details = {m.name: {"behind": m.behind, "parked": m.parked, "status": m.status} for m in models}
    return {"status": _word(bool(models) and not behind), "details": details}


async def _lags(services: Services) -> list[Lag]:
    try:
        async with tables(services) as db:
            return await lag(db)
    except StoreAway:
        return []


async def _parts(request: Request) -> dict[str, Component]:
    """What the supervisor knows of the other processes, where there is one."""
    report = getattr(request.app.state, "parts", None)
    return {} if report is None else dict(await report())


def media_health(loads: Sequence[WorkerLoad]) -> Component:
    """The media workers. With none the service is not well; when all are busy it is, and takes no further call."""
    workers = {load.worker: asdict(load) for load in loads}
    takes_calls = any(load.takes_calls for load in loads)
    return {"status": _word(bool(loads)), "details": {"takesCalls": takes_calls, "workers": workers}}


def _word(up: bool) -> str:
    return "UP" if up else "DOWN"
