"""The referee on groups: only where the bot was invited and may write, and seldom."""

from __future__ import annotations

import pytest

from sandbox.groups import PERMISSIONS, Group
from sandbox.updates import Change, membership_update, service_update
from tests.edges.referee.cases import BOT, DAY, HOUR, MINUTE, MONDAY, NOON, Case
from tests.edges.referee.test_contact import rules

GROUP, NEW = -500, -1_000_000_000_500
OWNER = {"id": 1, "is_bot": False, "first_name": "Owner"}


@pytest.fixture
def case() -> Case:
    """A bot that was invited on Monday morning."""
    case = Case()
    change(case, MONDAY, "member")
    return case


def change(case: Case, at: int, status: str, rights: tuple[str, ...] = (), kind: str = "supergroup") -> None:
    group = Group(GROUP, "Town", kind)
    told = Change(OWNER, BOT.as_user(), "left", status, new_rights=frozenset(rights))  # type: ignore[arg-type] # a status by name
    case.emit(at, BOT, membership_update(group, told, at, own=True))


def post(case: Case, *times: int, chat: int = GROUP) -> list[str]:
    for at in times:
        case.campaign(chat, at, segment="")
    return rules(case)


def test_a_post_a_day_at_most_and_three_a_week_pass(case: Case) -> None:
    assert post(case, NOON, NOON + 2 * DAY, NOON + 4 * DAY, NOON + 7 * DAY) == []
    assert case.judge().campaign_messages == 4


def test_a_second_post_within_a_day_is_found_to_the_millisecond(case: Case) -> None:
    case.more["posts"] = {"per_day": 1, "per_week": 3, "gap_h": 1}
    assert post(case, NOON, NOON + DAY) == []
    assert post(case, NOON + 2 * DAY - 1) == ["limits/group_per_day"]


def test_too_many_posts_within_a_week_are_found(case: Case) -> None:
    assert post(case, NOON, NOON + 2 * DAY, NOON + 4 * DAY, NOON + 6 * DAY) == ["limits/group_per_week"]


def test_the_gap_between_two_posts_is_kept(case: Case) -> None:
    case.more["posts"] = {"per_day": 3, "per_week": 9, "gap_h": 4}
    assert post(case, NOON, NOON + 4 * HOUR) == []
    assert post(case, NOON + 8 * HOUR - 1) == ["limits/group_gap"]


def test_a_post_where_nobody_invited_the_bot_is_found() -> None:
    assert post(Case(), NOON) == ["consent/group_not_invited"]


@pytest.mark.parametrize(
    ("status", "rights", "found"),
    [
        ("kicked", (), True),
        ("left", (), True),
        ("restricted", ("can_send_photos",), True),
        ("restricted", PERMISSIONS, False),
        ("administrator", ("can_manage_chat",), False),
    ],
)
def test_the_last_standing_counts_once_permits_have_run_out(
    case: Case, status: str, rights: tuple[str, ...], found: bool
) -> None:
    change(case, NOON - 5_000, status, rights)
    assert post(case, NOON) == [], "a permit of before may still be used"
    assert post(case, NOON + 2 * DAY) == (["consent/group_not_invited"] if found else [])


def test_a_channel_wants_the_right_to_post() -> None:
    case = Case()
    change(case, MONDAY, "administrator", ("can_manage_chat",), "channel")
    assert post(case, NOON) == ["consent/group_not_invited"]


def test_a_group_that_became_a_supergroup_is_the_same_group(case: Case) -> None:
    moved = service_update(
        Group(GROUP, "Town", "group"), OWNER, {"migrate_to_chat_id": NEW}, message_id=9, at_ms=NOON
    )
    post(case, NOON)
    case.emit(NOON + HOUR, BOT, moved)
    assert post(case, NOON + 2 * DAY, chat=NEW) == []
    assert post(case, NOON + 2 * DAY + HOUR, chat=NEW) == ["limits/group_per_day", "limits/group_gap"]


def test_an_answer_in_a_group_is_no_post() -> None:
    case = Case()
    case.accept(case.answer(GROUP, NOON), NOON, buttons=False)
    case.accept(case.answer(GROUP, NOON + MINUTE), NOON + MINUTE, buttons=False)
    assert rules(case) == []
