"""The fields that rules may ask for: every one is an attribute of `core.profile.Profile`, with a name for
people."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

UNKNOWN_NUMBER: Final = -1
"""What a profile shows where a number is unknown (`days_since_*` of what never happened)."""


class Kind(StrEnum):
    """What values a field has, and so which operators it knows."""

    NUMBER = "number"
    TEXT = "text"
    FLAG = "flag"
    TIME = "time"


@dataclass(frozen=True, slots=True)
class Field:
    """`name` in rules, `attribute` of the profile, `label` per language. `optional`: a number that may be
    unknown.

    Unknown is: -1 in an optional number, an empty text, a time of 0."""

    name: str
    kind: Kind
    tr: str
    en: str
    attribute: str = ""
    optional: bool = False

    def label(self, language: str) -> str:
        """The field in words."""
        return self.tr if language == "tr" else self.en


def _number(name: str, tr: str, en: str, optional: bool = False) -> Field:
    return Field(name, Kind.NUMBER, tr, en, name, optional)


_FIELDS: Final = (
    _number("days_since_joined", "katılalı geçen gün", "days since joining", True),
    _number("days_since_seen", "son görülmeden beri geçen gün", "days since last seen", True),
    _number("days_since_purchase", "son alışverişten beri geçen gün", "days since last purchase", True),
    Field("first_seen", Kind.TIME, "ilk görülme", "first seen", "first_seen_ms"),
    Field("last_seen", Kind.TIME, "son görülme", "last seen", "last_seen_ms"),
    Field("language", Kind.TEXT, "dil", "language", "language"),
    Field("zone", Kind.TEXT, "saat dilimi", "timezone", "zone"),
    Field("campaign_first", Kind.TEXT, "ilk geldiği kampanya", "first campaign", "campaign_first"),
    Field("campaign_last", Kind.TEXT, "son geldiği kampanya", "last campaign", "campaign_last"),
    Field("premium", Kind.FLAG, "Telegram Premium", "Telegram Premium", "premium"),
    Field("consent", Kind.FLAG, "kampanya izni", "consent to campaigns", "consent"),
    Field("reachable", Kind.FLAG, "ulaşılabilir", "reachable", "reachable"),
    _number("tz_offset_min", "UTC farkı (dakika)", "minutes east of UTC"),
    _number("tz_confidence", "saat dilimi güveni", "timezone confidence"),
    _number("bots", "takip edilen bot", "bots followed"),
    _number("interactions_1d", "24 saatteki etkileşim", "interactions in 24 hours"),
    _number("interactions_7d", "7 gündeki etkileşim", "interactions in 7 days"),
    _number("interactions_30d", "30 gündeki etkileşim", "interactions in 30 days"),
    _number("messages_7d", "7 gündeki mesaj", "messages in 7 days"),
    _number("commands_7d", "7 gündeki komut", "commands in 7 days"),
    _number("taps_7d", "7 gündeki dokunuş", "taps in 7 days"),
    _number("active_days_7d", "7 günün etkin günleri", "active days of 7"),
    _number("active_days_30d", "30 günün etkin günleri", "active days of 30"),
    _number("night_share", "gece payı", "share of activity at night"),
    _number("intent_score", "niyet puanı", "intent score"),
    _number("intent_price", "fiyat soruları (30 gün)", "price questions (30 days)"),
    _number("intent_vip", "VIP soruları (30 gün)", "VIP questions (30 days)"),
    _number("intent_buy", "satın alma sözleri (30 gün)", "words of buying (30 days)"),
    _number("intent_support", "destek soruları (30 gün)", "support questions (30 days)"),
    _number("received_30d", "30 günde alınan kampanya", "campaign messages received in 30 days"),
    _number("answered_30d", "30 günde yanıtlanan kampanya", "campaign messages answered in 30 days"),
    _number("ignored_in_a_row", "üst üste yanıtsız kalan", "campaign messages ignored in a row"),
    _number("response_rate", "yanıt oranı", "response rate"),
    _number("engagement_score", "ilgi puanı", "engagement score"),
    _number("conversions", "dönüşüm", "conversions"),
    _number("purchases", "alışveriş", "purchases"),
    _number("amount_minor", "harcanan tutar (alt birim)", "amount spent (minor units)"),
)

FIELDS: Final[Mapping[str, Field]] = {field.name: field for field in _FIELDS}
