"""Short ways to say success metrics and what they were measured at, and to read the scorecard."""

from typing import Any

import httpx

from tests.http.build import Json, get, ok
from tests.http.events_build import event, post


def metric(key: str = "adoption", **fields: Any) -> Json:
    """Of a hundred days from 1 January 2026, from 0 to 100."""
    span = {"start_at": "2026-01-01T00:00:00Z", "measure_at": "2026-04-11T00:00:00Z"}
    return {"key": key, "name": key.title(), "baseline_value": 0.0, "target": 100.0, **span, **fields}


def measurement(name: str, value: float, at: str, key: str = "adoption") -> Json:
    return event(name, "metric.measured", None, at, data={"metric": key, "value": value})


async def measure(client: httpx.AsyncClient, *measured: tuple[str, float], key: str = "adoption") -> None:
    """Record values by their instants."""
    await post(client, "p", *(measurement(f"{key}/{at}", value, at, key) for at, value in measured))


async def create(client: httpx.AsyncClient, *metrics: Json) -> None:
    """Add metrics to the plan `p`."""
    for each in metrics:
        ok(await client.post("/v1/plans/p/metrics", json=each))


async def scorecard(client: httpx.AsyncClient, **params: Any) -> Json:
    """The scorecard of the plan `p`."""
    return await get(client, "/v1/plans/p/scorecard", **params)


async def reading(client: httpx.AsyncClient, key: str = "adoption", **params: Any) -> Json:
    """What one metric says."""
    found = await scorecard(client, **params)
    item: Json = next(each for each in found["items"] if each["metric"] == key)
    return item


async def remove(client: httpx.AsyncClient, key: str = "adoption") -> None:
    """Take a metric out of the plan `p`."""
    removed = await client.delete(f"/v1/plans/p/metrics/{key}", headers={"If-Match": "*"})
    assert removed.status_code == 204, removed.text
