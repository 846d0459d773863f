"""Short ways to say plans, baselines and events over HTTP, and to read what became of them."""

from typing import Any

import httpx

Json = dict[str, Any]


def milestone(key: str, finish: str | None = "2026-03-10", **more: Any) -> Json:
    return {"key": key, "name": key, "planned_finish": finish, **more}


def activity(key: str, start: str | None, finish: str | None, **more: Any) -> Json:
    return {"key": key, "name": key, "kind": "activity", "planned_start": start, "planned_finish": finish, **more}


def phase(key: str, **more: Any) -> Json:
    return {"key": key, "name": key, "kind": "phase", **more}


def event(event_id: str, type_: str, target: str | None = "m", at: str = "2026-03-01T08:00:00Z", **more: Any) -> Json:
    """An event; `type_` without a dot is of a milestone."""
    found: Json = {"id": event_id, "source": "ci", "type": type_ if "." in type_ else f"milestone.{type_}"}
    found |= {"occurred_at": at, **more}
    return found if target is None else {**found, "milestone": target}


def retraction(event_id: str, target: str, at: str = "2026-03-01T08:00:00Z") -> Json:
    return event(event_id, "event.retracted", None, at, data={"event": {"source": "ci", "id": target}})


def correction(event_id: str, target: str, replacement: Json, at: str = "2026-03-01T08:00:00Z") -> Json:
    data = {"event": {"source": "ci", "id": target}, "replacement": replacement}
    return event(event_id, "event.corrected", None, at, data=data)


def instead(type_: str, target: str | None = "m", at: str = "2026-03-01T08:00:00Z", **more: Any) -> Json:
    """The content that a correction puts in place of an event: an event without a name."""
    found = event("", type_, target, at, **more)
    return {name: value for name, value in found.items() if name not in {"id", "source"}}


async def ok(response: httpx.Response) -> Json:
    """The body of an answer that must be a success."""
    assert response.is_success, response.text
    found: Json = response.json()
    return found


async def put_plan(client: httpx.AsyncClient, plan: str, milestones: list[Json], **fields: Any) -> Json:
    """Create the plan, or replace it by another revision."""
    exists = (await client.get(f"/v1/plans/{plan}")).is_success
    headers = {"If-Match": "*"} if exists else {}
    document = {"name": plan, "milestones": milestones, "dependencies": [], **fields}
    return await ok(await client.put(f"/v1/plans/{plan}/document", json=document, headers=headers))


async def capture(client: httpx.AsyncClient, plan: str, name: str = "b", **more: Any) -> Json:
    """Freeze the newest revision."""
    return await ok(await client.post(f"/v1/plans/{plan}/baselines", json={"name": name, "reason": "agreed", **more}))


async def make_plan(client: httpx.AsyncClient, plan: str, milestones: list[Json], **fields: Any) -> None:
    """A plan and its baseline 1."""
    await put_plan(client, plan, milestones, **fields)
    await capture(client, plan)


async def post(client: httpx.AsyncClient, plan: str, *events: Json) -> list[Json]:
    """Record events one by one, each of them new."""
    answers = [await client.post(f"/v1/plans/{plan}/events", json=each) for each in events]
    assert [answer.status_code for answer in answers] == [201] * len(events), [answer.text for answer in answers]
    return [answer.json() for answer in answers]


async def batch(client: httpx.AsyncClient, items: list[Any], **params: Any) -> Json:
    """Record a batch that is answered item by item."""
    response = await client.post("/v1/events/batch", json=items, params=params)
    assert response.status_code == 207, response.text
    found: Json = response.json()
    return found


async def listed(client: httpx.AsyncClient, plan: str) -> list[Json]:
    """All events of a plan, page by page."""
    found: list[Json] = []
    params: dict[str, Any] = {"limit": 200}
    while True:
        page = await ok(await client.get(f"/v1/plans/{plan}/events", params=params))
        found += page["items"]
        if page["next_cursor"] is None:
            return found
        params["cursor"] = page["next_cursor"]


async def variance(client: httpx.AsyncClient, plan: str, **params: Any) -> Json:
    """The variance of a plan."""
    return await ok(await client.get(f"/v1/plans/{plan}/variance", params={"limit": 1000, **params}))


async def item(client: httpx.AsyncClient, plan: str, key: str = "m", **params: Any) -> Json:
    """The variance of one milestone."""
    answer = await ok(await client.get(f"/v1/plans/{plan}/variance/{key}", params=params))
    found: Json = answer["item"]
    return found


def by_key(answer: Json) -> dict[str, Json]:
    """The items of a variance answer by milestone."""
    return {each["milestone"]: each for each in answer["items"]}


def codes(response: httpx.Response) -> list[tuple[str, str]]:
    """Where a problem says something is wrong, and what."""
    return [(error["pointer"], error["code"]) for error in response.json()["errors"]]
