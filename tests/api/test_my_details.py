"""The pages of one's own details: a family's way from an account to calls, on pages, in both languages."""

import re
from pathlib import Path
from typing import Any

import httpx
import pytest

from api.web import texts
from api.web.own import PHOTOGRAPHS
from api.web.texts import Language
from domain.access import RecordViewed, Viewed
from domain.enrolment import (
    BiometricConsentGiven,
    BiometricConsentWithdrawn,
    FaceTemplateEnrolled,
    FaceTemplateRetired,
    NonBiometricRouteChosen,
    RetiredBecause,
)
from domain.identity import GuardianVouchedForChild, IdentityEvidenceSubmitted, IdentityRejected
from domain.person import ParticipantAdded
from domain.reenrolment import ReenrolmentAsked
from domain.relationship import (
    RelationshipApproved,
    VisitorLinkRejected,
    VisitorLinkRequested,
    VisitorUnapproved,
)
from tests.api.conftest import BOOKED, CHILD
from tests.facts import PRISON, PRISONER, VISITOR, fact
from tests.house import House

pytestmark = pytest.mark.postgres

JPEG = b"\xff\xd8\xff"
DOMAIN = Path(__file__).resolve().parents[2] / "domain"
SAID_TO_STAFF = {
    "alternative_missing", "booker_twice", "evidence_decided", "evidence_unknown", "no_record",
    "number_taken", "photograph_date", "reason_missing", "request_unknown", "second_person",
}  # fmt: skip
KNOWN = BOOKED[:3]
AGREED = fact(BiometricConsentGiven, -9000)
ASKED = fact(VisitorLinkRequested, -8000)
ENROLLED = fact(FaceTemplateEnrolled, -7000, person=VISITOR)
ADDED = fact(ParticipantAdded, -8900, person="child-1")
BORN = {"born_day": "5", "born_month": "11", "born_year": "1971"}
WISH = BORN | {
    "visitor": VISITOR,
    "prisoner_number": "a1234bc",
    "first_name": "Sean",
    "last_name": "Planted",
    "prison": "mdi",
    "relation": "sibling",
}
PAPER = {"document_kind": "passport", "prison": PRISON}


def pictures(**contents: bytes) -> Any:
    return {name: (f"{name}.jpg", content, "image/jpeg") for name, content in contents.items()}


async def shown(client: httpx.AsyncClient, answer: httpx.Response) -> str:
    """The page to which an answer leads."""
    assert answer.status_code == 303, answer.text
    page = await client.get(answer.headers["location"])
    assert page.status_code == 200
    return page.text


async def held(house: House) -> str:
    """Somebody in prison whose name and number are known there."""
    officer = await house.client("BO")
    body = {
        "kind": "prisoner",
        "name": "Sean Patrick Planted",
        "prisoner_number": "A1234BC",
        "date_of_birth": "1971-11-05",
    }
    answer = await officer.post(f"/v1/prisons/{PRISON}/persons", json=body)
    person: str = answer.json()["person"]
    return person


# The account


async def test_who_has_no_account_opens_one_and_then_sees_what_is_missing(house: House) -> None:
    mary = await house.client("FA", person="visitor-5")
    assert "Open your account" in (await mary.get("/my-details")).text
    wrong = await mary.post("/my-details", data={"name": "Mary Planted", "born_year": "1988"})
    assert wrong.status_code == 422
    assert 'href="#date_of_birth">Enter a date of birth with day, month and year.' in wrong.text
    assert 'value="Mary Planted"' in wrong.text
    assert 'value="1988"' in wrong.text
    page = await shown(mary, await mary.post("/my-details", data=BORN | {"name": "Mary Planted"}))
    assert page.count("To do") == 3
    assert "Nobody added" in page


async def test_the_list_says_how_far_everything_has_come(house: House) -> None:
    await house.given(*KNOWN, AGREED, ASKED, ENROLLED, fact(IdentityEvidenceSubmitted), CHILD, ADDED)
    page = (await (await house.client("FA")).get("/my-details")).text
    for words in ("With the prison", "1 with the prison", "Done", "1 added"):
        assert words in page, words
    assert "Everything is in place" not in page
    assert await house.events(RecordViewed) == []


