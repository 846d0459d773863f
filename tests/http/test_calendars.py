"""Calendars: working time in versions, of which none ever changes."""

import asyncio
from collections import Counter
from typing import Any

import httpx
import pytest

from tests.http import build
from tests.http.build import OFFICE, calendar, document, failure, if_match, milestone, ok, places
from tests.service import TestClock

URL = "/v1/calendars"
OFF = [{"date": "2026-03-04", "intervals": [], "name": "Day off"}]


async def create(client: httpx.AsyncClient, key: str = "crew", **fields: Any) -> httpx.Response:
    return await client.post(URL, json=calendar(key=key, **fields))


async def patch(client: httpx.AsyncClient, which: str = "crew", etag: str = "*", **change: Any) -> httpx.Response:
    return await client.patch(f"{URL}/{which}", json=change, headers=if_match(etag))


async def delete(client: httpx.AsyncClient) -> httpx.Response:
    return await client.delete(f"{URL}/crew", headers=if_match("*"))


class TestBuiltIn:
    """`always` and `standard`."""

    @pytest.mark.parametrize(("key", "minutes", "days"), [("always", 1440, 7), ("standard", 480, 5)])
    async def test_every_workspace_has_them(
        self, client: httpx.AsyncClient, key: str, minutes: int, days: int
    ) -> None:
        found = await build.get(client, f"{URL}/{key}")
        assert (found["built_in"], found["version"], found["minutes_per_day"]) == (True, 1, minutes)
        assert (found["time_zone"], len(found["weekly"])) == (None, days)
        assert failure(await client.get(f"{URL}/{key}", params={"version": 2})) == (404, "calendar-not-found")

    @pytest.mark.parametrize("key", ["always", "standard"])
    async def test_they_never_change(self, client: httpx.AsyncClient, key: str) -> None:
        assert failure(await create(client, key)) == (409, "calendar-key-taken")
        put = await client.put(f"{URL}/{key}", json=calendar(), headers=if_match("*"))
        for answer in (put, await patch(client, key, name="x"), await client.delete(f"{URL}/{key}")):
            assert failure(answer) == (409, "calendar-built-in")


WRONG: list[tuple[Any, tuple[str, str]]] = [
    ({"weekly": {}}, ("/weekly", "value_error")),
    ({"weekly": {"monday": [], "friday": []}}, ("/weekly", "value_error")),
    ({"weekly": {"someday": OFFICE}}, ("/weekly/someday", "literal_error")),
    ({"weekly": {"monday": [{"from": "09:00", "to": "09:00"}]}}, ("/weekly/monday/0", "value_error")),
    ({"weekly": {"monday": [{"from": "22:00", "to": "06:00"}]}}, ("/weekly/monday/0", "value_error")),
    (
        {"weekly": {"monday": [{"from": "9:00", "to": "10:00"}]}},
        ("/weekly/monday/0/from", "string_pattern_mismatch"),
    ),
    (
        {"weekly": {"monday": [{"from": "09:00", "to": "24:01"}]}},
        ("/weekly/monday/0/to", "string_pattern_mismatch"),
    ),
    ({"weekly": {"monday": [*OFFICE, {"from": "16:59", "to": "18:00"}]}}, ("/weekly/monday", "value_error")),
    ({"exceptions": [OFF[0], OFF[0]]}, ("/exceptions", "value_error")),
    ({"exceptions": [{"date": "2026-02-30"}]}, ("/exceptions/0/date", "value_error")),
    ({"time_zone": "Mars/Olympus"}, ("/time_zone", "value_error")),
    ({"holidays": {"country": "XX"}}, ("/holidays", "unknown_country")),
    ({"holidays": {"country": "DE", "subdivision": "XX"}}, ("/holidays", "unknown_country")),
    ({"holidays": {"country": "Germany"}}, ("/holidays/country", "string_pattern_mismatch")),
    ({"minutes_per_day": 0}, ("/minutes_per_day", "greater_than_equal")),
    ({"minutes_per_day": 1441}, ("/minutes_per_day", "less_than_equal")),
    ({"minutes_per_day": "480"}, ("/minutes_per_day", "int_type")),
    ({"name": ""}, ("/name", "string_too_short")),
    ({"shifts": 3}, ("/shifts", "extra_forbidden")),
]


