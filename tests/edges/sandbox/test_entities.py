"""Telegram's HTML: entities in UTF-16 units, refusals word for word with byte offsets."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sandbox.accounts import Json
from sandbox.botapi.entities import MOST_ENTITIES, parse_html, trim
from sandbox.botapi.errors import TelegramError
from tests.edges.sandbox.conftest import ADA, Api

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
    ("<tg-time>x</tg-time>", 'Tag "tg-time" must have attribute "unix" at byte offset 0'),
    ("<span>x</span>", 'Tag "span" must have class "tg-spoiler" at byte offset 0'),
]
ACCEPTED: list[tuple[str, str, list[Json]]] = [
    (
        "<b>ab<code>cd</code>ef</b>",
        "abcdef",
        [
            {"type": "bold", "offset": 0, "length": 2},
            {"type": "code", "offset": 2, "length": 2},
            {"type": "bold", "offset": 4, "length": 2},
        ],
    ),
    ("<pre>a<b>b</b></pre>", "ab", [{"type": "pre", "offset": 0, "length": 2}]),
    (
        "<blockquote>a<blockquote>b</blockquote><code>c</code></blockquote>",
        "abc",
        [{"type": "blockquote", "offset": 0, "length": 3}, {"type": "code", "offset": 2, "length": 1}],
    ),
    (
        '<tg-time unix="1767225600" format="d">soon</tg-time>',
        "soon",
        [
            {
                "type": "date_time",
                "unix_time": 1767225600,
                "date_time_format": "d",
                "offset": 0,
                "length": 4,
            }
        ],
    ),
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


def test_there_are_a_hundred_entities_at_most() -> None:
    assert len(parse_html("<b>x</b> " * 130)[1]) == MOST_ENTITIES


async def test_a_link_to_a_person_is_a_mention_and_one_to_a_stranger_only_words(api: Api) -> None:
    text = f'<a href="tg://user?id={ADA}">Ada</a> <a href="tg://user?id=99">Nobody</a>'
    sent = await api.result("sendMessage", chat_id=ADA, text=text, parse_mode="HTML")
    (entity,) = sent["entities"]
    assert (sent["text"], entity["type"], entity["user"]["id"]) == ("Ada Nobody", "text_mention", ADA)
    changed = await api.result(
        "editMessageText", chat_id=ADA, message_id=sent["message_id"], text=text + "!", parse_mode="HTML"
    )
    assert [one["type"] for one in changed["entities"]] == ["text_mention"]
