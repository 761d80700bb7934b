"""Events into the record: counters add up, registers keep the latest, so that order and batching don't
matter."""

from __future__ import annotations

from bisect import insort
from collections.abc import Callable, Mapping, Sequence
from typing import Final, TypeVar

from core.event import ACTIVE_KINDS, Event
from core.profile.values import GIVEN, KEEP_DAYS, WITHDRAWN, BotLink, ProfileState
from core.scores import DAY_MS, HALF_HOUR_MS
from core.text import TOPICS

K = TypeVar("K", int, str)
V = TypeVar("V")

_CAMPAIGNS: Final = "campaigns"


def fold(state: ProfileState, events: Sequence[Event]) -> ProfileState:
    """The state with these events in it. Any order and any batching of the same events gives the same
    state."""
    draft = _Draft(state)
    for event in events:
        draft.count(event)
        step = _STEPS.get(event.kind)
        if step is not None:
            step(draft, event)
    return draft.done()


class _Draft:
    """A state while events are folded into it; inner mappings are copied before they change."""

    __slots__ = (
        "answers",
        "bots",
        "days",
        "hours",
        "kinds",
        "latest",
        "marks",
        "money",
        "sends",
        "slots",
        "totals",
    )

    def __init__(self, state: ProfileState) -> None:
        self.marks = (state.first_ms, state.last_ms, state.seen_ms)
        self.days = dict(state.days)
        self.hours = dict(state.hours)
        self.totals = dict(state.totals)
        self.latest = dict(state.latest)
        self.bots = dict(state.bots)
        self.sends = list(state.sends)
        self.answers = list(state.answers)
        self.kinds = dict(state.kinds)
        self.slots = dict(state.slots)
        self.money = dict(state.money)

    def count(self, event: Event) -> None:
        """What every event does: counters, and signs of life."""
        ts_ms, kind = event.ts_ms, event.kind
        first_ms, last_ms, seen_ms = self.marks
        active = kind in ACTIVE_KINDS
        self.marks = (
            min(first_ms, ts_ms) if first_ms else ts_ms,
            max(last_ms, ts_ms),
            max(seen_ms, ts_ms) if active else seen_ms,
        )
        self.totals = _put(self.totals, kind, self.totals.get(kind, 0) + 1)
        counters = [kind]
        if active:
            counters.append("active")
            self.live(event)
        topics = event.props.get("topics")
        if topics:
            counters.extend(f"intent:{topic}" for topic in str(topics).split() if topic in TOPICS)
        day = ts_ms // DAY_MS
        today = dict(self.days.get(day, ()))
        for counter in counters:
            today = _put(today, counter, today.get(counter, 0) + 1)
        self.days = _put(self.days, day, today)

    def live(self, event: Event) -> None:
        """A sign of life: the half hour, the bot spoken with, what the client says about the person."""
        ts_ms, bot_id = event.ts_ms, event.bot_id
        day, index = ts_ms // DAY_MS, ts_ms % DAY_MS // HALF_HOUR_MS
        halves = dict(self.hours.get(day, ()))
        self.hours = _put(self.hours, day, _put(halves, index, halves.get(index, 0) + 1))
        if bot_id:
            self.register("bot", ts_ms, str(bot_id))
            self.link(bot_id, BotLink(seen_ms=ts_ms))
        props = event.props
        if props.get("language"):
            self.register("client_language", ts_ms, str(props["language"]))
        if "premium" in props:
            self.register("premium", ts_ms, "1" if props["premium"] else "0")

    def register(self, name: str, ts_ms: int, value: str) -> None:
        """Last writer wins; of two at one moment the larger value."""
        now = (ts_ms, value)
        if now > self.latest.get(name, (0, "")):
            self.latest = _put(self.latest, name, now)

    def link(self, bot_id: int, news: BotLink) -> None:
        """The latest moment of each kind."""
        old = self.bots.get(bot_id)
        if old is not None:
            news = BotLink(
                max(old.started_ms, news.started_ms),
                max(old.seen_ms, news.seen_ms),
                max(old.blocked_ms, news.blocked_ms),
                max(old.unblocked_ms, news.unblocked_ms),
            )
        self.bots = _put(self.bots, bot_id, news)

    def tally(self, kind: str, slot: int, sent: int, answered: int) -> None:
        """Sent and answered by content kind and by UTC hour of the sending."""
        old = self.kinds.get(kind, (0, 0))
        self.kinds = _put(self.kinds, kind, (old[0] + sent, old[1] + answered))
        old = self.slots.get(slot, (0, 0))
        self.slots = _put(self.slots, slot, (old[0] + sent, old[1] + answered))

    def done(self) -> ProfileState:
        """The state, without what is older than KEEP_DAYS before the newest event."""
        first_ms, last_ms, seen_ms = self.marks
        oldest = last_ms // DAY_MS - KEEP_DAYS + 1
        since_ms = oldest * DAY_MS
        return ProfileState(
            first_ms,
            last_ms,
            seen_ms,
            _since(self.days, oldest),
            _since(self.hours, oldest),
            self.totals,
            self.latest,
            self.bots,
            tuple(ts_ms for ts_ms in self.sends if ts_ms >= since_ms),
            tuple(ts_ms for ts_ms in self.answers if ts_ms >= since_ms),
            self.kinds,
            self.slots,
            self.money,
        )


