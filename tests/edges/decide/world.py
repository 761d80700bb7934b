"""A small SIMULATED world that speaks the decision protocol: hidden habits, tastes, fatigue and patience.

Written from how people behave, not from what the models look like: rhythms are two humps on the own
clock, wear is multiplicative with a half-life of one's own, patience ends for good.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

ARMS = ("offer", "reminder", "tutorial", "social", "news", "poll")
SEGMENTS = (
    *("HOT_LEAD", "PREMIUM_POTENTIAL", "ENGAGED", "WARM_LEAD"),
    *("NEW_USER", "NIGHT_OWL", "BOT_LOVER", "COLD_LEAD"),
)
WEIGHTS = {"response": 1.0, "conversion": 20.0, "block": 30.0}
HISTORY_DAYS = 14
Policy = Callable[[dict[str, Any]], dict[str, list[float]]]


@dataclass
class World:
    """One run. `step` takes a plan for the window and lets it happen."""

    seed: int
    people: int
    days: int
    step_hours: int = 24
    max_per_day: int = 3
    sent: int = 0
    responses: int = 0
    earned: int = 0
    organic: int = 0
    predicted: list[tuple[float, bool]] = field(default_factory=list)

    def __post_init__(self) -> None:
        dice = self.dice = np.random.default_rng(self.seed)
        n = self.people
        self.zone = dice.choice([3.0, 1.0, 0.0, 5.5, -5.0], n, p=[0.6, 0.15, 0.1, 0.08, 0.07])
        wrong = dice.choice([3.0, 0.0], n)
        told = dice.random(n)
        self.declared = np.where(told < 0.45, self.zone, np.where(told < 0.55, wrong, np.nan))
        self.owl = dice.random(n) < 0.15
        peak = np.where(self.owl, dice.normal(1.0, 1.0, n), dice.choice([8.5, 12.5, 20.0], n))
        second = dice.choice([13.0, 18.5, 21.5], n)
        hour = np.arange(24)
        humps = _hump(hour - peak[:, None], 1.6) + 0.5 * _hump(hour - second[:, None], 2.0)
        self.rhythm = (humps / humps.max(axis=1, keepdims=True)) * 0.95 + 0.03
        self.rate = dice.lognormal(np.log(0.9), 0.9, n)
        self.intent = np.clip(dice.beta(0.8, 2.4, n), 0, 1)
        self.taste = dice.lognormal(0.0, 0.55, (n, len(ARMS)))
        self.taste[:, 0] *= 0.7 + self.intent
        self.warmth = np.clip(dice.lognormal(np.log(0.17), 0.5, n), 0.02, 0.6)
        self.weight = dice.uniform(0.1, 0.5, n)
        self.half_life = dice.uniform(1.0, 4.0, n)
        self.patience = dice.lognormal(np.log(0.0025), 0.9, n)
        self.wear, self.wear_at = np.zeros(n), np.zeros(n)
        self.gone = np.zeros(n, dtype=bool)
        self.next_id = 0
        self.coming: dict[str, list[tuple[float, ...]]] = {"responses": [], "conversions": [], "blocks": []}

    def reset(self) -> dict[str, Any]:
        """The first message."""
        noisy = np.clip(self.intent + self.dice.normal(0, 0.15, self.people), 0, 1)
        static = {
            "lang": [0] * self.people,
            "tz_declared": [None if np.isnan(each) else float(each) for each in self.declared],
            "premium": [0] * self.people,
            "n_bots": [1] * self.people,
            "intent_score": noisy.tolist(),
        }
        info = {
            "n_users": self.people,
            "arms": list(ARMS),
            "n_arms": len(ARMS),
            "segments": list(SEGMENTS),
            "weights": WEIGHTS,
            "step_hours": self.step_hours,
            "days": self.days,
            "max_per_day": self.max_per_day,
            "static": static,
        }
        return {"type": "reset", "info": info}

    def history(self) -> dict[str, Any]:
        """Two weeks of life before the first message."""
        return self._observe(-24.0 * HISTORY_DAYS, 0.0, [])

    def ask(self, start: float) -> dict[str, Any]:
        """The window to plan."""
        confidence = np.zeros((self.people, len(SEGMENTS)))
        confidence[:, 0] = self.intent > 0.6
        confidence[:, 2] = self.rate > 2
        confidence[:, 3] = (self.intent > 0.25) * 0.7
        confidence[:, 5] = self.owl * 0.9
        confidence[:, 7] = self.rate < 0.4
        seen = {
            "users": np.flatnonzero(~self.gone).tolist(),
            "joined_day": [0] * self.people,
            "segments": confidence.tolist(),
            "day": int(start // 24),
            "proposal": None,
        }
        return {"type": "plan", "t0": start, "t1": start + self.step_hours, "obs": seen}

    def step(self, start: float, plan: dict[str, list[float]]) -> dict[str, Any]:
        """Let the plan happen; return what becomes visible until the end of the window."""
        order = sorted(range(len(plan["user"])), key=lambda place: (plan["t"][place], plan["user"][place]))
        sends = []
        for place in order:
            user, at, arm = int(plan["user"][place]), plan["t"][place], int(plan["arm"][place])
            status = 1 if self.gone[user] else 0
            sends.append((self.next_id, user, at, arm, status))
            if status == 0:
                self._arrive(self.next_id, user, at, arm, plan["p"][place])
            self.next_id += 1
        return self._observe(start, start + self.step_hours, sends)

    def truth(self, user: int, at: float, arm: int) -> tuple[float, float]:
        """The true chances of a response and of a block."""
        attention = self.rhythm[user, int((at + self.zone[user]) % 24)]
        wear = self.wear[user] * 0.5 ** ((at - self.wear_at[user]) / 24 / self.half_life[user])
        wanted = self.warmth[user] * self.taste[user, arm] * (0.15 + 0.85 * attention)
        chance = min(0.75, wanted * np.exp(-self.weight[user] * wear))
        block = self.patience[user] * (1.0 + 3.0 * (attention < 0.1) + 1.5 * max(0.0, wear - 1.0))
        return float(chance), min(0.5, float(block))

    @property
    def blocks(self) -> int:
        return int(self.gone.sum())

    @property
    def value(self) -> float:
        """What the messages brought: organic conversions don't count."""
        return self.responses + 20.0 * self.earned - 30.0 * self.blocks

    def _arrive(self, number: int, user: int, at: float, arm: int, p: float) -> None:
        chance, block = self.truth(user, at, arm)
        faded = self.wear[user] * 0.5 ** ((at - self.wear_at[user]) / 24 / self.half_life[user])
        self.wear[user], self.wear_at[user] = faded + 1.0, at
        self.sent += 1
        answers = bool(self.dice.random() < chance)
        self.predicted.append((p, answers))
        if answers:
            self.responses += 1
            later = at + float(self.dice.lognormal(np.log(0.3), 1.3))
            self.coming["responses"].append((number, user, later))
            if self.dice.random() < 0.10 * self.intent[user]:
                self.earned += 1
                self.coming["conversions"].append((user, later + float(self.dice.lognormal(0.0, 1.0))))
        if self.dice.random() < block:
            self.gone[user] = True
            self.coming["blocks"].append((user, at + float(self.dice.exponential(0.5))))

    def _observe(self, start: float, end: float, sends: Sequence[tuple[float, ...]]) -> dict[str, Any]:
        activity = self._activity(start, end)
        buys = self.dice.random(self.people) < 0.004 * self.intent * (end - start) / 24
        for user in np.flatnonzero(buys & ~self.gone):
            self.coming["conversions"].append((int(user), float(self.dice.uniform(start, end))))
            self.organic += 1
        visible: dict[str, list[tuple[float, ...]]] = {}
        for name, waiting in self.coming.items():
            visible[name] = sorted((row for row in waiting if row[-1] < end), key=lambda row: row[-1])
            self.coming[name] = [row for row in waiting if row[-1] >= end]
        events = {
            "activity": _parallel(("user", "t"), activity),
            "sends": _parallel(("id", "user", "t", "arm", "status"), sends),
            "responses": _parallel(("send_id", "user", "t"), visible["responses"]),
            "conversions": _parallel(("user", "t"), visible["conversions"]),
            "blocks": _parallel(("user", "t"), visible["blocks"]),
        }
        return {"type": "observe", "events": events}

    def _activity(self, start: float, end: float) -> list[tuple[float, ...]]:
        hours = np.arange(start, end)
        local = ((hours[None, :] + self.zone[:, None]) % 24).astype(int)
        shape = np.take_along_axis(self.rhythm, local, axis=1) / self.rhythm.sum(axis=1, keepdims=True)
        counts = self.dice.poisson(self.rate[:, None] * shape * ~self.gone[:, None])
        users, places = np.repeat(np.nonzero(counts), counts[counts > 0], axis=1)
        moments = hours[places] + self.dice.random(len(places))
        return list(zip(users.tolist(), moments.tolist(), strict=True))


