"""Claims and addresses in disguise that a reader understands, and honest texts beside them."""

from __future__ import annotations

import pytest

from core.content import Brief, Content
from core.writing import Ask, checks
from core.writing.numbers import in_figures

LINK = "https://lale.example/uyelik"
FACTS = (
    "Members get 20% off on skin care",
    "Üyelere cilt bakımında %20 indirim var",
    "The shop is called Lale",
    "Teslimat ortalama 2 günde yapılıyor",
    "We have had 40 products for 50 days",
    "VIP membership is 250 TL a month",
)
TEMPLATES = {
    "tr": "Merhaba {first_name}, sana bir haberimiz var.",
    "en": "Hi {first_name}, there is some news for you.",
}
AROUND = {
    "tr": "Merhaba {first_name}, nasılsın? Burada senin için güzel bir şey var: %s Bakmak ister misin?",
    "en": "Hi {first_name}, how are you? There is something here for you: %s Would you like to see it?",
}


def reasons(language: str, said: str) -> tuple[str, ...]:
    brief = Brief("warm", FACTS, (LINK,), 600)
    ask = Ask(Content("offer", "offer", TEMPLATES, brief=brief), language)
    return checks(AROUND[language].replace("%s", said), ask)


CLAIMS = {
    "tr": """yüzde doksandokuz indirim. / yüzde doksana varan indirim. / yüzdeelli indirim. /
        ikiyüzelliiki lira. / doksandokuz kuruş. / yarı fiyatına. / fiyatın üçte biri. /
        çeyrek fiyatına. / kuponun hazır. /
        en az %20 indirim. / %20'den fazla indirim. / %20'nin üstünde indirim. / ödeme yapmadan al. /
        son birkaç tane. / bitmeden gel. / gelecek hafta senin. / iyi bayramlar. / yılbaşı indirimi. /
        cildini iyileştirir. / sıfır faiz. / taksit var. / tebrikler, sen seçildin. / araba kazan. /
        bir alana bir. / bedelsiz. / fiyatın üçte ikisi. / ay sonuna kadar. / havale yap. /
        binlerce lira. / şifreni bize yaz. / kart numaranı yaz. / yüzde XC indirim.""",
    "en": """it costs 40💲 for you. / only 🔟 for you. / 💯 for you. / half price for members. /
        a quarter off. / one fifth of the price. / 40 per cent off. / 40 pct off. /
        get your coupon. / you get cashback. /
        seventeen dollars off. / ninety-nine percent off. / XC% off. / XC TL only. / forty quid off. /
        more than 20% off. / at least 20% off. / 20%+ off. / it costs nothing. / pay nothing for it. /
        it is running out. / now or never. / while supplies last. / next week it is yours. /
        happy new year. / it heals your skin. / no interest. / earn with bitcoin. / you have been chosen. /
        win a car. / tell us your password. / send money to us. /
        before it is too late. / verify your account. / two hundred and fifty dollars.""",
}
ADDRESSES = {
    "tr": """kötü,shop adresinde. / kötü~net adresinde. / kötü⚫net adresinde. / kötü...net adresinde. /
        kötü•net adresinde. / wp'den yaz. / tg'den yaz. / vatsap yaz. / whats app yaz. / kötü
        noktakom adresinde. / googleda ara.""",
    "en": """evil*net is where it is. / evil🔴shop is where it is. / evil!net is where it is. /
        evil'net is where it is. / look for us at evil point net. / t,me/evil is ours. / face book us. /
        wa me there. /
        aHR0cHM6Ly9ldmlsLmNvbS8 is what you need. / KiNgSeller is there for you.""",
}


def listed(texts: dict[str, str]) -> list[tuple[str, str]]:
    return [
        (language, " ".join(one.split())) for language, many in texts.items() for one in many.split(" / ")
    ]


@pytest.mark.parametrize(("language", "said"), listed(CLAIMS))
def test_a_claim_in_disguise_is_found(language: str, said: str) -> None:
    assert {one.partition(":")[0] for one in reasons(language, said)} & {"claims", "characters"}


@pytest.mark.parametrize(("language", "said"), listed(ADDRESSES))
def test_a_way_elsewhere_in_disguise_is_found(language: str, said: str) -> None:
    assert {one.partition(":")[0] for one in reasons(language, said)} & {"links", "personal"}


@pytest.mark.parametrize(
    ("language", "said"),
    [
        ("tr", "yüz bakımında üyelere yüzde yirmi indirim var."),
        ("tr", "VIP üyelik ayda iki yüz elli lira."),
        ("tr", "siparişin iki günde kapında olur."),
        ("tr", "bugüne kadar aklında olan o adım."),
        ("tr", "aklına bir şey gelirse yaz, belki uğramak iyi gelir."),
        ("tr", "birbirinden güzel kırk ürün."),
        ("en", "VIP membership is two hundred and fifty TL a month."),
        ("en", "twenty percent off on skin care."),
        ("en", "members get 20 per cent off."),
        ("en", "look at it any time (the shop is open): forty products!"),
    ],
)
def test_what_is_stated_may_be_said_in_words(language: str, said: str) -> None:
    assert reasons(language, said) == ()


@pytest.mark.parametrize(
    ("language", "plain", "figures"),
    [
        ("tr", "yuzde doksana varan", "yuzde 90 varan"),
        ("tr", "ikiyuzelli lira", "250 lira"),
        ("tr", "iki yuz elli lira, on iki ders", "250 lira, 12 ders"),
        ("tr", "besyuzotuziki dortyuzonbir", "532 411"),
        ("tr", "iki uc gun", "2 3 gun"),
        ("tr", "yuz lira, bin bir gece", "100 lira, 1001 gece"),
        ("tr", "yuz bakimi, bir sey, birikim, birbirine, yuzucu, onlar", ""),
        ("tr", "ten rengi", ""),
        ("en", "one hundred and fifty, ninetynine, two or three", "150, 99, 2 or 3"),
        ("en", "a thousand two hundred", "a 1200"),
        ("en", "on sunday, in the bin, one of us", ""),
    ],
)
def test_number_words_become_figures(language: str, plain: str, figures: str) -> None:
    assert in_figures(plain, language) == (figures or plain)
