"""A shop in memory whose bot answers: the real handlers and `app.visitors` over a world of the flow."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from app.visitors import Visitors
from bot.answering import Answers
from bot.visitor import BotFace, Terms
from core.errors import TransportError
from core.identity import Identity
from core.ports import InboxRow
from tests.core.flow.worlds import BOT, World, human, read

FACE = BotFace(BOT, f"{BOT}:TEST", "Kairos Boutique", "kairos_boutique_bot")
CLUB_BOT = 44
CLUB_FACE = BotFace(CLUB_BOT, f"{CLUB_BOT}:TEST", "Kairos Club", "kairos_club_bot")


@dataclass(slots=True)
class Line:
    """The bot's way to Telegram: writes down every call, and fails as told."""

    bot_id: int = BOT
    called: list[tuple[str, Mapping[str, Any]]] = field(default_factory=list)
    uploads: list[tuple[str, Mapping[str, object], Mapping[str, tuple[str, bytes]]]] = field(
        default_factory=list
    )
    failures: list[TransportError] = field(default_factory=list)
    """Of the next calls."""
    results: dict[str, object] = field(default_factory=dict)
    """What calls of a method bring; the others bring True."""

    async def call(self, method: str, params: Mapping[str, object], /, **_: float) -> object:
        self.called.append((method, params))
        if self.failures:
            raise self.failures.pop(0)
        return self.results.get(method, True)

    async def upload(
        self,
        method: str,
        params: Mapping[str, object],
        files: Mapping[str, tuple[str, bytes]],
        /,
        *,
        connect_s: float,
    ) -> object:
        self.uploads.append((method, params, files))
        return {"message_id": 900 + len(self.uploads)}

    def names(self) -> list[str]:
        return [name for name, _ in self.called]

    def last(self, method: str) -> Mapping[str, Any]:
        """The parameters of the latest call of this method."""
        return next(params for name, params in reversed(self.called) if name == method)


@dataclass(slots=True)
class Shop:
    world: World = field(default_factory=World)
    terms: Terms = field(default_factory=Terms)
    line: Line = field(default_factory=Line)
    club: Line = field(default_factory=lambda: Line(CLUB_BOT))
    forgotten: list[Identity] = field(default_factory=list)
    answers: Answers = field(init=False)

    def __post_init__(self) -> None:
        visitors = Visitors(self.world.replying, [self.line, self.club], "en", self._forget)
        self.answers = Answers([FACE, CLUB_FACE], visitors, visitors.find, self.terms)

    async def _forget(self, identity: Identity) -> bool:
        self.forgotten.append(identity)
        return True

    async def told(self, person: int, **content: Any) -> None:
        """Telegram tells the chat of something: a message without words."""
        body = {"message_id": 7, "date": self.world.clock.now_ms() // 1000, "from": human(person)}
        await self.world.arrives({"message": body | {"chat": {"id": person, "type": "private"}} | content})

    async def serve(self) -> list[str]:
        """Let everything take effect and run the handlers; the texts that people got by that."""
        before = len(self.world.messenger.sent)
        for row in await self.waiting():
            await self.run(row)
            async with self.world.store.transaction() as tx:
                await tx.inbox.handled([row.id])
        return [str(params(one.body).get("text", "")) for one in self.world.messenger.sent[before:]]

    async def waiting(self) -> list[InboxRow]:
        await self.world.apply()
        async with self.world.store.transaction(write=False) as tx:
            return await tx.inbox.unhandled(100)

    async def run(self, row: InboxRow) -> None:
        sender = read(row).sender
        assert sender is not None
        await self.world.through(self.answers.handle(row, sender))

    def buttons(self) -> list[str]:
        """What the buttons below the latest answer mean."""
        return data_of(params(self.world.messenger.sent[-1].body))

    async def tap(self, person: int, data: str) -> Mapping[str, Any]:
        """Tap within a page of the settings; the page that then stands there."""
        await self.world.taps(person, data)
        assert await self.serve() == []
        return self.line.last("editMessageText")


def params(body: Mapping[str, object]) -> Mapping[str, object]:
    found = body["params"]
    assert isinstance(found, Mapping)
    return found


def data_of(call: Mapping[str, object]) -> list[str]:
    """The data of all buttons of a call."""
    markup = call.get("reply_markup", {})
    assert isinstance(markup, Mapping)
    return [button["callback_data"] for row in markup.get("inline_keyboard", []) for button in row]


def texts_of(call: Mapping[str, object]) -> list[str]:
    """The words on all buttons of a call."""
    markup = call.get("reply_markup", {})
    assert isinstance(markup, Mapping)
    return [button["text"] for row in markup.get("inline_keyboard", []) for button in row]