def _put(mapping: dict[K, V], key: K, value: V) -> dict[K, V]:
    """Set a key, and keep the keys ascending."""
    if key in mapping or not mapping or next(reversed(mapping)) < key:
        mapping[key] = value
        return mapping
    mapping[key] = value
    return dict(sorted(mapping.items(), key=_key))


def _key(item: tuple[K, V]) -> K:
    return item[0]


def _since(buckets: dict[int, V], oldest: int) -> dict[int, V]:
    if not buckets or next(iter(buckets)) >= oldest:
        return buckets
    return {day: bucket for day, bucket in buckets.items() if day >= oldest}


def _hour(ts_ms: int) -> int:
    return ts_ms % DAY_MS // 3_600_000


def _started(draft: _Draft, event: Event) -> None:
    draft.link(event.bot_id, BotLink(started_ms=event.ts_ms))
    campaign = str(event.props.get("campaign") or "")
    if not campaign:
        return
    draft.register("campaign_last", event.ts_ms, campaign)
    first = (event.ts_ms, campaign)
    if first < draft.latest.get("campaign_first", (event.ts_ms + 1, "")):
        draft.latest = _put(draft.latest, "campaign_first", first)


def _blocked(draft: _Draft, event: Event) -> None:
    draft.link(event.bot_id, BotLink(blocked_ms=event.ts_ms))


def _unblocked(draft: _Draft, event: Event) -> None:
    draft.link(event.bot_id, BotLink(unblocked_ms=event.ts_ms))


def _gone(draft: _Draft, event: Event) -> None:
    draft.register("gone", event.ts_ms, "1")


def _paid(draft: _Draft, event: Event) -> None:
    currency = str(event.props.get("currency") or "")
    amount = int(event.props.get("amount_minor") or 0)
    draft.money = _put(draft.money, currency, draft.money.get(currency, 0) + amount)
    draft.register("purchase", event.ts_ms, str(event.props.get("charge") or ""))


def _consented(draft: _Draft, event: Event) -> None:
    purpose = str(event.props.get("purpose") or _CAMPAIGNS)
    name = "consent" if purpose == _CAMPAIGNS else f"consent:{purpose}"
    draft.register(name, event.ts_ms, GIVEN if event.kind == "consent_given" else WITHDRAWN)


def _zone_declared(draft: _Draft, event: Event) -> None:
    draft.register("zone", event.ts_ms, str(event.props.get("zone") or ""))


def _language_chosen(draft: _Draft, event: Event) -> None:
    draft.register("language", event.ts_ms, str(event.props.get("language") or ""))


def _campaign_sent(draft: _Draft, event: Event) -> None:
    insort(draft.sends, event.ts_ms)
    draft.tally(str(event.props.get("kind") or ""), _hour(event.ts_ms), 1, 0)


def _campaign_answered(draft: _Draft, event: Event) -> None:
    insort(draft.answers, event.ts_ms)
    sent_ms = int(event.props.get("sent_ms") or event.ts_ms)
    draft.tally(str(event.props.get("kind") or ""), _hour(sent_ms), 0, 1)


_STEPS: Final[Mapping[str, Callable[[_Draft, Event], None]]] = {
    "started": _started,
    "bot_blocked": _blocked,
    "bot_unblocked": _unblocked,
    "account_gone": _gone,
    "payment_succeeded": _paid,
    "consent_given": _consented,
    "consent_withdrawn": _consented,
    "timezone_declared": _zone_declared,
    "language_chosen": _language_chosen,
    "campaign_sent": _campaign_sent,
    "campaign_answered": _campaign_answered,
}
