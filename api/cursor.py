"""Pages of a list: a cursor is the place after the last item told, and marked so that nobody can make one.

A cursor belongs to one list as one sign-in asked for it. It holds the key of an item and no number of
pages, so what is added or taken away meanwhile neither repeats an item nor leaves one out.
"""

import base64
import binascii
import hashlib
import hmac
import json
from collections.abc import Callable, Sequence
from datetime import date
from typing import Annotated, Any, TypeVar

from fastapi import Query, Request, Response

from api.errors import CursorUnknown
from api.services import Services

Item = TypeVar("Item")

LIMIT_MAX = 200  # items on one page
LIMIT = 50
MARK_BYTES = 16

Limit = Annotated[int, Query(ge=1, le=LIMIT_MAX, description="items on one page")]
Cursor = Annotated[
    str | None, Query(max_length=1000, description="`next` of the page before; none: the first page")
]


def cursor_after(services: Services, of: str, key: Sequence[Any]) -> str:
    """The cursor behind an item of the list. `of` names the list and whoever asked for it."""
    body = json.dumps(list(key), separators=(",", ":")).encode()
    return base64.urlsafe_b64encode(_mark(services, of, body) + body).decode().rstrip("=")


def page_of(
    services: Services, of: str, found: Sequence[Item], limit: int, key: Callable[[Item], Sequence[Any]]
) -> tuple[Sequence[Item], str | None]:
    """One page of what was found, which is one item more if there is a next page, and the cursor behind it."""
    page = found[:limit]
    if len(found) <= limit:
        return page, None
    plain = [part.isoformat() if isinstance(part, date) else part for part in key(page[-1])]
    return page, cursor_after(services, of, plain)


def key_of(services: Services, of: str, cursor: str) -> list[Any]:
    """The key that a cursor holds. Raises `CursorUnknown`."""
    try:
        content = base64.b64decode(cursor + "=" * (-len(cursor) % 4), altchars=b"-_", validate=True)
    except (binascii.Error, ValueError) as error:
        raise CursorUnknown from error
    mark, body = content[:MARK_BYTES], content[MARK_BYTES:]
    if not hmac.compare_digest(mark, _mark(services, of, body)):
        raise CursorUnknown
    key: list[Any] = json.loads(body)
    return key


def link_next(request: Request, response: Response, cursor: str | None) -> None:
    """Name the next page in a header too, where programs that know nothing of us look for it."""
    if cursor is not None:
        query = request.url.include_query_params(cursor=cursor).query
        response.headers["link"] = f'<{request.url.path}?{query}>; rel="next"'


def _mark(services: Services, of: str, body: bytes) -> bytes:
    signed = f"cursor:{of}:".encode() + body
    return hmac.new(services.settings.secret, signed, hashlib.sha256).digest()[:MARK_BYTES]