def play(world: World, policy: Policy, observe: Callable[[dict[str, Any]], None]) -> World:
    """The whole run: reset and history have been told before."""
    for window in range(world.days * 24 // world.step_hours):
        start = float(window * world.step_hours)
        observe(world.step(start, policy(world.ask(start))))
    return world


def every_day_at(hours: tuple[int, ...], arms: tuple[int, ...] = (0, 2, 4)) -> Policy:
    """A fixed table: everybody at these UTC hours every day, the kinds in turn."""

    def policy(ask: dict[str, Any]) -> dict[str, list[float]]:
        users, day = ask["obs"]["users"], ask["obs"]["day"]
        rows = [
            (user, ask["t0"] + hour, arms[(day + place) % len(arms)])
            for user in users
            for place, hour in enumerate(hours)
        ]
        return {
            "user": [row[0] for row in rows],
            "t": [row[1] for row in rows],
            "arm": [row[2] for row in rows],
            "p": [0.1] * len(rows),
        }

    return policy


def _hump(distance: np.ndarray, width: float) -> np.ndarray:
    around = (distance + 12) % 24 - 12
    return np.asarray(np.exp(-0.5 * (around / width) ** 2))


def _parallel(names: tuple[str, ...], rows: Sequence[tuple[float, ...]]) -> dict[str, list[float]]:
    return {name: [row[place] for row in rows] for place, name in enumerate(names)}
