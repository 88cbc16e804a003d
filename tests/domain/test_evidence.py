"""Evidence is held while a concern is open and to the last day of its hold; whatever weeds asks first."""

from datetime import date, timedelta

from hypothesis import given as every
from hypothesis import strategies

from domain import evidence
from domain.appeal import AppealDecided, AppealLodged
from domain.concern import ConcernClosed, ConcernRaised
from domain.evidence import EvidenceHeld, HoldEvidence, held
from domain.stream import ObservationsSealed
from tests.asked import ask
from tests.facts import OFFICER, fact
from tests.scenario import given

LAST = date(2027, 2, 21)
DAY = timedelta(days=1)
sealed = fact(ObservationsSealed, 60, digests=("block-1",))
later = fact(ObservationsSealed, 120, digests=("block-2",))
raised = fact(ConcernRaised, 70)
hold = fact(EvidenceHeld, 70)
closed = fact(ConcernClosed, 300)
LONGER = {"held_by": OFFICER, "reason": "The police asked for it", "review_by": LAST + 30 * DAY}


def test_what_was_recorded_when_a_concern_is_raised_is_held() -> None:
    given(evidence, sealed, raised).when(ask(HoldEvidence, 70)).then(hold)


def test_the_rule_holds_once_for_each_concern() -> None:
    given(evidence, sealed, raised, hold).when(ask(HoldEvidence, 80)).then_nothing()
    second = fact(ConcernRaised, 90, concern="concern-2")
    asked = ask(HoldEvidence, 90, concern="concern-2")
    given(evidence, sealed, raised, hold, second).when(asked).then(
        fact(EvidenceHeld, 90, concern="concern-2")
    )


def test_nothing_is_held_for_a_concern_that_nobody_raised() -> None:
    given(evidence, sealed).when(ask(HoldEvidence)).then_refused("concern_unknown")


def test_staff_keep_it_longer_with_a_reason_and_never_shorter() -> None:
    given(evidence, sealed, raised, hold).when(ask(HoldEvidence, 80, **LONGER)).then(
        fact(EvidenceHeld, 80, **LONGER)
    )
    for wrong, rule in (({"reason": " "}, "reason_missing"), ({"review_by": LAST}, "hold_shortened")):
        given(evidence, sealed, raised, hold).when(ask(HoldEvidence, **LONGER | wrong)).then_refused(rule)
    past = ask(HoldEvidence, **LONGER | {"review_by": date(2026, 11, 23)})
    given(evidence, sealed, raised).when(past).then_refused("hold_shortened")


def test_what_is_recorded_after_the_hold_began_is_held_too() -> None:
    assert held([sealed, raised, hold, later], LAST) == {"block-1", "block-2"}


def test_a_hold_ends_after_its_last_day_and_never_while_its_concern_is_open() -> None:
    assert held([sealed, raised, hold], LAST + 1000 * DAY) == {"block-1"}
    assert held([sealed, raised, hold, closed], LAST) == {"block-1"}
    assert held([sealed, raised, hold, closed], LAST + DAY) == frozenset()
    assert held([sealed], LAST) == frozenset()


def test_what_an_open_appeal_is_about_is_kept_for_its_reviewer() -> None:
    lodged, decided = fact(AppealLodged, 400), fact(AppealDecided, 500)
    assert held([sealed, lodged], LAST) == {"block-1"}
    assert held([sealed, lodged, decided], LAST) == frozenset()


@every(days=strategies.integers(-400, 400), other=strategies.integers(-400, 400))
def test_of_two_holds_the_longer_counts(days: int, other: int) -> None:
    holds = [
        fact(EvidenceHeld, 70, review_by=LAST + days * DAY),
        fact(EvidenceHeld, 71, concern="concern-2", review_by=LAST + other * DAY),
    ]
    kept = held([sealed, *holds], LAST)
    assert bool(kept) == (max(days, other) >= 0)
