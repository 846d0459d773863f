"""The Python client asks again where it may help and where it is safe, and nowhere else."""

import time
from collections.abc import Awaitable, Callable
from email.utils import formatdate
from typing import Any

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st

from leeway_client import NEVER, Connection, Retries, TooManyRequests, Unavailable
from leeway_client.api import list_plans
from tests.clients.answering import RESET, Answer, answer, answering, cut, problem

PAGE = answer(200, {"items": [], "next_cursor": None})
DONE = answer(200, {})
Ask = Callable[..., Awaitable[httpx.Response]]


async def sync_ask(client: Connection, method: str, **options: Any) -> httpx.Response:
    with client:
        return client.get_httpx_client().request(method, "/v1/plans", **options)


async def async_ask(client: Connection, method: str, **options: Any) -> httpx.Response:
    async with client:
        return await client.get_async_httpx_client().request(method, "/v1/plans", **options)


@pytest.fixture(params=[sync_ask, async_ask], ids=["sync", "async"])
def ask(request: pytest.FixtureRequest) -> Ask:
    """One request, by either of the two."""
    found: Ask = request.param
    return found


@pytest.mark.parametrize("failure", [problem(503), problem(500), problem(408), RESET, cut(DONE, 1)])
async def test_a_read_is_repeated_until_it_succeeds(ask: Ask, failure: Answer) -> None:
    with answering(failure, failure, DONE) as server:
        assert (await ask(server.connect(), "GET")).status_code == 200
        assert len(server.received) == 3


async def test_retry_after_is_waited_for(ask: Ask) -> None:
    with answering(problem(429, Retry_After="1"), DONE) as server:
        began = time.monotonic()
        assert (await ask(server.connect(), "GET")).status_code == 200
        assert time.monotonic() - began >= 1


@pytest.mark.parametrize(("seconds", "told"), [(90, pytest.approx(90, abs=5)), (-90, 0)])
def test_retry_after_may_be_a_date(seconds: float, told: object) -> None:
    date = formatdate(time.time() + seconds, usegmt=True)
    with answering(problem(429, Retry_After=date)) as server, server.connect(NEVER) as client:
        with pytest.raises(TooManyRequests) as refused:
            list_plans.sync(client=client)
        assert refused.value.retry_after == told


@pytest.mark.parametrize("nonsense", ["-1", "1.5", "soon", "", "Fri, 99 Foo 9999999 25:00:00 GMT"])
def test_retry_after_that_says_nothing_is_none(nonsense: str) -> None:
    with answering(problem(429, Retry_After=nonsense)) as server, server.connect(NEVER) as client:
        with pytest.raises(TooManyRequests) as refused:
            list_plans.sync(client=client)
        assert refused.value.retry_after is None


async def test_every_try_of_a_post_has_the_same_idempotency_key(ask: Ask) -> None:
    with answering(RESET, problem(503), DONE) as server:
        assert (await ask(server.connect(), "POST", json={"name": "x"})).status_code == 200
        keys = [request.headers["idempotency-key"] for request in server.received]
        assert len(keys) == 3
        assert len(set(keys)) == 1
        assert {request.body for request in server.received} == {b'{"name":"x"}'}


async def test_two_posts_have_different_keys_and_a_given_one_stays(ask: Ask) -> None:
    with answering(DONE) as server:
        for headers in ({}, {}, {"Idempotency-Key": "mine"}):
            await ask(server.connect(), "POST", json={}, headers=headers)
        first, second, mine = (request.headers["idempotency-key"] for request in server.received)
        assert first != second
        assert mine == "mine"


@pytest.mark.parametrize("method", ["PUT", "PATCH", "DELETE"])
@pytest.mark.parametrize(("headers", "tries"), [({}, 1), ({"If-Match": '"1"'}, 4)])
async def test_an_edit_is_repeated_only_of_a_version(
    ask: Ask, method: str, headers: dict[str, str], tries: int
) -> None:
    with answering(problem(503)) as server:
        assert (await ask(server.connect(), method, headers=headers)).status_code == 503
        assert len(server.received) == tries


async def test_what_was_refused_untouched_is_repeated_whatever_it_is(ask: Ask) -> None:
    with answering(problem(429), DONE) as server:
        assert (await ask(server.connect(), "PATCH")).status_code == 200


@pytest.mark.parametrize("status", [400, 404, 409, 412, 422, 501])
async def test_what_will_not_change_is_not_repeated(ask: Ask, status: int) -> None:
    with answering(problem(status)) as server:
        assert (await ask(server.connect(), "GET")).status_code == status
        assert len(server.received) == 1


async def test_a_body_that_is_read_once_is_sent_once() -> None:
    with answering(problem(429)) as server, server.connect() as client:
        content = iter([b"part one, ", b"part two"])
        assert client.get_httpx_client().post("/v1/imports", content=content).status_code == 429
        assert [request.body for request in server.received] == [b"part one, part two"]


def test_a_wait_beyond_the_whole_time_is_left_to_the_caller() -> None:
    with answering(problem(429, "too-many-requests", Retry_After="3600")) as server, server.connect() as client:
        with pytest.raises(TooManyRequests) as refused:
            list_plans.sync(client=client)
        assert refused.value.retry_after == 3600
        assert len(server.received) == 1


@pytest.mark.parametrize(("retries", "tries"), [(NEVER, 1), (Retries(tries=3, base_seconds=0.001), 3)])
def test_tries_are_bounded(retries: Retries, tries: int) -> None:
    with answering(problem(503)) as server, server.connect(retries) as client:
        with pytest.raises(Unavailable):
            list_plans.sync(client=client)
        assert len(server.received) == tries


def test_time_is_bounded() -> None:
    with answering(problem(503)) as server:
        began = time.monotonic()
        retries = Retries(tries=10_000, total_seconds=0.3, cap_seconds=0.05)
        with server.connect(retries) as client, pytest.raises(Unavailable):
            list_plans.sync(client=client)
        assert len(server.received) > 1
        assert time.monotonic() - began < 5


async def test_where_nobody_listens_even_an_unsafe_request_is_repeated(ask: Ask) -> None:
    with answering(DONE) as server:
        gone = server.connect(Retries(tries=3, base_seconds=0.001))
    began = time.monotonic()
    with pytest.raises(httpx.ConnectError):
        await ask(gone, "PATCH")
    assert time.monotonic() - began < 5


@given(st.builds(Retries, base_seconds=st.floats(0, 10), cap_seconds=st.floats(0, 100)), st.integers(1, 10_000))
def test_waits_double_up_to_the_cap_and_any_part_of_them_is_taken(retries: Retries, attempt: int) -> None:
    longest = min(retries.cap_seconds, retries.base_seconds * 2 ** min(attempt - 1, 60))
    assert 0 <= retries.backoff(attempt) <= longest


def test_the_whole_of_the_wait_is_made_use_of() -> None:
    waits = [Retries(base_seconds=1, cap_seconds=8).backoff(4) for _ in range(1000)]
    assert min(waits) < 1
    assert max(waits) > 7
