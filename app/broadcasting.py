"""Broadcasts from Telegram, on the installation's side: fulfils `bot.broadcaster.Broadcaster`.

A broadcast made there copies the operator's own message. The message that shows its progress is remembered in
the store, so that a restart goes on editing it: at most every five seconds, and a last time with the report.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from math import ceil
from typing import Final

from app.desk.broadcasts import Broadcasts, Line, Place
from app.desk.campaigns import eta_ms, result_of
from app.parts import Operator
from app.trial import Trial, send_trial
from bot.broadcaster import EVERYBODY, Origin, Outlook, Progress, progress_words, stop_button
from bot.texts import pick
from core.broadcast import CANCELLED, DONE, Audience, Broadcast, Copied, Variant, When
from core.catalog import language_of
from core.errors import RefusedError, TransportError
from core.flow.broadcast import expand_due
from core.flow.reply import ReplyDeps
from core.identity import telegram

TELL: Final = "tell:"
"""Mark of a broadcast: which message shows its progress, in which language, and when it was edited last."""
EVERY_MS: Final = 5_000
IDLE_S: Final = 5.0
BEST_H: Final = 24
ENDED: Final = (DONE, CANCELLED)
SENT: Final = ("sent", "unknown")
Call = Callable[[int, str, Mapping[str, object]], Awaitable[object]]
"""(bot, method, parameters): an edit, in the pacer's turn."""


@dataclass(frozen=True, slots=True)
class Told:
    """The message that shows a broadcast's progress."""

    bot_id: int
    chat_id: int
    message_id: int
    language: str
    edited_ms: int = 0

    @classmethod
    def read(cls, value: str) -> Told:
        """From its mark."""
        bot, chat, message, language, edited = value.split(":")
        return cls(int(bot), int(chat), int(message), language, int(edited))

    def __str__(self) -> str:
        return f"{self.bot_id}:{self.chat_id}:{self.message_id}:{self.language}:{self.edited_ms}"


class TelegramBroadcasts:
    """For all operators. What is started here begins at once: its first page waits for no schedule."""

    def __init__(self, place: Place, reply: ReplyDeps, operators: Sequence[Operator], call: Call) -> None:
        self._place = place
        self._store = place.deps.store
        self._trial = Trial(place.deps, reply, operators)
        self._operators = {one.telegram_id: one for one in operators if one.may_send}
        self._call = call
        self._shown: dict[str, str] = {}

    # ------------------------------------------------------------------ what handlers ask
    def may_send(self, telegram_id: int) -> bool:
        return telegram_id in self._operators

    async def audiences(self) -> Sequence[tuple[str, int]]:
        async with self._store.transaction(write=False) as tx:
            sizes = await tx.people.segment_sizes()
            everybody = await tx.people.count()
        named = [(spec.name, sizes.get(spec.name, 0)) for spec in self._place.deps.specs]
        return [(EVERYBODY, everybody), *named]

    async def draft(self, operator: int, origin: Origin, audience: str) -> Outlook:
        desk = self._desk(operator)
        everybody = audience == EVERYBODY
        whom = Audience(everybody=True) if everybody else Audience(segments=(audience,))
        copied = Variant("a", "", 1.0, Copied(origin.chat_id, origin.message_id))
        line = await desk.put_new(Broadcast("tg-new", whom, (copied,), bot_id=origin.bot_id))
        found = await desk.dry_run(line.broadcast)
        survey = found.survey
        return Outlook(
            line.broadcast.name,
            audience,
            survey.audience,
            survey.messages,
            survey.later,
            survey.never,
            ceil(found.hours * 60) if found.hours * 60 >= 1 else 0,
        )

    async def test(self, operator: int, name: str) -> int:
        desk = self._desk(operator)
        found = await send_trial(self._trial, (await desk.line(name)).broadcast)
        people = sum(one.sent > 0 for one in found)
        await desk.tested(name, people)
        return people

    async def start(self, operator: int, name: str, place: tuple[int, int, int], *, best: bool) -> Progress:
        desk = self._desk(operator)
        line = await desk.line(name)
        if best and line.state == "draft":
            await desk.put(replace(line.broadcast, when=When(best_h=BEST_H)))
        await desk.start(name)
        async with self._store.transaction() as tx:
            number = await tx.people.find(telegram(operator))
            records = await tx.people.load([number] if number is not None else [])
            language = pick(*(language_of(one) for one in records.values()), self._place.deps.language)
            await tx.control.set_mark(f"{TELL}{name}", str(Told(*place, language, self._now())))
        await expand_due(self._place.deps, self._now())
        return self._progress(await desk.line(name))

    async def cancel(self, operator: int, name: str) -> Progress:
        await self._desk(operator).cancel(name)
        async with self._store.transaction() as tx:
            await tx.control.set_mark(f"{TELL}{name}", None)
        return await self.progress(name)

    async def progress(self, name: str) -> Progress:
        line = await Broadcasts(self._place, "").line(name)
        if line.state not in ENDED:
            return self._progress(line)
        result = await result_of(self._place, name)
        return replace(
            self._progress(line),
            answered=sum(one.answered.hits for one in result.figures),
            blocked=sum(one.blocked.hits for one in result.figures),
            opted_out=sum(one.opted_out.hits for one in result.figures),
            skipped=sum(result.skipped.values()),
        )

    # ------------------------------------------------------------------ its own service
    async def watch(self) -> float:
        """Bring the messages that show progress up to date; the seconds until it is worth looking again."""
        async with self._store.transaction(write=False) as tx:
            marks = await tx.control.marks(TELL)
        for mark in marks:
            name = mark.removeprefix(TELL)
            found = await self.progress(name)
            told = await self._turn(mark, ended=found.state in ENDED)
            if told is not None:
                await self._edit(told, name, found)
        return IDLE_S

    async def _turn(self, mark: str, *, ended: bool) -> Told | None:
        """The message, if it is time to edit it again; of several processes one gets the turn."""
        now_ms = self._now()
        async with self._store.transaction() as tx:
            value = (await tx.control.marks(mark)).get(mark)
            if value is None:
                return None
            told = Told.read(value)
            if now_ms - told.edited_ms < EVERY_MS:
                return None
            await tx.control.set_mark(mark, None if ended else str(replace(told, edited_ms=now_ms)))
        return told

    async def _edit(self, told: Told, name: str, found: Progress) -> None:
        text = progress_words(found, told.language)
        if self._shown.get(name) == text:
            return
        params: dict[str, object] = {
            "chat_id": told.chat_id,
            "message_id": told.message_id,
            "text": text,
        }
        if found.state in ENDED:
            self._shown.pop(name, None)
        else:
            self._shown[name] = text
            params["reply_markup"] = stop_button(name, told.language)
        try:
            await self._call(told.bot_id, "editMessageText", params)
        except TransportError:
            return  # it shows no more than the record has already; the next one may get through

    # ------------------------------------------------------------------ inside
    def _desk(self, operator: int) -> Broadcasts:
        known = self._operators.get(operator)
        if known is None:
            raise RefusedError("only operators who may send can do this")
        return Broadcasts(self._place, f"telegram:{known.name}")

    def _progress(self, line: Line) -> Progress:
        return Progress(
            line.broadcast.name,
            line.state,
            line.rows,
            line.rows - line.waiting,
            sum(line.states.get(state, 0) for state in SENT),
            eta_ms(self._place, line),
        )

    def _now(self) -> int:
        return self._place.clock.now_ms()