async def test_only_those_whose_details_they_are_open_these_pages(house: House) -> None:
    await house.given(*KNOWN, CHILD, ADDED)
    for path in ("", "/identity", "/links", "/people"):
        for role in ("PR", "BO", "AP", "AU"):
            other = await house.client(role)
            assert (await other.get(f"/my-details{path}")).status_code == 403, (role, path)
    await house.given(fact(RelationshipApproved, visitor="child-1", linked=("child-1",)))
    clerk = await house.client("BO")
    assert (await clerk.get("/v1/persons/child-1/identity")).status_code == 200
    assert (await clerk.get("/my-details/people/child-1/identity")).status_code == 403
    stranger = await house.client("FA", person="visitor-9")
    assert (await stranger.get("/my-details/people/child-1/identity")).status_code == 403
    vouching = await stranger.post("/my-details/people/child-1/guardian", data={"relation": "parent"})
    assert vouching.status_code == 403
    wish = await stranger.post("/my-details/links", data=WISH)
    assert wish.status_code == 403


async def test_the_first_page_and_the_calls_lead_to_ones_details(house: House) -> None:
    for role, path in (("FA", "/my-details"), ("PR", "/my-details/face")):
        client = await house.client(role)
        for page in ("/", "/my-calls"):
            assert f'href="{path}"' in (await client.get(page)).text, (role, page)


# Identity


async def test_a_document_is_handed_in_sent_back_and_handed_in_again(house: House) -> None:
    await house.given(*KNOWN, AGREED, ASKED)
    family = await house.client("FA")
    form = (await family.get("/my-details/identity")).text
    assert f'value="{PRISON}"' in form
    assert 'capture="environment"' in form
    assert 'capture="user"' in form
    files = pictures(document=JPEG + b"a face", selfie=JPEG + b"the same face")
    page = await shown(family, await family.post("/my-details/identity", data=PAPER, files=files))
    assert "The prison is looking at the document." in page
    assert '<form method="post" action="/my-details' not in page
    (given,) = await house.events(IdentityEvidenceSubmitted)
    assert (given.prison, given.distance, given.submitted_by) == (PRISON, 3000, VISITOR)
    place = f"/v1/persons/{VISITOR}/identity/{given.evidence}/rejection"
    body = {"because": "photo_unclear", "note": "Please show the <b>whole</b> page"}
    assert (await (await house.client("AP")).post(place, json=body)).status_code == 201
    back = (await family.get("/my-details/identity")).text
    assert "The prison sent the document back. The picture is not clear enough." in back
    assert "Please show the &lt;b&gt;whole&lt;/b&gt; page" in back
    again = await family.post("/my-details/identity", data=PAPER, files=pictures(document=JPEG + b"a page"))
    assert "With the prison" in await shown(family, again)


async def test_the_same_form_sent_twice_hands_in_once(house: House) -> None:
    await house.given(*KNOWN, ASKED)
    family = await house.client("FA")
    for _ in range(2):
        answer = await family.post(
            "/my-details/identity", data=PAPER | {"key": "form-1"}, files=pictures(document=JPEG + b"a face")
        )
        assert answer.status_code == 303
    assert len(await house.events(IdentityEvidenceSubmitted)) == 1


async def test_what_is_missing_in_the_form_is_said_in_its_place_and_the_rest_is_kept(house: House) -> None:
    await house.given(*KNOWN)
    family = await house.client("FA")
    answer = await family.post("/my-details/identity", data=PAPER, files={"document": ("", b"")})
    assert answer.status_code == 422
    assert 'href="#document">Choose a photograph of the document.' in answer.text
    assert 'value="passport" checked' in answer.text
    assert f'value="{PRISON}"' in answer.text
    answer = await family.post("/my-details/identity", data={"prison": "no prison"})
    assert "Choose which document it is." in answer.text
    assert "Enter the three letters of the prison." in answer.text
    assert "Choose a photograph of the document." in answer.text
    assert not await house.events(IdentityEvidenceSubmitted)


@pytest.mark.parametrize(
    ("document", "english", "welsh"),
    [
        (b"GIF89a", "This is no picture that we can read.", "Nid yw hwn yn llun y gallwn ei ddarllen."),
        (JPEG + b"x" * 4 * 1024 * 1024, "This picture is too large.", "Mae’r llun hwn yn rhy fawr."),
    ],
    ids=["kind", "size"],
)
async def test_a_picture_that_cannot_be_taken_is_refused_in_the_language_of_the_page(
    house: House, document: bytes, english: str, welsh: str
) -> None:
    await house.given(*KNOWN, ASKED)
    family = await house.client("FA")
    for query, words in (("", english), ("?lang=cy", welsh)):
        answer = await family.post(
            f"/my-details/identity{query}", data=PAPER, files=pictures(document=document)
        )
        assert answer.status_code == 422
        assert words in answer.text


