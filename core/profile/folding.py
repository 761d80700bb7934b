"""Events into the record: counters add up, registers keep the latest, so that order and batching don't
matter."""

from __future__ import annotations

import math
from bisect import insort
from collections.abc import Callable, Mapping, Sequence
from typing import Final

from core.event import ACTIVE_KINDS, Event, Scalar
from core.keyed import LINK_KINDS
from core.profile.series import KEEP_DAYS, LARGEST, Draft, number_of, put
from core.profile.values import GIVEN, WITHDRAWN, BotLink, ProfileState, Purchase
from core.scores import DAY_MS
from core.text import TOPICS

_CAMPAIGNS: Final = "campaigns"
_IN_PRIVATE: Final = ACTIVE_KINDS - {
    "poll_answered",
    "inline_searched",
    "business_message",
    "boosted",
    "group_message",
    "join_requested",
}
"""Signs of life towards the bot itself; outside groups they tell which bot the person last spoke with."""
_EDITABLE: Final = frozenset({"group_message", "business_message"})
_WISHES: Final = frozenset({"frequency", "quiet", "muted"})
_MAX_NAME: Final = 64
_MAX_FACT: Final = 200
"""Characters of a stated fact that are kept."""


def fold(state: ProfileState, events: Sequence[Event]) -> ProfileState:
    """The state with these events in it. Any order and any batching of the same events gives the same
    state."""
    person = _Person(state)
    for event in events:
        person.take(event)
        step = _STEPS.get(event.kind)
        if step is not None:
            step(person, event)
    return person.done()


class _Person:
    """A state while events are folded into it."""

    __slots__ = (
        "answers",
        "bots",
        "draft",
        "facts",
        "first_ms",
        "groups",
        "kinds",
        "last_ms",
        "purchases",
        "seen_ms",
        "sends",
        "slots",
        "tags",
    )

    def __init__(self, state: ProfileState) -> None:
        self.first_ms, self.last_ms, self.seen_ms = state.first_ms, state.last_ms, state.seen_ms
        self.draft = Draft(state.counts, state.hours, state.totals, state.latest)
        self.bots = dict(state.bots)
        self.groups = dict(state.groups)
        self.sends, self.answers = state.sends, state.answers
        self.kinds, self.slots = state.kinds, state.slots
        self.purchases, self.facts, self.tags = state.purchases, state.facts, state.tags

    def take(self, event: Event) -> None:
        """What every event does: counters, and signs of life."""
        ts_ms, kind = event.ts_ms, event.kind
        if ts_ms < self.first_ms or not self.first_ms:
            self.first_ms = ts_ms
        self.last_ms = max(self.last_ms, ts_ms)
        draft, day = self.draft, ts_ms // DAY_MS
        draft.total(kind)
        draft.count("edited" if kind in _EDITABLE and event.props.get("edited") else kind, day)
        if kind in ACTIVE_KINDS:
            draft.count("active", day)
            self.live(event)
        topics = event.props.get("topics")
        if topics:
            for topic in str(topics).split():
                if topic in TOPICS:
                    draft.count(f"intent:{topic}", day)
        if event.group_no:
            self.groups = put(self.groups, event.group_no, max(ts_ms, self.groups.get(event.group_no, 0)))

    def live(self, event: Event) -> None:
        """A sign of life: the half hour, the bot spoken with, what the client says about the person."""
        ts_ms, bot_id, draft, props = event.ts_ms, event.bot_id, self.draft, event.props
        self.seen_ms = max(self.seen_ms, ts_ms)
        draft.half_hour(ts_ms)
        if bot_id and not event.group_no and event.kind in _IN_PRIVATE:
            draft.register("bot", ts_ms, str(bot_id))
            self.link(bot_id, seen_ms=ts_ms)
        language = props.get("language")
        if language:
            draft.register("client_language", ts_ms, str(language))
        if "premium" in props:
            draft.register("premium", ts_ms, "1" if props["premium"] else "0")

    def link(
        self,
        bot_id: int,
        *,
        started_ms: int = 0,
        seen_ms: int = 0,
        blocked_ms: int = 0,
        unblocked_ms: int = 0,
    ) -> None:
        """The latest moment of each kind."""
        old = self.bots.get(bot_id, _NO_LINK)
        news = BotLink(
            max(old.started_ms, started_ms),
            max(old.seen_ms, seen_ms),
            max(old.blocked_ms, blocked_ms),
            max(old.unblocked_ms, unblocked_ms),
        )
        self.bots = put(self.bots, bot_id, news)

    def tally(self, kind: str, slot: int, sent: int, answered: int) -> None:
        """Sent and answered by content kind and by UTC hour of the sending."""
        old = self.kinds.get(kind, (0, 0))
        self.kinds = put(dict(self.kinds), kind, (old[0] + sent, old[1] + answered))
        old = self.slots.get(slot, (0, 0))
        self.slots = put(dict(self.slots), slot, (old[0] + sent, old[1] + answered))

    def done(self) -> ProfileState:
        """The state, without what is older than KEEP_DAYS before the newest event."""
        oldest = self.last_ms // DAY_MS - KEEP_DAYS + 1
        counts, hours = self.draft.done(oldest)
        since_ms = oldest * DAY_MS
        return ProfileState(
            self.first_ms,
            self.last_ms,
            self.seen_ms,
            counts,
            hours,
            self.draft.totals,
            self.draft.latest,
            self.bots,
            _since(self.sends, since_ms),
            _since(self.answers, since_ms),
            self.kinds,
            self.slots,
            self.groups,
            self.purchases,
            self.facts,
            self.tags,
        )


