"""The plain form of a content, as it stands in files and in the store, and back.

The files' reader and the store hand in documents of the right shape; whether what they say can be sent is
`check`'s question.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from core.content.values import Brief, Button, Content, Media, Poll, Texts


def to_document(content: Content) -> dict[str, object]:
    """Only what is not as usual; `from_document` gives the same content back."""
    document: dict[str, object] = {"name": content.name, "kind": content.kind}
    if content.texts:
        document["texts"] = dict(content.texts)
    if content.buttons:
        document["buttons"] = [_button_document(each) for each in content.buttons]
    if content.media:
        document["media"] = [{"type": each.type, "source": each.source} for each in content.media]
    if content.poll is not None:
        document["poll"] = _poll_document(content.poll)
    if content.brief is not None:
        document["brief"] = _brief_document(content.brief)
    document |= {name: True for name in ("silent", "protect", "preview") if getattr(content, name)}
    return document | ({"ages": list(content.ages)} if any(content.ages) else {})


def _poll_document(poll: Poll) -> dict[str, object]:
    options = [dict(each) for each in poll.options]
    return {"question": dict(poll.question), "options": options, "multiple": poll.multiple}


def _button_document(button: Button) -> dict[str, object]:
    document: dict[str, object] = {"texts": dict(button.texts)}
    if button.url is not None:
        return {"url": dict(button.url), **document}
    return {"start": button.start, **document} if button.start else {"action": button.action, **document}


def _brief_document(brief: Brief) -> dict[str, object]:
    return {
        "tone": brief.tone,
        "facts": list(brief.facts),
        "links": list(brief.links),
        "max_chars": brief.max_chars,
        "review": brief.review,
        "personal": brief.personal,
    }


def from_document(document: Mapping[str, Any]) -> Content:
    """The content. `photo` is short for media with one photo; a `url` without languages is meant for all."""
    poll, brief = document.get("poll"), document.get("brief")
    texts = _texts(document.get("texts") or {})
    spoken = tuple(texts) if poll is None else tuple(poll["question"])
    photo = document.get("photo")
    media = [{"type": "photo", "source": photo}] if photo else document.get("media") or ()
    least, most = document.get("ages") or (0, 0)
    return Content(
        name=str(document["name"]),
        kind=str(document["kind"]),
        texts=texts,
        buttons=tuple(_button(each, spoken) for each in document.get("buttons") or ()),
        media=tuple(Media(str(each["type"]), str(each["source"])) for each in media),
        poll=None if poll is None else _poll(poll),
        brief=None if brief is None else _brief(brief),
        silent=bool(document.get("silent")),
        protect=bool(document.get("protect")),
        preview=bool(document.get("preview")),
        ages=(int(least), int(most)),
    )


def _texts(raw: Mapping[str, Any]) -> Texts:
    return {str(language): str(text) for language, text in raw.items()}


def _button(raw: Mapping[str, Any], spoken: Sequence[str]) -> Button:
    url = raw.get("url")
    if isinstance(url, str):
        url = dict.fromkeys(spoken, url)
    return Button(
        _texts(raw["texts"]),
        str(raw.get("action") or ""),
        None if url is None else _texts(url),
        str(raw.get("start") or ""),
    )


def _poll(raw: Mapping[str, Any]) -> Poll:
    return Poll(
        _texts(raw["question"]), tuple(_texts(each) for each in raw["options"]), bool(raw.get("multiple"))
    )


def _brief(raw: Mapping[str, Any]) -> Brief:
    usual = Brief("", ())
    return Brief(
        str(raw.get("tone") or ""),
        tuple(str(each) for each in raw.get("facts") or ()),
        tuple(str(each) for each in raw.get("links") or ()),
        int(raw.get("max_chars") or usual.max_chars),
        bool(raw.get("review", usual.review)),
        bool(raw.get("personal", usual.personal)),
    )
