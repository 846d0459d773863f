"""What is measured: each function answers rows of the table, one ratio a round, its two sides run in turns.

The first round warms both sides up and is left out.
"""

import http.client
import json
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, ParamSpec

from benchmarks import floor, load, servers
from benchmarks.databases import Databases, Raw
from benchmarks.networks import network
from benchmarks.servers import Server

PLANS = [f"plan-{number:04}" for number in range(1000)]
STEPS = [f"step-{number:02}" for number in range(10)]
SINGLE, BATCH = 1000, 1000

P = ParamSpec("P")


@dataclass(frozen=True, slots=True)
class Row:
    """A line of the table: one figure a round, and what their median must keep to."""

    name: str
    figures: Sequence[float]
    at_least: float | None = None
    at_most: float | None = None


@dataclass(frozen=True, slots=True)
class Bench:
    """Where and how often to measure. The database `seed` holds the plans; each measurement takes a copy."""

    databases: Databases
    folder: Path
    rounds: int

    @contextmanager
    def leeway(self, database: str) -> Iterator[Server]:
        """Leeway on a copy of the seed."""
        with servers.leeway(self.databases.copy("seed", database), self.folder) as server:
            yield server


def seed(bench: Bench) -> None:
    """Fill the database `seed` over HTTP.

    1,000 plans of 10 milestones, each with a baseline and three events; a plan of 10,000 milestones; one of 10,000
    with 20,000 dependencies; one of 1,000 with a baseline, a re-plan of every third milestone and two events a
    milestone.
    """
    with servers.leeway(bench.databases.new("seed"), bench.folder) as server:
        documents = {**dict.fromkeys(PLANS, STEPS), "large": keys(10_000), "typical": keys(1000)}
        load.run(
            server.port, [("PUT", f"/v1/plans/{plan}/document", document(names)) for plan, names in documents.items()]
        )
        call(server, "PUT", "/v1/plans/network/document", network(10_000).document())
        baseline = {"name": "first", "reason": "agreed"}
        load.run(server.port, [("POST", f"/v1/plans/{plan}/baselines", baseline) for plan in documents])
        replanned = document(keys(1000), moved_days=3)
        call(server, "PUT", "/v1/plans/typical/document", replanned, {"If-Match": "*"})
        load.run(server.port, posts(events(3 * len(PLANS), PLANS, STEPS, "seed")))
        call(server, "POST", "/v1/events/batch", events(2000, ["typical"], keys(1000), "typical"))
    bench.databases.settle("seed")


def keys(count: int) -> list[str]:
    return [f"step-{number:05}" for number in range(count)]


def document(names: Sequence[str], moved_days: int = 0) -> dict[str, Any]:
    """A plan of activities; of those every third is moved."""
    first = datetime(2026, 1, 5, tzinfo=UTC).date()
    milestones = []
    for number, name in enumerate(names):
        start = first + timedelta(days=number % 200 + (moved_days if number % 3 == 0 else 0))
        dates = {"planned_start": str(start), "planned_finish": str(start + timedelta(days=4))}
        milestones.append({"key": name, "name": f"Step {number}", "kind": "activity", **dates})
    return {"name": "A plan", "calendar": "standard", "milestones": milestones}


