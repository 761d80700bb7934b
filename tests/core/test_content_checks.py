"""Checks of content: what Telegram would refuse or silently change is found and named, in every language."""

from __future__ import annotations

from dataclasses import replace

import pytest

from core.content import (
    Brief,
    Button,
    Content,
    Links,
    Media,
    Poll,
    check,
    faults,
    from_document,
    render,
    to_document,
    with_id,
)
from core.errors import ContentError

TEXT = {"tr": "Selam", "en": "Hello"}
PHOTO = Media("photo", "https://example.org/a.jpg")
VIDEO = Media("video", "file:a.mp4")
YES_NO = ({"en": "Yes", "tr": "Evet"}, {"en": "No", "tr": "Hayır"})
ASK = Content("ask", "poll", {}, poll=Poll({"en": "Well?", "tr": "Ee?"}, YES_NO))
OPEN = {"en": "Open", "tr": "Aç"}


def news(**changes: object) -> Content:
    return replace(Content("x", "news", TEXT), **changes)  # type: ignore[arg-type] # fields by name


def linking(address: str) -> Content:
    return news(buttons=(Button(OPEN, url={"tr": "https://example.org/", "en": address}),))


@pytest.mark.parametrize(
    "text",
    [
        "<b>a <i>b <u>c <s>d <tg-spoiler>e</tg-spoiler></s></u></i></b>",
        "<strong>a</strong> <em>b</em> <ins>c</ins> <strike>d</strike> <del>e</del>",
        '<span class="tg-spoiler">a</span> <tg-emoji emoji-id="5368324170671202286">👍</tg-emoji>',
        "<blockquote expandable>a <b>b</b> <code>c</code></blockquote>",
        '<pre><code class="language-python">a &lt; b</code></pre> <code>x</code>',
        '<b><a href="https://example.org/?a=1&amp;b=2#c">a <i>b</i></a></b>',
        '<a href="tg://user?id=7">a</a> <a href="mailto:a@example.org">b</a>',
        "&#8364; &#x20AC; &quot;a&quot; &amp; 1 &gt; 0",
    ],
)
def test_what_telegram_nests_is_fine(text: str) -> None:
    check(news(texts={"en": text}))


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        ("<b><code>a</code></b>", "can stand only by itself"),
        ("<code><b>a</b></code>", "can't stand inside <code>"),
        ("<pre>a <i>b</i></pre>", "can't stand inside <pre>"),
        ("<b><i><strong>a</strong></i></b>", "stands inside another <strong>"),
        ("<blockquote>a <blockquote>b</blockquote></blockquote>", "inside another"),
        ('<a href="https://example.org"><a href="https://example.org">a</a></a>', "inside another"),
        ('<a href="https://example.org"><blockquote>a</blockquote></a>', "inside a link"),
        ('<code class="language-python">a</code>', "outside <pre>"),
        ('<span class="red">a</span>', "does not know"),
        ('<b class="x">a</b>', "does not know"),
        ("<tg-emoji>a</tg-emoji>", "does not know"),
        ('<a href="example.org">a</a>', "must begin with"),
        ('<a href="ftp://example.org">a</a>', "must begin with"),
        ('<a href="https://example">a</a>', "no host"),
        ('<a href="https://me:word@example.org/">a</a>', "names a user"),
        ('<a href="https://example.org:99999/">a</a>', "no host"),
        ('<a href="https://example.org/{first_name}">a</a>', "inside a tag or an address"),
        ('<pre><code class="language-{city}">a</code></pre>', "inside a tag or an address"),
        ('<a href="https://exa mple.org/">a</a>', "a character that no address has"),
        ('<a href="https://example.org/?a=1&b=2">a</a>', "write & as &amp;"),
        ("a &nbsp; b", "write & as &amp;"),
        ("{link:0}", "meaning of its own"),
        ("<b>a</b", "stray"),
    ],
)
def test_what_telegram_would_refuse_or_drop_is_refused(text: str, fault: str) -> None:
    with pytest.raises(ContentError, match=fault):
        check(news(texts={"en": text}))


def test_every_language_is_checked_and_every_fault_is_said() -> None:
    found = faults(news(texts={"tr": "<b>", "en": "{nick}", "xx": ""}, ages=(5, 3), kind="gossip"))
    assert [fault.partition(":")[0] for fault in found] == [
        "content x",
        "content x, xx",
        "content x",
        "content x, tr",
        "content x, en",
        "content x, xx",
    ]


