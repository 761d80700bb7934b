"""A service that writes what it was told to, and fails as it is told."""

from __future__ import annotations

from collections import deque

from core.errors import WriterError
from core.writing import Ask, Draft, Usage


class MemoryWriter:
    """Fulfils `core.writing.Writer`. Answers the template if not told another text; `asked`: all asks."""

    def __init__(self) -> None:
        self._usage = Usage(100, 50)
        self._next: deque[str | WriterError] = deque()
        self.asked: list[Ask] = []

    def says(self, *answers: str | WriterError) -> None:
        """The next answers, in this order."""
        self._next.extend(answers)

    def estimate(self, _: Ask) -> Usage:
        return Usage(2 * self._usage.tokens_in, 2 * self._usage.tokens_out)

    def instructions(self) -> str:
        return ""

    async def write(self, ask: Ask) -> Draft:
        self.asked.append(ask)
        answer = self._next.popleft() if self._next else ask.template
        if isinstance(answer, WriterError):
            raise answer
        return Draft(answer, "memory", self._usage)

    async def close(self) -> None:
        """Nothing is open."""
