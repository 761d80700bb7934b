"""A group or channel where a bot is a member: the fold of what happened there, and what is shown of it.

The same promises as for people: `fold_group` takes events in any order and any batches to the same state,
`view_group` is pure. Who is a member stands in the store (`Membership`); here are counts and latest values.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final

from core import scores
from core.event import Event
from core.profile.series import KEEP_DAYS, NOTHING, Draft, Series, active_days, in_window, number_of
from core.scores import DAY_MS
from core.text import TOPICS

REMOVED: Final = "removed"
"""A bot's status after it was removed: of two at one moment the larger text wins, which is this."""
_MAY_POST: Final = frozenset({"post_messages", "send_messages"})
"""Rights in the words of the Bot API without `can_`: the first in a channel, the second in a group."""


@dataclass(frozen=True, slots=True)
class GroupState:
    """The foldable record of one group.

    first_ms, last_ms: the first and the last event; 0 = none. counts: counter -> n by UTC day (counters:
    event kinds, `messages`, `session`, `joined`, `left`, `intent:<topic>`); hours: UTC day -> half hour 0..47
    -> n of messages; both reach KEEP_DAYS back. totals: event kind -> n of all time.
    latest: register -> (ts_ms, value), last writer wins, ties by larger value (registers: `bot:<id>` = status
    and rights of that bot there, `upgraded`, `topic:<thread>` = open or closed). threads: forum topic -> n of
    messages of all time."""

    first_ms: int = 0
    last_ms: int = 0
    counts: Mapping[str, Series] = field(default_factory=dict)
    hours: Mapping[int, Mapping[int, int]] = field(default_factory=dict)
    totals: Mapping[str, int] = field(default_factory=dict)
    latest: Mapping[str, tuple[int, str]] = field(default_factory=dict)
    threads: Mapping[int, int] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class GroupProfile:
    """What is shown of a group at a moment. bots: numbers of bots that are there; posting: those of them that
    may write. messages_*: windows of whole UTC days including today, without changed messages; a channel's
    posts count likewise. active_days_30d: days of 30 with a message. joined_30d, left_30d: comings and goings
    of people (of `group_*` events; `vip_*` stand beside them). topics_open: forum topics not closed.
    hour_activity: 24 faded sums of messages by UTC hour. members_seen: people ever seen there; members_now:
    of them not known to have left."""

    group_no: int
    now_ms: int
    first_seen_ms: int
    last_seen_ms: int
    bots: tuple[int, ...]
    posting: tuple[int, ...]
    messages_1d: int
    messages_7d: int
    messages_30d: int
    active_days_30d: int
    joined_30d: int
    left_30d: int
    topics_open: int
    members_seen: int
    members_now: int
    hour_activity: tuple[float, ...] = ()


def fold_group(state: GroupState, events: Sequence[Event]) -> GroupState:
    """The state with these events of the group in it. Any order and any batching of the same events gives the
    same state."""
    draft = _GroupDraft(state)
    for event in events:
        draft.take(event)
    return draft.done()


def view_group(group_no: int, state: GroupState, members: tuple[int, int], now_ms: int) -> GroupProfile:
    """The group as it is at a moment. members: people ever seen there, and of them not known to have left."""
    today = now_ms // DAY_MS
    month, bots = today - 29, _bots(state)
    messages = state.counts.get("messages", NOTHING)
    return GroupProfile(
        group_no=group_no,
        now_ms=now_ms,
        first_seen_ms=state.first_ms,
        last_seen_ms=state.last_ms,
        bots=bots_there(state),
        posting=tuple(
            sorted(bot_id for bot_id, status in bots.items() if not _MAY_POST.isdisjoint(status.split()))
        ),
        messages_1d=sum(in_window(messages, today, today)),
        messages_7d=sum(in_window(messages, today - 6, today)),
        messages_30d=sum(in_window(messages, month, today)),
        active_days_30d=active_days(in_window(messages, month, today)),
        joined_30d=sum(in_window(state.counts.get("joined", NOTHING), month, today)),
        left_30d=sum(in_window(state.counts.get("left", NOTHING), month, today)),
        topics_open=sum(
            value == "open" for name, (_, value) in state.latest.items() if name.startswith("topic:")
        ),
        members_seen=members[0],
        members_now=members[1],
        hour_activity=scores.hour_activity(scores.rhythm(state.hours, today)),
    )


