"""A benchmark of quality that needs what is not here refuses before its first hour, not after it."""

from __future__ import annotations

import sys
from importlib import import_module

import pytest

from benchmarks.quality._databases import WHEEL, chosen
from core.errors import KairosError

ON_BOTH = ("inbound", "faults", "revoke", "handover")
"""The benchmarks that run on SQLite and then on PostgreSQL."""


@pytest.fixture
def without_postgresql(monkeypatch: pytest.MonkeyPatch) -> None:
    """The wheel can't be imported, as in an installation without the packages for tests."""
    monkeypatch.setitem(sys.modules, WHEEL, None)


@pytest.mark.timeout(30)  # a whole run on SQLite would take many minutes
@pytest.mark.usefixtures("without_postgresql")
@pytest.mark.parametrize("arguments", [[], ["--only", "postgresql"]])
@pytest.mark.parametrize("name", ON_BOTH)
def test_a_missing_postgresql_is_told_before_anything_runs(
    name: str, arguments: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(KairosError) as told:
        import_module(f"benchmarks.quality.{name}").main(arguments)
    assert "PostgreSQL is not here" in str(told.value)
    assert "--only sqlite" in told.value.next_step
    assert capsys.readouterr() == ("", "")


@pytest.mark.parametrize("name", ON_BOTH)
def test_a_part_that_there_is_not_is_told_before_anything_runs(name: str) -> None:
    with pytest.raises(KairosError, match="there is no part oracle"):
        import_module(f"benchmarks.quality.{name}").main(["--only", "oracle"])


@pytest.mark.usefixtures("without_postgresql")
def test_sqlite_alone_needs_no_postgresql() -> None:
    assert chosen("sqlite", quick=False) == chosen("", quick=True) == ("sqlite",)
