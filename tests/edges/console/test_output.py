"""What leaves the console: data and messages apart, nothing cut, nothing that steers the terminal."""

from __future__ import annotations

import io
import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from console.fitting import fit, stack, width_of, wrap
from console.output import Mode, Output, clean
from console.report import Column, Fact, Facts, Report, Table, document, iso, share_columns
from tests.edges.console.streams import Narrow, Screen

NAME = "Gülşah Öztürk-Çağlayangil von Hohenlohe"
COLUMNS = [
    Column("person", "person", right=True),
    Column("name", "name"),
    Column("segments", "segments", drop=2),
    Column("seen", "last seen", drop=1),
    Column("hidden"),
]


def table(name: str = NAME) -> Table:
    row = {
        "person": 7,
        "name": name,
        "segments": ["HOT_LEAD", "ENGAGED", "PREMIUM_POTENTIAL"],
        "seen": "2026-01-05T10:00:00Z",
        "hidden": None,
    }
    return Table("people", COLUMNS, [row], empty="nobody yet")


def written(mode: Mode, report: Report, *, simulated: bool = False) -> tuple[str, str]:
    stdout, stderr = io.StringIO(), io.StringIO()
    out = Output(mode, stdout=stdout, stderr=stderr)
    out.simulated = simulated
    out.show(report)
    return stdout.getvalue(), stderr.getvalue()


def test_tsv_has_a_header_line_and_one_line_a_row() -> None:
    stdout, stderr = written(Mode.TSV, Report([table()], main="people", next_step="users show 7"))
    assert stdout.splitlines() == [
        "person\tname\tsegments\tseen\thidden",
        f"7\t{NAME}\tHOT_LEAD,ENGAGED,PREMIUM_POTENTIAL\t2026-01-05T10:00:00Z\t",
    ]
    assert stderr == "next: users show 7\n"


def test_an_empty_table_is_a_header_and_a_message_what_to_do() -> None:
    stdout, stderr = written(
        Mode.TSV, Report([Table("people", COLUMNS, [], empty="nobody yet")], main="people")
    )
    assert stdout == "person\tname\tsegments\tseen\thidden\n"
    assert stderr == "nobody yet\n"


def test_json_is_one_document_and_says_when_it_is_simulated() -> None:
    report = Report([table(), Facts("who", [Fact("rate", "rate", 0.5, "50 %")])], main="people")
    stdout, stderr = written(Mode.JSON, report, simulated=True)
    found = json.loads(stdout)
    assert found["simulated"] is True
    assert found["people"][0]["segments"] == ["HOT_LEAD", "ENGAGED", "PREMIUM_POTENTIAL"]
    assert found["who"] == {"rate": 0.5}
    assert stderr == ""
    assert "simulated" not in json.loads(written(Mode.JSON, report)[0])


def test_a_card_in_a_pipe_is_section_field_value() -> None:
    report = Report([Facts("who", [Fact("name", "name", NAME)]), table()])
    stdout, _ = written(Mode.TSV, report)
    lines = stdout.splitlines()
    assert lines[0] == "section\tfield\tvalue"
    assert lines[1] == f"who\tname\t{NAME}"
    assert "people\t1.person\t7" in lines


