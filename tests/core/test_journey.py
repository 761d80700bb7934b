"""Journeys are read whole or refused with the place; people move by the same rules every time."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

import pytest

from core.content import Content
from core.errors import ContentError
from core.event import Event
from core.journey import (
    ACTIVE,
    DONE,
    EXITED,
    GOAL,
    Await,
    Facts,
    Former,
    Journey,
    Pause,
    Row,
    Send,
    Turn,
    Until,
    Way,
    enters,
    entry_words,
    goal_words,
    missing,
    parse,
    step_words,
    walk,
)
from core.profile import ProfileState, view

NOW = 1_767_607_200_000
"""2026-01-05 10:00 UTC, a Monday."""
MINUTE, HOUR, DAY = 60_000, 3_600_000, 86_400_000
PLAIN: dict[str, object] = {"name": "hello", "enter": "started", "steps": [{"send": "hi"}]}


def doc(*steps: object, **changes: object) -> dict[str, object]:
    return {**PLAIN, "steps": list(steps) or PLAIN["steps"], **changes}


def facts(
    *events: Event, rows: Mapping[str, Row] | None = None, now: int = NOW, **latest: tuple[int, str]
) -> Facts:
    state = ProfileState(NOW - 40 * DAY, NOW, latest=latest)
    return Facts(view(1, state, now), {"COLD_LEAD": 0.9}, sorted(events, key=lambda e: e.ts_ms), rows or {})


def event(kind: str, at: int, **props: Any) -> Event:
    return Event(f"{kind}:{at}", at, kind, 42, props)


def way(step: str, *, arrived: int = NOW, entered: int = NOW - HOUR, person: int = 1) -> Way:
    return Way(person, 1, step, entered, arrived)


def look(journey: Journey, here: Way, known: Facts | None = None, now: int = NOW) -> Turn:
    return walk(journey, here, known or facts(now=now), now)


# ------------------------------------------------------------------------------------------ reading
def test_the_least_journey_is_one_message_to_newcomers() -> None:
    journey = parse(PLAIN)
    assert [(step.id, step.act, step.next) for step in journey.steps] == [
        ("hi", Send("hi", otherwise="end"), "end")
    ]
    assert (journey.entry.max_runs, journey.lasts_days, journey.starts) == (1, 90, False)


def test_every_kind_of_step_is_read_and_said_in_words() -> None:
    journey = parse(
        doc(
            {"send": "hi", "lifetime_h": 6, "priority": 9, "else": "exit"},
            {"wait": "2d"},
            {"wait": "until 18:30"},
            {"id": "tap", "wait": "for button_tapped menu:vip within 3 days", "else": "cold"},
            {"if": "answered hi", "then": "more", "else": "cold"},
            {"id": "more", "split": {"a": 1, "b": 3}},
            {"id": "a", "send": "hi_a"},
            {"goto": "end"},
            {"id": "b", "send": "hi_b"},
            {"id": "cold", "if": "in COLD_LEAD", "else": "exit"},
            {"if": "purchases >= 1", "then": "end"},
            "exit",
            goal=["payment_succeeded", "segment_entered VIPS", "purchases >= 3", {"rule": "vip = true"}],
            exit=["alive", "in COLD_LEAD"],
            enter={"events": ["started ads", "consent_given"], "if": {"all": ["days_since_joined <= 7"]}},
        )
    )
    assert [step_words(step) for step in journey.steps] == [
        "send hi, else exit",
        "wait 2d",
        "wait until 18:30",
        "wait for button_tapped menu:vip within 3d, else cold",
        "if answered hi then more, else cold",
        "split a 25%, b 75%",
        "send hi_a",
        "goto end",
        "send hi_b",
        "if in COLD_LEAD then if_11, else exit",
        "if purchases is at least 1 then end, else exit_12",
        "goto exit",
    ]
    assert goal_words(journey.goal) == [
        "payment_succeeded",
        "segment_entered VIPS",
        "purchases is at least 3",
        "member of a VIP group",
    ]
    assert goal_words(journey.exit) == ["alive", "in COLD_LEAD"]
    assert entry_words(journey.entry) == ("started ads or consent_given, if days since joining is at most 7")
    acts = [type(step.act) for step in journey.steps[1:4]]
    assert acts == [Pause, Until, Await]
    assert journey.kinds == {
        *("started", "consent_given", "payment_succeeded", "segment_entered", "button_tapped")
    }


@pytest.mark.parametrize(
    ("broken", "words"),
    [
        ([], "the journey: must be a mapping"),
        (doc(name="Hello there"), "name: must be of a-z"),
        (doc(entr="started"), "entr: is unknown; did you mean 'enter'?"),
        ({"name": "a", "steps": ["end"]}, "enter: must be a mapping"),
        (doc(enter={}), "enter: needs events, or a rule"),
        (doc(enter="alive"), "'alive' is for goals"),
        (doc(enter="startd"), "'startd' is not an event; did you mean 'started'?"),
        (doc(enter="segment_entered"), "needs the name of a segment"),
        (doc(enter="message_received hello"), "'message_received' stands alone"),
        (doc(enter={"if": "answered hi"}), "nothing was sent yet"),
        (doc(enter={"if": "purchase > 1"}), "enter.if: 'purchase' is not a field; did you mean 'purchases'?"),
        (doc(enter={"events": "started", "max_runs": 0}), "enter.max_runs: must be a number from 1"),
        (doc(goal=["paid"]), "goal[0]: 'paid' is not an event"),
        (doc(goal=["answered hi"]), "can't ask for an answer"),
        (doc(lasts_days=0), "lasts_days: must be a number from 1 to 365"),
        (doc(starts="yes"), "starts: must be true or false"),
        ({**PLAIN, "steps": []}, "steps: must be 1 to 50"),
        ({**PLAIN, "steps": [{"wait": "1d"}] * 51}, "steps: must be 1 to 50"),
        (doc({"sned": "hi"}), "steps[0]: must be exactly one of send, wait"),
        (doc({"send": "hi", "wait": "2d"}), "steps[0]: must be exactly one of"),
        (doc({"send": "hi", "then": "end"}), "steps[0].then: is unknown"),
        (doc({"send": "Hi!"}), "steps[0].id: must be of a-z"),
        (doc({"send": "end"}), "and not next, end or exit"),
        (doc({"send": "hi"}, {"send": "hi"}), "steps[1]: is called hi like an earlier one"),
        (doc({"send": "hi", "lifetime_h": 0.1}), "steps[0].lifetime_h: must be a number from 0.25 to 336"),
        (doc({"send": "hi", "priority": 101}), "steps[0].priority: must be a number from 0 to 100"),
        (doc({"send": "hi", "else": "nowhere"}), "step hi: goes on at 'nowhere', which is no step"),
        (doc({"send": "hi", "else": 3}), "steps[0].else: must be the id of a step"),
        (doc({"wait": "soon"}), "steps[0].wait: 'soon' must be like 30m, 12h"),
        (doc({"wait": "0d"}), "steps[0].wait: '0d' must be like"),
        (doc({"wait": "400d"}), "steps[0].wait: '400d' must be like"),
        (doc({"wait": "until 25:00"}), "must be like"),
        (doc({"wait": "2d", "else": "end"}), "goes with 'wait: for EVENT within SPAN' only"),
        (doc({"wait": "for started within 2d"}), "needs 'else'"),
        (doc({"wait": "for purchase within 2d", "else": "end"}), "'purchase' is not an event"),
        (doc({"if": "answered hi"}), "asks for an answer to 'hi', which is no step that sends"),
        (doc({"split": {"end": 1}}), "must be 2 to 8 steps with shares"),
        (doc({"split": {"end": 1, "exit": 0}}), "steps[0].split.exit: must be a number"),
        (doc("end", {"send": "hi"}), "step hi: is never reached"),
        (doc({"goto": "goto_1"}), "can be reached from itself without a wait"),
        (doc({"send": "hi"}, {"wait": "until 18:30"}, {"goto": "hi"}), "without a wait in between"),
        (doc({"if": "vip = true", "then": "if_1", "else": "end"}), "without a wait in between"),
    ],
)
def test_what_is_wrong_is_named_with_its_place(broken: object, words: str) -> None:
    with pytest.raises(ContentError) as error:
        parse(broken)
    assert words in str(error.value)


def test_going_in_circles_is_fine_where_there_is_a_wait() -> None:
    parse(doc({"send": "hi"}, {"wait": "1d"}, {"if": "vip = true", "then": "end", "else": "hi"}))
    parse(doc({"id": "again", "wait": "for started within 1d", "else": "again"}))


def test_contents_must_be_there_in_every_language() -> None:
    journey = parse(doc({"send": "hi"}, {"send": "bye"}, {"send": "why"}))
    both = Content("hi", "news", {"tr": "Selam", "en": "Hi"})
    one = Content("bye", "news", {"en": "Bye"})
    assert missing(journey, {"hi": both, "bye": one}) == [
        "step bye: the content bye does not speak tr",
        "step why: there is no content why",
    ]


# ------------------------------------------------------------------------------------------ entering
def test_an_event_lets_in_from_its_own_moment_if_it_is_fresh_and_the_journey_was_open() -> None:
    journey = parse(PLAIN)
    just_now = facts(event("started", NOW - MINUTE))
    assert enters(journey, just_now, None, NOW - DAY, NOW) == NOW - MINUTE
    assert enters(journey, just_now, None, NOW - MINUTE, NOW) is None, "the journey was not open yet"
    assert enters(journey, facts(event("started", NOW - 8 * DAY)), None, 0, NOW) is None, "history"
    assert enters(journey, facts(event("started", NOW + HOUR)), None, 0, NOW) == NOW, "never in the future"
    assert enters(journey, facts(event("consent_given", NOW)), None, 0, NOW) is None


def test_whose_subject_is_another_does_not_enter() -> None:
    journey = parse(doc(enter=["started ads", "segment_entered COLD_LEAD", "segment_entered VIPS"]))
    assert enters(journey, facts(event("started", NOW, campaign="tv")), None, 0, NOW) is None
    assert enters(journey, facts(event("started", NOW, campaign="ads")), None, 0, NOW) == NOW
    assert enters(journey, facts(event("segment_entered", NOW, segment="COLD_LEAD")), None, 0, NOW) == NOW
    gone_again = facts(event("segment_entered", NOW, segment="VIPS"))
    assert enters(journey, gone_again, None, 0, NOW) is None, "no longer in the segment"


def test_a_rule_lets_in_whenever_it_holds_unless_the_goal_is_reached_already() -> None:
    journey = parse(doc(enter={"if": "days_since_joined >= 30"}))
    assert enters(journey, facts(), None, NOW, NOW) == NOW
    assert enters(parse(doc(enter={"if": "days_since_joined >= 50"})), facts(), None, NOW, NOW) is None
    reached = parse(doc(enter={"if": "days_since_joined >= 30"}, goal=["in COLD_LEAD"]))
    assert enters(reached, facts(), None, NOW, NOW) is None


@pytest.mark.parametrize(
    ("former", "at"),
    [
        (Former(1, False, NOW - 11 * DAY), NOW),
        (Former(1, True, NOW - 11 * DAY), None),
        (Former(1, False, NOW - 9 * DAY), None),
        (Former(3, False, NOW - 11 * DAY), None),
    ],
)
def test_again_only_after_a_rest_and_so_many_times(former: Former, at: int | None) -> None:
    entry = {"events": "started", "again_after_days": 10, "max_runs": 3}
    assert enters(parse(doc(enter=entry)), facts(event("started", NOW)), former, 0, NOW) == at


def test_what_let_in_before_does_not_let_in_again() -> None:
    entry = {"events": "started", "again_after_days": 0, "max_runs": 3}
    former = Former(1, False, NOW - HOUR)
    journey = parse(doc(enter=entry))
    assert enters(journey, facts(event("started", NOW - 2 * HOUR)), former, 0, NOW) is None
    assert enters(journey, facts(event("started", NOW)), former, 0, NOW) == NOW


# ------------------------------------------------------------------------------------------ on the way
def test_a_message_is_asked_for_once_and_waited_for_until_it_is_closed() -> None:
    journey = parse(doc({"send": "hi"}, {"wait": "2d"}))
    asked = look(journey, way("hi"))
    assert asked.send is journey.steps[0]
    planned = Row("planned", due_ms=NOW, expires_ms=NOW + DAY)
    waiting = look(journey, way("hi"), facts(rows={"hi": planned}))
    assert (waiting.way.step, waiting.send, waiting.due_ms) == ("hi", None, NOW + 10 * MINUTE)
    held = Row("planned", due_ms=NOW + 9 * HOUR, expires_ms=NOW + DAY)
    assert look(journey, way("hi"), facts(rows={"hi": held})).due_ms == NOW + 9 * HOUR
    parked = Row("planned", due_ms=NOW + DAY, expires_ms=NOW + DAY)  # a pause of its segment may end
    assert look(journey, way("hi"), facts(rows={"hi": parked})).due_ms == NOW + 10 * MINUTE
    sending = Row("sending", due_ms=NOW, expires_ms=NOW)
    assert look(journey, way("hi"), facts(rows={"hi": sending})).due_ms == NOW + MINUTE
    for state in ("sent", "unknown"):
        sent = facts(rows={"hi": Row(state, sent_ms=NOW - HOUR)})
        turn = look(journey, way("hi", arrived=NOW - 2 * HOUR), sent)
        assert (turn.way.step, turn.passed) == ("wait_2", ("wait_2",))
        assert turn.due_ms == NOW - HOUR - 1 + 2 * DAY


@pytest.mark.parametrize("state", ["suppressed", "expired", "failed", "unreachable"])
def test_what_can_not_be_sent_goes_on_as_the_step_says(state: str) -> None:
    closed = facts(rows={"hi": Row(state)})
    assert look(parse(doc({"send": "hi"}, {"wait": "2d"})), way("hi"), closed).way.step == "wait_2"
    left = look(parse(doc({"send": "hi", "else": "exit"}, {"wait": "2d"})), way("hi"), closed)
    assert (left.state, left.reason) == (EXITED, "left after hi")


def test_goal_and_exit_are_looked_at_first_and_the_earlier_one_counts() -> None:
    journey = parse(doc({"send": "hi"}, goal=["payment_succeeded"], exit=["consent_withdrawn"]))
    paid, left = event("payment_succeeded", NOW - 5), event("consent_withdrawn", NOW - 9)
    assert look(journey, way("hi"), facts(paid)).state == GOAL
    assert look(journey, way("hi"), facts(paid, left)).state == EXITED
    both = event("consent_withdrawn", NOW - 5)
    turn = look(journey, way("hi"), facts(paid, both))
    assert (turn.state, turn.reason, turn.way.arrived_ms) == (GOAL, "payment_succeeded", NOW - 5)
    before = facts(event("payment_succeeded", NOW - HOUR))
    assert look(journey, way("hi"), before).state == ACTIVE, "what was before the way began is no goal"


def test_a_rule_can_be_the_goal_and_a_sign_of_life_too() -> None:
    assert look(parse(doc(goal=["in COLD_LEAD"])), way("hi")).reason == "its rule holds"
    alive = parse(doc(goal=["alive"]))
    silent = Facts(view(1, ProfileState(NOW - DAY, NOW, NOW - HOUR), NOW))
    spoke = Facts(view(1, ProfileState(NOW - DAY, NOW, NOW - HOUR + 1), NOW))
    assert look(alive, way("hi"), silent).state == ACTIVE
    assert look(alive, way("hi"), spoke).state == GOAL


def test_nobody_is_on_the_way_for_ever() -> None:
    journey = parse(doc({"id": "again", "wait": "for started within 1d", "else": "again"}, lasts_days=3))
    here = way("again", arrived=NOW, entered=NOW)
    assert look(journey, here).due_ms == NOW + DAY
    late = look(journey, here, now=NOW + 2 * DAY + HOUR)
    assert (late.passed, late.due_ms) == (("again", "again"), NOW + 3 * DAY)
    over = look(journey, here, now=NOW + 3 * DAY)
    assert (over.state, over.reason) == (DONE, "on the way for 3 days")


def test_a_wait_ends_when_it_ended_however_late_we_look() -> None:
    journey = parse(doc({"send": "hi"}, {"wait": "1d"}, {"wait": "6h"}, {"send": "bye"}))
    turn = look(journey, way("wait_2", arrived=NOW - 3 * DAY, entered=NOW - 4 * DAY))
    assert (turn.way.step, turn.way.arrived_ms) == ("bye", NOW - 2 * DAY + 6 * HOUR)
    assert turn.passed == ("wait_3", "bye")


@pytest.mark.parametrize(
    ("zone", "hours"), [("UTC", 8.5), ("Europe/Istanbul", 5.5), ("America/New_York", 13.5)]
)
def test_an_hour_of_the_day_is_the_persons_own(zone: str, hours: float) -> None:
    journey = parse(doc({"wait": "until 18:30"}, {"send": "hi"}))
    turn = look(journey, way("wait_1"), facts(zone=(NOW, zone)))
    assert turn.due_ms == NOW + hours * HOUR
    exactly = way("wait_1", arrived=NOW + int(hours * HOUR))
    now = NOW + int(hours * HOUR)
    assert walk(journey, exactly, facts(zone=(NOW, zone)), now).way.step == "hi", "this very minute will do"


def test_an_hour_of_the_day_is_right_across_the_change_to_summer_time() -> None:
    journey = parse(doc({"wait": "until 18:30"}, {"send": "hi"}))
    saturday = int(datetime(2026, 3, 28, 20, tzinfo=UTC).timestamp()) * 1000
    here = way("wait_1", arrived=saturday, entered=saturday)
    turn = walk(journey, here, facts(zone=(NOW, "Europe/Berlin")), saturday)
    assert turn.due_ms == int(datetime(2026, 3, 29, 16, 30, tzinfo=UTC).timestamp()) * 1000


def test_waiting_for_something_ends_with_it_or_with_the_time() -> None:
    journey = parse(
        doc({"wait": "for button_tapped vip within 2d", "else": "no"}, {"send": "yes"}, {"send": "no"})
    )
    here = way("wait_1", arrived=NOW - DAY, entered=NOW - DAY)
    tapped = event("button_tapped", NOW - HOUR, button="vip")
    assert look(journey, here, facts(tapped)).way == way("yes", arrived=NOW - HOUR, entered=NOW - DAY)
    other = facts(event("button_tapped", NOW - HOUR, button="help"))
    assert look(journey, here, other).due_ms == NOW + DAY
    before = facts(event("button_tapped", NOW - DAY, button="vip"))
    assert look(journey, here, before).due_ms == NOW + DAY, "what was before does not count"
    late = facts(event("button_tapped", NOW + DAY + 1, button="vip"), now=NOW + 2 * DAY)
    gone_on = look(journey, here, late, NOW + 2 * DAY)
    assert (gone_on.way.step, gone_on.way.arrived_ms) == ("no", NOW + DAY)


def test_an_answer_within_the_second_of_the_message_counts() -> None:
    steps = ({"send": "hi"}, {"wait": "for message_received within 2d", "else": "end"}, {"send": "bye"})
    sent = {"hi": Row("sent", sent_ms=NOW + 730)}
    known = facts(event("message_received", NOW), rows=sent, now=NOW + HOUR)
    here = way("hi", arrived=NOW - MINUTE)
    assert look(parse(doc(*steps)), here, known, NOW + HOUR).way.step == "bye"


def test_a_person_takes_the_same_arm_of_a_split_every_time_and_shares_are_kept() -> None:
    journey = parse(doc({"split": {"a": 1, "b": 3}}, {"id": "a", "send": "hi"}, {"id": "b", "send": "yo"}))
    taken = [look(journey, way("split_1", person=no)).way.step for no in range(400)]
    assert taken == [look(journey, way("split_1", person=no)).way.step for no in range(400)]
    assert 70 <= taken.count("a") <= 130


def test_who_stands_at_a_step_that_is_gone_leaves() -> None:
    turn = look(parse(PLAIN), way("bye"))
    assert (turn.state, turn.reason) == (EXITED, "there is no step bye")
