"""Pages before a real browser: live without losing focus, usable without scripts, silent in the console."""

from datetime import timedelta
from pathlib import Path

import cv2
import numpy as np
import pytest
from playwright.async_api import FilePayload, Page, expect

from domain.allowance import CallAllowanceGranted
from domain.appeal import AppealAssigned, AppealDecided, AppealLodged
from domain.barring.events import BarredFaceApproved, BarredFaceProposed
from domain.booking.events import BookingRuleOverridden, CallBooked, CallRequestRejected
from domain.call.events import CallPaused, CallResumed
from domain.clearance import Side
from domain.concern import ConcernRaised, ConcernReferred
from domain.conduct import SanctionImposed
from domain.enrolment import BiometricConsentGiven
from domain.event import Event, Purpose
from domain.evidence import EvidenceHeld
from domain.evidence_picture import EvidencePictureKept
from domain.flag.events import BookingFlagged, BookingUnflagged
from domain.hint import ClientHintReported
from domain.identity import IdentityEvidenceSubmitted, IdentityRejected
from domain.lifecycle import CallCompleted, CallStarted, CallTerminated
from domain.monitoring.events import MonitoringAsked, MonitoringAuthorised
from domain.relationship import VisitorLinkRequested
from domain.stream import CoachingShown, DetectionObserved, ModerationStarted, SlateShown, StreamFrozen
from domain.violation import ViolationRaised, ViolationReviewed
from domain.waiting_room.events import ParticipantArrived
from tests.api.conftest import BOOKED, CHILD, LIVE, WAITING
from tests.api.test_looking import asked, given
from tests.api.test_my_details import ADDED, ASKED
from tests.browser.browsers import Complaints, accessibility
from tests.browser.conftest import Served
from tests.facts import AUTHORISATION, CALL, NOON, PRISONER, VISITOR, fact

pytestmark = [pytest.mark.postgres, pytest.mark.browser]

AXE = Path(__file__).parent / "vendor" / "axe.min.js"
FOUND = (
    fact(ModerationStarted, 0),
    fact(DetectionObserved, 8),
    fact(StreamFrozen, 8.25),
    fact(ViolationRaised, 9.5),
    fact(CallPaused, 9.5),
    fact(SlateShown, 9.6),
)


async def test_every_page_is_accessible_and_breaks_no_policy(served: Served) -> None:
    concern = (fact(ConcernRaised, 12), fact(EvidenceHeld, 12), fact(ConcernReferred, 13))
    measure = (fact(ViolationReviewed, 20), fact(SanctionImposed, 30))
    await served.house.given(*LIVE, *FOUND, *concern, *measure)
    pages = {
        "LM": (
            "/",
            "/wall",
            f"/calls/{CALL}",
            f"/calls/{CALL}/look?side=visitor",
            f"/calls/{CALL}/take-over?side=visitor",
            f"/calls/{CALL}/monitoring-log",
            "/incidents",
            f"/calls/{CALL}/incidents/violation-1",
            f"/calls/{CALL}/reveal?side=visitor",
            f"/calls/{CALL}/violations/violation-1",
            "/reviews",
            "/handover",
        ),
        "AU": (f"/calls/{CALL}/timeline", f"/calls/{CALL}/replay", "/bookings?day=2026-11-23"),
        "BO": ("/bookings?day=2026-11-23",),
        "SG": (
            "/moderation-quality",
            "/monitoring-coverage",
            "/exposure",
            "/allocations?day=2026-11-23",
            "/retention",
            "/concerns",
            f"/calls/{CALL}/concerns/concern-1",
            f"/calls/{CALL}/concern",
            "/conduct",
            f"/calls/{CALL}/conduct",
        ),
        "FA": (
            "/my-calls",
            f"/calls/{CALL}/again?day=2026-11-23",
            "/my-calls/ask",
            f"/my-calls/ask?prisoner={PRISONER}&visitor={VISITOR}&lang=cy",
        ),
    }
    for role, paths in pages.items():
        page = await (await served.officer(role)).new_page()
        for path in paths:
            await _well(page, path)
    for side in Side:
        page = await (await served.side(side)).new_page()
        await _well(page, "/call?lang=cy")
        await page.click("#join")
        await expect(page.locator("#stage")).to_be_visible()
        assert await accessibility(page, AXE) == []


