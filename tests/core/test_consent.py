"""The door: every reason shuts it, time opens it again, and the reasons read as words."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from itertools import pairwise, product
from zoneinfo import ZoneInfo

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from core import limits
from core.consent import (
    LASTING,
    DoorAsk,
    DoorFacts,
    QuietFacts,
    Reason,
    Wishes,
    explain,
    held_by,
    may_contact,
    may_contact_at,
)
from core.limits import DAY_MS, HOUR_MS
from core.profile import ProfileState
from core.strategy import Caps

NOON = 20_000 * DAY_MS + 12 * HOUR_MS


def facts(
    rows: int = 1, recent_ms: list[list[int]] | None = None, switches: Mapping[str, str] | None = None
) -> DoorFacts:
    zeros = np.zeros(rows, dtype=np.int64)
    no = np.zeros(rows, dtype=np.bool_)
    hours = QuietFacts(zeros, ~no, zeros, zeros, zeros + 22, zeros + 8, no)
    earlier = recent_ms or [[0]] * rows
    recent = np.array(earlier, dtype=np.int64).reshape(rows, max(map(len, earlier), default=0))
    return DoorFacts(
        person_no=np.arange(rows),
        bot_id=zeros + 42,
        chat_id=np.arange(rows),
        consent=~no,
        reach=zeros + 1,
        holdout=no,
        excluded=no,
        recent_ms=recent,
        quiet=hours,
        switches=switches or {},
    )


def ask(rows: int = 1, caps: Caps | None = None) -> DoorAsk:
    ones = np.ones(rows, dtype=np.int64)
    return DoorAsk(
        campaign=("opt",) * rows,
        period_days=ones,
        daily_limit=ones * 2,
        cooldown_ms=ones * 4 * HOUR_MS,
        content_ok=ones > 0,
        caps=caps or Caps(),
    )


def reasons_of(known: DoorFacts, wanted: DoorAsk | None = None, now_ms: int = NOON) -> Reason:
    verdict = may_contact(known, wanted or ask(), now_ms)
    assert bool(verdict.allowed[0]) is (int(verdict.reasons[0]) == 0)
    return Reason(int(verdict.reasons[0]))


def test_the_door_opens_when_nothing_speaks_against_it() -> None:
    verdict = may_contact(facts(), ask(), NOON)
    assert verdict.allowed.tolist() == [True]
    assert verdict.until_ms.tolist() == [0]


def test_no_people_no_verdicts() -> None:
    assert may_contact(facts(0), ask(0), NOON).allowed.shape == (0,)


@pytest.mark.parametrize(
    ("known", "reason"),
    [
        (replace(facts(), consent=np.array([False])), Reason.NO_CONSENT),
        (replace(facts(), reach=np.array([0])), Reason.NOT_STARTED),
        (replace(facts(), reach=np.array([2])), Reason.BLOCKED),
        (replace(facts(), reach=np.array([3])), Reason.GONE),
        (replace(facts(), holdout=np.array([True])), Reason.HOLDOUT),
        (replace(facts(), excluded=np.array([True])), Reason.EXCLUDED),
    ],
)
def test_lasting_reasons_shut_the_door_for_good(known: DoorFacts, reason: Reason) -> None:
    verdict = may_contact(known, ask(), NOON)
    assert Reason(int(verdict.reasons[0])) == reason
    assert reason & LASTING
    assert verdict.until_ms.tolist() == [0]


def test_content_that_the_person_cannot_read_is_not_sent() -> None:
    assert reasons_of(facts(), replace(ask(), content_ok=np.array([False]))) == Reason.CONTENT


def test_a_kind_that_the_person_does_not_want_is_suppressed() -> None:
    known = replace(facts(2), wishes=Wishes(np.zeros(2, dtype=np.int64), (frozenset({"news"}), frozenset())))
    verdict = may_contact(known, replace(ask(2), kind=("news", "news")), NOON)
    assert verdict.reasons.tolist() == [int(Reason.TOPIC), 0]
    assert verdict.until_ms.tolist() == [0, 0]
    assert Reason.TOPIC & LASTING
    assert may_contact(known, replace(ask(2), kind=("offer", "poll")), NOON).allowed.all()


def test_a_wished_frequency_stands_above_the_strategy() -> None:
    known = facts(recent_ms=[[NOON - 5 * HOUR_MS]])
    assert may_contact(known, ask(), NOON).allowed.all()
    weekly = replace(known, wishes=Wishes(np.array([7])))
    assert reasons_of(weekly) == Reason.FREQUENCY
    first = NOON + 7 * DAY_MS - 5 * HOUR_MS  # 07:00 on that day: quiet time until 8
    assert may_contact(weekly, ask(), NOON).until_ms.tolist() == [first + HOUR_MS]
    slower = replace(ask(), period_days=np.array([9]))
    recent = replace(weekly, recent_ms=np.array([[NOON - 8 * DAY_MS]]))
    assert reasons_of(recent, slower) == Reason.FREQUENCY


DAYS = ("", "1", "2", "7", "30")
QUIET = ("", "off", "22-08", "00-12", "13-12", "9-18")
MUTED = ("", "news", "offer.poll", "news.offer.poll")
ZONES = ("Europe/Istanbul", "Asia/Kolkata", "America/Bogota", "")
KINDS = ("offer", "news", "poll")


def test_whoever_sends_as_often_as_the_door_allows_breaks_no_wish() -> None:
    """Forty days long somebody tries to write to everybody, again and again, people of all wishes."""
    wished = list(product(DAYS, QUIET, MUTED, ZONES))[::11]
    got = _besieged(wished, step_ms=263 * 60_000, until_ms=NOON + 40 * DAY_MS)
    for (days, quiet, muted, zone), messages in zip(wished, got, strict=True):
        moments = [at for at, _ in messages]
        assert all(later - former >= int(days or 0) * DAY_MS for former, later in pairwise(moments))
        assert not set(muted.split(".")) & {kind for _, kind in messages}
        quiet_hours = _clock_hours(quiet or "22-08")
        local = [datetime.fromtimestamp(at / 1000, UTC).astimezone(ZoneInfo(zone or "UTC")) for at in moments]
        assert not quiet_hours & {each.hour for each in local}
        assert bool(messages) is bool((zone or quiet == "off") and muted != MUTED[-1])


def _besieged(
    wished: Sequence[tuple[str, str, str, str]], step_ms: int, until_ms: int
) -> list[list[tuple[int, str]]]:
    """What each of these people gets from somebody who sends whenever the door is open."""
    names = ("frequency", "quiet", "muted", "zone")
    states = [
        ProfileState(latest={name: (1, value) for name, value in zip(names, values, strict=True)})
        for values in wished
    ]
    rows = len(states)
    recent = np.zeros((rows, 32), dtype=np.int64)
    known = replace(facts(rows), wishes=limits.wishes_of(states), quiet=limits.quiet_facts(states, NOON))
    got: list[list[tuple[int, str]]] = [[] for _ in states]
    for turn, now in enumerate(range(NOON, until_ms, step_ms)):
        kind = KINDS[turn % len(KINDS)]
        wanted = replace(ask(rows), kind=(kind,) * rows)
        for row in np.flatnonzero(may_contact(replace(known, recent_ms=recent), wanted, now).allowed):
            recent[row, len(got[row]) % 32] = now
            got[row].append((now, kind))
    return got


def _clock_hours(quiet: str) -> set[int]:
    if quiet == "off":
        return set()
    start, end = (int(hour) for hour in quiet.split("-"))
    return {hour % 24 for hour in range(start, end if start < end else end + 24)}


@pytest.mark.parametrize(
    ("switch", "value", "reason"),
    [
        ("kill", "on", Reason.KILL_SWITCH),
        ("pause:bot:42", "on", Reason.BOT_PAUSED),
        ("pause:campaign:opt", "on", Reason.CAMPAIGN_PAUSED),
        ("halt:42", str(NOON + 90_000), Reason.HALTED),
        ("halt:42", str(NOON), Reason(0)),
        ("pause:bot:43", "on", Reason(0)),
        ("pause:campaign:welcome", "on", Reason(0)),
    ],
)
def test_switches_shut_the_door_for_those_they_name(switch: str, value: str, reason: Reason) -> None:
    known = facts(switches={switch: value})
    assert reasons_of(known) == reason
    if reason:
        assert may_contact(known, ask(), NOON).until_ms[0] > NOON


def test_all_reasons_are_named_at_once() -> None:
    sent = [[NOON - HOUR_MS, NOON - 3 * HOUR_MS, NOON - 5 * HOUR_MS]]
    wanted = replace(ask(), period_days=np.array([2]))
    expected = Reason.DAILY_LIMIT | Reason.COOLDOWN | Reason.PERSON_CAP_DAY
    assert reasons_of(facts(recent_ms=sent), wanted) == expected


def test_a_message_still_on_its_way_counts() -> None:
    assert Reason.COOLDOWN in reasons_of(facts(recent_ms=[[NOON + 5_000]]))


def test_the_week_cap_counts_over_all_segments() -> None:
    sent = [[NOON - day * DAY_MS - HOUR_MS for day in range(1, 6)]]
    assert reasons_of(facts(recent_ms=sent), ask(caps=Caps(per_day=3, per_week=5))) == Reason.PERSON_CAP_WEEK


def test_rows_are_judged_each_by_its_own_columns_and_moment() -> None:
    known = facts(3, [[NOON - HOUR_MS], [0], [0]])
    verdict = may_contact(known, ask(3), np.array([NOON, NOON, NOON + 11 * HOUR_MS]))
    assert verdict.allowed.tolist() == [False, True, False]
    assert verdict.until_ms.tolist() == [NOON + 3 * HOUR_MS, 0, NOON + 20 * HOUR_MS]


@given(
    st.lists(st.integers(1, 8 * 24 * 60), max_size=10),
    st.integers(0, 24 * 60),
    st.integers(1, 7),
    st.integers(1, 3),
)
def test_who_is_held_until_a_moment_is_let_in_at_that_moment(
    minutes_ago: list[int], now_min: int, period: int, limit: int
) -> None:
    now = NOON + now_min * 60_000
    known = facts(recent_ms=[[now - each * 60_000 for each in minutes_ago]])
    wanted = replace(ask(), period_days=np.array([period]), daily_limit=np.array([limit]))
    verdict = may_contact(known, wanted, now)
    if verdict.allowed[0]:
        return
    until = int(verdict.until_ms[0])
    assert until > now
    assert may_contact(known, wanted, until).allowed.tolist() == [True]


def test_the_hours_offered_to_the_planner_are_those_that_the_door_lets_pass() -> None:
    known = facts(
        3, [[NOON - HOUR_MS, NOON - 20 * HOUR_MS], [0, 0], [0, 0]], {"halt:42": str(NOON + HOUR_MS)}
    )
    known = replace(known, consent=np.array([True, True, False]))
    moments = [NOON + hour * HOUR_MS for hour in range(48)]
    offered = may_contact_at(known, ask(3), moments)
    for place, moment in enumerate(moments):
        assert offered[:, place].tolist() == may_contact(known, ask(3), moment).allowed.tolist()
    assert offered[:2].any(axis=1).all()
    assert not offered[:2].all(axis=1).any()


@pytest.mark.parametrize("language", ["en", "tr"])
def test_every_reason_has_words_in_every_language(language: str) -> None:
    words = [explain(int(reason), 0, language) for reason in Reason]
    assert all(len(each) == 1 and each[0] for each in words)
    assert len({each[0] for each in words}) == len(Reason)


def test_the_words_say_until_when() -> None:
    assert explain(int(Reason.COOLDOWN), NOON)[-1].endswith("12:00 UTC")
    assert explain(0, NOON) == []


# ------------------------------------------------------------------------------------ segments and relations
def test_a_paused_segment_holds_its_own_messages_only() -> None:
    known = facts(3, switches={"pause:segment:ENGAGED": "checks"})
    verdict = may_contact(known, replace(ask(3), segment=("ENGAGED", "NEW_USER", "")), NOON)
    assert verdict.reasons.tolist() == [int(Reason.SEGMENT_PAUSED), 0, 0]
    assert verdict.until_ms[0] > NOON
    assert may_contact(known, ask(3), NOON).allowed.all()


@given(
    st.lists(
        st.tuples(st.integers(0, 40 * DAY_MS), st.integers(0, 20), st.integers(0, 20)),
        min_size=1,
        max_size=5,
    )
)
def test_a_content_reaches_people_only_while_their_relation_is_of_the_age_it_asks_for(
    people: list[tuple[int, int, int]],
) -> None:
    rows = len(people)
    ages = tuple((least, most) for _, least, most in people)
    first = np.array([NOON - age_ms for age_ms, _, _ in people])
    known, wanted = replace(facts(rows), first_ms=first), replace(ask(rows), ages=ages)
    verdict = may_contact(known, wanted, NOON)
    for row, (age_ms, least, most) in enumerate(people):
        days = age_ms // DAY_MS
        young, old = days < least, 0 < most < days
        assert bool(verdict.allowed[row]) is not (young or old)
        assert verdict.reasons[row] == (int(Reason.RELATION) if young or old else 0)
        if young and not old:  # the night may come between
            assert 0 <= verdict.until_ms[row] - (first[row] + least * DAY_MS) <= 10 * HOUR_MS
        else:
            assert verdict.until_ms[row] == 0
    later = may_contact_at(known, wanted, [NOON, NOON + 3 * DAY_MS])
    assert later[:, 0].tolist() == verdict.allowed.tolist()


def test_without_a_first_contact_no_relation_is_of_any_age() -> None:
    verdict = may_contact(facts(2), replace(ask(2), ages=((3, 0), (0, 3))), NOON)
    assert verdict.reasons.tolist() == [int(Reason.RELATION)] * 2
    assert verdict.until_ms[0] > NOON
    assert verdict.until_ms[1] == 0


def test_each_reason_says_until_when_it_alone_holds() -> None:
    recent = [[NOON - HOUR_MS, NOON - 2 * HOUR_MS]]
    known = facts(recent_ms=recent, switches={"kill": "", "halt:42": str(NOON + 5_000)})
    found = dict(held_by(replace(known, consent=np.array([False])), ask(), NOON))
    assert found[Reason.NO_CONSENT] == found[Reason.KILL_SWITCH] == 0
    assert found[Reason.COOLDOWN] == NOON + 3 * HOUR_MS
    assert found[Reason.DAILY_LIMIT] == NOON + 22 * HOUR_MS
    assert found[Reason.HALTED] >= NOON + 5_000
    assert held_by(facts(), ask(), NOON) == []


@pytest.mark.parametrize("language", ["en", "tr"])
def test_every_reason_has_its_words(language: str) -> None:
    told = [explain(int(reason), 0, language) for reason in Reason]
    assert all(len(words) == 1 and words[0] for words in told)
    assert len({words[0] for words in told}) == len(told)
