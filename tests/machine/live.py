"""The same machine while reactions follow its log and deadlines come: flags, rejections in time, offers, waiting rooms.

What reactions append the plain model does not know, so here it only says what is worth asking for. What must
hold of the log must hold all the same; and following it again from its first event appends nothing.
"""

from typing import Any, ClassVar

from hypothesis import strategies as st
from hypothesis.stateful import invariant, rule

from application.asking import NotBooked
from domain import standby
from domain.standby import JoinStandby, LeaveStandby, LeftBecause
from tests.machine.answers import Answer
from tests.machine.following import Following
from tests.machine.machine import AnyBookings, nth, of_a_call
from tests.machine.model import Row


class LiveBookings(AnyBookings):
    """Bookings in a running service."""

    appended_again: ClassVar[list[int]]

    def __init__(self) -> None:
        super().__init__()
        self.first = self.on.head
        self.reactions = Following(self.on.store, self.on.due, self.first, self.now)

    def heard(self, what: str, expected: Answer, answer: Answer, about: Any = None) -> None:
        self.hits[f"{what}: {' '.join(sorted(answer)) or 'nothing'}"] += 1

    def refused(self, refused: NotBooked, wish: Row, offered: list[str]) -> None:
        assert str(refused).endswith(".")

    @of_a_call
    @rule(number=nth, who=st.sampled_from(["v1", "v2", "v4"]), leaves=st.sampled_from([True, False, False]))
    def somebody_waits_for_a_place_or_no_longer(self, number: int, who: str, leaves: bool) -> None:
        row = self.model.calls.get(self.call(number))
        if row is None:
            return
        name = f"standby-{row['session']}-{who}"
        if leaves:
            command: Any = LeaveStandby(
                at=self.now, standby=name, session=row["session"], because=LeftBecause.LEFT
            )
        else:
            command = JoinStandby(
                at=self.now,
                prison=row["prison"],
                standby=name,
                session=row["session"],
                call=f"call-{name}",
                person=self.its(who),
                prisoner=row["prisoner"],
                visitors=(self.its(who),),
                minutes=30,
            )
        self.hits[f"waits: {self.on.do(standby, command)}"] += 1

    waits_again = waits_once_more = somebody_waits_for_a_place_or_no_longer

    @invariant()
    def what_follows_follows(self) -> None:
        self.on.run(self.reactions.to(self.now))

    def teardown(self) -> None:
        self.on.run(self._again())

    async def _again(self) -> None:
        await self.reactions.to_the_end()
        log = list(await self.on.store.after(self.first, limit=100_000))
        self.appended_again.append(len(log))
        assert await self.reactions.again(log) == (0, 0)
