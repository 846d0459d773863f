"""What the portfolio costs: 10,000 plans rolled up, against selecting and dumping their summaries."""

import asyncio
import json
from collections.abc import Mapping
from datetime import timedelta
from functools import partial
from typing import Any
from uuid import UUID

import httpx
from pydantic import SecretStr
from sqlalchemy import select

from app.evaluation.service import evaluate_due
from app.kit.bulk import as_dict, insert_all
from app.kit.columns import metadata
from app.kit.db import Database
from app.main import create_app
from app.settings import Settings
from benchmarks import servers
from benchmarks.databases import Raw
from benchmarks.deviations import NOW, _plan
from benchmarks.load import TOKEN
from benchmarks.measures import Bench, Row, ask, document, timed

PLANS, OWNERS, AT_ONCE = 10_000, 100, 1000
SUMMARIES = ("SELECT body FROM plan_summaries WHERE workspace_id = $1 AND to_at IS NULL", (1,))


def portfolio(bench: Bench) -> list[Row]:
    """Totals, groups by owner and the first page of 10,000 plans, against selecting and dumping all summaries."""
    url = bench.databases.new("portfolio")
    asyncio.run(_fill(url))
    bench.databases.settle("portfolio")
    ratios, later = [], []
    with servers.leeway(url, bench.folder, run_loops="false") as leeway, Raw(url) as raw:
        bodies = [json.loads(row[0]) for row in raw.fetch(SUMMARIES)[0]]
        assert len(bodies) == PLANS
        with servers.connection(leeway) as connection:
            first = json.loads(ask(connection, "GET", "/v1/portfolio?by=owner"))
            assert (first["totals"]["plans"], len(first["groups"]), len(first["items"])) == (PLANS, OWNERS, 50)
            page = f"/v1/portfolio?by=owner&cursor={first['next_cursor']}"
            for _ in range(bench.rounds + 1):
                base = timed(raw.fetch, SUMMARIES) + timed(json.dumps, bodies)
                ratios.append(timed(ask, connection, "GET", "/v1/portfolio?by=owner") / base)
                later.append(timed(ask, connection, "GET", page) / base)
    return [
        Row("portfolio of 10,000 plans, by owner ÷ select and json.dumps", ratios[1:], at_most=3),
        Row("… a later page of it ÷ the same", later[1:]),
    ]


async def _fill(url: str) -> None:
    """One plan as the service evaluates it, and its rows again and again under other names and owners."""
    row = await _evaluated(url)
    database = Database(url)
    try:
        for first in range(1, PLANS, AT_ONCE):
            numbers = range(first, min(PLANS, first + AT_ONCE))
            await database.write(partial(_copies, row=row, numbers=numbers))
    finally:
        await database.close()


async def _evaluated(url: str) -> dict[str, Any]:
    app = create_app(Settings(database_url=url, bootstrap_key=SecretStr(TOKEN), run_loops=False))
    async with app.router.lifespan_context(app):
        headers, transport = {"Authorization": f"Bearer {TOKEN}"}, httpx.ASGITransport(app)
        async with httpx.AsyncClient(transport=transport, base_url="http://leeway", headers=headers) as client:
            (await client.get("/readyz")).raise_for_status()
            (await client.put("/v1/plans/plan-0/document", json=_content())).raise_for_status()
            baseline = {"name": "first", "reason": "agreed"}
            (await client.post("/v1/plans/plan-0/baselines", json=baseline)).raise_for_status()
        while await evaluate_due(app.state.database, app.state.clock):
            pass
        async with app.state.database.read() as db:
            return as_dict((await db.execute(select(metadata.tables["plan_summaries"]))).one())


def _content() -> dict[str, Any]:
    content = document([f"step-{number}" for number in range(10)])
    for milestone in content["milestones"]:
        milestone["budget"] = {"amount": "1250.50", "currency": "EUR"}
    span = {"start_at": "2026-01-01T00:00:00Z", "measure_at": "2026-04-11T00:00:00Z"}
    metric = {"key": "adoption", "name": "Adoption", "baseline_value": 0.0, "target": 100.0, **span}
    risk = {"key": "r", "name": "R", "probability": 0.5, "impacts": [{"milestone": "step-1", "minutes": 480}]}
    return {**content, "owner": "owner-0", "labels": {"team": "core"}, "metrics": [metric], "risks": [risk]}


async def _copies(tx: Any, row: Mapping[str, Any], numbers: range) -> None:
    at, later = NOW - timedelta(days=30), NOW + timedelta(days=4000)
    plans = [_plan(UUID(int=number + 1), number, at, later) for number in numbers]
    await insert_all(tx, metadata.tables["plans"], plans)
    await insert_all(tx, metadata.tables["plan_summaries"], [_copy(row, number) for number in numbers])


def _copy(row: Mapping[str, Any], number: int) -> dict[str, Any]:
    key, owner = f"plan-{number}", f"owner-{number % OWNERS}"
    body = {**row["body"], "plan": key, "owner": owner}
    named = {"plan_id": UUID(int=number + 1), "key": key, "owner": owner, "rank": row["rank"] + number % 1000}
    return {**row, **named, "percent": float(number % 1001) / 10, "body": body}


ALL = {"portfolio": portfolio}
