"""When a policy holds: published for the future by two, tightened at once by one, looked at by a second."""

from datetime import datetime, timedelta
from typing import Any

import pytest

from domain import policy
from domain.event import Event, Refused
from domain.policy import (
    Policy,
    PolicyPublished,
    PublishPolicy,
    ReviewResult,
    ReviewTightening,
    TighteningReviewed,
    TightenPolicy,
    describe,
    in_effect,
    loosened,
)
from tests.asked import ask
from tests.facts import NOON, fact
from tests.scenario import given

DAY = timedelta(days=1)
TICK = timedelta(microseconds=1)
first = fact(PolicyPublished, -86400)
BY_TWO = {"published_by": "governor-1", "approved_by": "governor-2"}


def document(**sections: Any) -> dict[str, Any]:
    return Policy().merged(sections).document()


stricter = document(booking={"visitors_max": 2})
tightened = fact(PolicyPublished, version=2, document=stricter, review_by=NOON + DAY)
longer = {"booking": {"call_minutes_max": 90}}


def version(number: int, takes_effect: datetime | None, at: float = 0, **rules: Any) -> PolicyPublished:
    return fact(
        PolicyPublished, at, version=number, effective_from=takes_effect, document=document(booking=rules)
    )


# In the future only


@pytest.mark.parametrize(
    "effective_from", [None, NOON - DAY, NOON], ids=["at once", "yesterday", "this moment"]
)
def test_a_change_takes_effect_in_the_future_only(effective_from: datetime | None) -> None:
    asked = ask(PublishPolicy, document=longer, effective_from=effective_from, **BY_TWO)
    given(policy, first).when(asked).then_refused("not_in_future")


def test_a_moment_later_is_the_future() -> None:
    asked = ask(PublishPolicy, document=longer, effective_from=NOON + TICK, **BY_TWO)
    given(policy, first).when(asked).then(
        fact(PolicyPublished, version=2, document=document(**longer), effective_from=NOON + TICK, **BY_TWO)
    )


def test_the_first_policy_holds_at_once_whatever_was_asked() -> None:
    given(policy).when(ask(PublishPolicy, effective_from=NOON + DAY)).then(fact(PolicyPublished))


def test_versions_are_counted() -> None:
    second = version(2, NOON + DAY, visitors_max=3)
    asked = ask(PublishPolicy, document=longer, effective_from=NOON + DAY, **BY_TWO)
    (third,) = given(policy, first, second).when(asked).outcome()
    assert isinstance(third, PolicyPublished)
    assert third.version == 3


def test_the_newest_of_those_that_took_effect_holds() -> None:
    one, two, three = first, version(2, NOON, visitors_max=3), version(3, NOON + DAY, visitors_max=2)
    held = {
        moment: in_effect([one, two, three], moment)
        for moment in (NOON - 2 * DAY, NOON - TICK, NOON, NOON + DAY - TICK, NOON + DAY)
    }
    assert list(held.values()) == [None, one, two, two, three]


def test_a_newer_version_replaces_one_that_has_not_taken_effect() -> None:
    later, sooner = version(2, NOON + 2 * DAY), version(3, NOON + DAY)
    assert in_effect([first, later, sooner], NOON + 3 * DAY) == sooner


@pytest.mark.parametrize(
    ("moment", "before"),
    [
        ("2026-03-29T00:00:00+00:00", "2026-03-28T23:59:59+00:00"),
        ("2026-10-24T23:00:00+00:00", "2026-10-24T22:59:59+00:00"),
        ("2028-02-29T00:00:00+00:00", "2028-02-28T23:59:59+00:00"),
        ("2026-12-01T00:00:00+00:00", "2026-11-30T23:59:59+00:00"),
    ],
    ids=["clock goes on", "clock goes back", "leap day", "month's end"],
)
def test_a_version_holds_from_its_moment_on(moment: str, before: str) -> None:
    old = fact(PolicyPublished, -4000 * 86400)
    new = version(2, datetime.fromisoformat(moment), at=-300 * 86400)
    assert in_effect([old, new], datetime.fromisoformat(before)) == old
    assert in_effect([old, new], datetime.fromisoformat(moment)) == new


def test_what_is_published_already_changes_nothing_also_before_it_holds() -> None:
    waiting = version(2, NOON + DAY, call_minutes_max=90)
    asked = ask(PublishPolicy, document=longer, effective_from=NOON + DAY, **BY_TWO)
    given(policy, first, waiting).when(asked).then_nothing()


# Tightened at once


def test_a_governor_tightens_at_once_and_a_second_person_looks_within_a_day() -> None:
    given(policy, first).when(ask(TightenPolicy)).then(tightened)


def test_a_tightening_rests_on_the_policy_that_holds_now() -> None:
    later = version(2, NOON + DAY, call_minutes_max=30)
    (event,) = given(policy, first, later).when(ask(TightenPolicy)).outcome()
    assert isinstance(event, PolicyPublished)
    assert (event.version, event.document, event.effective_from) == (3, stricter, None)


def test_without_a_policy_there_is_nothing_to_tighten() -> None:
    given(policy).when(ask(TightenPolicy)).then_refused("policy_missing")
    given(policy, version(1, NOON + DAY)).when(ask(TightenPolicy)).then_refused("policy_missing")


@pytest.mark.parametrize("changes", [{}, {"booking": {"visitors_max": 4}}], ids=["nothing", "what is so"])
def test_to_tighten_nothing_changes_nothing(changes: dict[str, Any]) -> None:
    given(policy, first).when(ask(TightenPolicy, changes=changes)).then_nothing()


