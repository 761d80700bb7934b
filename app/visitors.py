"""What handlers ask of the installation: who stands before them, and the ways out for their answers.

Fulfils `bot.visitor.House`. Messages go through the ledger, at most once; a file goes with its message and is
kept nowhere; acknowledgements and edits go straight to Telegram, those that name a chat in the pacer's turn,
those about money again and again as long as Telegram waits.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Final, Protocol

from adapters.telegram.messenger import call_of
from app.mydata import collect
from bot.texts import pick
from bot.visitor import ABOUT_MONEY, FORGET_YES, VIP, File, Preferences, Visitor
from core.errors import AmbiguousError, ContentError, NotFoundError, RateLimitedError, TransportError
from core.event import InboxLane, lane_of
from core.flow.capture import Read
from core.flow.reply import Reply, ReplyDeps, in_turn, reply
from core.identity import Captured, Identity
from core.ledger import LEAVES_MS
from core.ports import Clock, InboxRow, Receipt
from core.profile import ProfileState
from core.profile.values import GIVEN, Purchase

Forget = Callable[[Identity], Awaitable[bool]]
"""Note the wish to be forgotten, durably; False when nobody is known by the identity."""


MONEY_MS: Final = 8_000
"""So long an answer about money is tried: Telegram waits 10 seconds, from before we had the question."""
MONEY_CONNECT_S: Final = 2.0
AGAIN_S: Final = 0.5
VIP_MS: Final = 30 * 86_400_000
"""So long a payment for VIP lasts that is no subscription."""


class Client(Protocol):
    """A bot's way to Telegram: `adapters.telegram.client.TelegramClient`."""

    bot_id: int

    async def call(
        self,
        method: str,
        params: Mapping[str, object],
        /,
        *,
        answer_s: float = ...,
        connect_s: float = ...,
    ) -> object: ...
    async def upload(
        self,
        method: str,
        params: Mapping[str, object],
        files: Mapping[str, tuple[str, bytes]],
        /,
        *,
        connect_s: float,
    ) -> object: ...