async def test_a_selfie_is_not_asked_for_from_whoever_did_not_agree(house: House) -> None:
    await house.given(*KNOWN, ASKED)
    family = await house.client("FA")
    assert 'name="selfie"' not in (await family.get("/my-details/identity")).text
    files = pictures(document=JPEG + b"a face", selfie=JPEG + b"a face")
    answer = await family.post("/my-details/identity", data=PAPER, files=files)
    assert answer.status_code == 409
    assert "Agree to the comparison of faces first." in answer.text


async def test_whichever_of_the_two_pictures_is_not_taken_is_named(house: House) -> None:
    await house.given(*KNOWN, AGREED, ASKED)
    family = await house.client("FA")
    files = pictures(document=JPEG + b"a face", selfie=JPEG + b"a wall")
    answer = await family.post("/my-details/identity", data=PAPER, files=files)
    assert answer.status_code == 422
    assert 'href="#selfie">There is no face in this photograph.' in answer.text
    assert "Choose the pictures again" in answer.text
    waiting = fact(IdentityEvidenceSubmitted)
    await house.given(waiting)
    answer = await family.post("/my-details/identity", data=PAPER, files=pictures(document=JPEG))
    assert answer.status_code == 409
    assert "The prison is still looking at the document that was handed in before." in answer.text


# The face


async def test_consent_is_given_a_photograph_sent_and_consent_withdrawn(house: House) -> None:
    await house.given(*KNOWN)
    family = await house.client("FA")
    first = (await family.get("/my-details/face")).text
    assert "You get as many calls, and calls as long, as everybody else." in first
    assert 'name="photograph"' not in first
    unticked = await family.post("/my-details/face/consent")
    assert (unticked.status_code, await house.events(BiometricConsentGiven)) == (422, [])
    assert "Tick the box if you agree." in unticked.text
    page = await shown(family, await family.post("/my-details/face/consent", data={"agree": "true"}))
    assert "Your photograph is still missing." in page
    (given,) = await house.events(BiometricConsentGiven)
    assert given.alternative_offered
    files = pictures(photograph=b"a face")
    page = await shown(family, await family.post("/my-details/face/photograph", files=files))
    assert "your photograph is in place" in page
    page = await shown(family, await family.post("/my-details/face/withdraw"))
    assert "Staff check you at your calls." in page
    assert len(await house.events(BiometricConsentWithdrawn)) == 1
    (retired,) = await house.events(FaceTemplateRetired)
    assert retired.because is RetiredBecause.CONSENT_WITHDRAWN


async def test_a_photograph_is_refused_in_words_and_none_is_asked_for_in_its_place(house: House) -> None:
    await house.given(*KNOWN, AGREED)
    family = await house.client("FA")
    none = await family.post("/my-details/face/photograph")
    assert "Choose a photograph of your face." in none.text
    wall = await family.post("/my-details/face/photograph?lang=cy", files=pictures(photograph=b"a wall"))
    assert (wall.status_code, "Nid oes wyneb yn y llun hwn." in wall.text) == (422, True)
    assert 'href="/my-details/face?lang=en"' in wall.text
    withdrawn = await house.client("FA", person="visitor-9")
    unknown = await withdrawn.post("/my-details/face/consent", data={"agree": "true"})
    assert (unknown.status_code, "Open your account first" in unknown.text) == (404, True)


async def test_a_new_photograph_takes_the_place_of_the_old_and_one_is_removed(house: House) -> None:
    await house.given(*KNOWN, AGREED, ENROLLED, fact(ReenrolmentAsked, -50))
    family = await house.client("FA")
    assert "Please send a new photograph." in (await family.get("/my-details/face")).text
    await family.post("/my-details/face/photograph", files=pictures(photograph=b"a face"))
    newest = (await house.events(FaceTemplateEnrolled))[-1].template
    page = (await family.get("/my-details/face")).text
    assert page.count('name="template"') == 1
    assert "You agreed to the comparison of faces. Your photograph is still missing." in await shown(
        family, await family.post("/my-details/face/remove", data={"template": newest})
    )
    reasons = [one.because for one in await house.events(FaceTemplateRetired)]
    assert reasons == [RetiredBecause.REPLACED, RetiredBecause.ASKED]
    assert (await family.post("/my-details/face/remove", data={"template": "mine"})).status_code == 422


