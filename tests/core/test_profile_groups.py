"""What is shown of a group: bots and rights, messages, comings and goings, topics and hours."""

from __future__ import annotations

from itertools import permutations

from core.event import Event, Scalar
from core.profile import GroupProfile, GroupState, fold_group, view_group
from core.scores import DAY_MS

NOW = 20_050 * DAY_MS + 15 * 3_600_000
HOUR = 3_600_000


def event(name: str, age_h: float = 0.0, bot_id: int = 0, /, **props: Scalar) -> Event:
    ts_ms = NOW - round(age_h * HOUR)
    return Event(f"{name}:{ts_ms}:{bot_id}", ts_ms, name, bot_id, props, 9)


def seen(*known: Event, members: tuple[int, int] = (0, 0)) -> GroupProfile:
    return view_group(9, fold_group(GroupState(), known), members, NOW)


def test_a_group_nobody_knows_is_all_zero() -> None:
    profile = seen()
    assert (profile.bots, profile.posting, profile.messages_30d, profile.first_seen_ms) == ((), (), 0, 0)
    assert sum(profile.hour_activity) == 0


def test_bots_are_there_until_removed_and_post_where_their_rights_say_so() -> None:
    known = [
        event("bot_added", 50, 1, status="member", rights="send_messages"),
        event("bot_added", 50, 2, status="administrator", rights="delete_messages post_messages"),
        event("bot_added", 50, 3, status="administrator", rights="pin_messages"),
        event("bot_added", 50, 4, status="member", rights="send_messages"),
        event("bot_removed", 40, 4, how="removed"),
        event("bot_added", 30, 1, status="member", rights=""),
    ]
    assert (seen(*known[:-1]).bots, seen(*known[:-1]).posting) == ((1, 2, 3), (1, 2))
    assert seen(*known).posting == (2,)
    again = event("bot_added", 10, 4, status="member", rights="send_messages")
    assert seen(*known, again).posting == (2, 4)


def test_of_added_and_removed_at_one_moment_removed_wins() -> None:
    known = [event("bot_added", 5, 1, status="member", rights="send_messages"), event("bot_removed", 5, 1)]
    assert all(seen(*order).bots == () for order in permutations(known))


def test_messages_count_in_windows_hours_and_threads_and_changed_ones_do_not() -> None:
    known = [event("group_message", age, thread=3) for age in (0, 1, 30, 8 * 24, 31 * 24)]
    known += [event("channel_posted", 2), event("group_message", 0.5, edited=True)]
    state = fold_group(GroupState(), known)
    profile = view_group(9, state, (5, 4), NOW)
    assert (profile.messages_1d, profile.messages_7d, profile.messages_30d) == (3, 4, 5)
    assert (profile.active_days_30d, profile.members_seen, profile.members_now) == (3, 5, 4)
    assert state.threads == {3: 5}
    assert profile.hour_activity[15] >= 1
    assert profile.hour_activity[3] == 0
    assert state.totals["group_message"] == 6


def test_a_coming_and_a_going_in_a_vip_group_count_once() -> None:
    known = [event(f"{word}_joined", age) for word in ("group", "vip") for age in (5, 4)]
    known += [event(f"{word}_left", age) for word in ("group", "vip") for age in (3, 40 * 24)]
    profile = seen(*known)
    assert (profile.joined_30d, profile.left_30d) == (2, 1)


def test_topics_are_open_until_closed() -> None:
    known = [
        event("topic_changed", age, thread=no, state=s)
        for age, no, s in (
            (9, 1, "created"),
            (8, 2, "created"),
            (7, 1, "closed"),
            (6, 1, "edited"),
            (5, 3, "reopened"),
        )
    ]
    assert seen(*known).topics_open == 2


def test_an_upgrade_leaves_its_new_number() -> None:
    state = fold_group(GroupState(), [event("group_upgraded", 5, chat_id=-1001)])
    assert state.latest["upgraded"][1] == "-1001"


def test_counters_of_an_old_group_are_forgotten_and_totals_are_not() -> None:
    state = fold_group(GroupState(), [event("group_message", 90 * 24), event("group_joined", 90 * 24)])
    state = fold_group(state, [event("group_message", 0)])
    assert set(state.counts) == {"group_message", "messages", "session"}
    assert list(state.hours) == [NOW // DAY_MS]
    assert state.totals == {"group_joined": 1, "group_message": 2}