async def test_what_staff_look_through_before_a_call_is_accessible_and_breaks_no_policy(
    served: Served,
) -> None:
    stopped = fact(BookingFlagged, -4.5 * 86400, call="call-2")
    let = fact(BookingRuleOverridden, -5 * 86400, call="call-4")
    others = [fact(CallBooked, -5 * 86400, call=f"call-{number}") for number in (3, 4)]
    cleared = [fact(BookingFlagged, -4.5 * 86400), fact(BookingUnflagged, -4.4 * 86400)]
    gift = fact(CallAllowanceGranted, -4 * 86400)
    paper = await served.house.services.vault.put(VISITOR, Purpose.IDENTITY, "document", _picture())
    shown = fact(IdentityEvidenceSubmitted, -5 * 86400, document=paper, selfie=paper)
    waiting = [fact(VisitorLinkRequested, -5 * 86400), shown]
    watched: list[Event] = [fact(MonitoringAsked, -5 * 86400), fact(MonitoringAuthorised, -4 * 86400)]
    watched.append(fact(MonitoringAsked, -4 * 86400, authorisation="authorisation-2"))
    watched += [fact(BarredFaceProposed, -5 * 86400), fact(BarredFaceApproved, -4 * 86400)]
    watched.append(fact(BarredFaceProposed, -4 * 86400, barred="barred-2"))
    await given(
        served.house, asked(), asked("call-2", 5), stopped, let, *others, *cleared, gift, *waiting, *watched
    )
    pages = {
        "SG": (
            "/",
            "/requests",
            "/flags",
            "/monitoring",
            f"/monitoring/{AUTHORISATION}",
            "/monitoring/authorisation-2",
            "/overbooking",
            "/people",
            f"/people/{VISITOR}",
            f"/people/{PRISONER}",
            "/bookings?day=2026-11-23",
            "/schedule?day=2026-11-23&names=true",
            f"/allowances/{PRISONER}",
            "/calls/call-4/history",
        ),
        "GO": ("/monitoring", f"/monitoring/{AUTHORISATION}", "/monitoring/authorisation-2", "/barred"),
        "PR": ("/", "/my-calls?lang=cy", f"/allowances/{PRISONER}?lang=cy"),
    }
    for role, paths in pages.items():
        page = await (await served.officer(role)).new_page()
        for path in paths:
            await _well(page, path)
        await page.set_viewport_size({"width": 360, "height": 740})
        for path in paths:
            await _well(page, path)
            assert await page.evaluate("document.documentElement.scrollWidth") <= 360, path


async def test_the_pages_of_a_familys_details_are_accessible_in_both_languages(served: Served) -> None:
    sent_back = (fact(IdentityEvidenceSubmitted, -7000), fact(IdentityRejected, -6000))
    await served.house.given(*BOOKED, fact(BiometricConsentGiven), ASKED, *sent_back, CHILD, ADDED)
    stranger = await served.officer("FA", "visitor-5")
    pages = {
        "FA": ("", "/identity", "/face", "/links", "/people", "/people/child-1/identity"),
        "PR": ("/face",),
    }
    for role, paths in pages.items():
        page = await (await served.officer(role)).new_page()
        for width, language in ((1280, "en"), (375, "cy")):
            await page.set_viewport_size({"width": width, "height": 740})
            for path in paths:
                await _well(page, f"/my-details{path}?lang={language}")
                assert await page.evaluate("document.documentElement.scrollWidth") <= width, path
    await _well(await stranger.new_page(), "/my-details")


