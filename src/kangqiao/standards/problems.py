"""What is wrong in a folder of definitions, collected, so that all of it can be told at once."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from kangqiao.base.errors import DefinitionError
from kangqiao.standards.documents import line_of


class Problems(list[DefinitionError]):
    """Refusals in the order they were met."""

    @contextmanager
    def caught(self) -> Iterator[None]:
        """Keep a DefinitionError and go on after the block."""
        try:
            yield
        except DefinitionError as error:
            self.append(error)

    def locate(self, folder: Path) -> None:
        """Say of each on which line it stands; files are named as seen from ``folder``."""
        for error in self:
            if error.line is None:
                error.line = line_of(folder / error.file, error)