class Visitors:
    """For all bots of the installation. `language`: spoken to those whose own is none of ours."""

    def __init__(self, deps: ReplyDeps, clients: Sequence[Client], language: str, forget: Forget) -> None:
        self._deps = deps
        self._clients = {client.bot_id: client for client in clients}
        self._language = language
        self._forget = forget

    async def find(self, identity: Identity, client_language: str) -> Visitor:
        """The person as the record has them now; a stranger with nothing set where nobody is known."""
        async with self._deps.store.transaction(write=False) as tx:
            person_no = await tx.people.find(identity)
            records = await tx.people.load([person_no]) if person_no is not None else {}
        record = records.get(person_no) if person_no is not None else None
        state = record.state if record else ProfileState()
        chosen = preferences_of(state)
        return Visitor(
            identity,
            pick(chosen.language, client_language, self._language),
            consented=_latest(state, "consent") == GIVEN,
            preferences=chosen,
            known=person_no is not None,
            in_vip=any(said == "in" for name, (_, said) in state.latest.items() if name.startswith("vip:")),
        )

    async def leave_nothing(self, read: Read, rows: Sequence[InboxRow]) -> None:
        """Keep nothing but their numbers of those of these updates whose person is not known any more."""
        whose = {row.id: one for row in rows if (one := _whose(read, row)) is not None}
        store = self._deps.store
        async with store.transaction(write=False) as tx:
            known = await tx.people.known(list(dict.fromkeys(whose.values())))
        strangers = [row_id for row_id, identity in whose.items() if identity not in known]
        if strangers:
            async with store.transaction() as tx:
                await tx.inbox.emptied(strangers)

    async def answer(self, ask: Reply, file: File | None = None) -> Receipt | None:
        """A message of a handler, through the ledger. The file itself is not in the ledger."""
        if file is None:
            return await reply(self._deps, ask)
        courier = _Courier(self._client(ask.bot_id), self._deps.clock, file)
        return await reply(replace(self._deps, messenger=courier), ask)

    async def call(self, bot_id: int, method: str, params: Mapping[str, object]) -> object:
        """An acknowledgement or an edit. What names a chat pays the pacer, as every such call does."""
        client = self._client(bot_id)
        if method in ABOUT_MONEY:
            return await self._insist(client, method, params)
        chat_id = params.get("chat_id")
        if not isinstance(chat_id, int):
            return await client.call(method, params)
        return await in_turn(self._deps, bot_id, chat_id, lambda: client.call(method, params))

    async def _insist(self, client: Client, method: str, params: Mapping[str, object]) -> object:
        """Give an answer about money: again for MONEY_MS, while it is sure that none has arrived."""
        clock = self._deps.clock
        until_ms = clock.now_ms() + MONEY_MS
        while True:
            try:
                return await client.call(method, params, answer_s=MONEY_MS / 1000, connect_s=MONEY_CONNECT_S)
            except TransportError as error:
                wait_s = error.retry_after_s if isinstance(error, RateLimitedError) else AGAIN_S
                final = error.permanent or isinstance(error, AmbiguousError)
                if final or clock.now_ms() + wait_s * 1000 > until_ms:
                    raise
            await clock.sleep(max(wait_s, AGAIN_S))

    async def mydata(self, identity: Identity) -> Mapping[str, Any] | None:
        return await collect(self._deps.store, identity, self._deps.clock.now_ms())

    async def has_paid_for_vip(self, identity: Identity) -> bool:
        """What was paid for stands in the events alone; they are read only where a payment is recent."""
        now_ms = self._deps.clock.now_ms()
        async with self._deps.store.transaction(write=False) as tx:
            person_no = await tx.people.find(identity)
            if person_no is None:
                return False
            state = (await tx.people.load([person_no]))[person_no].state
            lasting = {charge for charge, one in state.purchases.items() if _lasts(one, now_ms)}
            events = [item.event for item in await tx.events.all_of_person(person_no)] if lasting else []
        paid = (event.props for event in events if event.kind == "payment_succeeded")
        return any(props.get("payload") == VIP and props.get("charge") in lasting for props in paid)

    async def forget(self, identity: Identity) -> bool:
        return await self._forget(identity)

    def _client(self, bot_id: int) -> Client:
        client = self._clients.get(bot_id)
        if client is None:
            raise NotFoundError(f"bot {bot_id} is not configured", next_step="add it to bots in config.yaml")
        return client


def _whose(read: Read, row: InboxRow) -> Identity | None:
    try:
        sender = read(row).sender
    except ContentError:
        return None
    return sender.identity if sender is not None else None


def never_passed_over(captured: Captured) -> bool:
    """Whether an update's handlers must run however much else the same person has waiting: a question of
    Telegram about money, and the yes to be forgotten."""
    return lane_of([captured.update_kind]) is InboxLane.QUESTION or asks_to_be_forgotten(captured)


def asks_to_be_forgotten(captured: Captured) -> bool:
    """Whether an update is the yes to be forgotten."""
    taps = (event for event in captured.events if event.kind == "button_tapped")
    return any(event.props.get("button") == FORGET_YES for event in taps)


def preferences_of(state: ProfileState) -> Preferences:
    """What the person set, from the registers of the record."""
    return Preferences(
        frequency=_latest(state, "frequency"),
        quiet=_latest(state, "quiet"),
        muted=frozenset(filter(None, _latest(state, "muted").split("."))),
        zone=_latest(state, "zone"),
        language=_latest(state, "language"),
    )


def _lasts(purchase: Purchase, now_ms: int) -> bool:
    return purchase.kept and now_ms < (purchase.until_ms or purchase.paid_ms + VIP_MS)


def _latest(state: ProfileState, register: str) -> str:
    return state.latest.get(register, (0, ""))[1]


@dataclass(frozen=True, slots=True)
class _Courier:
    """A messenger for one message with a file: `core.ports.Messenger`."""

    client: Client
    clock: Clock
    file: File

    async def send(self, bot_id: int, chat_id: int, body: Mapping[str, object]) -> Receipt:
        method, params = call_of(chat_id, body)
        files = {self.file.field: (self.file.name, self.file.data)}
        sent = await self.client.upload(method, params, files, connect_s=LEAVES_MS / 1000)
        made = sent.get("message_id", 0) if isinstance(sent, dict) else 0
        return Receipt(telegram_id=int(made), at_ms=self.clock.now_ms())
