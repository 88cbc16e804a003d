"""What follows from what is asked of a booking."""

from collections.abc import Sequence

from domain.allowance import CallAllowanceAdjusted, CallAllowanceGranted
from domain.booking.commands import (
    ApproveCall,
    BookCall,
    BookingCommand,
    ChangeCall,
    Placing,
    ReserveCall,
)
from domain.booking.events import PLACES
from domain.booking.placing import place
from domain.booking.settling import settle
from domain.booking.state import BookingEvent, Bookings, evolve, initial
from domain.conduct.events import SanctionImposed, SanctionLifted
from domain.decider import Boundary, Facts, about
from domain.flag.events import BookingFlagged, BookingUnflagged
from domain.identity import GuardianVouchedForChild, IdentityVerified
from domain.lifecycle import CallExtended, CallMinutesCredited, CallMissed, CallStarted
from domain.person import PersonRegistered
from domain.policy import PolicyPublished
from domain.prisoner.events import STANDING, AppointmentCancelled, AppointmentRecorded, PrisonerMerged
from domain.relationship import RelationshipApproved, VisitorUnapproved
from domain.restriction import RestrictionLifted, RestrictionPlaced
from domain.timetable.events import (
    DateBlocked,
    DateUnblocked,
    DeviceAdded,
    DeviceWithdrawn,
    SessionOpened,
    SessionTemplatePublished,
    SessionTemplateRetired,
)
from domain.timetable.slot import template_of

__all__ = ["boundary", "decide", "evolve", "initial"]

_CALL = (*PLACES, CallStarted, CallMissed, BookingFlagged, BookingUnflagged)
_TAKES = (*PLACES, CallExtended)
_MONTH = (*_TAKES, CallAllowanceGranted, CallAllowanceAdjusted, CallMinutesCredited)


def boundary(command: BookingCommand) -> Boundary:
    """One call, or everything that a place for a call competes with and rests on."""
    call = about(f"call:{command.call}", *_CALL)
    match command:
        case BookCall() | ReserveCall() | ChangeCall():
            return (call, *_of_time(command), *_of_prisoner(command), *_of_visitors(command))
        case ApproveCall() if command.prisoner:
            records = (about(f"person:{one}", PersonRegistered, *STANDING) for one in command.records)
            policy = about(f"policy:{command.prison}", PolicyPublished)
            return (call, policy, *records, *_between(command.records, command.visitors))
        case _:
            return (call,)


def _of_time(command: Placing) -> tuple[Facts, ...]:
    days, given = sorted(command.days), template_of(command.session)
    return (
        about(f"session:{command.session}", SessionOpened, *_TAKES),
        *((_template(given[0]),) if given else ()),
        about(f"blocked:{command.prison}/{command.day}", DateBlocked, DateUnblocked),
        about(f"policy:{command.prison}", PolicyPublished),
        *(about(f"device:{device}", DeviceAdded, DeviceWithdrawn) for device in command.devices),
        *(about(f"device_day:{device}/{day}", *_TAKES) for device in command.devices for day in days),
    )


def _of_prisoner(command: Placing) -> tuple[Facts, ...]:
    appointments = (AppointmentRecorded, AppointmentCancelled)
    return (
        *(about(f"person:{record}", PersonRegistered, *STANDING) for record in command.records),
        *(
            about(f"prisoner_month:{record}/{month}", *_MONTH, *appointments)
            for record in command.records
            for month in command.months
        ),
        *(about(f"person:{other}", PrisonerMerged) for other in command.apart),
        *(
            about(f"prisoner_month:{other}/{month}", *PLACES)
            for other in command.apart
            for month in command.months
        ),
    )


def _of_visitors(command: Placing) -> tuple[Facts, ...]:
    return (
        *(
            about(f"visitor_day:{v}/{day}", *_TAKES)
            for v in command.visitors
            for day in command.days_anywhere
        ),
        *_between(command.records, command.visitors),
        *(about(f"person:{v}", IdentityVerified, GuardianVouchedForChild) for v in command.visitors),
    )


def _between(records: Sequence[str], visitors: Sequence[str]) -> tuple[Facts, ...]:
    """What is between somebody in prison and the visitors: approvals, restrictions, and what either did."""
    pairs = [f"{record}/{visitor}" for record in records for visitor in visitors]
    return (
        *(about(f"relationship:{pair}", RelationshipApproved, VisitorUnapproved) for pair in pairs),
        *(
            about(f"restricted:{bound}", RestrictionPlaced, RestrictionLifted)
            for bound in (*visitors, *pairs)
        ),
        *(about(f"person:{one}", SanctionImposed, SanctionLifted) for one in (*records, *visitors)),
    )


def _template(template: str) -> Facts:
    return about(f"template:{template}", SessionTemplatePublished, SessionTemplateRetired)


def decide(state: Bookings, command: BookingCommand) -> list[BookingEvent]:
    """The place, the decision on a request, or the end of a booking; or sentences that say why not."""
    return place(state, command) if isinstance(command, Placing) else settle(state, command)
