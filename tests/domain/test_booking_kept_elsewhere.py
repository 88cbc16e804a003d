"""Whoever keeps one place and takes another gives the first one back, so that nobody is told it is taken."""

from domain import booking
from domain.booking.commands import BookCall, ReserveCall
from domain.booking.events import CallRequested, CallReserved, ReservationReleased
from domain.timetable.events import SessionOpened
from tests.asked import ask
from tests.bookings import AHEAD, another, usual
from tests.facts import CALL, NOON, VISITOR, fact
from tests.scenario import given

one_station = [fact(SessionOpened, stations=1) if isinstance(each, SessionOpened) else each for each in usual]
elsewhere = another(
    CallReserved, call=CALL, session="session-2", reserved_by=VISITOR, expires_at=NOON, starts_at=NOON
)
here = fact(CallReserved, AHEAD, reserved_by=VISITOR, expires_at=NOON)


def test_a_place_kept_at_another_time_is_given_back_with_the_request() -> None:
    given_back, requested = given(booking, *usual, elsewhere).when(ask(BookCall, AHEAD)).outcome()
    assert isinstance(requested, CallRequested)
    assert isinstance(given_back, ReservationReleased)
    assert (given_back.call, given_back.session) == (CALL, "session-2")
    assert elsewhere.tags() <= given_back.tags()


def test_the_place_that_was_kept_is_taken_up_and_not_given_back() -> None:
    (requested,) = given(booking, *usual, here).when(ask(BookCall, AHEAD)).outcome()
    assert isinstance(requested, CallRequested)


def test_a_place_whose_time_is_over_needs_not_be_given_back() -> None:
    lapsed = elsewhere.model_copy(update={"expires_at": ask(BookCall, AHEAD).at})
    (reserved,) = given(booking, *usual, lapsed).when(ask(ReserveCall, AHEAD)).outcome()
    assert isinstance(reserved, CallReserved)


def test_somebody_else_gets_the_place_that_was_given_back() -> None:
    theirs = another(CallReserved, reserved_by="visitor-2", expires_at=NOON)
    wish = ask(BookCall, AHEAD)
    given(booking, *one_station, theirs).when(wish).then_refused("session_full")
    assert given(booking, *one_station, theirs, another(ReservationReleased)).when(wish).outcome()
