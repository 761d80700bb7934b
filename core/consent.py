"""Consent, and THE door: the one question that stands before every campaign message.

`may_contact` takes and returns columns; a single question is a batch of one. It is asked when planning and
again inside the transaction that marks a message as being sent. Nothing else opens the way to a send.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from enum import IntFlag
from typing import Final

import numpy as np

from core import limits
from core.limits import NO_WISHES, Bools, Ints, QuietFacts, Rule, Wishes
from core.strategy import Caps

__all__ = [
    "CAMPAIGNS",
    "LASTING",
    "ConsentChange",
    "DoorAsk",
    "DoorFacts",
    "QuietFacts",
    "Reason",
    "Verdicts",
    "Wishes",
    "explain",
    "held_by",
    "may_contact",
    "may_contact_at",
]

CAMPAIGNS = "campaigns"
"""The purpose that a campaign message needs."""


@dataclass(frozen=True, slots=True)
class ConsentChange:
    """A choice by a person: purpose, yes or no, when, how it was said, version of the text shown."""

    person_no: int
    purpose: str
    granted: bool
    at_ms: int
    source: str
    text_version: str = ""


class Reason(IntFlag):
    """Why the door stays shut; several may hold at once."""

    NO_CONSENT = 1
    BLOCKED = 2
    GONE = 4
    NOT_STARTED = 8
    HOLDOUT = 16
    KILL_SWITCH = 32
    BOT_PAUSED = 64
    CAMPAIGN_PAUSED = 128
    EXCLUDED = 256
    DAILY_LIMIT = 512
    COOLDOWN = 1024
    FREQUENCY = 2048
    PERSON_CAP_DAY = 4096
    PERSON_CAP_WEEK = 8192
    QUIET_HOURS = 16384
    CONTENT = 32768
    HALTED = 65536
    TOPIC = 131072
    SEGMENT_PAUSED = 262144
    RELATION = 524288
    GROUP_LIMIT = 1048576
    NO_RIGHTS = 2097152


LASTING = (
    Reason.NO_CONSENT
    | Reason.BLOCKED
    | Reason.GONE
    | Reason.NOT_STARTED
    | Reason.HOLDOUT
    | Reason.EXCLUDED
    | Reason.CONTENT
    | Reason.TOPIC
)
"""Reasons that time alone does not cure: a waiting message is suppressed. All others hold it until later."""


@dataclass(frozen=True, slots=True)
class DoorFacts:
    """Columns about n (person, bot) pairs, as the SQL store knows them in this transaction.

    recent_ms: int64[n, m], moments at which earlier campaign messages count (sent_ms, or permit_ms + 5 s
    while the outcome is open), 0 = none, of the last 31 days. reach: 0 not started, 1 open, 2 blocked,
    3 gone. switches: the durable switches (kill, pause:bot:N, pause:campaign:NAME, pause:segment:NAME,
    halt:N). wishes: what people set for themselves; with `quiet.own` the last word, whatever segment or
    strategy asks. first_ms: int64[n] (or [1] for all), the first contact, 0 = none known."""

    person_no: Ints
    bot_id: Ints
    chat_id: Ints
    consent: Bools
    reach: Ints
    holdout: Bools
    excluded: Bools
    recent_ms: Ints
    quiet: QuietFacts
    switches: Mapping[str, str] = field(default_factory=dict)
    wishes: Wishes = NO_WISHES
    first_ms: Ints = field(default_factory=lambda: np.zeros(1, dtype=np.int64))


@dataclass(frozen=True, slots=True)
class DoorAsk:
    """Columns about the n messages: the pace of each sending segment's strategy (ceiling or below).

    campaign: name per row. content_ok: the content exists in a language the person reads. kind: of the
    content, per row; none at all while it is not chosen yet. segment: the sending one, per row, empty = none.
    ages: (least, most) days since the first contact that the content asks for, per row; most 0 = no bound."""

    campaign: tuple[str, ...]
    period_days: Ints
    daily_limit: Ints
    cooldown_ms: Ints
    content_ok: Bools
    caps: Caps = Caps()
    kind: tuple[str, ...] = ()
    segment: tuple[str, ...] = ()
    ages: tuple[tuple[int, int], ...] = ()


@dataclass(frozen=True, slots=True)
class Verdicts:
    """allowed: bool[n]; reasons: int64[n] of `Reason` bits; until_ms: int64[n], the earliest moment at which
    the reasons that time cures are over (0 where allowed or where time does not help: the message is
    suppressed)."""

    allowed: Bools
    reasons: Ints
    until_ms: Ints


SWITCH_RECHECK_MS: Final = 60_000
"""An operator may turn a switch back at any moment: a held message asks again after this time."""
_OPEN_REACH: Final = {0: Reason.NOT_STARTED, 2: Reason.BLOCKED, 3: Reason.GONE}


def may_contact(facts: DoorFacts, ask: DoorAsk, now_ms: int | Ints) -> Verdicts:
    """THE door. Row i asks whether message i may go to person i at `now_ms` (one moment, or int64[n]).

    Every reason that holds is given, not only the first. `until_ms` of a row held by time alone is the
    earliest moment at which, as far as is known, none of its time reasons holds; a row held by a switch asks
    again after `SWITCH_RECHECK_MS`; where a `LASTING` reason holds it is 0."""
    rows = len(facts.person_no)
    now = np.broadcast_to(np.asarray(now_ms, dtype=np.int64), (rows,))
    rules = _rules(facts, ask)
    reasons = _standing(facts, ask)
    for reason, rule in rules.items():
        reasons |= np.where(rule(now) > now, int(reason), 0)
    paused, recheck = _switches(facts, ask, now)
    reasons |= paused
    free = limits.first_moment(list(rules.values()), np.maximum(now, recheck))
    outgrown = _outgrown(facts, ask, now)
    reasons |= np.where(outgrown, int(Reason.RELATION), 0)
    waits = (reasons != 0) & (reasons & int(LASTING) == 0) & ~outgrown
    return Verdicts(allowed=reasons == 0, reasons=reasons, until_ms=np.where(waits, free, 0))


def held_by(facts: DoorFacts, ask: DoorAsk, now_ms: int, row: int = 0) -> list[tuple[Reason, int]]:
    """Each reason against message `row`, and until when it alone holds (0: time does not help, or nobody
    knows)."""
    rows = len(facts.person_no)
    now = np.full(rows, now_ms, dtype=np.int64)
    verdicts = may_contact(facts, ask, now_ms)
    rules = _rules(facts, ask)
    _, recheck = _switches(facts, ask, now)
    found = []
    for reason in Reason(int(verdicts.reasons[row])):
        until_ms = int(rules[reason](now)[row]) if reason in rules else 0
        if reason is Reason.HALTED:
            until_ms = int(recheck[row])
        found.append((reason, until_ms if until_ms > now_ms else 0))
    return found


def may_contact_at(facts: DoorFacts, ask: DoorAsk, moments: Sequence[int]) -> Bools:
    """bool[n, k]: whether the door, as far as is known now, lets message i pass at the k-th moment.

    What the planner chooses from; the same rules as `may_contact`, which is asked again at that time."""
    rules = tuple(_rules(facts, ask).values())
    standing = _standing(facts, ask) == 0
    columns = []
    for moment in moments:
        at = np.full(len(standing), moment, dtype=np.int64)
        kept = standing & (_switches(facts, ask, at)[0] == 0) & ~_outgrown(facts, ask, at)
        for rule in rules:
            kept &= rule(at) == at
        columns.append(kept)
    return np.column_stack(columns)


def _rules(facts: DoorFacts, ask: DoorAsk) -> dict[Reason, Rule]:
    newest = limits.newest_first(facts.recent_ms)
    per_day = np.full(len(newest), ask.caps.per_day, dtype=np.int64)
    per_week = np.full(len(newest), ask.caps.per_week, dtype=np.int64)
    rules = {
        Reason.DAILY_LIMIT: limits.cap(newest, ask.daily_limit, limits.DAY_MS),
        Reason.COOLDOWN: limits.cooldown(newest, ask.cooldown_ms),
        Reason.FREQUENCY: limits.frequency(newest, ask.period_days, facts.wishes.period_days),
        Reason.PERSON_CAP_DAY: limits.cap(newest, per_day, limits.DAY_MS),
        Reason.PERSON_CAP_WEEK: limits.cap(newest, per_week, limits.WEEK_MS),
        Reason.QUIET_HOURS: limits.quiet_hours(facts.quiet),
    }
    if any(least for least, _ in ask.ages):
        rules[Reason.RELATION] = limits.known_for(facts.first_ms, _column(ask.ages, 0))
    return rules


def _column(pairs: Sequence[tuple[int, int]], place: int) -> Ints:
    return np.array([pair[place] for pair in pairs], dtype=np.int64)


def _outgrown(facts: DoorFacts, ask: DoorAsk, now: Ints) -> Bools:
    """Whose relation is older than the content is for: time does not help."""
    if not any(most for _, most in ask.ages):
        return np.zeros(1, dtype=np.bool_)
    most = _column(ask.ages, 1)
    ends = facts.first_ms + (most + 1) * limits.DAY_MS
    past: Bools = (most > 0) & ((facts.first_ms == 0) | (now >= ends))
    return past


def _standing(facts: DoorFacts, ask: DoorAsk) -> Ints:
    reasons = np.where(facts.consent, 0, int(Reason.NO_CONSENT)).astype(np.int64)
    reasons |= np.where(facts.holdout, int(Reason.HOLDOUT), 0)
    reasons |= np.where(facts.excluded, int(Reason.EXCLUDED), 0)
    reasons |= np.where(ask.content_ok, 0, int(Reason.CONTENT))
    reasons |= np.where(facts.wishes.mutes(ask.kind), int(Reason.TOPIC), 0)
    for state, reason in _OPEN_REACH.items():
        reasons |= np.where(facts.reach == state, int(reason), 0)
    return reasons


def _switches(facts: DoorFacts, ask: DoorAsk, now: Ints) -> tuple[Ints, Ints]:
    return switched(facts.switches, Addressed(facts.bot_id, ask.campaign, ask.segment), now)


@dataclass(frozen=True, slots=True)
class Addressed:
    """What switches ask about each message."""

    bot_id: Ints
    campaign: tuple[str, ...]
    segment: tuple[str, ...]

    def named(self, names: tuple[str, ...], wanted: str) -> Bools:
        """bool[n]: whose name is the wanted one; nobody's where no names are given."""
        if not names:
            return self.all(value=False)
        return np.array([name == wanted for name in names], dtype=np.bool_)

    def all(self, *, value: bool) -> Bools:
        """bool[n] of one value."""
        return np.full(len(self.bot_id), value, dtype=np.bool_)


