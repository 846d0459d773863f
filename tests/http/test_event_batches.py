"""Many events in one request: one result an item, each judged by itself; and many requests at once."""

import asyncio
import json
import random
from typing import Any

import httpx
import pytest

from tests.http.events_build import (
    Json,
    batch,
    correction,
    event,
    instead,
    listed,
    milestone,
    ok,
    phase,
    put_plan,
    retraction,
)
from tests.scale import full
from tests.service import ADMIN_KEY, MakeClient, MakeKey, openapi

BATCH = "/v1/events/batch"
NDJSON = {"Content-Type": "application/x-ndjson"}
CLOUD_EVENTS = {"Content-Type": "application/cloudevents-batch+json"}


def good(event_id: str, plan: str = "p") -> Json:
    return {"plan": plan, **event(event_id, "started")}


BAD: list[tuple[Any, int, str]] = [
    ("no event", 422, "invalid-request"),
    ({}, 422, "invalid-request"),
    (event("x", "started"), 422, "invalid-request"),
    ({**good("x"), "plan": 7}, 422, "invalid-request"),
    ({**good("x"), "surprise": 1}, 422, "invalid-request"),
    ({**good("x"), "type": "milestone.exploded"}, 422, "invalid-request"),
    ({**good("x"), "plan": "unknown"}, 404, "plan-not-found"),
    ({**good("x"), "milestone": "nobody"}, 422, "event-refused"),
    ({**good("x"), "milestone": "f"}, 422, "event-refused"),
    ({**good("x"), "occurred_at": "2026-04-01"}, 422, "event-refused"),
    ({**good("first"), "actor": "somebody else"}, 409, "event-conflict"),
]


@pytest.fixture
async def plans(client: httpx.AsyncClient) -> httpx.AsyncClient:
    """A client with the plans `p` and `q`; `p` has the event `first`."""
    for plan in ("p", "q"):
        await put_plan(client, plan, [milestone("m"), phase("f")])
    await batch(client, [good("first")])
    return client


async def test_one_batch_goes_to_many_plans_and_is_answered_in_its_order(plans: httpx.AsyncClient) -> None:
    answer = await batch(plans, [good("a", "q"), good("b"), good("c", "q"), good("first")])
    assert (answer["accepted"], answer["duplicates"], answer["rejected"]) == (3, 1, 0)
    found = [(result["index"], result["status"], result["plan"], result["sequence"]) for result in answer["results"]]
    assert found == [
        (0, "accepted", "q", 1),
        (1, "accepted", "p", 2),
        (2, "accepted", "q", 2),
        (3, "duplicate", "p", 1),
    ]
    for result in answer["results"]:
        stored = await ok(await plans.get(f"/v1/plans/{result['plan']}/events/{result['sequence']}"))
        assert stored["recorded_at"] == result["recorded_at"]


async def test_the_same_as_ndjson_and_as_cloud_events(plans: httpx.AsyncClient) -> None:
    lines = b"\r\n".join([json.dumps(good("a")).encode(), b"", json.dumps(good("b")).encode(), b""])
    answer = await plans.post(BATCH, content=lines, headers=NDJSON)
    assert (answer.status_code, answer.json()["accepted"]) == (207, 2)
    cloud = [
        {
            "specversion": "1.0",
            "id": name,
            "source": "ci",
            "type": "leeway.milestone.started",
            "subject": "plans/p/milestones/m",
            "time": "2026-03-01T08:00:00Z",
        }
        for name in ("b", "c")
    ]
    answer = await plans.post(BATCH, json=cloud, headers=CLOUD_EVENTS)
    assert [result["status"] for result in answer.json()["results"]] == ["duplicate", "accepted"]
    names = [(each["sequence"], each["id"]) for each in await listed(plans, "p")]
    assert names == [(1, "first"), (2, "a"), (3, "b"), (4, "c")]


