"""The next file of the same schedule: what is new is recorded, what changed is re-planned, what others did stays."""

import asyncio
import itertools
from zoneinfo import available_timezones

import httpx
import pytest

from app.openapi.examples_files import FILES
from tests.http import build
from tests.http.build import failure, get, ok
from tests.http.imports_build import FIRST, SECOND, events, imported, milestones, origins, post, row, table
from tests.service import TestClock


async def test_the_second_month_says_what_changed(client: httpx.AsyncClient) -> None:
    await imported(client, FIRST)
    report = await imported(client, SECOND)
    assert (report["created"], report["revision"], report["status_date"]) == (False, 2, "2026-03-01")
    changes = report["changes"]
    assert (changes["milestones_added"], changes["milestones_removed"]) == (["roof"], ["topping-out"])
    assert {each["key"] for each in changes["milestones_changed"]} == {"pour", "walls"}
    assert [each["successor"] for each in changes["dependencies_removed"]] == ["topping-out"]
    assert {change["field"] for change in changes["plan"]} == {"status_date"}


async def test_only_what_is_new_is_recorded(client: httpx.AsyncClient) -> None:
    await imported(client, FIRST)
    before = len(await events(client))
    report = await imported(client, SECOND)
    assert report["events"] == {"recorded": 4, "known": 2, "retracted": 1}
    new = (await events(client))[before:]
    assert {event["id"] for event in new} == {
        "pour/milestone.started/2026-01-20/retracted",
        "pour/milestone.started/2026-01-21",
        "pour/milestone.completed/2026-02-06",
        "walls/milestone.started/2026-02-09",
        "walls/milestone.progressed/2026-03-01",
    }
    assert report["events"]["recorded"] + report["events"]["retracted"] == len(new)


async def test_the_actual_start_is_the_one_the_newest_file_tells(client: httpx.AsyncClient) -> None:
    await imported(client, FIRST)
    await build.capture(client, "tower")
    await imported(client, SECOND)
    item = (await get(client, "/v1/plans/tower/variance/pour"))["item"]
    assert (item["actual_start"], item["actual_finish"], item["lifecycle"]) == (
        "2026-01-21",
        "2026-02-06",
        "completed",
    )


async def test_what_was_known_before_the_update_is_answered_as_it_was(
    client: httpx.AsyncClient, clock: TestClock
) -> None:
    await imported(client, FIRST)
    await build.capture(client, "tower")
    before = await client.get("/v1/plans/tower/variance")
    clock.advance(hours=1)
    await imported(client, SECOND)
    known = before.json()["known_at"]
    again = await client.get("/v1/plans/tower/variance", params={"known_at": known})
    assert {**again.json(), "as_of_source": "status_date"} == before.json()


async def test_a_file_that_says_nothing_new_makes_no_revision(client: httpx.AsyncClient) -> None:
    await imported(client, FIRST)
    plan = (await client.get("/v1/plans/tower")).content
    report = await imported(client, FIRST + b"\n")
    assert (report["revision"], report["events"]) == (1, {"recorded": 0, "known": 4, "retracted": 0})
    assert (await client.get("/v1/plans/tower")).content == plan


async def test_events_of_what_left_the_plan_stay(client: httpx.AsyncClient) -> None:
    await imported(client, FIRST)
    without = table(row("pour", "2026-01-19", "2026-01-30", actual_start="2026-01-20", percent_complete="40"))
    report = await imported(client, without)
    assert (report["changes"]["milestones_removed"], report["events"]["retracted"]) == (
        ["dig", "topping-out", "walls"],
        0,
    )
    assert any(event["milestone"] == "dig" for event in await events(client))


async def test_what_comes_back_gets_the_key_that_it_had(client: httpx.AsyncClient) -> None:
    await imported(client, table(row("a/1", "2026-03-02", "2026-03-03"), row("a-1", "2026-03-02", "2026-03-03")))
    await imported(client, table(row("a/1", "2026-03-02", "2026-03-03")))
    await imported(client, table(row("a-1", "2026-03-02", "2026-03-04"), row("a/1", "2026-03-02", "2026-03-03")))
    assert {key: each["external_id"] for key, each in (await milestones(client)).items()} == {
        "a-1": "a/1",
        "a-1-2": "a-1",
    }


