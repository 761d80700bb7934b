"""What the installation's own key proves: webhooks, links, and hashes that nobody else can compute.

Promises: every use has a key of its own, derived from the installation's (`derive`), so that what is shown
in one place is worth nothing in another; comparisons take constant time. Leaves to others: where the key
comes from (settings), what follows from a link (capture), which hashes are kept (erasures).

A signed deep link is `-k` + base64url(purpose, expiry, code, MAC): 1 + 4 + up to 31 + 10 bytes in the 64
characters that Telegram gives a /start payload. A campaign code that begins with `-k` can't be used plainly.
A tracked link of a message is base64url(place, message id, MAC): about 20 characters.
"""

from __future__ import annotations

import binascii
import hmac
from base64 import urlsafe_b64decode, urlsafe_b64encode
from dataclasses import dataclass
from functools import lru_cache
from typing import Final

from core.errors import ContentError
from core.identity import Identity

LINK_PREFIX: Final = "-k"
MAX_PAYLOAD: Final = 64
"""Characters of A-Z a-z 0-9 _ - that a /start payload may have."""
MAX_SIGNED_CODE: Final = 31
MAX_PLAIN_CODE: Final = MAX_PAYLOAD

_CAMPAIGN: Final = 1
"""The purpose byte of a campaign link; others may follow."""
_MAC_BYTES: Final = 10
_HEAD_BYTES: Final = 5
_CLICK_BYTES: Final = 9
"""The place and the number of a message."""
_LAST_SECOND: Final = 2**32 - 1
_CODE: Final = frozenset("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_-")


LINK_KINDS: Final = ("plain", "signed", "expired", "forged")


@dataclass(frozen=True, slots=True)
class Link:
    """What a /start payload says. kind: one of LINK_KINDS, or empty without a payload.

    `code` is the campaign; empty (organic) when the link is expired or forged."""

    code: str
    kind: str


def derive(key: bytes, purpose: str) -> bytes:
    """A key of 32 bytes for one purpose (HMAC-SHA256)."""
    return hmac.digest(key, purpose.encode(), "sha256")


def suppression_hash(key: bytes, identity: Identity) -> str:
    """What is kept of an identifier that asked to be forgotten: 64 hexadecimal digits."""
    text = f"{identity.namespace}\0{identity.value}"
    return hmac.digest(derive(key, "suppression"), text.encode("utf-8", "surrogatepass"), "sha256").hex()


def webhook_secret(key: bytes, bot_id: int) -> str:
    """The secret token of a bot's webhook: 43 characters of A-Z a-z 0-9 _ -."""
    return _text(derive(key, f"webhook:{bot_id}"))


def sign_link(key: bytes, code: str, expires_s: int) -> str:
    """The /start payload for a campaign code, good until this moment (UTC seconds since 1970).

    Raises ContentError when the code does not fit."""
    if not 0 < len(code) <= MAX_SIGNED_CODE or not _CODE.issuperset(code):
        raise ContentError(f"a signed code has 1 to {MAX_SIGNED_CODE} characters of A-Z a-z 0-9 _ -")
    if not 0 < expires_s <= _LAST_SECOND:
        raise ContentError("a link must end between 1970 and 2106")
    said = bytes([_CAMPAIGN]) + expires_s.to_bytes(4, "big") + code.encode()
    return LINK_PREFIX + _text(said + _mac(key, said))


def read_link(key: bytes, payload: str, now_s: int) -> Link:
    """What a payload is at this moment (UTC seconds). Anything without the prefix is a plain code."""
    if not payload:
        return Link("", "")
    if not payload.startswith(LINK_PREFIX):
        return Link(payload[:MAX_PLAIN_CODE], "plain")
    raw = _raw(payload)
    said, mac = raw[:-_MAC_BYTES], raw[-_MAC_BYTES:]
    if len(said) <= _HEAD_BYTES or said[0] != _CAMPAIGN or not hmac.compare_digest(mac, _mac(key, said)):
        return Link("", "forged")
    if now_s > int.from_bytes(said[1:_HEAD_BYTES], "big"):
        return Link("", "expired")
    return Link(said[_HEAD_BYTES:].decode("ascii", "replace"), "signed")


def click_token(key: bytes, message_id: int, place: int) -> str:
    """What stands in the tracked link of a message's address; letters, digits, _ and - only."""
    said = bytes([place]) + message_id.to_bytes((message_id.bit_length() + 7) // 8, "big")
    return _text(said + _click_mac(key, said))


def read_click(key: bytes, token: str) -> tuple[int, int] | None:
    """(message id, place) of a token that we made; None of any other."""
    raw = _decoded(token)
    said, mac = raw[:-_MAC_BYTES], raw[-_MAC_BYTES:]
    if not 1 < len(said) <= _CLICK_BYTES or not hmac.compare_digest(mac, _click_mac(key, said)):
        return None
    return int.from_bytes(said[1:], "big"), said[0]


@lru_cache(maxsize=8)
def _clicks_key(key: bytes) -> bytes:
    """Derived once: there is a token in every tracked address that is sent."""
    return derive(key, "clicks")


def _click_mac(key: bytes, said: bytes) -> bytes:
    return hmac.digest(_clicks_key(key), said, "sha256")[:_MAC_BYTES]


def _mac(key: bytes, said: bytes) -> bytes:
    return hmac.digest(derive(key, "links"), said, "sha256")[:_MAC_BYTES]


def _text(raw: bytes) -> str:
    return urlsafe_b64encode(raw).rstrip(b"=").decode()


def _raw(payload: str) -> bytes:
    """The bytes of a signed payload."""
    return _decoded(payload[len(LINK_PREFIX) :]) if len(payload) <= MAX_PAYLOAD else b""


def _decoded(text: str) -> bytes:
    """None when the text is too long or not written exactly as we write it."""
    if len(text) > MAX_PAYLOAD or not _CODE.issuperset(text):
        return b""
    try:
        raw = urlsafe_b64decode(text + "=" * (-len(text) % 4))
    except binascii.Error:
        return b""
    return raw if _text(raw) == text else b""
