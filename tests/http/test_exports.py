"""A plan as files: the document as JSON and YAML, the schedule as CSV and as Microsoft Project XML."""

import csv
from xml.etree import ElementTree

import httpx
import pytest
import yaml

from tests.http.events_build import activity, capture, event, milestone, ok, phase, post, put_plan
from tests.service import TestClock

AS_OF = "2026-03-04T00:00:00Z"
MSP = "{http://schemas.microsoft.com/project}"


@pytest.fixture
async def plan(client: httpx.AsyncClient, clock: TestClock) -> httpx.AsyncClient:
    clock.advance(days=60)
    half = {"key": "half", "name": "Half days", "minutes_per_day": 240, "time_zone": "UTC"}
    mornings = {day: [{"from": "08:00", "to": "12:00"}] for day in ("monday", "tuesday", "wednesday")}
    await ok(await client.post("/v1/calendars", json={**half, "weekly": mornings}))
    content = [
        phase("p", owner="Ann"),
        activity(
            "a", "2026-03-02", "2026-03-03", parent="p", labels={"team": "=SUM(A1)"}, owner="=cmd|' /C calc'!A0"
        ),
        activity("b", "2026-03-04", "2026-03-10", calendar="half", budget={"amount": "12.50", "currency": "EUR"}),
        milestone("m", "2026-03-12", deadline="2026-03-20", name="Überg\u00e4be, fertig"),
    ]
    links = [{"predecessor": "a", "type": "FS", "successor": "b", "lag_minutes": 60}]
    links += [{"predecessor": "b", "type": "FS", "successor": "m"}]
    await put_plan(client, "plan-1", content, dependencies=links, goal="yes", labels={"on": "off"})
    await capture(client, "plan-1")
    await post(client, "plan-1", event("s", "started", "a", "2026-03-02"))
    return client


async def test_the_document_as_json_and_as_yaml_says_the_same(plan: httpx.AsyncClient) -> None:
    as_json = await plan.get("/v1/plans/plan-1/document")
    as_yaml = await plan.get("/v1/plans/plan-1/document", params={"format": "yaml"})
    assert as_json.headers["content-disposition"] == 'attachment; filename="plan-1.json"'
    assert as_yaml.headers["content-disposition"] == 'attachment; filename="plan-1.yaml"'
    assert as_yaml.headers["content-type"] == "application/yaml"
    assert yaml.safe_load(as_yaml.text) == as_json.json()
    assert as_json.headers["etag"] != as_yaml.headers["etag"]
    again = await plan.get(
        "/v1/plans/plan-1/document", headers={"If-None-Match": as_yaml.headers["etag"]}, params={"format": "yaml"}
    )
    assert again.status_code == 304


async def test_the_schedule_as_a_table(plan: httpx.AsyncClient) -> None:
    answer = await plan.get("/v1/plans/plan-1/schedule.csv", params={"as_of": AS_OF})
    assert answer.headers["content-type"] == "text/csv; charset=utf-8"
    assert answer.headers["content-disposition"] == 'attachment; filename="plan-1.csv"'
    rows = {row["id"]: row for row in csv.DictReader(answer.content.decode("utf-8-sig").splitlines())}
    assert set(rows) == {"p", "a", "b", "m"}
    assert rows["m"]["name"] == "Überg\u00e4be, fertig"
    assert not any(value[:1] in {"=", "+", "@"} for row in rows.values() for value in row.values())
    schedule = await ok(await plan.get("/v1/plans/plan-1/schedule", params={"as_of": AS_OF}))
    for item in schedule["items"]:
        row = rows[item["milestone"]]
        assert row["critical"] == ("yes" if item["critical"] else "no")
        assert row["total_float_minutes"] == str(item["total_float_minutes"])


async def test_the_schedule_as_microsoft_project_reads_it(plan: httpx.AsyncClient) -> None:
    answer = await plan.get("/v1/plans/plan-1/schedule.xml", params={"as_of": AS_OF})
    assert answer.headers["content-type"] == "text/xml; charset=utf-8"
    assert answer.headers["content-disposition"] == 'attachment; filename="plan-1.xml"'
    root = ElementTree.fromstring(answer.content)
    assert root.tag == f"{MSP}Project"
    tasks = {task.findtext(f"{MSP}Name"): task for task in root.iter(f"{MSP}Task")}
    assert {"p", "a", "b"} < set(tasks)
    assert len(list(root.iter(f"{MSP}PredecessorLink"))) == 2
    assert tasks["a"].findtext(f"{MSP}ActualStart") == "2026-03-02T00:00:00"


@pytest.mark.parametrize("path", ["schedule.csv", "schedule.xml"])
async def test_there_is_no_file_of_no_plan(plan: httpx.AsyncClient, path: str) -> None:
    assert (await plan.get(f"/v1/plans/none/{path}")).status_code == 404
    assert (await plan.get(f"/v1/plans/plan-1/{path}", params={"baseline": "7"})).status_code == 404
    whole = await plan.get(f"/v1/plans/plan-1/{path}", params={"as_of": AS_OF, "baseline": "1"})
    assert whole.status_code == 200
