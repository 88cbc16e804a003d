import io
import json
from collections.abc import Iterator

import pytest
import structlog

from infrastructure.logging import set_up


@pytest.fixture(autouse=True)
def _as_before() -> Iterator[None]:
    before = structlog.get_config()
    yield
    structlog.configure(**before)
    structlog.contextvars.clear_contextvars()


def test_a_log_outlives_the_standard_error_it_was_set_up_with(monkeypatch: pytest.MonkeyPatch) -> None:
    first, second = io.StringIO(), io.StringIO()
    monkeypatch.setattr("sys.stderr", first)
    set_up("tester")
    log = structlog.get_logger()
    log.info("Something was done.", count=1)
    monkeypatch.setattr("sys.stderr", second)
    first_lines = first.getvalue().splitlines()
    first.close()
    log.info("Something more was done.", count=2)
    lines = [json.loads(line) for line in (*first_lines, *second.getvalue().splitlines())]
    assert [(line["process"], line["count"]) for line in lines] == [("tester", 1), ("tester", 2)]


def test_a_field_that_nobody_allowed_is_dropped_and_an_error_is_named_by_its_class(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    written = io.StringIO()
    monkeypatch.setattr("sys.stderr", written)
    set_up("tester")
    structlog.get_logger().warning("Something failed.", name="Somebody", error=ValueError("Somebody"))
    line = json.loads(written.getvalue())
    assert line["error"] == "ValueError"
    assert "Somebody" not in written.getvalue()
