"""A broadcast's document is taken whole or refused with the place, and reads back to the same."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.broadcast import (
    Audience,
    Broadcast,
    Copied,
    Posting,
    Variant,
    When,
    parse,
    standing,
    switch_of,
    to_data,
)
from core.errors import ContentError

PLAIN: dict[str, object] = {"name": "spring", "audience": "everybody", "content": "news"}
NAMES = st.from_regex(r"[a-z0-9][a-z0-9_-]{0,31}", fullmatch=True)
SEGMENTS = st.lists(st.from_regex(r"[A-Z][A-Z0-9_]{0,31}", fullmatch=True), max_size=3, unique=True)
LISTS = st.lists(NAMES, max_size=3, unique=True)


def spring(**changes: object) -> dict[str, object]:
    return {**PLAIN, **changes}


def test_the_least_document_says_what_to_whom() -> None:
    assert parse(PLAIN) == Broadcast("spring", Audience(everybody=True), (Variant("a", "news"),))


def test_a_full_document_is_read() -> None:
    found = parse(
        {
            "name": "spring_sale",
            "audience": {
                "segments": ["ENGAGED"],
                "segment": "HOT_LEAD",
                "rule": "intent_score >= 60",
                "minus": {"list": "staff", "segments": ["COLD_LEAD"]},
            },
            "variants": [{"content": "x", "share": 70}, {"name": "short", "content": "y", "share": 30}],
            "when": {"at": "2026-04-01 10:00", "zone": "Europe/Istanbul", "best": 12},
            "bot": 42,
            "lifetime_h": 6,
            "priority": 9,
            "note": "first of the year",
        }
    )
    assert found.audience.segments == ("HOT_LEAD", "ENGAGED")
    assert found.audience.minus_lists == ("staff",)
    assert found.weights == [70, 30]
    assert [found.label(place) for place in (0, 1)] == ["a", "short"]
    assert found.when == When(at_ms=int(datetime(2026, 4, 1, 7, tzinfo=UTC).timestamp() * 1000), best_h=12)
    assert (found.bot_id, found.lifetime_h, found.priority) == (42, 6, 9)
    assert found.campaign == "b:spring_sale"
    assert "without COLD_LEAD, list staff" in found.audience.words
    assert "best hour within 12 hours" in found.when.words


def test_one_variant_has_no_label_in_the_ledger() -> None:
    assert parse(PLAIN).label(0) == ""


@pytest.mark.parametrize("moment", ["2026-04-01 10:00", "2026-04-01T10:00Z", "2026-04-01 13:00+03:00"])
def test_a_moment_is_utc_unless_it_says_otherwise(moment: str) -> None:
    found = parse(spring(when={"at": moment}))
    assert found.when.at_ms == int(datetime(2026, 4, 1, 10, tzinfo=UTC).timestamp() * 1000)


def test_a_time_of_day_is_the_same_with_and_without_quotes() -> None:
    assert parse(spring(when={"local": "10:30"})).when.local_min == 630
    assert parse(spring(when={"local": 630})).when.local_min == 630


@pytest.mark.parametrize(
    ("changes", "place"),
    [
        ({"name": "Spring!"}, "name"),
        ({"audience": {}}, "audience"),
        ({"audience": {"minus": {"lists": ["x"]}}}, "audience"),
        ({"audience": {"segment": "engaged"}}, "audience.segments"),
        ({"audience": {"rule": "intent >= 60"}}, "audience.rule"),
        ({"audience": {"people": "all"}}, "audience.people"),
        ({"variants": [{"content": "x"}]}, "variants"),
        ({"content": "../x"}, "variants[0].content"),
        ({"content": None, "variant": []}, "variant"),
        ({"when": "tomorrow"}, "when"),
        ({"when": {"at": "2026-04-01"}, "x": 1}, "x"),
        ({"when": {"at": "soon"}}, "when.at"),
        ({"when": {"at": "2026-04-01 10:00", "zone": "Mars/Base"}}, "when.zone"),
        ({"when": {"at": "2026-04-01 10:00", "cron": "0 9 * * mon"}}, "when"),
        ({"when": {"best": 3, "local": "10:00"}}, "when"),
        ({"when": {"best": 99}}, "when.best"),
        ({"when": {"local": "25:00"}}, "when.local"),
        ({"when": {"zone": "UTC"}}, "when.zone"),
        ({"when": {"cron": "0 9 * * 1"}}, "when.cron"),
        ({"bot": "x"}, "bot"),
        ({"lifetime_h": 0}, "lifetime_h"),
        ({"priority": 101}, "priority"),
        ({"to": "everyone"}, "to"),
        ({"groups": {"named": [5]}}, "groups.named"),
    ],
)
def test_what_is_wrong_is_refused_with_its_place(changes: dict[str, object], place: str) -> None:
    with pytest.raises(ContentError, match=f"^{place.replace('[', '.').replace(']', '.')}: "):
        parse(spring(**changes))


def test_days_of_the_week_are_words_because_their_numbers_differ_between_programs() -> None:
    assert parse(spring(when={"cron": " 0  9 * * MON,thu "})).when.cron == "0 9 * * mon,thu"
    with pytest.raises(ContentError, match="mon to sun"):
        parse(spring(when={"cron": "0 9 * * 1"}))


def test_two_variants_of_one_name_are_refused() -> None:
    doc = {
        "name": "s",
        "audience": "everybody",
        "variants": [{"name": "b", "content": "x"}, {"content": "y"}],
    }
    with pytest.raises(ContentError, match="same name"):
        parse(doc)


def test_what_it_is_called_depends_on_its_switch() -> None:
    assert standing("running", None) == "running"
    assert standing("running", "paused by ayse") == "paused"
    assert standing("scheduled", "self-stop: 12 of 300 blocked") == "stopped"
    assert standing("done", "paused by ayse") == "done"
    assert switch_of("spring") == "pause:campaign:b:spring"


AUDIENCES = st.builds(
    lambda segments, lists, less: Audience(not (segments or lists), segments, lists, None, less),
    SEGMENTS.map(tuple),
    LISTS.map(tuple),
    SEGMENTS.map(tuple),
)
MINUTES = st.integers(0, 2**40).map(lambda ms: ms // 60_000 * 60_000)


@given(
    audience=AUDIENCES,
    shares=st.lists(st.integers(1, 100), min_size=1, max_size=4),
    when=st.one_of(
        st.builds(When, MINUTES, best_h=st.integers(0, 48)),
        st.builds(When, cron=st.just("0 9 * * mon"), local_min=st.integers(-1, 1439)),
    ),
    posting=st.builds(Posting, st.integers(1, 99), st.tuples(st.integers(-9, -1)), st.integers(0, 9)),
)
def test_every_broadcast_reads_back_from_its_document(
    audience: Audience, shares: list[int], when: When, posting: Posting
) -> None:
    variants = tuple(Variant("abcd"[place], f"c_{place}", share) for place, share in enumerate(shares))
    made = Broadcast("x", audience, variants, when, 7, 3.5, 9, "groups", posting, "why")
    assert parse(to_data(made)) == made


def test_rules_and_copied_messages_read_back_too() -> None:
    made = parse(
        {
            "name": "tg-1",
            "audience": {"rule": {"any": ["language = tr", {"not": "premium = true"}]}},
            "variants": [{"copy": {"chat_id": 77, "message_id": 5}}],
            "bot": 42,
        }
    )
    assert made.variants[0].copied == Copied(77, 5)
    assert parse(to_data(made)) == made


def test_every_name_that_a_list_can_have_can_be_left_out() -> None:
    name = "a" + "_" * 39
    whom = {"everybody": True, "minus": {"lists": [name]}}
    found = parse({"name": "spring", "content": "news", "audience": whom})
    assert found.audience.minus_lists == (name,)
