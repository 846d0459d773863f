"""POST /v1/imports: a schedule file becomes a plan; its report, again and again."""

import json
from datetime import timedelta
from uuid import UUID

import httpx
import pytest
from fastapi import FastAPI
from sqlalchemy import text

from app.plans.purging import purge_deleted
from tests.http import build
from tests.http.build import Json, failure, get, ok
from tests.http.imports_build import CSV, FIRST, JSON, SECOND, events, imported, milestones, origins, post, row, table
from tests.service import MakeClient, MakeKey, TestClock

SCOPES = ("plans:write", "calendars:write", "events:write")


def codes(report: Json) -> set[str]:
    """What the notes of a report are about."""
    return {note["code"] for note in report["notes"]}


async def test_a_file_becomes_a_plan(client: httpx.AsyncClient) -> None:
    answer = await post(client, FIRST, reason="first update")
    report = answer.json()
    assert (answer.status_code, answer.headers["Location"]) == (201, f"/v1/imports/{report['id']}")
    assert (report["plan"], report["created"], report["dry_run"], report["format"]) == ("tower", True, False, "csv")
    assert (report["revision"], report["status_date"], report["project"]) == (1, "2026-02-01", "tower")
    assert report["counts"] == {
        "phases": 0,
        "activities": 3,
        "milestones": 1,
        "dependencies": 3,
        "calendars": 0,
        "constraints": 0,
        "baselines": 0,
    }
    assert report["changes"]["milestones_added"] == ["dig", "pour", "topping-out", "walls"]
    assert report["events"] == {"recorded": 4, "known": 0, "retracted": 0}
    plan = await get(client, "/v1/plans/tower")
    assert (plan["status"], plan["status_date"]) == ("draft", "2026-02-01")
    revision = await get(client, "/v1/plans/tower/revisions/1")
    assert (revision["origin"], revision["reason"], revision["author"]) == ("import", "first update", "admin")


async def test_ids_of_the_file_become_keys_and_external_ids(client: httpx.AsyncClient) -> None:
    await imported(client, FIRST)
    found = await milestones(client)
    assert found["topping-out"]["external_id"] == "topping out"
    links = (await get(client, "/v1/plans/tower/document"))["dependencies"]
    assert ("walls", "topping-out") in {(link["predecessor"], link["successor"]) for link in links}


async def test_what_has_happened_becomes_events_of_the_plans_own_source(client: httpx.AsyncClient) -> None:
    await imported(client, FIRST)
    found = await events(client)
    assert {event["source"] for event in found} == {"import/tower"}
    assert {event["id"]: event["data"] for event in found} == {
        "dig/milestone.started/2026-01-12": {},
        "dig/milestone.completed/2026-01-19": {},
        "pour/milestone.started/2026-01-20": {},
        "pour/milestone.progressed/2026-02-01": {"percent_complete": 40},
    }


async def test_variance_is_read_as_of_the_data_date_of_the_file(client: httpx.AsyncClient) -> None:
    await imported(client, FIRST)
    await build.capture(client, "tower")
    found = await get(client, "/v1/plans/tower/variance")
    assert (found["as_of"], found["as_of_source"]) == ("2026-02-02T00:00:00Z", "status_date")  # the end of that day
    assert found["summary"]["counts"]["late"] >= 1


async def test_the_report_can_be_read_again(client: httpx.AsyncClient) -> None:
    answer = await post(client, FIRST)
    assert (await client.get(answer.headers["Location"])).content == answer.content


async def test_the_same_bytes_answer_the_first_report_and_do_nothing(
    client: httpx.AsyncClient, clock: TestClock
) -> None:
    first = await post(client, FIRST)
    clock.advance(days=1)
    plan = (await client.get("/v1/plans/tower")).content
    again = await post(client, FIRST, reason="once more")
    assert (again.status_code, again.content) == (200, first.content)
    assert (await client.get("/v1/plans/tower")).content == plan
    named = await post(client, FIRST, plan="tower")
    assert (named.status_code, named.content) == (200, first.content)


async def test_the_same_bytes_do_nothing_after_another_file_either(client: httpx.AsyncClient) -> None:
    first = await post(client, FIRST)
    await imported(client, SECOND)
    again = await post(client, FIRST)
    assert (again.status_code, again.content) == (200, first.content)
    assert "roof" in await milestones(client)


