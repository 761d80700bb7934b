"""Content: what has been checked can be sent to anybody, whatever their name is."""

from __future__ import annotations

import html
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.content import (
    MAX_TEXT,
    Button,
    Content,
    Links,
    Media,
    Poll,
    check,
    readable,
    render,
    visible_length,
    with_id,
)
from core.errors import ContentError

BUTTONS = (
    Button({"tr": "Al", "en": "Buy"}, "buy"),
    Button({"tr": "Bak", "en": "Look"}, "more"),
    Button({"tr": "Yok", "en": "No"}, "no"),
)
HELLO = Content(
    "hello", "offer", {"tr": "<b>Selam</b> {first_name}", "en": "Hi {first_name} &amp; all"}, BUTTONS
)


def test_a_reader_gets_the_own_language_else_english() -> None:
    assert render(HELLO, "tr", {"first_name": "Can"})["text"] == "<b>Selam</b> Can"
    assert render(HELLO, "tr-TR", {"first_name": "Can"})["text"] == "<b>Selam</b> Can"
    assert render(HELLO, "de", {"first_name": "Can"})["text"] == "Hi Can &amp; all"
    assert render(HELLO, "", {})["text"] == "Hi friend &amp; all"
    turkish = Content("x", "news", {"tr": "Selam"})
    assert turkish.language_for("de") is None
    with pytest.raises(ContentError, match="no text for language 'de'"):
        render(turkish, "de")


def test_buttons_carry_the_ledger_number_once_it_is_known() -> None:
    body: Any = with_id(render(HELLO, "en"), 4711)
    assert body["buttons"] == [
        [{"text": "Buy", "data": "c:4711:offer:buy"}, {"text": "Look", "data": "c:4711:offer:more"}],
        [{"text": "No", "data": "c:4711:offer:no"}],
    ]
    assert body["parse_mode"] == "HTML"


def test_a_body_without_campaign_buttons_is_left_alone() -> None:
    plain = {
        "text": "{id}",
        "buttons": [[{"text": "Menu", "data": "menu:{id}"}, {"text": "Web", "url": "x"}]],
    }
    assert with_id(plain, 1) == plain
    assert with_id({"text": "{id}"}, 1) == {"text": "{id}"}


def test_the_template_is_not_changed_by_its_number() -> None:
    body: Any = render(HELLO, "en")
    with_id(body, 1)
    assert body["buttons"][0][0]["data"] == "c:{id}:offer:buy"


@given(st.text(max_size=300))
def test_no_name_can_break_a_message_or_be_a_template(name: str) -> None:
    body = render(check(HELLO), "tr", {"first_name": name, "unknown": name})
    text = str(body["text"])
    assert 0 < visible_length(text) <= MAX_TEXT
    shown = html.unescape(text.removeprefix("<b>Selam</b> "))
    assert shown == "dostum" or shown in " ".join(
        "".join(char if char.isprintable() else " " for char in name).split()
    )


def test_a_name_that_looks_like_a_placeholder_or_a_tag_is_only_a_name() -> None:
    body = render(HELLO, "en", {"first_name": "{bot_name}<b>{id}"})
    assert body["text"] == "Hi &#123;bot_name}&lt;b&gt;&#123;id} &amp; all"
    assert html.unescape(str(body["text"])) == "Hi {bot_name}<b>{id} & all"


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("{first_nam}", r"\{first_nam\} is unknown"),
        ("<b>open", "<b> is not closed"),
        ("<b><i>x</b></i>", "closes what is not open"),
        ("</b>", "closes what is not open"),
        ("<div>x</div>", "does not know <div>"),
        ("<a>x</a>", "does not know <a>"),
        ("1 < 2", "stray"),
        ('<a href="javascript:x">x</a>', "must begin with http:"),
        ("salt & pepper", "write & as &amp;"),
        ("x" * 4097, "4097 characters"),
        ("😀" * 2049, "4098 characters"),
        ("", "0 characters"),
        (" <b></b> ", "0 characters"),
    ],
)
def test_what_telegram_would_refuse_is_refused_before(text: str, message: str) -> None:
    with pytest.raises(ContentError, match=message):
        check(Content("x", "news", {"en": text}))


def test_a_caption_has_less_room_than_a_text() -> None:
    long = {"en": "x" * 1025}
    check(Content("x", "news", long))
    with pytest.raises(ContentError, match="0 to 1024"):
        check(Content("x", "news", long, media=(Media("photo", "https://example.org/x.jpg"),)))
    with pytest.raises(ContentError, match="https"):
        check(Content("x", "news", {"en": "x"}, media=(Media("photo", "file:///etc/passwd"),)))
    fine = Content("x", "news", {"en": "x"}, media=(Media("photo", "https://example.org/x.jpg"),))
    assert render(check(fine), "en")["media"] == [{"type": "photo", "source": "https://example.org/x.jpg"}]


