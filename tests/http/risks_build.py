"""Short ways to say risks with what is prepared for them, and to read what they expose a plan to."""

from typing import Any

import httpx

from tests.http.build import Json, document, get, milestone, ok, put

OCCURRED = {"type": "risk_occurred"}


def risk(key: str = "supplier", probability: float = 0.5, **fields: Any) -> Json:
    """A risk that would delay the milestone `a` by two days, with one contingency for when it occurs."""
    return {
        "key": key,
        "name": "The supplier fails",
        "probability": probability,
        "impacts": [{"milestone": "a", "minutes": 2880}],
        "contingencies": [contingency()],
        **fields,
    }


def contingency(key: str = "other", trigger: Json = OCCURRED, **change: Any) -> Json:
    """A contingency; without any change said, it moves the milestone `b`."""
    prepared = change or {"milestones": {"b": {"planned_finish": "2026-04-20"}}}
    return {"key": key, "name": "The other supplier", "trigger": trigger, "change": prepared}


def trigger(measure: str, unit: str = "working_days", **more: Any) -> Json:
    """A trigger on a measure."""
    return {"type": "measure", "measure": measure, "unit": unit, **more}


async def plan_with(client: httpx.AsyncClient, *risks: Json, **fields: Any) -> None:
    """The plan `p` of the milestones `a` and `b`, one after the other, with these risks."""
    milestones = [milestone("a", "2026-03-10"), milestone("b", "2026-03-20")]
    links = [{"predecessor": "a", "type": "FS", "successor": "b"}]
    await put(client, "p", document(*milestones, dependencies=links, risks=list(risks), **fields))


def told(number: int | str, type_: str, at: str = "2026-03-02T08:00:00Z", **data: Any) -> Json:
    """An event, of the risk `supplier` unless its data say another; or one that takes another back."""
    said = data if type_.startswith("event.") else {"risk": "supplier", **data}
    return {"id": f"run-{number}", "source": "tests", "type": type_, "occurred_at": at, "data": said}


async def report(client: httpx.AsyncClient, *events: Json) -> None:
    """Record events of the plan `p`."""
    for each in events:
        ok(await client.post("/v1/plans/p/events", json=each))


async def exposure(client: httpx.AsyncClient, **params: Any) -> Json:
    """The exposure of the plan `p`."""
    return await get(client, "/v1/plans/p/exposure", **params)


async def one(client: httpx.AsyncClient, key: str = "supplier", **params: Any) -> Json:
    """What the exposure says of one risk."""
    found: Json = next(each for each in (await exposure(client, **params))["items"] if each["risk"] == key)
    return found


async def state(client: httpx.AsyncClient, key: str = "supplier", **params: Any) -> Json:
    """The first contingency of a risk, as the exposure has it."""
    found: Json = (await one(client, key, **params))["contingencies"][0]
    return found


def activation(number: int | str = 1, **fields: Any) -> Json:
    """That a contingency is activated."""
    said = {"id": f"act-{number}", "source": "tests", "occurred_at": "2026-03-02T08:30:00Z", "actor": "ann"}
    return {**said, "reason": "The supplier is bankrupt", **fields}


def activations(key: str = "supplier", contingency: str = "other", plan: str = "p") -> str:
    """Where a contingency is activated."""
    return f"/v1/plans/{plan}/risks/{key}/contingencies/{contingency}/activations"
