"""Of what a picture is kept: of what paused a call or alerted staff, where the policy says so, and of nobody else."""

import pytest

from domain.clearance import ClearanceMode, Tap, taps_of
from domain.evidence_picture import is_pictured
from domain.moderation.kind import Action, FreezeCause, Kind, Severity, Standing
from domain.moderation.policy import Bystanders
from domain.moderation.verdict import Raised, ShownFace, Verdict
from domain.policy import Policy, loosened
from domain.timetable.events import CallType
from tests.domain.rooms import opened_under

ON = Policy().merged({"call_types": {"social": {"evidence_pictures": True}}})
STRANGERS = (Standing.STRANGER, Standing.UNPROVED)


def raised(kind: Kind, action: Action = Action.PAUSE) -> Raised:
    return Raised(kind, Severity.HIGH, action, 1000, 2000)


def verdict(*standings: Standing, cause: FreezeCause | None = None) -> Verdict:
    faces = tuple(ShownFace(n, (0, 0, 80, 80), standing, None, None) for n, standing in enumerate(standings))
    return Verdict(2000, cause is None, False, cause, 250, False, False, faces=faces)


@pytest.mark.parametrize("action", list(Action))
def test_a_picture_is_kept_of_what_stops_a_call_or_alerts_staff_and_not_of_what_is_only_coached(
    action: Action,
) -> None:
    found = raised(Kind.FACE_ABSENT, action)
    assert is_pictured(found, verdict(), Bystanders.VIOLATION) is (action is not Action.COACH)


@pytest.mark.parametrize("kind", [Kind.EXPLICIT_NUDITY, Kind.CHILD_AT_RISK, Kind.BARRED_PERSON])
def test_what_is_told_to_nobody_is_in_no_picture(kind: Kind) -> None:
    assert not is_pictured(raised(kind), verdict(Standing.PROVED), Bystanders.VIOLATION)


def test_whatever_is_found_beside_nudity_is_in_no_picture() -> None:
    seen = verdict(Standing.STRANGER, cause=FreezeCause.NUDITY)
    assert not is_pictured(raised(Kind.UNAPPROVED_FACE), seen, Bystanders.VIOLATION)


@pytest.mark.parametrize("standing", list(Standing))
def test_whoever_passes_where_people_may_pass_is_in_no_picture(standing: Standing) -> None:
    seen = verdict(Standing.PROVED, standing)
    kept = is_pictured(raised(Kind.COULD_NOT_CHECK), seen, Bystanders.FREEZE)
    assert kept is (standing not in STRANGERS)
    assert is_pictured(raised(Kind.COULD_NOT_CHECK), seen, Bystanders.VIOLATION)


def test_no_picture_is_kept_where_no_policy_says_so() -> None:
    assert not any(opened_under(Policy(), call_type).evidence_pictures for call_type in CallType)
    assert [call_type for call_type in CallType if opened_under(ON, call_type).evidence_pictures] == [
        CallType.SOCIAL
    ]


def test_no_policy_can_say_it_of_legal_calls() -> None:
    with pytest.raises(ValueError, match=r"legal\.evidence_pictures cannot be so"):
        Policy().merged({"call_types": {"legal": {"evidence_pictures": True}}})


def test_a_governor_may_end_it_at_once_and_not_begin_it() -> None:
    off, on = Policy().document(), ON.document()
    assert loosened(on, off) == ()
    assert loosened(off, on) == ("call_types.social.evidence_pictures",)


@pytest.mark.parametrize("mode", list(ClearanceMode))
def test_the_record_says_that_pictures_may_be_kept_only_where_they_may(mode: ClearanceMode) -> None:
    assert Tap.EVIDENCE not in taps_of(mode, recorded=True)
    kept = Tap.EVIDENCE in taps_of(mode, pictured=True)
    assert kept is (mode in (ClearanceMode.MATCH, ClearanceMode.COUNT))
