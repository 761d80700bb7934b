"""The segment files: the shipped eight are what SPEC's table says, and a wrong file is refused by name and
key."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from adapters.strategies import load_strategies, load_strategy
from core.content import LANGUAGES, render, with_id
from core.errors import SettingsError
from core.event import VOCABULARY
from core.grammar import FIELDS
from core.grammar.rule import ALIASES, OPERATORS
from core.profile import ProfileState, view
from core.segment import assess
from core.strategy import Pace

ROOT = Path(__file__).resolve().parents[2]
FOLDER = ROOT / "strategies"
TABLE = {
    "HOT_LEAD": (10, Pace(1, 3, 4)),
    "PREMIUM_POTENTIAL": (9, Pace(1, 2, 8)),
    "ENGAGED": (8, Pace(1, 2, 6)),
    "WARM_LEAD": (7, Pace(2, 2, 12)),
    "NEW_USER": (6, Pace(2, 1, 24)),
    "NIGHT_OWL": (5, Pace(1, 2, 8)),
    "BOT_LOVER": (4, Pace(2, 1, 24)),
    "COLD_LEAD": (2, Pace(7, 1, 72)),
}
NOBODY = view(1, ProfileState(), 10**12)
USUAL = replace(
    NOBODY,
    days_since_joined=30.0,
    days_since_seen=0.5,
    interactions_7d=6,
    interactions_30d=20,
    active_days_7d=3,
    active_days_30d=8,
    bots=1,
    intent_score=20.0,
    tz_confidence=0.9,
)

GOOD = """\
segment: TEST_ONE
title: {tr: Deneme, en: Test}
about: {tr: Deneme, en: Test}
rule: {all: [bots >= 1, {field: bots, op: =, value: 1}]}
evidence: [{field: bots, from: 0, to: 1}]
strategy: {priority: 1, frequency: weekly, daily_limit: 1, cooldown_h: 24, kinds: [news]}
envelope: {frequency: daily, daily_limit: 2, cooldown_h: 12}
content:
  - {name: test_news, kind: news, texts: {tr: Merhaba, en: Hello}}
