"""What Redis holds of a person: some hundred bytes in the compact encoding, and every figure comes back."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from dataclasses import asdict, replace
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from adapters.redis.hot import RedisHot
from adapters.redis.keys import Keys
from adapters.redis.link import Link
from adapters.redis.server import EmbeddedRedis
from core.event import Event
from core.ports import HotRow
from core.profile import (
    GroupProfile,
    GroupState,
    ProfileState,
    fold_group,
    pack,
    pack_group,
    unpack,
    unpack_group,
    view,
    view_group,
)
from core.profile.hot import MAX_BYTES, pack_hours, unpack_hours
from core.scores import DAY_MS
from tests.ports.profiles import profile
from tests.ports.typical import NOW, SEGMENTS, person

READY = {
    f"{name}": 0.98765
    for name in ("HOT_LEAD", "PREMIUM_POTENTIAL", "ENGAGED", "WARM_LEAD", "NEW_USER", "NIGHT_OWL")
} | {"BOT_LOVER": 0.5, "COLD_LEAD": 1.0}
ONLY_SQL = {
    *("person_no", "city", "district", "country", "postal_code", "age", "gender", "tier", "app"),
    *("loyalty_card", "tags", "notes", "custom"),
}
"""Fields that nothing decides from Redis."""
CRAMMED = profile(
    1,
    campaign_first="a" * 64,
    campaign_last="ş" * 64,
    zone="America/Argentina/ComodRivadavia",
    language="x" * 200,
    quiet="22-08",
    muted=("offer", "reminder", "tutorial", "social", "news", "poll"),
    frequency_days=30,
    currency="₺" * 40,
    amount_minor=2**62,
    average_minor=2**62,
    subscribed_until_ms=NOW,
    groups=10**9,
    vip=True,
    messages_30d=10**9,
    reactions_30d=10**9,
    group_messages_30d=10**9,
)


@pytest.fixture
async def link(tmp_path: Path) -> AsyncIterator[Link]:
    async with EmbeddedRedis(tmp_path) as url:
        link = Link(url)
        yield link
        await link.close()


def kept(packed: str) -> dict[str, str]:
    """The hash that Redis makes of it."""
    parts = json.loads(packed)
    return dict(zip(parts[::2], parts[1::2], strict=True))


async def test_typical_people_are_compact_and_below_700_bytes_each(link: Link) -> None:
    hot = RedisHot(link)
    people = range(1_000_000, 1_000_100)
    await hot.write([HotRow(no, 10**7 + no, pack(person(no), SEGMENTS)) for no in people])
    async with link.use() as redis:
        sizes = [await redis.memory_usage(Keys().profile(no)) or 0 for no in people]
        encodings = {await redis.object("ENCODING", Keys().profile(no)) for no in people}
    assert encodings <= {"listpack", "ziplist"}
    assert 100 < max(sizes) <= 700
    assert sum(sizes) / len(sizes) <= 600


async def test_even_who_has_everything_stays_compact(link: Link) -> None:
    hot = RedisHot(link)
    await hot.write([HotRow(1, 2**53, pack(CRAMMED, READY))])
    bots = [
        Event(str(bot), NOW, "bot_added", 7 * 10**9 + bot, {"rights": "send_messages"}, 1)
        for bot in range(40)
    ]
    talk = [Event(f"t{n}", NOW - n * DAY_MS // 3, "group_message", 1, {"thread": n}, 1) for n in range(90)]
    topics = [
        Event(f"o{n}", NOW, "topic_changed", 1, {"thread": n, "state": "created"}, 1) for n in range(90)
    ]
    group = pack_group(view_of_group([*bots, *talk, *topics]))
    await hot.write_groups([HotRow(1, 2**53, group)])
    async with link.use() as redis:
        for key in (Keys().profile(1), Keys().group(1)):
            assert await redis.object("ENCODING", key) in {"listpack", "ziplist"}


def view_of_group(events: list[Event]) -> GroupProfile:
    return view_group(1, fold_group(GroupState(), events), (120, 99), NOW)


@pytest.mark.parametrize("seed", range(12))
def test_every_figure_that_redis_holds_comes_back(seed: int) -> None:
    shown = person(seed)
    back = unpack(kept(pack(shown, SEGMENTS)))
    assert back.pop("segments") == SEGMENTS
    plain = asdict(shown)
    assert set(plain) - set(back) == ONLY_SQL
    for name, value in back.items():
        if name == "hour_activity":
            assert value == pytest.approx(plain[name], abs=max(plain[name]) / 255)
        elif isinstance(plain[name], float):
            assert value == pytest.approx(plain[name], abs=0.006), name
        else:
            assert (value, type(value)) == (plain[name], type(plain[name])), name


def test_what_is_nothing_is_left_out_and_comes_back_as_nothing() -> None:
    nobody = view(5, ProfileState(), NOW)
    hash_ = kept(pack(nobody, {}))
    assert set(hash_) <= {"at", "first", "last", "tz", "score"}
    back, plain = unpack(hash_), asdict(nobody)
    assert back.pop("segments") == {}
    differing = {
        name for name, value in back.items() if value != plain[name] and name not in {"tz_confidence"}
    }
    assert differing <= {"engagement_score"}
    assert unpack({**hash_, "seq": "9"})["seq"] == 9


def test_no_name_or_value_is_above_64_bytes() -> None:
    hash_ = kept(pack(CRAMMED, {**READY, "ş" * 90: 0.5}))
    assert all(len(part.encode()) <= MAX_BYTES for pair in hash_.items() for part in pair)
    assert unpack(hash_)["muted"] == CRAMMED.muted
    assert unpack(hash_)["amount_minor"] == 2**62


@given(st.text(max_size=80), st.text(max_size=80))
@settings(max_examples=60)
def test_any_words_make_one_readable_text(campaign: str, segment: str) -> None:
    packed = pack(replace(CRAMMED, campaign_first=campaign, quiet=segment), {segment: 0.5})
    hash_ = kept(packed)
    assert packed.encode()
    assert all(len(part.encode()) <= MAX_BYTES for pair in hash_.items() for part in pair)
    assert campaign.startswith(hash_.get("from", ""))


def test_nothing_that_names_a_person_is_in_it() -> None:
    told = replace(
        CRAMMED, city="Bornova", postal_code="35030", tags=("secret",), custom={"mother": "Ayla"}, tier="gold"
    )
    packed = pack(told, {})
    assert not [word for word in ("Bornova", "35030", "secret", "Ayla", "gold") if word in packed]


def test_the_same_profile_packs_to_the_same_text_whatever_order_segments_have() -> None:
    shown = person(3)
    assert pack(shown, SEGMENTS) == pack(shown, dict(reversed(SEGMENTS.items())))


def test_a_group_comes_back() -> None:
    events = [
        Event("a", NOW - DAY_MS, "bot_added", 5, {"rights": "send_messages"}, 1),
        Event("b", NOW - DAY_MS, "bot_added", 6, {"rights": ""}, 1),
        Event("c", NOW, "group_message", 5, {}, 1),
        Event("d", NOW, "group_joined", 5, {}, 1),
        Event("e", NOW, "topic_changed", 5, {"thread": 3, "state": "created"}, 1),
    ]
    shown = view_of_group(events)
    back = unpack_group(kept(pack_group(shown)))
    assert back == {name: value for name, value in asdict(shown).items() if name != "group_no"}
    empty = view_group(1, GroupState(), (0, 0), NOW)
    plain = {name: value for name, value in asdict(empty).items() if name != "group_no"}
    assert unpack_group(kept(pack_group(empty))) == plain


@given(st.lists(st.floats(0, 1e6), min_size=24, max_size=24))
@settings(max_examples=60)
def test_packed_hours_are_exact_to_one_255th_of_the_peak(activity: list[float]) -> None:
    packed = pack_hours(activity)
    assert len(packed) <= MAX_BYTES
    allowed = max(activity) / 255 + 1e-3
    unpacked = unpack_hours(packed)
    assert all(abs(a - b) <= allowed for a, b in zip(activity, unpacked, strict=True))


@pytest.mark.parametrize("peak", [5e-324, 1e-308, 1e-12])
def test_hours_that_have_faded_are_no_hours(peak: float) -> None:
    assert pack_hours([peak] + [0.0] * 23) == ""
    assert unpack_hours("") == (0.0,) * 24
