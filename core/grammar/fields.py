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
    LIST = "list"


@dataclass(frozen=True, slots=True)
class Field:
    """`name` in rules, `attribute` of the profile, `label` per language. `optional`: a number that may be
    unknown.

    Unknown is: -1 in an optional number, an empty text, an empty list, a time of 0."""

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


def _text(name: str, tr: str, en: str) -> Field:
    return Field(name, Kind.TEXT, tr, en, name)


def _flag(name: str, tr: str, en: str) -> Field:
    return Field(name, Kind.FLAG, tr, en, name)


def _windows(name: str, tr: str, en: str, first_tr: str, first_en: str) -> tuple[Field, ...]:
    """The counts of 1, 7 and 30 days; `tr` and `en` name what is counted."""
    return (
        _number(f"{name}_1d", f"{first_tr} {tr}", f"{en} {first_en}"),
        _number(f"{name}_7d", f"7 gündeki {tr}", f"{en} in 7 days"),
        _number(f"{name}_30d", f"30 gündeki {tr}", f"{en} in 30 days"),
    )


_TODAY: Final = ("bugünkü", "today")

_FIELDS: Final = (
    _number("days_since_joined", "katılalı geçen gün", "days since joining", True),
    _number("days_since_seen", "son görülmeden beri geçen gün", "days since last seen", True),
    _number("days_since_purchase", "son alışverişten beri geçen gün", "days since last purchase", True),
    Field("first_seen", Kind.TIME, "ilk görülme", "first seen", "first_seen_ms"),
    Field("last_seen", Kind.TIME, "son görülme", "last seen", "last_seen_ms"),
    _text("language", "dil", "language"),
    _text("zone", "saat dilimi", "timezone"),
    _text("campaign_first", "ilk geldiği kampanya", "first campaign"),
    _text("campaign_last", "son geldiği kampanya", "last campaign"),
    _flag("premium", "Telegram Premium", "Telegram Premium"),
    _flag("consent", "kampanya izni", "consent to campaigns"),
    _flag("reachable", "ulaşılabilir", "reachable"),
    _flag("vip", "VIP grup üyeliği", "member of a VIP group"),
    _number("tz_offset_min", "UTC farkı (dakika)", "minutes east of UTC"),
    _number("tz_confidence", "saat dilimi güveni", "timezone confidence"),
    _number("bots", "takip edilen bot", "bots followed"),
    _number("groups", "görüldüğü grup", "groups seen in"),
    *_windows("interactions", "etkileşim", "interactions", "24 saatteki", "in 24 hours"),
    *_windows("messages", "mesaj", "messages", *_TODAY),
    *_windows("commands", "komut", "commands", *_TODAY),
    *_windows("taps", "dokunuş", "taps", *_TODAY),
    *_windows("group_messages", "grup mesajı", "group messages", *_TODAY),
    *_windows("reactions", "tepki", "reactions", *_TODAY),
    _number("active_days_7d", "7 günün etkin günleri", "active days of 7"),
    _number("active_days_30d", "30 günün etkin günleri", "active days of 30"),
    _number("sessions_7d", "7 gündeki oturum", "sessions in 7 days"),
    _number("sessions_30d", "30 gündeki oturum", "sessions in 30 days"),
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
    _number("refunds", "iade", "refunds"),
    _number("amount_minor", "harcanan tutar (alt birim)", "amount spent (minor units)"),
    _number("average_minor", "ortalama alışveriş tutarı (alt birim)", "average purchase (minor units)"),
    _text("currency", "para birimi", "currency"),
    _flag("subscribed", "geçerli abonelik", "running subscription"),
    Field("subscribed_until", Kind.TIME, "abonelik bitişi", "end of the subscription", "subscribed_until_ms"),
    _number("rfm_recency", "RFM yenilik puanı", "RFM recency score", True),
    _number("rfm_frequency", "RFM sıklık puanı", "RFM frequency score", True),
    _number("rfm_money", "RFM tutar puanı", "RFM money score", True),
    _number("frequency_days", "istediği en az gün arası", "wished days between contacts"),
    _text("quiet", "istediği sessiz saatler", "wished quiet hours"),
    Field("muted", Kind.LIST, "istemediği içerik türleri", "unwanted content kinds", "muted"),
    _text("city", "şehir", "city"),
    _text("district", "ilçe", "district"),
    _text("country", "ülke", "country"),
    _text("postal_code", "posta kodu", "postal code"),
    _number("age", "yaş", "age", True),
    _text("gender", "cinsiyet", "gender"),
    _text("tier", "üyelik seviyesi", "tier"),
    _text("app", "kullandığı uygulama", "app used"),
    _text("loyalty_card", "sadakat kartı", "loyalty card"),
    Field("tags", Kind.LIST, "etiketler", "tags", "tags"),
    _number("notes", "not sayısı", "notes"),
)

FIELDS: Final[Mapping[str, Field]] = {field.name: field for field in _FIELDS}
