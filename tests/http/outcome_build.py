"""A plan that is carried out and closed, in short words."""

from typing import Any

import httpx

from tests.http.build import Json, activity, capture, document, event, get, ok, put

METRIC = {
    "key": "adoption",
    "name": "Adoption",
    "baseline_value": 0,
    "target": 100,
    "start_at": "2026-03-01",
    "measure_at": "2026-06-30",
    "grace_minutes": 1440,
}
EURO = "EUR"


async def laid_out(client: httpx.AsyncClient, **fields: Any) -> None:
    """A plan `p` with work, money and a metric that is measured months after the work is done."""
    work = activity("a", "2026-02-02", "2026-02-06", budget={"amount": "1000.00", "currency": EURO})
    await put(client, "p", document(work, **{"calendar": "standard", "metrics": [METRIC], **fields}))
    await capture(client, "p")


async def record(client: httpx.AsyncClient, number: int, type_: str, at: str, **more: Any) -> None:
    told = event(number, type=type_, occurred_at=at, **more)
    if type_.startswith("metric."):
        del told["milestone"]
    ok(await client.post("/v1/plans/p/events", json=told))


async def done(client: httpx.AsyncClient) -> None:
    await record(client, 1, "milestone.started", "2026-02-02")
    await record(client, 2, "milestone.completed", "2026-02-06")
    await record(client, 3, "cost.incurred", "2026-02-06", data={"amount": "900.00", "currency": EURO})


async def closed(client: httpx.AsyncClient, status: str = "completed", **more: Any) -> Json:
    return ok(await client.post("/v1/plans/p/close", json={"status": status, "reason": "Handed over", **more}))


async def versions(client: httpx.AsyncClient) -> list[Json]:
    items: list[Json] = (await get(client, "/v1/plans/p/outcomes"))["items"]
    return items


async def body(client: httpx.AsyncClient, version: int = 1) -> bytes:
    response = await client.get(f"/v1/plans/p/outcomes/{version}")
    ok(response)
    return response.content
