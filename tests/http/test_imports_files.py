"""Schedules as Primavera P6 and Microsoft Project wrote them: their progress and calendars, file after file."""

import httpx

from tests.domain.shared import shared, shared_json
from tests.http.build import get
from tests.http.imports_build import events, imported, origins

OCTETS = {"Content-Type": "application/octet-stream"}
XML = {"Content-Type": "application/xml"}


def xer(name: str) -> bytes:
    """A Primavera file."""
    return shared(f"oracles/p6/{name}.xer").read_bytes()


def mspdi(name: str) -> bytes:
    """A Microsoft Project file."""
    return shared(f"oracles/mspdi/{name}.xml").read_bytes()


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


async def test_a_calendar_of_somebody_else_that_says_the_same_is_used(client: httpx.AsyncClient) -> None:
    body = mspdi("OzBuild-16-Orig")
    (key,) = (await imported(client, body, XML, plan="oz"))["calendars"]["created"]
    theirs = await get(client, f"/v1/calendars/{key}")
    said = ("name", "time_zone", "weekly", "exceptions", "holidays", "minutes_per_day")
    copy = {"key": "other.Standard", **{name: theirs[name] for name in said}}
    assert (await client.post("/v1/calendars", json=copy)).status_code == 201
    report = await imported(client, body, XML, plan="other")
    assert report["calendars"] == {"created": [], "changed": [], "unchanged": ["other.Standard"]}


async def test_a_calendar_that_was_deleted_comes_back_under_another_key(client: httpx.AsyncClient) -> None:
    await imported(client, mspdi("OzBuild-16-Orig"), XML, plan="oz")
    emptied = {"calendar": "standard", "milestones": [], "dependencies": []}
    assert (await client.put("/v1/plans/oz/document", json=emptied, headers={"If-Match": "*"})).status_code == 200
    assert (await client.delete("/v1/calendars/oz.Standard", headers={"If-Match": "*"})).status_code == 204
    again = await imported(client, mspdi("OzBuild-16-Orig") + b"\n", XML, plan="oz")
    assert again["calendars"]["created"] == ["oz.Standard-2"]
    assert (await get(client, "/v1/plans/oz"))["calendar"] == "oz.Standard-2"