def switched(switches: Mapping[str, str], rows: Addressed, now: Ints) -> tuple[Ints, Ints]:
    """Reasons set by switches, and when to ask again because of them (0 = no switch)."""
    reasons, recheck = np.zeros_like(now), np.zeros_like(now)
    for name, value in switches.items():
        kind, _, target = name.partition(":")
        if kind == "halt":
            halted = (rows.bot_id == int(target)) & (now < int(value))
            reasons |= np.where(halted, int(Reason.HALTED), 0)
            recheck = np.where(halted, np.maximum(recheck, int(value)), recheck)
            continue
        reason, hit = _paused(kind, target, rows)
        reasons |= np.where(hit, int(reason), 0)
        recheck = np.where(hit, np.maximum(recheck, now + SWITCH_RECHECK_MS), recheck)
    return reasons, recheck


def _paused(kind: str, target: str, rows: Addressed) -> tuple[Reason, Bools]:
    if kind == "kill":
        return Reason.KILL_SWITCH, rows.all(value=True)
    what, _, name = target.partition(":")
    if kind == "pause" and what == "bot":
        return Reason.BOT_PAUSED, rows.bot_id == int(name)
    if kind == "pause" and what == "campaign":
        return Reason.CAMPAIGN_PAUSED, rows.named(rows.campaign, name)
    if kind == "pause" and what == "segment":
        return Reason.SEGMENT_PAUSED, rows.named(rows.segment, name)
    return Reason.KILL_SWITCH, rows.all(value=False)


