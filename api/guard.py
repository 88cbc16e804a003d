"""The guard at the door: who asks, whether they may, and that the request came from our own pages.

Every route declares its action with `require(action, find)`: `find` looks up what the request touches,
so that the permission is asked with the thing itself. A route that declares none does not start.
"""

from collections.abc import Awaitable, Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Annotated, Any

from fastapi import Depends, FastAPI, Request
from fastapi.dependencies.models import Dependant
from starlette.routing import Mount

from api import tokens
from api.errors import NotSignedIn
from api.limits import FREE, address_of, kind_of, limiter_of
from api.limits import Kind as Limited
from api.logins import Kind, Login, Logins
from api.services import Services, services_of
from application.access import Permissions, Resource
from application.ports import StoreAway

Find = Callable[..., Awaitable[Resource]]

WHILE_AWAY = frozenset({"call.pause", "call.mute", "call.end"})
"""What may be asked on the word of our memory alone while the database is away: only what closes a call."""


class Unguarded(RuntimeError):
    """A route has no action, or one whose permission needs a resource that it does not look up."""


@dataclass(frozen=True, slots=True)
class Acting:
    """Somebody who was allowed to do this to that."""

    login: Login
    action: str
    resource: Resource


async def nothing() -> Resource:
    """The action touches nothing in particular."""
    return Resource()


def cookie_name(services: Services, kind: Kind) -> str:
    """The cookie of a kind of login. The prefix binds it to this host and to https."""
    name = "kin" if kind is Kind.LOGIN else "kin-seat"
    return f"__Host-{name}" if services.settings.secure else name


async def login_of(request: Request, kind: Kind, *, hurry: bool = False) -> Login | None:
    """Who is signed in by the cookie of this kind, or None."""
    services = services_of(request)
    token = request.cookies.get(cookie_name(services, kind))
    if not token:
        return None
    logins: Logins = request.app.state.logins
    found = await logins.find(services, token, hurry=hurry)
    return found if found is not None and found.kind is kind else None


def require(action: str, find: Find = nothing, *, seat: bool = False, watching: bool = False) -> Any:
    """The dependency by which a route declares its action. Gives `Acting`.

    `seat`: asked by whoever has a seat in the call; a sign-in of somebody on it will do as well.
    `watching`: asked again and again by a page that shows pictures, so its limit is another one.
    """

    async def entered(request: Request) -> Login:
        """Who asks, before anything is looked up for them."""
        login = await asking(request, seat=seat, hurry=action in WHILE_AWAY)
        if action not in FREE:
            holder = address_of(request) if login is None else f"login:{login.id}"
            limiter_of(request).take(holder, Limited.WATCHING if watching and login else kind_of(request))
        if login is None:
            raise NotSignedIn
        if login.stale and action not in WHILE_AWAY:
            raise StoreAway("login")
        return login

    async def allowed(
        request: Request,
        login: Annotated[Login, Depends(entered)],
        resource: Annotated[Resource, Depends(find)],
    ) -> Acting:
        services_of(request).permissions.demand(login.who, action, resource)
        return Acting(login, action, resource)

    allowed.action = action  # type: ignore[attr-defined]
    allowed.seat = seat  # type: ignore[attr-defined]
    allowed.finds = find is not nothing  # type: ignore[attr-defined]
    return Depends(allowed)


async def asking(request: Request, *, seat: bool, hurry: bool = False) -> Login | None:
    """Whom a route acts for: the seat in the call where a seat will do, else whoever is signed in."""
    taken = await _seat_of(request) if seat else None
    return taken or await signed_in(request, hurry=hurry)


async def signed_in(request: Request, *, hurry: bool = False) -> Login | None:
    """Who is signed in: the program whose token the request carries, else the person of the browser's cookie."""
    token = tokens.carried(request.headers.get("authorization"))
    if token is not None:
        return await tokens.find(services_of(request), token)
    return await login_of(request, Kind.LOGIN, hurry=hurry)


async def _seat_of(request: Request) -> Login | None:
    """The seat in the call that the address names, if this browser has it."""
    seat = await login_of(request, Kind.SEAT)
    named = request.path_params.get("call")
    return seat if seat is not None and named in (None, seat.call) else None


def public(action: str) -> Any:
    """The dependency of a route that anybody may ask: its action is a public one of the table."""

    async def allowed(request: Request) -> None:
        if action not in FREE:
            limiter_of(request).take(address_of(request), Limited.ARRIVING)

    allowed.action = action  # type: ignore[attr-defined]
    allowed.seat = False  # type: ignore[attr-defined]
    allowed.finds = True  # type: ignore[attr-defined]
    allowed.public = True  # type: ignore[attr-defined]
    return Depends(allowed)


def check(app: FastAPI, permissions: Permissions) -> None:
    """Raise `Unguarded` for the first route that says too little, `UnknownAction` for an unknown action."""
    for route in _routes(app.routes):
        if isinstance(route, Mount) and route.name == "static":
            continue
        guards = list(_guards(getattr(route, "dependant", None)))
        name = getattr(route, "path", repr(route))
        if not guards:
            raise Unguarded(f"The route {name} declares no action: use require() or public().")
        for guard in guards:
            _check_guard(name, guard, permissions)


def _check_guard(name: str, guard: Any, permissions: Permissions) -> None:
    permissions.scopes(guard.action)
    is_public = guard.action in permissions.public
    if is_public != getattr(guard, "public", False):
        raise Unguarded(f"The route {name} and the table disagree whether {guard.action} is public.")
    if not guard.finds and permissions.needs_resource(guard.action):
        raise Unguarded(f"The route {name} asks {guard.action} without looking up what it touches.")


def actions_of(app: FastAPI) -> dict[str, list[str]]:
    """Each action and the routes that ask it, for the tests of the matrix."""
    found: dict[str, list[str]] = {}
    for route in _routes(app.routes):
        for guard in _guards(getattr(route, "dependant", None)):
            found.setdefault(guard.action, []).append(route.path)
    return found


def actions(route: Any) -> frozenset[str]:
    """The actions that one route declares."""
    return frozenset(guard.action for guard in _guards(route.dependant))


def routes_of(app: FastAPI) -> Iterator[Any]:
    """Every route of the application, those of its routers too."""
    return _routes(app.routes)


def finds(route: Any) -> bool:
    """Whether a route looks up what it touches, and so may find nothing."""
    return any(guard.finds for guard in _guards(route.dependant)) and not is_public(route)


def takes_seat(route: Any) -> bool:
    """Whether a route may be asked by whoever has a seat in the call."""
    return any(guard.seat for guard in _guards(route.dependant))


def is_public(route: Any) -> bool:
    """Whether anybody may ask a route."""
    return any(getattr(guard, "public", False) for guard in _guards(route.dependant))


def _routes(routes: Sequence[Any]) -> Iterator[Any]:
    for route in routes:
        included = getattr(route, "original_router", None)
        if included is not None:
            yield from _routes(included.routes)
        else:
            yield route


def _guards(dependant: Dependant | None) -> Iterator[Any]:
    if dependant is None:
        return
    if hasattr(dependant.call, "action"):
        yield dependant.call
    for below in dependant.dependencies:
        yield from _guards(below)
