"""How much one person may ask for; and that nothing which closes a call is ever told to wait."""

import httpx
import pytest

from api import limits
from api.errors import TooMany
from api.limits import HOLDERS_MAX, Kind, Limiter, Rate, Rates
from domain.clearance import Side
from tests.api.conftest import LIVE
from tests.facts import CALL, PRISON
from tests.house import House

FEW = Rates(Rate(1, 5), Rate(2, 4), Rate(0.5, 2), Rate(20, 30), Rate(0.1, 3))


class Ticks:
    """Seconds, as the test sets them."""

    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now


def _limited(house: House) -> Ticks:
    ticks = Ticks()
    house.app.state.limiter = Limiter(FEW, ticks)
    return ticks


async def _statuses(client: httpx.AsyncClient, path: str, times: int) -> list[int]:
    return [(await client.get(path)).status_code for _ in range(times)]


def test_a_bucket_gives_what_it_holds_and_fills_up_steadily() -> None:
    ticks = Ticks()
    limiter = Limiter(FEW, ticks)
    for _ in range(4):
        limiter.take("somebody", Kind.READING)
    with pytest.raises(TooMany) as too_many:
        limiter.take("somebody", Kind.READING)
    assert too_many.value.wait_s == pytest.approx(0.5)
    ticks.now += 0.5
    limiter.take("somebody", Kind.READING)
    ticks.now += 3600
    for _ in range(4):
        limiter.take("somebody", Kind.READING)
    with pytest.raises(TooMany):
        limiter.take("somebody", Kind.READING)


def test_nobody_is_held_up_by_somebody_else_nor_by_what_they_did_otherwise() -> None:
    limiter = Limiter(FEW, Ticks())
    for _ in range(4):
        limiter.take("somebody", Kind.READING)
    limiter.take("somebody", Kind.APPENDING)
    limiter.take("somebody else", Kind.READING)


