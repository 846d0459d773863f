"""What every kind of parts has in common: five operations, revisions, ETags, documents, baselines, comparisons."""

import httpx
import pytest

from tests.http import build
from tests.http.build import Json, document, failure, if_match, milestone, ok
from tests.http.parts_build import PARTS, Part


@pytest.fixture(params=PARTS)
def kind(request: pytest.FixtureRequest) -> str:
    """The name of a kind of parts."""
    name: str = request.param
    return name


@pytest.fixture
def part(kind: str) -> Part:
    """An example of the kind."""
    return PARTS[kind]


@pytest.fixture
async def url(client: httpx.AsyncClient, kind: str) -> str:
    """Where the parts of a plan with two milestones are, and what they may name in the workspace."""
    await build.put(client, "p", document(milestone("a"), milestone("b")))
    ok(await client.post("/v1/objectives", json=build.objective(key="x")))
    ok(await client.post("/v1/objectives", json=build.objective(key="y")))
    ok(await client.post("/v1/resources", json=build.resource(key="anna")))
    return f"/v1/plans/p/{kind}"


async def create(client: httpx.AsyncClient, url: str, part: Part, key: str = "x") -> Json:
    other = {} if key == "x" else part.another
    return ok(await client.post(url, json={"key": key, **part.body, **other}))


async def test_what_was_created_is_there(client: httpx.AsyncClient, url: str, part: Part) -> None:
    made = await client.post(url, json={"key": "x", **part.body}, params={"reason": "wanted"})
    assert made.status_code == 201
    assert made.headers["Location"] == f"{url}/x"
    told = made.json()
    assert (told["key"], told["revision"]) == ("x", 2)
    assert told | part.body == told
    got = await client.get(f"{url}/x")
    assert (got.json(), got.headers["ETag"]) == (told, made.headers["ETag"])
    assert (await build.get(client, url))["items"] == [told]
    assert (await build.get(client, "/v1/plans/p/revisions/2"))["reason"] == "wanted"


async def test_a_key_is_taken_once(client: httpx.AsyncClient, url: str, part: Part) -> None:
    await create(client, url, part)
    again = await client.post(url, json={"key": "x", **part.body})
    assert again.status_code == 409
    assert again.json()["code"].startswith(part.slug)
    assert (await build.get(client, "/v1/plans/p"))["revision"] == 2


async def test_each_edit_is_a_revision_that_tells_the_fields(
    client: httpx.AsyncClient, url: str, kind: str, part: Part
) -> None:
    before = await create(client, url, part)
    after = ok(await client.patch(f"{url}/x", json=part.patch, headers=if_match('"r2"')))
    assert after == {**before, **part.patch, "revision": 3}
    told = await build.get(client, "/v1/plans/p/revisions/3")
    fields = [{"field": f, "before": before[f], "after": after[f]} for f in part.patch]
    assert told["changes"]["parts_changed"] == [{"part": kind, "key": "x", "fields": fields}]
    assert told["change_counts"]["parts_changed"] == 1


async def test_an_edit_without_a_difference_is_none(client: httpx.AsyncClient, url: str, part: Part) -> None:
    made = await create(client, url, part)
    assert ok(await client.patch(f"{url}/x", json=part.body, headers=if_match("*"))) == made
    assert (await build.get(client, "/v1/plans/p"))["revision"] == 2


async def test_an_edit_names_what_it_edits(client: httpx.AsyncClient, url: str, part: Part) -> None:
    await create(client, url, part)
    assert failure(await client.patch(f"{url}/x", json=part.patch)) == (428, "precondition-required")
    wrong = await client.patch(f"{url}/x", json=part.patch, headers=if_match('"r1"'))
    assert failure(wrong) == (412, "precondition-failed")
    assert failure(await client.delete(f"{url}/x", headers=if_match('"r9"'))) == (412, "precondition-failed")
    assert (await build.get(client, "/v1/plans/p"))["revision"] == 2


async def test_another_edit_of_the_plan_leaves_its_etag(client: httpx.AsyncClient, url: str, part: Part) -> None:
    await create(client, url, part)
    ok(await client.patch("/v1/plans/p", json={"goal": "Ship"}, headers=if_match("*")))
    assert (await client.get(f"{url}/x")).headers["ETag"] == '"r2"'
    unchanged = await client.get(f"{url}/x", headers={"If-None-Match": '"r2"'})
    assert unchanged.status_code == 304


async def test_what_was_deleted_is_gone_and_stays_in_its_revisions(
    client: httpx.AsyncClient, url: str, kind: str, part: Part
) -> None:
    made = await create(client, url, part)
    assert (await client.delete(f"{url}/x", headers=if_match("*"))).status_code == 204
    missing = await client.get(f"{url}/x")
    assert failure(missing) == (404, f"{part.slug}-not-found")
    assert (await build.get(client, url, revision=2))["items"] == [made]
    assert (await build.get(client, "/v1/plans/p/document", revision=2))[kind] != []
    told = await build.get(client, "/v1/plans/p/revisions/3")
    assert told["changes"]["parts_removed"] == [{"part": kind, "key": "x"}]
    assert (await create(client, url, part))["revision"] == 4


