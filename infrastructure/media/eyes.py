"""Officers who judge sides by eye while checking is lost: only as long as each sees what he judges.

What ends it is done first, within the same turn of the loop, and reported afterwards.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from domain.clearance import Side
from domain.takeover import BY_EYE, GivenBack
from infrastructure.media.facts import CallFacts
from infrastructure.media.side import CallSide


@dataclass(frozen=True, slots=True)
class _Eye:
    takeover: str
    viewer: str


class Eyes:
    """Who judges which side of one call.

    `withhold` stops a side's pictures and shows the slate; `tell` reports that it is shown.
    """

    def __init__(
        self,
        sides: Mapping[Side, CallSide],
        facts: CallFacts,
        withhold: Callable[[CallSide], None],
        tell: Callable[[CallSide], None],
    ) -> None:
        self._sides, self._facts = sides, facts
        self._withhold, self._tell = withhold, tell
        self._held: dict[Side, _Eye] = {}
        self._over: set[str] = set()  # takeovers that ended: being told of one again opens nothing

    def known(self, takeover: str) -> bool:
        """Whether this takeover was taken up before."""
        return takeover in self._over or any(eye.takeover == takeover for eye in self._held.values())

    def take_over(self, side: Side, takeover: str, viewer: str, *, lost: bool) -> None:
        """Let the side's pictures flow while its viewer sees them. `lost`: nothing else judges them now."""
        self._close(side)
        self._held[side] = _Eye(takeover, viewer)
        one = self._sides[side]
        if not lost or one.terms.mode not in BY_EYE:
            self.give_back(side, GivenBack.CHECKING_BACK)
        elif not one.looks(viewer):
            self.give_back(side, GivenBack.OFFICER_GONE)
        else:
            one.direction.judge_by_eye()

    def look(self) -> None:
        """Close whatever is not seen any more by the officer who judges it."""
        for side, eye in list(self._held.items()):
            if not self._sides[side].looks(eye.viewer):
                self.give_back(side, GivenBack.OFFICER_GONE)

    def give_back(self, side: Side, cause: GivenBack, context: Mapping[str, Any] | None = None) -> None:
        """Stop this side's pictures until they are judged again. Does nothing where nobody judges by eye."""
        flowed = self._sides[side].direction.by_eye
        eye = self._close(side)
        if eye is not None:
            self._facts.given_back(eye.takeover, cause, context)
            if flowed and cause is not GivenBack.CHECKING_BACK:
                self._tell(self._sides[side])

    def over(self, takeover: str) -> None:
        """It is on record that this takeover ended."""
        self._over.add(takeover)
        for side in [side for side, eye in self._held.items() if eye.takeover == takeover]:
            self._close(side)

    def _close(self, side: Side) -> _Eye | None:
        eye = self._held.pop(side, None)
        if eye is not None:
            self._over.add(eye.takeover)
            if self._sides[side].direction.by_eye:
                self._withhold(self._sides[side])
        return eye