def test_what_is_not_stricter_is_refused_and_named() -> None:
    mixed = ask(TightenPolicy, changes={"booking": {"visitors_max": 5, "adults_max": 2, "block_minutes": 15}})
    given(policy, first).when(mixed).then_refused("only_tighter")
    with pytest.raises(
        Refused, match=r"This is not stricter: booking\.block_minutes, booking\.visitors_max\.$"
    ):
        given(policy, first).when(mixed).outcome()


@pytest.mark.parametrize("changes", [{"booking": {"visitors": 1}}, {"booking": {"visitors_max": 0}}])
def test_a_tightening_that_nobody_can_follow_is_refused(changes: dict[str, Any]) -> None:
    given(policy, first).when(ask(TightenPolicy, changes=changes)).then_refused("policy_invalid")


DIRECTED = [
    key for key in describe() if isinstance(key.default, int | float) and key.tighter in ("lower", "higher")
]


@pytest.mark.parametrize("key", DIRECTED, ids=lambda key: key.name)
def test_each_number_is_tightened_in_its_own_direction_only(key: Any) -> None:
    before = Policy().document()
    step = 1 if key.tighter == "higher" else -1
    assert loosened(before, moved(before, key.name, step)) == ()
    assert loosened(before, moved(before, key.name, -step)) == (key.name,)


@pytest.mark.parametrize(
    "key",
    [
        key
        for key in describe()
        if key.tighter is None and isinstance(key.default, int) and not isinstance(key.default, bool)
    ],
    ids=lambda key: key.name,
)
def test_a_number_without_a_stricter_side_is_not_tightened(key: Any) -> None:
    before = Policy().document()
    assert loosened(before, moved(before, key.name, 1)) == (key.name,)
    assert loosened(before, moved(before, key.name, -1)) == (key.name,)


def test_a_choice_is_tightened_along_its_list() -> None:
    auto, staff = document(booking={"approval": "auto"}), document()
    assert loosened(auto, staff) == ()
    assert loosened(staff, auto) == ("booking.approval",)


def test_effects_of_restrictions_are_tightened_along_their_list_if_they_have_one() -> None:
    for key in describe():
        if isinstance(key.tighter, list):
            loose, tight = (
                set_at(Policy().document(), key.name, end) for end in (key.tighter[0], key.tighter[-1])
            )
            assert loosened(loose, tight) == ()
            assert loosened(tight, loose) == (key.name,)


def test_two_equal_documents_loosen_nothing() -> None:
    assert loosened(Policy().document(), Policy().document()) == ()


def test_every_key_that_is_not_stricter_is_named_in_order() -> None:
    loose = document(booking={"visitors_max": 5, "notice_days_min": 1, "adults_max": 2})
    assert loosened(Policy().document(), loose) == ("booking.notice_days_min", "booking.visitors_max")


def moved(before: dict[str, Any], name: str, step: int) -> dict[str, Any]:
    value: Any = before
    for part in name.split("."):
        value = value[part]
    return set_at(before, name, value + step)


def set_at(before: dict[str, Any], name: str, value: Any) -> dict[str, Any]:
    head, _, rest = name.partition(".")
    return {**before, head: set_at(before[head], rest, value) if rest else value}


# Looked at by a second person

upheld = fact(TighteningReviewed)
withdrawn = fact(TighteningReviewed, result=ReviewResult.WITHDRAWN)
to_withdraw = ask(ReviewTightening, result=ReviewResult.WITHDRAWN)


def test_a_tightening_is_upheld() -> None:
    given(policy, first, tightened).when(ask(ReviewTightening)).then(upheld)


def test_when_it_is_withdrawn_the_policy_before_holds_at_once() -> None:
    back = fact(PolicyPublished, version=3, approved_by="governor-2")
    given(policy, first, tightened).when(to_withdraw).then(withdrawn, back)
    assert in_effect([first, tightened, back], NOON) == back


def test_nobody_reviews_their_own_tightening() -> None:
    own = ask(ReviewTightening, reviewed_by="governor-1")
    given(policy, first, tightened).when(own).then_refused("second_person")


@pytest.mark.parametrize(
    "history",
    [[], [first], [first, version(2, NOON + DAY)], [first, fact(PolicyPublished, version=3, review_by=NOON)]],
    ids=["nothing", "no such version", "no tightening", "another version"],
)
def test_only_a_tightening_is_reviewed(history: list[Event]) -> None:
    given(policy, *history).when(ask(ReviewTightening)).then_refused("tightening_unknown")


@pytest.mark.parametrize("again", [ask(ReviewTightening), to_withdraw])
def test_a_tightening_is_reviewed_once(again: ReviewTightening) -> None:
    given(policy, first, tightened, upheld).when(again).then_nothing()


def test_what_a_later_version_has_replaced_is_not_brought_back() -> None:
    later = version(3, NOON + DAY, visitors_max=1)
    given(policy, first, tightened, later).when(to_withdraw).then(withdrawn)


def test_of_two_tightenings_the_one_that_was_withdrawn_does_not_come_back() -> None:
    second = fact(
        PolicyPublished, version=3, document=document(booking={"visitors_max": 1}), review_by=NOON + DAY
    )
    last = ask(ReviewTightening, version=3, result=ReviewResult.WITHDRAWN)
    back = fact(PolicyPublished, version=4, approved_by="governor-2")
    said = fact(TighteningReviewed, version=3, result=ReviewResult.WITHDRAWN)
    given(policy, first, tightened, second, withdrawn).when(last).then(said, back)
    kept = fact(PolicyPublished, version=4, document=stricter, approved_by="governor-2")
    given(policy, first, tightened, second, upheld).when(last).then(said, kept)
