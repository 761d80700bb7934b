"""The referee: judges a run from evidence alone, what the server received against what the product claims and
promised.

Promises: strict on times, blind to the product's code; every violation comes with person, moment and reason.
Leaves to others: gathering the evidence (`sandbox.log`, the product's exports), and what to do about a
verdict.
"""

from __future__ import annotations

from collections import Counter

from sandbox.referee.books import judge_duplicates, judge_rows, judge_unexplained, judge_updates
from sandbox.referee.contact import QuietReport, by_person, judge_consent, judge_limits, judge_quiet_hours
from sandbox.referee.evidence import Evidence, accepted_messages, read_happenings
from sandbox.referee.forgotten import Forgotten, within
from sandbox.referee.join import Joined, join, read_rows
from sandbox.referee.posts import judge_posts
from sandbox.referee.stops import judge_stops, read_stops
from sandbox.referee.verdict import KINDS, Verdict, Violation

__all__ = ["Evidence", "Verdict", "Violation", "judge", "read_stops"]


def judge(evidence: Evidence) -> Verdict:
    """The verdict on a run."""
    rows = read_rows(evidence.ledger)
    joined = join(accepted_messages(evidence.received), rows)
    forgotten = Forgotten.of(read_happenings(evidence))
    quiet = QuietReport()
    campaign = [one for one in joined if one.is_campaign]
    people = [one for one in campaign if one.sent.chat_id > 0]
    found = _judge_contacts(evidence, people, forgotten, quiet)
    found += judge_posts(evidence, [one for one in campaign if one.sent.chat_id < 0])
    found += judge_stops(evidence, joined)
    found += forgotten.judge(joined)
    found += judge_duplicates(evidence, joined)
    found += judge_unexplained(joined, forgotten)
    found += judge_rows(evidence, joined, rows, forgotten)
    found += judge_updates(evidence, forgotten)
    counts = Counter(violation.kind for violation in found)
    share = quiet.undeclared_quiet / quiet.undeclared if quiet.undeclared else 0.0
    return Verdict(
        violations={kind: counts[kind] for kind in KINDS},
        details=[violation.as_dict() for violation in found],
        quiet_hours_estimated={"n": quiet.undeclared_quiet, "share": round(share, 4)},
        messages=len(joined),
        campaign_messages=len(campaign),
        erased={"people": len(forgotten.known), "messages_after": forgotten.after(joined)},
    )


def _judge_contacts(
    evidence: Evidence, campaign: list[Joined], forgotten: Forgotten, quiet: QuietReport
) -> list[Violation]:
    found: list[Violation] = []
    for person, messages in by_person(campaign).items():
        for begins, ends, lived in forgotten.lives(person):
            of_this_life = within(messages, begins, ends)
            found += judge_limits(evidence, of_this_life, lived)
            found += judge_consent(evidence, of_this_life, lived)
            judge_quiet_hours(evidence, of_this_life, lived, quiet)
    return found + quiet.violations
