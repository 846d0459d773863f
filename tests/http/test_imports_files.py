"""Schedules as Primavera P6 and Microsoft Project wrote them, imported over HTTP."""

import xml.etree.ElementTree as ET
from typing import Any

import httpx
import pytest

from app.domain.calendars import WorkingTime
from app.domain.moments import parse_instant, to_minutes
from tests.domain.cpm_build import minute
from tests.domain.shared import shared, shared_json
from tests.domain.test_cpm_p6 import PROJECTS, UNFINISHED, clock_of
from tests.http.build import Json, get
from tests.http.imports_build import events, imported, milestones, origins

OCTETS = {"Content-Type": "application/octet-stream"}
XML = {"Content-Type": "application/xml"}
MSPDI = ("Homemoveplan", "OzBuild-16-Orig", "Residential-Construction")
DATES = ("early_start", "early_finish", "late_start", "late_finish")


def xer(name: str) -> bytes:
    """A Primavera file."""
    return shared(f"oracles/p6/{name}.xer").read_bytes()


def mspdi(name: str) -> bytes:
    """A Microsoft Project file."""
    return shared(f"oracles/mspdi/{name}.xml").read_bytes()


def differences(item: Json, expected: Any, clock: WorkingTime) -> list[Any]:
    """What differs from Primavera's own: dates in working time, floats by more than a hundredth of an hour."""
    found = [
        (item["milestone"], name, item[name], expected[name])
        for name in DATES
        if clock.worked(to_minutes(parse_instant(item[name]))) != clock.worked(minute(expected[name]))
    ]
    for name in ("total_float", "free_float"):
        if abs(item[f"{name}_minutes"] / 60 - expected[f"{name}_h"]) > 0.01:
            found.append((item["milestone"], name, item[f"{name}_minutes"], expected[f"{name}_h"]))
    return found


@pytest.mark.parametrize("name", PROJECTS)
async def test_a_primavera_schedule_has_the_dates_and_floats_of_primavera(
    client: httpx.AsyncClient, name: str
) -> None:
    report = await imported(client, xer(name), OCTETS, plan="p6")
    project = shared_json(f"oracles/p6/{name}.json")
    expected = {each["id"]: each["expected"] for each in project["tasks"] if each["status"] != "TK_Complete"}
    assert (report["format"], report["counts"]["dependencies"]) == ("xer", len(project["links"]))
    assert report["counts"]["activities"] + report["counts"]["milestones"] == len(project["tasks"])
    ids = {key: each["external_id"] for key, each in (await milestones(client, "p6")).items()}
    items = (await get(client, "/v1/plans/p6/schedule", limit=1_000))["items"]
    unfinished = {ids[item["milestone"]]: item for item in items if ids[item["milestone"]] in expected}
    assert len(unfinished) == len(expected) == UNFINISHED[name]
    clock = clock_of(project)
    assert [wrong for key, item in unfinished.items() for wrong in differences(item, expected[key], clock)] == []
    critical = {key for key, found in expected.items() if found["total_float_h"] <= 0}
    assert {key for key, item in unfinished.items() if item["critical"]} == critical


async def test_progress_of_a_primavera_schedule_is_recorded_once(client: httpx.AsyncClient) -> None:
    report = await imported(client, xer("cairo-alex-road"), OCTETS)
    project = shared_json("oracles/p6/cairo-alex-road.json")
    kinds = [event["type"] for event in await events(client, report["plan"])]
    assert kinds.count("milestone.completed") == sum(each["status"] == "TK_Complete" for each in project["tasks"])
    assert report["events"]["recorded"] == len(kinds)
    again = await imported(client, xer("cairo-alex-road") + b"\r\n", OCTETS)
    assert again["events"] == {"recorded": 0, "known": len(kinds), "retracted": 0}
    assert await origins(client, report["plan"]) == ["import"]


async def test_calendars_are_the_plans_own_and_get_a_version_when_the_file_says_otherwise(
    client: httpx.AsyncClient,
) -> None:
    first = await imported(client, mspdi("OzBuild-16-Orig"), XML, plan="oz")
    (key,) = first["calendars"]["created"]
    assert key == "oz.Standard"
    again = await imported(client, mspdi("OzBuild-16-Orig") + b"\n", XML, plan="oz")
    assert again["calendars"] == {"created": [], "changed": [], "unchanged": [key]}
    shorter = mspdi("OzBuild-16-Orig").replace(b"<ToTime>17:00:00</ToTime>", b"<ToTime>16:00:00</ToTime>")
    changed = await imported(client, shorter, XML, plan="oz")
    assert changed["calendars"]["changed"] == [key]
    assert (await get(client, f"/v1/calendars/{key}"))["version"] == 2
    other = await imported(client, mspdi("OzBuild-16-Orig"), XML, plan="other")
    assert other["calendars"]["created"] == ["other.Standard"]


async def test_a_calendar_of_somebody_else_is_never_changed(client: httpx.AsyncClient) -> None:
    body = mspdi("OzBuild-16-Orig")
    first = await imported(client, body, XML, plan="oz", dry_run=True)
    assert first["calendars"]["created"] == ["oz.Standard"]
    theirs = {"key": "oz.Standard", "name": "Theirs", "weekly": {"monday": [{"from": "08:00", "to": "12:00"}]}}
    assert (await client.post("/v1/calendars", json=theirs)).status_code == 201
    report = await imported(client, body, XML, plan="oz")
    assert report["calendars"]["created"] == ["oz.Standard-2"]
    assert (await get(client, "/v1/plans/oz"))["calendar"] == "oz.Standard-2"
    assert (await get(client, "/v1/calendars/oz.Standard"))["version"] == 1


@pytest.mark.parametrize("name", MSPDI)
async def test_a_microsoft_project_schedule_comes_without_loss(client: httpx.AsyncClient, name: str) -> None:
    space = {"p": "http://schemas.microsoft.com/project"}
    root = ET.fromstring(mspdi(name))
    tasks = [task for task in root.findall("p:Tasks/p:Task", space) if task.findtext("p:UID", None, space) != "0"]
    named = [task for task in tasks if task.findtext("p:IsNull", "0", space) != "1"]
    links = [link for task in named for link in task.findall("p:PredecessorLink", space)]
    report = await imported(client, mspdi(name), XML)
    counts = report["counts"]
    assert counts["phases"] + counts["activities"] + counts["milestones"] == len(named)
    assert counts["dependencies"] == len(links)
    assert (await get(client, f"/v1/plans/{report['plan']}"))["scheduling"] == "as_soon_as_possible"
