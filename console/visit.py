"""What the screens of the menu share: they ask the desk, lead back one screen, and ask before a change.

Leaves to others: the terminal itself (`console.terminal`) and what is on a screen (`console/screens`).
"""

from __future__ import annotations

from collections.abc import Callable, Coroutine, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from typing import Any, Protocol, TypeVar

from console.output import PROGRAM
from console.session import Desk
from console.terminal import Back, Terminal
from core.errors import KairosError

T = TypeVar("T")
ENTER = "Enter or b back, q quit: "
YES = ("y", "yes", "e", "evet")
PAGE = 15
"""Rows on one page of a long list: with head, hint and verb they fit 24 lines."""
Changes = dict[str, tuple[str, Callable[[], Coroutine[Any, Any, object]]]]
"""What a key changes: the verb that does the same, and the change itself."""


class Get(Protocol):
    """Answers a question to the desk."""

    def __call__(self, question: Coroutine[Any, Any, T]) -> T: ...


@dataclass(frozen=True, slots=True)
class Visit:
    """`get` asks the desk, `terminal` shows and reads."""

    desk: Desk
    terminal: Terminal
    get: Get

    @contextmanager
    def stays(self) -> Iterator[None]:
        """Back from here, and from what could not be done, leads to the screen before and not to the menu."""
        try:
            yield
        except Back:
            return
        except KairosError as error:
            with suppress(Back):
                self.terminal.tell(error)

    def sure(self, question: str, verb: str = "") -> bool:
        """Whether the operator says yes; before it, the verb that would do the same."""
        if verb:
            self.terminal.say(f"in a script: python3 {self.terminal.out.here(f'{PROGRAM} {verb}')} --yes")
        return self.terminal.ask(f"{question} [y/N] ").lower() in YES

    def change(self, changes: Changes, key: str) -> None:
        """What stands under the key, once the operator is sure."""
        verb, do = changes[key]
        if self.sure(f"{verb}?", verb):
            self.get(do())


class Pages:
    """Where one is in a list that is too long for one screen: `n` or Enter the next page, `p` the one
    before."""

    def __init__(self) -> None:
        self._starts = [0]
        self._said = ""

    @property
    def after(self) -> int:
        """The number behind which this page begins."""
        return self._starts[-1]

    def prompt(self, words: str) -> str:
        """The prompt, with what the last answer could not have."""
        said, self._said = self._said, ""
        return said + words

    def turn(self, answer: str, last: int) -> bool:
        """Whether the answer was about pages. `last`: the last number of this page if another one follows,
        else 0."""
        if answer in ("", "n"):
            if last:
                self._starts.append(last)
            else:
                self._said = "this is the last page; "
        elif answer == "p":
            if len(self._starts) > 1:
                self._starts.pop()
            else:
                self._said = "this is the first page; "
        else:
            return False
        return True