@pytest.mark.parametrize("width", [20, 40, 60, 80, 120])
def test_no_width_cuts_a_name(width: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", str(width))
    monkeypatch.setenv("NO_COLOR", "1")
    out = Output(Mode.SCREEN, stdout=Screen(), stderr=io.StringIO())
    lines = out.lines(Report([table()]))
    assert all(width_of(line) <= width for line in lines)
    joined = "".join("".join(lines).split())
    for word in NAME.split():
        assert word in joined or "".join(NAME.split()) in joined


def test_columns_that_went_are_named() -> None:
    fitted = fit(COLUMNS[:4], [["7", NAME, "HOT_LEAD, ENGAGED", "2026-01-05 10:00"]], 60)
    assert fitted is not None
    assert fitted.hidden == ["segments", "last seen"]
    assert NAME in "".join(fitted.body)


@given(st.text(max_size=60), st.integers(min_value=2, max_value=30))
def test_wrapping_keeps_every_character_but_spaces(text: str, width: int) -> None:
    text = clean(text)
    lines = wrap(text, width)
    assert "".join(lines).replace(" ", "") == text.replace(" ", "")
    assert all(width_of(line) <= width for line in lines)


@given(st.lists(st.text(max_size=30), min_size=2, max_size=2), st.integers(min_value=16, max_value=50))
def test_a_stacked_row_keeps_every_cell(cells: list[str], width: int) -> None:
    cells = [clean(cell) for cell in cells]
    lines = stack([Column("a", "a"), Column("b", "b")], [cells], width)
    assert "".join("".join(lines).split()) == "".join(f"a{cells[0]}b{cells[1]}".split())


@pytest.mark.parametrize("hostile", ["\x1b[2Jgone", "a\tb", "a\nb", "\u202eevil", "bell\x07", "\x9b31m"])
@pytest.mark.parametrize("mode", list(Mode))
def test_words_of_people_never_steer_the_terminal(hostile: str, mode: Mode) -> None:
    stdout, _ = written(mode, Report([table(hostile)], main="people"))
    assert not any(char in stdout for char in ("\x1b", "\u202e", "\x07", "\x9b")) or mode is Mode.JSON
    if mode is Mode.JSON:
        assert json.loads(stdout)["people"][0]["name"] == hostile
        assert "\x1b" not in stdout
    if mode is Mode.TSV:
        assert len(stdout.splitlines()) == 2


def test_no_color_and_dumb_terminals_get_no_escape(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TERM", "xterm-256color")
    monkeypatch.delenv("NO_COLOR", raising=False)
    colourful = Output(Mode.SCREEN, stdout=Screen(), stderr=io.StringIO())
    assert "\x1b[1m" in "".join(colourful.lines(Report([table()])))
    monkeypatch.setenv("NO_COLOR", "1")
    assert "\x1b" not in "".join(Output(Mode.SCREEN, stdout=Screen()).lines(Report([table()])))
    monkeypatch.delenv("NO_COLOR")
    monkeypatch.setenv("TERM", "dumb")
    assert "\x1b" not in "".join(Output(Mode.SCREEN, stdout=Screen()).lines(Report([table()])))


@pytest.mark.parametrize("mode", list(Mode))
def test_a_poor_encoding_is_no_error(mode: Mode) -> None:
    stdout = Narrow("ascii")
    Output(mode, stdout=stdout, stderr=Narrow("ascii")).show(Report([table("Şule 🙂")], main="people"))
    text = stdout.text()
    if mode is Mode.JSON:
        assert json.loads(text)["people"][0]["name"] == "Şule 🙂"
    else:
        assert "?ule ?" in text


def test_half_a_surrogate_is_no_error() -> None:
    stdout = Narrow("utf-8")
    Output(Mode.TSV, stdout=stdout).show(Report([table("a\ud800b")], main="people"))
    assert "7\ta" in stdout.text()


def test_json_carries_intervals_and_screens_show_them() -> None:
    columns = share_columns("rate", "response")
    row = {"rate": 0.25, "rate_low": 0.2, "rate_high": 0.31}
    report = Report([Table("t", columns, [row])], main="t")
    assert document(report)["t"] == [row]
    assert "25.0 % [20.0-31.0]" in written(Mode.SCREEN, report)[0]


def test_never_is_no_moment() -> None:
    assert iso(0) is None
    assert iso(1_767_607_200_000) == "2026-01-05T10:00:00Z"


def test_the_next_step_over_simulated_data_stays_there() -> None:
    report = Report([table()], main="people", next_step="manage_crm.py users list --after 7")
    assert "next: manage_crm.py --demo users list" in written(Mode.TSV, report, simulated=True)[1]
    again = Report([table()], main="people", next_step="manage_crm.py demo")
    assert "next: manage_crm.py demo" in written(Mode.TSV, again, simulated=True)[1]
