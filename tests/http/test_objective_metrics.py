"""The success metrics of objectives, and what is measured of them."""

import asyncio
from collections import Counter
from datetime import datetime
from typing import Any

import httpx
import pytest

from tests.http import build
from tests.http.build import Json, failure, if_match, measured, objective, ok, places
from tests.service import MakeClient, MakeKey, TestClock

URL = "/v1/objectives/growth"


@pytest.fixture(autouse=True)
async def growth(client: httpx.AsyncClient) -> None:
    """The objective that the tests are about."""
    ok(await client.post("/v1/objectives", json=objective(key="growth")))


def metric(**fields: Any) -> Json:
    """From 10 to 50."""
    return {"key": "adoption", "name": "Teams", "baseline_value": 10, "target": 50, **fields}


async def add(client: httpx.AsyncClient, **fields: Any) -> httpx.Response:
    return await client.post(f"{URL}/metrics", json=metric(**fields))


async def patch(client: httpx.AsyncClient, etag: str = "*", **change: Any) -> httpx.Response:
    return await client.patch(f"{URL}/metrics/adoption", json=change, headers=if_match(etag))


def instant(recorded: Json) -> datetime:
    """When it was recorded."""
    return datetime.fromisoformat(recorded["recorded_at"])


async def record(client: httpx.AsyncClient, event: Json, which: str = "growth") -> httpx.Response:
    return await client.post(f"/v1/objectives/{which}/events", json=event)


class TestMetrics:
    """/v1/objectives/{objective}/metrics."""

    async def test_a_metric_is_kept_as_it_was_given(self, client: httpx.AsyncClient) -> None:
        made = await add(client, unit="teams", gate=True, floor=20, measure_at="2026-12-31")
        assert (made.status_code, made.headers["Location"]) == (201, f"{URL}/metrics/adoption")
        told = made.json()
        assert (told["target"], told["floor"], told["gate"], told["measure_at"]) == (50.0, 20.0, True, "2026-12-31")
        assert (told["kind"], told["weight"], told["grace_minutes"]) == ("numeric", 1.0, 0)
        got = await client.get(f"{URL}/metrics/adoption")
        assert (got.json(), got.headers["ETag"]) == (told, made.headers["ETag"])
        assert await build.get(client, f"{URL}/metrics") == {"items": [told], "next_cursor": None}

    async def test_each_edit_is_a_version_of_the_objective(self, client: httpx.AsyncClient) -> None:
        ok(await add(client))
        assert (await build.get(client, URL))["metrics"] == ["adoption"]
        ok(await patch(client, target=60))
        gone = await client.delete(f"{URL}/metrics/adoption", headers=if_match("*"), params={"reason": "moot"})
        assert gone.status_code == 204
        now = await build.get(client, URL)
        assert (now["version"], now["metrics"], now["reason"]) == (4, [], "moot")
        assert (await build.get(client, URL, version=3))["metrics"] == ["adoption"]

    async def test_its_etag_follows_what_it_says_alone(self, client: httpx.AsyncClient) -> None:
        etag = (await add(client)).headers["ETag"]
        ok(await add(client, key="another"))
        ok(await client.patch(URL, json={"name": "Renamed"}, headers=if_match("*")))
        changed = await patch(client, etag, target=60)
        assert changed.headers["ETag"] != etag
        assert failure(await patch(client, etag, target=70)) == (412, "precondition-failed")
        assert (await patch(client, changed.headers["ETag"], target=50)).headers["ETag"] == etag
        assert (await client.get(f"{URL}/metrics/adoption", headers={"If-None-Match": etag})).status_code == 304

    async def test_without_a_difference_there_is_no_version(self, client: httpx.AsyncClient) -> None:
        first = ok(await add(client))
        assert ok(await patch(client, weight=None, target=50)) == first
        assert (await build.get(client, URL))["version"] == 2

    async def test_editing_the_objective_leaves_them(self, client: httpx.AsyncClient) -> None:
        ok(await add(client))
        replaced = ok(await client.put(URL, json=objective(name="Other"), headers=if_match("*")))
        assert (replaced["version"], replaced["metrics"]) == (3, ["adoption"])

    @pytest.mark.parametrize(
        ("fields", "place"),
        [
            ({"target": None}, "/target"),
            ({"target": 10}, "/target"),
            ({"weight": 0}, "/weight"),
            ({"kind": "maintain", "baseline_value": None, "target": None}, "/low"),
            ({"floor": 60}, "/floor"),
            ({"unknown": 1}, "/unknown"),
        ],
    )
    async def test_what_can_not_be_is_refused(
        self, client: httpx.AsyncClient, fields: dict[str, Any], place: str
    ) -> None:
        assert [pointer for pointer, _ in places(await add(client, **fields))] == [place]
        ok(await add(client))
        assert [pointer for pointer, _ in places(await patch(client, **fields))] == [place]
        assert (await build.get(client, URL))["version"] == 2

    async def test_a_key_is_given_once(self, client: httpx.AsyncClient) -> None:
        answers = await asyncio.gather(*(add(client, target=60 + n) for n in range(5)))
        assert Counter(answer.status_code for answer in answers) == {201: 1, 409: 4}
        assert {failure(answer)[1] for answer in answers if answer.is_error} == {"metric-exists"}

    async def test_an_objective_has_at_most_100(self, client: httpx.AsyncClient) -> None:
        for n in range(100):
            ok(await add(client, key=f"m{n}"))
        assert places(await add(client, key="more")) == [("", "too_many")]
        page = await build.get(client, f"{URL}/metrics", limit=99)
        more = await build.get(client, f"{URL}/metrics", limit=99, cursor=page["next_cursor"])
        assert (len(page["items"]), len(more["items"]), more["next_cursor"]) == (99, 1, None)

    async def test_what_is_not_there_is_not_found(self, client: httpx.AsyncClient) -> None:
        for answer in (
            await client.get(f"{URL}/metrics/adoption"),
            await patch(client, target=1),
            await client.delete(f"{URL}/metrics/adoption", headers=if_match("*")),
        ):
            assert failure(answer) == (404, "metric-not-found")
        for path in ("metrics", "metrics/adoption", "events"):
            assert failure(await client.get(f"/v1/objectives/nobodys/{path}")) == (404, "objective-not-found")
        assert failure(await record(client, measured(), "nobodys")) == (404, "objective-not-found")


