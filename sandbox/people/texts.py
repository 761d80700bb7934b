"""What simulated people type, in their language. And what they are called.

A topic is what the writer means: `price`, `vip`, `buy` and `support` carry intent, `small_talk` and `reply`
don't.
"""

from __future__ import annotations

from collections.abc import Mapping
from random import Random
from types import MappingProxyType
from typing import Final, Literal

Topic = Literal[
    "price", "vip", "buy", "support", "small_talk", "reply", "stop", "help", "crowd", "money_back"
]

_TURKISH_NAMES: Final = """
    Ayşe Mehmet Zeynep Emre Elif Can Merve Burak İrem Oğuz Şule Kerem Derya Tolga Çiğdem Ümit Gökçe Barış
    Selin Ilgın Yusuf Esra Deniz Hakan Nazlı Onur Ceren Volkan Pınar Serkan
"""
_OTHER_NAMES: Final = """
    Anna James Priya Lukas Emma Rahul Olivia Noah Mia Arjun Sophie Jack Leonie Ethan Kavya Grace Felix Ava
    Rohan Chloe Ben Hannah Vikram Lily Jonas Zoe Sanjay Ruby Max Nora
"""
FIRST_NAMES: Final[Mapping[str, tuple[str, ...]]] = MappingProxyType(
    {"tr": tuple(_TURKISH_NAMES.split()), "en": tuple(_OTHER_NAMES.split())}
)

PHRASES: Final[Mapping[tuple[str, Topic], tuple[str, ...]]] = MappingProxyType(
    {
        ("tr", "price"): (
            "Fiyat nedir?",
            "Bu ne kadar?",
            "ücreti kaç lira acaba",
            "Fiyat listesi var mı?",
            "İndirim var mı, fiyatı öğrenebilir miyim?",
        ),
        ("tr", "vip"): (
            "VIP grubuna nasıl katılırım?",
            "VIP üyelik ne kadar?",
            "vip içinde neler var",
            "Premium üyelik almak istiyorum, VIP açık mı?",
        ),
        ("tr", "buy"): (
            "Satın almak istiyorum",
            "Sipariş vermek istiyorum",
            "nasıl satın alabilirim?",
            "Ödeme yapmak istiyorum, kartla olur mu?",
        ),
        ("tr", "support"): (
            "Yardım eder misiniz?",
            "Siparişim nerede?",
            "Destek ile görüşmek istiyorum",
            "bir sorun var, giriş yapamıyorum",
        ),
        ("tr", "small_talk"): (
            "Merhaba",
            "Günaydın!",
            "Selam, nasılsınız?",
            "teşekkürler",
            "İyi akşamlar 🌙",
            "Bugün hava çok güzel",
            "haberleri okudum, güzelmiş",
            "👍",
        ),
        ("tr", "reply"): (
            "Güzelmiş",
            "Teşekkürler, bakacağım",
            "İlginç",
            "olur",
            "😀",
            "Daha fazla bilgi var mı?",
        ),
        ("tr", "stop"): ("/stop", "DUR", "İPTAL"),
        ("tr", "help"): ("/help", "/settings"),
        ("tr", "crowd"): (
            "Günaydın herkese",
            "Dün alan oldu mu?",
            "bence çok güzel",
            "VIP grubunda neler var bilen var mı?",
            "fiyatlar değişti mi?",
            "teşekkürler arkadaşlar",
            "katılıyorum 👍",
            "hafta sonu buluşalım",
        ),
        ("tr", "money_back"): ("Paramı geri almak istiyorum", "İade istiyorum, vazgeçtim"),
        ("en", "price"): (
            "How much is it?",
            "What's the price?",
            "is there a price list?",
            "Any discount on the price?",
            "What does it cost per month?",
        ),
        ("en", "vip"): (
            "How do I join the VIP group?",
            "What is in VIP?",
            "vip membership cost?",
            "Is the VIP membership open right now?",
        ),
        ("en", "buy"): (
            "I want to buy",
            "I'd like to place an order",
            "where can I buy this?",
            "Can I pay by card? I want to order",
        ),
        ("en", "support"): (
            "I need help",
            "Where is my order?",
            "Can I talk to support?",
            "something is broken, I can't log in",
        ),
        ("en", "small_talk"): (
            "Hi",
            "Good morning!",
            "Hey, how are you?",
            "thanks",
            "Good evening 🌙",
            "what a day",
            "read the news, nice",
            "👍",
        ),
        ("en", "reply"): (
            "Nice one",
            "Thanks, will have a look",
            "Interesting",
            "ok",
            "😀",
            "Any more details?",
        ),
        ("en", "stop"): ("/stop", "STOP", "stop"),
        ("en", "help"): ("/help", "/settings"),
        ("en", "crowd"): (
            "Morning everyone",
            "Did anybody order yesterday?",
            "looks good to me",
            "Does anybody know what is in VIP?",
            "did the price change?",
            "thanks all",
            "agreed 👍",
            "see you at the weekend",
        ),
        ("en", "money_back"): ("I want my money back", "Refund please, I changed my mind"),
    }
)


def phrase(dice: Random, language: str, topic: Topic) -> str:
    """One way of saying it."""
    return dice.choice(PHRASES[language, topic])