# --------------------------------------------------------------------------------------------------- in words
_WORDS: Final[Mapping[Reason, Mapping[str, str]]] = {
    Reason.NO_CONSENT: {
        "en": "has not agreed to campaign messages",
        "tr": "kampanya mesajlarına izin vermedi",
    },
    Reason.BLOCKED: {"en": "has blocked the bot", "tr": "botu engelledi"},
    Reason.GONE: {"en": "the account no longer exists", "tr": "hesap artık yok"},
    Reason.NOT_STARTED: {"en": "has not started this bot", "tr": "bu botu başlatmadı"},
    Reason.HOLDOUT: {
        "en": "belongs to the control group, which gets no campaigns",
        "tr": "kampanya almayan kontrol grubunda",
    },
    Reason.KILL_SWITCH: {"en": "all campaigns are stopped", "tr": "tüm kampanyalar durduruldu"},
    Reason.BOT_PAUSED: {"en": "the bot is paused", "tr": "bot duraklatıldı"},
    Reason.CAMPAIGN_PAUSED: {"en": "the campaign is paused", "tr": "kampanya duraklatıldı"},
    Reason.EXCLUDED: {"en": "is on an exclusion list", "tr": "hariç tutma listesinde"},
    Reason.DAILY_LIMIT: {"en": "the segment's daily limit is reached", "tr": "segmentin günlük sınırı doldu"},
    Reason.COOLDOWN: {
        "en": "the last message is too recent",
        "tr": "son mesajın üzerinden yeterince zaman geçmedi",
    },
    Reason.FREQUENCY: {"en": "it is not a contact day yet", "tr": "henüz iletişim günü değil"},
    Reason.PERSON_CAP_DAY: {
        "en": "the person's cap for 24 hours is reached",
        "tr": "kişinin 24 saatlik sınırı doldu",
    },
    Reason.PERSON_CAP_WEEK: {
        "en": "the person's cap for 7 days is reached",
        "tr": "kişinin 7 günlük sınırı doldu",
    },
    Reason.QUIET_HOURS: {"en": "it is quiet time for the person", "tr": "kişi için sessiz saat"},
    Reason.CONTENT: {"en": "no content in the person's language", "tr": "kişinin dilinde içerik yok"},
    Reason.TOPIC: {
        "en": "does not want messages of this kind",
        "tr": "bu tür mesajları istemiyor",
    },
    Reason.HALTED: {"en": "Telegram asked this bot to wait", "tr": "Telegram bu bottan beklemesini istedi"},
    Reason.SEGMENT_PAUSED: {"en": "the segment is paused", "tr": "segment duraklatıldı"},
    Reason.RELATION: {
        "en": "the content is for people who are known for a longer or a shorter time",
        "tr": "içerik, daha uzun ya da daha kısa süredir tanınan kişiler için",
    },
    Reason.GROUP_LIMIT: {"en": "the group's limit is reached", "tr": "grubun sınırı doldu"},
    Reason.NO_RIGHTS: {
        "en": "the bot is not in the group or may not write there",
        "tr": "bot grupta değil ya da orada yazamaz",
    },
}
_UNTIL: Final = {"en": "until {moment} UTC", "tr": "{moment} UTC'ye kadar"}


def explain(reasons: int, until_ms: int, language: str = "en") -> list[str]:
    """The reasons of one verdict in words ("en" or "tr"; others read English), and until when they hold."""
    tongue = language if language in _UNTIL else "en"
    words = [texts[tongue] for reason, texts in _WORDS.items() if reasons & reason]
    if words and until_ms:
        moment = datetime.fromtimestamp(until_ms / 1000, UTC).strftime("%Y-%m-%d %H:%M")
        words.append(_UNTIL[tongue].format(moment=moment))
    return words
