"""GET /metrics: what Prometheus wants to know, made of plain numbers when it asks.

Names follow Prometheus: the prefix, base units, `_total` for what only rises. No label has an id,
a project or an address among its values: there may be any number of them, and a metric is no place
to tell who deploys what. Each server has a registry of its own.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Mapping

from prometheus_client import CollectorRegistry, ProcessCollector
from prometheus_client.core import (
    CounterMetricFamily,
    GaugeMetricFamily,
    HistogramMetricFamily,
    Metric,
)
from prometheus_client.exposition import choose_encoder
from prometheus_client.registry import Collector
from starlette.requests import Request
from starlette.responses import Response

from logflume import __version__
from logflume.histogram import Histogram
from logflume.http.context import Context
from logflume.http.counts import PATTERNS
from logflume.store import Figures

FIGURES_SECONDS = 2.0
"""How long a disk may take to say how full it is. One that is stuck is told by what is missing."""


class Metrics:
    """The endpoint."""

    def __init__(self, context: Context) -> None:
        self._context = context
        self._registry = CollectorRegistry(auto_describe=False)
        self._registry.register(ServerCollector(context))
        ProcessCollector(registry=self._registry)
        self._store = StoreCollector()
        self._registry.register(self._store)

    async def __call__(self, request: Request) -> Response:
        self._context.counts.watch_loop()
        try:
            async with asyncio.timeout(FIGURES_SECONDS):
                self._store.figures = await self._context.store.figures()
        except (TimeoutError, OSError):
            self._store.figures = None
        encode, media_type = choose_encoder(request.headers.get("accept", ""))
        headers = {"Cache-Control": "no-store", "X-Content-Type-Options": "nosniff"}
        return Response(encode(self._registry), headers=headers, media_type=media_type)


class ServerCollector(Collector):
    """What the server counts."""

    def __init__(self, context: Context) -> None:
        self._context = context

    def collect(self) -> Iterable[Metric]:
        counts = self._context.counts
        yield _gauge("build_info", "Always 1; the version that runs.", {__version__: 1}, "version")
        yield _counter(
            "append_requests",
            "Requests to append, those that were refused included.",
            counts.append_requests,
            "kind",
        )
        yield _counter("appended_records", "Records stored.", counts.records, "kind")
        yield _counter("appended_bytes", "Bytes of records stored.", counts.record_bytes, "kind")
        yield _counter(
            "delivered_records",
            "Records written to somebody, each as often as it was.",
            counts.delivered,
            "pattern",
        )
        yield _counter(
            "refusals",
            "Answers that are a problem, by its name.",
            self._context.refusals.by_name,
            "problem",
        )
        yield from self._watchers()
        open_logs = self._context.tails.open_logs
        yield _gauge("open_logs", "Logs that somebody reads now.", {"": open_logs})
        yield _histogram("event_loop_lag_seconds", "How late the event loop is.", counts.loop_lag)

    def _watchers(self) -> Iterable[Metric]:
        watching, behind = self._context.watchers.by_pattern()
        watching["long-poll"] += self._context.counts.waiting_polls
        live = PATTERNS[1:]
        yield _gauge(
            "watchers",
            "Who follows a log now. One WebSocket is one, however many logs it follows.",
            {pattern: watching[pattern] for pattern in live},
            "pattern",
        )
        yield _gauge(
            "watchers_behind",
            "Those of them who take less than comes.",
            {pattern: behind[pattern] for pattern in live},
            "pattern",
        )


class StoreCollector(Collector):
    """What the store knows of itself; nothing while it does not say."""

    figures: Figures | None = None

    def collect(self) -> Iterable[Metric]:
        figures = self.figures
        if figures is None:
            return
        yield _histogram(
            "commit_seconds",
            "A transaction from its start to its end, the sync to disk included.",
            figures.commit_seconds,
        )
        yield _histogram(
            "commit_changes", "Changes that shared a transaction.", figures.commit_changes
        )
        for name, about, value in (
            ("store_bytes", "The database file.", figures.database_bytes),
            ("store_wal_bytes", "The file of the write-ahead log.", figures.wal_bytes),
            ("store_free_bytes", "What is left on the store's disk.", figures.free_bytes),
        ):
            if value is not None:
                yield _gauge(name, about, {"": value})


def _counter(name: str, about: str, values: Mapping[str, float], label: str) -> Metric:
    family = CounterMetricFamily(f"logflume_{name}", about, labels=[label])
    for key, value in values.items():
        family.add_metric([key], value)
    return family


def _gauge(name: str, about: str, values: Mapping[str, float], label: str = "") -> Metric:
    family = GaugeMetricFamily(f"logflume_{name}", about, labels=[label] if label else [])
    for key, value in values.items():
        family.add_metric([key] if label else [], value)
    return family


def _histogram(name: str, about: str, values: Histogram) -> Metric:
    family = HistogramMetricFamily(f"logflume_{name}", about, labels=[])
    family.add_metric([], values.buckets(), values.total)
    return family


__all__ = ["Metrics"]