def forgets(state: ProfileState, now_ms: int) -> bool:
    """Whether an event of this moment would make the record drop something old."""
    oldest = max(state.last_ms, now_ms) // DAY_MS - KEEP_DAYS + 1
    if any(row[0] < oldest for row in state.counts.values()):
        return True
    if state.hours and next(iter(state.hours)) < oldest:
        return True
    return any(moments[0] < oldest * DAY_MS for moments in (state.sends, state.answers) if moments)


_NO_LINK: Final = BotLink()


def _since(moments: tuple[int, ...], since_ms: int) -> tuple[int, ...]:
    if not moments or moments[0] >= since_ms:
        return moments
    return tuple(ts_ms for ts_ms in moments if ts_ms >= since_ms)


def _with(moments: tuple[int, ...], ts_ms: int) -> tuple[int, ...]:
    found = [*moments]
    insort(found, ts_ms)
    return tuple(found)


def _hour(ts_ms: int) -> int:
    return ts_ms % DAY_MS // 3_600_000


def _word(event: Event, name: str, default: str = "") -> str:
    return str(event.props.get(name) or default)


def _started(person: _Person, event: Event) -> None:
    person.link(event.bot_id, started_ms=event.ts_ms)
    campaign, link = _word(event, "campaign"), event.props.get("link")
    if link in LINK_KINDS:
        person.draft.total(f"link:{link}")
    if campaign and link != "forged":
        person.draft.register("campaign_last", event.ts_ms, campaign)
        person.draft.first("campaign_first", event.ts_ms, campaign)


def _blocked(person: _Person, event: Event) -> None:
    person.link(event.bot_id, blocked_ms=event.ts_ms)


def _unblocked(person: _Person, event: Event) -> None:
    person.link(event.bot_id, unblocked_ms=event.ts_ms)


def _gone(person: _Person, event: Event) -> None:
    person.draft.register("gone", event.ts_ms, "1")


def _paid(person: _Person, event: Event) -> None:
    """One charge counts once: of two reports about it the earlier one stands."""
    charge = _word(event, "charge", event.key)
    report = (
        event.ts_ms,
        _word(event, "currency"),
        number_of(event, "amount_minor"),
        number_of(event, "until_ms"),
    )
    known = person.purchases.get(charge, _NO_PURCHASE)
    told = (known.paid_ms, known.currency, known.amount_minor, known.until_ms)
    paid_ms, currency, amount_minor, until_ms = min(report, told) if known.paid_ms else report
    purchase = Purchase(paid_ms, currency, amount_minor, until_ms, known.refunded_ms)
    person.purchases = put(dict(person.purchases), charge, purchase)
    person.draft.register("purchase", event.ts_ms, charge)


