"""Primavera's own files, posted as they are: every date and float is what Primavera stored."""

from pathlib import Path
from typing import Any

import httpx
import pytest

from app.domain.moments import parse_instant, to_minutes
from tests.domain.cpm_build import minute
from tests.domain.shared import shared_json
from tests.domain.test_cpm_p6 import PROJECTS, UNFINISHED, clock_of
from tests.http.events_build import Json, ok

DATES = ("early_start", "early_finish", "late_start", "late_finish")


async def scheduled(client: httpx.AsyncClient, plan: str, **params: str) -> dict[str, Json]:
    """Every item of the schedule by the id that it has in the file."""
    document = await ok(await client.get(f"/v1/plans/{plan}/document"))
    ids = {each["key"]: each["external_id"] for each in document["milestones"]}
    answer = await ok(await client.get(f"/v1/plans/{plan}/schedule", params={"limit": 1000, **params}))
    assert (answer["as_of_source"], answer["next_cursor"]) == ("asked" if params else "status_date", None)
    return {ids[each["milestone"]]: each for each in answer["items"]}


async def imported(client: httpx.AsyncClient, shared_data: Path, name: str) -> Json:
    body = (shared_data / f"oracles/p6/{name}.xer").read_bytes()
    headers = {"Content-Type": "application/octet-stream"}
    return await ok(await client.post("/v1/imports", params={"plan": name}, content=body, headers=headers))


@pytest.mark.parametrize("name", PROJECTS)
async def test_every_unfinished_activity_is_as_primavera_has_it(
    client: httpx.AsyncClient, shared_data: Path, name: str
) -> None:
    project: Any = shared_json(f"oracles/p6/{name}.json")
    report = await imported(client, shared_data, name)
    assert (report["plan"], report["created"]) == (name, True)
    found, clock = await scheduled(client, name), clock_of(project)
    unfinished = [each for each in project["tasks"] if each["status"] != "TK_Complete"]
    assert len(unfinished) == UNFINISHED[name]
    for each in unfinished:
        item, expected = found[each["id"]], each["expected"]
        told = {date: clock.worked(to_minutes(parse_instant(item[date]))) for date in DATES}
        assert told == {date: clock.worked(minute(expected[date])) for date in DATES}, each["id"]
        for float_ in ("total_float", "free_float"):
            assert item[f"{float_}_minutes"] / 60 == pytest.approx(expected[f"{float_}_h"], abs=0.01), each["id"]
        assert item["critical"] is (expected["total_float_h"] <= 0), each["id"]
        assert item["why"], each["id"]


@pytest.mark.parametrize("name", PROJECTS)
async def test_the_same_bytes_again_are_the_same_report_and_nothing_new(
    client: httpx.AsyncClient, shared_data: Path, name: str
) -> None:
    first = await imported(client, shared_data, name)
    assert await imported(client, shared_data, name) == first
    plan = await ok(await client.get(f"/v1/plans/{name}"))
    assert plan["revision"] == first["revision"]