def events(count: int, plans: Sequence[str], milestones: Sequence[str], run: str) -> list[dict[str, Any]]:
    """Events of a batch: plans in turn, milestones in turn within each, spread over all of them."""
    stride = max(1, len(milestones) // 10) * 7 + 1 if len(milestones) > BATCH else 1
    return [
        {
            "plan": plans[number % len(plans)],
            "id": f"{run}-{number}",
            "source": "ci/release",
            "type": "milestone.progressed",
            "milestone": milestones[(number // len(plans)) * stride % len(milestones)],
            "occurred_at": f"2026-01-{5 + number % 25:02}T10:12:00Z",
            "actor": "release-manager",
            "data": {"percent_complete": float(number % 101), "remaining_minutes": 480},
        }
        for number in range(count)
    ]


def posts(batch: Sequence[dict[str, Any]]) -> list[load.Request]:
    """The same events, each as a request of its own."""
    return [
        ("POST", f"/v1/plans/{event['plan']}/events", {name: event[name] for name in event if name != "plan"})
        for event in batch
    ]


def call(server: Server, method: str, path: str, content: Any = None, headers: dict[str, str] | None = None) -> bytes:
    """One request on a connection of its own.

    Raises:
        RuntimeError: it was not answered with 2xx.
    """
    with servers.connection(server) as connection:
        return ask(connection, method, path, None if content is None else json.dumps(content), headers)


def ask(
    connection: http.client.HTTPConnection,
    method: str,
    path: str,
    body: str | None = None,
    headers: dict[str, str] | None = None,
) -> bytes:
    """One request on a kept connection."""
    sent = {"Authorization": f"Bearer {load.TOKEN}", "Content-Type": "application/json", **(headers or {})}
    connection.request(method, path, body, sent)
    response = connection.getresponse()
    answer = response.read()
    if response.status >= 300:
        raise RuntimeError(f"{method} {path}: {response.status} {answer[:500].decode()}")
    return answer


def timed(work: Callable[P, Any], *args: P.args, **kwargs: P.kwargs) -> float:
    """How many seconds it took."""
    began = time.perf_counter()
    work(*args, **kwargs)
    return time.perf_counter() - began


def single_event(bench: Bench) -> list[Row]:
    """One event a request at 32 connections, against the bare route."""
    with (
        bench.leeway("single") as leeway,
        servers.floor(bench.databases.copy("seed", "single_floor"), bench.folder) as bare,
    ):
        rates, cpu = [], []
        for number in range(bench.rounds + 1):
            requests = posts(events(SINGLE, PLANS, STEPS, f"single-{number}"))
            (base, base_cpu), (ours, our_cpu) = burden(bare, requests), burden(leeway, requests)
            rates.append(base / ours)
            cpu.append(our_cpu / base_cpu)
        memory = leeway.memory_megabytes()
    return [
        Row("single event at 32 connections: rate ÷ floor's", rates[1:], at_least=0.6),
        Row("… server CPU an event ÷ floor's", cpu[1:]),
        Row("… server's memory afterwards, MB", [memory]),
    ]


def burden(server: Server, requests: Sequence[load.Request]) -> tuple[float, float]:
    """The seconds, and the processor seconds of the server, that the load took."""
    before = server.cpu_seconds()
    seconds = load.run(server.port, requests).seconds
    return seconds, server.cpu_seconds() - before


def batch(bench: Bench) -> list[Row]:
    """1,000 events in one request, against `executemany` of the same rows."""
    rows = []
    with bench.leeway("batch") as leeway, Raw(bench.databases.copy("seed", "batch_raw")) as raw:
        for name, plans, milestones in (("one plan", ["typical"], keys(1000)), ("1,000 plans", PLANS, STEPS)):
            ids = {plan: plan_id(raw, plan) for plan in plans}
            ratios = []
            with servers.connection(leeway) as connection:
                for number in range(bench.rounds + 1):
                    items = events(BATCH, plans, milestones, f"{name}-{number}")
                    first, body = 10**6 * (number + 1), json.dumps(items)
                    stored = [event_row(bench, ids[e["plan"]], first + i, e) for i, e in enumerate(items)]
                    base = timed(raw.insert, floor.INSERT, stored)
                    ratios.append(timed(ask, connection, "POST", "/v1/events/batch", body) / base)
            rows.append(Row(f"batch of 1,000 events of {name}: time ÷ executemany's", ratios[1:], at_most=3))
    return rows


def plan_id(raw: Raw, plan: str) -> Any:
    return raw.fetch(("SELECT plan_id FROM plans WHERE workspace_id = $1 AND key = $2", (1, plan)))[0][0][0]


def event_row(bench: Bench, plan: Any, sequence: int, event: dict[str, Any]) -> list[Any]:
    """The columns of an event, as the raw driver takes them."""
    row = list(floor.event_row(plan, sequence, event))
    if bench.databases.kind == "sqlite":
        row[7], row[9] = floor.micros(row[7]), floor.micros(row[9])
    return row


HEAD = (
    "SELECT workspace_id, plan_id, key, status, revision, baseline_count, last_sequence, last_recorded_at, created_at"
    " FROM plans WHERE workspace_id = $1 AND key = $2"
)
REVISION = "SELECT * FROM plan_revisions WHERE workspace_id = $1 AND plan_id = $2 AND revision = $3"
BASELINE = "SELECT * FROM baselines WHERE workspace_id = $1 AND plan_id = $2"
MILESTONES = (
    "SELECT key, name, kind, planned_start, planned_finish, planned_duration_minutes, calendar, parent, owner,"
    " constraint_type, constraint_date, deadline, weight, external_id, labels, budget FROM milestones"
    " WHERE workspace_id = $1 AND plan_id = $2 AND from_revision <= $3 AND to_revision > $3"
)
DEPENDENCIES = (
    "SELECT predecessor, type, successor, lag_minutes, lag_percent, lag_unit FROM dependencies"
    " WHERE workspace_id = $1 AND plan_id = $2 AND from_revision <= $3 AND to_revision > $3"
)
EVENTS = (
    "SELECT sequence, source, event_id, type, milestone, occurred_at, occurred_on, recorded_at, actor, data"
    " FROM events WHERE workspace_id = $1 AND plan_id = $2"
)


def variance(bench: Bench) -> list[Row]:
    """GET variance of 1,000 milestones, against selecting its inputs and dumping the same answer."""
    path = "/v1/plans/typical/variance?limit=1000&as_of=2026-03-01"
    ratios = []
    with bench.leeway("variance") as leeway, Raw(bench.databases.copy("seed", "variance_raw")) as raw:
        here = (1, plan_id(raw, "typical"))
        inputs = (
            (HEAD, (1, "typical")),
            (REVISION, (*here, 2)),
            (BASELINE, here),
            (MILESTONES, (*here, 1)),
            (MILESTONES, (*here, 2)),
            (EVENTS, here),
        )
        assert [len(found) for found in raw.fetch(*inputs)] == [1, 1, 1, 1000, 1000, 2000]
        with servers.connection(leeway) as connection:
            answer = json.loads(ask(connection, "GET", path))
            assert len(answer["items"]) == 1000
            for _ in range(bench.rounds + 1):
                base = timed(raw.fetch, *inputs) + timed(json.dumps, answer)
                ratios.append(timed(ask, connection, "GET", path) / base)
    return [Row("variance of 1,000 milestones: time ÷ select and json.dumps", ratios[1:], at_most=3)]


def plan_size(bench: Bench) -> list[Row]:
    """Recording in a plan of 10,000 milestones, against one of 10."""
    ratios = []
    count = SINGLE // 2
    with bench.leeway("plan_size") as leeway:
        for number in range(bench.rounds + 1):
            small = posts(events(count, [PLANS[0]], STEPS, f"small-{number}"))
            large = posts(events(count, ["large"], keys(10_000), f"large-{number}"))
            base = load.run(leeway.port, small).seconds
            ratios.append(load.run(leeway.port, large).seconds / base)
    return [Row("an event in a plan of 10,000 milestones: time ÷ in one of 10", ratios[1:], at_most=1.2)]


def at_rest(bench: Bench) -> list[Row]:
    """Start-up, and the memory of a server that has answered a few requests."""
    ratios, megabytes = [], []
    url = bench.databases.copy("seed", "at_rest")
    for number in range(bench.rounds):
        base = timed(subprocess.run, [sys.executable, "-c", "pass"], check=True)
        with servers.leeway(url, bench.folder) as leeway:
            ratios.append(leeway.start_seconds / base)
            load.run(leeway.port, posts(events(50, PLANS, STEPS, f"rest-{number}")))
            call(leeway, "GET", f"/v1/plans/{PLANS[0]}")
            call(leeway, "GET", f"/v1/plans/{PLANS[0]}/variance")
            megabytes.append(leeway.memory_megabytes())
    return [
        Row("memory at rest, MB", megabytes, at_most=150),
        Row("start to the first answer of /livez ÷ `python -c pass`", ratios),
    ]


def django(bench: Bench) -> list[Row]:
    """For the record: a Django REST Framework endpoint at the same load, against the bare route."""
    rates, cpu = [], []
    packages = ("django", "djangorestframework", "gunicorn", "psycopg[binary]")
    environment = servers.environment(bench.folder, "django", *packages)
    with (
        servers.django(bench.databases.copy("seed", "django"), bench.folder, environment) as peer,
        servers.floor(bench.databases.copy("seed", "django_floor"), bench.folder) as bare,
    ):
        for number in range(bench.rounds + 1):
            requests = posts(events(SINGLE // 4, PLANS, STEPS, f"django-{number}"))
            (base, base_cpu), (theirs, their_cpu) = burden(bare, requests), burden(peer, requests)
            rates.append(base / theirs)
            cpu.append(their_cpu / base_cpu)
    return [
        Row("Django REST Framework, the same event: rate ÷ floor's", rates[1:]),
        Row("… server CPU an event ÷ floor's", cpu[1:]),
    ]


ALL: dict[str, Callable[[Bench], list[Row]]] = {
    "single": single_event,
    "batch": batch,
    "variance": variance,
    "plan-size": plan_size,
    "rest": at_rest,
    "django": django,
}