async def test_the_pages_of_an_appeal_are_accessible_in_both_languages_and_on_a_phone(served: Served) -> None:
    ended = fact(CallTerminated, 600)
    measure = (fact(ViolationRaised, 9), fact(ViolationReviewed, 20), fact(SanctionImposed, 650))
    answered = (fact(AppealLodged, 700), fact(AppealAssigned, 710), fact(AppealDecided, 720))
    waits = fact(AppealLodged, 730, appeal="appeal-2", lodged_by=PRISONER)
    await served.house.given(*LIVE, ended, *measure, *answered, waits)
    one = f"/calls/{CALL}/appeals/appeal-2"
    pages = {
        "FA": ("/my-appeals", f"/calls/{CALL}/appeal", f"/calls/{CALL}/receipt"),
        "PR": ("/my-appeals", f"/calls/{CALL}/appeal"),
        "GO": ("/appeals", one, f"/calls/{CALL}/appeals/appeal-1", "/conduct", f"/calls/{CALL}/conduct"),
    }
    for role, paths in pages.items():
        page = await (await served.officer(role)).new_page()
        for width, language in ((1280, "en"), (375, "cy")):
            await page.set_viewport_size({"width": width, "height": 740})
            for path in paths:
                await _well(page, f"{path}?lang={language}")
                assert await page.evaluate("document.documentElement.scrollWidth") <= width, path
    page = await _without_scripts(served, "GO")
    await page.goto(one)
    await page.get_by_role("button", name="Take this appeal").click()
    await page.get_by_label("It stays as it is", exact=True).check()
    await page.get_by_label("Your reasons.").fill("Two people were seen")
    await page.get_by_role("button", name="Put the answer on record").click()
    await expect(page.locator("main")).to_contain_text("Two people were seen")
    family = await (await served.officer("FA")).new_page()
    await family.goto(f"/calls/{CALL}/appeal?lang=cy")
    await family.get_by_role("button", name="Anfon").click()
    await expect(family.locator(".govuk-error-summary")).to_be_focused()
    assert await accessibility(family, AXE) == []


async def test_a_form_that_was_refused_is_accessible_too(served: Served) -> None:
    await served.house.given(*BOOKED, fact(BiometricConsentGiven), CHILD, ADDED)
    page = await (await served.officer("FA")).new_page()
    for path, button in (
        ("identity", "Cyflwyno’r ddogfen"),
        ("face", "Anfon y llun"),
        ("links", "Gofyn i’r carchar"),
        ("people", "Ychwanegu"),
    ):
        await page.goto(f"/my-details/{path}?lang=cy")
        await page.get_by_role("button", name=button, exact=True).click()
        await expect(page.locator(".govuk-error-summary")).to_be_focused()
        assert await accessibility(page, AXE) == [], path
        for link in await page.locator(".govuk-error-summary a").all():
            await expect(page.locator(str(await link.get_attribute("href")))).to_have_count(1)


async def test_a_document_is_handed_in_without_scripts(served: Served) -> None:
    await served.house.given(*BOOKED, ASKED)
    page = await _without_scripts(served, "FA")
    await page.goto("/my-details/identity")
    await page.get_by_label("Passport").check()
    paper = FilePayload(name="passport.png", mimeType="image/png", buffer=_picture())
    await page.get_by_label("Photograph of the document").set_input_files(paper)
    await page.get_by_role("button", name="Hand in the document").click()
    await expect(page.locator("main")).to_contain_text("The prison is looking at the document.")
    assert len(await served.house.events(IdentityEvidenceSubmitted)) == 1


async def test_a_large_photograph_of_a_phone_is_made_smaller_before_it_is_sent(served: Served) -> None:
    await served.house.given(*BOOKED, ASKED)
    page = await (await served.officer("FA")).new_page()
    await page.goto("/my-details/identity")
    await page.get_by_label("Passport").check()
    paper = FilePayload(name="passport.png", mimeType="image/png", buffer=_noise())
    await page.get_by_label("Photograph of the document").set_input_files(paper)
    await expect(page.get_by_role("button", name="Hand in the document")).to_be_enabled()
    await page.wait_for_function("document.getElementById('document').files[0].type === 'image/jpeg'")
    await page.get_by_role("button", name="Hand in the document").click()
    await expect(page.locator("main")).to_contain_text("The prison is looking at the document.")
    (given,) = await served.house.events(IdentityEvidenceSubmitted)
    kept = await served.house.services.vault.get(given.document)
    sheet = cv2.imdecode(np.frombuffer(kept or b"", np.uint8), cv2.IMREAD_COLOR)
    assert sheet is not None
    assert max(sheet.shape) == 2400


