"""Telegram's HTML: entities in UTF-16 units, refusals word for word with byte offsets."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sandbox.accounts import Json
from sandbox.botapi.entities import parse_html, trim
from sandbox.botapi.errors import TelegramError

REFUSED = [
    ("<foo>x</foo>", 'Unsupported start tag "foo" at byte offset 0'),
    ("ığ<foo>x", 'Unsupported start tag "foo" at byte offset 4'),
    ("a < b", 'Unsupported start tag "" at byte offset 2'),
    ("<b>x", 'Can\'t find end tag corresponding to start tag "b"'),
    ("<b><i>x</b></i>", 'Unmatched end tag at byte offset 7, expected "</i>", found "</b>"'),
    ("x</b>", "Unexpected end tag at byte offset 1"),
    ("<b", "Unclosed start tag at byte offset 0"),
    ("<b>x</b", "Unclosed end tag at byte offset 4"),
    ('<a href="http://a.b', "Unclosed start tag at byte offset 0"),
    ("<a href>x</a>", 'Expected equal sign in declaration of an attribute of the tag "a" at byte offset 0'),
    ("<a =x>x</a>", 'Empty attribute name in the tag "a" at byte offset 0'),
    ("<a href=http://x>x</a>", "Unexpected end of name token at byte offset 8"),
    ("<span>x</span>", 'Tag "span" must have class "tg-spoiler" at byte offset 0'),
]
ACCEPTED: list[tuple[str, str, list[Json]]] = [
    ("a &lt;b&gt; &amp; &quot;c&quot; &#33; &nbsp;", 'a <b> & "c" ! &nbsp;', []),
    ("<b>x</b>", "x", [{"type": "bold", "offset": 0, "length": 1}]),
    ("<b></b>x", "x", []),
    ("😀<i>ş</i>", "😀ş", [{"type": "italic", "offset": 2, "length": 1}]),
    (
        "<b>a<i>b</></b>",
        "ab",
        [{"type": "bold", "offset": 0, "length": 2}, {"type": "italic", "offset": 1, "length": 1}],
    ),
    (
        "<a href='https://x.y/?a=1&amp;b=2'>go</a>",
        "go",
        [{"type": "text_link", "url": "https://x.y/?a=1&b=2", "offset": 0, "length": 2}],
    ),
    (
        "<a>https://x.y</a>",
        "https://x.y",
        [{"type": "text_link", "url": "https://x.y", "offset": 0, "length": 11}],
    ),
    ("<a href='nowhere'>go</a>", "go", []),
    (
        '<pre><code class="language-py">x</code></pre>',
        "x",
        [{"type": "pre", "language": "py", "offset": 0, "length": 1}],
    ),
    (
        "<blockquote expandable>q</blockquote>",
        "q",
        [{"type": "expandable_blockquote", "offset": 0, "length": 1}],
    ),
    ('<span class="tg-spoiler">x</span>', "x", [{"type": "spoiler", "offset": 0, "length": 1}]),
    (
        '<tg-emoji emoji-id="5">👍</tg-emoji>',
        "👍",
        [{"type": "custom_emoji", "custom_emoji_id": "5", "offset": 0, "length": 2}],
    ),
]


@pytest.mark.parametrize(("html", "reason"), REFUSED)
def test_bad_markup_is_refused_in_telegrams_words(html: str, reason: str) -> None:
    with pytest.raises(TelegramError) as refused:
        parse_html(html)
    assert refused.value.description == f"Bad Request: can't parse entities: {reason}"


@pytest.mark.parametrize(("html", "plain", "entities"), ACCEPTED)
def test_good_markup_becomes_text_and_entities(html: str, plain: str, entities: list[Json]) -> None:
    assert parse_html(html) == (plain, entities)


@given(st.text())
def test_escaped_text_comes_back_unchanged(text: str) -> None:
    escaped = text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
    assert parse_html(escaped) == (text, [])


@given(st.text(alphabet="<>/ab ='\"&;#ı😀"))
def test_any_text_is_parsed_or_refused_by_name(text: str) -> None:
    try:
        plain, entities = parse_html(text)
    except TelegramError as error:
        assert error.error_code == 400
    else:
        units = len(plain.encode("utf-16-le")) // 2
        for entity in entities:
            offset, length = entity["offset"], entity["length"]
            assert isinstance(offset, int)
            assert isinstance(length, int)
            assert 0 <= offset < offset + length <= units


def test_white_space_is_cut_and_entities_move_along() -> None:
    text, entities = trim(*parse_html("  \n<b>bold </b>  "))
    assert (text, entities) == ("bold", [{"type": "bold", "offset": 0, "length": 4}])
