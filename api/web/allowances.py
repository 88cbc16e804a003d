"""The page of a person's call time in a month: for themselves in either language, and for staff."""

from datetime import date, timedelta
from typing import Annotated

from fastapi import APIRouter, Query, Request
from fastapi.responses import Response

from api.guard import Acting, require
from api.looking import MONTH, allowance_of, opened_for_staff
from api.reading import After
from api.scope import PersonId, held_person
from api.services import Use
from api.web.names import names_of
from api.web.render import page
from api.web.texts import keys
from application.access import THEMSELVES

router = APIRouter(include_in_schema=False)


@router.get("/allowances/{person}")
async def see_allowance(
    person: PersonId,
    request: Request,
    services: Use,
    acting: Annotated[Acting, require("allowance.read", held_person)],
    month: Annotated[str | None, Query(pattern=MONTH)] = None,
    after: After = None,
) -> Response:
    """What was given and used in a month, line by line, and what is left."""
    found = await allowance_of(services, acting, person, month, after)
    first = date.fromisoformat(f"{found.month}-01")
    own = acting.login.role in THEMSELVES
    return await page(
        request,
        "allowance.html",
        ledger=found,
        person=person,
        words=[await opened_for_staff(services, acting, line.sealed or {}) for line in found.lines],
        name=None if own else (await names_of(services, [person])).get(person),
        own=own,
        may_history=acting.login.role in services.permissions.scopes("history.read"),
        before=f"{first - timedelta(days=1):%Y-%m}",
        next=f"{first + timedelta(days=31):%Y-%m}",
        known=keys,
    )
