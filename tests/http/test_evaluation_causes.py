"""What is judged beside the dates: status dates, deadlines, the order of work; and whose breach explains another."""

from datetime import UTC, datetime

import httpx
from fastapi import FastAPI

from tests.evaluating import acknowledge, advance_to, deviations, due_at, edit, evaluate, evaluations, only, report
from tests.http.build import activity, capture, dependency, document, milestone, ok, put, tolerance
from tests.service import TestClock

SLIP = tolerance(key="slip", upper={"breach": 0})
DEADLINE = tolerance(key="limit", measure="deadline_variance", upper={"breach": 0})
SILENCE = tolerance(key="unheard", measure="silence_minutes", unit="working_minutes", upper={"breach": 60})


class TestStatusDate:
    """A plan with a `status_date` is judged at that one; silence at the present instant all the same."""

    async def test_its_data_date_stays_while_the_clock_goes_on(
        self, client: httpx.AsyncClient, service: FastAPI, clock: TestClock
    ) -> None:
        await only(client, SLIP)
        await put(client, "p", document(status_date="2026-03-02"))
        await capture(client, "p")
        await evaluate(service)
        assert await due_at(client) is None
        clock.now = datetime(2026, 3, 20, 9, 0, tzinfo=UTC)
        await edit(client, "tolerances/slip", name="Looked at again")
        await evaluate(service)
        assert (await evaluations(client))[-1]["as_of"] == "2026-03-03T00:00:00Z"
        assert await deviations(client) == []
        await edit(client, "plans/p", status_date="2026-03-12")
        await evaluate(service)
        (found,) = await deviations(client)
        assert (found["opened_at"], found["evidence"]["as_of"]) == ("2026-03-20T09:00:00Z", "2026-03-13T00:00:00Z")

    async def test_an_event_from_before_the_status_date_is_told_late(
        self, client: httpx.AsyncClient, service: FastAPI, clock: TestClock
    ) -> None:
        await only(client, SLIP)
        await put(client, "p", document(status_date="2026-03-12"))
        await capture(client, "p")
        clock.now = datetime(2026, 3, 20, 9, 0, tzinfo=UTC)
        await evaluate(service)
        await report(client, 1, "completed", "2026-03-09T10:00:00Z")
        await evaluate(service)
        (found,) = await deviations(client)
        told = ok(await client.get(f"/v1/deviations/{found['id']}/transitions"))["items"]
        assert [(each["kind"], each["retroactive"]) for each in told] == [("opened", False), ("resolved", True)]

    async def test_silence_is_judged_now(self, client: httpx.AsyncClient, service: FastAPI, clock: TestClock) -> None:
        await only(client, SILENCE)
        await put(client, "p", document(activity("a", "2026-03-02", "2026-03-30"), status_date="2026-03-02"))
        await capture(client, "p")
        await report(client, 1, "started", "2026-03-02T08:30:00Z")
        await evaluate(service)
        await advance_to(service, client, datetime(2026, 3, 2, 9, 30, tzinfo=UTC))
        assert await deviations(client) == []
        await advance_to(service, client, datetime(2026, 3, 2, 9, 31, tzinfo=UTC))
        (found,) = await deviations(client)
        assert (found["opened_at"], found["evidence"]["value"]) == ("2026-03-02T09:31:00Z", 61)


class TestLimits:
    """Deadlines of milestones, and the plan's `target_finish`."""

    async def test_a_deadline_is_in_danger_as_soon_as_that_is_forecast(
        self, client: httpx.AsyncClient, service: FastAPI
    ) -> None:
        await only(client, DEADLINE)
        await put(client, "p", document(milestone(deadline="2026-03-12")))
        await capture(client, "p")
        await report(client, 1, "forecast_changed", "2026-03-02T08:00:00Z", finish="2026-03-12")
        await evaluate(service)
        assert await deviations(client) == []
        await report(client, 2, "forecast_changed", "2026-03-02T08:30:00Z", finish="2026-03-13")
        await evaluate(service)
        (found,) = await deviations(client)
        assert (found["milestone"], found["baseline"], found["evidence"]["value"]) == ("a", None, 1.0)

    async def test_so_is_the_target_of_the_whole_plan(self, client: httpx.AsyncClient, service: FastAPI) -> None:
        await only(client, DEADLINE)
        await put(client, "p", document(target_finish="2026-03-10"))
        await capture(client, "p")
        await report(client, 1, "forecast_changed", "2026-03-02T08:00:00Z", finish="2026-03-14")
        await evaluate(service)
        (found,) = await deviations(client)
        assert (found["milestone"], found["level"], found["evidence"]["value"]) == (None, "breach", 4.0)
        await edit(client, "plans/p", target_finish="2026-03-14")
        await evaluate(service)
        assert [each["resolution"] for each in await deviations(client)] == ["within_tolerance"]

    async def test_a_new_baseline_does_not_touch_a_deadline(
        self, client: httpx.AsyncClient, service: FastAPI
    ) -> None:
        await only(client, DEADLINE)
        await put(client, "p", document(milestone(finish="2026-03-13", deadline="2026-03-12")))
        for _ in range(2):
            await capture(client, "p")
            await evaluate(service)
        assert [(each["state"], each["episode"]) for each in await deviations(client)] == [("open", 1)]