class TestCreating:
    """POST /v1/calendars, and PUT of a new key."""

    async def test_a_calendar_is_kept_as_it_was_given(self, client: httpx.AsyncClient) -> None:
        said = calendar(
            key="crew",
            time_zone="Europe/Berlin",
            weekly={"saturday": [{"from": "00:00", "to": "06:00"}, {"from": "22:00", "to": "24:00"}], "sunday": []},
            exceptions=[*OFF, {"date": "2026-12-24", "intervals": OFFICE[:1], "name": None}],
            holidays={"country": "DE", "subdivision": "BY"},
            minutes_per_day=450,
        )
        made = await client.post(URL, json=said, params={"reason": "works council"})
        assert (made.status_code, made.headers["Location"], made.headers["ETag"]) == (201, f"{URL}/crew", '"v1"')
        content = made.json()
        assert {name: content[name] for name in said} == said
        assert (content["version"], content["built_in"]) == (1, False)
        assert (content["author"], content["reason"]) == ("admin", "works council")
        assert content["recorded_at"] == "2026-03-02T09:00:00Z"
        assert await build.get(client, f"{URL}/crew") == content

    async def test_a_key_is_made_when_none_is_given(self, client: httpx.AsyncClient) -> None:
        first, second = [ok(await client.post(URL, json=calendar())) for _ in range(2)]
        assert first["key"] != second["key"]

    async def test_a_key_is_given_once(self, client: httpx.AsyncClient) -> None:
        assert (await create(client)).status_code == 201
        assert failure(await create(client)) == (409, "calendar-key-taken")

    async def test_put_creates_too(self, client: httpx.AsyncClient) -> None:
        new = {"If-None-Match": "*"}
        assert (await client.put(f"{URL}/crew", json=calendar(), headers=new)).status_code == 201
        assert failure(await client.put(f"{URL}/crew", json=calendar(), headers=new)) == (412, "precondition-failed")
        other = await client.put(f"{URL}/crew", json=calendar(), headers={"If-None-Match": '"v1"'})
        assert places(other) == [("#header/If-None-Match", "invalid")]
        unknown = await client.put(f"{URL}/nobodys", json=calendar(), headers=if_match("*"))
        assert failure(unknown) == (412, "precondition-failed")

    async def test_what_is_wrong_is_named(self, client: httpx.AsyncClient) -> None:
        found = [places(await create(client, **content)) for content, _ in WRONG]
        assert found == [[place] for _, place in WRONG]
        assert failure(await client.get(f"{URL}/crew")) == (404, "calendar-not-found")


class TestHolidays:
    """National holidays, expanded when a version is made."""

    async def test_those_of_a_country_and_its_part(self, client: httpx.AsyncClient) -> None:
        found = {}
        for key, wanted in (("de", {"country": "DE"}), ("by", {"country": "DE", "subdivision": "BY"})):
            expanded = ok(await create(client, key, holidays=wanted))["expanded"]
            assert (expanded["first_year"], expanded["last_year"]) == (2011, 2051)
            assert expanded["holidays_package"]
            found[key] = {day for day in expanded["holidays"] if day.startswith("2026")}
        assert {"2026-01-01", "2026-04-03", "2026-05-01", "2026-10-03", "2026-12-25"} <= found["de"]
        assert found["by"] - found["de"] >= {"2026-01-06", "2026-06-04", "2026-11-01"}

    async def test_without_them_none_are_expanded(self, client: httpx.AsyncClient) -> None:
        expanded = ok(await create(client))["expanded"]
        assert (expanded["holidays"], expanded["first_year"], expanded["holidays_package"]) == ([], None, None)

    @pytest.mark.parametrize(("subdivision", "minutes"), [("BY", 480), ("BE", 960)])
    async def test_they_are_days_off(self, client: httpx.AsyncClient, subdivision: str, minutes: int) -> None:
        ok(await create(client, holidays={"country": "DE", "subdivision": subdivision}))
        assert await variance(client, planned="2026-01-05", done="2026-01-07") == minutes

    async def test_a_dated_exception_wins_over_a_holiday(self, client: httpx.AsyncClient) -> None:
        works = [{"date": "2026-01-06", "intervals": OFFICE[:1]}]
        ok(await create(client, holidays={"country": "DE", "subdivision": "BY"}, exceptions=works))
        assert await variance(client, planned="2026-01-05", done="2026-01-07") == 480 + 240


async def variance(client: httpx.AsyncClient, planned: str, done: str) -> int:
    """Working minutes between the planned and the actual finish of a milestone on the calendar `crew`."""
    await build.put(client, "p", document(milestone("a", planned), calendar="crew"))
    await build.capture(client, "p")
    ok(await client.post("/v1/plans/p/events", json=build.event(occurred_at=done)))
    item = (await build.get(client, "/v1/plans/p/variance/a"))["item"]
    minutes: int = item["finish_variance"]["working_minutes"]
    return minutes


