"""One side's recordings in a call: one after the other, where one fails."""

from collections.abc import Callable
from time import monotonic

from domain.clearance import ClearanceMode, Side
from infrastructure.media.facts import CallFacts
from infrastructure.media.frame import Codec
from infrastructure.media.tape import Grants, Tape, Terms


class Tapes:
    """`codec` is asked once something left: then there is one. `on_failed` is told why nothing more is recorded."""

    def __init__(
        self,
        call: str,
        side: Side,
        facts: CallFacts,
        codec: Callable[[], Codec | None],
        on_failed: Callable[[str], None],
    ) -> None:
        self._call, self._side, self._facts = call, side, facts
        self._codec, self._on_failed = codec, on_failed
        self._tapes: list[Tape] = []  # the last one runs; those before it failed

    def begin(self, mode: ClearanceMode, epoch: float) -> Tape | None:
        """A new recording, or none where one runs. Raises `TapForbidden` where the mode allows none."""
        if self._tapes and not self._tapes[-1].failed:
            return None
        terms = Terms(
            self._call,
            self._side,
            codec=lambda: self._codec() or Codec.VP8,
            media_ms=lambda at: round((at - epoch) * 1000),
        )
        tape = Tape(
            Grants.of(mode),
            terms,
            lambda content: self._facts.piece(self._side, content),
            self._facts,
            self._on_failed,
            now=monotonic(),
        )
        self._tapes.append(tape)
        return tape

    def mark(self, what: str, detail: str = "") -> None:
        """Mark in the recording, where there is one, what happens now."""
        if self._tapes:
            self._tapes[-1].mark(what, monotonic(), detail)

    async def stop(self) -> None:
        """The call is over."""
        for tape in self._tapes:
            await tape.stop()