@pytest.mark.parametrize(
    ("content", "fault"),
    [
        (news(media=(PHOTO,) * 11), "an album has 2 to 10 media"),
        (news(media=(PHOTO, Media("voice", "file:a.ogg"))), "of photos and videos, or of documents only"),
        (news(media=(PHOTO, Media("document", "file:a.pdf"))), "of photos and videos, or of documents only"),
        (news(media=(PHOTO, VIDEO), buttons=(Button(OPEN, "more"),)), "an album can't have buttons"),
        (news(media=(Media("sticker", "file:a.webp"),)), "'sticker' is none of"),
        (news(media=(Media("photo", "file:../a.jpg"),)), "no https address, file id"),
        (news(media=(Media("photo", "http://example.org/a.jpg"),)), "no https address, file id"),
        (news(media=(Media("photo", "https://me@example.org/a.jpg"),)), "names a user"),
        (news(media=(PHOTO,), texts={"en": "x" * 1025}), "0 to 1024"),
    ],
)
def test_media_are_checked(content: Content, fault: str) -> None:
    with pytest.raises(ContentError, match=fault):
        check(content)


def test_albums_and_captions_without_words_are_fine() -> None:
    check(news(media=(PHOTO, VIDEO)))
    check(news(media=(PHOTO,), texts={"en": ""}))
    check(news(media=(Media("photo", "AgACAgIAAxkBAAIBQGVd_x-1234567890"),)))


@pytest.mark.parametrize(
    ("content", "fault"),
    [
        (replace(ASK, kind="news"), "its kind must be poll"),
        (replace(ASK, texts=TEXT), "no texts and no media"),
        (replace(ASK, media=(PHOTO,)), "no texts and no media"),
        (replace(ASK, poll=Poll({"en": "Well?"}, YES_NO[:1])), "2 to 12 options, not 1"),
        (replace(ASK, poll=Poll({"en": "Well?"}, tuple({"en": str(n)} for n in range(13)))), "not 13"),
        (replace(ASK, poll=Poll({"en": "x" * 301}, YES_NO)), "1 to 300 characters, not 301"),
        (replace(ASK, poll=Poll({"en": "x" * 250 + "{first_name}"}, YES_NO)), "not 378"),
        (
            replace(ASK, poll=Poll({"en": "Well?"}, ({"en": "x" * 101}, YES_NO[1]))),
            "option 1: needs 1 to 100",
        ),
        (replace(ASK, poll=Poll({"en": "Well?"}, ({"tr": "x"}, YES_NO[1]))), "option 1: needs 1 to 100"),
        (replace(ASK, poll=Poll({"en": "Well?"}, (YES_NO[0], YES_NO[0]))), "two options are the same"),
        (replace(ASK, poll=Poll({"en": "Well?"}, ({"en": "{city}"}, YES_NO[0]))), "in the question only"),
        (replace(ASK, poll=Poll({"en": "{nick}?"}, YES_NO)), "{nick} is unknown"),
        (replace(ASK, brief=Brief("warm", ("fact",))), "can't be written from a brief"),
    ],
)
def test_polls_are_checked(content: Content, fault: str) -> None:
    with pytest.raises(ContentError, match=fault):
        check(content)


@pytest.mark.parametrize(
    ("content", "fault"),
    [
        (news(buttons=(Button(OPEN),)), "exactly one of action, url and start"),
        (news(buttons=(Button(OPEN, "more", start="x"),)), "exactly one of action, url and start"),
        (news(buttons=(Button(OPEN, start="a b"),)), "start is a code"),
        (news(buttons=(Button(OPEN, start="-kx"),)), "start is a code"),
        (news(buttons=(Button(OPEN, url={"en": "https://example.org"}),)), "needs a url in tr"),
        (linking("mailto:a@example.org"), "must begin with"),
        (linking("https://example.org/\r\nX: 1"), "a character that no address has"),
        (linking("https://" + "a" * 64 + ".example/"), "can't be looked up"),
        (linking("https://example.org/" + "a" * 2048), "longer than 2048"),
        (news(buttons=(Button(OPEN, "a"),) * 2), "each with its own"),
        (news(buttons=tuple(Button(OPEN, f"a{n}") for n in range(7))), "at most 6 buttons"),
    ],
)
def test_buttons_and_their_addresses_are_checked(content: Content, fault: str) -> None:
    with pytest.raises(ContentError, match=fault):
        check(content)


