"""A messenger that writes down what it was asked to send, and fails as it is told."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from core.errors import TransportError
from core.ports import Receipt


@dataclass(frozen=True, slots=True)
class Delivery:
    """One message as it was handed over; `arrived`: the person has it, whatever the sender was told."""

    bot_id: int
    chat_id: int
    body: Mapping[str, object]
    at_ms: int
    telegram_id: int
    arrived: bool


@dataclass(frozen=True, slots=True)
class _Fault:
    error: TransportError
    arrives: bool


class MemoryMessenger:
    """Fulfils `core.ports.Messenger`. `sent` holds all deliveries in order."""

    def __init__(self, now_ms: Callable[[], int]) -> None:
        self._now_ms = now_ms
        self._next: deque[_Fault] = deque()
        self._always: dict[int, _Fault] = {}
        self.sent: list[Delivery] = []

    def fail_next(self, error: TransportError, *, arrives: bool = False) -> None:
        """The next call raises; `arrives`: the message got there although (as after a lost answer)."""
        self._next.append(_Fault(error, arrives))

    def fail_chat(self, chat_id: int, error: TransportError | None) -> None:
        """Every call for this chat raises, until None is given."""
        if error is None:
            self._always.pop(chat_id, None)
        else:
            self._always[chat_id] = _Fault(error, arrives=False)

    async def send(self, bot_id: int, chat_id: int, body: Mapping[str, object]) -> Receipt:
        fault = self._next.popleft() if self._next else self._always.get(chat_id)
        telegram_id = len(self.sent) + 1
        at_ms = self._now_ms()
        arrived = fault is None or fault.arrives
        self.sent.append(Delivery(bot_id, chat_id, dict(body), at_ms, telegram_id, arrived))
        if fault is not None:
            raise fault.error
        return Receipt(telegram_id, at_ms)