async def test_a_dry_run_of_a_known_file_answers_its_report(client: httpx.AsyncClient) -> None:
    first = await post(client, FIRST)
    assert (await post(client, FIRST, dry_run=True)).content == first.content


async def test_the_same_bytes_read_in_another_zone_are_another_file(client: httpx.AsyncClient) -> None:
    await imported(client, FIRST)
    assert (await post(client, FIRST, time_zone="Asia/Tokyo")).status_code == 201


async def test_the_same_bytes_become_another_plan_under_another_key(client: httpx.AsyncClient) -> None:
    await imported(client, FIRST)
    other = await post(client, FIRST, plan="copy")
    assert (other.status_code, other.json()["plan"], other.json()["created"]) == (201, "copy", True)
    assert {event["source"] for event in await events(client, "copy")} == {"import/copy"}


async def test_a_dry_run_answers_the_report_and_stores_nothing(client: httpx.AsyncClient) -> None:
    answer = await post(client, FIRST, dry_run=True)
    report = answer.json()
    assert (answer.status_code, report["id"], report["dry_run"], report["created"]) == (200, None, True, True)
    assert failure(await client.get("/v1/plans/tower")) == (404, "plan-not-found")
    assert (await get(client, "/v1/imports"))["items"] == []
    real = await imported(client, FIRST)
    assert {**real, "id": None, "dry_run": True} == report


async def test_a_dry_run_of_an_update_leaves_the_plan_as_it_is(client: httpx.AsyncClient) -> None:
    await imported(client, FIRST)
    paths = [f"/v1/plans/tower{path}" for path in ("", "/document", "/events", "/revisions")]
    before = [(await client.get(path)).content for path in paths]
    report = await imported(client, SECOND, dry_run=True)
    assert (report["revision"], report["changes"]["milestones_added"]) == (2, ["roof"])
    assert [(await client.get(path)).content for path in paths] == before


async def test_what_was_recorded_in_a_dry_run_is_forgotten(client: httpx.AsyncClient) -> None:
    await imported(client, FIRST)
    begun = table(row("roof", "2026-03-02", "2026-03-06", actual_start="2026-03-02"))
    assert (await imported(client, begun, dry_run=True))["events"]["recorded"] == 1
    await imported(client, table(row("roof"), row("tiles", "2026-03-02", "2026-03-06", parent="roof")))
    event = build.event(milestone="roof", type="milestone.started")
    assert failure(await client.post("/v1/plans/tower/events", json=event)) == (422, "event-refused")  # a phase now


async def test_a_document_of_our_own_is_put_as_it_is(client: httpx.AsyncClient) -> None:
    body = json.dumps(build.document(name="House", goal="Move in")).encode()
    report = await imported(client, body, JSON)
    assert (report["plan"], report["format"], report["created"]) == ("House", "leeway", True)
    assert await origins(client, "House") == ["import"]
    got = await client.get("/v1/plans/House/document")
    again = await imported(client, got.content, JSON, plan="House")
    assert (again["revision"], again["changes"]["milestones_changed"]) == (1, [])
    part = await imported(client, b'{"goal": "Sell it"}', JSON, plan="House")
    assert [change["field"] for change in part["changes"]["plan"]] == ["goal"]
    assert list(await milestones(client, "House")) == ["a"]


async def test_a_new_plan_has_the_time_zone_that_is_asked_for(client: httpx.AsyncClient) -> None:
    body = table(row("a", "2026-03-02 08:00", "2026-03-03 17:00"))
    await imported(client, body, time_zone="America/New_York")
    assert (await milestones(client))["a"]["planned_start"] == "2026-03-02T13:00:00Z"
    assert (await get(client, "/v1/plans/tower"))["time_zone"] == "America/New_York"


async def test_a_document_of_our_own_has_a_zone_which_counts(client: httpx.AsyncClient) -> None:
    body = json.dumps(build.document(name="House")).encode()
    assert codes(await imported(client, body, JSON, time_zone="Asia/Tokyo")) == {"zone_of_the_plan"}


async def test_a_zone_that_is_none_is_refused(client: httpx.AsyncClient) -> None:
    assert build.places(await post(client, FIRST, time_zone="Mars/Olympus")) == [("?time_zone", "unknown_zone")]


