"""Idempotency-Key: however often a POST is sent, it is done once."""

import asyncio
from collections import Counter
from collections.abc import Awaitable, Callable
from datetime import timedelta
from typing import Any

import httpx
import pytest
from fastapi import FastAPI

from app.kit.answers import forget_expired
from tests.http import build
from tests.http.build import baseline, calendar, document, event, failure, milestone, places, tolerance
from tests.service import MakeClient, TestClock

Look = Callable[[httpx.AsyncClient], Awaitable[int]]

OPERATIONS: dict[str, tuple[str, Any, Any, str]] = {
    "plan": ("/v1/plans", {"name": "New"}, {"name": "Other"}, "/v1/plans"),
    "baseline": ("/v1/plans/p/baselines", baseline(), baseline(name="Other"), "/v1/plans/p/baselines"),
    "milestone": ("/v1/plans/p/milestones", {"name": "New"}, {"name": "Other"}, "/v1/plans/p/milestones"),
    "dependency": (
        "/v1/plans/p/dependencies",
        build.dependency("a", "b"),
        build.dependency("a", "b", "SS"),
        "/v1/plans/p/dependencies",
    ),
    "decision": ("/v1/plans/p/decisions", {"question": "New?"}, {"question": "Other?"}, "/v1/plans/p/decisions"),
    "scenario": ("/v1/plans/p/scenarios", {"name": "New"}, {"name": "Other"}, "/v1/plans/p/scenarios"),
    "event": ("/v1/plans/p/events", event(), event(2), "/v1/plans/p/events"),
    "batch": (
        "/v1/events/batch",
        [{**event(), "plan": "p"}],
        [{**event(2), "plan": "p"}],
        "/v1/plans/p/events",
    ),
    "calendar": ("/v1/calendars", calendar(), calendar(name="Other"), "/v1/calendars"),
    "tolerance": ("/v1/tolerances", tolerance(), tolerance(name="Other"), "/v1/tolerances"),
    "reason code": (
        "/v1/reason-codes",
        {"key": "late", "name": "Late"},
        {"key": "later", "name": "Later"},
        "/v1/reason-codes",
    ),
}
every_post = pytest.mark.parametrize(
    ("url", "content", "other", "listed"), [pytest.param(*given, id=name) for name, given in OPERATIONS.items()]
)


@pytest.fixture(autouse=True)
async def plan(client: httpx.AsyncClient) -> None:
    """Something to post to."""
    await build.put(client, "p", document(milestone("a"), milestone("b")))


async def post(client: httpx.AsyncClient, url: str, content: Any, key: str = "once") -> httpx.Response:
    return await client.post(url, json=content, headers={"Idempotency-Key": key})


async def count(client: httpx.AsyncClient, listed: str) -> int:
    return len((await build.get(client, listed, limit=200))["items"])


@every_post
class TestEveryPost:
    """What holds for each of them."""

    async def test_a_repeat_gets_the_first_answer_and_does_nothing(
        self, client: httpx.AsyncClient, clock: TestClock, url: str, content: Any, other: Any, listed: str
    ) -> None:
        before = await count(client, listed)
        first = await post(client, url, content)
        clock.advance(hours=1)
        repeat = await post(client, url, content)
        assert first.is_success
        assert "Idempotency-Replayed" not in first.headers
        assert repeat.headers["Idempotency-Replayed"] == "true"
        assert (repeat.status_code, repeat.content) == (first.status_code, first.content)
        for name in ("ETag", "Location", "Content-Type"):
            assert repeat.headers.get(name) == first.headers.get(name)
        assert await count(client, listed) == before + 1

    async def test_the_key_is_good_for_one_body(
        self, client: httpx.AsyncClient, url: str, content: Any, other: Any, listed: str
    ) -> None:
        assert (await post(client, url, content)).is_success
        after = await count(client, listed)
        assert failure(await post(client, url, other)) == (422, "idempotency-key-reused")
        assert await count(client, listed) == after
        assert (await post(client, url, other, "another")).is_success

    async def test_sent_many_times_at_once_it_is_done_once(
        self, client: httpx.AsyncClient, url: str, content: Any, other: Any, listed: str
    ) -> None:
        before = await count(client, listed)
        answers = await asyncio.gather(*(post(client, url, content) for _ in range(12)))
        assert len({(answer.status_code, answer.content) for answer in answers}) == 1
        assert Counter("Idempotency-Replayed" in answer.headers for answer in answers) == {True: 11, False: 1}
        assert await count(client, listed) == before + 1

    async def test_a_key_of_one_workspace_means_nothing_in_another(
        self,
        client: httpx.AsyncClient,
        make_client: MakeClient,
        make_key: Any,
        url: str,
        content: Any,
        other: Any,
        listed: str,
    ) -> None:
        ours = await post(client, url, content)
        stranger = make_client(await make_key("admin", workspace="other"))
        await build.put(stranger, "p", document(milestone("a"), milestone("b"), name="Theirs"))
        before = await count(stranger, listed)
        theirs = await post(stranger, url, content)
        assert theirs.status_code == ours.status_code
        assert "Idempotency-Replayed" not in theirs.headers
        assert await count(stranger, listed) == before + 1


