"""Files that cannot be imported: every place that is wrong in one answer, and nothing is stored."""

import json
from typing import Any
from uuid import UUID

import httpx
import pytest

from app.kit.limits import MAX_DEPENDENCIES, MAX_IMPORT_BYTES, MAX_MILESTONES
from tests.http import build
from tests.http.build import failure, get
from tests.http.imports_build import CSV, FIRST, JSON, events, imported, origins, post, row, table

WORK = ("2026-03-02", "2026-03-06")


def places(answer: httpx.Response) -> list[tuple[str, str]]:
    """Where a file is wrong."""
    assert failure(answer) == (422, "import-refused"), answer.text
    return [(error["pointer"], error["code"]) for error in answer.json()["errors"]]


async def nothing(client: httpx.AsyncClient) -> None:
    """Nothing is stored."""
    assert (await get(client, "/v1/plans"))["items"] == []
    assert (await get(client, "/v1/imports"))["items"] == []
    assert len((await get(client, "/v1/calendars"))["items"]) == 2


async def test_every_problem_of_a_file_has_its_place(client: httpx.AsyncClient) -> None:
    body = table(
        row("a", "2026-03-06", "2026-03-02"),
        row("b", *WORK, calendar="nobodys"),
        row("c", *WORK, actual_start="2026-04-01"),
        row("d", *WORK, predecessors="e"),
        row("e", *WORK, predecessors="d"),
    )
    answer = await post(client, body)
    found = places(answer)
    assert {code for _, code in found} == {"finish_before_start", "unknown_calendar", "too_far_ahead"}
    assert [place.partition(",")[0] for place, _ in found] == ["row 2", "row 3", "row 4"]
    await nothing(client)


async def test_more_than_fifty_problems_are_cut_off(client: httpx.AsyncClient) -> None:
    rows = (row(f"t{n}", *WORK, actual_start="2026-04-01") for n in range(60))
    answer = await post(client, table(*rows))
    assert len(places(answer)) == 50
    assert answer.json()["errors_truncated"] is True


async def test_a_cycle_is_told_whole_at_its_place(client: httpx.AsyncClient) -> None:
    body = table(row("d", *WORK, predecessors="e"), row("e", *WORK, predecessors="d"))
    answer = await post(client, body)
    assert [code for _, code in places(answer)] == ["cycle"]
    assert "d → e → d" in answer.json()["errors"][0]["detail"]


async def test_what_no_reader_understands_is_refused(client: httpx.AsyncClient) -> None:
    for body in (b"", b"\x00\xff" * 100, b"ERMHDR\n%T\tPROJECT\n", b"<Project"):
        answer = await post(client, body, {"Content-Type": "application/octet-stream"})
        assert places(answer)
    await nothing(client)


async def test_a_document_of_our_own_is_told_by_pointers(client: httpx.AsyncClient) -> None:
    content: Any = build.document(build.milestone(weight=-1), build.activity("b", None, "x"), name="House", gaol="?")
    answer = await post(client, json.dumps(content).encode(), JSON)
    assert places(answer) == [
        ("/milestones/0/weight", "greater_than_equal"),
        ("/milestones/1/planned_finish", "value_error"),
        ("/gaol", "extra_forbidden"),
    ]


@pytest.mark.parametrize("body", [b"{}", b'{"name": 5}', b"id,name\n1,a\n"])
async def test_a_file_that_names_no_project_needs_a_plan(client: httpx.AsyncClient, body: bytes) -> None:
    headers = JSON if body.startswith(b"{") else CSV
    assert places(await post(client, body, headers)) == [("?plan", "needed")]


async def test_a_new_plan_needs_a_name(client: httpx.AsyncClient) -> None:
    assert places(await post(client, b'{"goal": "x"}', JSON, plan="new")) == [("/name", "needed")]


async def test_too_many_milestones_are_refused(client: httpx.AsyncClient) -> None:
    content = build.document(*(build.milestone(f"m{n}") for n in range(MAX_MILESTONES + 1)))
    answer = await post(client, json.dumps(content).encode(), JSON)
    assert places(answer) == [("file", "too_many")]
    assert f"{MAX_MILESTONES:,}" in answer.json()["errors"][0]["detail"]


async def test_too_many_dependencies_are_refused(client: httpx.AsyncClient) -> None:
    content = build.document(dependencies=[build.dependency("a", f"b{n}") for n in range(MAX_DEPENDENCIES + 1)])
    answer = await post(client, json.dumps(content).encode(), JSON)
    assert places(answer) == [("file", "too_many")]


async def test_what_people_added_counts_towards_the_limit_of_a_plan(client: httpx.AsyncClient) -> None:
    rows = [build.milestone(f"m{n}") for n in range(MAX_MILESTONES)]
    await build.put(client, "tower", build.document(*rows))
    answer = await post(client, FIRST, plan="tower")
    assert [code for _, code in places(answer)] == ["too_many"]
    assert await origins(client) == ["document"]


async def test_a_file_that_is_too_large_is_refused(client: httpx.AsyncClient) -> None:
    answer = await post(client, b" " * (MAX_IMPORT_BYTES + 1))
    assert failure(answer) == (413, "payload-too-large")


async def test_a_media_type_of_no_schedule_is_refused(client: httpx.AsyncClient) -> None:
    answer = await post(client, FIRST, {"Content-Type": "image/png"})
    assert failure(answer) == (415, "unsupported-media-type")


async def test_a_link_that_people_added_may_close_a_cycle_with_those_of_the_file(client: httpx.AsyncClient) -> None:
    await imported(client, FIRST)
    build.ok(await client.post("/v1/plans/tower/milestones", json=build.milestone("permit")))
    for ends in (("walls", "permit"), ("permit", "topping-out")):
        build.ok(await client.post("/v1/plans/tower/dependencies", json=build.dependency(*ends)))
    turned = table(row("topping out", *WORK), row("walls", *WORK, predecessors="topping out"))
    answer = await post(client, turned)
    assert [code for _, code in places(answer)] == ["cycle"]
    assert places(answer)[0][0].startswith("plan, permit FS")
    assert await origins(client) == ["import", "edit", "edit", "edit"]


async def test_a_refused_update_leaves_the_plan_as_it_was(client: httpx.AsyncClient) -> None:
    await imported(client, FIRST)
    before = (await client.get("/v1/plans/tower/document")).content, await events(client)
    await post(client, table(row("dig", *WORK, actual_start="2026-04-01", actual_finish="2026-03-01")))
    assert ((await client.get("/v1/plans/tower/document")).content, await events(client)) == before


async def test_an_id_that_somebody_else_used_up_is_given_another_suffix(client: httpx.AsyncClient) -> None:
    await build.put(client, "other", build.document())
    taken = {"id": "dig/milestone.started/2026-01-12", "source": "import/tower"}
    build.ok(await client.post("/v1/plans/other/events", json=build.event(**taken)))
    await imported(client, FIRST)
    assert "dig/milestone.started/2026-01-12/2" in {event["id"] for event in await events(client)}


async def test_an_unknown_import_is_not_found(client: httpx.AsyncClient) -> None:
    assert failure(await client.get(f"/v1/imports/{UUID(int=7)}")) == (404, "import-not-found")
    assert (await client.get("/v1/imports/seven")).status_code == 422
