"""Calls of the set, held through the real processes: what other tests say of parts is so of the whole."""

import pytest

from api.commands.rehearse_set import Performer
from application.set_up import AT_ONCE
from domain.policy import Policy
from domain.texts import OTHER_SIDE
from infrastructure.moderation import setups
from infrastructure.moderation.local_enroller import LocalEnroller
from infrastructure.rehearsal.repertoire import AT_SIX, SCENES

pytestmark = [pytest.mark.models, pytest.mark.long, pytest.mark.postgres]


@pytest.fixture(scope="module")
def performer() -> Performer:
    policy = Policy(moderation=setups.default_policy("full")).merged(AT_ONCE).merged(AT_SIX)
    return Performer("full", LocalEnroller(setups.load("full")), policy)


@pytest.mark.parametrize("name", ["sits", "photograph-of-stranger", "looped"])
def test_a_call_of_the_set_is_as_expected(name: str, performer: Performer) -> None:
    assert performer.hold(SCENES[name], "1/1").differs() == []


def test_where_somebody_barred_comes_the_call_pauses_and_safeguarding_is_told(performer: Performer) -> None:
    outcome = performer.hold(SCENES["barred"], "1/1")
    assert outcome.differs() == []
    told = [line["data"] for line in outcome.document["timeline"] if line["type"] == "ConcernRaised"]
    assert [one["kind"] for one in told] == ["found_by_checks"]
    shown = [line["data"] for line in outcome.document["timeline"] if line["type"] == "SlateShown"]
    read = {one["viewer"]: one["text_key"] for one in shown if one["reason"] == "barred_person"}
    assert read == dict.fromkeys(("prisoner", "visitor"), OTHER_SIDE), "no reason, and no difference"
