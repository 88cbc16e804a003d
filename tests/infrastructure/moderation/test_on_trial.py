"""Which models may be tried in live calls beside those that judge."""

import pytest

from domain.moderation.policy import ModerationPolicy
from infrastructure.moderation import setups
from infrastructure.moderation.engines.scripted import ScriptedSetup
from infrastructure.moderation.models import ModelRefused
from infrastructure.moderation.setups import DlibSetup

pytestmark = pytest.mark.models


@pytest.fixture(scope="module")
def permissive() -> DlibSetup:
    setup = setups.load("permissive")
    assert isinstance(setup, DlibSetup)
    return setup


def test_another_set_up_is_tried_with_the_scores_it_was_made_for(
    permissive: DlibSetup, monkeypatch: pytest.MonkeyPatch
) -> None:
    full = setups.load("full")
    tried = setups.on_trial(full, "permissive")
    assert tried is not None
    assert tried.engine == permissive.engine
    assert tried.policy.detection == ModerationPolicy.permissive().detection
    monkeypatch.setenv("KINLINE_TRIAL", "permissive")
    assert setups.on_trial(full) is not None
    monkeypatch.delenv("KINLINE_TRIAL")
    assert setups.on_trial(full) is None


@pytest.mark.parametrize(
    ("wanted", "says"),
    [
        ("permissive", "judges already"),
        ("pack", "kinline evaluate"),
        ("full@int4", "kinline evaluate"),
        ("nothing", "kinline evaluate"),
    ],
)
def test_what_cannot_be_tried_is_refused_with_a_sentence(
    permissive: DlibSetup, wanted: str, says: str
) -> None:
    with pytest.raises(ModelRefused, match=says):
        setups.on_trial(permissive, wanted)


def test_beside_models_that_know_people_by_other_numbers_nothing_is_tried() -> None:
    with pytest.raises(ModelRefused, match="beside scripted"):
        setups.on_trial(ScriptedSetup(), "permissive")
