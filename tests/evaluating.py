"""Having plans evaluated as the loops do, now and at the instants that each evaluation names; and what they found."""

from datetime import datetime
from typing import Any

import httpx
from fastapi import FastAPI
from sqlalchemy.ext.asyncio import AsyncConnection

from app.domain.moments import parse_instant
from app.evaluation.service import evaluate_due
from app.kit.stamps import Stamp
from app.tolerances.service import delete as delete_tolerance
from tests.http.build import Json, event, get, if_match, ok
from tests.http.deviating import service_of

BUILT_IN = (
    *("finish", "activity-finish", "plan-finish", "deadline", "blocked", "start"),
    *("metric-pace", "contingency", "assumption"),
)


async def evaluate(service: FastAPI) -> None:
    """Evaluate every plan that is due, until none is."""
    while await evaluate_due(service.state.database, service.state.clock):
        pass


async def due_at(client: httpx.AsyncClient, plan: str = "p") -> datetime | None:
    """When the plan is due for its next evaluation."""
    found = (await get(client, f"/v1/plans/{plan}/evaluation"))["check_due_at"]
    return None if found is None else parse_instant(found)


async def advance_to_next_check(service: FastAPI, client: httpx.AsyncClient, plan: str = "p") -> datetime:
    """Move the clock on to when the plan is due by itself, and evaluate; answers that instant."""
    at = await due_at(client, plan)
    assert at is not None, "nothing would ever change by itself"
    service.state.clock.now = max(at, service.state.clock.now)
    await evaluate(service)
    return at


async def advance_to(service: FastAPI, client: httpx.AsyncClient, until: datetime, plan: str = "p") -> None:
    """Move the clock on to an instant and evaluate; before it, at every instant at which the plan is due."""
    at = await due_at(client, plan)
    while at is not None and at < until:
        await advance_to_next_check(service, client, plan)
        at = await due_at(client, plan)
    service.state.clock.now = until
    await evaluate(service)


async def deviations(client: httpx.AsyncClient, plan: str = "p", **params: Any) -> list[Json]:
    """The deviations of a plan, oldest first."""
    items: list[Json] = (await get(client, f"/v1/plans/{plan}/deviations", limit=200, **params))["items"]
    return items[::-1]


async def history(client: httpx.AsyncClient, deviation: Json) -> list[Json]:
    """What happened to a deviation, oldest first."""
    items: list[Json] = (await get(client, f"/v1/deviations/{deviation['id']}/transitions", limit=200))["items"]
    return items


async def kinds(client: httpx.AsyncClient, deviation: Json) -> list[str]:
    """The kinds of what happened to a deviation, oldest first."""
    return [each["kind"] for each in await history(client, deviation)]


async def evaluations(client: httpx.AsyncClient, plan: str = "p") -> list[Json]:
    """The log of a plan's evaluations, oldest first."""
    items: list[Json] = (await get(client, f"/v1/plans/{plan}/evaluations", limit=200))["items"]
    return items[::-1]


async def only(client: httpx.AsyncClient, *tolerances: Json) -> None:
    """Have nothing but these tolerances watch the plans: the built-in ones are deleted, all in one transaction."""
    state = service_of(client).state
    caller = await state.gate.principal(client.headers["Authorization"].removeprefix("Bearer "))

    async def delete(tx: AsyncConnection) -> None:
        for key in BUILT_IN:
            await delete_tolerance(tx, caller.workspace_id, key, Stamp(caller.name, state.clock), if_match="*")

    await state.database.write(delete)
    for tolerance in tolerances:
        ok(await client.post("/v1/tolerances", json=tolerance))


async def acknowledge(client: httpx.AsyncClient, deviation: Json, **fields: Any) -> Json:
    """Acknowledge a deviation."""
    said = {"reason": "Known", **fields}
    return ok(await client.post(f"/v1/deviations/{deviation['id']}/acknowledgements", json=said))


async def report(
    client: httpx.AsyncClient, number: int | str, type_: str, at: str, key: str = "a", **data: Any
) -> None:
    """Record an event of a milestone of the plan `p`."""
    told = event(number, key, type=f"milestone.{type_}", occurred_at=at, data=data)
    ok(await client.post("/v1/plans/p/events", json=told))


async def edit(client: httpx.AsyncClient, path: str, **fields: Any) -> None:
    """Change something, whatever it is now."""
    ok(await client.patch(f"/v1/{path}", json=fields, headers=if_match("*")))
