"""What watching costs: claiming plans among many, judging one, and how soon a deviation is known and told."""

import asyncio
import json
import statistics
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from functools import partial
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from uuid import UUID

import httpx
from pydantic import SecretStr
from sqlalchemy import text

from app.access.service import create_workspace
from app.evaluation.service import evaluate
from app.kit.bulk import insert_all
from app.kit.columns import metadata
from app.kit.db import Database
from app.main import create_app
from app.plans import due
from app.plans.store import mark_due
from app.serving import calm_collector
from app.settings import Settings
from benchmarks import servers
from benchmarks.load import TOKEN
from benchmarks.measures import PLANS, Bench, Row, call, keys
from benchmarks.networks import network

FEW, MANY, EACH, DUE = 100, 10_000, 100, 100  # plans, plans, milestones of each, plans that are due
NOW = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
PLANS_OF_A_BATCH = 100


def claims(bench: Bench) -> list[Row]:
    """Claiming 100 due plans among 1,000,000 milestones of 10,000 plans, against among 10,000 of 100."""
    databases = []
    for count in (FEW, MANY):
        url = bench.databases.new(f"claims_{count}")
        asyncio.run(_fill(url, count))
        bench.databases.settle(f"claims_{count}")
        databases.append(url)
    ratios = []
    for _ in range(bench.rounds + 1):
        few, many = (asyncio.run(_claim(url)) for url in databases)
        ratios.append(many / few)
    name = "claiming 100 due plans of 10,000 with 1,000,000 milestones ÷ of 100"
    return [Row(name, ratios[1:], at_most=2)]


async def _fill(url: str, count: int) -> None:
    """So many active plans of 100 milestones each, the rows as the service writes them; none is due."""
    database = Database(url)
    at = NOW - timedelta(days=30)
    try:
        await database.write(lambda tx: _workspace(tx, at))
        for first in range(0, count, PLANS_OF_A_BATCH):
            numbers = range(first, min(count, first + PLANS_OF_A_BATCH))
            await database.write(partial(_plans, numbers=numbers, at=at))
    finally:
        await database.close()


async def _workspace(tx: Any, at: datetime) -> None:
    await create_workspace(tx, "default", at)


async def _plans(tx: Any, numbers: range, at: datetime) -> None:
    plans, milestones = metadata.tables["plans"], metadata.tables["milestones"]
    ids = {number: UUID(int=number + 1) for number in numbers}
    later = NOW + timedelta(days=400)
    await insert_all(tx, plans, [_plan(ids[number], number, at, later) for number in numbers])
    await insert_all(tx, milestones, [_milestone(ids[n], key) for n in numbers for key in keys(EACH)])


def _plan(plan_id: UUID, number: int, at: datetime, later: datetime) -> dict[str, Any]:
    counts = {"revision": 1, "baseline_count": 1, "last_sequence": 0, "evaluation_count": 1}
    times = {"last_recorded_at": at, "created_at": at, "updated_at": at, "check_due_at": later}
    return {"workspace_id": 1, "plan_id": plan_id, "key": f"plan-{number}", "status": "active", **counts, **times}


def _milestone(plan_id: UUID, key: str) -> dict[str, Any]:
    names = {"workspace_id": 1, "plan_id": plan_id, "key": key, "name": key, "kind": "milestone", "labels": {}}
    return {**names, "from_revision": 1, "to_revision": 2_147_483_647, "weight": 1.0, "planned_finish": NOW.date()}


async def _claim(url: str) -> float:
    """Seconds in which plans are claimed until none is due; then they are put back as they were."""
    database = Database(url)
    try:
        later = NOW + timedelta(days=400)
        await database.write(lambda tx: _make_due(tx, NOW))
        await database.write(lambda tx: tx.execute(text("SELECT 1")))
        leases = [NOW + timedelta(seconds=60, microseconds=number) for number in range(16)]
        began, claimed = time.perf_counter(), 0
        while found := await database.write(lambda tx: due.claim_due(tx, NOW, leases)):
            claimed += len(found)
        seconds = time.perf_counter() - began
        assert claimed == DUE
        await database.write(lambda tx: _make_due(tx, later))
        return seconds
    finally:
        await database.close()


async def _make_due(tx: Any, at: datetime) -> None:
    plans = metadata.tables["plans"]
    ids = [UUID(int=number + 1) for number in range(DUE)]
    await tx.execute(
        plans.update().where(plans.c.workspace_id == 1, plans.c.plan_id.in_(ids)).values(check_due_at=at)
    )


def judging(bench: Bench) -> list[Row]:
    """Evaluating a plan of 10,000 milestones and 20,000 links, against one GET of its variance."""
    calm_collector()
    url = bench.databases.copy("seed", "judging")
    with servers.leeway(url, bench.folder, run_loops="false") as server:
        baseline = {"name": "first", "reason": "agreed"}
        call(server, "POST", "/v1/plans/network/baselines", baseline)
        names = [milestone["key"] for milestone in network(10_000).document()["milestones"]]
        batch = [
            {
                "plan": "network",
                "id": f"judging-{number}",
                "source": "ci",
                "type": "milestone.started",
                "milestone": name,
                "occurred_at": "2026-01-06T10:00:00Z",
            }
            for number, name in enumerate(names[:2000])
        ]
        call(server, "POST", "/v1/events/batch", batch)
    return asyncio.run(_judging(bench, url))


