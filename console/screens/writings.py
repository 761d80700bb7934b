"""Texts by GPT on the screen."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from console.report import Column, Fact, Facts, Report, Table, iso, moment_of

if TYPE_CHECKING:
    from app.desk.writings import Price, Review
    from core.flow.write import Written

MILLION = 1_000_000
NONE = "nothing waits; next: manage_crm.py content write --dry-run"


def waiting(found: Sequence[Review], limit: int) -> Report:
    """What waits: the text beside the one it would replace and the facts it was written from."""
    columns = [
        Column("id", "id", right=True),
        Column("content", "content"),
        Column("language", "language"),
        Column("person", "person", right=True, drop=5),
        Column("text", "GPT's text"),
        Column("template", "template", drop=2),
        Column("facts", "facts", drop=3),
        Column("links", "links", drop=4),
        Column("problems", "problems", drop=1),
        Column("written", "written (UTC)", drop=6, words=moment_of("written")),
        Column("tone"),
        Column("model"),
    ]
    rows = [
        {
            "id": one.writing.id,
            "content": one.writing.content,
            "language": one.writing.language,
            "person": one.writing.person_no or None,
            "text": one.writing.text,
            "template": one.template,
            "facts": list(one.facts),
            "links": list(one.links),
            "problems": list(one.problems),
            "written": iso(one.writing.at_ms),
            "tone": one.tone,
            "model": one.writing.model,
        }
        for one in found
    ]
    following = "manage_crm.py content approve ID, or content reject ID --reason TEXT" if found else ""
    if len(found) == limit:
        following = f"manage_crm.py content review --limit {limit} --after {found[-1].writing.id}"
    table = Table("writings", columns, rows, "Texts that wait for a decision", NONE)
    return Report([table], main="writings", verb="content review", next_step=following)


def price(found: Price) -> Report:
    """What is missing, and what it would cost at most."""
    columns = [
        Column("content", "content"),
        Column("language", "language"),
        Column("person", "person", right=True),
    ]
    rows = [
        {
            "content": one.ask.content.name,
            "language": one.ask.language,
            "person": one.person_no or None,
        }
        for one in found.wanted
    ]
    budget, most, spent = found.budget, found.most, found.spent
    facts = [
        _means(found),
        Fact("key", "key", found.key, "" if found.key else "none: the templates are sent (gpt.key_env)"),
        Fact("missing", "texts missing", len(found.wanted)),
        Fact("shared", "texts that others share", found.shared),
        Fact("tokens", "tokens, at most", most.tokens_in + most.tokens_out),
        Fact("money", "money, at most", most.money / MILLION, f"{most.money / MILLION:.4f}"),
        Fact("spent_tokens", "tokens spent in 24 h", spent.tokens_in + spent.tokens_out),
        Fact("spent_money", "money spent in 24 h", spent.money / MILLION, f"{spent.money / MILLION:.4f}"),
        Fact("tokens_a_day", "tokens a day allowed", budget.tokens_a_day),
        Fact("money_a_day", "money a day allowed", budget.money_a_day / MILLION),
        Fact("requests_an_hour", "requests an hour allowed", budget.requests_an_hour),
    ]
    table = Table("missing", columns, rows, "Texts that are missing", meaning(found))
    return Report([table, Facts("price", facts)], verb="content write --dry-run")


def meaning(found: Price) -> str:
    """Why there is nothing to ask for, or nobody to ask, in a sentence; else empty."""
    if not found.briefs:
        return "no content has a brief, so there is nothing to write (docs/gpt-texts.md says how to add one)"
    if not found.wanted and not found.shared:
        verb = "wait" if found.waiting > 1 else "waits"
        waits = f"; {found.waiting} {verb} for review" if found.waiting else ""
        return f"nothing is missing: every brief has its texts{waits}"
    if found.wanted and not found.key:
        n = len(found.wanted)
        texts = f"{n} missing text{'s' if n > 1 else ''}"
        return f"no key is set (gpt.key_env), so the templates are sent in place of {texts}"
    return ""


def _means(found: Price) -> Fact:
    """Shown only where there is something to say."""
    said = meaning(found)
    return Fact("means", "that means" if said else "", said or None)


def written(done: Written, found: Price) -> Report:
    """What came of asking for what was found to be missing."""
    refused = ", ".join(f"{kind} {n}" for kind, n in sorted(done.refused.items()))
    facts = [
        _means(found),
        Fact("asked", "asked", done.asked),
        Fact("approved", "in use", done.approved),
        Fact("waiting", "wait for review", done.waiting),
        Fact("shared", "shared with others", done.shared),
        Fact("refused", "refused", dict(sorted(done.refused.items())), refused or "-"),
        Fact("left", "still missing", done.left),
        Fact("why", "ended because", done.why, done.why or "-"),
    ]
    following = "manage_crm.py content review" if done.waiting else ""
    return Report([Facts("written", facts)], verb="content write", next_step=following)