async def test_a_plan_that_exists_has_a_zone_which_counts(client: httpx.AsyncClient) -> None:
    await imported(client, table(row("a", "2026-03-02 08:00", "2026-03-03 17:00")), time_zone="Asia/Tokyo")
    later = table(row("a", "2026-03-02 09:00", "2026-03-03 17:00"))
    assert "zone_of_the_plan" not in codes(await imported(client, later, dry_run=True))
    report = await imported(client, later, time_zone="America/New_York")
    assert (await milestones(client))["a"]["planned_start"] == "2026-03-02T00:00:00Z"
    assert "zone_of_the_plan" in codes(report)


async def test_imports_are_listed_newest_first(client: httpx.AsyncClient) -> None:
    made = [
        await imported(client, FIRST),
        await imported(client, FIRST, plan="copy"),
        await imported(client, SECOND, reason="march"),
    ]
    first = await get(client, "/v1/imports", limit=2)
    second = await get(client, "/v1/imports", limit=2, cursor=first["next_cursor"])
    listed = [*first["items"], *second["items"]]
    assert [item["id"] for item in listed] == [report["id"] for report in reversed(made)]
    assert second["next_cursor"] is None
    assert listed[0] == {name: made[2][name] for name in listed[0]}
    assert (listed[0]["reason"], listed[0]["author"]) == ("march", "admin")
    assert [item["id"] for item in (await get(client, "/v1/imports", plan="copy"))["items"]] == [made[1]["id"]]
    assert (await get(client, "/v1/imports", plan="nobodys"))["items"] == []


async def test_the_imports_of_a_deleted_plan_are_gone(client: httpx.AsyncClient) -> None:
    answer = await post(client, FIRST)
    await client.delete("/v1/plans/tower", headers={"If-Match": "*"})
    assert failure(await client.get(answer.headers["Location"])) == (404, "import-not-found")
    assert (await get(client, "/v1/imports"))["items"] == []
    assert failure(await post(client, FIRST)) == (409, "plan-key-taken")
    assert failure(await post(client, FIRST, dry_run=True)) == (409, "plan-key-taken")


async def test_they_are_purged_with_their_plan(client: httpx.AsyncClient, service: FastAPI, clock: TestClock) -> None:
    await imported(client, FIRST)
    await imported(client, FIRST, plan="stays")
    await client.delete("/v1/plans/tower", headers={"If-Match": "*"})
    assert await purge_deleted(service.state.database, clock() + timedelta(days=31), 30) == 1
    async with service.state.database.read() as db:
        assert (await db.execute(text("SELECT count(*) FROM imports"))).scalar() == 1


@pytest.mark.parametrize("missing", SCOPES)
async def test_an_import_needs_three_scopes(make_client: MakeClient, make_key: MakeKey, missing: str) -> None:
    client = make_client(await make_key(*(scope for scope in SCOPES if scope != missing)))
    answer = await post(client, FIRST)
    assert failure(answer) == (403, "forbidden")
    assert missing in answer.json()["detail"]


async def test_another_workspace_has_imports_and_plans_of_its_own(
    client: httpx.AsyncClient, make_client: MakeClient, make_key: MakeKey
) -> None:
    ours = await post(client, FIRST)
    stranger = make_client(await make_key("admin", workspace="other"))
    unknown = await stranger.get(f"/v1/imports/{UUID(int=0)}", headers={"X-Request-ID": "fixed"})
    theirs = await stranger.get(ours.headers["Location"], headers={"X-Request-ID": "fixed"})
    assert failure(theirs) == (404, "import-not-found")
    assert theirs.content == unknown.content
    assert (await get(stranger, "/v1/imports"))["items"] == []
    assert (await post(stranger, FIRST)).status_code == 201


async def test_an_idempotency_key_answers_the_first_answer(client: httpx.AsyncClient) -> None:
    headers = {**CSV, "Idempotency-Key": "march"}
    first, again = [await post(client, FIRST, headers) for _ in range(2)]
    assert (again.status_code, again.content) == (201, first.content)
    assert again.headers["Idempotency-Replayed"] == "true"
    assert failure(await post(client, SECOND, headers)) == (422, "idempotency-key-reused")


async def test_calendars_of_the_workspace_can_be_named(client: httpx.AsyncClient) -> None:
    ok(await client.post("/v1/calendars", json=build.calendar(key="crane")))
    await imported(client, table(row("a", "2026-03-02", "2026-03-03", calendar="crane")))
    assert (await milestones(client))["a"]["calendar"] == "crane"
