"""What the stories measured is printed at the end of the run, and goes into docs/benchmarks.md by hand."""

from collections.abc import Callable

import pytest

Tell = Callable[[str], None]

_TOLD = pytest.StashKey[list[str]]()


@pytest.fixture
def tell(request: pytest.FixtureRequest) -> Tell:
    """Says a figure, in a sentence."""
    told: list[str] = request.config.stash.setdefault(_TOLD, [])
    return told.append


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    told = terminalreporter.config.stash.get(_TOLD, [])
    if told:
        terminalreporter.section("figures")
        for sentence in told:
            terminalreporter.write_line(sentence)