async def test_a_bad_item_at_any_place_never_harms_its_neighbours(plans: httpx.AsyncClient) -> None:
    for number, (wrong, status, code) in enumerate(BAD):
        a, b = f"a{number}", f"b{number}"
        for index, items in (
            (0, [wrong, good(a), good(b)]),
            (1, [good(a), wrong, good(b)]),
            (2, [good(a), good(b), wrong]),
        ):
            answer = await batch(plans, items)
            assert (answer["accepted"] + answer["duplicates"], answer["rejected"]) == (2, 1), wrong
            rejected = answer["results"][index]
            assert (rejected["index"], rejected["status"], rejected["sequence"]) == (index, "rejected", None)
            assert (rejected["problem"]["status"], rejected["problem"]["code"]) == (status, code), wrong
    assert len(await listed(plans, "p")) == 1 + 2 * len(BAD)


@pytest.mark.parametrize(
    ("wrong", "places"),
    [
        (event("x", "started"), [("/plan", "missing")]),
        ({**good("x"), "plan": 7}, [("/plan", "string_type")]),
        ({**good("x"), "plan": "no key"}, [("/plan", "string_pattern_mismatch")]),
        ({**good("x"), "data": {"a": 1}, "plan": None}, [("/data/a", "extra_forbidden"), ("/plan", "string_type")]),
    ],
)
async def test_an_item_that_names_no_plan_says_so(
    plans: httpx.AsyncClient, wrong: Json, places: list[tuple[str, str]]
) -> None:
    (result,) = (await batch(plans, [wrong]))["results"]
    assert [(error["pointer"], error["code"]) for error in result["problem"]["errors"]] == places


def test_an_item_is_described_as_the_event_that_it_is_and_its_plan() -> None:
    schemas = openapi()["components"]["schemas"]
    body = openapi()["paths"][BATCH]["post"]["requestBody"]["content"]["application/json"]["schema"]
    assert body["items"] == {"$ref": "#/components/schemas/BatchEventInput"}
    one, item = schemas["ExecutionEventInput"]["discriminator"], schemas["BatchEventInput"]["discriminator"]
    assert item["propertyName"] == one["propertyName"] == "type"
    assert item["mapping"].keys() == one["mapping"].keys()
    for type_, reference in item["mapping"].items():
        alone, in_batch = (schemas[place.rpartition("/")[2]] for place in (one["mapping"][type_], reference))
        assert in_batch["properties"].keys() - alone["properties"].keys() == {"plan"}
        assert set(in_batch["required"]) == {*alone["required"], "plan"}
        assert in_batch["description"] == alone["description"]


async def test_a_line_that_is_no_json_never_harms_its_neighbours(plans: httpx.AsyncClient) -> None:
    lines = [
        json.dumps(good("a")),
        '{"plan": "p", "id"',
        '{"plan": NaN}',
        '{"a": 1, "a": 2}',
        "\x00",
        json.dumps(good("b")),
    ]
    answer = await plans.post(BATCH, content="\n".join(lines), headers=NDJSON)
    statuses = [result["status"] for result in answer.json()["results"]]
    assert statuses == ["accepted", *["rejected"] * 4, "accepted"]


async def test_a_batch_that_is_no_list_of_json_is_refused_whole(plans: httpx.AsyncClient) -> None:
    for content, status, code in (
        (b"{", 400, "malformed-json"),
        (b'{"plan": "p"}', 422, "invalid-request"),
        (b'[{"plan": NaN}]', 422, "invalid-request"),
    ):
        refused = await plans.post(BATCH, content=content, headers={"Content-Type": "application/json"})
        assert (refused.status_code, refused.json()["code"]) == (status, code)
    refused = await plans.post(BATCH, content=b"[]", headers={"Content-Type": "text/csv"})
    assert (refused.status_code, refused.json()["code"]) == (415, "unsupported-media-type")


async def test_an_empty_batch_is_no_error(plans: httpx.AsyncClient) -> None:
    empty = {"accepted": 0, "duplicates": 0, "rejected": 0, "results": []}
    assert await batch(plans, []) == empty
    assert (await plans.post(BATCH, content=b"\n\n", headers=NDJSON)).json() == empty


async def test_the_same_event_twice_in_one_batch_has_one_effect(plans: httpx.AsyncClient) -> None:
    answer = await batch(plans, [good("a"), good("a"), {**good("a"), "actor": "ann"}, good("a", "q")])
    assert [result["status"] for result in answer["results"]] == ["accepted", "duplicate", "rejected", "rejected"]
    assert [result["problem"]["code"] for result in answer["results"][2:]] == ["event-conflict"] * 2
    first, again = answer["results"][:2]
    assert (first["sequence"], first["recorded_at"]) == (again["sequence"], again["recorded_at"])
    assert [each["id"] for each in await listed(plans, "p")] == ["first", "a"]


