"""Words: topics in both languages however they are typed, and opt-out words only when they stand alone."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.text import MAX_LENGTH, OPT_OUT_WORDS, TOPICS, WORDS, Words, fold_text, lower, opts_out, topics


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
    ],
)
def test_an_opt_out_word_that_stands_alone_is_understood(text: str) -> None:
    assert opts_out(text)


@pytest.mark.parametrize(
    "text",
    ["don't stop", "durum nedir", "siparişimi iptal etmek istiyorum", "non-stop", "", "...", "dur" * 40],
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


def test_an_installation_brings_its_own_words() -> None:
    words = Words.of({"en": {"vip": ("gold card*",)}}, {"en": ("basta",)})
    assert words.topics("a Gold  Card, please") == ("vip",)
    assert words.topics("vip") == ()
    assert words.opts_out("Basta!")
    assert not words.opts_out("stop")
