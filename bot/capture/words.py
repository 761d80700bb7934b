"""What people say to a bot in words: commands, and the wish to be left alone, wherever it is typed.

Choices about consent carry the moment of their receipt: one that waited at Telegram while we were away must
not look newer than the /stop that followed it. Of choices received together the "no" wins.
"""

from __future__ import annotations

from functools import cache
from typing import Final
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError, available_timezones

from bot.capture.fields import clean
from bot.capture.frame import Draft, Frame
from core.consent import CAMPAIGNS
from core.event import Scalar
from core.identity import Sender

LANGUAGES: Final = ("tr", "en")
MAX_ZONE_NAME: Final = 64


def is_zone(name: str) -> bool:
    """True for an IANA zone name, e.g. Europe/Istanbul; not for what else lies beside them on a machine."""
    if not name or len(name) > MAX_ZONE_NAME or name.startswith(("/", ".", "posix", "right/", "local")):
        return False
    try:
        ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        return False
    return True


def zone_named(words: str) -> str:
    """The IANA name that these words are, in whatever case and with spaces for underscores; else empty."""
    if is_zone(words):
        return words
    return _zones().get("_".join(words.split()).casefold(), "") if len(words) <= MAX_ZONE_NAME else ""


@cache
def _zones() -> dict[str, str]:
    return {name.casefold(): name for name in sorted(available_timezones()) if is_zone(name)}


def split_command(text: str) -> tuple[str, str]:
    """The name of a command in small letters, and what follows: `/Stop@some_bot now` is ("stop", "now")."""
    head, argument = (*text[1:].split(maxsplit=1), "", "")[:2]
    return head.partition("@")[0].casefold(), argument.strip()


def consent(granted: bool, source: str, frame: Frame) -> Draft:
    """A choice about campaigns."""
    props: dict[str, Scalar] = {"purpose": CAMPAIGNS, "source": source}
    if granted:
        props["text_version"] = frame.rules.text_version
    return Draft("consent_given" if granted else "consent_withdrawn", frame.received_ms, props)


def refusal(text: str, frame: Frame) -> list[Draft]:
    """The withdrawal that these words are, if they are one."""
    if text.startswith("/"):
        name, argument = split_command(text)
        refused = name == "stop" or (not argument and frame.rules.opts_out(name))
        return [consent(False, "command", frame)] if refused else []
    return [consent(False, "word", frame)] if frame.rules.opts_out(text) else []


def command(text: str, at_ms: int, sender: Sender, frame: Frame) -> list[Draft]:
    """What a command in the private chat says."""
    name, argument = split_command(text)
    if name == "start":
        return _start(argument, at_ms, sender, frame)
    drafts = [Draft("command_used", at_ms, {"command": clean(name, 32)}), *refusal(text, frame)]
    if name == "timezone" and (zone := zone_named(argument)):
        drafts.append(Draft("timezone_declared", at_ms, {"zone": zone}))
    elif name == "language" and argument in LANGUAGES:
        drafts.append(Draft("language_chosen", at_ms, {"language": argument}))
    return drafts


def _start(payload: str, at_ms: int, sender: Sender, frame: Frame) -> list[Draft]:
    link = frame.rules.link(clean(payload, 256), at_ms // 1000)
    props: dict[str, Scalar] = {
        "campaign": clean(link.code, 64),
        "link": link.kind,
        "language": sender.language,
        "premium": sender.premium,
    }
    drafts = [Draft("started", at_ms, props)]
    if frame.rules.granted_on_start:
        drafts.append(consent(True, "start", frame))
    return drafts
