"""Running a machine so many times, and what came of it."""

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field

from hypothesis import HealthCheck, Phase, settings
from hypothesis.stateful import run_state_machine_as_test

from domain.booking.rules import RULES
from tests.machine.ground import Ground, Grounds
from tests.machine.life import AnyLife
from tests.machine.live import LiveBookings
from tests.machine.machine import AnyBookings

STEPS = 50
LIFE_STEPS = 30


@dataclass
class Outcome:
    """What was answered how often, over all runs."""

    runs: int = 0
    hits: Counter[str] = field(default_factory=Counter)
    logs: list[int] = field(default_factory=list)  # how many events reactions followed, and followed again

    @property
    def never_refused(self) -> set[str]:
        """Rules of booking that said no to nobody: of them the runs prove nothing."""
        return {rule.name for rule in RULES} - set(self.hits)


def beside_the_model(
    grounds: Grounds, runs: int, *, repeatable: bool = True, told: Callable[[int], None] = lambda _: None
) -> Outcome:
    """Every answer as the plain model says. A difference raises, with the shortest way to it."""
    return _run(AnyBookings, grounds, runs, repeatable, told)


def with_reactions(
    grounds: Grounds, runs: int, *, repeatable: bool = True, told: Callable[[int], None] = lambda _: None
) -> Outcome:
    """While reactions follow; at its end every log is followed once more, from its first event."""
    return _run(LiveBookings, grounds, runs, repeatable, told)


def _run(
    machine: type[AnyBookings], grounds: Grounds, runs: int, repeatable: bool, told: Callable[[int], None]
) -> Outcome:
    outcome = Outcome()

    def next_ground() -> Ground:
        outcome.runs += 1
        told(outcome.runs)
        return grounds()

    fields = {"grounds": staticmethod(next_ground), "hits": outcome.hits, "followed": outcome.logs}
    run_state_machine_as_test(
        type(machine.__name__, (machine,), fields),
        settings=settings(
            max_examples=runs,
            stateful_step_count=STEPS,
            deadline=None,
            derandomize=repeatable,
            database=None,
            phases=(Phase.generate, Phase.shrink),
            suppress_health_check=list(HealthCheck),
        ),
    )
    return outcome


def whole_lives(
    runs: int, *, repeatable: bool = True, shrink: bool = True, told: Callable[[int], None] = lambda _: None
) -> Counter[str]:
    """Whole lives of a call against the media worker; what happened how often. A difference raises."""
    hits: Counter[str] = Counter()

    class Walk(AnyLife):
        """One life, counted."""

        def __init__(self) -> None:
            super().__init__()
            told(self.hits["walks"])

    Walk.hits = hits
    run_state_machine_as_test(
        Walk,
        settings=settings(
            max_examples=runs,
            stateful_step_count=LIFE_STEPS,
            deadline=None,
            derandomize=repeatable,
            database=None,
            phases=(Phase.generate, Phase.shrink) if shrink else (Phase.generate,),
            report_multiple_bugs=False,
            suppress_health_check=list(HealthCheck),
        ),
    )
    return hits
