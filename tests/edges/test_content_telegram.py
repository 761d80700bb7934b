"""What our checks let through, a server that follows Telegram's parser reads as it was meant."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from core.content import Content, check, render, visible_length
from core.errors import ContentError
from sandbox.botapi.entities import parse_html, trim

TAGS = [
    "b",
    "i",
    "u",
    "s",
    "code",
    "pre",
    "blockquote",
    "tg-spoiler",
    'a href="https://example.org/?a&amp;b"',
]
PIECES = st.one_of(
    st.text("aş😀 \n", min_size=1, max_size=5),
    st.sampled_from(["&lt;", "&amp;", "&#8364;", "<", ">", "&", "{first_name}", "{city}"]),
    st.sampled_from([f"<{tag}>" for tag in TAGS] + [f"</{tag.partition(' ')[0]}>" for tag in TAGS]),
)


def nested() -> st.SearchStrategy[str]:
    """Text with tags that are all closed, whether they may nest or not."""
    leaf = st.text("aş😀 ", min_size=1, max_size=4)
    return st.recursive(
        leaf,
        lambda inner: st.tuples(st.sampled_from(TAGS), st.lists(inner, min_size=1, max_size=3)).map(
            lambda made: f"<{made[0]}>{''.join(made[1])}</{made[0].partition(' ')[0]}>"
        ),
        max_leaves=8,
    )


@given(st.one_of(st.lists(PIECES, min_size=1, max_size=12).map("".join), nested()), st.text(max_size=8))
def test_what_passes_our_check_is_parsed_with_the_same_length(text: str, name: str) -> None:
    try:
        content = check(Content("x", "news", {"en": text}))
    except ContentError:
        return
    html = str(render(content, "en", {"first_name": name, "city": name})["text"])
    plain, entities = trim(*parse_html(html))
    assert len(plain.encode("utf-16-le")) // 2 == visible_length(html)
    assert {one["type"] for one in entities} <= {
        *(
            "bold",
            "italic",
            "underline",
            "strikethrough",
            "code",
            "pre",
            "blockquote",
            "spoiler",
            "text_link",
        ),
    }
