"""The rate limit: what a key may ask at once, when it may ask again, and what answers say of it."""

from typing import Any

import httpx
import pytest
from pydantic import ValidationError

from app.settings import Settings
from tests.http import build
from tests.http.build import failure, serving
from tests.http.events_build import batch
from tests.http.operations import PROTECTED
from tests.service import ADMIN_KEY, MakeClient, MakeKey, TestClock, openapi

pytestmark = pytest.mark.only_on("sqlite")

BURST = 3


@pytest.fixture
def settings(settings: Settings) -> Settings:
    """One request a second, three at once."""
    return settings.model_copy(update={"requests_per_minute": 60, "requests_burst": BURST})


async def ask(client: httpx.AsyncClient, times: int = 1) -> list[int]:
    """The statuses of so many requests, one after the other."""
    return [(await client.get("/v1/limits")).status_code for _ in range(times)]


def told(answer: httpx.Response) -> tuple[str, str]:
    return answer.headers["RateLimit-Policy"], answer.headers["RateLimit"]


async def test_a_key_makes_its_burst_and_then_waits(client: httpx.AsyncClient) -> None:
    assert await ask(client, BURST + 2) == [200, 200, 200, 429, 429]


async def test_requests_come_back_at_the_rate_and_no_more_than_the_burst(
    client: httpx.AsyncClient, clock: TestClock
) -> None:
    await ask(client, BURST)
    clock.advance(seconds=2)
    assert await ask(client, 3) == [200, 200, 429]
    clock.advance(days=1)
    assert await ask(client, BURST + 1) == [200, 200, 200, 429]


async def test_what_is_refused_costs_nothing(client: httpx.AsyncClient, clock: TestClock) -> None:
    await ask(client, 50)
    clock.advance(seconds=1)
    assert await ask(client) == [200]


async def test_the_problem_says_when_to_come_back(client: httpx.AsyncClient, clock: TestClock) -> None:
    await ask(client, BURST)
    clock.advance(seconds=0.25)
    refused = await client.get("/v1/limits")
    assert failure(refused) == (429, "too-many-requests")
    assert refused.headers["Retry-After"] == "1"
    assert told(refused) == ('"default";q=3;w=3', '"default";r=0;t=1')


@pytest.mark.parametrize(
    ("per_minute", "after", "retry_after"),
    [(7, 0, "9"), (7, 0.5, "9"), (7, 0.6, "8"), (7, 8.5, "1"), (1, 0, "60"), (1, 59.999, "1"), (6_000, 0, "1")],
)
async def test_retry_after_is_exact_and_rounded_up(
    settings: Settings, clock: TestClock, per_minute: int, after: float, retry_after: str
) -> None:
    slow = settings.model_copy(update={"requests_per_minute": per_minute, "requests_burst": 1})
    async with serving(slow, clock, ADMIN_KEY) as client:
        assert await ask(client) == [200]
        clock.advance(seconds=after)
        refused = await client.get("/v1/limits")
        assert (refused.status_code, refused.headers["Retry-After"]) == (429, retry_after)
        clock.advance(seconds=int(retry_after))
        assert await ask(client) == [200]


async def test_every_answer_says_what_is_left(client: httpx.AsyncClient, clock: TestClock) -> None:
    await build.put(client, "p", build.document())
    clock.advance(minutes=1)
    etag = (await client.get("/v1/plans/p/document")).headers["ETag"]
    answers = [
        await client.get("/v1/plans/p/document", headers={"If-None-Match": etag}),
        await client.get("/v1/plans/none"),
    ]
    clock.advance(seconds=1)
    answers += [await client.get("/v1/plans?sort=wrong"), await client.get("/v1/limits")]
    assert [answer.status_code for answer in answers] == [304, 404, 422, 429]
    left = ['"default";r=1;t=1', '"default";r=0;t=1', '"default";r=0;t=1', '"default";r=0;t=1']
    assert [told(answer) for answer in answers] == [('"default";q=3;w=3', one) for one in left]


async def test_a_key_does_not_use_up_what_another_has(
    client: httpx.AsyncClient, make_client: MakeClient, make_key: MakeKey
) -> None:
    other = make_client(await make_key("plans:read"))
    assert await ask(client, BURST + 1) == [200, 200, 200, 429]
    assert await ask(other, BURST + 1) == [200, 200, 200, 429]


async def test_a_key_that_may_not_do_it_has_asked_all_the_same(make_client: MakeClient, make_key: MakeKey) -> None:
    narrow = make_client(await make_key("feed:read"))
    assert await ask(narrow, BURST + 1) == [403, 403, 403, 429]