"""


def test_the_eight_have_the_strategies_of_the_table_as_start_and_as_ceiling() -> None:
    specs = load_strategies(FOLDER)
    assert [spec.name for spec in specs] == list(TABLE)
    for spec in specs:
        assert (spec.strategy.priority, spec.strategy.pace) == TABLE[spec.name]
        assert spec.strategy.ceiling == spec.strategy.pace
        assert (spec.strategy.segment, spec.strategy.version) == (spec.name, 1)


def test_every_segment_has_four_kinds_of_content_that_render_in_both_languages() -> None:
    for spec in load_strategies(FOLDER):
        assert len({content.kind for content in spec.contents}) >= 4
        for content in spec.contents:
            assert set(content.texts) == set(LANGUAGES)
            assert content.buttons, f"{content.name}: nobody can tap an answer"
            for language in LANGUAGES:
                body = with_id(render(content, language, {"first_name": "Ayşe"}), 2**62)
                assert "{" not in str(body)[1:].replace("{'text'", "")


@pytest.mark.parametrize(
    ("name", "person"),
    [
        ("HOT_LEAD", replace(USUAL, intent_score=75.0, interactions_7d=9)),
        ("PREMIUM_POTENTIAL", replace(USUAL, intent_vip=2)),
        ("ENGAGED", replace(USUAL, interactions_7d=18, active_days_7d=5, engagement_score=80.0)),
        ("WARM_LEAD", replace(USUAL, intent_score=25.0)),
        ("NEW_USER", replace(USUAL, days_since_joined=2.0)),
        ("NIGHT_OWL", replace(USUAL, night_share=0.5)),
        ("BOT_LOVER", replace(USUAL, bots=2)),
        ("COLD_LEAD", replace(USUAL, interactions_7d=1, interactions_30d=4, days_since_seen=6.0)),
    ],
)
def test_a_typical_person_is_a_member(name: str, person: object) -> None:
    found = assess(load_strategies(FOLDER), person)  # type: ignore[arg-type]  # replace() of a Profile is one
    assert found[name].member


def test_nobody_is_in_no_segment_and_no_bot_lover_by_accident() -> None:
    specs = load_strategies(FOLDER)
    assert not any(one.member for one in assess(specs, NOBODY).values())
    assert not assess(specs, USUAL)["BOT_LOVER"].member
    assert not assess(specs, replace(USUAL, purchases=1, intent_vip=3))["PREMIUM_POTENTIAL"].member


def test_a_good_file_reads(tmp_path: Path) -> None:
    path = tmp_path / "one.yaml"
    path.write_text(GOOD, encoding="utf-8")
    spec = load_strategy(path)
    assert spec.strategy.pace == Pace(7, 1, 24)
    assert spec.strategy.ceiling == Pace(1, 2, 12)
    assert dict(spec.title)["tr"] == "Deneme"


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("priority: 1,", "", r"one\.yaml: strategy\.priority: Field required"),
        ("priority: 1", "prioritet: 1, priority: 1", r"strategy\.prioritet: Extra inputs"),
        ("daily_limit: 1", "daily_limit: many", r"strategy\.daily_limit"),
        ("frequency: weekly", "frequency: hourly", r"strategy\.frequency"),
        ("frequency: weekly, daily_limit: 1", "frequency: daily, daily_limit: 3", "more demanding"),
        ("bots >= 1", "bot >= 1", r"rule\.all\[0\]: 'bot' is not a field; did you mean 'bots'"),
        ("field: bots, from: 0", "field: zone, from: 0", r"evidence\[0\]\.field: 'zone'"),
        ("from: 0, to: 1", "from: 1, to: 1", r"evidence\[0\]: from and to are the same"),
        ("kinds: [news]", "kinds: [news, poll]", r"strategy\.kinds: there is no content of kind poll"),
        ("en: Hello", "en: 'Hello {name}'", r"test_news, en: \{name\} is unknown"),
        ("en: Hello", "en: '<b>Hello'", "<b> is not closed"),
        ("segment: TEST_ONE", "segment: test one", "segment: String should match"),
        ("title: {tr: Deneme, en: Test}", "title: {xx: Deneme}", r"title\.xx"),
        ("title:", "title: {en: A}\ntitle:", "'title' is given twice"),
        ("content:", "content: [", r"one\.yaml: is no valid YAML in line"),
    ],
)
def test_a_wrong_file_is_named_with_its_key(tmp_path: Path, old: str, new: str, message: str) -> None:
    assert old in GOOD
    path = tmp_path / "one.yaml"
    path.write_text(GOOD.replace(old, new, 1), encoding="utf-8")
    with pytest.raises(SettingsError, match=message):
        load_strategy(path)


def test_files_that_are_no_mapping_no_text_or_not_there_are_named(tmp_path: Path) -> None:
    path = tmp_path / "one.yaml"
    for content in (b"", b"- 1", b"\xff\xfe\x00", b"!!python/object:os.system {}"):
        path.write_bytes(content)
        with pytest.raises(SettingsError, match=r"one\.yaml"):
            load_strategy(path)
    with pytest.raises(SettingsError, match="can't be read"):
        load_strategy(tmp_path / "absent.yaml")
    with pytest.raises(SettingsError, match=r"no \*\.yaml"):
        load_strategies(tmp_path / "nowhere")


def test_two_files_may_not_describe_the_same(tmp_path: Path) -> None:
    (tmp_path / "one.yaml").write_text(GOOD, encoding="utf-8")
    (tmp_path / "two.yaml").write_text(GOOD, encoding="utf-8")
    with pytest.raises(SettingsError, match="segment TEST_ONE"):
        load_strategies(tmp_path)
    (tmp_path / "two.yaml").write_text(GOOD.replace("TEST_ONE", "TEST_TWO"), encoding="utf-8")
    with pytest.raises(SettingsError, match="content test_news"):
        load_strategies(tmp_path)


def test_the_reference_page_names_every_field_operator_and_key() -> None:
    page = (ROOT / "docs" / "reference" / "segments.md").read_text(encoding="utf-8")
    assert [name for name in (*FIELDS, *OPERATORS, *ALIASES, *TABLE) if f"`{name}`" not in page] == []
    for spec in load_strategies(FOLDER):
        pace = spec.strategy.pace
        row = next(line for line in page.splitlines() if line.startswith(f"| `{spec.name}` "))
        assert row.endswith(f" {pace.daily_limit} | {pace.cooldown_h:g} h |")


def test_the_reference_page_names_every_event_with_what_it_carries() -> None:
    page = (ROOT / "docs" / "reference" / "events.md").read_text(encoding="utf-8").splitlines()
    for kind in VOCABULARY.values():
        row = next(line for line in page if line.startswith(f"| `{kind.name}` "))
        assert [prop for prop in kind.props if f"`{prop}`" not in row] == []
        assert ("| yes |" in row) == kind.active
