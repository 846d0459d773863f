"""Lists of deviations: what chooses them, their order and pages, waiting for an evaluation, and counts."""

import asyncio
from typing import Any

import httpx
import pytest
from fastapi import FastAPI
from sqlalchemy.ext.asyncio import AsyncConnection

from app.evaluation import store as evaluations
from app.kit.wakeups import wake
from tests.http import build
from tests.http.build import Json, failure, places
from tests.http.deviating import BREACHES, Watch, acknowledge, other, watched
from tests.service import TestClock


@pytest.fixture
async def watch(client: httpx.AsyncClient, clock: TestClock) -> Watch:
    """At 9 `a` is late; at 10 `b`, more; at 11 `c` of another plan, which is acknowledged at 12; then `a` is back."""
    first = await watched(client, owner="crew-1", labels={"team": "core"})
    await first.sees(a=2.0)
    clock.advance(hours=1)
    await other(first, owner="crew-2", labels={"team": 'core"x', "Team": "core"}).sees(a=2.0, b=6.0)
    clock.advance(hours=1)
    second = await watched(client, "q", keys="c", tolerance=BREACHES, owner=None)
    await second.sees(c=9.0)
    clock.advance(hours=1)
    await acknowledge(client, await second.only())
    return first


async def chosen(client: httpx.AsyncClient, **params: Any) -> list[str]:
    """The milestones of the deviations that are listed."""
    return [one["milestone"] for one in (await build.get(client, "/v1/deviations", **params))["items"]]


FILTERS: list[tuple[Json, str]] = [
    ({}, "cba"),
    ({"plan": "p"}, "ba"),
    ({"plan": "nothing"}, ""),
    ({"level": "breach"}, "cb"),
    ({"state": "open"}, "ba"),
    ({"state": "acknowledged"}, "c"),
    ({"state": "resolved"}, ""),
    ({"state": "unresolved"}, "cba"),
    ({"state": "unresolved", "plan": "p"}, "ba"),
    ({"measure": "finish_variance"}, "ba"),
    ({"tolerance": "breaches"}, "c"),
    ({"milestone": "b"}, "b"),
    ({"owner": "crew-2"}, "ba"),
    ({"owner": "crew-1"}, ""),
    ({"label": "Team:core"}, "ba"),
    ({"label": "team:core"}, ""),
    ({"label": 'team:core"x'}, "ba"),
    ({"label": "team:"}, ""),
    ({"opened_after": "2026-03-02T09:00:00Z"}, "cb"),
    ({"opened_before": "2026-03-02T11:00:00+01:00"}, "a"),
    ({"changed_after": "2026-03-02T11:00:00Z"}, "c"),
    ({"plan": "p", "level": "breach", "owner": "crew-2"}, "b"),
]


async def test_filters_choose(client: httpx.AsyncClient, watch: Watch, subtests: pytest.Subtests) -> None:
    for params, milestones in FILTERS:
        with subtests.test(params=params):
            assert await chosen(client, **params) == list(milestones)


async def test_a_plans_own_list_takes_the_same_filters(client: httpx.AsyncClient, watch: Watch) -> None:
    assert [one["milestone"] for one in await watch.deviations()] == ["b", "a"]
    assert [one["milestone"] for one in await watch.deviations(level="warning")] == ["a"]
    assert failure(await client.get("/v1/plans/nothing/deviations")) == (404, "plan-not-found")


@pytest.mark.parametrize(
    ("params", "place"),
    [
        ({"level": "bad"}, "?level"),
        ({"state": "over"}, "?state"),
        ({"measure": "x"}, "?measure"),
        ({"label": "team"}, "?label"),
        ({"opened_after": "2026-03-02"}, "?opened_after"),
        ({"wait_seconds": "31"}, "?wait_seconds"),
        ({"min_sequence": "1"}, "?min_sequence"),
        ({"baseline": "1"}, "?baseline"),
    ],
)
async def test_filters_that_mean_nothing_are_refused(client: httpx.AsyncClient, params: Json, place: str) -> None:
    assert [pointer for pointer, _ in places(await client.get("/v1/deviations", params=params))] == [place]


async def test_pages_hold_each_once(client: httpx.AsyncClient) -> None:
    watch = await watched(client, keys="abcde")
    await watch.sees(**dict.fromkeys("abcde", 2.0))
    found: list[str] = []
    page: Json = {"next_cursor": None}
    while not found or page["next_cursor"]:
        more = {"cursor": page["next_cursor"]} if found else {}
        page = await build.get(client, "/v1/plans/p/deviations", limit=2, state="open", **more)
        found += [one["milestone"] for one in page["items"]]
    assert sorted(found) == list("abcde")


