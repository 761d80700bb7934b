"""Redis' memory on the screen."""

from __future__ import annotations

from typing import TYPE_CHECKING

from console.report import Fact, Facts, Report

if TYPE_CHECKING:
    from app.memory import Bounds, MemoryUse


def report(use: MemoryUse, bounds: Bounds) -> Report:
    """Every figure, and how it stands."""
    from app.memory import advice, figures_of, sentence

    facts = [Fact(name, name.replace("_", " "), value) for name, value in figures_of(use, bounds).items()]
    head = Facts("summary", [Fact("sentence", "in words", sentence(use))], "Redis' memory")
    return Report([head, Facts("memory", facts)], verb="memory", next_step=advice(use, bounds))
