"""How large a plan may be, and that a large one keeps nobody else waiting."""

import asyncio
import json
from time import perf_counter
from typing import Any

import httpx
import pytest

from app.kit.limits import MAX_DEPENDENCIES, MAX_DOCUMENT_BYTES, MAX_MILESTONES
from tests.http import build
from tests.http.build import dependency, document, failure, if_match, milestone, ok, places
from tests.scale import full

URL = "/v1/plans/p/document"


async def test_the_limits_are_published(client: httpx.AsyncClient) -> None:
    limits = await build.get(client, "/v1/limits")
    assert limits["max_milestones_per_plan"] == MAX_MILESTONES == 20_000
    assert limits["max_dependencies_per_plan"] == MAX_DEPENDENCIES == 60_000
    assert limits["max_document_bytes"] == MAX_DOCUMENT_BYTES == 32 * 1024 * 1024


@pytest.mark.parametrize(
    ("part", "item", "most"),
    [("milestones", milestone(), MAX_MILESTONES), ("dependencies", dependency("a", "b"), MAX_DEPENDENCIES)],
)
async def test_one_more_than_a_plan_may_have_is_refused(
    client: httpx.AsyncClient, part: str, item: dict[str, Any], most: int
) -> None:
    body = b'{"name": "Large", "%s": [%s]}' % (part.encode(), b",".join([json.dumps(item).encode()] * (most + 1)))
    answer = await client.put(URL, content=body, headers={"Content-Type": "application/json"})
    assert places(answer) == [(f"/{part}", "too_long")]


@pytest.mark.parametrize("declared", [True, False], ids=["declared", "chunked"])
async def test_a_document_beyond_32_mib_is_refused(client: httpx.AsyncClient, declared: bool) -> None:
    async def chunks() -> Any:
        for _ in range(33):
            yield b" " * 1024 * 1024

    content = b" " * (MAX_DOCUMENT_BYTES + 1) if declared else chunks()
    answer = await client.put(URL, content=content, headers={"Content-Type": "application/json"})
    assert failure(answer) == (413, "payload-too-large")


async def test_a_document_of_just_32_mib_is_read(client: httpx.AsyncClient) -> None:
    body = json.dumps(document()).encode().ljust(MAX_DOCUMENT_BYTES)
    answer = await client.put(URL, content=body, headers={"Content-Type": "application/json"})
    assert answer.status_code == 201


async def test_other_bodies_are_bounded_too(client: httpx.AsyncClient) -> None:
    body = json.dumps({"name": "x", "goal": " " * 1024 * 1024}).encode()
    answer = await client.post("/v1/plans", content=body, headers={"Content-Type": "application/json"})
    assert failure(answer) == (413, "payload-too-large")


async def test_a_large_plan_is_stored_while_the_service_keeps_answering(client: httpx.AsyncClient) -> None:
    count = full(MAX_MILESTONES, least=2_000)
    keys = [f"m{i:05}" for i in range(count)]
    links = [dependency(keys[i], keys[j]) for i in range(count) for j in (i + 1, i + 2, i + 7) if j < count]
    plan = document(*(milestone(key, labels={"n": key}) for key in keys), dependencies=links)
    body = json.dumps(plan).encode()
    waits: list[float] = []
    putting = asyncio.create_task(client.put(URL, content=body, headers={"Content-Type": "application/json"}))
    while not putting.done():
        began = perf_counter()
        assert (await client.get("/livez")).status_code == 200
        waits.append(perf_counter() - began)
        await asyncio.sleep(0.01)
    made = ok(await putting)
    assert len(made["changes"]["milestones_added"]) == count
    assert len(made["changes"]["dependencies_added"]) == len(links)
    assert len(waits) >= 5
    assert max(waits) < 2.0
    page = await build.get(client, "/v1/plans/p/milestones", limit=1)
    assert page["items"][0]["key"] == keys[0]


async def test_a_full_plan_takes_no_milestone_more(client: httpx.AsyncClient) -> None:
    body = document(*({"key": f"m{i}", "name": "x"} for i in range(MAX_MILESTONES)))
    ok(await client.put(URL, json=body))
    more = await client.post("/v1/plans/p/milestones", json=milestone("more"))
    assert [code for _, code in places(more)] == ["too_many"]
    last = await client.delete("/v1/plans/p/milestones/m0", headers=if_match("*"))
    assert last.status_code == 204
    assert (await client.post("/v1/plans/p/milestones", json=milestone("more"))).status_code == 201