async def test_a_person_in_prison_chooses_to_be_checked_by_staff(house: House) -> None:
    await house.given(BOOKED[0], BOOKED[1], fact(FaceTemplateEnrolled))
    held = await house.client("PR")
    page = (await held.get("/my-details/face")).text
    assert "The prison compares your face with the photograph it has of you." in page
    page = await shown(held, await held.post("/my-details/face/without"))
    assert "Staff check you at your calls." in page
    assert "/my-details/face/without" not in page
    (chosen,) = await house.events(NonBiometricRouteChosen)
    assert (chosen.person, chosen.chosen_by) == (PRISONER, PRISONER)


# Whom one calls


async def test_somebody_is_looked_up_asked_for_and_the_answers_are_shown(house: House) -> None:
    await house.given(*KNOWN)
    prisoner = await held(house)
    family = await house.client("FA")
    assert "You have not asked to call anybody yet." in (await family.get("/my-details/links")).text
    page = await shown(family, await family.post("/my-details/links", data=WISH))
    assert "Sean Planted, MDI" in page
    assert "Patrick" not in page
    assert "The prison has your request and will decide." in page
    (requested,) = await house.events(VisitorLinkRequested)
    assert (requested.prisoner, requested.booker, requested.relation) == (prisoner, VISITOR, "sibling")
    rejected = fact(
        VisitorLinkRejected, prisoner=prisoner, because="details_differ", words="Please spell it as before"
    )
    for change, words in (
        (rejected, "Something is not as the prison has it."),
        (rejected, "Please spell it as before"),
        (fact(RelationshipApproved, prisoner=prisoner, booker=(VISITOR,)), "You can ask for calls."),
        (fact(VisitorUnapproved, prisoner=prisoner, booker=(VISITOR,)), "No longer approved"),
    ):
        await house.given(change)
        assert words in (await family.get("/my-details/links")).text, words


async def test_looking_up_and_reading_names_of_people_in_prison_are_on_record(house: House) -> None:
    await house.given(*KNOWN)
    prisoner = await held(house)
    family = await house.client("FA")
    await shown(family, await family.post("/my-details/links", data=WISH))
    assert [(view.what, view.viewed, view.prison) for view in await house.events(RecordViewed)] == [
        (Viewed.PRISONER, f"prisoner:{prisoner}", PRISON),
        (Viewed.IDENTITY, f"links:{VISITOR}", PRISON),
    ]


@pytest.mark.parametrize(
    ("wrong", "place", "english", "welsh"),
    [
        ({"last_name": "Smyth"}, "last_name", "The name is not as", "Nid yw’r enw fel y mae gan y carchar."),
        ({"born_day": "6"}, "date_of_birth", "The date of birth is not as", "Nid yw’r dyddiad geni fel"),
        (
            {"prison": "LEI"},
            "prison",
            "This person is not held in this",
            "Nid yw’r person hwn yn cael ei gadw",
        ),
        ({"prisoner_number": "A9999ZZ"}, "prisoner_number", "We cannot find a person", "Ni allwn ddod o hyd"),
        ({"relation": ""}, "relation", "Choose one of these.", "Dewiswch un o’r rhain."),
        ({"born_year": "71"}, "date_of_birth", "Enter a date of birth", "Rhowch ddyddiad geni"),
    ],
)
async def test_what_is_wrong_is_said_beside_it_in_both_languages_and_what_was_typed_is_kept(
    house: House, wrong: dict[str, str], place: str, english: str, welsh: str
) -> None:
    await house.given(*KNOWN)
    await held(house)
    family = await house.client("FA")
    for query, words in (("", english), ("?lang=cy", welsh)):
        answer = await family.post(f"/my-details/links{query}", data=WISH | wrong)
        assert answer.status_code in {404, 422}
        assert f'href="#{place}">{words}' in answer.text
        assert 'value="Sean"' in answer.text
    assert not await house.events(VisitorLinkRequested)


async def test_the_seventh_request_is_refused_in_words(house: House) -> None:
    six = [fact(VisitorLinkRequested, -100, prisoner=f"other-{n}", prison="LEI") for n in range(6)]
    await house.given(*KNOWN, *six)
    await held(house)
    answer = await (await house.client("FA")).post("/my-details/links?lang=cy", data=WISH)
    assert answer.status_code == 409
    assert "Gofynnwch eto pan fydd wedi ateb un." in answer.text


# People for whom somebody answers