async def test_a_request_is_rejected_and_another_approved_without_scripts(served: Served) -> None:
    await given(served.house, asked(), asked("call-2", 5))
    page = await _without_scripts(served, "AP")
    await page.goto("/requests")
    first = page.locator(f"#request-{CALL}")
    await first.locator("summary").click()
    await first.get_by_label("The timetable does not allow it").check()
    await first.get_by_label("What should whoever asked be told?").fill("The room is being painted")
    await first.get_by_role("button", name="Reject the request").click()
    await expect(page.locator(f"#request-{CALL}")).to_have_count(0)
    await page.locator("#request-call-2").get_by_role("button", name="Approve").click()
    await expect(page.locator("main")).to_contain_text("No request waits for a decision.")
    assert [event.call for event in await served.house.events(CallRequestRejected)] == [CALL]
    assert [event.call for event in await served.house.events(CallBooked)] == ["call-2"]


async def test_a_flag_is_cleared_without_scripts_and_the_page_says_how(served: Served) -> None:
    await given(served.house, asked(), fact(BookingFlagged, -4.5 * 86400))
    page = await _without_scripts(served, "SG")
    await page.goto("/flags")
    flag = page.locator(f"#flags-{CALL}")
    await flag.locator("summary").click()
    await flag.get_by_label("Seen: the call is held as it is").check()
    await flag.get_by_label("What did you find? This goes on record.").fill("Both were asked")
    await flag.get_by_role("button", name="Clear the flag").click()
    await expect(page.locator("main")).to_contain_text("No flag is open.")
    await expect(page.locator("main")).to_contain_text("Seen: the call is held as it is, by a person")


async def test_a_printed_schedule_holds_the_day_and_nothing_around_it(served: Served) -> None:
    await given(served.house, asked())
    page = await (await served.officer("BO")).new_page()
    await page.goto("/schedule?day=2026-11-23")
    await expect(page.get_by_text("Without names")).to_have_count(0)
    await page.emulate_media(media="print")
    for around in (".govuk-template__header", ".kin-footer", ".kin-no-print"):
        await expect(page.locator(around)).to_be_hidden()
    await expect(page.locator("h1")).to_have_text("MDI, Monday 23 November 2026")
    await expect(page.locator("table")).to_contain_text("Waiting for the prison to decide")


def _picture() -> bytes:
    sheet = np.full((60, 90, 3), 200, np.uint8)
    return bytes(cv2.imencode(".png", sheet)[1])


def _noise() -> bytes:
    """A picture of more than four mebibytes, without chance: no two pixels beside each other are alike."""
    squares = np.arange(3000 * 1200 * 3, dtype=np.uint64) ** 2 % 251
    png = bytes(cv2.imencode(".png", squares.astype(np.uint8).reshape(1200, 3000, 3))[1])
    assert len(png) > 4 * 1024 * 1024
    return png


async def _without_scripts(served: Served, role: str) -> Page:
    token = await served.house.token(role)
    window = await served.browser.new_context(base_url=served.address, java_script_enabled=False)
    await window.add_cookies([{"name": "kin", "value": token, "url": served.address}])
    return await window.new_page()


async def _well(page: Page, path: str) -> None:
    complaints = Complaints(page)
    await page.goto(path)
    assert await accessibility(page, AXE) == [], path
    assert complaints.said == [], path


async def test_the_wall_shows_a_pause_at_once_and_keeps_the_focus(served: Served) -> None:
    await served.house.given(*LIVE)
    page = await (await served.officer()).new_page()
    await page.goto("/wall")
    tile = page.locator(f"#tile-{CALL}")
    await expect(tile).to_contain_text("Live")
    link = page.locator(f'[data-act="open-{CALL}"]')
    await link.focus()
    await served.house.given(*FOUND)
    await expect(tile).to_contain_text("Paused")
    await expect(tile).to_contain_text("A face that nobody approved, visitors’ side")
    await expect(link).to_be_focused()
    await expect(page.locator("#said")).to_contain_text("Paused")


async def test_whoever_asks_for_help_stands_first_on_the_wall(served: Served) -> None:
    await served.house.given(*LIVE, *FOUND)
    others = [*BOOKED[-2:], *WAITING[len(BOOKED) :], fact(CallStarted, 0)]
    await served.house.given(*(event.model_copy(update={"call": "call-2"}) for event in others))
    page = await (await served.officer()).new_page()
    await page.goto("/wall")
    first = page.locator(".kin-tile").first
    await expect(first).to_have_attribute("id", f"tile-{CALL}")
    await served.house.given(fact(ConcernRaised, 12, call="call-2"))
    await expect(first).to_have_attribute("id", "tile-call-2")
    await expect(first).to_contain_text("Help was asked for")