WRONG_CHANGES: list[tuple[Any, tuple[str, str]]] = [
    (
        {"weekly": dict.fromkeys(("monday", "tuesday", "wednesday", "thursday", "friday"))},
        ("/weekly", "value_error"),
    ),
    ({"weekly": None}, ("/weekly", "missing")),
    ({"minutes_per_day": True}, ("/minutes_per_day", "int_type")),
    ({"minutes_per_day": 0}, ("/minutes_per_day", "greater_than_equal")),
    ({"time_zone": "Mars/Olympus"}, ("/time_zone", "value_error")),
    ({"holidays": {"country": "XX"}}, ("/holidays", "unknown_country")),
    ({"key": "other"}, ("/key", "extra_forbidden")),
]


class TestVersions:
    """Each change is a new version; the old ones stay."""

    async def test_a_patch_makes_a_version_and_the_old_one_stays(
        self, client: httpx.AsyncClient, clock: TestClock
    ) -> None:
        first = ok(await create(client))
        clock.advance(hours=1)
        changed = await client.patch(
            f"{URL}/crew", json={"exceptions": OFF}, headers=if_match('"v1"'), params={"reason": "bridge day"}
        )
        assert changed.headers["ETag"] == '"v2"'
        second = changed.json()
        assert second["recorded_at"] == "2026-03-02T10:00:00Z"
        expected = {"version": 2, "exceptions": OFF, "reason": "bridge day", "recorded_at": second["recorded_at"]}
        assert second == {**first, **expected}
        assert await build.get(client, f"{URL}/crew") == second
        assert await build.get(client, f"{URL}/crew", version=1) == first
        assert failure(await client.get(f"{URL}/crew", params={"version": 3})) == (404, "calendar-not-found")

    async def test_weekdays_merge_and_null_takes_one_out(self, client: httpx.AsyncClient) -> None:
        ok(await create(client))
        changed = ok(await patch(client, weekly={"saturday": OFFICE[:1], "friday": None}))
        assert sorted(changed["weekly"]) == ["monday", "saturday", "thursday", "tuesday", "wednesday"]
        assert (changed["weekly"]["monday"], changed["weekly"]["saturday"]) == (OFFICE, OFFICE[:1])

    async def test_null_clears(self, client: httpx.AsyncClient) -> None:
        ok(await create(client, time_zone="UTC", exceptions=OFF, holidays={"country": "DE"}, minutes_per_day=450))
        changed = ok(await patch(client, time_zone=None, exceptions=None, holidays=None, minutes_per_day=None))
        assert (changed["time_zone"], changed["exceptions"], changed["holidays"]) == (None, [], None)
        assert changed["minutes_per_day"] == 480

    async def test_what_is_wrong_is_named_and_makes_no_version(self, client: httpx.AsyncClient) -> None:
        ok(await create(client))
        found = [places(await patch(client, **content)) for content, _ in WRONG_CHANGES]
        assert found == [[place] for _, place in WRONG_CHANGES]
        assert (await build.get(client, f"{URL}/crew"))["version"] == 1

    async def test_without_a_difference_there_is_no_version(self, client: httpx.AsyncClient) -> None:
        first = ok(await create(client, time_zone="UTC"))
        assert ok(await patch(client, name="Office", time_zone="UTC")) == first
        same = await client.put(f"{URL}/crew", json=calendar(time_zone="UTC"), headers=if_match('"v1"'))
        assert ok(same) == first

    async def test_put_replaces_it_whole(self, client: httpx.AsyncClient) -> None:
        ok(await create(client, exceptions=OFF, minutes_per_day=450))
        replaced = ok(await client.put(f"{URL}/crew", json=calendar(), headers=if_match('"v1"')))
        assert (replaced["version"], replaced["exceptions"], replaced["minutes_per_day"]) == (2, [], 480)

    async def test_if_match(self, client: httpx.AsyncClient) -> None:
        ok(await create(client))
        for missing in (
            await client.patch(f"{URL}/crew", json={}),
            await client.put(f"{URL}/crew", json=calendar(name="x")),
            await client.delete(f"{URL}/crew"),
        ):
            assert failure(missing) == (428, "precondition-required")
        assert failure(await patch(client, "crew", '"v2"', name="x")) == (412, "precondition-failed")
        etag = {"If-None-Match": '"v1"'}
        assert (await client.get(f"{URL}/crew", headers=etag)).status_code == 304

    async def test_of_many_edits_of_one_version_one_is_done(self, client: httpx.AsyncClient) -> None:
        ok(await create(client))
        answers = await asyncio.gather(*(patch(client, "crew", '"v1"', name=str(n)) for n in range(20)))
        assert Counter(answer.status_code for answer in answers) == {200: 1, 412: 19}
        assert (await build.get(client, f"{URL}/crew"))["version"] == 2


