"""The rules about bookkeeping: nothing is sent twice, nothing is lost between the server, the ledger and the
inbox.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Sequence
from typing import Final

from sandbox.log import Received
from sandbox.referee.evidence import Evidence
from sandbox.referee.facts import person_of
from sandbox.referee.forgotten import Forgotten
from sandbox.referee.join import Joined, Row
from sandbox.referee.verdict import Violation

SAME_ANSWER_MS: Final = 600_000
DONE: Final = "done"
_SHOWS_LATE_MS: Final = 120_000


def judge_duplicates(evidence: Evidence, joined: Sequence[Joined]) -> Iterator[Violation]:
    """More than one accepted message for one row or one (campaign, person, step); an update entered twice."""
    rows: Counter[str] = Counter()
    steps: Counter[tuple[object, ...]] = Counter()
    for one in joined:
        if one.row is None:
            continue
        rows[one.row.id] += 1
        key = _once(one.row, one.sent.chat_id)
        if key is not None:
            steps[key] += 1
        if rows[one.row.id] > 1:
            yield _twice("row", one, f"ledger row {one.row.id} was accepted {rows[one.row.id]} times")
        elif key is not None and steps[key] > 1:
            yield _twice("step", one, f"(campaign, person, step) {key[1:4]} was sent {steps[key]} times")
    for (bot_id, update_id), times in Counter((bot, update) for bot, update, _ in evidence.inbox).items():
        if times > 1:
            detail = f"update {update_id} of bot {bot_id} is {times} times in the inbox"
            yield Violation("duplicates", "update", None, None, detail)


def _once(row: Row, chat_id: int) -> tuple[object, ...] | None:
    """What may be sent once only; a row that has forgotten to whom it went is told apart by the server."""
    return (*row.key, chat_id) if row.key is not None and row.is_anonymous else row.key


def judge_unexplained(joined: Sequence[Joined], forgotten: Forgotten) -> Iterator[Violation]:
    """Messages in no ledger row: an answer given twice, or one nobody accounts for. Answers to who was
    forgotten afterwards are in no row, as they should be; campaign messages leave a row about nobody."""
    explained: defaultdict[tuple[int, int, bytes], list[int]] = defaultdict(list)
    for one in joined:
        if one.row is not None:
            explained[one.sent.bot_id, one.sent.chat_id, one.sent.look].append(one.sent.at_ms)
    for one in joined:
        if one.row is not None or (
            not one.is_campaign and forgotten.excuses(one.sent.chat_id, one.sent.at_ms)
        ):
            continue
        twins = explained.get((one.sent.bot_id, one.sent.chat_id, one.sent.look), ())
        where = f"message {one.sent.message_id} of bot {one.sent.bot_id}"
        if any(abs(one.sent.at_ms - at_ms) <= SAME_ANSWER_MS for at_ms in twins):
            yield _twice("answer", one, f"{where} repeats an answer whose row knows one message only")
        else:
            detail = f"{where} was accepted and is in no ledger row"
            yield Violation("lost", "not_in_ledger", one.sent.chat_id, one.sent.at_ms, detail)


def judge_rows(
    evidence: Evidence, joined: Sequence[Joined], rows: Sequence[Row], forgotten: Forgotten
) -> Iterator[Violation]:
    """Rows that claim what the server never saw, and rows still on their way after a clean stop."""
    matched = {one.row.id for one in joined if one.row is not None}
    changes = _Changes(evidence.received)
    for row in rows:
        if row.is_anonymous and forgotten:
            continue
        if row.state == "sent" and row.id not in matched and not changes.explain(row):
            detail = f"row {row.id} says sent (message {row.message_id}), the server never accepted it"
            yield Violation("lost", "never_accepted", row.chat_id, row.left_at_ms, detail)
        if row.state == "sending" and evidence.clean_stop:
            yield Violation(
                "lost", "still_sending", row.chat_id, row.left_at_ms, f"row {row.id} is still sending"
            )


def judge_updates(evidence: Evidence, forgotten: Forgotten) -> Iterator[Violation]:
    """Every update that was handed out and acknowledged is in the inbox and done; only old ones, and those of
    people who were forgotten, may be gone."""
    states = {(bot_id, update_id): state for bot_id, update_id, state in evidence.inbox}
    told = {one.bot_id for one in evidence.emitted if one.handed_at_ms is not None}
    for one in evidence.emitted:
        seen = one.handed_at_ms is not None or one.bot_id not in told
        by_offset = one.update_id < evidence.acknowledged.get(one.bot_id, 0)
        acknowledged = by_offset or one.confirmed_at_ms is not None
        if not (seen and acknowledged):
            continue
        state = states.get((one.bot_id, one.update_id))
        may_be_gone = one.at_ms < evidence.inbox_since_ms or forgotten.excuses(person_of(one.body), one.at_ms)
        if state is None and may_be_gone:
            continue
        if state is None:
            detail = f"update {one.update_id} of bot {one.bot_id} was acknowledged and is not in the inbox"
            yield Violation("lost", "update", None, one.at_ms, detail)
        elif state != DONE and evidence.clean_stop:
            detail = f"update {one.update_id} of bot {one.bot_id} was acknowledged and is {state}, not done"
            yield Violation("lost", "update_not_done", None, one.at_ms, detail)


class _Changes:
    """Calls that change a message instead of sending one: what an answer's row may stand for as well."""

    def __init__(self, received: Iterable[Received]) -> None:
        self._edited: Counter[tuple[int, int, int]] = Counter()
        self._calls: defaultdict[tuple[int, int], list[int]] = defaultdict(list)
        for call in received:
            if not call.ok or call.method.startswith("send"):
                continue
            self._calls[call.bot_id, call.chat_id].append(call.at_ms)
            if call.message_id is not None:
                self._edited[call.bot_id, call.chat_id, call.message_id] += 1

    def explain(self, row: Row) -> bool:
        """An answer may have been an edit, or a call that leaves no message; a campaign message never."""
        if row.is_campaign or row.chat_id is None:
            return False
        if row.message_id is not None:
            mark = (row.bot_id, row.chat_id, row.message_id)
            self._edited[mark] -= 1
            return self._edited[mark] >= 0
        left = row.left_at_ms
        return left is not None and any(
            left <= at_ms <= left + _SHOWS_LATE_MS for at_ms in self._calls[row.bot_id, row.chat_id]
        )


def _twice(rule: str, one: Joined, detail: str) -> Violation:
    return Violation("duplicates", rule, one.sent.chat_id, one.sent.at_ms, detail)
