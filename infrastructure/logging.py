"""Logs: a fixed sentence and fields, as one JSON object a line. Never a name, a face, a reason or a token."""

import logging
import sys
from collections.abc import MutableMapping
from io import TextIOBase
from typing import Any, TextIO, cast

import structlog

FIELDS = frozenset(
    {
        "attempt",
        "call",
        "command",
        "connection",
        "count",
        "error",
        "event",
        "exit_code",
        "follower",
        "kind",
        "level",
        "method",
        "pid",
        "position",
        "prison",
        "process",
        "projection",
        "route",
        "rule",
        "seconds",
        "setup",
        "side",
        "signal",
        "status",
        "stream",
        "timestamp",
        "worker",
    }
)
"""The only fields that reach a log line: ids, codes and numbers."""


class StandardError(TextIOBase):
    """Whatever standard error is when a line is written: it may be another than when the log was set up."""

    def write(self, text: str) -> int:
        """Write on."""
        return sys.stderr.write(text)

    def flush(self) -> None:
        """Flush on."""
        sys.stderr.flush()


def set_up(process: str) -> None:
    """Send this process's log to standard error, with the process's name on every line."""
    standard_error = cast(TextIO, StandardError())
    logging.basicConfig(stream=standard_error, level=logging.WARNING, format="%(levelname)s %(name)s")
    structlog.configure(
        processors=[
            structlog.contextvars.merge_contextvars,
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            only_known_fields,
            structlog.processors.JSONRenderer(sort_keys=True),
        ],
        logger_factory=structlog.PrintLoggerFactory(standard_error),
        cache_logger_on_first_use=True,
    )
    structlog.contextvars.bind_contextvars(process=process)


def only_known_fields(_: Any, __: str, fields: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
    """Drop whatever is not known to be harmless; an error is named by its class alone."""
    kept = {name: value for name, value in fields.items() if name in FIELDS}
    if isinstance(kept.get("error"), BaseException):
        kept["error"] = type(kept["error"]).__name__
    return kept