def _refunded(person: _Person, event: Event) -> None:
    charge = _word(event, "charge", event.key)
    old = person.purchases.get(charge, _NO_PURCHASE)
    refunded_ms = min(old.refunded_ms or event.ts_ms, event.ts_ms)
    purchase = Purchase(old.paid_ms, old.currency, old.amount_minor, old.until_ms, refunded_ms)
    person.purchases = put(dict(person.purchases), charge, purchase)


_NO_PURCHASE: Final = Purchase()


def _vip_joined(person: _Person, event: Event) -> None:
    person.draft.register(f"vip:{event.group_no}", event.ts_ms, "in")


def _vip_left(person: _Person, event: Event) -> None:
    person.draft.register(f"vip:{event.group_no}", event.ts_ms, "out")


def _consented(person: _Person, event: Event) -> None:
    purpose = _word(event, "purpose", _CAMPAIGNS)
    name = "consent" if purpose == _CAMPAIGNS else f"consent:{purpose}"
    person.draft.register(name, event.ts_ms, GIVEN if event.kind == "consent_given" else WITHDRAWN)


def _zone_declared(person: _Person, event: Event) -> None:
    person.draft.register("zone", event.ts_ms, _word(event, "zone"))


def _language_chosen(person: _Person, event: Event) -> None:
    person.draft.register("language", event.ts_ms, _word(event, "language"))


def _wished(person: _Person, event: Event) -> None:
    name = event.props.get("name")
    if name in _WISHES:
        person.draft.register(str(name), event.ts_ms, _word(event, "value")[:_MAX_NAME])


def _stated(person: _Person, event: Event) -> None:
    facts = dict(person.facts)
    for name, value in event.props.items():
        short, known = name[:_MAX_NAME], _fact(value)
        old = facts.get(short)
        if old is None or (event.ts_ms, _rank(known)) > (old[0], _rank(old[1])):
            facts = put(facts, short, (event.ts_ms, known))
    person.facts = facts


def _fact(value: Scalar) -> Scalar:
    """As it is kept; None when it says nothing."""
    if isinstance(value, str):
        return value[:_MAX_FACT] or None
    if isinstance(value, int) and abs(value) > LARGEST:
        return str(value)[:_MAX_FACT]
    return None if isinstance(value, float) and not math.isfinite(value) else value


def _rank(value: Scalar) -> str:
    """Which of two values stated at one moment stands: the larger text."""
    return "" if value is None else f"{type(value).__name__}:{value}"


def _tagged(person: _Person, event: Event) -> None:
    """Of two choices at one moment the tag stays."""
    tag = _word(event, "tag")[:_MAX_NAME]
    news = (event.ts_ms, event.kind == "tagged")
    if tag and news > person.tags.get(tag, (0, False)):
        person.tags = put(dict(person.tags), tag, news)


def _campaign_sent(person: _Person, event: Event) -> None:
    person.sends = _with(person.sends, event.ts_ms)
    person.tally(_word(event, "kind"), _hour(event.ts_ms), 1, 0)


def _campaign_answered(person: _Person, event: Event) -> None:
    person.answers = _with(person.answers, event.ts_ms)
    sent_ms = number_of(event, "sent_ms") or event.ts_ms
    person.tally(_word(event, "kind"), _hour(sent_ms), 0, 1)


_STEPS: Final[Mapping[str, Callable[[_Person, Event], None]]] = {
    "started": _started,
    "bot_blocked": _blocked,
    "bot_unblocked": _unblocked,
    "account_gone": _gone,
    "payment_succeeded": _paid,
    "payment_refunded": _refunded,
    "vip_joined": _vip_joined,
    "vip_left": _vip_left,
    "consent_given": _consented,
    "consent_withdrawn": _consented,
    "timezone_declared": _zone_declared,
    "language_chosen": _language_chosen,
    "preference_set": _wished,
    "attributes_set": _stated,
    "tagged": _tagged,
    "untagged": _tagged,
    "campaign_sent": _campaign_sent,
    "campaign_answered": _campaign_answered,
}
