"""The decision service: what it answers, what it refuses, and that learning pays (SIMULATED)."""

from __future__ import annotations

import io
import json
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from app.decide.messages import Observe, Plan, Reset, parse
from app.decide.service import Service, run
from console.decide import run_stdio
from tests.edges.decide.world import World, every_day_at, play


class Caller:
    """Speaks the protocol with a service, as lines."""

    def __init__(self, seed: int = 1) -> None:
        self.seed = seed
        self.service: Service | None = None
        self.plans: list[dict[str, Any]] = []

    def tell(self, message: dict[str, Any]) -> Any:
        match parse(json.dumps(message)):
            case Reset() as reset:
                self.service = Service.start(reset, self.seed, {})
                return None
            case Observe() as seen:
                return self.running.observe(seen)
            case Plan() as asked:
                self.plans.append(self.running.plan(asked))
                return self.plans[-1]

    @property
    def running(self) -> Service:
        assert self.service is not None
        return self.service


def live(world: World, change: Callable[[dict[str, Any]], None] = lambda _: None, seed: int = 1) -> Caller:
    """A whole run with Kairos deciding."""
    caller = Caller(seed)
    caller.tell(world.reset())
    caller.tell(world.history())

    def policy(ask: dict[str, Any]) -> Any:
        change(ask)
        return caller.tell(ask)

    play(world, policy, caller.tell)
    return caller


def spoken(*messages: object, seed: int = 1) -> tuple[int, list[Any], str]:
    """Exit code, answers and complaints of a conversation."""
    lines = [message if isinstance(message, str) else json.dumps(message) for message in messages]
    out, err = io.StringIO(), io.StringIO()
    code = run(lines, out, err, seed, {})
    return code, [json.loads(line) for line in out.getvalue().splitlines()], err.getvalue()


# ------------------------------------------------------------------------------------------- learning pays
@pytest.fixture(scope="module")
def learned() -> World:
    world = World(seed=4, people=500, days=18)
    live(world)
    return world


def test_learning_beats_a_fixed_hour_table(learned: World) -> None:
    table = World(seed=4, people=500, days=18)
    table.reset(), table.history()
    play(table, every_day_at((17,)), lambda _: None)
    assert learned.value > table.value
    assert learned.responses / learned.sent > 2 * table.responses / table.sent


def test_learning_loses_fewer_people_than_the_maximum_and_than_the_table(learned: World) -> None:
    most = World(seed=4, people=500, days=18)
    most.reset(), most.history()
    play(most, every_day_at((7, 12, 17)), lambda _: None)
    assert learned.blocks < most.blocks / 5
    assert learned.blocks / learned.sent < most.blocks / most.sent


