"""Answers the decision protocol: plans with what is known, learns from what is observed.

Promises: the same lines and the same seed give the same answers; at most `max_per_day` messages a person
in any 24 hours and one an hour, because the product's own door is asked; in the first 24 hours at most
one, and only in clear cases. A proposal is read and not followed: what the models have seen outweighs it,
and nothing harmful can come of it.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import Final, TextIO

import numpy as np
import orjson

from app.decide.memory import Messages, People
from app.decide.messages import START_MS, Bools, Observe, Plan, ProtocolError, Reset, parse
from core.consent import DoorAsk, DoorFacts, QuietFacts, Verdicts, may_contact
from core.learning.delay import HORIZON_MS
from core.learning.features import DAY_MS, HOUR_MS, Floats, Ints, Layout, Situation
from core.learning.fit import Outcomes, fit, older
from core.learning.model import Model
from core.learning.pace import Worth
from core.plan import PlanChoice, PlanColumns, PlanParams, gumbel, plan
from core.strategy import Caps, Strategy

FIT_EVERY_MS: Final = 6 * HOUR_MS
LEARNING_PERIOD_MS: Final = DAY_MS
SLOTS: Final = 24
_KEPT_MS: Final = 7 * DAY_MS
_GAP_MS: Final = HOUR_MS - 60_000
_WIDENING: Final = ((5_000.0, 1 / 3), (1_500.0, 1 / 2))
"""From so many sends on, intervals as short as this are tried; before, one message a day."""
_JITTER: Final = 0.2
"""Spread of the factor on each person's interval, drawn anew each week: without it fatigue can't be
learned."""
_HOUR_DICE, _WEEK_DICE, _PLAN_DICE = 1, 2, 3


@dataclass(frozen=True, slots=True)
class Planned:
    """The latest answers, newest first: what the sends that come back are compared with."""

    person: Ints
    slot_ms: Ints
    facts: Floats


@dataclass(slots=True)
class Service:
    """One run, from its reset on."""

    reset: Reset
    seed: int
    cold: Model
    settled: Model
    model: Model
    people: People
    messages: Messages
    planned: Planned
    settled_ms: int = START_MS
    fitted_ms: int = 0
    noise: dict[int, Floats] = field(default_factory=dict)

    @classmethod
    def start(cls, reset: Reset, seed: int, strategies: Mapping[str, Strategy]) -> Service:
        """A run about whose people nothing is known."""
        layout = Layout(reset.segments, reset.kinds)
        cold = Model.cold(layout, strategies)
        nothing = np.zeros((0, len(layout.facts)))
        none = np.zeros(0, dtype=np.int64)
        people = People.unknown(reset.zone_h, reset.premium, reset.intent, len(reset.kinds))
        return cls(reset, seed, cold, cold, cold, people, Messages(nothing), Planned(none, none, nothing))

    # ------------------------------------------------------------------------------------------ observe
    def observe(self, seen: Observe) -> None:
        """Take in what became visible."""
        self._check(seen)
        self.people.seen(*seen.activity)
        self._sent(seen.sends)
        answered = self.messages.answer(*seen.responses)
        pool = self.messages
        self.people.answered(pool.person[answered], pool.kind[answered], pool.sent_ms[answered])
        np.maximum.at(self.people.seen_ms, pool.person[answered], pool.answered_ms[answered])
        self._converted(*seen.conversions)
        self._blocked(*seen.blocks)

    def _check(self, seen: Observe) -> None:
        for name in ("activity", "conversions", "blocks"):
            self._check_people(name, getattr(seen, name)[0])
        self._check_people("sends", seen.sends[1])
        kind = seen.sends[3]
        if len(kind) and not (kind.min() >= 0 and kind.max() < len(self.reset.kinds)):
            raise ProtocolError("sends.arm must be the number of a content")

    def _check_people(self, name: str, person: Ints) -> None:
        if len(person) and not (person.min() >= 0 and person.max() < self.reset.people):
            raise ProtocolError(f"{name}.user must be below n_users")

    def _sent(self, sends: tuple[Ints, Ints, Ints, Ints, Ints]) -> None:
        ids, person, at_ms, kind, status = sends
        refused = status == 1
        np.maximum.at(self.people.blocked_ms, person[refused], at_ms[refused])
        arrived = status == 0
        ids, person, at_ms, kind = (each[arrived] for each in (ids, person, at_ms, kind))
        order = np.argsort(at_ms, kind="stable")
        ids, person, at_ms, kind = (each[order] for each in (ids, person, at_ms, kind))
        self.people.sent(person, kind, at_ms)
        self.messages.add(self._facts_of(person, at_ms), ids, person, kind, at_ms)

    def _facts_of(self, person: Ints, at_ms: Ints) -> Floats:
        """What was known when these messages were planned; NaN where it was not us who planned them."""
        facts = np.full((len(person), len(self.cold.layout.facts)), np.nan)
        wanted = _hour_key(person, at_ms)
        keys = _hour_key(self.planned.person, self.planned.slot_ms)
        if not len(keys) or not len(wanted):
            return facts
        order = np.argsort(keys, kind="stable")
        place = order[np.clip(np.searchsorted(keys, wanted, sorter=order), 0, len(keys) - 1)]
        fits = keys[place] == wanted
        facts[fits] = self.planned.facts[place[fits]]
        return facts

    def _converted(self, person: Ints, at_ms: Ints) -> None:
        """A sale is earned by the last message that was answered before it, else it came after silence."""
        pool = self.messages
        place, there = pool.last_before(person, at_ms, pool.answered_ms > 0)
        there &= pool.answered_ms[place] <= at_ms if len(pool.id) else there
        silent, unearned = pool.last_before(person, at_ms, pool.answered_ms == 0)
        place, there = np.where(there, place, silent), there | unearned
        fresh = there.copy()
        fresh[there] = pool.converted_ms[place[there]] == 0
        pool.converted_ms[place[fresh]] = at_ms[fresh]

    def _blocked(self, person: Ints, at_ms: Ints) -> None:
        np.maximum.at(self.people.blocked_ms, person, at_ms)
        pool = self.messages
        place, there = pool.last_before(person, at_ms, np.ones(len(pool.id), dtype=np.bool_))
        pool.blocked_ms[place[there]] = at_ms[there]

    # ------------------------------------------------------------------------------------------ learn
    def learn(self, now_ms: int) -> None:
        """Settle finished outcomes for good, and take the open ones on top as far as they are known."""
        if now_ms - self.fitted_ms < FIT_EVERY_MS:
            return
        pool = self.messages
        ours = ~np.isnan(pool.facts[:, 0])
        until = now_ms - HORIZON_MS
        finished = ours & (pool.sent_ms <= until) & (pool.sent_ms > self.settled_ms - HORIZON_MS)
        settled = older(self.settled, self.cold, max(now_ms - self.settled_ms, 0) / DAY_MS)
        self.settled = fit(settled, self._outcomes(finished), now_ms)
        self.settled_ms = self.fitted_ms = max(now_ms, self.settled_ms)
        self.model = fit(self.settled, self._outcomes(ours & (pool.sent_ms > until)), now_ms)
        pool.keep(pool.sent_ms > now_ms - _KEPT_MS)

    def _outcomes(self, mask: Bools) -> Outcomes:
        pool = self.messages
        return Outcomes(
            pool.facts, pool.kind, pool.sent_ms, pool.answered_ms, pool.blocked_ms, pool.converted_ms
        ).where(mask)

    # ------------------------------------------------------------------------------------------ plan
    def plan(self, asked: Plan) -> dict[str, list[float]]:
        """The messages of one window, sorted by (t, user)."""
        self._check_people("obs.users", asked.users)
        if asked.confidence.shape != (self.reset.people, len(self.reset.segments)):
            raise ProtocolError("obs.segments must have a row a user and a column a segment")
        self.learn(asked.start_ms)
        people = np.unique(asked.users)
        people = people[self.people.reachable()[people]]
        situation = self.people.situation(people, asked.confidence, asked.start_ms // HOUR_MS * HOUR_MS)
        dice = np.random.default_rng([self.seed, _PLAN_DICE, asked.start_ms])
        params = self._params(asked.start_ms, people)
        found: list[tuple[Ints, PlanChoice]] = []
        for _ in range(1 if params.learning_period else self.reset.max_per_day):
            columns = self._columns(people, situation, asked)
            choice = plan(columns, self.model, params, dice, log=False)
            choice = _only(choice, self._let_in(choice, columns, asked))
            if not len(choice.row):
                break
            found.append((people[choice.row], choice))
            people = people[choice.row]
            params = replace(params, stretch=_of(params.stretch, choice.row))
            situation = _after(situation, choice)
        return self._answer(found, asked)

    def _params(self, now_ms: int, people: Ints) -> PlanParams:
        weights = self.reset.weights
        left = self.reset.days - (now_ms - START_MS) / DAY_MS
        worth = Worth(weights["response"], weights["conversion"], weights["block"], min(max(left, 0.0), 30.0))
        sends = self.model.counted.sends
        least = next((days for enough, days in _WIDENING if sends >= enough), 1.0)
        week = (now_ms - START_MS) // (7 * DAY_MS) + 1_000
        dice = np.random.default_rng([self.seed, _WEEK_DICE, week])
        stretch = np.exp(_JITTER * dice.standard_normal(self.reset.people))[people]
        early = now_ms < START_MS + LEARNING_PERIOD_MS
        return PlanParams(worth=worth, least_days=least, learning_period=early, stretch=stretch)

    def _columns(self, people: Ints, situation: Situation, asked: Plan) -> PlanColumns:
        n = len(people)
        ones = np.ones(n, dtype=np.int64)
        opens = self._door(situation.recent_ms, np.full(n, asked.start_ms)).until_ms
        starts = situation.now_ms + np.arange(SLOTS) * HOUR_MS
        return PlanColumns(
            person_no=people,
            segment=np.argmax(situation.confidence, axis=1),
            situation=situation,
            open_slots=np.maximum(starts, asked.start_ms) >= opens[:, None],
            allowed_kinds=np.ones((n, len(self.reset.kinds)), dtype=np.bool_),
            period_days=ones,
            daily_limit=ones * self.reset.max_per_day,
            cooldown_ms=ones * _GAP_MS,
            slot_noise=np.column_stack([self._hour_noise(int(each))[people] for each in starts]),
        )

    def _door(self, recent_ms: Ints, now_ms: Ints) -> Verdicts:
        """The product's door with the caller's envelope: consent, quiet hours and holdout are the
        caller's."""
        n = len(recent_ms)
        zero, no = np.zeros(n, dtype=np.int64), np.zeros(n, dtype=np.bool_)
        hours = QuietFacts(zero, ~no, zero, zero, zero, zero, no)
        facts = DoorFacts(zero, zero, zero, ~no, zero + 1, no, no, recent_ms, hours)
        limit = self.reset.max_per_day
        ask = DoorAsk(("opt",) * n, zero + 1, zero + limit, zero + _GAP_MS, ~no, Caps(limit, 7 * limit))
        return may_contact(facts, ask, now_ms)

    def _let_in(self, choice: PlanChoice, columns: PlanColumns, asked: Plan) -> Bools:
        """Inside the window, and let in by the door at the very moment that was chosen."""
        moment = np.maximum(choice.slot_ms, asked.start_ms)
        door = self._door(columns.situation.recent_ms[choice.row], moment)
        allowed: Bools = np.logical_and(door.allowed, choice.slot_ms < asked.end_ms)
        return allowed

    def _hour_noise(self, hour_ms: int) -> Floats:
        """The same for an hour however often it is planned, so that a choice made for later is kept."""
        if hour_ms not in self.noise:
            dice = np.random.default_rng([self.seed, _HOUR_DICE, hour_ms // HOUR_MS])
            self.noise = {at: kept for at, kept in self.noise.items() if at > hour_ms - 2 * DAY_MS}
            self.noise[hour_ms] = gumbel(dice.random(self.reset.people))
        return self.noise[hour_ms]

    def _answer(self, found: list[tuple[Ints, PlanChoice]], asked: Plan) -> dict[str, list[float]]:
        none = np.zeros(0, dtype=np.int64)
        person = np.concatenate([none, *(who for who, _ in found)])
        slot_ms = np.concatenate([none, *(choice.slot_ms for _, choice in found)])
        kind = np.concatenate([none, *(choice.kind for _, choice in found)])
        p = np.concatenate([none.astype(float), *(choice.p for _, choice in found)])
        facts = np.concatenate([self.planned.facts[:0], *(choice.facts for _, choice in found)])
        moment = np.maximum(slot_ms, asked.start_ms)
        order = np.lexsort((person, moment))
        self._note(Planned(person[order], moment[order], facts[order]))
        hours = (moment[order] - START_MS) / HOUR_MS
        return {
            "user": person[order].tolist(),
            "t": hours.tolist(),
            "arm": kind[order].tolist(),
            "p": np.round(p[order], 6).tolist(),
        }

    def _note(self, news: Planned) -> None:
        old = self.planned
        kept = old.slot_ms > old.slot_ms.max(initial=0) - 2 * DAY_MS
        self.planned = Planned(
            np.concatenate([news.person, old.person[kept]]),
            np.concatenate([news.slot_ms, old.slot_ms[kept]]),
            np.concatenate([news.facts, old.facts[kept]]),
        )


def _only(choice: PlanChoice, mask: Bools) -> PlanChoice:
    """Some of the chosen messages; what concerns everybody stays."""
    per_message = (
        "row",
        "slot",
        "kind",
        "slot_ms",
        "p",
        "p_block",
        "propensity",
        "value",
        "interval_days",
        "facts",
    )
    return replace(choice, **{name: getattr(choice, name)[mask] for name in per_message})


def _of(column: Floats | None, rows: Ints) -> Floats | None:
    return None if column is None else column[rows]


def _after(situation: Situation, choice: PlanChoice) -> Situation:
    """The situation of those chosen, once their message has been sent."""
    columns = {
        name: getattr(situation, name)[choice.row]
        for name in Situation.__slots__
        if name not in ("now_ms", "recent_ms")
    }
    recent = np.concatenate([situation.recent_ms[choice.row, 1:], choice.slot_ms[:, None]], axis=1)
    later = replace(situation, recent_ms=recent, **columns)
    later.kind_recent[np.arange(len(choice.kind)), choice.kind] += 1.0
    return replace(later, ignored=later.ignored + 0.5)


def _hour_key(person: Ints, at_ms: Ints) -> Ints:
    return person * (1 << 24) + (at_ms - START_MS) // HOUR_MS + (1 << 20)


def run(lines: Iterable[str], out: TextIO, err: TextIO, seed: int, strategies: Mapping[str, Strategy]) -> int:
    """Answer line by line until the input ends: 0. A message that does not fit: one line on `err`, 2."""
    service: Service | None = None
    for line in lines:
        if not line.strip():
            continue
        try:
            message = parse(line)
            if isinstance(message, Reset):
                service = Service.start(message, seed, strategies)
            elif service is None:
                raise ProtocolError("a run begins with a reset")
            elif isinstance(message, Observe):
                service.observe(message)
            else:
                out.write(orjson.dumps(service.plan(message)).decode() + "\n")
                out.flush()
        except ProtocolError as error:
            err.write(orjson.dumps({"error": str(error)}).decode() + "\n")
            return 2
    return 0
