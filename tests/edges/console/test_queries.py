"""What operators ask is answered from the record, in plain values."""

from __future__ import annotations

from pathlib import Path

import pytest

from adapters.redis.link import Link
from adapters.redis.pacer import RedisPacer
from adapters.redis.server import EmbeddedRedis
from app.desk.pace import RedisPlace, paces
from app.desk.queries import Queries
from app.desk.workspace import Workspace
from core.errors import NotFoundError, RuleError
from core.ports import Store
from tests.edges.console.town import ANNA, BORA, BOT, CEM, DAY, DORA, HOUR, NOW, workspace


@pytest.mark.parametrize("text", ["1", "tg:901", "telegram:901", "@anna_k", "@ANNA_K", " 1 "])
async def test_a_person_is_meant_by_number_telegram_id_or_username(queries: Queries, text: str) -> None:
    assert await queries.person_no(text) == ANNA


@pytest.mark.parametrize("text", ["99", "tg:1", "@nobody", "anna", "", "@", "tg:", "9" * 30, "-1", "@anna"])
async def test_nobody_is_not_found_and_the_search_is_next(queries: Queries, text: str) -> None:
    with pytest.raises(NotFoundError) as failure:
        await queries.person_no(text)
    assert "users find" in failure.value.next_step


async def test_people_come_in_pages_by_number(queries: Queries) -> None:
    first = await queries.people(limit=3)
    assert [one.person_no for one in first] == [ANNA, BORA, CEM]
    assert [one.person_no for one in await queries.people(after=CEM, limit=3)] == [DORA]
    assert await queries.people(after=DORA) == []


async def test_people_of_a_segment_and_an_unknown_one(queries: Queries) -> None:
    assert [one.person_no for one in await queries.people("HOT_LEAD")] == [ANNA]
    assert await queries.people("NIGHT_OWL") == []
    with pytest.raises(NotFoundError, match="HOT_LEAD"):
        await queries.people("HOT")


async def test_search_finds_parts_of_names(queries: Queries) -> None:
    assert [one.person_no for one in await queries.search("nna")] == [ANNA]
    assert [one.person_no for one in await queries.search("@dora")] == [DORA]
    assert await queries.search("%") == []


async def test_the_card_holds_profile_segments_with_evidence_and_timeline(queries: Queries) -> None:
    card = await queries.card("@anna_k", timeline=3)
    assert card.line.consent and card.line.reachable and not card.line.holdout
    assert card.profile.purchases == 1
    assert [one.kind for one in card.timeline] == ["message_received"] * 3
    assert [str(one.value) for one in card.identities] == ["901"]
    hot = next(one for one in card.segments if one.segment == "HOT_LEAD")
    assert hot.member and hot.evidence and 0.5 <= hot.confidence <= 1
    assert card.segments[-1].member is False


async def test_why_names_what_stands_against_a_message(queries: Queries) -> None:
    assert (await queries.why("1")).door.segment == "HOT_LEAD"
    reasons = {
        number: " ".join((await queries.why(str(number))).door.reasons) for number in (BORA, CEM, DORA)
    }
    assert "control group" in reasons[BORA]
    assert "blocked the bot" in reasons[CEM]
    assert "not agreed" in reasons[DORA] and "in no segment" in reasons[DORA]


async def test_why_says_from_when_a_cooldown_is_over(store: Store) -> None:
    soon = await Queries(workspace(store, NOW - DAY + HOUR)).why("1")
    assert not soon.door.allowed
    assert soon.door.until_ms >= NOW - DAY + 4 * HOUR
    assert soon.door.reasons


async def test_why_names_no_date_where_no_hour_of_the_person_is_known(store: Store) -> None:
    late = await Queries(workspace(store, NOW + 60 * DAY)).why("1")
    assert not late.door.allowed and late.door.until_ms == 0
    assert "hour of recent activity" in " ".join(late.door.reasons)


