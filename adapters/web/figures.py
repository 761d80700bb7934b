"""Figures in the text form that Prometheus reads."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Final, Literal

from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric
from prometheus_client.exposition import CONTENT_TYPE_PLAIN_0_0_4, generate_latest
from prometheus_client.registry import Collector, CollectorRegistry

KIND: Final = CONTENT_TYPE_PLAIN_0_0_4.encode()
"""The content type of an exposition."""


@dataclass(frozen=True, slots=True)
class Figure:
    """One metric: a counter only grows (its name ends in _total), a gauge goes both ways.

    `values`: by the values of `labels`, in their order; `{(): 3}` where there are no labels."""

    name: str
    meaning: str
    kind: Literal["counter", "gauge"]
    values: Mapping[tuple[str, ...], float]
    labels: tuple[str, ...] = ()


def exposition(figures: Iterable[Figure]) -> bytes:
    """All figures as text."""
    registry = CollectorRegistry(auto_describe=False)
    registry.register(_Collected(list(figures)))
    return generate_latest(registry)


class _Collected(Collector):
    def __init__(self, figures: list[Figure]) -> None:
        self._figures = figures

    def collect(self) -> Iterator[Metric]:
        for figure in self._figures:
            family = CounterMetricFamily if figure.kind == "counter" else GaugeMetricFamily
            metric = family(figure.name, figure.meaning, labels=figure.labels)
            for labels, value in sorted(figure.values.items()):
                metric.add_metric(labels, value)
            yield metric

    def describe(self) -> Iterator[Metric]:
        return iter(())