async def test_nothing_gets_a_key_that_was_anothers(client: httpx.AsyncClient) -> None:
    await imported(client, table(row("a/1", "2026-03-02", "2026-03-03"), row("b", "2026-03-02", "2026-03-03")))
    await imported(client, table(row("b", "2026-03-02", "2026-03-03")))
    await imported(client, table(row("b", "2026-03-02", "2026-03-03"), row("a-1", "2026-03-02", "2026-03-03")))
    assert set(await milestones(client)) == {"a-1-2", "b"}


async def test_what_people_added_stays(client: httpx.AsyncClient) -> None:
    await imported(client, FIRST)
    ok(await client.post("/v1/plans/tower/milestones", json=build.milestone("permit")))
    ok(await client.post("/v1/plans/tower/dependencies", json=build.dependency("permit", "walls")))
    change = {"labels": {"crew": "north"}, "weight": 3.0}
    headers = {"If-Match": "*"}
    ok(await client.patch("/v1/plans/tower/milestones/walls", json=change, headers=headers))
    ok(await client.patch("/v1/plans/tower", json={"goal": "Move in", "labels": {"site": "x"}}, headers=headers))
    await imported(client, SECOND)
    document = await get(client, "/v1/plans/tower/document")
    assert (document["goal"], document["labels"]) == ("Move in", {"site": "x"})
    found = await milestones(client)
    assert (found["walls"]["labels"], found["walls"]["weight"]) == ({"crew": "north"}, 3.0)
    assert "permit" in found
    assert ("permit", "walls") in {(d["predecessor"], d["successor"]) for d in document["dependencies"]}


async def test_a_plain_table_is_read_on_the_calendar_that_the_plan_has(client: httpx.AsyncClient) -> None:
    around_the_clock = {"name": "P", "calendar": "always", "scheduling": "hold_planned_dates"}
    ok(await client.put("/v1/plans/p/document", json=around_the_clock))
    report = await imported(client, b"id,name,duration,predecessors\n1,Dig,2d,\n2,Pour,1d,1\n", plan="p")
    assert (report["notes"], report["changes"]["plan"]) == ([], [])
    found = await milestones(client, "p")
    assert found["1"]["planned_duration_minutes"] == 2 * 1440
    new = await imported(client, b"id,name,duration\n1,Dig,2d\n", plan="new")
    assert [note["code"] for note in new["notes"]] == ["assumed"]


async def test_what_the_file_says_is_overwritten(client: httpx.AsyncClient) -> None:
    await imported(client, FIRST)
    change = {"planned_finish": "2026-05-01", "name": "Other"}
    ok(await client.patch("/v1/plans/tower/milestones/walls", json=change, headers={"If-Match": "*"}))
    await imported(client, SECOND)
    found = (await milestones(client))["walls"]
    assert (found["planned_finish"], found["name"]) == ("2026-03-06", "Task walls")


async def test_an_id_that_is_the_key_of_what_people_added_means_that_one(client: httpx.AsyncClient) -> None:
    await build.put(client, "tower", build.document(build.milestone("walls", labels={"crew": "north"})))
    await imported(client, FIRST, plan="tower")
    found = await milestones(client)
    assert (found["walls"]["external_id"], found["walls"]["kind"]) == ("walls", "activity")
    assert found["walls"]["labels"] == {"crew": "north"}


async def test_an_id_that_only_looks_like_it_means_another_one(client: httpx.AsyncClient) -> None:
    await build.put(client, "tower", build.document(build.milestone("topping-out")))
    await imported(client, FIRST, plan="tower")
    found = await milestones(client)
    assert {key: each["external_id"] for key, each in found.items() if key.startswith("topping")} == {
        "topping-out": None,
        "topping-out-2": "topping out",
    }