def test_predicted_chances_come_true(learned: World) -> None:
    table = np.array(learned.predicted, dtype=float)
    late = table[len(table) // 3 :]
    assert late[:, 0].mean() == pytest.approx(late[:, 1].mean(), abs=0.03)
    sure = late[:, 0] >= np.quantile(late[:, 0], 0.75)
    assert late[sure, 1].mean() > 1.3 * late[~sure, 1].mean()


def test_people_whom_messages_do_not_tire_hear_more() -> None:
    class Patient(World):
        def __post_init__(self) -> None:
            super().__post_init__()
            self.weight *= 0.1
            self.patience *= 0.1

    tired, patient = World(seed=9, people=200, days=10), Patient(seed=9, people=200, days=10)
    live(tired), live(patient)
    assert patient.sent > 1.4 * tired.sent


# ------------------------------------------------------------------------------------------- the envelope
@pytest.mark.parametrize("step_hours", [24, 6, 1])
def test_no_window_length_leads_out_of_the_envelope(step_hours: int) -> None:
    world = World(seed=2, people=60, days=3, step_hours=step_hours, max_per_day=2)
    caller = live(world)
    sent: dict[int, list[float]] = {}
    for window, answer in enumerate(caller.plans):
        order = sorted(zip(answer["t"], answer["user"], strict=True))
        assert order == list(zip(answer["t"], answer["user"], strict=True))
        assert all(window * step_hours <= at < (window + 1) * step_hours for at, _ in order)
        assert all(0 < p < 1 for p in answer["p"])
        for at, user in order:
            sent.setdefault(user, []).append(at)
    assert sent
    for moments in sent.values():
        assert len({int(at) for at in moments}) == len(moments)
        assert all(sum(at - 24 < each <= at for each in moments) <= 2 for at in moments)
        assert sum(at < 24 for at in moments) <= 1


def test_only_users_who_may_be_written_to_get_messages() -> None:
    world = World(seed=3, people=80, days=2)

    def only_even(ask: dict[str, Any]) -> None:
        ask["obs"]["users"] = [user for user in ask["obs"]["users"] if user % 2 == 0]

    caller = live(world, only_even)
    assert {user % 2 for answer in caller.plans for user in answer["user"]} == {0}


def test_who_blocked_is_left_alone_even_when_the_caller_forgets() -> None:
    world = World(seed=3, people=50, days=1)
    caller = Caller()
    caller.tell(world.reset())
    caller.tell(world.history())
    lost = {"blocks": {"user": list(range(40)), "t": [-0.01] * 40}}
    caller.tell({"type": "observe", "events": lost})
    assert set(caller.tell(world.ask(0.0))["user"]) <= set(range(40, 50))


def test_a_harmful_proposal_changes_nothing() -> None:
    def spam(ask: dict[str, Any]) -> None:
        row = {"prio": 10, "period": 1, "limit": 3, "cooldown": 1, "hours": [3], "arms": ["offer"]}
        ask["obs"]["proposal"] = {"id": 1, "reading": "limit", "table": {"ENGAGED": row}}

    first, second = World(seed=5, people=80, days=4), World(seed=5, people=80, days=4)
    assert live(first).plans == live(second, spam).plans


def test_same_input_and_seed_same_answers() -> None:
    plans = [live(World(seed=6, people=80, days=4), seed=seed).plans for seed in (1, 1, 2)]
    assert plans[0] == plans[1]
    assert plans[0] != plans[2]


# ------------------------------------------------------------------------------------------- the protocol
def test_the_end_of_input_ends_the_program() -> None:
    world = World(seed=1, people=30, days=1)
    reset, history, ask = world.reset(), world.history(), world.ask(0.0)
    code, answers, complaints = spoken(reset, history, "", ask)
    assert (code, complaints) == (0, "")
    assert [sorted(answer) for answer in answers] == [["arm", "p", "t", "user"]]
    assert spoken() == (0, [], "")


def test_an_empty_window_and_an_empty_town_are_answered() -> None:
    world = World(seed=1, people=30, days=1)
    ask = world.ask(0.0)
    ask["obs"]["users"] = []
    assert spoken(world.reset(), ask)[1] == [{"user": [], "t": [], "arm": [], "p": []}]


def broken(part: str, **changes: object) -> tuple[object, ...]:
    """A conversation with one wrong field."""
    world = World(seed=1, people=5, days=1)
    reset, history, ask = world.reset(), world.history(), world.ask(0.0)
    place: dict[str, Any] = {
        "info": reset["info"],
        "static": reset["info"]["static"],
        "events": history["events"],
        "plan": ask,
        "obs": ask["obs"],
    }[part]
    place.update(changes)
    return reset, history, ask


@pytest.mark.parametrize(
    ("messages", "word"),
    [
        (("{not json",), "JSON"),
        (("[1]",), "JSON object"),
        (({"type": "dance"},), "dance"),
        (({"type": "observe", "events": {}},), "reset"),
        (broken("info", n_users=0), "n_users"),
        (broken("info", n_users="five"), "n_users"),
        (broken("info", arms=[]), "arms"),
        (broken("info", weights=[1]), "weights"),
        (broken("static", tz_declared=[1.0]), "tz_declared"),
        (broken("events", activity={"user": [1], "t": []}), "activity"),
        (broken("events", activity={"user": [9], "t": [-1.0]}), "activity.user"),
        (broken("events", activity={"user": ["x"], "t": [-1.0]}), "activity.user"),
        (broken("events", activity=[1]), "activity"),
        (
            broken("events", sends={"id": [1], "user": [1], "t": [-1.0], "arm": [77], "status": [0]}),
            "sends.arm",
        ),
        (broken("events", blocks={"user": [None], "t": [-1.0]}), "blocks"),
        (broken("plan", t1=0.0), "t0"),
        (broken("plan", obs=None), "obs"),
        (broken("obs", users=[5]), "users"),
        (broken("obs", segments=[[0.5]]), "segments"),
        (broken("obs", segments="none"), "segments"),
    ],
)
def test_a_message_that_does_not_fit_gets_one_sentence_and_exit_code_2(
    messages: tuple[object, ...], word: str
) -> None:
    code, _, complaints = spoken(*messages)
    assert code == 2
    assert complaints.count("\n") == 1
    assert word in json.loads(complaints)["error"]


def test_the_program_speaks_the_protocol_with_the_strategies_of_the_folder() -> None:
    world = World(seed=1, people=40, days=1)
    lines = "".join(json.dumps(each) + "\n" for each in (world.reset(), world.history(), world.ask(0.0)))
    out, err = io.StringIO(), io.StringIO()
    assert run_stdio(io.StringIO(lines), out, err, 3) == 0
    assert json.loads(out.getvalue())["user"]
    assert err.getvalue() == ""