def standing(state: GroupState, bot_id: int) -> tuple[bool, bool]:
    """Whether a bot is in the group, and whether it may write there."""
    status = _bots(state).get(bot_id)
    return status is not None, status is not None and not _MAY_POST.isdisjoint(status.split())


def bots_there(state: GroupState) -> tuple[int, ...]:
    """Numbers of the bots that are in the group, in their order."""
    return tuple(sorted(_bots(state)))


def has_thread(state: GroupState, thread: int) -> bool:
    """Whether a forum topic is known there and not closed; 0, the general one, always is."""
    if not thread:
        return True
    said = state.latest.get(f"topic:{thread}", (0, ""))[1]
    return said == "open" or (not said and thread in state.threads)


def chat_now(state: GroupState, chat_id: int) -> int:
    """Telegram's number of the group: since its upgrade the new one, whatever was heard last."""
    new = state.latest.get("upgraded", (0, ""))[1]
    return int(new) if new.removeprefix("-").isdecimal() else chat_id


def _bots(state: GroupState) -> dict[int, str]:
    """Bots that are there, with status and rights."""
    return {
        int(name[4:]): status
        for name, (_, status) in state.latest.items()
        if name.startswith("bot:") and status != REMOVED
    }


class _GroupDraft:
    """A state while events are folded into it."""

    __slots__ = ("draft", "first_ms", "last_ms", "threads")

    def __init__(self, state: GroupState) -> None:
        self.first_ms, self.last_ms = state.first_ms, state.last_ms
        self.draft = Draft(state.counts, state.hours, state.totals, state.latest)
        self.threads = dict(state.threads)

    def take(self, event: Event) -> None:
        ts_ms, kind = event.ts_ms, event.kind
        self.first_ms = min(self.first_ms, ts_ms) if self.first_ms else ts_ms
        self.last_ms = max(self.last_ms, ts_ms)
        draft = self.draft
        draft.total(kind)
        day = ts_ms // DAY_MS
        draft.count(kind, day)
        topics = event.props.get("topics")
        if topics:
            for topic in str(topics).split():
                if topic in TOPICS:
                    draft.count(f"intent:{topic}", day)
        step = _STEPS.get(kind)
        if step is not None:
            step(self, event)

    def done(self) -> GroupState:
        """The state, without what is older than KEEP_DAYS before the newest event."""
        oldest = self.last_ms // DAY_MS - KEEP_DAYS + 1
        counts, hours = self.draft.done(oldest)
        threads = dict(sorted(self.threads.items()))
        return GroupState(
            self.first_ms, self.last_ms, counts, hours, self.draft.totals, self.draft.latest, threads
        )


def _message(group: _GroupDraft, event: Event) -> None:
    if event.props.get("edited"):
        return
    group.draft.count("messages", event.ts_ms // DAY_MS)
    group.draft.half_hour(event.ts_ms)
    thread = number_of(event, "thread")
    if thread:
        group.threads[thread] = group.threads.get(thread, 0) + 1


def _came(group: _GroupDraft, event: Event) -> None:
    group.draft.count("joined", event.ts_ms // DAY_MS)


def _went(group: _GroupDraft, event: Event) -> None:
    group.draft.count("left", event.ts_ms // DAY_MS)


def _bot_added(group: _GroupDraft, event: Event) -> None:
    status = f"{event.props.get('status') or 'member'} {event.props.get('rights') or ''}".strip()
    group.draft.register(f"bot:{event.bot_id}", event.ts_ms, status)


def _bot_removed(group: _GroupDraft, event: Event) -> None:
    group.draft.register(f"bot:{event.bot_id}", event.ts_ms, REMOVED)


def _upgraded(group: _GroupDraft, event: Event) -> None:
    group.draft.register("upgraded", event.ts_ms, str(event.props.get("chat_id") or ""))


def _topic(group: _GroupDraft, event: Event) -> None:
    state = event.props.get("state")
    if state != "edited":
        value = "closed" if state == "closed" else "open"
        group.draft.register(f"topic:{number_of(event, 'thread')}", event.ts_ms, value)


_STEPS: Final[Mapping[str, Callable[[_GroupDraft, Event], None]]] = {
    "group_message": _message,
    "channel_posted": _message,
    "group_joined": _came,
    "group_left": _went,
    "bot_added": _bot_added,
    "bot_removed": _bot_removed,
    "group_upgraded": _upgraded,
    "topic_changed": _topic,
}
