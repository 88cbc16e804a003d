"""Rendering: one Jinja environment, escaping everywhere, made when the program starts."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from functools import cache
from http import HTTPStatus
from pathlib import Path
from typing import Any
from uuid import uuid4
from zoneinfo import ZoneInfo

from fastapi import Request
from fastapi.responses import HTMLResponse
from jinja2 import ChoiceLoader, Environment, FileSystemLoader, PackageLoader, PrefixLoader

from api.guard import login_of
from api.logins import Kind, Login
from api.services import Services, services_of, tables
from api.web.texts import Language, cause, text
from application.access import THEMSELVES
from application.ports import StoreAway
from domain.texts import staff_text
from projections.progress import catching_up

TEMPLATES = Path(__file__).with_name("templates")
LONDON = ZoneInfo("Europe/London")


@cache
def environment() -> Environment:
    """Our templates, and the macros of the design system under their package's name."""
    made = Environment(
        loader=ChoiceLoader(
            [
                FileSystemLoader(TEMPLATES),
                PrefixLoader({"govuk_frontend_jinja": PackageLoader("govuk_frontend_jinja")}),
            ]
        ),
        autoescape=True,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    made.filters.update(
        clock=clock, day=day, date=date, seconds=seconds, words=words, score=score, minutes=minutes
    )
    made.globals.update(
        text=text,
        staff_text=staff_text,
        cause=lambda key: cause(Language.EN, key),
        fresh_key=lambda: uuid4().hex,
    )
    return made


@cache
def warm() -> None:
    """Compile every template, once."""
    for name in environment().list_templates(
        filter_func=lambda name: "/" not in name or name.startswith("parts/")
    ):
        environment().get_template(name)


async def page(
    request: Request, template: str, *, status: HTTPStatus = HTTPStatus.OK, **values: Any
) -> HTMLResponse:
    """A whole page."""
    language = language_of(request)
    login = await login_of(request, Kind.LOGIN)
    services = services_of(request)
    well = status is not HTTPStatus.SERVICE_UNAVAILABLE
    given: Mapping[str, Any] = {
        "lang": language,
        "t": lambda key, **more: text(language, f"page.{key}", **more),
        "login": login,
        "own_roles": THEMSELVES,
        "role": _role(services, login, language),
        "demo": services.settings.demo is not None,
        "path": request.url.path,
        "late": login is not None and well and await _late(services),
        **values,
    }
    return HTMLResponse(environment().get_template(template).render(given), status_code=int(status))


def _role(services: Services, login: Login | None, language: Language) -> str:
    """As whom somebody is signed in. Pages of staff are in English."""
    if login is None:
        return ""
    if login.role in THEMSELVES:
        return text(language, f"home.role_{login.role}")
    return services.permissions.roles.get(login.role, "")


async def _late(services: Services) -> bool:
    """Whether the page may show what is no longer so, because the read models are being brought up to date."""
    try:
        async with tables(services) as db:
            return await catching_up(db)
    except StoreAway:
        return False


def part(template: str, **values: Any) -> str:
    """A part of a page, for pages that are live."""
    return environment().get_template(template).render(lang=Language.EN, **values)


async def error_page(request: Request, status: HTTPStatus, sentence: str) -> HTMLResponse:
    """An error in words."""
    return await page(request, "error.html", status=status, sentence=sentence, title=status.phrase)


def listed(reasons: Sequence[str]) -> list[dict[str, str]]:
    """Sentences that say why something was not done, as the summary of errors takes them."""
    return [{"text": reason} for reason in reasons]


def language_of(request: Request) -> Language:
    """The language that the address asks for."""
    return Language.CY if request.query_params.get("lang") == "cy" else Language.EN


def clock(moment: datetime | None) -> str:
    """A time of day, to the second."""
    return "" if moment is None else f"{moment.astimezone(LONDON):%H:%M:%S}"


def day(moment: datetime | None) -> str:
    """A day and a time."""
    return "" if moment is None else f"{moment.astimezone(LONDON):%A %-d %B %Y, %H:%M}"


def date(moment: datetime | None) -> str:
    """A day and a time in figures, for both languages."""
    return "" if moment is None else f"{moment.astimezone(LONDON):%d/%m/%Y, %H:%M}"


def seconds(milliseconds: int | None) -> str:
    """A media time, in seconds."""
    return "" if milliseconds is None else f"{milliseconds / 1000:.2f} s"


def minutes(time_s: int) -> str:
    """Call time in whole minutes, and the seconds beyond them where there are any."""
    whole, rest = divmod(abs(time_s), 60)
    sign = "−" if time_s < 0 else ""
    return f"{sign}{whole}:{rest:02}" if rest else f"{sign}{whole}"


def score(value: int | None) -> str:
    """A score or distance that is kept in 1/10,000."""
    return "" if value is None else f"{value / 10_000:.4f}"


def words(name: str) -> str:
    """A name of ours as words: `face_absent` and `CallPaused` for people."""
    spaced = "".join(f" {letter.lower()}" if letter.isupper() else letter for letter in name)
    said = spaced.replace("_", " ").strip()
    return said[:1].upper() + said[1:]
