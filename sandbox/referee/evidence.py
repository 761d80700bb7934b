"""What the referee gets to see, and the two readings of it that every rule starts from.

`accepted_messages` reads the server's log of calls as messages that reached a chat; `read_happenings` reads
the updates of people as the few facts that rules turn on (see `facts`).
All times are UTC milliseconds. In private chats the chat id is the person's Telegram id, and that is what
"person" means here.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

import orjson

from sandbox.log import Emitted, Received
from sandbox.referee.facts import Fact, fact_of, person_of

PERMIT_MS: Final = 5_000
"""A permit is good for five seconds, so a revocation binds that long after the product could know of it."""

CampaignKind: Final = "campaign"

_ROW_BUTTON: Final = re.compile(r"c:([^:]+):([^:]*)")


@dataclass(frozen=True, slots=True)
class Evidence:
    """All that a verdict rests on. `received`, `emitted` and `acknowledged` come from the sandbox's log,
    `history` are the lines that were imported before the run, `ledger` and `inbox` are exported by the
    product, the rest are plain tables.

    `limits` are the segments' ceilings by name, `plain` those of people in no segment, `posts` those of a
    group (`per_day`, `per_week`, `gap_h`). `switches` are what operators stopped and let go on, as the
    product's audit trail tells it: `{"at_ms", "switch", "on"}` with `kill`, `pause:bot:ID`,
    `pause:campaign:NAME` or `pause:segment:NAME`; `round_trip_ms` is what a request may have been under way.

    `inbox` holds (bot id, update id, state); where the product prunes what is done, `inbox_since_ms` says
    from which update time on it is complete. `clean_stop` is false for a product that was killed and not
    started again.
    """

    received: Sequence[Received]
    emitted: Sequence[Emitted]
    ledger: Sequence[Mapping[str, Any]]
    limits: Mapping[str, Mapping[str, float]]
    inbox: Sequence[tuple[int, int, str]] = ()
    acknowledged: Mapping[int, int] = field(default_factory=dict)
    history: Iterable[Mapping[str, Any]] = ()
    caps: Mapping[str, int] = field(default_factory=lambda: {"per_day": 3, "per_week": 10})
    quiet: Mapping[str, int] = field(default_factory=lambda: {"from": 22, "to": 8})
    true_zones: Mapping[int, str] = field(default_factory=dict)
    holdout: Sequence[int] = ()
    clean_stop: bool = True
    inbox_since_ms: int = 0
    plain: Mapping[str, float] = field(
        default_factory=lambda: {"daily_limit": 1, "cooldown_h": 20, "period_days": 1}
    )
    posts: Mapping[str, float] = field(default_factory=lambda: {"per_day": 1, "per_week": 3, "gap_h": 20})
    switches: Sequence[Mapping[str, Any]] = ()
    round_trip_ms: int = 1_000


@dataclass(frozen=True, slots=True)
class Sent:
    """A message the server accepted into a chat. `row_id` and `content_kind` are what its campaign buttons
    say, if it has any."""

    seq: int
    at_ms: int
    bot_id: int
    chat_id: int
    message_id: int
    row_id: str | None
    look: bytes
    """What it looked like, to recognise the same answer given twice."""
    content_kind: str = ""


@dataclass(frozen=True, slots=True)
class Happening:
    """One update of a person. `known_ms` is when the product could first know of it, None when it never
    could.
    """

    at_ms: int
    known_ms: int | None
    bot_id: int
    user_id: int
    fact: Fact
    value: str = ""


def accepted_messages(received: Iterable[Received]) -> list[Sent]:
    """Messages that reached a chat, in the order of the server's receipt."""
    messages = [_as_sent(call) for call in received if _is_message(call)]
    return sorted(messages, key=lambda sent: (sent.at_ms, sent.seq))


def read_happenings(evidence: Evidence) -> dict[int, list[Happening]]:
    """What each person did, oldest first: imported history, then what the server emitted."""
    told = {one.bot_id for one in evidence.emitted if one.handed_at_ms is not None}
    by_person: defaultdict[int, list[Happening]] = defaultdict(list)
    for line in evidence.history:
        at_ms = int(line["received_at_ms"])
        _note(by_person, line["update"], int(line["bot_id"]), (at_ms, at_ms))
    for one in evidence.emitted:
        known = one.handed_at_ms if one.bot_id in told else one.at_ms
        _note(by_person, one.body, one.bot_id, (one.at_ms, known))
    for happenings in by_person.values():
        happenings.sort(key=lambda happening: happening.at_ms)
    return dict(by_person)


def _note(
    by_person: defaultdict[int, list[Happening]],
    body: Mapping[str, Any],
    bot_id: int,
    times: tuple[int, int | None],
) -> None:
    user_id = person_of(body)
    if user_id is not None:
        fact, value = fact_of(body)
        by_person[user_id].append(Happening(*times, bot_id, user_id, fact, value))


def _is_message(call: Received) -> bool:
    sends = call.method.startswith(("send", "copy", "forward")) and call.method != "sendChatAction"
    return sends and call.delivered and call.message_id is not None


def _as_sent(call: Received) -> Sent:
    row_id, content_kind = _row_of_buttons(call.params.get("reply_markup"))
    look = {name: value for name, value in call.params.items() if name != "chat_id"}
    return Sent(
        seq=call.seq,
        at_ms=call.at_ms,
        bot_id=call.bot_id,
        chat_id=call.chat_id,
        message_id=call.message_id or 0,
        row_id=row_id,
        look=orjson.dumps([call.method, look], option=orjson.OPT_SORT_KEYS, default=repr),
        content_kind=content_kind,
    )


def _row_of_buttons(markup: object) -> tuple[str | None, str]:
    for data in _callback_data(markup):
        if match := _ROW_BUTTON.match(data):
            return match.group(1), match.group(2)
    return None, ""


def _callback_data(markup: object) -> Iterable[str]:
    if isinstance(markup, str | bytes):
        markup = orjson.loads(markup) if markup else None
    if not isinstance(markup, Mapping):
        return
    for line in markup.get("inline_keyboard", ()):
        for button in line:
            if data := button.get("callback_data"):
                yield str(data)