@pytest.mark.parametrize(
    ("brief", "fault"),
    [
        (Brief("warm", ()), "1 to 20 facts"),
        (Brief("warm", ("x" * 501,)), "at most 500 characters"),
        (Brief("warm", ("a",), max_chars=5000), "max_chars is 1 to 4096"),
        (Brief("warm", ("a",), ("tg://user?id=1",)), "must begin with http:"),
    ],
)
def test_briefs_are_checked(brief: Brief, fault: str) -> None:
    with pytest.raises(ContentError, match=fault):
        check(news(brief=brief))


def test_a_content_comes_back_from_its_document_as_it_was() -> None:
    full = news(
        buttons=(
            Button(OPEN, "more"),
            Button(OPEN, url=dict.fromkeys(TEXT, "tg://x")),
            Button(OPEN, start="a"),
        ),
        media=(PHOTO,),
        brief=Brief("warm", ("fact",), ("https://example.org",), 100, False, True),
        silent=True,
        protect=True,
        preview=True,
        ages=(1, 30),
    )
    for content in (full, ASK, news()):
        assert from_document(to_document(content)) == content
    assert to_document(news()) == {"name": "x", "kind": "news", "texts": TEXT}
    assert from_document({"name": "x", "kind": "news", "texts": TEXT, "photo": PHOTO.source}).media == (
        PHOTO,
    )


HALF = "\ud83d"


@pytest.mark.parametrize(
    ("content", "fault"),
    [
        (news(texts={"en": "a" * 4_000 + "{first_name}"}), "4128 characters"),
        (news(texts={"en": f"a {HALF}"}), r"can't be sent, U\+D83D"),
        (news(texts={"en": "a \x00"}), r"can't be sent, U\+0000"),
        (news(buttons=(Button({"tr": "a", "en": HALF}, "buy"),)), r"can't be sent, U\+D83D"),
        (news(brief=Brief("warm", (HALF,))), r"can't be sent, U\+D83D"),
        (news(texts={"en": "a &#55357;"}), "stands for no character"),
        (news(texts={"en": "a &#0;"}), "stands for no character"),
        (news(texts={"en": "a &#x110000;"}), "stands for no character"),
        (news(texts={"en": "a &#X41;"}), "write & as &amp;"),
        (news(texts={"en": '<tg-emoji emoji-id="0">a</tg-emoji>'}), "does not know"),
        (news(texts={"en": '<tg-emoji emoji-id="99999999999999999999">a</tg-emoji>'}), "does not know"),
        (news(texts={"en": '<tg-emoji emoji-id="٣">a</tg-emoji>'}), "does not know"),
        (news(texts={"en": "<b>a</b> " * 101}), "101 tags"),
        (
            news(
                texts={
                    "en": "".join(f'<a href="https://example.org/{"z" * 1_900}{n}">a</a>' for n in range(10))
                }
            ),
            "bytes with tags",
        ),
        (news(texts={"en": "\u2800"}), "1 characters with long names"),
        (news(texts={"en": "\u200b\u3164"}), "2 characters with long names"),
        (
            news(
                buttons=tuple(
                    Button(OPEN, url=dict.fromkeys(TEXT, f"https://example.org/{n}" + "z" * 2_000))
                    for n in range(5)
                )
            ),
            "its buttons have",
        ),
        (news(buttons=(Button({"tr": "a", "en": "Hi {first_name}"}, "buy"),)), "has no placeholders"),
        (news(buttons=(Button({"tr": "a", "en": "\u2800"}, "buy"),)), "must show"),
        (linking("https://exa^mple.org"), "can't be looked up"),
        (linking("https://-.org"), "can't be looked up"),
        (replace(ASK, poll=Poll({"en": "Well?"}, ({"en": "\u2800"}, {"en": "No"}))), "shows nothing"),
    ],
)
def test_what_telegram_refuses_or_swallows_is_refused_here(content: Content, fault: str) -> None:
    with pytest.raises(ContentError, match=fault):
        check(content)


@pytest.mark.parametrize("name", ["\u2800", "\u3164", "\u034f", "\u202e", " \u115f "])
def test_a_name_that_shows_nothing_is_no_name(name: str) -> None:
    assert render(news(texts={"en": "{first_name}"}), "en", {"first_name": name})["text"] == "friend"


def test_every_one_of_a_hundred_links_is_tracked() -> None:
    text = "".join(f'<a href="https://example.org/{n}">a</a>' for n in range(100))
    body = render(check(news(texts={"en": text})), "en", {}, Links(track=True))
    done = with_id(body, 7, lambda _, place: f"https://us.example/l/{place}")
    assert "{link" not in str(done["text"])
    assert "https://us.example/l/99" in str(done["text"])
