"""The service as a whole: health, figures, its description, texts, and the files of others that it serves."""

import hashlib
import json
import re
from pathlib import Path

import asyncpg
import pytest

from api.web import texts
from api.web.texts import Language
from domain.events import EVENTS
from domain.moderation.kind import FreezeCause, Kind
from domain.texts import (
    CHECKING_INTERRUPTED,
    ENDED,
    INTERRUPTED,
    NEUTRAL_TO_BOTH,
    OTHER_SIDE,
    WAITING,
    coach_text,
    pause_text,
)
from infrastructure.envelope import Envelopes
from infrastructure.fsck import fsck
from infrastructure.migrations import Databases
from infrastructure.projector import PROJECTIONS
from projections import call_timeline, progress
from tests.api.conftest import BOOKED, LIVE
from tests.facts import CALL
from tests.house import House

ROOT = Path(__file__).resolve().parents[2]
VENDORED = (ROOT / "api/web/static/vendor", ROOT / "tests/browser/vendor")


@pytest.mark.postgres
async def test_health_is_up_with_its_parts_and_down_with_the_log(house: House) -> None:
    await house.given(*BOOKED)
    browser = house.browser()
    well = await browser.get("/health")
    assert (well.status_code, well.json()["status"]) == (200, "UP")
    assert set(well.json()["components"]) >= {"log", "projections"}
    house.services.read.terminate()
    ill = await browser.get("/health")
    assert (ill.status_code, ill.json()["components"]["projections"]["status"]) == (503, "DOWN")
    assert (await browser.get("/health/liveness")).json() == {"status": "UP"}


@pytest.mark.postgres
@pytest.mark.parametrize(
    ("role", "query", "words"),
    [("AP", "", "What happened lately is not in it"), ("FA", "?lang=cy", "edrychwch eto ymhen munud")],
)
async def test_a_page_says_when_it_is_behind(
    house: House, databases: Databases, monkeypatch: pytest.MonkeyPatch, role: str, query: str, words: str
) -> None:
    monkeypatch.setattr(progress, "LATE_S", -60.0)  # whatever is missing is late
    head = await house.given(*BOOKED)
    client = await house.client(role)
    stands_at = "UPDATE public.projections SET position = $1 WHERE name = $2"
    owner = await asyncpg.connect(databases.owner)
    await owner.execute(stands_at, 0, "webhooks")
    assert words in (await client.get(f"/{query}")).text
    assert words not in (await house.browser().get(f"/{query}")).text
    await owner.execute(stands_at, head, "webhooks")
    await owner.close()
    assert words not in (await client.get(f"/{query}")).text


@pytest.mark.postgres
async def test_every_read_model_is_what_it_would_be_if_it_were_built_again(
    house: House, databases: Databases
) -> None:
    await house.given(*LIVE)
    assert await fsck(databases.projector, house.store, Envelopes(EVENTS), PROJECTIONS) == []


@pytest.mark.postgres
async def test_figures_are_in_the_words_of_prometheus_and_name_nobody(house: House) -> None:
    await house.given(*LIVE)
    figures = (await house.browser().get("/metrics")).text
    assert "kinline_log_up 1.0" in figures
    assert 'kinline_projection_behind{name="call_wall"}' in figures
    assert CALL not in figures


@pytest.mark.postgres
async def test_the_api_describes_itself(house: House) -> None:
    described = (await house.browser().get("/openapi.json")).json()
    assert "/v1/calls/{call}/resume" in described["paths"]


@pytest.mark.postgres
async def test_an_error_is_told_in_words_to_a_browser_and_as_a_problem_to_a_program(house: House) -> None:
    page = await house.browser().get("/wall", headers={"accept": "text/html"})
    assert (page.status_code, page.headers["content-type"].split(";")[0]) == (401, "text/html")
    assert "Please sign in." in page.text
    problem = await house.browser().get("/v1/calls/nowhere")
    assert problem.headers["content-type"] == "application/problem+json"
    assert problem.json().keys() >= {
        "type",
        "title",
        "status",
        "errorCode",
        "userMessage",
        "developerMessage",
        "moreInfo",
    }


@pytest.mark.parametrize("language", list(Language))
def test_everything_that_can_be_said_is_written(language: Language) -> None:
    written = texts.keys(language)
    slates = {WAITING, OTHER_SIDE, CHECKING_INTERRUPTED, INTERRUPTED, ENDED}
    slates |= {pause_text(cause, concerned=True) for cause in [*Kind, "staff"]}
    assert slates <= written
    assert {coach_text(kind) for kind in Kind} <= written
    assert {f"cause.{cause}" for cause in [*Kind, *FreezeCause]} <= written


def test_both_languages_say_the_same_things() -> None:
    of_staff = ("event.", "sees.", "staff.", "tap.", "mode.", "monitoring.")
    staff_only = {key for key in texts.keys(Language.EN) if key.startswith(of_staff)}
    assert texts.keys(Language.EN) - staff_only == texts.keys(Language.CY)
    assert {f"event.{kind.__name__}" for kind in call_timeline.EVENTS} <= staff_only


@pytest.mark.parametrize("kind", sorted(NEUTRAL_TO_BOTH))
def test_of_some_kinds_even_the_person_concerned_is_told_no_more(kind: str) -> None:
    assert pause_text(kind, concerned=True) == OTHER_SIDE
    assert texts.text(Language.EN, f"slate.{kind}") == texts.text(Language.EN, OTHER_SIDE)


@pytest.mark.parametrize("folder", VENDORED, ids=lambda folder: folder.parent.name)
def test_files_of_others_are_those_that_were_locked(folder: Path) -> None:
    lock = json.loads((folder / "vendor.lock.json").read_text())
    locked = {name: digest for package in lock.values() for name, digest in package["files"].items()}
    found = {
        file.name: hashlib.sha256(file.read_bytes()).hexdigest()
        for file in folder.iterdir()
        if file.name != "vendor.lock.json"
    }
    assert found == locked


def test_no_font_crest_or_address_of_others_is_shipped() -> None:
    static = ROOT / "api/web/static"
    for file in static.rglob("*.css"):
        content = file.read_text()
        assert "@font-face" not in content
        assert not re.search(r"url\((?!data:)", content), file
    assert not [file for file in static.rglob("*") if file.suffix in {".woff", ".woff2", ".ico"}]


def test_no_page_names_another_site() -> None:
    for file in (ROOT / "api/web/templates").rglob("*.html"):
        assert not re.search(r"(src|href|action)=\"https?:", file.read_text()), file
        assert "|safe" not in file.read_text().replace(" ", "").replace('"<br>"|safe', ""), file
