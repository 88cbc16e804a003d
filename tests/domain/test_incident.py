"""Incidents: which alerts belong together, who takes them up, and when they are done."""

from functools import reduce
from typing import Any

import pytest
from hypothesis import given as for_all
from hypothesis import strategies as st

from domain import incident
from domain.call.events import CallInterrupted, CallPaused, CallResumed, PauseEscalated
from domain.clearance import Side
from domain.concern import ConcernClosed, ConcernRaised
from domain.event import Event
from domain.incident.decisions import CloseIncident, HandBackIncident, TakeIncident
from domain.incident.events import AlertFact, IncidentClosed, IncidentFact, IncidentHandedBack, IncidentTaken
from domain.incident.grouping import AlertKind, Incident, after
from domain.lifecycle import CallCompleted
from domain.moderation.kind import Action, Kind, Severity
from domain.stream import ModerationLost, ModerationRestored
from domain.violation import ViolationRaised, ViolationReviewed
from tests.asked import ask
from tests.domain.test_deciders import members
from tests.facts import OFFICER, fact
from tests.scenario import given

raised = fact(ViolationRaised, 9)
reviewed = fact(ViolationReviewed, 60)
taken = fact(IncidentTaken, 12)
closed = fact(IncidentClosed, 90)
OTHER = "officer-2"


def incident_after(*events: Any) -> Incident:
    found: Incident | None = reduce(after, events, None)
    assert found is not None
    return found


# Which alerts belong together


def test_an_incident_is_named_after_the_alert_that_opened_it() -> None:
    found = incident_after(raised)
    assert (found.incident, found.opened_at, found.done_at) == ("violation-1", raised.at, None)


def test_everything_raised_while_it_is_open_belongs_to_it() -> None:
    second = fact(ViolationRaised, 20, violation="violation-2", severity=Severity.CRITICAL)
    found = incident_after(raised, fact(ConcernRaised, 15), second, fact(PauseEscalated, 130))
    assert [alert.kind for alert in found.alerts] == [
        AlertKind.VIOLATION,
        AlertKind.CONCERN,
        AlertKind.VIOLATION,
        AlertKind.ESCALATED,
    ]
    assert found.severity is Severity.CRITICAL


def test_a_concern_that_was_closed_is_over_and_the_incident_waits_for_its_officer() -> None:
    found = incident_after(fact(ConcernRaised, 10), fact(ConcernClosed, 50))
    assert found is not None
    assert [alert.over_at is not None for alert in found.alerts] == [True]
    assert found.done_at is None


def test_what_is_raised_after_it_was_closed_is_another_incident() -> None:
    later = fact(ConcernRaised, 100)
    found = incident_after(raised, taken, reviewed, closed, later)
    assert (found.incident, found.taken_by, found.done_at) == ("concern-1", None, None)


def test_what_only_the_person_concerned_was_told_is_no_alert() -> None:
    coached = fact(ViolationRaised, 9, kind=Kind.FACE_UNCLEAR, action=Action.COACH)
    assert after(None, coached) is None
    assert incident_after(raised, coached) == incident_after(raised)


@pytest.mark.parametrize(
    ("lasts", "ends"),
    [
        (fact(CallInterrupted, 9), fact(CallResumed, 20)),
        (fact(CallInterrupted, 9), fact(CallCompleted, 20)),
        (fact(ModerationLost, 9), fact(ModerationRestored, 20)),
    ],
    ids=["interrupted", "interrupted to the end", "unchecked"],
)
def test_a_fault_that_ends_without_anybodys_doing_is_done_by_itself(lasts: Event, ends: Event) -> None:
    assert incident_after(lasts).done_at is None
    found = incident_after(lasts, ends)
    assert (found.done_at, found.outcome) == (ends.at, None)


def test_checking_that_is_back_on_one_side_is_still_missing_on_the_other() -> None:
    lost = [fact(ModerationLost, 9, side=side) for side in Side]
    found = incident_after(*lost, fact(ModerationRestored, 20, side=Side.VISITOR))
    assert [alert.side for alert in found.waiting] == [Side.PRISONER]


