"""Acknowledging deviations: who has seen it, why it may stay, until when; and what an evaluation makes of it."""

from dataclasses import replace

import httpx
import pytest

from app.deviations.service import Moved
from tests.http import build
from tests.http.build import Json, failure, places
from tests.http.deviating import Watch, acknowledge, watched
from tests.service import MakeClient, MakeKey, TestClock

LATER = "2026-03-03T12:00:00Z"


@pytest.fixture
async def watch(client: httpx.AsyncClient) -> Watch:
    """A plan whose milestone `a` is 2 days late: a warning."""
    found = await watched(client)
    await found.sees(a=2.0)
    return found


async def test_it_says_who_why_and_until_when(client: httpx.AsyncClient, watch: Watch, clock: TestClock) -> None:
    clock.advance(hours=1)
    said = await acknowledge(client, await watch.only(), reason_code="scope_change", until=LATER)
    assert said == await watch.only()
    assert (said["state"], said["changed_at"]) == ("acknowledged", "2026-03-02T10:00:00Z")
    assert said["acknowledgement"] == {
        "author": "admin",
        "recorded_at": "2026-03-02T10:00:00Z",
        "reason": "known",
        "reason_code": "scope_change",
        "until": LATER,
    }


async def test_it_is_part_of_the_history(client: httpx.AsyncClient, watch: Watch, clock: TestClock) -> None:
    clock.advance(hours=1)
    said = await acknowledge(client, await watch.only())
    last = (await watch.history(said))[-1]
    assert (last["kind"], last["actor"], last["evaluation"]) == ("acknowledged", "admin", None)
    assert (last["as_of"], last["recorded_at"]) == ("2026-03-02T09:00:00Z", "2026-03-02T10:00:00Z")
    assert last["acknowledgement"] == said["acknowledgement"]


async def test_it_may_be_said_anew(client: httpx.AsyncClient, watch: Watch) -> None:
    await acknowledge(client, await watch.only(), until=LATER)
    said = await acknowledge(client, await watch.only(), reason="the board took it")
    assert (said["acknowledgement"]["reason"], said["acknowledgement"]["until"]) == ("the board took it", None)
    assert len(await watch.history(said)) == 3


async def test_it_lasts_while_nothing_gets_worse(client: httpx.AsyncClient, watch: Watch) -> None:
    await acknowledge(client, await watch.only())
    await watch.sees(a=4.0)
    assert (await watch.only())["state"] == "acknowledged"


async def test_it_ends_when_the_level_rises(client: httpx.AsyncClient, watch: Watch) -> None:
    await acknowledge(client, await watch.only())
    await watch.sees(a=6.0)
    found = await watch.only()
    assert (found["state"], found["acknowledgement"]) == ("open", None)
    assert [one["kind"] for one in await watch.history(found)] == ["opened", "acknowledged", "worsened", "reopened"]


async def test_it_ends_with_its_time(client: httpx.AsyncClient, watch: Watch, clock: TestClock) -> None:
    await acknowledge(client, await watch.only(), until=LATER)
    states = []
    for _ in range(2):
        clock.advance(days=1)
        await watch.sees(a=2.0)
        states.append((await watch.only())["state"])
    assert states == ["acknowledged", "open"]


async def test_on_finished_work_it_settles_the_matter(client: httpx.AsyncClient, watch: Watch) -> None:
    watch = replace(watch, final=frozenset({"a"}))
    await watch.sees(a=2.5)
    said = await acknowledge(client, await watch.only(), until=LATER)
    assert (said["state"], said["resolution"], said["resolved_at"]) == ("resolved", "accepted", said["changed_at"])
    assert said["acknowledgement"]["until"] is None
    assert [one["kind"] for one in await watch.history(said)] == ["opened", "resolved"]


async def test_what_was_accepted_opens_again_only_if_it_is_worse(client: httpx.AsyncClient, watch: Watch) -> None:
    watch = replace(watch, final=frozenset({"a"}))
    await watch.sees(a=2.5)
    await acknowledge(client, await watch.only())
    for value, episodes in ((2.5, [1]), (2.4, [1]), (2.6, [2, 1])):
        await watch.sees(a=value)
        assert [one["episode"] for one in await watch.deviations()] == episodes


async def test_what_was_accepted_is_forgotten_once_it_is_back(client: httpx.AsyncClient, watch: Watch) -> None:
    await replace(watch, final=frozenset({"a"})).sees(a=2.5)
    await acknowledge(client, await watch.only())
    for value in (0.0, 2.0):
        await watch.sees(a=value)
    assert [one["state"] for one in await watch.deviations()] == ["open", "resolved"]


async def test_what_is_resolved_takes_none(client: httpx.AsyncClient, watch: Watch) -> None:
    await watch.sees(a=0.0)
    path = f"/v1/deviations/{(await watch.only())['id']}/acknowledgements"
    answer = await client.post(path, json={"reason": "known"})
    assert failure(answer) == (409, "deviation-resolved")


