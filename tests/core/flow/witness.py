"""An installation in memory that writes down all that people did and when, as evidence for the referee."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from adapters.memory import MemoryMessenger
from core.ports import RawUpdate, Receipt
from sandbox.log import Emitted
from tests.core.flow.worlds import BOT, GROUP, World, human

OWNER: Final = 9_001


class SlowMessenger(MemoryMessenger):
    """Half of the round trip passes before the message is there, half after."""

    def __init__(self, world: World) -> None:
        super().__init__(world.clock.now_ms)
        self._clock = world.clock

    async def send(self, bot_id: int, chat_id: int, body: Mapping[str, object]) -> Receipt:
        await self._clock.sleep(0.2)
        try:
            return await super().send(bot_id, chat_id, body)
        finally:
            await self._clock.sleep(0.2)


class Witness(World):
    """Writes down what people did when."""

    def __init__(self) -> None:
        super().__init__()
        self.messenger = SlowMessenger(self)
        self.emitted: list[Emitted] = []
        self.late: list[tuple[int, int, Mapping[str, Any]]] = []
        self.offline = False

    async def arrives(self, update: Mapping[str, Any], *, bot: int = BOT) -> RawUpdate:
        now_ms = self.clock.now_ms()
        if self.offline:
            self.late.append((now_ms, bot, update))
            return RawUpdate(0, b"", now_ms)
        return await self._hand_out(now_ms, bot, update)

    async def invites(self, bot: int, status: str) -> RawUpdate:
        """Somebody changes what a bot is in the group."""
        user = {"id": bot, "is_bot": True, "first_name": "Kairos"}
        member = {"user": user, "status": status, "is_member": True, "can_send_messages": False}
        body = {
            "date": self.clock.now_ms() // 1000,
            "from": human(OWNER),
            "chat": {"id": GROUP, "type": "supergroup", "title": "Club"},
            "old_chat_member": {"user": user, "status": "left"},
            "new_chat_member": member if status == "restricted" else {"user": user, "status": status},
        }
        return await self.arrives({"my_chat_member": body}, bot=bot)

    async def unblocks(self, person: int, *, bot: int) -> RawUpdate:
        body = {
            "date": self.clock.now_ms() // 1000,
            "from": human(person),
            "chat": {"id": person, "type": "private"},
            "new_chat_member": {"status": "member"},
        }
        return await self.arrives({"my_chat_member": body}, bot=bot)

    async def come_back(self) -> None:
        """Updates of the time in which nobody fetched them come all at once."""
        late, self.late, self.offline = self.late, [], False
        for at_ms, bot, update in late:
            await self._hand_out(at_ms, bot, update)

    async def _hand_out(self, at_ms: int, bot: int, update: Mapping[str, Any]) -> RawUpdate:
        raw = await super().arrives(update, bot=bot)
        number = len(self.emitted) + 1
        self.emitted.append(Emitted(number, at_ms, bot, raw.update_id, dict(update), self.clock.now_ms()))
        return raw