async def _judging(bench: Bench, url: str) -> list[Row]:
    settings = Settings(database_url=url, bootstrap_key=SecretStr(TOKEN), run_loops=False)
    app = create_app(settings)
    ratios: list[float] = []
    async with app.router.lifespan_context(app):
        headers = {"Authorization": f"Bearer {TOKEN}"}
        transport = httpx.ASGITransport(app)
        async with httpx.AsyncClient(transport=transport, base_url="http://leeway", headers=headers) as client:
            for _ in range(bench.rounds + 1):
                began = time.perf_counter()
                answer = await client.get("/v1/plans/network/variance?limit=1000", timeout=60)
                base = time.perf_counter() - began
                assert answer.status_code == 200, answer.text
                ratios.append(await _evaluating(app.state.database, app.state.clock) / base)
    return [Row("evaluating a plan of 10,000 milestones ÷ GET variance", ratios[1:], at_most=2)]


async def _evaluating(database: Database, clock: Any) -> float:
    async with database.read() as db:
        found = await db.execute(text("SELECT workspace_id FROM plans WHERE key = 'network'"))
        workspace_id = found.scalar_one()
    await database.write(lambda tx: mark_due(tx, workspace_id, "network", clock()))
    leases = [clock() + timedelta(seconds=600, microseconds=number) for number in range(len(PLANS) + 3)]
    claimed = await database.write(lambda tx: due.claim_due(tx, clock(), leases))
    plan = next(each for each in claimed if each.head.key == "network")
    began = time.perf_counter()
    await evaluate(database, clock, plan)
    return time.perf_counter() - began


def latency(bench: Bench) -> list[Row]:
    """Milliseconds from the answer to an event until its deviation is stored, and until a webhook hears of it."""
    stored, heard = [], []
    with receiver() as (port, arrivals):
        allowed = {"webhooks_allow": "127.0.0.0/8", "encryption_key": "0" * 43 + "="}
        url = bench.databases.new("latency")
        with servers.leeway(url, bench.folder, **allowed) as server:
            call(server, "POST", "/v1/webhooks", {"url": f"http://127.0.0.1:{port}/hook"})
            for number in range(10 * bench.rounds):
                sent = _one(server, f"plan-{number}", arrivals)
                stored.append(sent[0])
                heard.append(sent[1])
    median = [statistics.median(part) * 1000 for part in (stored[10:], heard[10:])]
    return [
        Row("ms from an event's answer to its stored deviation, p50", [median[0]], at_most=150),
        Row("ms from an event's answer to the first webhook attempt, p50", [median[1]], at_most=300),
    ]


def _one(server: servers.Server, plan: str, arrivals: dict[str, float]) -> tuple[float, float]:
    """Seconds until the deviation of one late event is stored, and until it arrives."""
    milestone = {"key": "a", "name": "A", "kind": "milestone", "planned_finish": "2030-01-10"}
    call(server, "PUT", f"/v1/plans/{plan}/document", {"name": plan, "milestones": [milestone]})
    call(server, "POST", f"/v1/plans/{plan}/baselines", {"name": "one", "reason": "x"})
    _until_evaluated(server, plan)
    event = {
        "id": f"late-{plan}",
        "source": "ci",
        "type": "milestone.forecast_changed",
        "milestone": "a",
        "occurred_at": "2026-01-10T10:00:00Z",
        "data": {"finish": "2030-03-10"},
    }
    call(server, "POST", f"/v1/plans/{plan}/events", event)
    began = time.perf_counter()
    path = f"/v1/plans/{plan}/deviations?min_sequence=1&wait_seconds=10"
    found = json.loads(call(server, "GET", path))
    stored = time.perf_counter() - began
    assert found["items"], found
    deadline = time.perf_counter() + 10
    while plan not in arrivals and time.perf_counter() < deadline:
        time.sleep(0.001)
    return stored, arrivals[plan] - began


def _until_evaluated(server: servers.Server, plan: str) -> None:
    while json.loads(call(server, "GET", f"/v1/plans/{plan}/evaluation"))["newest"] is None:
        time.sleep(0.005)


@contextmanager
def receiver() -> Iterator[tuple[int, dict[str, float]]]:
    """A webhook's receiver: its port, and when it heard of each plan first."""
    arrivals: dict[str, float] = {}

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            at = time.perf_counter()
            body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
            arrivals.setdefault(body["data"].get("plan", ""), at)
            self.send_response(204)
            self.end_headers()

        def log_message(self, *_: object) -> None:
            return

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield server.server_address[1], arrivals
    finally:
        server.shutdown()
        server.server_close()


ALL = {"claims": claims, "judging": judging, "latency": latency}
