"""Calls of the set, held through the real processes: what other tests say of parts is so of the whole."""

import pytest

from api.commands.rehearse_set import Performer
from application.set_up import AT_ONCE
from domain.policy import Policy
from infrastructure.moderation import setups
from infrastructure.moderation.local_enroller import LocalEnroller
from infrastructure.rehearsal.repertoire import AT_SIX, SCENES

pytestmark = [pytest.mark.models, pytest.mark.long, pytest.mark.postgres]


@pytest.mark.parametrize("name", ["sits", "photograph-of-stranger"])
def test_a_call_of_the_set_is_as_expected(name: str) -> None:
    policy = Policy(moderation=setups.default_policy("full")).merged(AT_ONCE).merged(AT_SIX)
    performer = Performer("full", LocalEnroller(setups.load("full")), policy)
    assert performer.hold(SCENES[name], "1/1").differs() == []
