"""How a line of the log looks: plain for a terminal, JSON for machines; never personal data.

What an exception says of itself may quote a row (a database names the value that hurt it), so of errors that are not
our own only the type and the way through the code are written. Numbers of persons are masked whatever they stand in.
"""

from __future__ import annotations

import logging
import traceback
from types import TracebackType
from typing import Any

from pythonjsonlogger.json import JsonFormatter

from kangqiao.base.errors import KangqiaoError
from kangqiao.base.text import mask_numbers

_ExcInfo = tuple[type[BaseException], BaseException, TracebackType | None] | tuple[None, None, None]
SPEAKING = (KangqiaoError, OSError)
"""Errors whose own words may be written."""


def speechless(error: BaseException) -> str:
    """The way through the code to an error, its type, and its words where they cannot quote a row."""
    lines: list[str] = []
    links: list[BaseException] = []
    link: BaseException | None = error
    while link is not None and link not in links:
        links.append(link)
        link = link.__cause__ or (None if link.__suppress_context__ else link.__context__)
    for item in reversed(links):
        lines += traceback.format_tb(item.__traceback__)
        words = f": {item}" if isinstance(item, SPEAKING) else ""
        lines.append(f"{type(item).__module__}.{type(item).__qualname__}{words}\n")
    return "".join(lines).rstrip()


class PlainLines(logging.Formatter):
    """Time, level, logger, sentence."""

    def formatException(self, ei: _ExcInfo) -> str:
        return speechless(ei[1]) if ei[1] else ""

    def format(self, record: logging.LogRecord) -> str:
        record.exc_text = None  # another handler's words
        return mask_numbers(super().format(record))


class JsonLines(JsonFormatter):
    """One object a line: time, level, logger, message, and what the caller adds by ``extra``."""

    def formatException(self, ei: _ExcInfo) -> str:
        return speechless(ei[1]) if ei[1] else ""

    def add_fields(self, log_data: dict[str, Any], record: logging.LogRecord, message_dict: dict[str, Any]) -> None:
        super().add_fields(log_data, record, message_dict)
        log_data.pop("request", None)  # Django's requests carry addresses with their queries

    def format(self, record: logging.LogRecord) -> str:
        record.exc_text = None
        return mask_numbers(super().format(record))


def logging_settings(kind: str) -> dict[str, Any]:
    """Django's settings of the log: ``plain`` or ``json`` lines on standard error."""
    lines = {
        "plain": {"()": PlainLines, "format": "%(asctime)s %(levelname)s %(name)s: %(message)s"},
        "json": {
            "()": JsonLines,
            "format": "%(asctime)s %(levelname)s %(name)s %(message)s",
            "rename_fields": {"asctime": "time", "levelname": "level", "name": "logger"},
            "json_ensure_ascii": False,
        },
    }
    return {
        "version": 1,
        "disable_existing_loggers": False,
        "formatters": {"line": lines["json" if kind == "json" else "plain"]},
        "handlers": {"stderr": {"class": "logging.StreamHandler", "formatter": "line"}},
        "root": {"handlers": ["stderr"], "level": "WARNING"},
        "loggers": {
            "django": {"handlers": [], "level": "WARNING"},
            "django.request": {"level": "ERROR"},
            "kangqiao.audit": {"level": "INFO"},
            "kangqiao.jobs": {"level": "INFO"},
            "kangqiao.request": {"level": "INFO"},
        },
    }
