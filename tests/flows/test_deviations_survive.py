"""`kill -9` of evaluators, senders and servers under load: every breach opens once, and reaches everybody once."""

import asyncio
import json
import random
import signal
from collections import defaultdict
from collections.abc import AsyncIterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import httpx
import pytest

from tests.flows.processes import KEY, Process, environment, make_plan, note, started
from tests.receivers import LOOPBACK, Receiver
from tests.receivers import receiver as receiving
from tests.scale import full

SECRETS_KEY = "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA="
LEASE_SECONDS = 30  # so much later somebody else takes up what a process died over
SECONDS = full(120, 10)
PLANS, MILESTONES = full(240, 24), 3
LATE = {"type": "milestone.forecast_changed", "data": {"finish": "2090-01-01"}}


class Cluster:
    """Two servers and four workers, of which any may die at any time and is started again."""

    def __init__(self, folder: Path, database_url: str, stack: ExitStack) -> None:
        self._folder, self._stack = folder, stack
        given = {"webhooks_allow": LOOPBACK, "encryption_key": SECRETS_KEY}
        self._environment = environment(database_url, port=0, bootstrap_key=KEY, run_loops="false", **given)
        self.processes: dict[str, Process] = {}
        self.killed = 0

    def start(self, name: str) -> None:
        command = "serve" if name.startswith("api") else "worker"
        self.processes[name] = self._stack.enter_context(started(self._folder, command, environ=self._environment))

    async def kill(self, name: str) -> None:
        await asyncio.to_thread(self.processes[name].end, signal.SIGKILL)
        self.killed += 1
        await asyncio.to_thread(self.start, name)

    async def kill_some(self, seconds: float) -> None:
        until = asyncio.get_running_loop().time() + seconds
        while asyncio.get_running_loop().time() < until:
            await asyncio.sleep(random.uniform(0.3, 1.2))
            await self.kill(random.choice(list(self.processes)))

    async def ask(self, method: str, path: str, **content: Any) -> httpx.Response:
        """One request, sent to any server, again and again until one of them answers it."""
        while True:
            server = self.processes[random.choice(["api-1", "api-2"])]
            try:
                async with server.client(timeout=10) as client:
                    answer = await client.request(method, path, **content)
                if answer.status_code != 503:
                    assert answer.is_success, answer.text
                    return answer
            except (httpx.TransportError, AssertionError) as error:
                if isinstance(error, AssertionError) and "it ended with" not in str(error):
                    raise
            await asyncio.sleep(0.1)


async def report(cluster: Cluster, plan: str, seconds: float) -> None:
    """Tell of each milestone that it will be late, with some noise in between, over so many seconds."""
    for number in range(1, MILESTONES + 1):
        event = {**note(f"{plan}-{number}"), **LATE, "milestone": f"m{number}"}
        await cluster.ask("POST", f"/v1/plans/{plan}/events", json=event)
        await asyncio.sleep(random.uniform(0, seconds / MILESTONES))
        await cluster.ask("POST", f"/v1/plans/{plan}/events", json=note(f"noise-{plan}-{number}"))


async def pages(cluster: Cluster, stop: asyncio.Event) -> AsyncIterator[list[dict[str, Any]]]:
    """The feed, from its beginning until `stop` is set and nothing is left."""
    cursor: dict[str, str] = {}
    while True:
        is_last = stop.is_set()
        page = (await cluster.ask("GET", "/v1/feed", params={"limit": 200, **cursor})).json()
        yield page["items"]
        cursor = {"cursor": page["next_cursor"]}
        if not page["items"]:
            if is_last:
                return
            await asyncio.sleep(0.2)


async def read_feed(cluster: Cluster, stop: asyncio.Event) -> list[dict[str, Any]]:
    return [item async for page in pages(cluster, stop) for item in page]


async def deviations(cluster: Cluster) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = []
    more: dict[str, str] = {}
    while True:
        params = {"tolerance": "finish", "limit": 200, **more}
        page = (await cluster.ask("GET", "/v1/deviations", params=params)).json()
        found += page["items"]
        if page["next_cursor"] is None:
            return found
        more = {"cursor": page["next_cursor"]}


async def wait_for(cluster: Cluster, receiver: Receiver) -> list[dict[str, Any]]:
    """Until all has been found and sent: a lease and some seconds at most."""
    deadline = asyncio.get_running_loop().time() + LEASE_SECONDS + 20
    while asyncio.get_running_loop().time() < deadline:
        found = await deviations(cluster)
        told = [json.loads(request.body) for request in receiver.received]
        opened = {each["data"]["id"] for each in told if is_opened(each)}
        if len(found) >= PLANS * MILESTONES and opened >= {each["id"] for each in found}:
            break
        await asyncio.sleep(1)
    return await deviations(cluster)


def is_opened(body: dict[str, Any]) -> bool:
    return bool(body["type"] == "deviation.opened")


@pytest.mark.only_on("postgres")
@pytest.mark.timeout(600)
async def test_every_breach_is_found_and_told_once_whatever_dies(database_url: str, tmp_path: Path) -> None:
    plans = [f"plan-{number}" for number in range(PLANS)]
    with ExitStack() as stack:
        async with receiving() as receiver:
            cluster = Cluster(tmp_path, database_url, stack)
            for name in ("api-1", "api-2", "worker-1", "worker-2", "worker-3", "worker-4"):
                cluster.start(name)
            cluster.processes["api-1"].wait_until_ready()
            await cluster.ask("POST", "/v1/webhooks", json={"url": receiver.url})
            async with cluster.processes["api-1"].client() as client:
                for plan in plans:
                    await make_plan(client, plan, MILESTONES)
            over = asyncio.Event()
            reading = asyncio.create_task(read_feed(cluster, over))
            chaos = asyncio.create_task(cluster.kill_some(SECONDS))
            await asyncio.gather(*(report(cluster, plan, SECONDS * 0.8) for plan in plans), chaos)
            found = await wait_for(cluster, receiver)
            over.set()
            read = await reading
            again = await read_feed(cluster, over)
    wanted = {(plan, f"m{number}") for plan in plans for number in range(1, MILESTONES + 1)}
    assert cluster.killed >= SECONDS / 3
    assert {(each["plan"], each["milestone"]) for each in found} == wanted
    assert [each["episode"] for each in found] == [1] * len(wanted)
    assert [item["id"] for item in read] == [item["id"] for item in again]
    assert len({item["id"] for item in read}) == len(read)
    assert_told_once(read, receiver, {each["id"] for each in found})


def assert_told_once(feed: list[dict[str, Any]], receiver: Receiver, found: set[str]) -> None:
    """Every effect has one name; of each plan the receiver heard in the order of the feed, and nothing is lost."""
    opened = [item["data"]["id"] for item in feed if is_opened(item)]
    assert found <= set(opened)
    assert len(opened) == len(set(opened))
    bodies: dict[str, set[bytes]] = defaultdict(set)
    heard: dict[str, list[str]] = defaultdict(list)
    for request in receiver.received:
        name = request.headers["webhook-id"]
        if name not in bodies:
            heard[json.loads(request.body)["plan"]].append(name)
        bodies[name].add(request.body)
    assert all(len(different) == 1 for different in bodies.values())
    for plan, names in heard.items():
        told = [item["id"] for item in feed if item["plan"] == plan]
        assert names == told[: len(names)]
    assert {item["id"] for item in feed if is_opened(item) and item["data"]["id"] in found} <= bodies.keys()
