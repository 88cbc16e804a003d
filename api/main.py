"""The web application: built from services that somebody else opened, and nothing at import."""

from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from functools import partial
from pathlib import Path
from typing import Annotated, Any

from fastapi import APIRouter, FastAPI, Request
from starlette.staticfiles import StaticFiles

from api import (
    allocations,
    allowances,
    appeals,
    asyncapi,
    barring,
    bookings,
    calendar,
    calls,
    concerns,
    conduct,
    contact,
    controls,
    coverage,
    declaring,
    devices,
    enrolment,
    errors,
    findings,
    guard,
    guardians,
    handover,
    health,
    identity,
    incidents,
    lines,
    links,
    lists,
    monitoring,
    neighbours,
    notifications,
    people,
    places,
    policies,
    prisoners,
    prisons,
    records,
    rehearsals,
    replays,
    restrictions,
    retaining,
    revealing,
    reviews,
    schedule,
    seats,
    simulations,
    timetable,
    trials,
    webhooks,
    who,
)
from api import timeline as record
from api.description import describe
from api.guard import public
from api.headers import Door
from api.limits import Limiter
from api.logins import Logins
from api.methods import Methods
from api.revealing import Revealed
from api.services import Services, WebSettings
from api.web import allocations as allocation_pages
from api.web import allowances as allowance_pages
from api.web import appeals as appeal_pages
from api.web import (
    asking,
    before,
    demo,
    details,
    face,
    family,
    flags,
    history,
    home,
    messages,
    replay,
    requests,
    wall,
)
from api.web import barring as barring_pages
from api.web import bookings as booking_pages
from api.web import concerns as concern_pages
from api.web import conduct as conduct_pages
from api.web import controls as control_pages
from api.web import coverage as coverage_pages
from api.web import findings as finding_pages
from api.web import handover as handover_pages
from api.web import identity as identity_pages
from api.web import incidents as incident_pages
from api.web import links as link_pages
from api.web import monitoring as monitoring_pages
from api.web import people as people_pages
from api.web import retention as retention_pages
from api.web import revealing as reveal_pages
from api.web import reviews as review_pages
from api.web import schedule as schedule_pages
from api.web import timeline as timeline_pages
from api.web.render import error_page, warm
from application.access import Permissions
from infrastructure.rpc import PeerGone

STATIC = Path(__file__).with_name("web") / "static"

Parts = Callable[[], Awaitable[dict[str, dict[str, Any]]]]
"""What the supervisor says of other processes: each with `status` UP or DOWN, for /health."""

description = APIRouter(tags=["service"])


ROUTERS: tuple[APIRouter, ...] = (
    prisons.router,
    policies.router,
    simulations.router,
    trials.router,
    people.router,
    prisoners.router,
    identity.router,
    guardians.router,
    enrolment.router,
    links.router,
    who.router,
    neighbours.router,
    webhooks.router,
    contact.router,
    notifications.router,
    bookings.router,
    places.router,
    timetable.router,
    restrictions.router,
    barring.router,
    allowances.router,
    records.router,
    lists.router,
    incidents.router,
    reviews.router,
    coverage.router,
    allocations.router,
    handover.router,
    revealing.router,
    findings.router,
    schedule.router,
    seats.router,
    declaring.router,
    devices.router,
    rehearsals.router,
    lines.router,
    calls.router,
    controls.router,
    concerns.router,
    retaining.router,
    conduct.router,
    appeals.router,
    monitoring.router,
    record.router,
    replays.router,
    calendar.router,
    health.router,
    description,
    home.router,
    before.router,
    control_pages.router,
    wall.router,
    timeline_pages.router,
    replay.router,
    booking_pages.router,
    asking.router,
    messages.router,
    details.router,
    identity_pages.router,
    face.router,
    link_pages.router,
    family.router,
    people_pages.router,
    requests.router,
    flags.router,
    incident_pages.router,
    review_pages.router,
    coverage_pages.router,
    allocation_pages.router,
    handover_pages.router,
    reveal_pages.router,
    finding_pages.router,
    concern_pages.router,
    retention_pages.router,
    conduct_pages.router,
    appeal_pages.router,
    monitoring_pages.router,
    barring_pages.router,
    schedule_pages.router,
    allowance_pages.router,
    history.router,
)
"""What every installation answers: the API first, then the pages."""


@description.get("/openapi.json", include_in_schema=False)
async def openapi(request: Request, _: Annotated[None, public("service.describe")]) -> dict[str, Any]:
    """Every route with its fields, who may ask it, and how it says no."""
    described: dict[str, Any] = request.app.openapi()
    return described


@description.get("/asyncapi.json", include_in_schema=False)
async def asynchronous(_: Annotated[None, public("service.describe")]) -> dict[str, Any]:
    """Every message that goes out to neighbouring systems, and every one that comes in."""
    return asyncapi.document()


def create_app(
    services: Callable[[], AbstractAsyncContextManager[Services]],
    settings: WebSettings,
    permissions: Permissions,
    *,
    parts: Parts | None = None,
) -> FastAPI:
    """The application. `services` is opened when it starts and closed when it ends; it may start again.

    Raises `Unguarded` or `UnknownAction` when a route does not say which action it is.
    """

    @asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[None]:
        async with services() as opened:
            app.state.services = opened
            app.state.logins, app.state.calls_known, app.state.walls_on_record = Logins(), {}, set()
            app.state.revealed = Revealed()
            app.state.limiter = Limiter(settings.rates)
            warm()  # the first visitor does not pay for the templates
            yield

    app = FastAPI(
        title="Kinline",
        description="Secure video calls between people in prison and their families.",
        version="1",
        lifespan=lifespan,
        openapi_url=None,
        docs_url=None,
        redoc_url=None,
    )
    app.state.parts = parts
    app.state.error_page = error_page
    app.openapi = partial(describe, app, permissions)  # type: ignore[method-assign]
    errors.install(app, part_away=PeerGone)
    for router in routers(settings):
        app.include_router(router)
    app.mount("/static", StaticFiles(directory=STATIC), name="static")
    guard.check(app, permissions)
    app.add_middleware(Methods)
    app.add_middleware(Door, secure=settings.secure)
    return app


def described(permissions: Permissions) -> dict[str, Any]:
    """The OpenAPI description, of an application that nobody opens."""
    return create_app(_nothing, WebSettings(), permissions).openapi()


def _nothing() -> AbstractAsyncContextManager[Services]:
    raise RuntimeError("this application is only described")


def routers(settings: WebSettings) -> list[APIRouter]:
    """Every router. Sign-in links and the local mailbox exist only in a demonstration."""
    if settings.demo is None:
        return [*ROUTERS]
    demonstration = [home.demo_router, demo.router]
    return [*demonstration, *([messages.mailbox_router] if settings.mailbox else []), *ROUTERS]
