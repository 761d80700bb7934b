"""What the installation's key proves: signed links, webhook secrets, suppression hashes."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.errors import ContentError
from core.identity import Identity
from core.keyed import (
    LINK_PREFIX,
    MAX_PAYLOAD,
    MAX_SIGNED_CODE,
    Link,
    click_token,
    derive,
    read_click,
    read_link,
    sign_link,
    suppression_hash,
    webhook_secret,
)

KEY = bytes(range(32))
OTHER = bytes(32)
NOW = 1_800_000_000
CODES = st.text("abcXYZ019_-", min_size=1, max_size=MAX_SIGNED_CODE)
PAYLOAD = frozenset("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_-")


@given(CODES, st.integers(NOW, 2**32 - 1))
def test_a_signed_link_fits_a_start_payload_and_says_its_code(code: str, expires_s: int) -> None:
    payload = sign_link(KEY, code, expires_s)
    assert len(payload) <= MAX_PAYLOAD
    assert set(payload) <= PAYLOAD
    assert read_link(KEY, payload, NOW) == Link(code, "signed")


def test_a_link_ends_after_its_last_second() -> None:
    payload = sign_link(KEY, "spring", NOW)
    assert read_link(KEY, payload, NOW).kind == "signed"
    assert read_link(KEY, payload, NOW + 1) == Link("", "expired")


@given(CODES, st.integers(len(LINK_PREFIX), MAX_PAYLOAD - 1), st.sampled_from(sorted(PAYLOAD)))
def test_a_link_with_one_character_changed_is_forged(code: str, at: int, char: str) -> None:
    payload = sign_link(KEY, code, NOW + 60)
    at = min(at, len(payload) - 1)
    changed = payload[:at] + char + payload[at + 1 :]
    if changed != payload:
        assert read_link(KEY, changed, NOW) == Link("", "forged")


@pytest.mark.parametrize(
    "payload",
    [LINK_PREFIX, LINK_PREFIX + "A", LINK_PREFIX + "spring", LINK_PREFIX + "ş" * 9, LINK_PREFIX * 99],
)
def test_what_only_looks_signed_is_forged(payload: str) -> None:
    assert read_link(KEY, payload, NOW) == Link("", "forged")


def test_the_key_of_another_installation_signs_nothing_here() -> None:
    assert read_link(OTHER, sign_link(KEY, "spring", NOW + 60), NOW).kind == "forged"


def test_codes_without_the_prefix_are_plain_and_no_code_is_no_link() -> None:
    assert read_link(KEY, "spring_sale", NOW) == Link("spring_sale", "plain")
    assert read_link(KEY, "", NOW) == Link("", "")
    assert len(read_link(KEY, "x" * 500, NOW).code) == MAX_PAYLOAD


@pytest.mark.parametrize(
    ("code", "expires_s"), [("", NOW), ("x" * 32, NOW), ("ş", NOW), ("a", 0), ("a", 2**32)]
)
def test_what_does_not_fit_a_link_is_refused(code: str, expires_s: int) -> None:
    with pytest.raises(ContentError):
        sign_link(KEY, code, expires_s)


def test_each_purpose_and_each_bot_has_its_own_secret() -> None:
    secrets = {webhook_secret(KEY, 1), webhook_secret(KEY, 2), webhook_secret(OTHER, 1)}
    assert len(secrets) == 3
    assert all(set(each) <= PAYLOAD and 1 <= len(each) <= 256 for each in secrets)
    assert derive(KEY, "links") != derive(KEY, "suppression")


def test_a_suppression_hash_is_told_by_key_and_by_both_parts_of_the_identity() -> None:
    hashes = [
        suppression_hash(KEY, Identity("telegram", "7")),
        suppression_hash(KEY, Identity("telegram", "8")),
        suppression_hash(KEY, Identity("email", "7")),
        suppression_hash(OTHER, Identity("telegram", "7")),
    ]
    assert len(set(hashes)) == 4
    assert suppression_hash(KEY, Identity("telegram", "7")) == hashes[0]
    assert all(len(each) == 64 for each in hashes)


@given(st.integers(1, 2**63 - 1), st.integers(0, 99))
def test_a_click_token_names_its_message_and_place_and_is_short(message_id: int, place: int) -> None:
    token = click_token(KEY, message_id, place)
    assert set(token) <= PAYLOAD
    assert len(token) <= 26
    assert read_click(KEY, token) == (message_id, place)
    assert read_click(OTHER, token) is None


@pytest.mark.parametrize("wrong", ["", "x", "A" * 15, "A" * 65, "ş" * 20, "-k" + "A" * 20])
def test_what_is_no_token_names_nothing(wrong: str) -> None:
    assert read_click(KEY, wrong) is None


def test_a_changed_token_names_nothing() -> None:
    token = click_token(KEY, 4711, 3)
    for at, char in enumerate(token):
        changed = token[:at] + ("A" if char != "A" else "B") + token[at + 1 :]
        assert read_click(KEY, changed) is None
    assert read_click(KEY, token + "=") is None
    assert read_click(KEY, sign_link(KEY, "spring", NOW)) is None
