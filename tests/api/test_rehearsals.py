"""The dress rehearsal over the API: real pictures through the real analyser, a plain word back, and nothing kept."""

from datetime import timedelta
from typing import Any

import httpx
import pytest

from application.templates import template_bytes
from domain.dress_rehearsal.events import RehearsalHeld, RehearsalProblem, RehearsalResult
from domain.enrolment import BiometricConsentGiven, FaceTemplateEnrolled
from domain.event import Purpose
from infrastructure.moderation.engines.scripted import ScriptedSetup
from infrastructure.moderation.enrol import template
from tests.api.conftest import BOOKED
from tests.facts import CALL, NOON, VISITOR, fact
from tests.house import House
from tests.infrastructure.moderation.films import PERSON, STRANGER, photograph, png, scene

pytestmark = pytest.mark.postgres

PATH = f"/v1/calls/{CALL}/rehearsal"
DAY = -86_400


async def enrolled(house: House) -> httpx.AsyncClient:
    """A visitor with a photograph, the day before the call."""
    vector = template(photograph(PERSON), ScriptedSetup())
    kept = await house.services.vault.put(VISITOR, Purpose.BIOMETRICS, "template", template_bytes(vector))
    consent = fact(BiometricConsentGiven, DAY - 7200)
    await house.given(*BOOKED, consent, fact(FaceTemplateEnrolled, DAY - 7200, person=VISITOR, template=kept))
    house.clock.to(DAY)
    return await house.client("FA")


def files(*pictures: bytes) -> list[tuple[str, Any]]:
    return [("pictures", ("picture.png", picture, "image/png")) for picture in pictures]


def of(*people: tuple[int, int]) -> list[tuple[str, Any]]:
    """Four pictures of these people, with the grain of a camera."""
    return files(*(png(scene(*people, noise=number)) for number in range(1, 5)))


async def test_a_visitor_learns_the_day_before_that_they_are_recognised(house: House) -> None:
    family = await enrolled(house)
    told = (await family.post(PATH, files=of((PERSON, 260)))).json()
    assert (told["result"], told["recognised"], told["expected"], told["hints"]) == ("matched", 1, 1, [])
    assert told["text"] == "It worked: everybody was recognised."
    (held,) = await house.events(RehearsalHeld)
    assert (held.result, held.people, held.problems) == (RehearsalResult.MATCHED, 1, ())
    assert not {"picture", "pictures", "vector", "template", "distance"} & set(RehearsalHeld.model_fields)


async def test_somebody_else_is_told_so_in_their_language_and_twice_that_a_photograph_may_help(
    house: House,
) -> None:
    family = await enrolled(house)
    first = (await family.post(f"{PATH}?lang=cy", files=of((STRANGER, 260)))).json()
    assert (first["result"], first["new_photograph"]) == ("not_matched", False)
    assert first["text"].startswith("Ni chafodd pawb eu hadnabod")
    second = (await family.post(PATH, files=of((STRANGER, 260)))).json()
    assert second["new_photograph"]
    assert any("new photograph" in hint for hint in second["hints"])


async def test_more_people_than_booked_are_said(house: House) -> None:
    family = await enrolled(house)
    told = (await family.post(PATH, files=of((PERSON, 100), (STRANGER, 400)))).json()
    assert told["problems"] == [RehearsalProblem.MORE_PEOPLE]
    assert told["result"] != "matched"


async def test_without_a_photograph_people_are_counted(house: House) -> None:
    await house.given(*BOOKED)
    house.clock.to(DAY)
    family = await house.client("FA")
    told = (await family.post(PATH, files=of((PERSON, 260)))).json()
    assert (told["result"], told["recognised"]) == ("counted", 0)
    (held,) = await house.events(RehearsalHeld)
    assert held.persons == ()


async def test_where_the_rules_say_no_no_picture_is_looked_at(house: House) -> None:
    family = await enrolled(house)
    house.clock.moment = NOON - timedelta(days=3)
    early = await family.post(PATH, files=files(b"\x89PNG\r\n\x1a\nno picture"))
    assert (early.status_code, early.json()["errorCode"]) == (409, "rehearsal_early")
    assert "Dewch yn ôl" in (await family.get(f"/my-calls/{CALL}/try?lang=cy")).text
    stranger = await house.client("FA", person="visitor-9")
    assert (await stranger.post(PATH, files=of((PERSON, 260)))).status_code == 403
    assert (await (await house.client("LM")).post(PATH, files=of((PERSON, 260)))).status_code == 403


@pytest.mark.parametrize(
    "sent", [b"no picture at all", b"\x89PNG\r\n\x1a\nno picture"], ids=["other", "broken"]
)
async def test_what_is_no_picture_is_not_taken(house: House, sent: bytes) -> None:
    family = await enrolled(house)
    assert (await family.post(PATH, files=files(sent))).status_code == 422
    assert (await family.post(PATH, files=files(png(scene(shape=(40, 40)))))).status_code == 422
    assert await house.events(RehearsalHeld) == []


async def test_the_list_of_ones_calls_leads_to_it(house: House) -> None:
    family = await enrolled(house)
    calls = await family.get("/my-calls", params={"after": len(await house.log())})
    assert f"/my-calls/{CALL}/try" in calls.text
    page = await family.get(f"/my-calls/{CALL}/try")
    assert "camera=(self)" in page.headers["permissions-policy"]
    assert "try.js" in page.text
