"""What people type, tap and pay in generated updates: few values, so that updates meet each other."""

from __future__ import annotations

from typing import Final

TEXTS: Final = (
    "merhaba",
    "Hello there",
    "fiyat ne kadar?",
    "How much is VIP?",
    "siparişim nerede",
    "can't log in",
    "STOP",
    "DUR!",
    "İPTAL",
    "iptal et",
    "do not stop the music",
    "/start",
    "/start spring_sale",
    "/start -kAAAAAAAA",
    "/stop",
    "/stop@kairos_bot",
    "/help",
    "/settings",
    "/timezone Europe/Istanbul",
    "/timezone Asia/Kolkata",
    "/timezone Mars/Olympus",
    "/language tr",
    "/",
    "👍🏽👨‍👩‍👧",
    "שלום",
    "uzun " * 400,
    "a\nb\tc",
    "",
)
DATA: Final = (
    "menu:vip",
    "menu:price",
    "menu:support",
    "menu:news",
    "consent:all",
    "consent:none",
    "set:frequency:7",
    "set:frequency:-",
    "set:quiet:22-08",
    "set:quiet:off",
    "set:muted:news.poll",
    "set:muted:-",
    "set:language:en",
    "set:zone:America/New_York",
    "set:zone:../etc/passwd",
    "page:settings",
    "forget:yes",
    "buy:vip",
    "c:1:offer:buy",
    "c:2:poll:yes",
    "c:999999:offer:more",
    "something else",
)
WORDS: Final = ("a", "Zeyd", "title", "x_1", "ölçü", "", "漢字", "name with spaces", "\u202eright to left")
LANGUAGES: Final = ("tr", "en", "de", "pt-BR", "zh-hans")
CURRENCIES: Final = ("XTR", "EUR", "TRY", "USD")
PAYLOADS: Final = ("vip", "order-1", "")
APP_DATA: Final = ('{"action": "order", "items": [1, 2]}', "plain", '{"type": 7}', "[]", "{")
