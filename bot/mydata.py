"""What is stored about a person, as a text that people read. The document itself is plain data:

    made_at, person {first_name, username, language, premium, known_since, identifiers}, preferences {...},
    consents [{at, granted, purpose, ...}], bots [...], groups [{title, ...}], segments {name: confidence},
    stated {facts {name: value}, tags [...]}, profile {...}, purchases [{at, amount_minor, currency,
    refunded_at}], messages [{at, text, ...}], events [{at, kind, ...}]

Moments are ISO texts in UTC, empty where something never happened. The whole document goes out beside the
text, so the text may leave out what only programs read.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Final

from bot.texts import one_line, say
from bot.visitor import Preferences
from bot.wording import sentences

Document = Mapping[str, Any]

_COUNTED: Final[Mapping[str, str]] = {
    "message_received": "messages",
    "message_edited": "messages",
    "business_message": "messages",
    "command_used": "commands",
    "started": "commands",
    "button_tapped": "taps",
    "group_message": "groups",
    "reacted": "reactions",
    "poll_answered": "reactions",
    "campaign_answered": "answers",
}
_COUNTS: Final = ("messages", "commands", "taps", "groups", "reactions", "answers", "others")
_MAX_TEXT: Final = 200


def readable(document: Document, language: str) -> str:
    """The document as text. Words of the person are data in it like everything else."""
    moment = _moment(document["made_at"])
    sections = (
        ("person", _person(document["person"], language)),
        ("settings", sentences(preferences_of(document["preferences"]), language)),
        ("consents", _consents(document["consents"], language)),
        ("groups", [one_line(group["title"]) for group in document["groups"] if group["title"]]),
        ("segments", _segments(document["segments"], language)),
        ("stated", _stated(document["stated"], document["events"], language)),
        ("activity", _activity(document["events"], language)),
        ("purchases", _purchases(document["purchases"], language)),
        ("messages", _messages(document["messages"], language)),
    )
    parts = [say("mydata-title", language, moment=moment)]
    for name, lines in sections:
        shown = lines or [say("mydata-empty", language)]
        parts.append("\n".join([say(f"mydata-{name}", language), *(f"  {line}" for line in shown)]))
    return "\n\n".join([*parts, say("mydata-note", language)]) + "\n"


def preferences_of(stored: Mapping[str, Any]) -> Preferences:
    return Preferences(
        frequency=stored["frequency"],
        quiet=stored["quiet"],
        muted=frozenset(stored["muted"]),
        zone=stored["zone"],
        language=stored["language"],
    )


def _person(person: Document, language: str) -> list[str]:
    values = {
        "name": one_line(person["first_name"]),
        "username": one_line(person["username"]),
        "language": person["language"],
        "since": _moment(person["known_since"]),
    }
    return [say(f"mydata-{name}", language, value=value) for name, value in values.items() if value]


def _consents(consents: Iterable[Document], language: str) -> list[str]:
    return [
        say(f"mydata-consent-{'yes' if each['granted'] else 'no'}", language, moment=_moment(each["at"]))
        for each in consents
    ]


def _segments(segments: Mapping[str, float], language: str) -> list[str]:
    return [
        say("mydata-share", language, name=name, share=round(share * 100)) for name, share in segments.items()
    ]


def _stated(stated: Document, events: Iterable[Document], language: str) -> list[str]:
    """Facts, tags and notes of others."""
    facts = [f"{one_line(name)}: {one_line(str(value))}" for name, value in stated["facts"].items()]
    tags = ", ".join(one_line(tag) for tag in stated["tags"])
    notes = [
        say("mydata-noted", language, moment=_moment(each["at"]), text=one_line(_said(each), _MAX_TEXT))
        for each in events
        if each["kind"] == "noted"
    ]
    return [*facts, *([say("mydata-tags", language, tags=tags)] if tags else []), *notes]


def _said(noted: Document) -> str:
    return str(noted["props"].get("text") or "")


def _activity(events: Sequence[Document], language: str) -> list[str]:
    counts = Counter(_COUNTED.get(event["kind"], "others") for event in events)
    return [say(f"mydata-count-{name}", language, n=counts[name]) for name in _COUNTS if counts[name]]


def _purchases(purchases: Iterable[Document], language: str) -> list[str]:
    lines = []
    for each in purchases:
        amount, currency = _amount(each["amount_minor"], each["currency"]), one_line(each["currency"], 8)
        for key, at in (("purchase", each["at"]), ("refunded", each["refunded_at"])):
            if at:
                lines.append(
                    say(f"mydata-{key}", language, moment=_moment(at), amount=amount, currency=currency)
                )
    return lines


def _amount(minor: int, currency: str) -> str:
    """Stars have no smaller unit; money is written with two decimals."""
    return str(minor) if currency == "XTR" else f"{minor // 100}.{minor % 100:02d}"


def _messages(messages: Iterable[Document], language: str) -> list[str]:
    return [
        say("mydata-message", language, moment=_moment(each["at"]), text=one_line(each["text"], _MAX_TEXT))
        for each in messages
        if each["at"] and each["text"]
    ]


def _moment(iso: str) -> str:
    """To the minute."""
    return iso[:16].replace("T", " ")
