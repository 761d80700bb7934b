"""Reads a rule that an operator typed or keeps in a file: YAML (so JSON too) or one short test."""

from __future__ import annotations

from core.errors import RuleError
from core.grammar import Rule, parse

LARGEST = 20_000
"""Characters; a rule that a person can read is far shorter."""


def read_rule(text: str) -> Rule:
    """The rule of a text such as `intent_score >= 60`; RuleError names the place that can't be read."""
    import yaml

    if len(text) > LARGEST:
        raise RuleError(f"the rule has {len(text)} characters, at most {LARGEST} are read")
    try:
        return parse(yaml.safe_load(text))
    except yaml.YAMLError as error:
        place = getattr(error, "problem_mark", None)
        where = f" in line {place.line + 1}" if place else ""
        raise RuleError(f"the rule is not valid YAML{where}") from error
