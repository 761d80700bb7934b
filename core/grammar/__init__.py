"""The rules of segments: read them, print them as a sentence, evaluate them for one person.

A rule is text that a person can write. Groups nest, leaves are short texts or mappings:

    all:
      - intent_score >= 60
      - any: [days_since_seen <= 3, {field: premium, op: "=", value: true}]
      - not: language in de, fr

Promises: `parse` accepts a rule whole or raises RuleError with the place and a suggestion; what it returns
can't be wrong, so evaluating never fails. An unknown value makes every comparison false (only `exists` asks
for it). Leaves to others: what segments make of a rule (`core.segment`), the same rule as SQL (adapters).
"""

from core.grammar.evaluate import compile_rule
from core.grammar.fields import FIELDS, Field, Kind
from core.grammar.parse import MAX_DEPTH, MAX_SIZE, parse
from core.grammar.rule import AllOf, AnyOf, Not, Rule, Test, to_data
from core.grammar.sentence import sentence

__all__ = [
    "FIELDS",
    "MAX_DEPTH",
    "MAX_SIZE",
    "AllOf",
    "AnyOf",
    "Field",
    "Kind",
    "Not",
    "Rule",
    "Test",
    "compile_rule",
    "parse",
    "sentence",
    "to_data",
]
