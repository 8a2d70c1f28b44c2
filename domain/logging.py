"""Logs: JSON lines on standard error, one way for our own words and for the libraries'.

An exception is logged as its type and where it was raised, never with its text: drivers put
values of rows into their messages, and values of rows are what customers told us.
"""

from __future__ import annotations

import asyncio
import atexit
import logging
import re
import sys
import traceback
from collections.abc import MutableMapping
from typing import Any

import orjson
import structlog
from structlog.typing import EventDict, WrappedLogger

from domain.clock import now
from domain.settings import settings

# Libraries that say parameters, addresses or headers at their lower levels.
QUIET = (
    "tortoise",
    "tortoise.db_client",
    "asyncpg",
    "asyncio",
    "httpx",
    "httpcore",
    "redis",
    "multipart",
    "python_multipart",
    "strawberry",
    "strawberry.execution",
    "uvicorn.access",
)

_NAMES = re.compile(
    r"pass(word|wd)?|secret|token|cookie|authorization|sealed|card|phone|email|text|body|query"
    r"|csrf|jwt|assertion|headers",
    re.IGNORECASE,
)
_LOOKS = re.compile(
    r"zd_[A-Za-z0-9_-]{16,}"
    r"|eyJ[A-Za-z0-9_-]{8,}\.[A-Za-z0-9_-]+\.[A-Za-z0-9_-]*"
    r"|[A-Za-z0-9._%+-]{1,64}@[A-Za-z0-9-]{1,63}(?:\.[A-Za-z0-9-]{1,63})+"
    r"|(?<![0-9A-Za-z-])(?:\+?86)?1[3-9][0-9]{9}(?![0-9A-Za-z-])"
    r"|://[^/@\s]{1,200}@"
)
_HIDDEN = "[hidden]"
_LINE = orjson.OPT_UTC_Z | orjson.OPT_APPEND_NEWLINE
_level = logging.NOTSET  # until configured, everything is written


def configure(level: str | None = None) -> None:
    """Set logging up for this process; `level` defaults to the settings'."""
    global _level
    chosen = _level = getattr(logging, (level or settings().log_level).upper())
    shared: list[Any] = [
        structlog.contextvars.merge_contextvars,
        structlog.processors.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        without_values,
        without_secrets,
    ]
    structlog.configure(
        processors=[*shared, structlog.processors.JSONRenderer(serializer=_json)],
        wrapper_class=structlog.make_filtering_bound_logger(chosen),
        logger_factory=structlog.WriteLoggerFactory(file=sys.stderr),
        cache_logger_on_first_use=False,
    )
    _configure_libraries(chosen, shared)


def write(event: str, facts: dict[str, object]) -> None:
    """Write one line of level info about facts that are ours: ids, templates, numbers.

    It is as any other line, but nothing is searched in it: what a caller has said goes through
    `masked` first. Each request has one, and the way through the processors takes 25 µs.
    """
    if _level > logging.INFO:
        return
    line = {**facts, "event": event, "level": "info", "timestamp": now()}
    _lines.append(orjson.dumps(line, option=_LINE))
    if len(_lines) == 1:
        try:
            asyncio.get_running_loop().call_soon(flush)
        except RuntimeError:
            flush()


def flush() -> None:
    """Write the lines that wait for the end of this turn of the event loop, with one call."""
    lines = b"".join(_lines)
    _lines.clear()
    sys.stderr.write(lines.decode())


_lines: list[bytes] = []
atexit.register(lambda: flush() if _lines else None)


def masked(said: str) -> str:
    """A text without what looks like a secret."""
    return _LOOKS.sub(_HIDDEN, said)


def without_values(_: WrappedLogger, __: str, event: EventDict) -> EventDict:
    """Replace an exception by its type and the places it passed, without its text."""
    info = event.pop("exc_info", None)
    event.pop("stack_info", None)
    if info is True:
        info = sys.exc_info()
    error = info[1] if isinstance(info, tuple) else info
    if isinstance(error, BaseException):
        event["error"] = type(error).__name__
        event["where"] = [
            f"{frame.filename}:{frame.lineno} {frame.name}"
            for frame in traceback.extract_tb(error.__traceback__)[-12:]
        ]
    return event


def without_secrets(_: WrappedLogger, __: str, event: EventDict) -> EventDict:
    """Hide what is named like a secret, and mask what looks like one."""
    for name, value in event.items():
        event[name] = _safe(name, value)
    return event


def _safe(name: str, value: Any) -> Any:
    if name != "event" and _NAMES.search(name):
        return _HIDDEN
    if isinstance(value, str):
        return masked(value)
    if isinstance(value, MutableMapping):
        return {str(key): _safe(str(key), inner) for key, inner in value.items()}
    if isinstance(value, list | tuple | set | frozenset):
        return [_safe("", inner) for inner in value]
    return value


def _configure_libraries(level: int, shared: list[Any]) -> None:
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=[structlog.stdlib.add_logger_name, *shared],
            processors=[
                structlog.stdlib.ProcessorFormatter.remove_processors_meta,
                structlog.processors.JSONRenderer(serializer=_json),
            ],
        )
    )
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(level)
    for name in ("uvicorn", "uvicorn.error", "uvicorn.access"):
        # The server brings handlers of its own, which would print what an exception says.
        logging.getLogger(name).handlers.clear()
        logging.getLogger(name).propagate = True
    for name in QUIET:
        logging.getLogger(name).setLevel(max(level, logging.WARNING))


def _json(event: Any, **_: Any) -> str:
    return orjson.dumps(event, default=str, option=orjson.OPT_NON_STR_KEYS).decode()