async def test_who_is_unknown_stays_unknown_and_costs_nobody_anything(
    client: httpx.AsyncClient, make_client: MakeClient
) -> None:
    stranger = make_client("lw_unknown")
    assert await ask(stranger, 20) == [401] * 20
    assert "RateLimit" not in (await stranger.get("/v1/limits")).headers
    assert await ask(client) == [200]


@pytest.mark.parametrize("path", ["/livez", "/readyz", "/problems", "/problems/too-many-requests", "/openapi.json"])
async def test_what_needs_no_key_is_not_limited(client: httpx.AsyncClient, path: str) -> None:
    await ask(client, BURST + 1)
    answers = [await client.get(path) for _ in range(5)]
    assert [answer.status_code for answer in answers] == [200] * 5
    assert "RateLimit" not in answers[0].headers


async def test_nothing_is_done_for_a_request_that_is_refused(client: httpx.AsyncClient, clock: TestClock) -> None:
    await ask(client, BURST)
    refused = await client.put("/v1/plans/p/document", json=build.document())
    clock.advance(seconds=1)
    missing = await client.get("/v1/plans/p")
    assert [refused.status_code, missing.status_code] == [429, 404]


async def test_a_batch_is_one_request_however_much_it_holds(client: httpx.AsyncClient, clock: TestClock) -> None:
    await build.put(client, "p", build.document())
    clock.advance(minutes=1)
    answer = await batch(client, [{"plan": "p", **build.event(number)} for number in range(50)])
    assert len(answer["results"]) == 50
    assert await ask(client, BURST) == [200, 200, 429]


async def test_a_stream_is_one_request_however_long_it_lasts(client: httpx.AsyncClient) -> None:
    stream = await client.get("/v1/feed/stream", params={"seconds": 1})
    assert told(stream) == ('"default";q=3;w=3', '"default";r=2;t=1')
    assert await ask(client, BURST) == [200, 200, 429]


async def test_a_replayed_answer_says_what_is_left_now(client: httpx.AsyncClient) -> None:
    once: Any = {"json": {"key": "p", "name": "New"}, "headers": {"Idempotency-Key": "once"}}
    first, second = [await client.post("/v1/plans", **once) for _ in range(2)]
    assert second.headers["Idempotency-Replayed"] == "true"
    assert [told(answer)[1] for answer in (first, second)] == ['"default";r=2;t=1', '"default";r=1;t=1']


async def test_the_limit_is_told(client: httpx.AsyncClient) -> None:
    limits = await build.get(client, "/v1/limits")
    assert (limits["requests_per_minute"], limits["requests_burst"]) == (60, 3)


async def test_there_is_no_limit_by_default(settings: Settings, clock: TestClock) -> None:
    without = settings.model_copy(update={"requests_per_minute": None, "requests_burst": None})
    async with serving(without, clock, ADMIN_KEY) as client:
        assert await ask(client, 50) == [200] * 50
        answer = await client.get("/v1/limits")
        assert (answer.json()["requests_per_minute"], answer.json()["requests_burst"]) == (None, None)
        assert {"ratelimit", "ratelimit-policy"} & answer.headers.keys() == set()


@pytest.mark.parametrize(("per_minute", "burst"), [(600, 100), (60, 10), (6, 10), (1, 10)])
async def test_a_burst_is_a_sixth_of_the_rate_unless_it_is_set(
    settings: Settings, clock: TestClock, per_minute: int, burst: int
) -> None:
    rate_alone = settings.model_copy(update={"requests_per_minute": per_minute, "requests_burst": None})
    async with serving(rate_alone, clock, ADMIN_KEY) as client:
        assert await ask(client, burst + 1) == [200] * burst + [429]


@pytest.mark.parametrize(
    "wrong",
    [{"requests_per_minute": 0}, {"requests_per_minute": 10, "requests_burst": 0}, {"requests_burst": 5}],
    ids=["no rate", "no burst", "a burst of nothing"],
)
def test_a_limit_that_means_nothing_is_refused(wrong: dict[str, int]) -> None:
    with pytest.raises(ValidationError, match="requests_"):
        Settings(**wrong)  # type: ignore[arg-type]


def test_every_operation_with_a_key_declares_it() -> None:
    declared = {
        found["operationId"]
        for operations in openapi()["paths"].values()
        for found in operations.values()
        if "429" in found["responses"]
    }
    assert declared == {operation.id for operation in PROTECTED}
    assert set(openapi()["components"]["responses"]["Problem429"]["headers"]) == {
        "Retry-After",
        "RateLimit",
        "RateLimit-Policy",
    }
