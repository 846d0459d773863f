"""Baselines: tags on revisions, numbered, reasoned and immutable."""

from typing import Any

import httpx
import pytest

from tests.http import build
from tests.http.build import baseline, dependency, document, failure, if_match, milestone, ok, places
from tests.service import TestClock

URL = "/v1/plans/p/baselines"


@pytest.fixture(autouse=True)
async def plan(client: httpx.AsyncClient) -> None:
    """A plan of two revisions."""
    await build.put(client, "p", document(milestone("a"), milestone("b"), dependencies=[dependency("a", "b")]))
    await build.put(client, "p", document(milestone("a", "2026-04-01"), milestone("b")), If_Match="*")


async def test_a_baseline_tags_the_newest_revision_and_activates_the_plan(client: httpx.AsyncClient) -> None:
    made = await client.post(URL, json=baseline(approved_by="board"))
    assert (made.status_code, made.headers["Location"]) == (201, f"{URL}/1")
    content = made.json()
    assert content.pop("content_hash").startswith("sha256:")
    assert content.pop("captured_at").startswith("2026-03-02T09:00:00")
    assert content == {
        "number": 1,
        "name": "Agreed",
        "reason": "signed off",
        "approved_by": "board",
        "supplementary": False,
        "revision": 2,
        "author": "admin",
        "decision": None,
    }
    assert await build.get(client, f"{URL}/1") == made.json()
    found = await build.get(client, "/v1/plans/p")
    assert (found["status"], found["current_baseline"], found["revision"]) == ("active", 1, 2)


async def test_only_a_draft_is_activated(client: httpx.AsyncClient) -> None:
    await client.patch("/v1/plans/p", json={"status": "on_hold"}, headers=if_match("*"))
    await build.capture(client, "p")
    assert (await build.get(client, "/v1/plans/p"))["status"] == "on_hold"


async def test_an_older_revision_can_be_tagged_later(client: httpx.AsyncClient) -> None:
    assert (await build.capture(client, "p", revision=1))["revision"] == 1
    assert failure(await client.post(URL, json=baseline(revision=3))) == (404, "revision-not-found")
    assert (await build.get(client, URL))["next_cursor"] is None


async def test_original_is_the_first_and_current_the_newest_that_is_not_supplementary(
    client: httpx.AsyncClient,
) -> None:
    for name in ("original", "current"):
        assert failure(await client.get(f"{URL}/{name}")) == (404, "baseline-not-found")
    numbers = []
    for supplementary in (False, True, False, True):
        await build.capture(client, "p", supplementary=supplementary)
        current = await client.get(f"{URL}/current")
        original = await build.get(client, f"{URL}/original")
        numbers.append((original["number"], current.json().get("number")))
    assert numbers == [(1, 1), (1, 1), (1, 3), (1, 3)]
    assert (await build.get(client, "/v1/plans/p"))["current_baseline"] == 3


async def test_the_first_cannot_be_supplementary(client: httpx.AsyncClient) -> None:
    refused = await client.post(URL, json={"name": "b", "reason": "r", "supplementary": True})
    assert (refused.status_code, refused.json()["errors"][0]["pointer"]) == (422, "/supplementary")
    assert (await build.get(client, "/v1/plans/p"))["status"] == "draft"


async def test_they_are_listed_by_number_in_pages(client: httpx.AsyncClient) -> None:
    for number in range(5):
        await build.capture(client, "p", name=f"Baseline {number + 1}")
    first = await build.get(client, URL, limit=3)
    second = await build.get(client, URL, limit=3, cursor=first["next_cursor"])
    assert [item["number"] for item in first["items"] + second["items"]] == [1, 2, 3, 4, 5]
    assert second["items"][1] == await build.get(client, f"{URL}/5")


async def test_there_may_be_many(client: httpx.AsyncClient) -> None:
    for number in range(1, 31):
        assert (await build.capture(client, "p", revision=number % 2 + 1))["number"] == number


