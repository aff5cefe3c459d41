"""What the program tells about its own work: figures for Prometheus, and one line of the log for each request.

Neither holds anything that a person typed: an address appears as the pattern of its route, people as their number.
"""

import os
import time
from collections.abc import Iterator

from fastapi import Request
from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, disable_created_metrics, generate_latest
from prometheus_client.core import GaugeMetricFamily, Metric
from prometheus_client.multiprocess import MultiProcessCollector
from prometheus_client.process_collector import ProcessCollector
from prometheus_client.registry import Collector
from sqlmodel import func, select
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from core.database import Database
from core.jobs import JOB_STATES, Job
from core.logs import log_named

disable_created_metrics()  # a second series for each, of which nobody asks
_NO_ROUTE = "none"
_SECONDS = (0.01, 0.03, 0.1, 0.3, 1, 3, 10, 30, 100)
_UNMEASURED = frozenset({"/health/live", "/health/ready", "/metrics"})  # asked every few seconds by programs
_log = log_named("qingshan.requests")


class Measures:
    """The figures of one application. Several processes of one server keep theirs in common files (web/server.py)."""

    def __init__(self, database: Database) -> None:
        self.database = database
        self.registry = CollectorRegistry()
        self.requests = Counter(
            "qingshan_requests", "Requests answered.", ("method", "route", "status"), registry=self.registry
        )
        self.seconds = Histogram(
            "qingshan_request_seconds",
            "Seconds from the first byte asked to the last byte answered.",
            ("method", "route"),
            buckets=_SECONDS,
            registry=self.registry,
        )
        self.under_way = Gauge(
            "qingshan_requests_under_way",
            "Requests being answered.",
            multiprocess_mode="livesum",
            registry=self.registry,
        )

    def text(self) -> bytes:
        """All of them in the text format of Prometheus."""
        counted, here = self.registry, CollectorRegistry()
        if "PROMETHEUS_MULTIPROC_DIR" in os.environ:
            counted = CollectorRegistry()
            MultiProcessCollector(counted)
        ProcessCollector(registry=here)
        here.register(_Waiting(self.database))
        return generate_latest(counted) + generate_latest(here)


class _Waiting(Collector):
    """What stands in the database and in its pool, asked when the figures are asked for."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def collect(self) -> Iterator[Metric]:
        with self._database.reading() as session:
            counts = dict(session.exec(select(Job.state, func.count()).group_by(Job.state)).all())
        jobs = GaugeMetricFamily("qingshan_jobs", "Background jobs by state.", labels=("state",))
        for state in JOB_STATES:
            jobs.add_metric((state,), counts.get(state, 0))
        yield jobs
        checked_out = getattr(self._database.engine.pool, "checkedout", None)
        if checked_out is not None:
            yield GaugeMetricFamily("qingshan_connections", "Database connections in use.", value=checked_out())


class Measured:
    """Counts and times every request, and writes its line."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or scope["path"] in _UNMEASURED:
            await self.app(scope, receive, send)
            return
        measures: Measures = scope["app"].state.measures
        begun, status = time.perf_counter(), 0

        async def watched(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
            await send(message)

        measures.under_way.inc()
        try:
            await self.app(scope, receive, watched)
        finally:
            measures.under_way.dec()
            seconds = time.perf_counter() - begun
            # A method or an address that no route has could be any text: each would become a series of its own.
            route = getattr(scope.get("route"), "path", _NO_ROUTE)
            method = scope["method"] if scope["method"] in _METHODS else _NO_ROUTE
            measures.requests.labels(method, route, str(status)).inc()
            measures.seconds.labels(method, route).observe(seconds)
            told = _told(scope, method, route, status, seconds)
            (_log.warning if _is_refusal(told) else _log.info)("request", **told)


# Signing in wrongly, writes of other sites, more tries or bytes than are taken, and, of who is known, what is not theirs.
_REFUSALS = frozenset({401, 403, 413, 421, 429})
_METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})


def _told(scope: Scope, method: str, route: str, status: int, seconds: float) -> dict[str, object]:
    state = Request(scope).state
    reader = getattr(state, "reader", None)
    return {
        "request_id": getattr(state, "request_id", None),
        "method": method,
        "route": route,
        "status": status,
        "milliseconds": round(seconds * 1000, 1),
        "person": None if reader is None else reader.actor.id,
        "from": scope["client"][0] if scope.get("client") else None,
        "refused": getattr(state, "refused", None),
    }


def _is_refusal(told: dict[str, object]) -> bool:
    """Whether who watches over the server wants to hear of it; what is not there and what is not theirs look the same."""
    if told["refused"] == "SignInNeeded":
        return False  # nobody tried anything: a sign-in ended, or a stranger opened a page
    return told["status"] in _REFUSALS or (told["status"] == 404 and told["person"] is not None)
