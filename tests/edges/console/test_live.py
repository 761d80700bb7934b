"""The running demo's picture: fits the terminal, says SIMULATED, and is one line without a terminal."""

from __future__ import annotations

import io

import pytest

from app.desk.pulse import take_pulse
from console.fitting import width_of
from console.output import Mode, Output
from console.screens.live import Live, summary
from core.ports import Store
from tests.edges.console.streams import Screen
from tests.edges.console.town import DAY, NOW


@pytest.fixture(autouse=True)
def no_colour(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NO_COLOR", "1")
    monkeypatch.setenv("LINES", "24")


@pytest.mark.parametrize("columns", ["60", "80"])
async def test_a_picture_fits_and_shows_what_happens(
    store: Store, columns: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLUMNS", columns)
    pulse = await take_pulse(store, NOW - 2 * DAY, NOW)
    screen = Screen()
    live = Live(Output(Mode.SCREEN, stdout=Screen(), stderr=screen), NOW - 2 * DAY, 3.0, 4)
    live.draw(pulse)
    lines = live.picture(pulse)
    assert len(lines) <= 23 and all(width_of(line) <= int(columns) for line in lines)
    text = screen.getvalue()
    for word in (
        "SIMULATED",
        "day 2.0 of 3",
        "HOT_LEAD 1",
        "planned 1, sent 1",
        "predicted 31.0 %, came 100.0 %",
    ):
        assert word in " ".join(" ".join(lines).split())
    assert "promise most" in text and "Anna" not in text


async def test_without_a_terminal_it_is_a_line(store: Store) -> None:
    stderr = io.StringIO()
    live = Live(Output(Mode.TSV, stdout=io.StringIO(), stderr=stderr), NOW - DAY, 1.0, 4)
    assert live.wants()
    live.draw(await take_pulse(store, NOW - DAY, NOW))
    assert not live.wants()
    assert len(stderr.getvalue().splitlines()) == 1 and stderr.getvalue().startswith("SIMULATED ")


def test_the_summary_reads_well() -> None:
    found = {"simulated": True, "segments": {"HOT_LEAD": 3}, "lift": {"difference": None}, "wall_s": 12.5}
    stdout = io.StringIO()
    out = Output(Mode.SCREEN, stdout=stdout, stderr=io.StringIO())
    out.simulated = True
    out.show(summary(found))
    assert "HOT_LEAD 3" in stdout.getvalue() and "not known yet" in stdout.getvalue()
    assert stdout.getvalue().startswith("SIMULATED")