async def test_a_child_is_added_vouched_for_and_asked_for(house: House) -> None:
    await house.given(*KNOWN)
    await held(house)
    family = await house.client("FA")
    born = {"born_day": "30", "born_month": "8", "born_year": "2019"}
    page = await shown(family, await family.post("/my-details/people", data=born | {"name": "Tim Planted"}))
    (added,) = await house.events(ParticipantAdded)
    assert "Answer for Tim Planted" in page
    place = f"/my-details/people/{added.person}/guardian"
    unsaid = await family.post(place)
    assert f'href="#relation-{added.person}">Choose one of these.' in unsaid.text
    page = await shown(family, await family.post(place, data={"relation": "parent"}))
    assert "No document is needed" in page
    assert "Answer for Tim Planted" not in page
    (vouched,) = await house.events(GuardianVouchedForChild)
    assert (vouched.person, vouched.guardian) == (added.person, VISITOR)
    wish = WISH | {"visitor": added.person, "relation": "child"}
    page = await shown(family, await family.post("/my-details/links", data=wish))
    assert "For calls with Tim Planted." in page


async def test_a_booker_hands_in_the_document_of_an_adult_without_an_account(house: House) -> None:
    grown = CHILD.model_copy(
        update={"person": "gran-1", "name": "Ada Planted", "date_of_birth": "1950-01-01"}
    )
    await house.given(*KNOWN, ASKED, grown, fact(ParticipantAdded, -8900, person="gran-1"))
    family = await house.client("FA")
    people = (await family.get("/my-details/people")).text
    assert "Answer for Ada Planted" not in people
    assert "/my-details/people/gran-1/identity" in people
    place = "/my-details/people/gran-1/identity"
    page = (await family.get(place)).text
    assert "Document of Ada Planted" in page
    assert 'name="selfie"' not in page
    await shown(family, await family.post(place, data=PAPER, files=pictures(document=JPEG + b"a face")))
    (given,) = await house.events(IdentityEvidenceSubmitted)
    assert (given.person, given.submitted_by) == ("gran-1", VISITOR)
    refused = await family.post("/my-details/people/gran-1/guardian?lang=cy", data={"relation": "other"})
    assert refused.status_code == 409
    assert "Mae’r person hwn yn oedolyn" in refused.text


async def test_that_a_booker_reads_of_others_is_on_record(house: House) -> None:
    await house.given(*KNOWN, CHILD, ADDED)
    await (await house.client("FA")).get("/my-details/people")
    (view,) = await house.events(RecordViewed)
    assert (view.what, view.viewed, view.viewed_by) == (Viewed.PEOPLE, f"participants:{VISITOR}", VISITOR)


# Welsh


def test_whatever_the_rules_may_say_on_these_pages_is_there_in_both_languages() -> None:
    names = ("person.py", *(f"{name}/decisions.py" for name in ("enrolment", "identity", "relationship")))
    sources = [(DOMAIN / name).read_text() for name in names]
    rules = {rule for source in sources for rule in re.findall(r'Refused\([^)]*"([a-z_]+)",?\s*\)', source)}
    assert {"evidence_waiting", "link_requests_max", "participants_max", "too_young"} <= rules
    for language in Language:
        assert {f"refused.{rule}" for rule in rules - SAID_TO_STAFF} <= texts.keys(language)


def test_what_is_wrong_with_a_photograph_is_still_said_in_the_words_by_which_a_page_knows_it() -> None:
    root = DOMAIN.parent
    said = "".join(
        (root / name).read_text() for name in ("api/pictures.py", "infrastructure/moderation/enrol.py")
    )
    assert [part for part in PHOTOGRAPHS if part not in said] == []


async def test_every_page_is_there_in_welsh_and_stays_in_welsh(house: House) -> None:
    rejected = fact(IdentityRejected)
    await house.given(*KNOWN, AGREED, ASKED, fact(IdentityEvidenceSubmitted), rejected, CHILD, ADDED)
    family = await house.client("FA")
    for path, words in (
        ("", "Eich manylion"),
        ("/identity", "Anfonodd y carchar y ddogfen yn ôl."),
        ("/face", "Nid oes rhaid i neb gytuno"),
        ("/links", "Gyda’r carchar"),
        ("/people", "Bod yn gyfrifol am Tim Planted"),
        ("/people/child-1/identity", "Dogfen Tim Planted"),
    ):
        page = (await family.get(f"/my-details{path}?lang=cy")).text
        assert words in page, path
        assert '<html lang="cy"' in page
        assert "?lang=cy" in page
    answer = await family.post("/my-details/face/withdraw?lang=cy")
    assert answer.headers["location"] == "/my-details/face?lang=cy"