async def test_a_batch_sent_again_gives_the_first_results_as_duplicates(plans: httpx.AsyncClient) -> None:
    items = [good(f"e{number}", "pq"[number % 2]) for number in range(20)]
    items += [{"plan": "p", **retraction("r", "e0")}, {"plan": "q", **correction("c", "e1", instead("completed"))}]
    first, again = await batch(plans, items), await batch(plans, items)
    assert (again["accepted"], again["duplicates"], again["rejected"]) == (0, 22, 0)
    expected = [{**result, "status": "duplicate"} for result in first["results"]]
    assert again["results"] == expected


async def test_atomic_records_all(plans: httpx.AsyncClient) -> None:
    answer = await batch(plans, [good("a"), good("b", "q"), good("first")], atomic=True)
    assert (answer["accepted"], answer["duplicates"]) == (2, 1)


async def test_atomic_records_nothing_when_any_item_is_bad(plans: httpx.AsyncClient) -> None:
    for wrong, _, _ in BAD:
        refused = await plans.post(BATCH, json=[good("a"), good("b", "q"), wrong], params={"atomic": True})
        assert (refused.status_code, refused.json()["code"]) == (422, "batch-refused"), wrong
        assert {error["pointer"].split("/")[1] for error in refused.json()["errors"]} == {"2"}
    assert [each["id"] for each in await listed(plans, "p")] == ["first"]
    assert await listed(plans, "q") == []


async def test_more_than_ten_thousand_items_are_too_many(plans: httpx.AsyncClient) -> None:
    for headers, content in (
        ({"Content-Type": "application/json"}, b"[" + b",".join([b"0"] * 10_001) + b"]"),
        (NDJSON, b"0\n" * 10_001),
    ):
        refused = await plans.post(BATCH, content=content, headers=headers)
        assert (refused.status_code, refused.json()["code"]) == (413, "payload-too-large")


async def test_ten_thousand_items_are_not_too_many(plans: httpx.AsyncClient) -> None:
    count = full(10_000, 500)
    items = [good(f"e{number}") for number in range(count)] + [{}] * (10_000 - count)
    answer = await batch(plans, items)
    assert (answer["accepted"], answer["rejected"]) == (count, 10_000 - count)
    assert [result["index"] for result in answer["results"]] == list(range(10_000))


async def test_more_than_8_mib_are_too_much(plans: httpx.AsyncClient) -> None:
    limit = 8 * 1024 * 1024
    whole = json.dumps([good("a")]).encode()
    refused = await plans.post(BATCH, content=whole.ljust(limit + 1), headers={"Content-Type": "application/json"})
    assert (refused.status_code, refused.json()["code"]) == (413, "payload-too-large")
    answer = await plans.post(BATCH, content=whole.ljust(limit), headers={"Content-Type": "application/json"})
    assert (answer.status_code, answer.json()["accepted"]) == (207, 1)


async def test_an_item_beyond_64_kib_is_rejected_alone(plans: httpx.AsyncClient) -> None:
    large = {"plan": "p", **event("x", "note.added", data={"text": "x" * 65_536})}
    answer = await batch(plans, [good("a"), large, good("b")])
    assert [result["status"] for result in answer["results"]] == ["accepted", "rejected", "accepted"]


async def test_problems_never_echo_what_was_sent(plans: httpx.AsyncClient) -> None:
    marker = "s3cr3t-marker"
    items: list[Any] = [{**good("a"), "actor": [marker]}, {**good("b"), "data": {"x": marker}}, marker]
    assert marker not in json.dumps(await batch(plans, items))


async def test_another_workspace_has_its_own_names_and_plans(
    plans: httpx.AsyncClient, make_key: MakeKey, make_client: MakeClient
) -> None:
    other = make_client(await make_key("admin", workspace="other"))
    answer = await batch(other, [good("a")])
    assert answer["results"][0]["problem"]["code"] == "plan-not-found"
    await put_plan(other, "p", [milestone("m")])
    assert (await batch(other, [good("first")]))["accepted"] == 1


