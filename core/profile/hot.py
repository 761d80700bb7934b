"""What Redis holds of a person or a group: a hash of short names and small values, packed as one text.

Promises: the same profile always packs to the same text; no name or value is above 64 bytes, so that Redis
keeps the hash as one compact list of some hundred bytes; what is nothing (0, empty, never) is left out, and
`unpack` puts it back. No names, notes, tags, places or words of a person are here: those are in SQL, and
nothing decides from Redis what SQL would decide otherwise.

Shares and confidences are kept in ten-thousandths, scores in hundredths, times in UTC milliseconds; figures
that belong together stand in one value, joined by dots (`msgs` = messages of 1, 7 and 30 days). The 24 hours
of activity are two hex digits each, relative to the peak before the colon.

| name | what |
|---|---|
| at, first, last | the moment of this view; first event; last sign of life |
| lang, premium, zone | language; 1 = Telegram Premium; declared timezone |
| tz | minutes east of UTC and confidence |
| consent, vip | 1 = said yes to campaigns; 1 = is in a VIP group |
| bots, bot, groups | bots that can reach the person; the one last spoken with; groups |
| acts, msgs, cmds, taps, grps, reacts | signs of life, messages, commands, taps, group messages, reactions |
| days, runs | active days and sessions of 7 and 30 days |
| night, intent | night share; intent score, then mentions of price, VIP, buying and support |
| sent, score | received, answered, ignored in a row; response rate and engagement score |
| money, cur | conversions, purchases, refunds, amount and average; their currency |
| bought, until, rfm | last purchase; end of the subscription; each of the three |
| from, via | first and latest campaign |
| every, quiet, muted | the person's wishes |
| hours | activity by UTC hour |
| s:NAME | confidence of a segment |
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from json.encoder import encode_basestring as _quoted  # the C form of one JSON text, kept as UTF-8
from typing import Final

from core.profile.groups import GroupProfile
from core.profile.values import Profile
from core.scores import DAY_MS

SEGMENT: Final = "s:"
"""Names that begin so are segments: `s:HOT_LEAD` -> confidence in ten-thousandths."""
BOT: Final = "b:"
"""Of a group: `b:<bot id>` -> 2 where that bot may write, else 1."""
MAX_BYTES: Final = 64
FADED: Final = 1e-9
"""Weight of an act long past: what decayed sums fall to after some thirty half-lives."""

_WINDOWS: Final = {
    "acts": "interactions",
    "msgs": "messages",
    "cmds": "commands",
    "taps": "taps",
    "grps": "group_messages",
    "reacts": "reactions",
}
_TOPICS: Final = ("intent_price", "intent_vip", "intent_buy", "intent_support")


def pack(profile: Profile, segments: Mapping[str, float]) -> str:
    """The hot profile of a person: JSON text of [name, value, name, value ...], all of them texts."""
    p = profile
    tz = f"{p.tz_offset_min}.{_fine(p.tz_confidence)}"
    score = f"{_fine(p.response_rate)}.{_hundredths(p.engagement_score)}"
    parts = [
        f'"at","{p.now_ms}","first","{p.first_seen_ms}","last","{p.last_seen_ms}","tz","{tz}","score","{score}"'
    ]
    add = parts.append
    _standing(p, add)
    _words(p, add)
    if p.interactions_30d:
        _activity(p, add)
    if p.received_30d or p.answered_30d or p.ignored_in_a_row:
        add(f'"sent","{p.received_30d}.{p.answered_30d}.{p.ignored_in_a_row}"')
    if p.conversions or p.refunds:
        _money(p, add)
    _habits(p, add)
    for name in sorted(segments):
        add(f'"{_text(SEGMENT + name)}","{_fine(segments[name])}"')
    return "[" + ",".join(parts) + "]"


_AT: Final = '["at","'
Add = Callable[[str], None]


def _standing(p: Profile, add: Add) -> None:
    if p.premium:
        add('"premium","1"')
    if p.consent:
        add('"consent","1"')
    if p.vip:
        add('"vip","1"')
    if p.bots:
        add(f'"bots","{p.bots}"')
    if p.last_bot:
        add(f'"bot","{p.last_bot}"')
    if p.groups:
        add(f'"groups","{p.groups}"')
    if p.frequency_days:
        add(f'"every","{p.frequency_days}"')


def _words(p: Profile, add: Add) -> None:
    if p.language:
        add(f'"lang","{_text(p.language)}"')
    if p.zone:
        add(f'"zone","{_text(p.zone)}"')
    if p.campaign_first:
        add(f'"from","{_text(p.campaign_first)}"')
    if p.campaign_last:
        add(f'"via","{_text(p.campaign_last)}"')
    if p.quiet:
        add(f'"quiet","{_text(p.quiet)}"')
    if p.muted:
        add(f'"muted","{_text(".".join(p.muted))}"')


def _activity(p: Profile, add: Add) -> None:
    add(f'"acts","{p.interactions_1d}.{p.interactions_7d}.{p.interactions_30d}"')
    add(f'"days","{p.active_days_7d}.{p.active_days_30d}","runs","{p.sessions_7d}.{p.sessions_30d}"')
    if p.messages_30d:
        add(f'"msgs","{p.messages_1d}.{p.messages_7d}.{p.messages_30d}"')
    if p.commands_30d:
        add(f'"cmds","{p.commands_1d}.{p.commands_7d}.{p.commands_30d}"')
    if p.taps_30d:
        add(f'"taps","{p.taps_1d}.{p.taps_7d}.{p.taps_30d}"')
    if p.group_messages_30d:
        add(f'"grps","{p.group_messages_1d}.{p.group_messages_7d}.{p.group_messages_30d}"')
    if p.reactions_30d:
        add(f'"reacts","{p.reactions_1d}.{p.reactions_7d}.{p.reactions_30d}"')


def _habits(p: Profile, add: Add) -> None:
    night, intent = _fine(p.night_share), _hundredths(p.intent_score)
    if night:
        add(f'"night","{night}"')
    if intent:
        mentions = f"{p.intent_price}.{p.intent_vip}.{p.intent_buy}.{p.intent_support}"
        add(f'"intent","{intent}.{mentions}"')
    hours = pack_hours(p.hour_activity)
    if hours:
        add(f'"hours","{hours}"')


def _money(p: Profile, add: Add) -> None:
    add(f'"money","{p.conversions}.{p.purchases}.{p.refunds}.{p.amount_minor}.{p.average_minor}"')
    if p.purchases:
        bought_ms = p.now_ms - round(p.days_since_purchase * DAY_MS)
        add(f'"cur","{_text(p.currency)}","bought","{bought_ms}"')
        add(f'"rfm","{p.rfm_recency}.{p.rfm_frequency}.{p.rfm_money}"')
    if p.subscribed_until_ms:
        add(f'"until","{p.subscribed_until_ms}"')


def moment_of(packed: str) -> int:
    """The moment of the view that was packed so."""
    return int(packed[len(_AT) : packed.index('"', len(_AT))])


def unpack(kept: Mapping[str, str]) -> dict[str, object]:  # noqa: A002 - a hash is what Redis calls it
    """Fields of `Profile` with their types, as far as Redis holds them, and `segments`; `seq` where it is.

    What was left out is there again as 0, empty or -1. Shares and scores are as exact as they were kept."""
    at_ms, bots = _int(kept, "at"), _int(kept, "bots")
    offset, confidence = _numbers(kept, "tz", 2)
    intent, *mentions = _numbers(kept, "intent", 5)
    received, answered, ignored = _numbers(kept, "sent", 3)
    rate, engagement = _numbers(kept, "score", 2)
    days_7, days_30 = _numbers(kept, "days", 2)
    runs_7, runs_30 = _numbers(kept, "runs", 2)
    found: dict[str, object] = {
        "now_ms": at_ms,
        "first_seen_ms": _int(kept, "first"),
        "last_seen_ms": _int(kept, "last"),
        "days_since_joined": _age(kept, "first", at_ms),
        "days_since_seen": _age(kept, "last", at_ms),
        "language": kept.get("lang", ""),
        "premium": "premium" in kept,
        "zone": kept.get("zone", ""),
        "tz_offset_min": offset,
        "tz_confidence": confidence / 10_000,
        "bots": bots,
        "last_bot": _int(kept, "bot"),
        "groups": _int(kept, "groups"),
        "vip": "vip" in kept,
        "consent": "consent" in kept,
        "reachable": bots > 0,
        "active_days_7d": days_7,
        "active_days_30d": days_30,
        "sessions_7d": runs_7,
        "sessions_30d": runs_30,
        "night_share": _int(kept, "night") / 10_000,
        "intent_score": intent / 100,
        "received_30d": received,
        "answered_30d": answered,
        "ignored_in_a_row": ignored,
        "response_rate": rate / 10_000,
        "engagement_score": engagement / 100,
        "campaign_first": kept.get("from", ""),
        "campaign_last": kept.get("via", ""),
        "frequency_days": _int(kept, "every"),
        "quiet": kept.get("quiet", ""),
        "muted": tuple(kept.get("muted", "").split(".")) if "muted" in kept else (),
        "hour_activity": unpack_hours(kept.get("hours", "")),
        "segments": segments_of(kept),
    }
    for name, field in _WINDOWS.items():
        for days, count in zip((1, 7, 30), _numbers(kept, name, 3), strict=True):
            found[f"{field}_{days}d"] = count
    found.update(zip(_TOPICS, mentions, strict=True))
    found.update(_unpack_money(kept, at_ms))
    return found | ({"seq": _int(kept, "seq")} if "seq" in kept else {})


def _unpack_money(kept: Mapping[str, str], at_ms: int) -> dict[str, object]:
    conversions, purchases, refunds, amount, average = _numbers(kept, "money", 5)
    recency, frequency, money = _numbers(kept, "rfm", 3) if "rfm" in kept else (-1, -1, -1)
    return {
        "conversions": conversions,
        "purchases": purchases,
        "refunds": refunds,
        "currency": kept.get("cur", ""),
        "amount_minor": amount,
        "average_minor": average,
        "days_since_purchase": _age(kept, "bought", at_ms),
        "subscribed": _int(kept, "until") > at_ms,
        "subscribed_until_ms": _int(kept, "until"),
        "rfm_recency": recency,
        "rfm_frequency": frequency,
        "rfm_money": money,
    }


def segments_of(kept: Mapping[str, str]) -> dict[str, float]:
    """Segments with confidence out of a hot profile."""
    return {
        name.removeprefix(SEGMENT): int(value) / 10_000
        for name, value in kept.items()
        if name.startswith(SEGMENT)
    }


def pack_group(profile: GroupProfile) -> str:
    """The hot profile of a group, in the same form."""
    p = profile
    parts = ["at", str(p.now_ms), "first", str(p.first_seen_ms), "last", str(p.last_seen_ms)]
    parts += ("msgs", f"{p.messages_1d}.{p.messages_7d}.{p.messages_30d}", "days", str(p.active_days_30d))
    parts += ("moves", f"{p.joined_30d}.{p.left_30d}", "members", f"{p.members_seen}.{p.members_now}")
    if p.topics_open:
        parts += ("topics", str(p.topics_open))
    for bot_id in p.bots:
        parts += (f"{BOT}{bot_id}", "2" if bot_id in p.posting else "1")
    if any(p.hour_activity):
        parts += ("hours", pack_hours(p.hour_activity))
    return '["' + '","'.join(parts) + '"]'


def unpack_group(kept: Mapping[str, str]) -> dict[str, object]:
    """Fields of `GroupProfile` with their types; `seq` where it is."""
    bots = {int(name[2:]): value for name, value in kept.items() if name.startswith(BOT)}
    messages = _numbers(kept, "msgs", 3)
    joined, left = _numbers(kept, "moves", 2)
    seen, now = _numbers(kept, "members", 2)
    found: dict[str, object] = {
        "now_ms": _int(kept, "at"),
        "first_seen_ms": _int(kept, "first"),
        "last_seen_ms": _int(kept, "last"),
        "bots": tuple(sorted(bots)),
        "posting": tuple(sorted(bot_id for bot_id, value in bots.items() if value == "2")),
        "messages_1d": messages[0],
        "messages_7d": messages[1],
        "messages_30d": messages[2],
        "active_days_30d": _int(kept, "days"),
        "joined_30d": joined,
        "left_30d": left,
        "topics_open": _int(kept, "topics"),
        "members_seen": seen,
        "members_now": now,
        "hour_activity": unpack_hours(kept.get("hours", "")),
    }
    return found | ({"seq": _int(kept, "seq")} if "seq" in kept else {})


def pack_hours(activity: Sequence[float]) -> str:
    """`peak:` and two hex digits an hour: 24 sums, exact to 1/255 of the peak; empty without activity.

    Sums decay and never reach zero, so what has faded below `FADED` counts as none: dividing by it
    would leave the range of a float.
    """
    peak = max(activity, default=0.0)
    if peak < FADED:
        return ""
    scale = 255.0 / peak
    return f"{peak:.6g}:{bytes([int(scale * value + 0.5) for value in activity]).hex()}"


def unpack_hours(text: str) -> tuple[float, ...]:
    """The hours of activity; all zero when there was none."""
    peak, _, digits = text.partition(":")
    return tuple(float(peak) * share / 255 for share in bytes.fromhex(digits)) if digits else (0.0,) * 24


def _fine(share: float) -> int:
    return int(share * 10_000 + 0.5)


def _hundredths(score: float) -> int:
    return int(score * 100 + 0.5)


def _text(text: str) -> str:
    """At most 64 bytes of UTF-8, cut between characters; escaped for JSON."""
    if len(text) > MAX_BYTES // 4:
        text = text.encode(errors="ignore")[:MAX_BYTES].decode(errors="ignore")
    return text if text.isalnum() else _quoted(text)[1:-1]


def _int(kept: Mapping[str, str], name: str) -> int:
    return int(kept.get(name, "0"))


def _numbers(kept: Mapping[str, str], name: str, count: int) -> list[int]:
    text = kept.get(name)
    return [int(part) for part in text.split(".")] if text else [0] * count


def _age(kept: Mapping[str, str], name: str, at_ms: int) -> float:
    moment = _int(kept, name)
    return max(0, at_ms - moment) / DAY_MS if moment else -1.0