def test_a_fault_that_lasts_already_is_not_told_twice() -> None:
    found = incident_after(fact(CallInterrupted, 9), fact(CallInterrupted, 10))
    assert len(found.alerts) == 1


def test_what_a_person_has_to_decide_does_not_pass_by_itself() -> None:
    found = incident_after(fact(CallInterrupted, 9), fact(ConcernRaised, 10), fact(CallResumed, 20))
    assert (found.done_at, found.waiting) == (None, ())


def test_an_interruption_that_becomes_a_pause_is_over() -> None:
    found = incident_after(fact(CallInterrupted, 9), raised, fact(CallPaused, 20))
    assert [alert.kind for alert in found.waiting] == [AlertKind.VIOLATION]


facts_of_a_call = st.lists(
    st.builds(
        lambda kind, side: fact(kind, **({"side": side} if "side" in kind.model_fields else {})),
        st.sampled_from(sorted(members(IncidentFact), key=str)),
        st.sampled_from(Side),
    ),
    max_size=15,
)


@for_all(facts_of_a_call)
def test_an_alert_of_a_call_is_never_lost_and_what_is_done_stays_done(history: list[Any]) -> None:
    newest: Incident | None = None
    for event in history:
        before, newest = newest, after(newest, event)
        if before is not None and before.done_at is not None and newest is not before:
            assert isinstance(event, AlertFact)
        if isinstance(event, AlertFact):
            assert newest is not None
            assert newest.done_at is None
            assert newest.alerts


# Who takes it up


def test_an_officer_takes_an_incident_up() -> None:
    given(incident, raised).when(ask(TakeIncident)).then(fact(IncidentTaken))


def test_taking_it_again_changes_nothing() -> None:
    given(incident, raised, taken).when(ask(TakeIncident)).then_nothing()


def test_an_incident_is_not_taken_from_somebody_unseen() -> None:
    given(incident, raised, taken).when(ask(TakeIncident, officer=OTHER)).then_refused("incident_taken")


def test_an_incident_is_taken_over_by_naming_who_has_it() -> None:
    over = ask(TakeIncident, officer=OTHER, instead_of=OFFICER)
    given(incident, raised, taken).when(over).then(fact(IncidentTaken, officer=OTHER, instead_of=OFFICER))


def test_what_was_handed_back_is_free() -> None:
    back = fact(IncidentHandedBack, 30)
    given(incident, raised, taken).when(ask(HandBackIncident)).then(fact(IncidentHandedBack))
    given(incident, raised, taken, back).when(ask(TakeIncident, officer=OTHER)).then(
        fact(IncidentTaken, officer=OTHER)
    )


def test_only_whoever_has_it_hands_it_back() -> None:
    given(incident, raised).when(ask(HandBackIncident)).then_refused("incident_not_yours")


# When it is done


def test_whoever_has_it_closes_it_with_what_came_of_it() -> None:
    given(incident, raised, taken, reviewed).when(ask(CloseIncident)).then(fact(IncidentClosed))


def test_it_is_not_closed_by_somebody_who_has_not_taken_it() -> None:
    given(incident, raised, reviewed).when(ask(CloseIncident)).then_refused("incident_not_yours")


def test_it_is_not_closed_while_a_violation_waits_for_its_review() -> None:
    given(incident, raised, taken).when(ask(CloseIncident)).then_refused("incident_waits")


def test_it_is_not_closed_while_the_call_stands_still() -> None:
    begun = [fact(ConcernRaised, 5, concern="violation-1"), fact(PauseEscalated, 9), taken]
    given(incident, *begun).when(ask(CloseIncident)).then_refused("incident_waits")
    given(incident, *begun, fact(CallResumed, 20)).when(ask(CloseIncident)).then(fact(IncidentClosed))


def test_a_note_says_what_came_of_it() -> None:
    given(incident, raised, taken, reviewed).when(ask(CloseIncident, note=" ")).then_refused("reason_missing")


def test_it_is_closed_once() -> None:
    given(incident, raised, taken, reviewed, closed).when(ask(CloseIncident)).then_refused("incident_done")


def test_an_incident_of_another_name_is_not_known() -> None:
    given(incident, raised).when(ask(TakeIncident, incident="violation-9")).then_refused("incident_unknown")
