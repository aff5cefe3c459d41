"""Logs: one line of JSON for each event, for whoever runs the program. What people see is never made of these."""

import logging
import sys
from typing import Any

import structlog

_SHARED = (
    structlog.stdlib.add_log_level,
    structlog.processors.TimeStamper(fmt="iso", utc=True),
    structlog.processors.format_exc_info,
)
_TO_JSON = structlog.processors.JSONRenderer(ensure_ascii=False)


def log_named(name: str) -> Any:
    """A log that writes through Python's logger of this name."""
    return structlog.wrap_logger(
        logging.getLogger(name),
        processors=[structlog.stdlib.filter_by_level, *_SHARED, _TO_JSON],
    )


def write_logs(level: str) -> None:
    """Sends what this program and its libraries log, from this level on, to standard error, every line as JSON.

    Libraries are heard from warnings on: what they say below that may hold whole requests or queries.
    """
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(_Line())
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(max(logging.WARNING, logging.getLevelNamesMapping()[level.upper()]))
    logging.getLogger("qingshan").setLevel(level.upper())


class _Line(logging.Formatter):
    """Our own lines are JSON already; those of libraries become so."""

    def __init__(self) -> None:
        super().__init__()
        self._foreign = structlog.stdlib.ProcessorFormatter(processor=_TO_JSON, foreign_pre_chain=_SHARED)

    def format(self, record: logging.LogRecord) -> str:
        return record.getMessage() if record.name.startswith("qingshan") else self._foreign.format(record)
