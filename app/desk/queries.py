"""What operators may ask: one façade over the stores, used by the verbs, the menu and later the API.

Promises: reads only; every answer is a plain value of `app.desk.views`; long lists come in pages by person
number. It works without Redis, because all it shows stands in SQL.
"""

from __future__ import annotations

from collections.abc import Iterable

from app.desk.doorway import ask_door, competing, stopping
from app.desk.figures import DAY_MS, Tally, learning
from app.desk.pace import paces
from app.desk.reading import bot_lines, everybody, outcomes_since, resolve
from app.desk.rules import read_rule
from app.desk.views import (
    BotLine,
    DeliveryStatus,
    LearningReport,
    PersonCard,
    PersonLine,
    RuleTest,
    SegmentEvidence,
    SegmentReport,
    StrategyVersion,
    Why,
)
from app.desk.workspace import JOBS, Workspace
from core.errors import NotFoundError
from core.grammar import compile_rule, sentence
from core.ledger import Message, MessageClass
from core.ports import PersonRecord, Transaction
from core.profile import Profile, view
from core.segment import assess

PAGE = 1_000
HOUR_MS = 3_600_000
MODEL = "response"
"""Name under which the learned model is kept."""
FIND = "manage_crm.py users find TEXT"


class Queries:
    """Questions about one workspace."""

    def __init__(self, workspace: Workspace) -> None:
        self._space = workspace
        self._store = workspace.store

    # ------------------------------------------------------------------ people
    async def person_no(self, text: str) -> int:
        """The person meant by a number, `tg:ID` or `@username`; NotFoundError when there is none."""
        async with self._store.transaction(write=False) as tx:
            return await self._meant(tx, text)

    async def people(self, segment: str = "", after: int = 0, limit: int = 50) -> list[PersonLine]:
        """A page of people, of one segment if named, by person number."""
        if segment:
            self.known_segment(segment)
        async with self._store.transaction(write=False) as tx:
            if segment:
                records: Iterable[PersonRecord] = await tx.people.in_segment(segment, after, limit)
            else:
                records = (await tx.people.load(await tx.people.numbers(after, limit))).values()
            return [self._line(record)[0] for record in sorted(records, key=lambda one: one.person_no)]

    async def search(self, text: str, limit: int = 50) -> list[PersonLine]:
        """People by part of a name or username, by identifier or by number."""
        async with self._store.transaction(write=False) as tx:
            return [self._line(record)[0] for record in await tx.people.search(text.lstrip("@"), limit)]

    async def count(self) -> int:
        """How many people there are."""
        async with self._store.transaction(write=False) as tx:
            return await tx.people.count()

    async def card(self, person: str, timeline: int = 20) -> PersonCard:
        """Everything about one person."""
        async with self._store.transaction(write=False) as tx:
            number = await self._meant(tx, person)
            record = (await tx.people.load([number]))[number]
            events = await tx.events.of_person(number, timeline)
            reach = (await tx.people.reach([number])).get(number, [])
            consents = await tx.people.consent_history(number)
            identities = (await tx.people.identities([number])).get(number, [])
        line, profile = self._line(record)
        return PersonCard(
            line=line,
            profile=profile,
            identities=tuple(identities),
            reach=tuple(reach),
            consents=tuple(consents),
            segments=self._evidence(profile),
            timeline=tuple(item.event for item in events),
        )

    async def why(self, person: str, limit: int = 8) -> Why:
        """What the door says about a person now, their messages and the decisions about them."""
        async with self._store.transaction(write=False) as tx:
            number = await self._meant(tx, person)
            record = (await tx.people.load([number]))[number]
            line, profile = self._line(record)
            door = await ask_door(tx, self._space, record, profile)
            messages = await tx.ledger.of_person(number, limit)
            decisions = await tx.decisions.latest(limit, number)
            waiting = await competing(tx, self._space, await tx.ledger.of_person(number, PAGE))
        return Why(line, door, tuple(messages), tuple(decisions), waiting)

    # ------------------------------------------------------------------ segments
    def known_segment(self, name: str) -> str:
        """The name, if a segment has it; NotFoundError with those that exist otherwise."""
        names = [spec.name for spec in self._space.specs]
        if name not in names:
            raise NotFoundError(
                f"there is no segment {name}; there are {', '.join(names)}",
                next_step="manage_crm.py segments list",
            )
        return name

    async def segment_sizes(self) -> dict[str, int]:
        """Members of each segment."""
        async with self._store.transaction(write=False) as tx:
            sizes = await tx.people.segment_sizes()
        return {spec.name: sizes.get(spec.name, 0) for spec in self._space.specs}

    async def segment_report(self, days: int = 30) -> SegmentReport:
        """All segments compared, with the holdout."""
        now_ms = self._now()
        tally = Tally(now_ms, days)
        async with self._store.transaction(write=False) as tx:
            async for record in everybody(tx):
                tally.person(record, view(record.person_no, record.state, now_ms))
            for outcome in await outcomes_since(tx, now_ms - days * DAY_MS):
                tally.outcome(outcome)
            strategies = await tx.knowledge.strategies()
        seeds = {spec.name: spec.strategy for spec in self._space.specs}
        return SegmentReport(days, tally.people, tally.figures(seeds | strategies), tally.lift())

    async def test_rule(self, text: str, sample: int = 10) -> RuleTest:
        """Count the people whom a rule takes."""
        rule = read_rule(text)
        takes = compile_rule(rule)
        now_ms, matching, people = self._now(), 0, 0
        found: list[PersonLine] = []
        async with self._store.transaction(write=False) as tx:
            async for record in everybody(tx):
                people += 1
                line, profile = self._line(record, now_ms)
                if takes(profile):
                    matching += 1
                    found += [line] if len(found) < sample else []
        return RuleTest(sentence(rule, "en"), matching, people, tuple(found))

    # ------------------------------------------------------------------ delivery
    async def delivery(self, limit: int = 8) -> DeliveryStatus:
        """How delivery stands now."""
        now_ms = self._now()
        found = await self.bots()
        pace = await paces(self._space.redis, [bot.bot_id for bot in found], now_ms)
        async with self._store.transaction(write=False) as tx:
            day = await outcomes_since(tx, now_ms - DAY_MS)
            return DeliveryStatus(
                now_ms=now_ms,
                states=await tx.ledger.counts(MessageClass.CAMPAIGN),
                answers=await tx.ledger.counts(MessageClass.INTERACTIVE),
                inbox=await tx.inbox.counts(),
                switches=stopping(await tx.control.switches(), now_ms),
                jobs={job: await tx.control.last_slot(job) or 0 for job in JOBS},
                sent_last_hour=sum(one.sent_ms > now_ms - HOUR_MS for one in day),
                sent_last_day=len(day),
                answered_last_day=sum(one.answered_ms > 0 for one in day),
                bots=tuple(found),
                pace=pace,
                queue=tuple(await tx.ledger.queue(limit)),
                latest=tuple(await tx.ledger.last_sent(limit)),
                decisions=tuple(await tx.decisions.latest(limit)),
            )

    async def queue(self, limit: int = 50) -> list[Message]:
        """Campaign messages that wait, the next first."""
        async with self._store.transaction(write=False) as tx:
            return await tx.ledger.queue(limit)

    async def bots(self) -> list[BotLine]:
        """The bots that are set up or known from the data, with their people."""
        async with self._store.transaction(write=False) as tx:
            return list(await bot_lines(tx, self._space.bots))

    # ------------------------------------------------------------------ strategies and learning
    async def strategies(self) -> list[StrategyVersion]:
        """The version in force of each segment; where none is stored yet, that of the file."""
        async with self._store.transaction(write=False) as tx:
            live = await tx.knowledge.strategies()
            found = []
            for spec in self._space.specs:
                strategy = live.get(spec.name, spec.strategy)
                history = await tx.knowledge.strategy_history(spec.name)
                known = [item for item in history if item[0].version == strategy.version]
                found.append(
                    StrategyVersion(*known[0]) if known else StrategyVersion(strategy, 0, True, "file")
                )
        return found

    async def strategy_history(self, segment: str) -> list[StrategyVersion]:
        """All versions of a segment's strategy, newest first."""
        self.known_segment(segment)
        async with self._store.transaction(write=False) as tx:
            return [StrategyVersion(*item) for item in await tx.knowledge.strategy_history(segment)]

    async def learning(self, days: int = 30) -> LearningReport:
        """What was learned and how right it was."""
        async with self._store.transaction(write=False) as tx:
            outcomes = await outcomes_since(tx, self._now() - days * DAY_MS)
            return learning(outcomes, await tx.knowledge.model(MODEL), days)

    # ------------------------------------------------------------------ inside
    def _now(self) -> int:
        return self._space.clock.now_ms()

    async def _meant(self, tx: Transaction, text: str) -> int:
        number = await resolve(tx, text.strip())
        if number is None:
            raise NotFoundError(f"there is no person {text}", next_step=FIND)
        return number

    def _line(self, record: PersonRecord, now_ms: int | None = None) -> tuple[PersonLine, Profile]:
        profile = view(record.person_no, record.state, self._now() if now_ms is None else now_ms)
        line = PersonLine(
            person_no=record.person_no,
            name=record.contact.first_name,
            username=record.contact.username,
            language=profile.language or record.contact.language,
            segments=record.segments,
            last_seen_ms=profile.last_seen_ms,
            engagement=profile.engagement_score,
            intent=profile.intent_score,
            consent=profile.consent,
            reachable=profile.reachable,
            holdout=record.holdout,
        )
        return line, profile

    def _evidence(self, profile: Profile) -> tuple[SegmentEvidence, ...]:
        found = assess(self._space.specs, profile)
        lines = [
            SegmentEvidence(name, one.member, one.confidence, tuple(one.evidence))
            for name, one in found.items()
        ]
        return tuple(sorted(lines, key=lambda one: (-one.member, -one.confidence, one.segment)))