async def test_a_cursor_is_good_for_its_own_filters_alone(client: httpx.AsyncClient, watch: Watch) -> None:
    cursor = (await build.get(client, "/v1/deviations", limit=1))["next_cursor"]
    answer = await client.get("/v1/deviations", params={"cursor": cursor, "state": "open"})
    assert places(answer) == [("?cursor", "invalid_cursor")]


async def test_transitions_come_in_pages(client: httpx.AsyncClient, watch: Watch) -> None:
    (found,) = await watch.deviations(milestone="a")
    await acknowledge(client, found)
    path = f"/v1/deviations/{found['id']}/transitions"
    first = await build.get(client, path, limit=1)
    second = await build.get(client, path, limit=1, cursor=first["next_cursor"])
    assert [one["number"] for page in (first, second) for one in page["items"]] == [1, 2]
    assert second["next_cursor"] is None


# Waiting


async def evaluate(service: FastAPI, watch: Watch, sequence: int) -> None:
    """Log an evaluation that has covered the event of this number."""
    now = service.state.clock()
    row: Json = {"evaluated_at": now, "as_of": now, "known_at": now, "sequence": sequence, "revision": 1}
    row |= {"baseline": 1, "is_closed": False, "engine": "test", "tolerances": {}, "calendars": {}, "counting": []}

    async def work(tx: AsyncConnection) -> None:
        watch.number += 1
        head = await watch.head(tx)
        await evaluations.add(tx, head, {**row, "number": watch.number, "transitions": {}, "next_check_at": None})
        await wake(tx, "evaluated")

    await service.state.database.write(work)


PATHS = pytest.mark.parametrize("path", ["/v1/plans/p/deviations", "/v1/deviations?plan=p"])


@PATHS
async def test_a_list_of_a_plan_says_how_far_it_was_evaluated(
    client: httpx.AsyncClient, service: FastAPI, path: str
) -> None:
    watch = await watched(client)
    assert build.ok(await client.get(path))["evaluated_sequence"] == 0
    await evaluate(service, watch, 7)
    assert build.ok(await client.get(path))["evaluated_sequence"] == 7
    assert (await build.get(client, "/v1/deviations"))["evaluated_sequence"] is None


@PATHS
async def test_a_list_waits_for_the_evaluation_of_an_event(
    client: httpx.AsyncClient, service: FastAPI, path: str
) -> None:
    watch = await watched(client)
    url = httpx.URL(path).copy_merge_params({"min_sequence": "3", "wait_seconds": "20"})
    waiting = asyncio.create_task(client.get(url))
    await evaluate(service, watch, 2)
    await asyncio.sleep(0.1)
    assert not waiting.done()
    await evaluate(service, watch, 3)
    async with asyncio.timeout(10):
        assert build.ok(await waiting)["evaluated_sequence"] == 3


async def test_it_is_answered_when_the_time_is_over(client: httpx.AsyncClient) -> None:
    watch = await watched(client)
    await watch.sees(a=6.0)
    page = await build.get(client, "/v1/plans/p/deviations", min_sequence=1, wait_seconds=0.05)
    assert (len(page["items"]), page["evaluated_sequence"]) == (1, 0)


# Counts


async def test_the_summary_counts_what_is_not_over(client: httpx.AsyncClient, watch: Watch) -> None:
    await other(watch, owner="crew-2").sees(a=0.0, b=6.0)
    nothing = {"open": 0, "acknowledged": 0, "warning": 0, "breach": 0}
    assert (await build.get(client, "/v1/deviations/summary"))["items"] == [
        {**nothing, "plan": "p", "owner": "crew-2", "open": 1, "breach": 1},
        {**nothing, "plan": "q", "owner": None, "acknowledged": 1, "breach": 1},
    ]


async def test_the_summary_can_be_narrowed(
    client: httpx.AsyncClient, watch: Watch, subtests: pytest.Subtests
) -> None:
    for params, plans in [({"plan": "q"}, ["q"]), ({"owner": "crew-2"}, ["p"]), ({"plan": "nothing"}, [])]:
        with subtests.test(params=params):
            found = (await build.get(client, "/v1/deviations/summary", **params))["items"]
            assert [one["plan"] for one in found] == plans


async def test_the_summary_comes_in_pages(client: httpx.AsyncClient, watch: Watch) -> None:
    first = await build.get(client, "/v1/deviations/summary", limit=1)
    second = await build.get(client, "/v1/deviations/summary", limit=1, cursor=first["next_cursor"])
    assert [one["plan"] for page in (first, second) for one in page["items"]] == ["p", "q"]
    assert second["next_cursor"] is None