NO_SENSE: list[tuple[Json, tuple[str, str]]] = [
    ({"until": "2026-03-02T09:00:00Z"}, ("/until", "not_in_future")),
    ({"reason_code": "nothing"}, ("/reason_code", "unknown_reason_code")),
    ({"reason_code": "old"}, ("/reason_code", "deprecated_reason_code")),
    ({"reason": ""}, ("/reason", "string_too_short")),
    ({"by": "me"}, ("/by", "extra_forbidden")),
]


async def test_it_must_make_sense(client: httpx.AsyncClient, watch: Watch, subtests: pytest.Subtests) -> None:
    build.ok(await client.post("/v1/reason-codes", json={"key": "old", "name": "Old"}))
    headers = {"If-Match": "*"}
    build.ok(await client.patch("/v1/reason-codes/old", json={"deprecated": True}, headers=headers))
    path = f"/v1/deviations/{(await watch.only())['id']}/acknowledgements"
    for fields, place in NO_SENSE:
        with subtests.test(fields=fields):
            assert places(await client.post(path, json={"reason": "known", **fields})) == [place]
            assert (await watch.only())["state"] == "open"


async def test_a_repeat_under_one_idempotency_key_is_said_once(client: httpx.AsyncClient, watch: Watch) -> None:
    found = await watch.only()
    for _ in range(2):
        path = f"/v1/deviations/{found['id']}/acknowledgements"
        build.ok(await client.post(path, json={"reason": "known"}, headers={"Idempotency-Key": "once"}))
    assert len(await watch.history(found)) == 2


async def test_it_makes_the_plan_due(client: httpx.AsyncClient, watch: Watch) -> None:
    async def due() -> str | None:
        found: str | None = (await build.get(client, "/v1/plans/p/evaluation"))["check_due_at"]
        return found

    await acknowledge(client, await watch.only())
    assert await due() is not None


async def test_it_needs_its_scope(
    client: httpx.AsyncClient, watch: Watch, make_client: MakeClient, make_key: MakeKey
) -> None:
    reader = make_client(await make_key("deviations:read"))
    path = f"/v1/deviations/{(await watch.only())['id']}/acknowledgements"
    assert failure(await reader.post(path, json={"reason": "known"})) == (403, "forbidden")


# While an evaluation computes


async def test_an_evaluation_that_changes_nothing_leaves_it_alone(client: httpx.AsyncClient, watch: Watch) -> None:
    found = await watch.judge({"a": 2.4})
    await acknowledge(client, await watch.only())
    await watch.write(found)
    after = await watch.only()
    assert (after["state"], after["evidence"]["value"]) == ("acknowledged", 2.4)


async def test_an_evaluation_that_would_overlook_it_has_to_judge_again(
    client: httpx.AsyncClient, watch: Watch
) -> None:
    found = await watch.judge({"a": 6.0})
    await acknowledge(client, await watch.only())
    before = await watch.only()
    with pytest.raises(Moved):
        await watch.write(found)
    assert await watch.only() == before
    await watch.sees(a=6.0)
    kinds = [one["kind"] for one in await watch.history(before)]
    assert kinds == ["opened", "acknowledged", "worsened", "reopened"]


async def test_a_new_until_is_not_lost_to_the_end_of_the_old_one(
    client: httpx.AsyncClient, watch: Watch, clock: TestClock
) -> None:
    await acknowledge(client, await watch.only(), until=LATER)
    clock.advance(days=2)
    found = await watch.judge({"a": 2.0})
    await acknowledge(client, await watch.only(), until="2026-04-01T00:00:00Z")
    with pytest.raises(Moved):
        await watch.write(found)
    await watch.sees(a=2.0)
    assert (await watch.only())["acknowledgement"]["until"] == "2026-04-01T00:00:00Z"


async def test_what_was_accepted_meanwhile_stays_accepted(client: httpx.AsyncClient, watch: Watch) -> None:
    watch = replace(watch, final=frozenset({"a"}))
    await watch.sees(a=2.0)
    unchanged, back = await watch.judge({"a": 2.4}), await watch.judge({"a": 0.0})
    await acknowledge(client, await watch.only())
    await watch.write(unchanged)
    with pytest.raises(Moved):
        await watch.write(back)
    await watch.sees(a=2.0)
    assert (await watch.only())["resolution"] == "accepted"


async def test_what_is_over_meanwhile_is_over_in_spite_of_it(client: httpx.AsyncClient, watch: Watch) -> None:
    found = await watch.judge({"a": 0.0})
    await acknowledge(client, await watch.only())
    await watch.write(found)
    after = await watch.only()
    assert (after["state"], after["acknowledgement"]["reason"]) == ("resolved", "known")


async def test_what_is_said_once_all_is_made_ready_has_it_judged_again(
    client: httpx.AsyncClient, watch: Watch
) -> None:
    prepared = await watch.prepare(await watch.judge({"a": 2.4, "b": 6.0}))
    await acknowledge(client, await watch.only())
    before = await watch.deviations()
    with pytest.raises(Moved):
        await watch.apply(prepared)
    assert await watch.deviations() == before
    await watch.sees(a=2.4, b=6.0)
    assert [(one["milestone"], one["state"]) for one in await watch.deviations()] == [
        ("b", "open"),
        ("a", "acknowledged"),
    ]
