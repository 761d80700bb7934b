"""Something to say: texts per language with safe placeholders, media, a poll, buttons, links.

Promises: a `Content` that `check` has passed renders in every language, with any values, into a message that
Telegram accepts: known placeholders only, values escaped, tags balanced and nested as Telegram does it, every
bound kept. Placeholders are replaced once from a closed list and never looked at again, so a person's name
can't be a template. Leaves to others: which content to send (plan), reading the files and whether named
files are there (adapters), what GPT makes of a brief (`core.writing`).

`values` says what a content is, `markup` knows Telegram's HTML, `checking` finds what is wrong, `rendering`
makes the body of a message, `documents` is the plain form of files and store.
"""

from core.content.checking import (
    MAX_ALBUM,
    MAX_BUTTON,
    MAX_BUTTONS,
    MAX_CAPTION,
    MAX_DATA_BYTES,
    MAX_TEXT,
    check,
    faults,
)
from core.content.documents import from_document, to_document
from core.content.markup import TAGS, addresses, readable, visible_length
from core.content.rendering import Link, Links, render, with_id
from core.content.values import (
    FALLBACK_LANGUAGE,
    FALLBACKS,
    KINDS,
    LANGUAGES,
    MEDIA,
    Brief,
    Button,
    Content,
    Media,
    Poll,
)

__all__ = [
    "FALLBACKS",
    "FALLBACK_LANGUAGE",
    "KINDS",
    "LANGUAGES",
    "MAX_ALBUM",
    "MAX_BUTTON",
    "MAX_BUTTONS",
    "MAX_CAPTION",
    "MAX_DATA_BYTES",
    "MAX_TEXT",
    "MEDIA",
    "TAGS",
    "Brief",
    "Button",
    "Content",
    "Link",
    "Links",
    "Media",
    "Poll",
    "addresses",
    "check",
    "faults",
    "from_document",
    "readable",
    "render",
    "to_document",
    "visible_length",
    "with_id",
]
