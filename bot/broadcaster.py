"""What the handlers of broadcasts ask of the installation, and how it is said in Telegram."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Final, Protocol

from bot.texts import say
from core.consent import Reason, explain

CANCEL: Final = "bc:end:"
"""Data of the button that ends a broadcast."""
EVERYBODY: Final = "*"
"""The audience of everybody, where segments have their names."""


@dataclass(frozen=True, slots=True)
class Origin:
    """The operator's message that is to be copied, and the bot that got it."""

    bot_id: int
    chat_id: int
    message_id: int


@dataclass(frozen=True, slots=True)
class Outlook:
    """A draft and what would happen. later, never: people by reason; minutes: that sending takes."""

    name: str
    audience: str
    people: int
    messages: int
    later: Mapping[str, int]
    never: Mapping[str, int]
    minutes: int


@dataclass(frozen=True, slots=True)
class Progress:
    """How far a broadcast has got. answered, blocked, opted_out: known when it has ended, else -1."""

    name: str
    state: str
    messages: int
    done: int
    sent: int
    eta_ms: int = 0
    answered: int = -1
    blocked: int = -1
    opted_out: int = -1
    skipped: int = 0


class Broadcaster(Protocol):
    """Broadcasts for operators in Telegram. Raises KairosError with a sentence for what can't be done."""

    def may_send(self, telegram_id: int) -> bool:
        """Whether this is an operator who may send."""
        ...

    async def audiences(self) -> Sequence[tuple[str, int]]:
        """(name, people), everybody first."""
        ...

    async def draft(self, operator: int, origin: Origin, audience: str) -> Outlook:
        """Keep a draft that copies the message to this audience; what would happen."""
        ...

    async def test(self, operator: int, name: str) -> int:
        """Send it as a test; how many operators have it."""
        ...

    async def start(self, operator: int, name: str, place: tuple[int, int, int], *, best: bool) -> Progress:
        """Send it, now or at each one's best time. `place`: bot, chat and message that show its progress from
        now on."""
        ...

    async def cancel(self, operator: int, name: str) -> Progress:
        """End it; a draft as well."""
        ...

    async def progress(self, name: str) -> Progress:
        """How far it has got."""
        ...


def test_heading(name: str, variant: str, language: str) -> str:
    """The line above a message that is only a test."""
    return say("broadcast-test", language, name=name, variant=variant)


def outlook_words(found: Outlook, language: str) -> str:
    """A dry run in lines."""
    everybody = found.audience == EVERYBODY
    audience = say("broadcast-all", language) if everybody else found.audience
    lines = [
        say("broadcast-plan", language, name=found.name, audience=audience, people=found.people),
        say("broadcast-would", language, messages=found.messages, minutes=found.minutes),
    ]
    for key, counts in (("later", found.later), ("never", found.never)):
        for reason, people in counts.items():
            words = reason_words(reason, language)
            lines.append(say(f"broadcast-{key}", language, reason=words, people=people))
    return "\n".join(lines)


def stop_button(name: str, language: str) -> dict[str, object]:
    """The keyboard below the progress of a broadcast, as Telegram takes it."""
    one = {"text": say("broadcast-button-cancel", language), "callback_data": f"{CANCEL}{name}"}
    return {"inline_keyboard": [[one]]}


def reason_words(reason: str, language: str) -> str:
    """A reason by which people are counted, in words."""
    if reason == "no_hour":
        return say("broadcast-no-hour", language)
    known = Reason.__members__.get(reason.upper())
    words = explain(int(known), 0, language) if known is not None else []
    return words[0] if words else reason.replace("_", " ")


def progress_words(found: Progress, language: str) -> str:
    """How far it has got, or what came of it, in lines."""
    state = say(f"broadcast-state-{found.state}", language)
    if found.answered < 0:
        lines = [
            say(
                "broadcast-progress",
                language,
                name=found.name,
                state=state,
                done=found.done,
                messages=found.messages,
                sent=found.sent,
            )
        ]
    else:
        lines = [
            say(
                "broadcast-report",
                language,
                name=found.name,
                state=state,
                sent=found.sent,
                answered=found.answered,
                blocked=found.blocked,
                out=found.opted_out,
            )
        ]
    if found.skipped:
        lines.append(say("broadcast-skipped", language, people=found.skipped))
    if found.eta_ms:
        time = datetime.fromtimestamp(found.eta_ms / 1000, UTC).strftime("%Y-%m-%d %H:%M")
        lines.append(say("broadcast-eta", language, time=time))
    return "\n".join(lines)
