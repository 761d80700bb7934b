"""Rules: what is written is what is evaluated, printed and stored; what is wrong is named with its place."""

from __future__ import annotations

from dataclasses import fields, replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.errors import RuleError
from core.grammar import (
    FIELDS,
    MAX_DEPTH,
    MAX_SIZE,
    AllOf,
    AnyOf,
    Kind,
    Not,
    Rule,
    Test,
    compile_rule,
    parse,
    sentence,
    to_data,
)
from core.grammar.rule import ALIASES, OPERATORS
from core.profile import Profile, ProfileState, view

DAY = 86_400_000
NOW = 20_000 * DAY
NOBODY = view(1, ProfileState(), NOW)
SOMEBODY = replace(
    NOBODY,
    intent_score=60.0,
    language="tr",
    premium=True,
    last_seen_ms=NOW - 3 * DAY,
    days_since_seen=3.0,
    interactions_7d=5,
    campaign_first="spring_sale",
    tags=("loyal", "quick"),
)


def holds(data: object, profile: Profile = SOMEBODY) -> bool:
    return compile_rule(parse(data))(profile)


@pytest.mark.parametrize(
    ("text", "result"),
    [
        ("intent_score >= 60", True),
        ("intent_score>60", False),
        ("intent_score gte 60", True),
        ("intent_score == 60", True),
        ("intent_score != 60", False),
        ("intent_score <> 59.5", True),
        ("intent_score lt 61", True),
        ("interactions_7d between 5 and 9", True),
        ("interactions_7d between 6, 9", False),
        ("interactions_7d in 1, 3, 5", True),
        ("language in en, tr", True),
        ("language = tr", True),
        ("language = 'tr'", True),
        ("language is_not tr", False),
        ("campaign_first contains sale", True),
        ("campaign_first starts_with spring", True),
        ("campaign_first starts_with sale", False),
        ("campaign_last exists", False),
        ("campaign_last exists false", True),
        ("premium = yes", True),
        ("premium != true", False),
        ("last_seen within_last 3d", True),
        ("last_seen within_last 71 hours", False),
        ("last_seen not_within_last 2 days", True),
        ("last_seen not_within_last 1 week", False),
        ("first_seen within_last 9999", False),
        ("tags contains loyal", True),
        ("tags contains loy", False),
        ("muted exists", False),
        ("muted contains news", False),
        ("age >= 18", False),
        ("rfm_money <= 5", False),
    ],
)
def test_a_short_text_says_what_it_means(text: str, result: bool) -> None:
    assert holds(text) is result


def test_groups_nest() -> None:
    rule = {"all": ["intent_score > 50", {"any": ["language = en", {"not": "premium = no"}]}]}
    assert holds(rule)
    assert not holds({"not": rule})
    assert holds({"field": "interactions_7d", "op": "between", "value": [1, 5]})
    assert holds({"field": "premium", "value": True})


@pytest.mark.parametrize("op", ["=", "!=", ">", ">=", "<", "<="])
def test_a_comparison_with_something_unknown_is_false(op: str) -> None:
    assert not holds(f"days_since_seen {op} 3", NOBODY)
    assert not holds(f"days_since_seen {op} -1", NOBODY)
    assert not holds("language = tr", NOBODY)
    assert not holds("language != tr", NOBODY)
    assert not holds("last_seen within_last 3d", NOBODY)
    assert not holds("last_seen not_within_last 3d", NOBODY)
    assert holds("days_since_seen exists no", NOBODY)
    assert holds("intent_score = 0", NOBODY)


@pytest.mark.parametrize(
    ("data", "message"),
    [
        ("intent_scor >= 3", r"rule: 'intent_scor' is not a field; did you mean 'intent_score'\?"),
        ("intent_score contanis 3", r"'contanis' is not an operator; did you mean 'contains'\?"),
        ({"all": ["bots >= 2", "bots >= x"]}, r"rule\.all\[1\]: 'x' is not a number"),
        ({"any": [{"field": "bots", "op": "contains", "value": 1}]}, r"rule\.any\[0\]\.op: 'contains' d"),
        ({"not": {"field": "bots", "op": "in", "value": [1, True]}}, r"rule\.not\.value\[1\]: 'True' is"),
        ({"field": "bots", "op": ">"}, "rule: has no value"),
        ({"field": "bots", "vlaue": 1}, r"rule\.vlaue: is unknown; did you mean 'value'"),
        ({"al": []}, r"rule\.al: is unknown; did you mean 'all'"),
        ({"all": []}, r"rule\.all: must be a list"),
        ({"all": ["bots = 1"], "any": ["bots = 1"]}, "rule: must have exactly one"),
        ({"field": "bots", "op": "between", "value": [5, 1]}, r"rule\.value: must be two numbers"),
        ("bots between 1", "must be two numbers"),
        ("premium = perhaps", "must be true or false"),
        ("last_seen within_last soon", "is not a span of time"),
        ({"field": "bots", "value": float("nan")}, "is not a number"),
        ("bots", "must be field, operator and value"),
        ("bots >=", "has no value"),
        (None, "must be a text like"),
        ([], "must be a text like"),
        ("language = " + "x" * 300, "1 to 200 characters"),
    ],
)
def test_an_error_names_the_place_and_what_was_probably_meant(data: object, message: str) -> None:
    with pytest.raises(RuleError, match=message):
        parse(data)


