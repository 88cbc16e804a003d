"""What a rule looks at: one wish for a call, beside everything it competes with."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cached_property

from domain.booking.commands import PlaceCall
from domain.booking.events import PlacedCall, Video
from domain.booking.state import Bookings
from domain.calendar import local_month
from domain.lifecycle import CallExtended
from domain.policy import CallTypePolicy, Effect, Policy
from domain.prisoner.events import Conviction
from domain.prisoner.record import Prisoner, kept_apart
from domain.timetable.slot import Slot


@dataclass(frozen=True)
class Case:
    """One wish, the prison's policy at that moment, the time asked for, and the facts."""

    state: Bookings
    policy: Policy
    slot: Slot
    command: PlaceCall

    @cached_property
    def others(self) -> tuple[PlacedCall, ...]:
        """Every other call that has a place now."""
        return tuple(self.state.standing(self.command.at, without=self.command.call))

    @cached_property
    def extended(self) -> tuple[CallExtended, ...]:
        """What other calls take beyond their booked time, because the service took it from them."""
        return tuple(one for one in self.state.extended if one.call != self.command.call)

    @cached_property
    def type_policy(self) -> CallTypePolicy:
        """The rules of this type of call."""
        return self.policy.call_types.of(self.command.call_type)

    @cached_property
    def prisoner(self) -> Prisoner:
        """What the record says of the person in prison."""
        return self.state.people.prisoners.get(self.command.prisoner, Prisoner())

    @cached_property
    def records(self) -> tuple[Prisoner, ...]:
        """The person's record and those that were merged into it."""
        return tuple(self.state.people.prisoners.get(one, Prisoner()) for one in self.command.records)

    @cached_property
    def apart(self) -> frozenset[str]:
        """Every record of everybody whom the person must be kept apart from."""
        return kept_apart(self.state.people.prisoners, self.command.records)

    @cached_property
    def children(self) -> tuple[str, ...]:
        """The visitors who are known to be under age on the day."""
        ages, adult = self.command.ages, self.policy.booking.adult_age
        return tuple(v for v in self.command.visitors if v in ages and ages[v] < adult)

    @property
    def adults(self) -> tuple[str, ...]:
        """All other visitors: whose age nobody knows counts as an adult, and staff are asked."""
        return tuple(v for v in self.command.visitors if v not in self.children)

    @property
    def lead(self) -> str | None:
        """Whoever answers for the visitors: the one who was named, or the first adult."""
        return self.command.lead or next(iter(self.adults), None)

    @property
    def on_remand(self) -> bool:
        """Whether the week's calls are counted in place of the month's time."""
        return self.prisoner.conviction is Conviction.REMAND

    @cached_property
    def effects(self) -> frozenset[Effect]:
        """What restrictions and sanctions mean on the day of the call."""
        return self.state.people.effects(self.policy, self.command.day, self.command.call_type)

    @property
    def video(self) -> Video:
        """One way where a restriction demands it."""
        return Video.ONE_WAY if Effect.ONE_WAY in self.effects else Video.BOTH_WAYS

    @property
    def used_minutes(self) -> int:
        """What other calls take from the month's time."""
        return sum(place.minutes for place in self._of_month() if place.counted)

    @property
    def given_minutes(self) -> int:
        """What the month has beyond the policy's own: whole minutes of grants, adjustments and credits."""
        month = local_month(self.command.starts_at, self.command.zone)
        return sum(self.state.given_s.get(f"{record}/{month}", 0) for record in self.command.records) // 60

    def _of_month(self) -> Iterator[PlacedCall]:
        month = local_month(self.command.starts_at, self.command.zone)
        mine = {f"{record}/{month}" for record in self.command.records}
        return (place for place in self.others if place.prisoner_month in mine)

    def overlapping(self) -> Iterator[PlacedCall | CallExtended]:
        """Other calls during any part of this one."""
        taken: tuple[PlacedCall | CallExtended, ...] = (*self.others, *self.extended)
        return (place for place in taken if self.overlaps(place.starts_at, place.minutes))

    def overlaps(self, starts_at: datetime, minutes: int) -> bool:
        """Whether something from then on, so long, shares time with this call."""
        return starts_at < self.command.ends_at and self.command.starts_at < starts_at + timedelta(
            minutes=minutes
        )

    def free_device(self) -> str | None:
        """The first of the session's rooms or devices that is in use and free for the whole call."""
        taken = {place.device for place in self.overlapping()}
        usable = (d for d in self.slot.devices if d not in self.state.times.withdrawn)
        return next((device for device in usable if device not in taken), None)