def test_the_table_of_buckets_has_a_bound_and_keeps_those_used_lately(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    assert HOLDERS_MAX == 10_000
    monkeypatch.setattr(limits, "HOLDERS_MAX", 3)
    limiter = Limiter(FEW, Ticks())
    for _ in range(2):
        limiter.take("busy", Kind.APPENDING)
    for number in range(50):
        limiter.take(f"address:{number}", Kind.READING)
        with pytest.raises(TooMany):  # though others come and go, who is busy is not forgotten
            limiter.take("busy", Kind.APPENDING)


def test_the_usual_rates_let_a_person_work_and_a_wall_be_shown() -> None:
    usual = Rates()
    assert (usual.reading.per_s, usual.appending.per_s, usual.signing_in.burst) == (20, 5, 10)
    stills_a_second = 2 * 100  # both sides of a hundred calls
    assert usual.watching.per_s >= stills_a_second


@pytest.mark.postgres
async def test_whoever_asks_too_much_is_told_when_to_come_back(house: House) -> None:
    await house.given(*LIVE)
    ticks = _limited(house)
    officer = await house.client("LM")
    wall = f"/v1/prisons/{PRISON}/wall"
    assert await _statuses(officer, wall, 5) == [200, 200, 200, 200, 429]
    refused = await officer.get(wall)
    assert refused.headers["content-type"] == "application/problem+json"
    assert (refused.json()["errorCode"], refused.headers["retry-after"]) == ("too_many_requests", "1")
    ticks.now += 1
    assert await _statuses(officer, wall, 3) == [200, 200, 429]


@pytest.mark.postgres
async def test_each_sign_in_has_a_bucket_of_its_own_and_strangers_share_one_by_address(house: House) -> None:
    await house.given(*LIVE)
    _limited(house)
    wall = f"/v1/prisons/{PRISON}/wall"
    first, second = await house.client("LM"), await house.client("SG")
    stranger, liar = await house.client(), await house.client()
    liar.cookies.set("kin", "a-token-that-nobody-has-ever-been-given-by-us")
    assert await _statuses(stranger, wall, 3) == [401, 401, 401]
    assert await _statuses(liar, wall, 2) == [401, 429]
    assert await _statuses(first, wall, 5) == [200, 200, 200, 200, 429]
    assert await _statuses(second, wall, 1) == [200]


@pytest.mark.postgres
async def test_appending_has_a_limit_of_its_own(house: House) -> None:
    await house.given(*LIVE)
    _limited(house)
    officer = await house.client("LM")
    joined = [(await officer.post(f"/v1/calls/{CALL}/monitor")).status_code for _ in range(3)]
    assert joined == [200, 200, 429]
    assert await _statuses(officer, f"/v1/prisons/{PRISON}/wall", 1) == [200]


@pytest.mark.postgres
async def test_stills_of_a_whole_wall_take_nothing_from_what_an_officer_reads(house: House) -> None:
    await house.given(*LIVE)
    _limited(house)
    officer = await house.client("LM")
    assert await _statuses(officer, f"/v1/calls/{CALL}/stills/visitor", 20) == [200] * 20
    assert await _statuses(officer, f"/v1/prisons/{PRISON}/wall", 1) == [200]


@pytest.mark.postgres
async def test_whoever_closes_a_call_is_never_told_to_wait(house: House) -> None:
    await house.given(*LIVE)
    _limited(house)
    officer, visitor = await house.client("LM"), await house.seated(Side.VISITOR)
    await _statuses(officer, f"/v1/prisons/{PRISON}/wall", 5)
    for _ in range(3):
        await officer.post(f"/v1/calls/{CALL}/monitor")
        await visitor.post(f"/v1/calls/{CALL}/seats/visitor/help")
    pauses = [
        (await officer.post(f"/v1/calls/{CALL}/pause", json={"reason": "A child cries"})).status_code
        for _ in range(30)
    ]
    assert pauses == [202] * 30
    left = [(await visitor.post(f"/v1/calls/{CALL}/seats/visitor/leave")).status_code for _ in range(30)]
    assert left == [204] * 30
    ends = [
        (await officer.post(f"/v1/calls/{CALL}/end", json={"reason": "Threats"})).status_code
        for _ in range(30)
    ]
    assert ends == [200] * 30
    assert (await officer.post("/sign-out")).status_code == 303


@pytest.mark.postgres
async def test_attempts_to_take_a_seat_are_counted_when_they_fail_and_not_when_they_succeed(
    house: House,
) -> None:
    await house.given(*LIVE)
    ticks = Ticks()
    house.app.state.limiter = Limiter(Rates(signing_in=Rate(10 / 60, 3)), ticks)
    officer = await house.client("LM")
    made = await officer.post(f"/v1/calls/{CALL}/seats/visitor/link", json={"person": "visitor-1"})
    token = made.json()["path"].partition("#")[2]
    phone, guesser = await house.client(), await house.client()
    for _ in range(10):
        assert (await phone.post("/v1/seats", json={"token": token})).status_code == 200
    wrong = {"token": "x" * 40}
    assert [(await guesser.post("/v1/seats", json=wrong)).status_code for _ in range(4)] == [401] * 3 + [429]
    ticks.now += 6
    assert [(await guesser.post("/v1/seats", json=wrong)).status_code for _ in range(2)] == [401, 429]


@pytest.mark.postgres
async def test_pages_for_anybody_have_a_limit_by_address(house: House) -> None:
    ticks = _limited(house)
    browser = house.browser()
    assert await _statuses(browser, "/", 6) == [200] * 5 + [429]
    ticks.now += 1
    assert await _statuses(browser, "/", 2) == [200, 429]


@pytest.mark.postgres
async def test_a_machine_that_asks_whether_we_are_well_is_never_refused(house: House) -> None:
    _limited(house)
    probe = house.browser()
    assert await _statuses(probe, "/health/liveness", 30) == [200] * 30