async def test_lists_are_paged_at_the_revision_of_the_first_page(
    client: httpx.AsyncClient, url: str, part: Part
) -> None:
    await create(client, url, part, "x")
    await create(client, url, part, "y")
    first = await build.get(client, url, limit=1)
    await client.delete(f"{url}/y", headers=if_match("*"))
    second = await build.get(client, url, limit=1, cursor=first["next_cursor"])
    assert [each["key"] for each in first["items"] + second["items"]] == ["x", "y"]
    assert second["next_cursor"] is None
    assert [each["key"] for each in (await build.get(client, url))["items"]] == ["x"]


async def test_the_document_carries_it(client: httpx.AsyncClient, url: str, kind: str, part: Part) -> None:
    made = await create(client, url, part)
    told = await build.get(client, "/v1/plans/p/document")
    assert told[kind] == [{name: value for name, value in made.items() if name != "revision"}]
    assert (await build.put(client, "p", told, If_Match="*"))["changed"] is False
    copied = await build.put(client, "copy", told)
    assert copied["changes"]["parts_added"] == [{"part": kind, "key": "x"}]
    assert await build.get(client, "/v1/plans/copy/document") == told
    without = {name: value for name, value in told.items() if name != kind}
    assert (await build.put(client, "p", without, If_Match="*"))["changed"] is False
    emptied = await build.put(client, "p", {**told, kind: []}, If_Match="*")
    assert emptied["changes"]["parts_removed"] == [{"part": kind, "key": "x"}]


async def test_what_stands_twice_in_a_document_is_refused(
    client: httpx.AsyncClient, url: str, kind: str, part: Part
) -> None:
    twice = document(milestone("a"), milestone("b")) | {kind: [{"key": "x", **part.body}] * 2}
    refused = await client.put("/v1/plans/q/document", json=twice)
    assert [(error["pointer"], error["code"]) for error in refused.json()["errors"]] == [(f"/{kind}/0", "repeated")]
    assert (await client.get("/v1/plans/q")).status_code == 404


async def test_a_baseline_freezes_it(client: httpx.AsyncClient, url: str, kind: str, part: Part) -> None:
    await create(client, url, part)
    first = await build.capture(client, "p")
    ok(await client.patch(f"{url}/x", json=part.patch, headers=if_match("*")))
    told = await build.get(client, "/v1/plans/p/comparison", **{"from": "baseline:1"})
    assert [each["key"] for each in told["changes"]["parts_changed"]] == ["x"]
    second = await build.capture(client, "p")
    assert first["content_hash"] != second["content_hash"]


async def test_unknown_fields_and_unknown_plans_are_refused(client: httpx.AsyncClient, url: str, part: Part) -> None:
    assert failure(await client.post(url, json={"key": "x", **part.body, "colour": 1}))[0] == 422
    assert failure(await client.post(url.replace("/p/", "/q/"), json={"key": "x", **part.body}))[0] == 404
    assert failure(await client.patch(f"{url}/none", json=part.patch, headers=if_match("*")))[0] == 404


BROKEN = {
    "the milestone that somebody works for becomes a phase": (
        ("PATCH", "milestones/a", {"kind": "phase", "planned_finish": None}),
        ("", "assignments/a/milestone: is a phase, which has no work of its own; assign its children"),
    ),
    "a metric leaves that an assumption names": (
        ("DELETE", "metrics/adoption", None),
        ("", "assumptions/stable/dependents/0/key: adoption is none of the metrics of this plan"),
    ),
    "a document leaves the assumption out": (
        ("PUT", "document", {"name": "A plan", "metrics": []}),
        ("/assumptions", "assumptions/stable/dependents/0/key: adoption is none of the metrics of this plan"),
    ),
}


@pytest.mark.parametrize("case", BROKEN)
async def test_what_an_edit_breaks_in_another_part_is_told_with_its_place(
    client: httpx.AsyncClient, case: str
) -> None:
    (method, path, body), told = BROKEN[case]
    ok(await client.post("/v1/resources", json=build.resource(key="anna")))
    rests = build.assumption(key="stable", dependents=[{"part": "metrics", "key": "adoption"}])
    metrics = [{"key": "adoption", **PARTS["metrics"].body}]
    said = {"assignments": [build.assignment(key="a")], "assumptions": [rests], "metrics": metrics}
    await build.put(client, "p", document(milestone("a"), **said))
    answer = await client.request(method, f"/v1/plans/p/{path}", json=body, headers={"If-Match": "*"})
    assert failure(answer) == (422, "invalid-plan")
    assert [(error["pointer"], error["detail"]) for error in answer.json()["errors"]] == [told]
