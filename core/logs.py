"""Logs: one line of JSON for each event, for whoever runs the program. What people see is never made of these."""

import logging
from typing import Any

import structlog


def log_named(name: str) -> Any:
    """A log that writes through Python's logger of this name."""
    return structlog.wrap_logger(
        logging.getLogger(name),
        processors=[
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            structlog.processors.format_exc_info,
            structlog.processors.JSONRenderer(ensure_ascii=False),
        ],
    )