def test_depth_and_size_are_bounded() -> None:
    deep: object = "bots = 1"
    for _ in range(MAX_DEPTH - 1):
        deep = {"not": deep}
    parse(deep)
    with pytest.raises(RuleError, match="deeper"):
        parse({"not": deep})
    parse({"all": ["bots = 1"] * (MAX_SIZE - 1)})
    with pytest.raises(RuleError, match="larger"):
        parse({"all": ["bots = 1"] * MAX_SIZE})


@given(st.recursive(st.none() | st.text() | st.floats() | st.booleans(), st.lists, max_leaves=5))
def test_any_nonsense_is_a_rule_error(data: object) -> None:
    for shape in (data, {"all": data}, {"not": data}, {"field": data}, {"field": "bots", "value": data}):
        try:
            parse(shape)
        except RuleError as error:
            assert "rule" in str(error)


def test_every_field_is_an_attribute_of_the_profile() -> None:
    known = {field.name for field in fields(Profile)}
    assert {field.attribute for field in FIELDS.values()} <= known
    assert known - {field.attribute for field in FIELDS.values()} == {
        "person_no",
        "now_ms",
        "last_bot",
        "hour_activity",
        "custom",
    }


def test_every_field_and_operator_stands_on_its_page() -> None:
    page = (Path(__file__).parents[2] / "docs" / "reference" / "segments.md").read_text(encoding="utf-8")
    assert [name for name in (*FIELDS, *OPERATORS) if f"`{name}`" not in page] == []


def test_every_field_has_a_label_of_its_own_in_both_languages() -> None:
    for language in ("tr", "en"):
        labels = [field.label(language) for field in FIELDS.values()]
        assert len(set(labels)) == len(labels)


def test_aliases_mean_operators() -> None:
    assert set(ALIASES.values()) <= set(OPERATORS)
    assert not set(ALIASES) & set(OPERATORS)


_VALUES = {
    Kind.NUMBER: st.integers(-100, 100) | st.floats(-100, 100).map(lambda value: round(value, 3)),
    Kind.TEXT: st.text("abctr_ ", min_size=1, max_size=5),
    Kind.FLAG: st.booleans(),
    Kind.TIME: st.integers(1, 60).map(lambda days: f"{days}d"),
    Kind.LIST: st.text("abctr_ ", min_size=1, max_size=5),
}


@st.composite
def leaves(draw: st.DrawFn) -> dict[str, object]:
    field = draw(st.sampled_from(sorted(FIELDS.values(), key=lambda each: each.name)))
    op = draw(st.sampled_from(sorted(op for op, kinds in OPERATORS.items() if field.kind in kinds)))
    values = _VALUES[field.kind]
    value: object
    if op == "exists":
        value = draw(st.booleans())
    elif op == "between":
        value = sorted(draw(st.lists(_VALUES[Kind.NUMBER], min_size=2, max_size=2)))
    else:
        value = draw(st.lists(values, min_size=1, max_size=3)) if op == "in" else draw(values)
    return {"field": field.name, "op": op, "value": value}


RULES = st.recursive(
    leaves(),
    lambda part: (
        st.fixed_dictionaries({"not": part})
        | st.lists(part, min_size=1, max_size=3).map(lambda parts: {"all": parts})
        | st.lists(part, min_size=1, max_size=3).map(lambda parts: {"any": parts})
    ),
    max_leaves=6,
).filter(lambda data: _depth(data) <= MAX_DEPTH)


def _depth(data: object) -> int:
    if not isinstance(data, dict) or "field" in data:
        return 1
    inner = next(iter(data.values()))
    return 1 + max(_depth(part) for part in (inner if isinstance(inner, list) else [inner]))


@given(RULES)
def test_plain_data_reads_back_to_the_same_rule(data: dict[str, object]) -> None:
    rule = parse(data)
    assert parse(to_data(rule)) == rule


@given(RULES)
def test_groups_mean_what_logic_says_for_everybody(data: dict[str, object]) -> None:
    rule = parse(data)
    for profile in (SOMEBODY, NOBODY):
        assert compile_rule(rule)(profile) is plainly(rule, profile)
        assert compile_rule(Not(rule))(profile) is not plainly(rule, profile)


def plainly(rule: Rule, profile: Profile) -> bool:
    match rule:
        case AllOf(parts):
            return all(plainly(part, profile) for part in parts)
        case AnyOf(parts):
            return any(plainly(part, profile) for part in parts)
        case Not(part):
            return not plainly(part, profile)
        case Test():
            return compile_rule(rule)(profile)


@given(RULES)
def test_every_rule_is_a_sentence_in_both_languages(data: dict[str, object]) -> None:
    for language in ("tr", "en"):
        words = sentence(parse(data), language)
        assert words.endswith(".")
        assert not set(words) & set("{}")


def test_sentences_read_well() -> None:
    rule = parse({"all": ["intent_score >= 60", {"any": ["premium = yes", "last_seen within_last 3d"]}]})
    assert sentence(rule, "en") == (
        "Intent score is at least 60 and (Telegram Premium or last seen was within the last 3 days)."
    )
    assert sentence(rule, "tr") == (
        "Niyet puanı: en az 60 ve (Telegram Premium var veya son görülme: son 3 gün içinde)."
    )
    assert sentence(parse("interactions_7d > 3"), "en") == "Interactions in 7 days is more than 3."
    assert sentence(parse("engagement_score < 3"), "tr").startswith("İlgi puanı")