async def test_how_long_somebody_is_kept_waiting_grows_and_changes_its_colour_without_any_event(
    served: Served,
) -> None:
    await served.house.given(*WAITING)
    page = await (await served.officer()).new_page()
    await page.clock.install(time=NOON - timedelta(seconds=20))
    await page.goto("/wall")
    tag = page.locator("[data-waits-since]")
    await expect(tag).to_be_hidden()
    await page.clock.fast_forward(30_000)
    await expect(tag).to_have_text("Kept waiting 0 min")
    await page.clock.fast_forward(120_000)
    await expect(tag).to_have_text("Kept waiting 2 min")
    await expect(tag).to_have_class("govuk-tag govuk-tag--yellow")
    await page.clock.fast_forward(180_000)
    await expect(tag).to_have_class("govuk-tag govuk-tag--red")


async def test_a_page_that_hears_nothing_says_so_and_comes_back(served: Served) -> None:
    await served.house.given(*LIVE)
    page = await (await served.officer()).new_page()
    refused = False

    async def events(route: object) -> None:
        nonlocal refused
        refused = True
        await route.fulfill(status=502, body="")  # type: ignore[attr-defined]

    await page.route("**/wall/events", events)
    await page.goto("/wall")
    await expect(page.locator("#stale")).to_contain_text("may be out of date")
    assert refused
    await page.unroute("**/wall/events")
    await expect(page.locator("#stale")).to_be_hidden()
    await served.house.given(*FOUND)
    await expect(page.locator(f"#tile-{CALL}")).to_contain_text("Paused")


async def test_an_officer_resumes_without_scripts_and_with_a_word_on_the_face(served: Served) -> None:
    await served.house.given(*LIVE, *FOUND)
    page = await _without_scripts(served, "LM")
    await page.goto(f"/calls/{CALL}")
    await page.get_by_label("It is gone, or was no face").check()
    await page.get_by_label("Why may it go on?").fill("The neighbour left")
    await page.get_by_role("button", name="Resume the call").click()
    await expect(page.locator(f"#tile-{CALL}")).not_to_contain_text("Paused")
    (resumed,) = await served.house.events(CallResumed)
    assert [(word.side, word.track, word.word) for word in resumed.words] == [(Side.VISITOR, 2, "gone")]


async def test_a_reviewer_sees_the_picture_of_what_was_found_with_a_frame_around_the_face(
    served: Served,
) -> None:
    picture = cv2.imencode(".png", np.full((480, 640, 3), 90, np.uint8))[1].tobytes()
    kept = await served.house.services.vault.put(CALL, Purpose.EVIDENCE, "picture", picture)
    await served.house.given(
        *LIVE, *FOUND, fact(EvidencePictureKept, 10, digest=kept), fact(CallCompleted, 1800)
    )
    page = await (await served.officer("LM")).new_page()
    await page.goto("/reviews")
    await page.get_by_role("link", name="A picture is kept").click()
    await page.get_by_label("What do you need it for?").fill("The visitor says that it was a poster")
    await page.get_by_role("button", name="Show me the picture").click()
    image = page.get_by_role("img", name="The visitors’ side, 12.00 s into the call")
    await expect(image).to_have_js_property("naturalWidth", 640)
    shown, frame = await image.bounding_box(), await page.locator(".kin-outline rect").bounding_box()
    assert shown is not None
    assert frame is not None
    scale = shown["width"] / 640  # the frame has a line of 4 of the picture's pixels
    assert frame["x"] - shown["x"] == pytest.approx(200 * scale, abs=4)
    assert frame["y"] - shown["y"] == pytest.approx(80 * scale, abs=4)
    assert await accessibility(page, AXE) == []


async def test_what_an_officer_is_typing_is_kept_when_the_call_changes(served: Served) -> None:
    await served.house.given(*LIVE, *FOUND)
    page = await (await served.officer()).new_page()
    await page.goto(f"/calls/{CALL}")
    await page.get_by_label("Why may it go on?").fill("The neigh")
    await page.get_by_label("It may stay").check()
    await served.house.given(fact(ConcernRaised, 12))
    await expect(page.locator(f"#tile-{CALL}")).to_contain_text("Help was asked for")
    await expect(page.get_by_label("Why may it go on?")).to_have_value("The neigh")
    await expect(page.get_by_label("Why may it go on?")).not_to_be_focused()
    await expect(page.get_by_label("It may stay")).to_be_checked()