# --- at once


async def test_events_sent_five_times_by_eight_clients_at_once_have_one_effect_each(
    client: httpx.AsyncClient, make_client: MakeClient
) -> None:
    count = full(1_000, 100)
    await put_plan(client, "p", [milestone("m")])
    deliveries = [good(f"e{number}") for number in range(count)] * 5
    random.Random(7).shuffle(deliveries)
    statuses: list[int] = []

    async def deliver(sender: httpx.AsyncClient, share: list[Json]) -> None:
        for each in share:
            sent = {name: value for name, value in each.items() if name != "plan"}
            statuses.append((await sender.post("/v1/plans/p/events", json=sent)).status_code)

    await asyncio.gather(*(deliver(make_client(ADMIN_KEY), deliveries[start::8]) for start in range(8)))
    assert (statuses.count(201), statuses.count(200)) == (count, 4 * count)
    found = await listed(client, "p")
    assert sorted(each["id"] for each in found) == sorted(f"e{number}" for number in range(count))
    assert [each["sequence"] for each in found] == list(range(1, count + 1))


@pytest.mark.only_on("postgres")
async def test_two_batches_over_the_same_plans_in_opposite_order_never_lock_each_other(
    client: httpx.AsyncClient, make_client: MakeClient
) -> None:
    keys = [f"p{number:02}" for number in range(50)]
    await asyncio.gather(*(put_plan(client, key, [milestone("m")]) for key in keys))
    rounds = full(20, 5)
    for turn in range(rounds):
        shared = [good(f"shared-{turn}-{key}", key) for key in keys]
        forwards = [*(good(f"a-{turn}-{key}", key) for key in keys), *shared]
        backwards = [*(good(f"b-{turn}-{key}", key) for key in reversed(keys)), *reversed(shared)]
        answers = await asyncio.gather(batch(client, forwards), batch(make_client(ADMIN_KEY), backwards))
        assert sum(answer["accepted"] for answer in answers) == 150
        assert sum(answer["duplicates"] for answer in answers) == 50
    found = await listed(client, keys[0])
    assert [each["sequence"] for each in found] == list(range(1, 3 * rounds + 1))


@pytest.mark.only_on("postgres")
async def test_names_fought_over_by_batches_of_different_plans_go_to_one_of_them(
    client: httpx.AsyncClient, make_client: MakeClient
) -> None:
    for plan in ("p", "q"):
        await put_plan(client, plan, [milestone("m")])
    names = [f"e{number}" for number in range(50)]
    for turn in range(full(20, 5)):
        one = [good(f"{turn}-{name}", "p") for name in names]
        other = [good(f"{turn}-{name}", "q") for name in reversed(names)]
        answers = await asyncio.gather(batch(client, one), batch(make_client(ADMIN_KEY), other))
        assert sum(answer["accepted"] for answer in answers) == 50
        assert sum(answer["rejected"] for answer in answers) == 50


@pytest.mark.only_on("sqlite")
async def test_sixteen_writers_that_read_modify_and_write_lose_nothing(
    client: httpx.AsyncClient, make_client: MakeClient
) -> None:
    await put_plan(client, "p", [milestone("m", weight=0)])
    times = full(25, 3)
    refused: list[int] = []

    async def write(writer: httpx.AsyncClient) -> None:
        done = 0
        while done < times:
            read = await writer.get("/v1/plans/p/milestones/m")
            change = {"weight": read.json()["weight"] + 1}
            headers = {"If-Match": read.headers["etag"]}
            answer = await writer.patch("/v1/plans/p/milestones/m", json=change, headers=headers)
            done += answer.status_code == 200
            if answer.status_code != 200:
                refused.append(answer.status_code)
                await asyncio.sleep(random.uniform(0, 0.05))

    await asyncio.gather(*(write(make_client(ADMIN_KEY)) for _ in range(16)))
    found = await ok(await client.get("/v1/plans/p/milestones/m"))
    assert (found["weight"], found["revision"]) == (16 * times, 1 + 16 * times)
    assert set(refused) <= {412}