async def test_the_segment_report_counts_people_sends_and_buyers(queries: Queries) -> None:
    report = await queries.segment_report(days=30)
    found = {one.segment: one for one in report.segments}
    hot = found["HOT_LEAD"]
    assert report.people == 4 and len(found) == 8
    assert (hot.people, hot.response.n, hot.response.hits) == (1, 1, 1)
    assert (hot.buyers.hits, hot.blocked.hits, hot.money) == (1, 0, {"TRY": 4900})
    assert found["NIGHT_OWL"].people == 0 and found["NIGHT_OWL"].response.rate is None
    assert (report.lift.treated.people, report.lift.holdout.people) == (3, 1)
    assert report.lift.difference is None


async def test_purchases_outside_the_window_count_for_no_lift(queries: Queries) -> None:
    assert (await queries.segment_report(days=1)).lift.treated.buyers.hits == 0
    assert (await queries.segment_report(days=30)).lift.treated.buyers.hits == 1


async def test_delivery_shows_queue_states_and_only_switches_that_stop(
    store: Store, space: Workspace
) -> None:
    async with store.transaction() as tx:
        await tx.control.set_switch("halt:42", str(NOW - 1))
        await tx.control.set_switch("halt:43", str(NOW + 1))
        await tx.control.set_switch("installed_ms", "1")
        await tx.control.set_switch("kill", "trouble")
    status = await Queries(space).delivery()
    assert set(status.switches) == {"halt:43", "kill"}
    assert [one.step for one in status.queue] == ["next"]
    assert [one.step for one in status.latest] == ["old"]
    assert {state: n for state, n in status.states.items() if n} == {"planned": 1, "sent": 1}
    assert (status.sent_last_hour, status.sent_last_day, status.answered_last_day) == (0, 1, 1)
    assert len(status.decisions) == 2
    [bot] = status.bots
    assert (bot.bot_id, bot.started, bot.blocked, bot.next_due_ms) == (BOT, 4, 1, NOW + HOUR)


async def test_strategies_come_from_the_files_until_one_is_stored(store: Store, space: Workspace) -> None:
    found = {one.strategy.segment: one for one in await Queries(space).strategies()}
    assert found["HOT_LEAD"].author == "file" and found["HOT_LEAD"].live
    async with store.transaction() as tx:
        await tx.knowledge.put_strategy(found["HOT_LEAD"].strategy, NOW, live=True, author="test")
    again = {one.strategy.segment: one for one in await Queries(space).strategies()}
    assert again["HOT_LEAD"].author == "test"
    assert len(await Queries(space).strategy_history("HOT_LEAD")) == 1


async def test_the_learning_report_compares_what_was_predicted_with_what_came(queries: Queries) -> None:
    report = await queries.learning(days=30)
    assert (report.version, report.sends, report.response.hits) == (1, 1, 1)
    assert report.brier == pytest.approx((1 - 0.31) ** 2)
    [offer] = report.kinds
    assert offer.name == "offer" and offer.predicted == pytest.approx(0.31)
    assert [one.name for one in report.calibration] == ["0.30-0.50"]
    assert (await queries.learning(days=1)).sends in (0, 1)


async def test_a_rule_is_tested_before_it_is_saved(queries: Queries) -> None:
    found = await queries.test_rule("{all: [intent_score >= 10, purchases >= 1]}", sample=1)
    assert (found.matching, found.people) == (1, 4)
    assert [one.person_no for one in found.sample] == [ANNA]
    assert "10" in found.sentence
    for wrong in ("intent_skore >= 10", "a: [", "", "{all: 3}", "x" * 30_000):
        with pytest.raises(RuleError):
            await queries.test_rule(wrong)


async def test_the_pace_is_shown_while_redis_runs_and_only_then(tmp_path: Path) -> None:
    place = RedisPlace(tmp_path / "redis")
    assert await paces(place, [BOT], NOW) == ()
    async with EmbeddedRedis(tmp_path / "redis") as url:
        link = Link(url)
        halt_until = await RedisPacer(link).limited(BOT, 1, 30.0, NOW)
        await link.close()
        [pace] = await paces(place, [BOT, 0], NOW)
        assert (pace.bot_id, pace.halt_until_ms) == (BOT, halt_until) and pace.rate_per_s > 0
    assert await paces(place, [BOT], NOW) == ()