async def test_each_side_is_told_what_it_may_know_of_a_pause(served: Served) -> None:
    await served.house.given(*LIVE)
    family = await (await served.side(Side.VISITOR)).new_page()
    prisoner = await (await served.side(Side.PRISONER)).new_page()
    for page in (family, prisoner):
        await page.goto("/call")
        await page.click("#join")
        await expect(page.locator("#slate")).to_be_hidden()
    await served.house.given(*FOUND)
    await expect(family.locator("#slate-text")).to_contain_text("somebody who is not approved")
    await expect(prisoner.locator("#slate-text")).to_contain_text("Nobody has ended it and your time is kept")
    await expect(prisoner.locator("#slate-text")).not_to_contain_text("approved")


async def test_only_the_side_concerned_is_coached(served: Served) -> None:
    await served.house.given(*LIVE)
    family = await (await served.side(Side.VISITOR)).new_page()
    prisoner = await (await served.side(Side.PRISONER)).new_page()
    for page in (family, prisoner):
        await page.goto("/call")
        await page.click("#join")
        await expect(page.locator("#slate")).to_be_hidden()
    await served.house.given(fact(CoachingShown, 10))
    await expect(family.locator("#coach")).to_contain_text("We cannot see anybody")
    await expect(prisoner.locator("#coach")).to_be_hidden()


async def test_asking_for_help_is_on_record_and_said_to_whoever_asked_only(served: Served) -> None:
    await served.house.given(*LIVE)
    page = await (await served.side(Side.VISITOR)).new_page()
    await page.goto("/call")
    await page.click("#join")
    await page.get_by_role("button", name="I need help").click()
    await expect(page.locator("#help-done")).to_be_visible()
    assert len(await served.house.events(ConcernRaised)) == 1


async def test_what_a_device_says_of_itself_is_on_record_and_asked_of_that_person_only(
    served: Served,
) -> None:
    await served.house.given(*LIVE)
    family = await (await served.side(Side.VISITOR)).new_page()
    prisoner = await (await served.side(Side.PRISONER)).new_page()
    for page in (family, prisoner):
        await page.goto("/call")
        await page.click("#join")
        await expect(page.locator("#slate")).to_be_hidden()
    for _ in range(3):
        await family.keyboard.press("PrintScreen")
    await expect(family.locator("#coach")).to_contain_text("do not record the call")
    await expect(prisoner.locator("#coach")).to_be_hidden()
    (hint,) = await served.house.events(ClientHintReported)
    assert (hint.side, hint.trusted) == (Side.VISITOR, False)


async def test_the_browser_offers_one_bundle_and_connects_again_by_a_new_offer(served: Served) -> None:
    await served.house.given(*WAITING)
    page = await (await served.side(Side.VISITOR)).new_page()
    offers: list[str] = []
    page.on(
        "request", lambda request: offers.append(request.post_data or "") if "/offer" in request.url else None
    )
    await page.goto("/call")
    await page.click("#join")
    await expect(page.locator("#stage")).to_be_visible()
    async with page.expect_request("**/offer"):
        pass
    assert "a=group:BUNDLE 0 1" in offers[0]
    assert "VP8" in offers[0]
    assert "a=sendrecv" in offers[0]
    assert len(await served.house.events(ParticipantArrived)) == 2


async def test_every_face_of_a_demonstration_is_covered(served: Served) -> None:
    await served.house.given(*LIVE)
    page = await (await served.side(Side.VISITOR)).new_page()
    await page.goto("/call")
    await page.click("#join")
    for frame in ("#self-picture", "#other-picture"):
        video = page.locator(f"{frame} video")
        assert await video.evaluate("video => getComputedStyle(video).opacity") == "0"
        coarse = page.locator(f"{frame} canvas")
        assert await coarse.evaluate("canvas => [canvas.width, canvas.height]") == [40, 30]
    await expect(page.locator("#self-picture .kin-head")).to_have_count(1)
