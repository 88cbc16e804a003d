"""In which form a request comes and an answer is wanted: 415 and 406 where it cannot be."""

from collections.abc import Callable, Coroutine, Iterator
from http import HTTPStatus
from typing import Any

from fastapi import Request, params
from fastapi.responses import Response
from fastapi.routing import APIRoute
from starlette.exceptions import HTTPException

from api.errors import PROBLEM

Handler = Callable[[Request], Coroutine[Any, Any, Response]]

FORMS = ("multipart/form-data", "application/x-www-form-urlencoded")
JSON = "application/json"


class TypedRoute(APIRoute):
    """A route of the API that says no to forms it can neither read nor give."""

    def get_route_handler(self) -> Handler:
        """The route's own handler, behind the question in which form."""
        handler: Handler = super().get_route_handler()
        gives = given_by(self)
        reads = read_by(self)

        async def typed(request: Request) -> Response:
            if not any(_accepts(request.headers.get("accept", ""), form) for form in gives):
                raise HTTPException(HTTPStatus.NOT_ACCEPTABLE)
            if reads and not _readable(request, reads):
                raise HTTPException(HTTPStatus.UNSUPPORTED_MEDIA_TYPE)
            return await handler(request)

        return typed


def given_by(route: APIRoute) -> frozenset[str]:
    """The forms in which a route answers, problems too: whoever wants only those gets one of them."""
    declared = (media for answer in route.responses.values() for media in answer.get("content", ()))
    usual = getattr(route.response_class, "media_type", None)
    return frozenset({JSON, PROBLEM, *declared, *([usual] if usual else [])})


def read_by(route: APIRoute) -> tuple[str, ...]:
    """The forms in which a route takes its request; none where it takes no body."""
    if route.body_field is None:
        return ()
    return FORMS if isinstance(route.body_field.field_info, params.Form) else (JSON,)


def _readable(request: Request, reads: tuple[str, ...]) -> bool:
    form = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if not form:
        return request.headers.get("content-length", "0") == "0"  # then it is said what is missing
    return form in reads or (JSON in reads and form.startswith("application/") and form.endswith("+json"))


def _accepts(accept: str, form: str) -> bool:
    ranges = list(_ranges(accept)) or [("*/*", 1.0)]
    kind = form.partition("/")[0]
    fitting = [
        weight for wanted, weight in sorted(ranges, key=_exactness) if wanted in {form, f"{kind}/*", "*/*"}
    ]
    return bool(fitting) and fitting[-1] > 0


def _exactness(accepted: tuple[str, float]) -> int:
    return -accepted[0].count("*")


def _ranges(accept: str) -> Iterator[tuple[str, float]]:
    """Each form that is wanted, and how much; 0 is not at all."""
    for part in accept.split(","):
        wanted, *more = (piece.strip().lower() for piece in part.split(";"))
        if wanted:
            yield wanted, next((_weight(one) for one in more if one.startswith("q=")), 1.0)


def _weight(said: str) -> float:
    try:
        return float(said.removeprefix("q="))
    except ValueError:
        return 1.0