async def test_work_that_did_not_wait_for_its_predecessor_is_out_of_sequence(
    client: httpx.AsyncClient, service: FastAPI
) -> None:
    await only(client, tolerance(key="order", measure="out_of_sequence", unit="count", upper={"breach": 0}))
    tasks = activity("a", "2026-03-02", "2026-03-05"), activity("b", "2026-03-06", "2026-03-10")
    await put(client, "p", document(*tasks, dependencies=[dependency("a", "b")]))
    await capture(client, "p")
    await report(client, 1, "started", "2026-03-02T08:00:00Z", "b")
    await evaluate(service)
    (found,) = await deviations(client)
    assert (found["milestone"], found["evidence"]["value"]) == ("b", 1)
    await report(client, 2, "completed", "2026-03-02T07:00:00Z", "a")
    await evaluate(service)
    (found,) = await deviations(client)
    assert (found["state"], found["resolution"]) == ("resolved", "within_tolerance")


class TestRootCause:
    """A breach that follows from another one stands under that one's record."""

    async def lay_out(self, client: httpx.AsyncClient, followers: int, *tolerances: dict[str, object]) -> list[str]:
        """A milestone `a`, and so many others that follow it, each the day after."""
        await only(client, *tolerances)
        keys = [f"f{number:02}" for number in range(followers)]
        after = [milestone(key, "2026-03-11") for key in keys]
        links = [dependency("a", key, lag_minutes=1440) for key in keys]
        await put(client, "p", document(milestone(), *after, dependencies=links))
        await capture(client, "p")
        await report(client, "late", "forecast_changed", "2026-03-02T08:00:00Z", finish="2026-03-14")
        return keys

    async def test_one_late_task_with_fifty_that_wait_for_it_is_one_record(
        self, client: httpx.AsyncClient, service: FastAPI
    ) -> None:
        followers = await self.lay_out(client, 50, SLIP)
        await evaluate(service)
        (found,) = await deviations(client)
        assert (found["milestone"], found["consequences"]) == ("a", followers)
        assert (await evaluations(client))[-1]["transitions"] == {"opened": 1}

    async def test_a_slip_of_its_own_opens_a_record_of_its_own(
        self, client: httpx.AsyncClient, service: FastAPI
    ) -> None:
        await self.lay_out(client, 3, SLIP)
        await evaluate(service)
        await report(client, 1, "forecast_changed", "2026-03-02T08:30:00Z", "f01", finish="2026-03-20")
        await evaluate(service)
        first, second = await deviations(client)
        assert (first["milestone"], first["consequences"]) == ("a", ["f00", "f02"])
        assert (second["milestone"], second["consequences"]) == ("f01", [])

    async def test_what_stays_silent_after_its_cause_is_done_opens_at_its_own_instant(
        self, client: httpx.AsyncClient, service: FastAPI, clock: TestClock
    ) -> None:
        await only(client, {**SLIP, "upper": {"breach": 0}})
        days = (milestone("a", "2026-03-03"), milestone("b", "2026-03-04"), milestone("z", "2026-12-20"))
        await put(client, "p", document(*days, dependencies=[dependency("a", "b")]))
        await capture(client, "p")
        await advance_to(service, client, datetime(2026, 3, 10, 12, tzinfo=UTC))
        await report(client, 1, "completed", "2026-03-10T10:00:00Z", "a")
        await evaluate(service)
        (found,) = await deviations(client)
        assert (found["milestone"], found["consequences"]) == ("a", ["b"])
        await advance_to(service, client, datetime(2026, 4, 1, tzinfo=UTC))
        _, late = await deviations(client)
        assert (late["milestone"], late["opened_at"]) == ("b", "2026-03-12T00:01:00Z")

    async def test_it_is_all_over_with_its_cause(self, client: httpx.AsyncClient, service: FastAPI) -> None:
        await self.lay_out(client, 3, SLIP)
        await evaluate(service)
        await report(client, 1, "forecast_changed", "2026-03-02T08:30:00Z", finish="2026-03-10")
        await evaluate(service)
        (found,) = await deviations(client)
        assert (found["state"], found["consequences"]) == ("resolved", ["f00", "f01", "f02"])

    async def test_what_was_acknowledged_still_explains_what_follows(
        self, client: httpx.AsyncClient, service: FastAPI
    ) -> None:
        await self.lay_out(client, 3, SLIP)
        await evaluate(service)
        await acknowledge(client, (await deviations(client))[0])
        await evaluate(service)
        assert [each["state"] for each in await deviations(client)] == ["acknowledged"]

    async def test_a_deadline_is_told_whatever_explains_it(self, client: httpx.AsyncClient, service: FastAPI) -> None:
        await self.lay_out(client, 2, SLIP, DEADLINE)
        await edit(client, "plans/p/milestones/f01", deadline="2026-03-12")
        await evaluate(service)
        assert {(each["tolerance"], each["milestone"]) for each in await deviations(client)} == {
            ("slip", "a"),
            ("limit", "f01"),
        }
