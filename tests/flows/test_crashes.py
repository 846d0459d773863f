"""`kill -9` in the middle of ingest: what was acknowledged is there, nothing is there twice."""

import asyncio
import random
import signal
from itertools import count
from pathlib import Path
from typing import Any

import httpx
import pytest

from tests.flows.processes import Process, all_events, assert_gapless, make_plan, note, serving
from tests.scale import full

PLANS = ("north", "south", "west")


class Ingest:
    """Clients that send events until their server is gone, and remember what was acknowledged."""

    def __init__(self) -> None:
        self.numbers = count(1)
        self.sent: dict[str, dict[str, Any]] = {}
        self.acknowledged: set[str] = set()

    def _event(self, plan: str) -> dict[str, Any]:
        event = note(next(self.numbers), plan=plan)
        self.sent[event["id"]] = event
        return event

    async def singles(self, client: httpx.AsyncClient) -> None:
        while True:
            event = self._event(random.choice(PLANS))
            body = {name: value for name, value in event.items() if name != "plan"}
            answer = await client.post(f"/v1/plans/{event['plan']}/events", json=body)
            assert answer.status_code == 201, answer.text
            self.acknowledged.add(event["id"])

    async def batches(self, client: httpx.AsyncClient) -> None:
        while True:
            events = [self._event(random.choice(PLANS)) for _ in range(20)]
            answer = await client.post("/v1/events/batch", json=events)
            assert answer.json()["accepted"] == 20, answer.text
            self.acknowledged |= {event["id"] for event in events}

    async def run_until_killed(self, server: Process) -> None:
        before = len(self.acknowledged)
        async with server.client() as client:
            senders = [self.singles(client) for _ in range(4)] + [self.batches(client) for _ in range(2)]
            tasks = [asyncio.create_task(sender) for sender in senders]
            while len(self.acknowledged) < before + 100:
                await asyncio.sleep(0.01)
                assert not any(task.done() for task in tasks), await asyncio.gather(*tasks)
            await asyncio.sleep(random.uniform(0, 0.3))
            server.end(signal.SIGKILL)
            ended = await asyncio.gather(*tasks, return_exceptions=True)
        assert all(isinstance(error, httpx.TransportError) for error in ended), ended


async def _recorded(client: httpx.AsyncClient) -> set[str]:
    found: list[dict[str, Any]] = []
    for plan in PLANS:
        events = await all_events(client, plan)
        assert_gapless(events)
        found += events
    names = [event["id"] for event in found]
    assert len(set(names)) == len(names)
    return set(names)


@pytest.mark.timeout(600)
async def test_acknowledged_events_survive_kill_9_and_none_is_there_twice(database_url: str, tmp_path: Path) -> None:
    ingest = Ingest()
    for turn in range(full(10, least=2)):
        with serving(tmp_path, database_url) as server:
            async with server.client() as client:
                if turn == 0:
                    for plan in PLANS:
                        await make_plan(client, plan)
                assert ingest.acknowledged <= await _recorded(client)
            await ingest.run_until_killed(server)
    with serving(tmp_path, database_url) as server:
        async with server.client() as client:
            recorded = await _recorded(client)
            assert ingest.acknowledged <= recorded <= ingest.sent.keys()
            again = (await client.post("/v1/events/batch", json=list(ingest.sent.values()))).json()
            assert (again["duplicates"], again["accepted"]) == (len(recorded), len(ingest.sent) - len(recorded))
            assert await _recorded(client) == ingest.sent.keys()