async def test_the_hash_is_that_of_the_content_and_of_nothing_else(
    client: httpx.AsyncClient, clock: TestClock
) -> None:
    first = await build.capture(client, "p", name="One", approved_by="me")
    clock.advance(days=1)
    again = await build.capture(client, "p", name="Two", reason="again", supplementary=True)
    older = await build.capture(client, "p", revision=1)
    content = await build.get(client, "/v1/plans/p/document")
    await build.put(client, "copy", content)
    copied = await build.capture(client, "copy")
    assert first["content_hash"] == again["content_hash"] == copied["content_hash"]
    assert older["content_hash"] != first["content_hash"]


async def test_going_back_to_the_content_gives_the_hash_again(client: httpx.AsyncClient) -> None:
    first = await build.capture(client, "p")
    for day in ("2026-05-01", "2026-04-01"):
        await client.patch("/v1/plans/p/milestones/a", json={"planned_finish": day}, headers=if_match("*"))
    back = await build.capture(client, "p")
    assert (back["revision"], back["content_hash"]) == (4, first["content_hash"])


@pytest.mark.parametrize("method", ["PUT", "PATCH", "DELETE"])
async def test_a_baseline_never_changes(client: httpx.AsyncClient, method: str) -> None:
    made = await build.capture(client, "p")
    refused = await client.request(method, f"{URL}/1", json=baseline(name="Other"), headers=if_match("*"))
    assert failure(refused) == (405, "method-not-allowed")
    assert refused.headers["Allow"] == "GET"
    await client.delete("/v1/plans/p/milestones/b", headers=if_match("*"))
    assert await build.get(client, f"{URL}/1") == made


async def test_it_can_be_captured_as_it_was_in_history(client: httpx.AsyncClient, clock: TestClock) -> None:
    clock.advance(days=30)
    stated = {"recorded_at": "2026-03-10T12:00:00Z"}
    made = ok(await client.post(URL, json=baseline(), params=stated))
    assert made["captured_at"] == stated["recorded_at"]
    before = await client.post(URL, json=baseline(), params={"recorded_at": "2026-03-10T11:00:00Z"})
    assert failure(before) == (422, "recorded-before-history")
    future = await client.post(URL, json=baseline(), params={"recorded_at": "2026-12-01T00:00:00Z"})
    assert failure(future) == (422, "recorded-before-history")


WRONG: list[tuple[Any, tuple[str, str]]] = [
    ({"name": "x"}, ("/reason", "missing")),
    ({"name": "x", "reason": ""}, ("/reason", "string_too_short")),
    ({"name": "x", "reason": None}, ("/reason", "string_type")),
    ({"reason": "x"}, ("/name", "missing")),
    (baseline(approved_by=""), ("/approved_by", "string_too_short")),
    (baseline(supplementary="yes"), ("/supplementary", "bool_type")),
    (baseline(supplementary=1), ("/supplementary", "bool_type")),
    (baseline(revision=0), ("/revision", "greater_than_equal")),
    (baseline(revision="1"), ("/revision", "int_type")),
    (baseline(revision=2**31), ("/revision", "less_than_equal")),
    (baseline(number=7), ("/number", "extra_forbidden")),
]


async def test_what_is_wrong_is_named(client: httpx.AsyncClient) -> None:
    found = [places(await client.post(URL, json=content)) for content, _ in WRONG]
    assert found == [[place] for _, place in WRONG]
    assert (await build.get(client, URL))["items"] == []


NO_NUMBERS = ["0", "01", "-1", "latest", "9999999999"]


async def test_no_number_of_a_baseline(client: httpx.AsyncClient) -> None:
    answers = [await client.get(f"{URL}/{number}") for number in NO_NUMBERS]
    assert [places(answer)[0][0] for answer in answers] == ["#path/number"] * len(NO_NUMBERS)


async def test_an_unknown_one(client: httpx.AsyncClient) -> None:
    assert failure(await client.get(f"{URL}/1")) == (404, "baseline-not-found")
    assert failure(await client.get("/v1/plans/nobody/baselines/1")) == (404, "plan-not-found")
    assert failure(await client.post("/v1/plans/nobody/baselines", json=baseline())) == (404, "plan-not-found")
