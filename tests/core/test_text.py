"""Words: topics in both languages however they are typed, and opt-out words only when they stand alone."""

from __future__ import annotations

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.errors import SettingsError
from core.text import (
    DEFAULT,
    MAX_LENGTH,
    OPT_OUT_WORDS,
    TOPICS,
    WORDS,
    Words,
    fold_text,
    lower,
    opts_out,
    topics,
    words_with,
)


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("Bu ne kadar?", ("price",)),
        ("FİYATI NEDİR", ("price",)),
        ("fiyatlarınız kaç lira acaba", ("price",)),
        ("VIP grubuna nasıl katılırım?", ("vip",)),
        ("vıp var mi", ("vip",)),
        ("Premium üyelik ne kadar", ("price", "vip")),
        ("Satın almak istiyorum", ("buy",)),
        ("SATIN ALMAK ISTIYORUM", ("buy",)),
        ("siparis vermek istiyorum", ("buy",)),
        ("Yardım eder misiniz?", ("support",)),
        ("How much is the VIP membership?", ("price", "vip")),
        ("I want to buy, can I pay by card?", ("buy",)),
        ("I can’t log in", ("support",)),
        ("Merhaba, nasılsınız?", ()),
        ("buyurun, hoş geldiniz", ()),
        ("a kind word about somebody's costume", ()),
        ("skip the preview", ()),
        ("", ()),
        ("👍", ()),
    ],
)
def test_topics_are_found_as_people_type_them(text: str, found: tuple[str, ...]) -> None:
    assert topics(text) == found


@pytest.mark.parametrize(
    "text",
    [
        "DUR",
        "dur!",
        "Dur.",
        "İPTAL",
        "iptal",
        "IPTAL",
        "STOP",
        " stop ",
        "Unsubscribe",
        "ÇIK",
        "cik",
        "Stop 🙏",
        "🙏 dur",
        "...dur",
        "Lütfen dur",
        "LÜTFEN DURDUR!",
        "artık yazma",
        "stop now please",
        "duuuur",
        "STOOOOP!!!",
        "sssstop",
        "I\u0307PTAL",
        "c\u0327ık",
        "ABONELİKTEN  ÇIK",
        "abonelikten cik",
        "Mesaj gonderme",
        "İSTEMİYORUM",
        "ıstemıyorum",
    ],
)
def test_an_opt_out_word_that_stands_alone_is_understood(text: str) -> None:
    assert opts_out(text)


@pytest.mark.parametrize(
    "text",
    [
        "don't stop",
        "durum nedir",
        "lütfen",
        "artık",
        "şimdi dur",
        "durdurun beni",
        "bot",
        "siparişimi iptal etmek istiyorum",
        "non-stop",
        "",
        "...",
        "dur" * 40,
    ],
)
def test_an_opt_out_word_among_others_is_conversation(text: str) -> None:
    assert not opts_out(text)


def test_every_listed_word_is_found_in_every_case_it_can_be_typed_in() -> None:
    for language, by_topic in WORDS.items():
        for topic, words in by_topic.items():
            assert topic in TOPICS
            for word in words:
                typed = word.removesuffix("*")
                upper = typed.replace("i", "İ").upper() if language == "tr" else typed.upper()
                assert topic in topics(typed), word
                assert topic in topics(f"... {upper}!"), word
    for words in OPT_OUT_WORDS.values():
        assert all(opts_out(word) for word in words)


def test_turkish_lower_case_is_right_for_showing_and_forgiving_for_comparing() -> None:
    assert lower("İSTANBUL ISPARTA", "tr") == "istanbul ısparta"
    assert lower("IDEA", "en") == "idea"
    assert fold_text("İSTANBUL") == fold_text("istanbul") == fold_text("ISTANBUL") == "istanbul"
    assert fold_text("Çöğüş") == "cogus"


@given(st.text(max_size=200))
def test_folding_twice_changes_nothing_and_any_text_is_readable(text: str) -> None:
    once = fold_text(text)
    assert fold_text(once) == once
    assert set(topics(text)) <= set(TOPICS)
    assert opts_out(text) in {True, False}


def test_only_the_beginning_of_a_long_text_is_read() -> None:
    assert topics("x " * MAX_LENGTH + "price") == ()


@pytest.mark.parametrize(
    "typed",
    [
        "sipariş vermek istiyorum",
        "SİPARİŞ VERMEK İSTİYORUM",
        "SIPARIS VERMEK ISTIYORUM",
        "siparis vermek istiyorum",
        "sıparıs vermek ıstıyorum",
        "Sipariş  vermek\nistiyorum",
        "s\u0131paris\u0327 vermek istiyorum",
        "SI\u0307PARI\u0307S\u0327 VERMEK",
    ],
)
def test_one_turkish_word_is_one_word_however_it_is_typed(typed: str) -> None:
    assert topics(typed) == ("buy",)


@given(st.text(alphabet="çğıöşüâÇĞİÖŞÜIiéñßżαΣд’'👍\u0301\u0327\u0307 abc", max_size=30))
def test_composed_and_decomposed_letters_fold_alike(text: str) -> None:
    assert fold_text(unicodedata.normalize("NFD", text)) == fold_text(unicodedata.normalize("NFC", text))


def test_two_topics_in_overlapping_words_are_both_found() -> None:
    words = words_with({"price": {"tr": ("vip fiyatı*",)}}, {})
    assert words.topics("VIP fiyatı nedir") == ("price", "vip")


def test_words_of_an_installation_join_those_that_are_built_in() -> None:
    words = words_with(
        {"price": {"tr": ("kaç kuruş",)}, "vip": {"en": ("inner circle*",)}}, {"tr": ("YETER",)}
    )
    assert words.topics("KAÇ KURUŞ?") == ("price",)
    assert words.topics("is there an Inner Circle, and how much is it?") == ("price", "vip")
    assert words.opts_out("yeter!")
    assert words.opts_out("stop")
    assert not opts_out("yeter")
    assert words_with({}, {}) == DEFAULT


@pytest.mark.parametrize("word", ["", "  ", "*", "!"])
def test_an_empty_word_is_refused_because_it_would_be_found_everywhere(word: str) -> None:
    with pytest.raises(SettingsError):
        words_with({"price": {"tr": (word,)}} if word != "!" else {}, {"tr": (word,)})


def test_an_installation_brings_its_own_words() -> None:
    words = Words.of({"en": {"vip": ("gold card*",)}}, {"en": ("basta",)})
    assert words.topics("a Gold  Card, please") == ("vip",)
    assert words.topics("vip") == ()
    assert words.opts_out("Basta!")
    assert not words.opts_out("stop")
