"""POST /v1/imports of a table: what it says, and what stays because no column of it could say it."""

import httpx
import pytest

from tests.http import build
from tests.http.build import Json, failure, get, ok
from tests.http.imports_build import events, imported, milestones, post, row, table

COLUMNS = "id,name,start,finish\n"
TWO = f"{COLUMNS}dig,Dig,2026-03-02,2026-03-06\npour,Pour,2026-03-09,2026-03-13\n".encode()
MOVED = f"{COLUMNS}dig,Dig,2026-03-02,2026-03-10\npour,Pour,2026-03-11,2026-03-20\n".encode()


async def change(client: httpx.AsyncClient, key: str, **fields: object) -> None:
    """What somebody does by hand."""
    ok(await client.patch(f"/v1/plans/p/milestones/{key}", json=fields, headers={"If-Match": "*"}))


async def links(client: httpx.AsyncClient) -> set[tuple[str, str]]:
    """The dependencies of the plan."""
    document: Json = await get(client, "/v1/plans/p/document")
    return {(each["predecessor"], each["successor"]) for each in document["dependencies"]}


async def test_what_is_newer_than_the_status_date_is_seen_without_a_new_one(client: httpx.AsyncClient) -> None:
    await imported(client, table(row("dig", "2026-02-09", "2026-02-20"), status_date="2026-02-10"))
    newer = row("dig", "2026-02-09", "2026-02-20", plan="tower", actual_start="2026-02-12", percent_complete="50")
    report = await imported(client, table(newer, status_date=""))
    assert (report["status_date"], report["events"]["recorded"]) == ("2026-02-12", 2)
    (item,) = (await get(client, "/v1/plans/tower/schedule"))["items"]
    assert item["lifecycle"] == "in_progress"


async def test_a_completion_alone_moves_the_status_date_too_but_never_back(client: httpx.AsyncClient) -> None:
    await imported(client, table(row("dig", "2026-02-09", "2026-02-20"), status_date="2026-02-10"))
    for finished, status_date in (("2026-02-12", "2026-02-12"), ("2026-02-09", "2026-02-12")):
        done = row("dig", "2026-02-09", "2026-02-20", actual_finish=finished)
        assert (await imported(client, table(done, status_date="")))["status_date"] == status_date


async def test_what_no_column_can_say_stays(client: httpx.AsyncClient) -> None:
    await imported(client, TWO, plan="p")
    ok(await client.post("/v1/plans/p/milestones", json={"key": "works", "name": "Works", "kind": "phase"}))
    ok(await client.post("/v1/plans/p/dependencies", json=build.dependency("dig", "pour")))
    by_hand = {
        "parent": "works",
        "calendar": "always",
        "constraint": {"type": "SNET", "date": "2026-03-03"},
        "planned_duration_minutes": 960,
        "owner": "Ann",
        "budget": {"amount": "100", "currency": "EUR"},
        "deadline": "2026-04-01",
        "labels": {"crew": "north"},
        "weight": 2.0,
    }
    await change(client, "pour", **by_hand)
    before = (await milestones(client, "p"))["pour"]
    report = await imported(client, MOVED, plan="p")
    after = (await milestones(client, "p"))["pour"]
    assert {name: after[name] for name in by_hand} == {name: before[name] for name in by_hand}
    assert (after["planned_start"], after["planned_finish"]) == ("2026-03-11", "2026-03-20")
    assert await links(client) == {("dig", "pour")}
    assert report["changes"]["dependencies_removed"] == []


async def test_a_column_that_is_there_and_empty_says_none(client: httpx.AsyncClient) -> None:
    whole = b"id,name,start,finish,owner,predecessors\n%s\n%s\n"
    await imported(client, whole % (b"dig,Dig,2026-03-02,2026-03-06,Ann,", b"pour,Pour,,2026-03-13,,dig"), plan="p")
    await imported(client, whole % (b"dig,Dig,2026-03-02,2026-03-06,,", b"pour,Pour,,2026-03-13,,"), plan="p")
    assert {each["owner"] for each in (await milestones(client, "p")).values()} == {None}
    assert await links(client) == set()