async def test_a_plan_that_people_made_is_not_updated_unless_it_is_named(client: httpx.AsyncClient) -> None:
    await build.put(client, "tower", build.document())
    answer = await post(client, FIRST)
    assert failure(answer) == (409, "plan-of-another-project")
    assert "?plan=" in answer.json()["detail"]
    assert (await imported(client, FIRST, plan="tower"))["created"] is False
    assert (await post(client, SECOND)).status_code == 201


async def test_a_plan_of_another_project_is_not_updated_unless_it_is_named(client: httpx.AsyncClient) -> None:
    await imported(client, table(row("a", "2026-03-02", "2026-03-03"), plan="tower one"))
    answer = await post(client, table(row("b", "2026-03-02", "2026-03-03"), plan="tower/one"))
    assert failure(answer) == (409, "plan-of-another-project")


async def test_an_edit_while_a_file_is_read_is_not_undone(client: httpx.AsyncClient) -> None:
    rows = "".join(f"{number},Task {number},2d\n" for number in range(1_000))
    await imported(client, b"id,name,duration\n1,Dig,2d\n", plan="p")
    read = asyncio.create_task(post(client, f"id,name,duration\n{rows}".encode(), plan="p"))
    zones = itertools.cycle(sorted(available_timezones() - {"UTC"}))
    zone = "UTC"
    while not read.done():
        zone = next(zones)
        ok(await client.patch("/v1/plans/p", json={"time_zone": zone}, headers={"If-Match": "*"}))
        await asyncio.sleep(0.01)
    assert failure(read.result()) == (409, "plan-changed-meanwhile")
    assert (await get(client, "/v1/plans/p"))["time_zone"] == zone
    assert len(await milestones(client, "p")) == 1


async def test_two_files_at_once_are_taken_one_after_the_other(client: httpx.AsyncClient) -> None:
    await imported(client, FIRST)
    other = table(row("dig", "2026-01-12", "2026-01-16"), row("garden", "2026-04-01", "2026-04-02"))
    answers = await asyncio.gather(post(client, SECOND), post(client, other))
    assert [answer.status_code for answer in answers] == [201, 201]
    reports = sorted((answer.json() for answer in answers), key=lambda report: report["revision"])
    assert [report["revision"] for report in reports] == [2, 3]
    assert await origins(client) == ["import"] * 3
    assert set(reports[1]["changes"]["milestones_removed"]) >= set(reports[0]["changes"]["milestones_added"])


@pytest.mark.parametrize("media_type", ["text/csv", "application/x-xer"])
async def test_the_same_new_file_several_times_at_once_makes_one_plan(
    client: httpx.AsyncClient, media_type: str
) -> None:
    body = str(FILES[media_type]).encode()
    answers = await asyncio.gather(*(post(client, body, {"Content-Type": media_type}, plan="p") for _ in range(4)))
    assert sorted(answer.status_code for answer in answers) == [200, 200, 200, 201]
    assert len({answer.content for answer in answers}) == 1
    assert await origins(client, "p") == ["import"]
    assert len(await events(client, "p")) == answers[0].json()["events"]["recorded"] == 2


async def test_new_plans_of_files_at_once_with_calendars_of_their_own(client: httpx.AsyncClient) -> None:
    body, headers = str(FILES["application/x-xer"]).encode(), {"Content-Type": "application/x-xer"}
    answers = await asyncio.gather(*(post(client, body, headers, plan=f"p{n}") for n in range(3)))
    assert [answer.json()["calendars"]["created"] for answer in answers] == [[f"p{n}.Five-days"] for n in range(3)]


@pytest.mark.parametrize("order", [(FIRST, SECOND), (SECOND, FIRST)], ids=["in order", "backwards"])
async def test_the_newest_import_says_the_state(client: httpx.AsyncClient, order: tuple[bytes, bytes]) -> None:
    for body in order:
        await imported(client, body)
    await build.capture(client, "tower")
    started = (await get(client, "/v1/plans/tower/variance/walls"))["item"]["actual_start"]
    assert started == ("2026-02-09" if order[1] == SECOND else None)
