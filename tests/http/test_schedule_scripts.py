"""Random scripts of edits: what is remembered of a plan never differs from the whole computed anew."""

from random import Random
from typing import Any

import httpx
import pytest

from app.events import remembered as events
from app.kit.memory import Memory
from app.milestones import remembered as milestones
from tests.http.events_build import Json, activity, milestone, ok, put_plan
from tests.scale import full

AS_OF = "2026-03-02T08:00:00Z"
KEYS = [f"t{number}" for number in range(12)]
TYPES = ("FS", "SS", "FF", "SF")


def change(random: Random) -> Json:
    """A hypothetical edit of one milestone or one dependency; links lead onwards, so that they close no cycle."""
    if random.random() < 0.6:
        patch: Json = {"planned_duration_minutes": random.choice([60, 480, 1440, 4800])}
        if random.random() < 0.3:
            patch["constraint"] = random.choice([None, {"type": "SNET", "date": "2026-03-11"}, {"type": "ALAP"}])
        if random.random() < 0.3:
            patch["calendar"] = random.choice([None, "always", "standard"])
        return {"milestones": {random.choice(KEYS[:-1]): patch}}
    first, last = sorted(random.sample(range(len(KEYS)), 2))
    link = {"predecessor": KEYS[first], "type": random.choice(TYPES), "successor": KEYS[last]}
    return {"dependencies": [{**link, "lag_minutes": random.randrange(-960, 960, 30)}]}


async def apply(client: httpx.AsyncClient, wanted: Json) -> None:
    """The same edit for good."""
    for key, patch in wanted.get("milestones", {}).items():
        path = f"/v1/plans/p/milestones/{key}"
        await ok(await client.patch(path, json=patch, headers={"If-Match": "*"}))
    for link in wanted.get("dependencies", ()):
        added = await client.post("/v1/plans/p/dependencies", json=link)
        if added.status_code == 409:
            path = f"/v1/plans/p/dependencies/{link['predecessor']}/{link['type']}/{link['successor']}"
            lag = {"lag_minutes": link["lag_minutes"]}
            await ok(await client.patch(path, json=lag, headers={"If-Match": "*"}))


async def schedule(client: httpx.AsyncClient) -> Json:
    return await ok(await client.get("/v1/plans/p/schedule", params={"as_of": AS_OF}))


def forget() -> None:
    """As if another process answered."""
    for memory in (*vars(events).values(), *vars(milestones).values()):
        if isinstance(memory, Memory):
            memory._kept.clear()
            memory._cost = 0


@pytest.mark.parametrize("seed", range(full(40, 2)))
async def test_preview_edit_and_a_process_that_remembers_nothing_agree(client: httpx.AsyncClient, seed: int) -> None:
    random = Random(seed)
    tasks: list[Any] = [activity(key, None, None, planned_duration_minutes=480) for key in KEYS[:-1]]
    fields = {"scheduling": "as_soon_as_possible", "calendar": "standard"}
    await put_plan(client, "p", [*tasks, milestone(KEYS[-1], None, deadline="2026-03-20")], **fields)
    for _ in range(10):
        wanted = change(random)
        path = "/v1/plans/p/schedule/preview"
        tried = await ok(await client.post(path, params={"as_of": AS_OF}, json=wanted))
        await apply(client, wanted)
        found = await schedule(client)
        assert (tried["items"], tried["summary"]) == (found["items"], found["summary"]), wanted
        forget()
        assert await schedule(client) == found
