"""Variances that Microsoft Project itself stored, reproduced to the minute over HTTP."""

import json
from pathlib import Path

import httpx
import pytest

from tests.http.events_build import (
    Json,
    activity,
    by_key,
    capture,
    event,
    milestone,
    post,
    put_plan,
    variance,
)

MEASURES = ("start_variance", "finish_variance", "duration_variance")


def utc(local: str | None) -> str | None:
    return None if local is None else f"{local}:00Z" if len(local) == 16 else f"{local}Z"


def cases(shared_data: Path) -> list[Json]:
    found = [json.loads(path.read_text("utf-8")) for path in (shared_data / "oracles/cases").glob("variance-*.json")]
    assert found
    return found


async def replanned(client: httpx.AsyncClient, plan: str, before: list[Json], after: list[Json]) -> None:
    await put_plan(client, plan, before, calendar="standard")
    await capture(client, plan)
    await put_plan(client, plan, after, calendar="standard")


async def test_the_published_worked_examples(client: httpx.AsyncClient, shared_data: Path) -> None:
    checked = 0
    for case in cases(shared_data):
        plan, tasks = case["id"], case["inputs"]["tasks"]
        assert case["inputs"]["calendar"]["week"].startswith("Mon-Fri 08:00-12:00 13:00-17:00")
        before = [activity(t["id"], utc(t["baseline_start"]), utc(t["baseline_finish"])) for t in tasks]
        after = [activity(t["id"], utc(t["start"]), utc(t["finish"])) for t in tasks]
        await replanned(client, plan, before, after)
        for task in tasks:
            for kind, at in (("started", utc(task["actual_start"])), ("completed", utc(task["actual_finish"]))):
                if at is not None:
                    await post(client, plan, event(f"{plan}/{task['id']}/{kind}", kind, task["id"], at))
        # At this status date no task is overdue: Project never moves work that has not started.
        found = by_key(await variance(client, plan, as_of="2006-09-06T08:00:00Z"))
        for key, expected in case["expected"]["tasks"].items():
            for name in MEASURES:
                measured = found[key][name]
                hours = expected[f"{name}_h"]
                assert (measured["working_minutes"], measured["working_days"]) == (hours * 60, hours / 8), (key, name)
                checked += 1
    assert checked == 18


@pytest.fixture
def vectors(shared_data: Path) -> list[Json]:
    rows = json.loads((shared_data / "oracles/mspdi/msp_variance_vectors.json").read_text("utf-8"))
    return [row for row in rows if row["match"]]


async def test_the_stored_tenths_of_minutes(client: httpx.AsyncClient, vectors: list[Json]) -> None:
    assert len(vectors) == 23
    before: list[Json] = []
    after: list[Json] = []
    events: list[Json] = []
    for number, row in enumerate(vectors):
        key, is_start = f"r{number}", row["field"] == "StartVariance"
        for dates, side in ((before, "baseline"), (after, "current")):
            at = utc(row[side])
            dates.append(activity(key, at, None) if is_start else milestone(key, at))
        events.append(event(key, "started" if is_start else "completed", key, str(utc(row["current"]))))
    await replanned(client, "p", before, after)
    for basis, as_of in (("projected", "2000-01-01"), ("actual", "2026-01-01")):
        found = by_key(await variance(client, "p", as_of=as_of))
        for number, row in enumerate(vectors):
            name = "start_variance" if row["field"] == "StartVariance" else "finish_variance"
            measured = found[f"r{number}"][name]
            assert (measured["working_minutes"] * 10, measured["basis"]) == (row["expected_tenths_min"], basis), row
        if basis == "projected":
            await post(client, "p", *events)
