"""Microsoft Project's own files, posted as they are: each early date is the file's; the way out leads in again."""

import httpx
import pytest

from tests.flows.test_primavera_over_http import scheduled
from tests.formats.test_mspdi_files import FILES, Independent, body
from tests.http.events_build import Json, ok

XML = {"Content-Type": "application/xml"}


async def imported(client: httpx.AsyncClient, plan: str, content: bytes) -> Json:
    return await ok(await client.post("/v1/imports", params={"plan": plan}, content=content, headers=XML))


def start_of(file: Independent) -> str:
    return f"{file.text(file.root, 'StartDate')}Z"


@pytest.mark.parametrize("name", FILES)
async def test_every_early_date_is_that_of_the_file(client: httpx.AsyncClient, name: str) -> None:
    file = Independent(name)
    report = await imported(client, name, body(name))
    assert report["counts"]["dependencies"] == len(file.all("Tasks/Task/PredecessorLink"))
    assert sum(report["counts"][kind] for kind in ("phases", "activities", "milestones")) == len(file.tasks)
    found = await scheduled(client, name, as_of=start_of(file))
    for each in file.leaves:
        item = found[str(file.text(each, "UID"))]
        for date, column in (("early_start", "EarlyStart"), ("early_finish", "EarlyFinish")):
            assert item[date] == f"{file.text(each, column)}Z", (file.text(each, "Name"), date)


@pytest.mark.parametrize("name", FILES)
async def test_what_goes_out_as_xml_comes_in_as_the_same_plan(client: httpx.AsyncClient, name: str) -> None:
    file = Independent(name)
    await imported(client, "first", body(name))
    start = {"as_of": start_of(file)}
    written = await client.get("/v1/plans/first/schedule.xml", params=start)
    await imported(client, "second", written.content)
    one, other = await scheduled(client, "first", **start), await scheduled(client, "second", **start)
    dates = ("early_start", "early_finish", "late_finish", "total_float_minutes", "critical")
    assert {key: [each[d] for d in dates] for key, each in one.items()} == {
        key: [each[d] for d in dates] for key, each in other.items()
    }


async def test_a_file_written_from_a_plan_updates_that_plan(client: httpx.AsyncClient) -> None:
    document = {
        "name": "House",
        "calendar": "standard",
        "scheduling": "as_soon_as_possible",
        "milestones": [
            {"key": "dig", "name": "Dig", "kind": "activity", "planned_duration_minutes": 960},
            {"key": "done", "name": "Done", "planned_finish": "2026-03-04T17:00:00Z"},
        ],
        "dependencies": [{"predecessor": "dig", "type": "FS", "successor": "done"}],
    }
    await ok(await client.put("/v1/plans/house/document", json=document))
    written = await client.get("/v1/plans/house/schedule.xml", params={"as_of": "2026-03-02T08:00:00Z"})
    report = await imported(client, "house", written.content)
    assert (report["created"], report["changes"]["milestones_added"], report["changes"]["milestones_removed"]) == (
        False,
        [],
        [],
    )
