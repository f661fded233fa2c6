"""Tasks by name: what a job may ask to be done.

A task is called with the job's payload as keyword arguments, in a process of its own beside others. It may be called
again for the same job (its process was killed, its lease ran out), so it must come to the same end twice. It ends well
by returning; ``Refused`` gives up at once, because trying again does not mend input; anything else is tried again.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeVar

TASKS: dict[str, Task] = {}

ATTEMPTS = 8
LIMIT_SECONDS = 600.0

_Call = TypeVar("_Call", bound=Callable[..., None])


@dataclass(frozen=True, slots=True)
class Task:
    """A function that jobs name (任务): how often it is tried, how long it may run, how often it comes by itself."""

    name: str
    call: Callable[..., None]
    attempts: int = ATTEMPTS
    limit_seconds: float = LIMIT_SECONDS
    every_seconds: float | None = None

    def check_payload(self, payload: dict[str, object]) -> None:
        """Raises TypeError when the function does not take these arguments."""
        inspect.signature(self.call).bind(**payload)


def task(name: str, *, attempts: int = ATTEMPTS, limit_seconds: float = LIMIT_SECONDS) -> Callable[[_Call], _Call]:
    """Let jobs name the function; ``attempts`` starts at most, each of ``limit_seconds`` at most."""
    return _registered(name, attempts=attempts, limit_seconds=limit_seconds)


def every(
    name: str, *, seconds: float, attempts: int = ATTEMPTS, limit_seconds: float = LIMIT_SECONDS
) -> Callable[[_Call], _Call]:
    """Have the function (without arguments) called every ``seconds``, once across all workers, never beside itself."""
    return _registered(name, attempts=attempts, limit_seconds=limit_seconds, every_seconds=seconds)


def _registered(name: str, **settings: float) -> Callable[[_Call], _Call]:
    def register(call: _Call) -> _Call:
        if name in TASKS:
            raise ValueError(f"two tasks of the name {name}")
        TASKS[name] = Task(name, call, **settings)  # type: ignore[arg-type]
        return call

    return register