async def test_a_phase_stays_one_where_no_column_tells_kinds(client: httpx.AsyncClient) -> None:
    outlined = "id,name,parent,start,finish\nworks,Works,,,\ndig,Dig,works,2026-03-02,2026-03-06\n"
    await imported(client, outlined.encode(), plan="p")
    flat = f"{COLUMNS}works,Works,2026-03-02,2026-03-06\ndig,Dig,2026-03-02,2026-03-06\n"
    await imported(client, flat.encode(), plan="p")
    found = await milestones(client, "p")
    assert (found["works"]["kind"], found["works"]["planned_start"], found["dig"]["parent"]) == (
        "phase",
        None,
        "works",
    )


async def test_what_lay_in_a_phase_that_left_the_file_is_in_none(client: httpx.AsyncClient) -> None:
    outlined = "id,name,parent,start,finish\nworks,Works,,,\ndig,Dig,works,2026-03-02,2026-03-06\n"
    await imported(client, outlined.encode(), plan="p")
    report = await imported(client, f"{COLUMNS}dig,Dig,2026-03-02,2026-03-06\n".encode(), plan="p")
    assert (await milestones(client, "p"))["dig"]["parent"] is None
    assert "parent_left" in {note["code"] for note in report["notes"]}


async def test_an_activity_made_by_hand_of_one_date_stays_one(client: httpx.AsyncClient) -> None:
    body = "id,name,finish\ndig,Dig,{}\n"
    await imported(client, body.format("2026-03-06").encode(), plan="p")
    await change(client, "dig", kind="activity", planned_start="2026-03-04")
    for finish, start in (("2026-03-10", "2026-03-04"), ("2026-03-03", None)):  # a start after it cannot stay
        await imported(client, body.format(finish).encode(), plan="p")
        found = (await milestones(client, "p"))["dig"]
        assert (found["kind"], found["planned_start"], found["planned_finish"]) == ("activity", start, finish)


@pytest.mark.parametrize("kind", ["milestone", "phase"])
async def test_dates_that_a_kind_does_not_have_do_not_stay(client: httpx.AsyncClient, kind: str) -> None:
    await imported(client, b"id,name,start,finish\ndig,Dig,2026-03-02,2026-03-06\n", plan="p")
    await imported(client, f"id,name,kind,finish\ndig,Dig,{kind},2026-03-10\n".encode(), plan="p")
    found = (await milestones(client, "p"))["dig"]
    assert (found["kind"], found["planned_start"]) == (kind, None)


async def test_a_budget_whose_currency_is_not_told_stays(client: httpx.AsyncClient) -> None:
    await imported(client, b"id,name,budget,currency\ndig,Dig,100,EUR\n", plan="p")
    await imported(client, b"id,name,budget\ndig,Dig,200\n", plan="p")
    assert (await milestones(client, "p"))["dig"]["budget"] == {"amount": "100", "currency": "EUR"}


async def test_a_table_without_rows_empties_no_plan(client: httpx.AsyncClient) -> None:
    await imported(client, TWO, plan="p")
    answer = await post(client, COLUMNS.encode(), plan="p")
    assert failure(answer)[0] == 422
    assert [(error["pointer"], error["code"]) for error in answer.json()["errors"]] == [("row 1", "no_rows")]
    assert set(await milestones(client, "p")) == {"dig", "pour"}


async def test_the_midnights_of_a_tracker_are_days(client: httpx.AsyncClient) -> None:
    issue = b"Issue key,Summary,Due Date,Resolved\nDAM-2,Dig,12/May/26 12:00 AM,\nDAM-3,Pour,13/May/26 12:00 AM,\n"
    await imported(client, issue, plan="p", time_zone="Europe/Berlin")
    found = await milestones(client, "p")
    assert [found[key]["planned_finish"] for key in ("DAM-2", "DAM-3")] == ["2026-05-12", "2026-05-13"]


async def test_what_remained_does_not_outlive_a_newer_percent(client: httpx.AsyncClient) -> None:
    dig = row("dig", "2026-02-02", "2026-02-20", duration="15d", actual_start="2026-02-02")
    first = table({**dig, "percent_complete": "40", "remaining_duration": "9d"}, status_date="2026-02-10")
    await imported(client, first)
    await imported(client, table({**dig, "percent_complete": "80"}, status_date="2026-02-16"))
    assert (await events(client))[-1]["data"] == {"percent_complete": 80, "remaining_minutes": 3 * 480}
    (item,) = (await get(client, "/v1/plans/tower/schedule"))["items"]
    assert item["remaining_minutes"] == 3 * 480