class TestEvents:
    """/v1/objectives/{objective}/events."""

    @pytest.fixture(autouse=True)
    async def adoption(self, client: httpx.AsyncClient, growth: None, clock: TestClock) -> None:
        ok(await add(client))
        clock.advance(hours=1)

    async def test_a_measurement_is_recorded(self, client: httpx.AsyncClient) -> None:
        made = await record(client, measured(actor="analyst"))
        assert made.status_code == 201
        expected = {
            "objective": "growth",
            "sequence": 1,
            "source": "survey",
            "id": "measured-1",
            "type": "metric.measured",
            "occurred_at": "2026-03-01",
            "recorded_at": "2026-03-02T10:00:00Z",
            "actor": "analyst",
            "data": {"metric": "adoption", "value": 30.0},
        }
        assert made.json() == {**expected, "duplicate": False}
        assert await build.get(client, made.headers["Location"]) == expected
        assert failure(await client.get(f"{URL}/events/2")) == (404, "event-not-found")
        assert await build.get(client, f"{URL}/events") == {"items": [expected], "next_cursor": None}

    async def test_a_repeat_has_no_second_effect(self, client: httpx.AsyncClient, clock: TestClock) -> None:
        first = ok(await record(client, measured()))
        clock.advance(hours=1)
        again = await record(client, measured())
        assert (again.status_code, again.json()) == (200, {**first, "duplicate": True})
        assert failure(await record(client, measured(value=31))) == (409, "event-conflict")
        ok(await client.post("/v1/objectives", json=objective(key="other")))
        assert failure(await record(client, measured(), "other")) == (409, "event-conflict")
        assert len((await build.get(client, f"{URL}/events"))["items"]) == 1

    async def test_a_repeat_is_known_after_its_metric_is_gone(self, client: httpx.AsyncClient) -> None:
        first = ok(await record(client, measured()))
        await client.delete(f"{URL}/metrics/adoption", headers=if_match("*"))
        assert (await record(client, measured())).json() == {**first, "duplicate": True}

    async def test_of_many_at_once_each_takes_its_turn(self, client: httpx.AsyncClient) -> None:
        answers = await asyncio.gather(*(record(client, measured(n % 5)) for n in range(20)))
        assert Counter(answer.status_code for answer in answers) == {201: 5, 200: 15}
        page = await build.get(client, f"{URL}/events", limit=3)
        rest = await build.get(client, f"{URL}/events", limit=3, cursor=page["next_cursor"])
        listed = [*page["items"], *rest["items"]]
        assert [each["sequence"] for each in listed] == [1, 2, 3, 4, 5]
        instants = [instant(each) for each in listed]
        assert sorted(set(instants)) == instants

    async def test_corrections_and_retractions_may_come_first(self, client: httpx.AsyncClient) -> None:
        name = {"source": "survey", "id": "measured-1"}
        instead = {"type": "metric.measured", "occurred_at": "2026-02-28", "data": {"metric": "adoption", "value": 1}}
        corrected = measured(2, type="event.corrected", data={"event": name, "replacement": instead})
        retracted = measured(
            3, type="event.retracted", data={"event": {**name, "id": "measured-2"}, "reason": "a typo"}
        )
        for event in (retracted, corrected, measured()):
            assert (await record(client, event)).status_code == 201
        only = await build.get(client, f"{URL}/events", type="event.corrected")
        assert [each["id"] for each in only["items"]] == ["measured-2"]

    @pytest.mark.parametrize(
        ("fields", "place"),
        [
            ({"data": {"metric": "nobodys", "value": 1}}, ("/data/metric", "unknown_metric")),
            ({"occurred_at": "2026-03-04"}, ("/occurred_at", "too_far_ahead")),
            (
                {
                    "type": "event.corrected",
                    "data": {
                        "event": {"source": "survey", "id": "measured-9"},
                        "replacement": {
                            "type": "metric.measured",
                            "occurred_at": "2026-03-01",
                            "data": {"metric": "nobodys", "value": 1},
                        },
                    },
                },
                ("/data/replacement/data/metric", "unknown_metric"),
            ),
        ],
    )
    async def test_what_can_not_be_is_refused(
        self, client: httpx.AsyncClient, fields: dict[str, Any], place: tuple[str, str]
    ) -> None:
        assert places(await record(client, measured(**fields))) == [place]

    @pytest.mark.parametrize(
        "fields",
        [{"type": "milestone.completed"}, {"data": {"metric": "adoption"}}, {"milestone": "a"}, {"occurred_at": "x"}],
    )
    async def test_what_is_no_measurement_is_refused(self, client: httpx.AsyncClient, fields: dict[str, Any]) -> None:
        assert failure(await record(client, measured(**fields))) == (422, "invalid-request")

    async def test_history_may_be_stated(
        self, client: httpx.AsyncClient, make_client: MakeClient, make_key: MakeKey
    ) -> None:
        stated = measured(recorded_at="2026-03-02T09:30:00Z")
        writer = make_client(await make_key("events:write"))
        assert failure(await record(writer, stated)) == (403, "forbidden")
        assert ok(await record(client, stated))["recorded_at"] == "2026-03-02T09:30:00Z"
        early = measured(2, recorded_at="2026-03-02T09:00:00Z")
        assert failure(await record(client, early)) == (422, "recorded-before-history")

    async def test_the_next_version_is_recorded_later(self, client: httpx.AsyncClient) -> None:
        event = ok(await record(client, measured()))
        version = ok(await client.patch(URL, json={"name": "Renamed"}, headers=if_match("*")))
        assert instant(version) > instant(event)

    async def test_with_an_idempotency_key_the_answer_is_replayed(self, client: httpx.AsyncClient) -> None:
        headers = {"Idempotency-Key": "once"}
        one, two = [await client.post(f"{URL}/events", json=measured(), headers=headers) for _ in range(2)]
        assert (two.status_code, two.json()) == (201, one.json())