class TestHistory:
    """What was answered once is answered so for ever."""

    async def test_a_new_version_leaves_answers_for_the_past_as_they_were(
        self, client: httpx.AsyncClient, clock: TestClock
    ) -> None:
        ok(await create(client))
        await build.put(client, "p", document(milestone("a", "2026-03-03"), calendar="crew"))
        await build.put(client, "q", document(milestone("a", "2026-03-03", calendar="crew")))
        clock.advance(days=7)
        for plan in "pq":
            await build.capture(client, plan)
            done = build.event(plan, occurred_at="2026-03-05")
            ok(await client.post(f"/v1/plans/{plan}/events", json=done))
        clock.advance(days=1)
        then = {"known_at": clock.now.isoformat().replace("+00:00", "Z")}
        urls = [f"/v1/plans/{plan}/variance" for plan in "pq"]
        before = [(await client.get(url, params=then)).content for url in urls]
        clock.advance(days=1)
        ok(await patch(client, exceptions=OFF))
        assert [(await client.get(url, params=then)).content for url in urls] == before
        for url in urls:
            (item,) = (await build.get(client, url))["items"]
            assert item["finish_variance"]["working_minutes"] == 480
            (item,) = (await build.get(client, url, **then))["items"]
            assert item["finish_variance"]["working_minutes"] == 960

    async def test_even_at_the_same_instant(self, client: httpx.AsyncClient) -> None:
        ok(await create(client))
        assert await variance(client, planned="2026-02-27", done="2026-03-02") == 480
        first = await client.get("/v1/plans/p/variance")
        ok(await patch(client, weekly={"saturday": OFFICE}))
        echo = {"known_at": first.json()["known_at"], "as_of": first.json()["as_of"]}
        again = (await build.get(client, "/v1/plans/p/variance", **echo))["items"]
        assert again == first.json()["items"]
        (now,) = (await build.get(client, "/v1/plans/p/variance"))["items"]
        assert now["finish_variance"]["working_minutes"] == 960

    async def test_so_does_deleting_it(self, client: httpx.AsyncClient, clock: TestClock) -> None:
        ok(await create(client))
        assert await variance(client, planned="2026-02-26", done="2026-02-27") == 480
        clock.advance(hours=1)
        then = {"known_at": "2026-03-02T09:30:00Z"}
        before = (await client.get("/v1/plans/p/variance", params=then)).content
        ok(await client.patch("/v1/plans/p", json={"calendar": "always"}, headers=if_match("*")))
        assert (await delete(client)).status_code == 204
        assert (await client.get("/v1/plans/p/variance", params=then)).content == before


class TestDeleting:
    """DELETE /v1/calendars/{calendar}."""

    async def test_a_deleted_calendar_is_gone_and_keeps_its_key(self, client: httpx.AsyncClient) -> None:
        ok(await create(client))
        assert (await client.delete(f"{URL}/crew", headers=if_match('"v1"'))).status_code == 204
        for answer in (
            await client.get(f"{URL}/crew"),
            await client.get(f"{URL}/crew", params={"version": 1}),
            await patch(client, name="x"),
            await delete(client),
        ):
            assert failure(answer) == (404, "calendar-not-found")
        assert failure(await create(client)) == (409, "calendar-key-taken")
        assert failure(await client.put(f"{URL}/crew", json=calendar())) == (409, "calendar-key-taken")
        answer = await client.put("/v1/plans/p/document", json=document(calendar="crew"))
        assert places(answer) == [("/calendar", "unknown_calendar")]

    @pytest.mark.parametrize(
        "content", [document(calendar="crew"), document(milestone(calendar="crew"))], ids=["plan", "milestone"]
    )
    async def test_not_while_a_plan_uses_it(self, client: httpx.AsyncClient, content: dict[str, Any]) -> None:
        ok(await create(client))
        for plan in "pq":
            await build.put(client, plan, content)
        assert failure(await delete(client)) == (409, "calendar-in-use")
        await build.put(client, "p", document(milestone(calendar=None), calendar="always"), If_Match="*")
        assert failure(await delete(client)) == (409, "calendar-in-use")
        await client.delete("/v1/plans/q", headers=if_match("*"))
        assert (await delete(client)).status_code == 204


async def test_they_are_listed_in_pages_the_built_in_ones_first(client: httpx.AsyncClient) -> None:
    for key in ("crew", "Crew", "another", "zulu"):
        ok(await create(client, key))
    expected = ["always", "standard", "Crew", "another", "crew", "zulu"]
    for limit in (1, 2, 3, 4, 50):
        pages, params = [], {"limit": limit}
        while True:
            page = await build.get(client, URL, **params)
            pages.append([item["key"] for item in page["items"]])
            if page["next_cursor"] is None:
                break
            params["cursor"] = page["next_cursor"]
        assert [key for keys in pages for key in keys] == expected
        assert {len(keys) for keys in pages[:-1]} <= {limit}