async def test_a_refusal_is_not_kept(client: httpx.AsyncClient) -> None:
    wanted = build.dependency("a", "c")
    assert places(await post(client, "/v1/plans/p/dependencies", wanted)) == [("/successor", "unknown_milestone")]
    assert (await client.post("/v1/plans/p/milestones", json=milestone("c"))).is_success
    assert (await post(client, "/v1/plans/p/dependencies", wanted)).status_code == 201


async def test_the_key_is_good_for_one_path_and_query(client: httpx.AsyncClient) -> None:
    assert (await post(client, "/v1/plans", {"name": "x"})).status_code == 201
    assert (await post(client, "/v1/plans?reason=x", {"name": "x"})).status_code == 201
    assert (await post(client, "/v1/plans/p/milestones", {"name": "x"})).status_code == 201
    assert await count(client, "/v1/plans") == 3


async def test_keys_of_one_workspace_share_what_was_done(
    client: httpx.AsyncClient, make_client: MakeClient, make_key: Any
) -> None:
    first = await post(client, "/v1/plans", {"name": "x"})
    colleague = make_client(await make_key("plans:write"))
    assert (await post(colleague, "/v1/plans", {"name": "x"})).json() == first.json()


async def test_a_repeat_still_needs_the_scope(
    client: httpx.AsyncClient, make_client: MakeClient, make_key: Any
) -> None:
    assert (await post(client, "/v1/plans", {"name": "x"})).is_success
    reader = make_client(await make_key("plans:read"))
    assert failure(await post(reader, "/v1/plans", {"name": "x"})) == (403, "forbidden")


NO_KEYS = ["", "ä".encode(), b"a\tb", "x" * 256]


async def test_what_is_no_key(client: httpx.AsyncClient) -> None:
    for key in NO_KEYS:
        headers: Any = {"Idempotency-Key": key}
        for url, content in (("/v1/plans", {"name": "x"}), ("/v1/plans/p/events", event())):
            answer = await client.post(url, json=content, headers=headers)
            assert places(answer) == [("#header/Idempotency-Key", "invalid")]


async def test_what_was_done_is_forgotten_after_a_day(
    client: httpx.AsyncClient, service: FastAPI, clock: TestClock
) -> None:
    async def forget() -> int:
        dropped: int = await service.state.database.write(lambda tx: forget_expired(tx, clock()))
        return dropped

    first = await post(client, "/v1/plans", {"name": "x"})
    clock.now += timedelta(hours=24)
    assert await forget() == 0
    assert (await post(client, "/v1/plans", {"name": "x"})).json() == first.json()
    clock.now += timedelta(seconds=1)
    assert (await post(client, "/v1/plans", {"name": "x"})).json()["key"] != first.json()["key"]
    assert await forget() == 0  # the second answer took the place of the first
    clock.now += timedelta(hours=24, seconds=1)
    assert await forget() == 1