def test_long_names_are_counted_in_the_length() -> None:
    with pytest.raises(ContentError, match="with long names"):
        check(Content("x", "news", {"en": "x" * 4090 + "{first_name}"}))


@pytest.mark.parametrize(
    ("button", "message"),
    [
        (Button({"en": "x"}, "a:b"), "actions are"),
        (Button({"en": "x"}, "much_too_long_an_action"), "actions are"),
        (Button({"tr": "x"}, "ok"), "in en"),
        (Button({"en": "x" * 65}, "ok"), "1 to 64"),
    ],
)
def test_buttons_are_checked(button: Button, message: str) -> None:
    with pytest.raises(ContentError, match=message):
        check(Content("x", "news", {"en": "x"}, (button,)))


def test_names_kinds_and_doubles_are_checked() -> None:
    for wrong, message in (
        (Content("X y", "news", {"en": "x"}), "content name"),
        (Content("x", "gossip", {"en": "x"}), "kind 'gossip'"),
        (Content("x", "news", {}), "no texts"),
        (Content("x", "news", {"xx": "x"}), "languages are"),
        (Content("x", "news", {"en": "x"}, (BUTTONS[0], BUTTONS[0])), "own action"),
    ):
        with pytest.raises(ContentError, match=message):
            check(wrong)


def test_links_and_nested_tags_are_fine_and_do_not_count() -> None:
    assert visible_length('<b>a <i>b</i></b> <a href="https://example.org/?x=1">c</a> &lt;') == len("a b c <")


def test_addresses_are_put_aside_only_when_they_are_tracked() -> None:
    page, mail = "https://example.org/?a=1&b=2", "mailto:a@example.org"
    text = f'<a href="{html.escape(page)}">x</a> <a href="{mail}">y</a> <a href="{html.escape(page)}">z</a>'
    go = {"en": "Go"}
    buttons = (Button(go, url={"en": page}), Button(go, url={"en": "https://example.org/b"}))
    content = check(Content("x", "news", {"en": text}, buttons))
    plain: Any = render(content, "en")
    assert (plain["text"], "links" in plain) == (text, False)
    assert plain["buttons"][0][0] == {"text": "Go", "url": page}
    body: Any = render(content, "en", {}, Links(track=True))
    assert body["links"] == [page, "https://example.org/b"]
    assert body["text"] == f'<a href="{{link:0}}">x</a> <a href="{mail}">y</a> <a href="{{link:0}}">z</a>'
    assert with_id(body, 7) == plain
    sent: Any = with_id(body, 7, lambda message_id, place: f"https://k.example/l/{message_id}&{place}")
    assert sent["text"].startswith('<a href="https://k.example/l/7&amp;0">x</a>')
    assert sent["buttons"] == [
        [
            {"text": "Go", "url": "https://k.example/l/7&0"},
            {"text": "Go", "url": "https://k.example/l/7&1"},
        ]
    ]
    assert body["links"] == [page, "https://example.org/b"], "the row keeps where they lead"


def test_a_start_button_needs_to_know_its_bot() -> None:
    content = check(Content("x", "news", {"en": "Hello"}, (Button({"en": "Open"}, start="spring"),)))
    with pytest.raises(ContentError, match="nobody said which"):
        render(content, "en")
    body: Any = render(content, "en", {}, Links(start=lambda code: f"https://t.me/shop?start={code}"))
    assert body["buttons"] == [[{"text": "Open", "url": "https://t.me/shop?start=spring"}]]


def test_media_manners_and_polls_stand_in_the_body() -> None:
    album = (Media("photo", "file:a.jpg"), Media("video", "https://example.org/a.mp4"))
    content = Content(
        "x", "news", {"en": "Hi"}, (), album, silent=True, protect=True, preview=True, ages=(7, 0)
    )
    assert render(check(content), "en") == {
        "text": "Hi",
        "parse_mode": "HTML",
        "media": [{"type": one.type, "source": one.source} for one in album],
        "silent": True,
        "protect": True,
        "preview": True,
        "ages": [7, 0],
    }
    poll = Poll({"en": "{first_name} < {city}?"}, ({"en": "Yes"}, {"en": "No"}), multiple=True)
    asked = render(check(Content("x", "poll", {}, poll=poll)), "tr", {"first_name": "<b>"})
    assert asked == {"poll": {"question": "<b> < your city?", "options": ["Yes", "No"], "multiple": True}}


def test_the_installations_language_comes_before_english() -> None:
    content = Content("x", "news", {"tr": "Selam", "en": "Hello"})
    assert content.language_for("de-AT", "tr") == "tr"
    assert content.language_for("EN-gb", "tr") == "en"
    assert Content("x", "news", {"tr": "Selam"}).language_for("de", "en") is None


def test_markup_is_read_as_people_read_it() -> None:
    assert readable('<b>a</b> &lt; <a href="https://example.org/?a&amp;b">here</a>') == (
        "a < here (https://example.org/?a&b)"
    )
