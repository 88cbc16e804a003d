"""How much is seeded, and when it is set: everything a plan is made from."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import NAMESPACE_URL, UUID, uuid5

from domain.calendar import local_day, local_time

PRISONS_MAX = 99
MONTHS_MAX = 60
PRISONERS_MAX = 2000
MONTH = timedelta(days=30)
BEFORE_CALLS = timedelta(days=14)  # a prison opens so long before its first call
AHEAD = timedelta(days=28)  # so far ahead calls are asked for
ZONE = "Europe/London"


@dataclass(frozen=True)
class Scale:
    """So many prisons of so many people over so many months, told apart by a seed.

    Of 60 people about 36 call, twice a month: what a prison of 60 callers does, at a tenth of a large
    prison's numbers, so that a year of 20 prisons takes minutes.
    """

    prisons: int = 1
    months: int = 1
    prisoners: int = 60
    seed: int = 1

    @property
    def name(self) -> str:
        """What every id is made of. Another size is another seed; the number of prisons is not part of it."""
        return f"{self.seed}/{self.months}/{self.prisoners}"

    def ident(self, *parts: object) -> str:
        """A random-looking id that is the same each time."""
        return self.command(*parts).hex

    def command(self, *parts: object) -> UUID:
        """The id of a command, by which it takes effect once."""
        return uuid5(NAMESPACE_URL, f"kinline/seed/{self.name}/{'/'.join(map(str, parts))}")

    def prison(self, number: int) -> str:
        """The code of a prison. No real one begins with S and a digit."""
        return f"S{number:02}"

    def opened_at(self, now: datetime) -> datetime:
        """When the prisons open: midnight of a day, so long ago that the calls fill the months up to now."""
        day = local_day(now - BEFORE_CALLS - self.months * MONTH, ZONE)
        return local_time(day, datetime.min.time(), ZONE)
