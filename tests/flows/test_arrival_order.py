"""Whatever order events arrive in, and however often: the same state, the same bytes."""

from uuid import uuid4

import httpx
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.http.events_build import (
    Json,
    activity,
    batch,
    correction,
    event,
    instead,
    make_plan,
    milestone,
    phase,
    retraction,
)
from tests.scale import full
from tests.service import NOW, MakeClient, MakeKey, TestClock

MILESTONES = [
    phase("f"),
    activity("a", "2026-03-03", "2026-03-10", parent="f", planned_duration_minutes=2_400),
    activity("b", "2026-03-04T08:00:00Z", "2026-03-09T17:00:00Z", parent="f"),
    milestone("c", "2026-03-08"),
]
KINDS = ["started", "progressed", "completed", "reopened", "blocked", "unblocked", "forecast_changed", "cancelled"]
MOMENTS = ["2026-03-04", "2026-03-03T23:00:00Z", "2026-03-06T10:30:00Z", "2026-03-08"]  # the first two tie


@st.composite
def contents(draw: st.DrawFn) -> tuple[str, str, str, Json]:
    """What happened: type, milestone, when, data. Few moments, so that many events tie."""
    kind = draw(st.sampled_from(KINDS))
    data: Json = {}
    if kind == "progressed":
        data = {"percent_complete": float(draw(st.integers(0, 100))), "remaining_minutes": draw(st.integers(0, 3000))}
    elif kind == "forecast_changed":
        edge = draw(st.sampled_from(["start", "finish"]))
        data = {edge: draw(st.none() | st.sampled_from(MOMENTS))}
    return kind, draw(st.sampled_from("aabc")), draw(st.sampled_from(MOMENTS)), data


@st.composite
def histories(draw: st.DrawFn) -> list[Json]:
    """Events, corrections and retractions of each other and of what nobody knows."""
    found = []
    for number in range(draw(st.integers(6, 16))):
        kind, target, at, data = draw(contents())
        name, other = f"e{number}", f"e{draw(st.integers(0, 16))}"
        match draw(st.sampled_from(["event", "event", "event", "correction", "retraction"])):
            case "event":
                found.append(event(name, kind, target, at, data=data))
            case "correction":
                found.append(
                    correction(name, other, instead(kind, target, at, data=data), draw(st.sampled_from(MOMENTS)))
                )
            case _:
                found.append(retraction(name, other, draw(st.sampled_from(MOMENTS))))
    return found


@st.composite
def deliveries(draw: st.DrawFn) -> tuple[list[Json], list[Json]]:
    """The same events in two orders, the second with repeats."""
    history = draw(histories())
    repeats = draw(st.lists(st.sampled_from(history), max_size=6))
    return history, draw(st.permutations([*history, *repeats]))


async def answers(client: httpx.AsyncClient, delivery: list[Json], cut: int, clock: TestClock) -> list[bytes]:
    """Deliver in two batches, the n-th new event recorded at the n-th minute; the variance at some status dates."""
    clock.now = NOW
    await make_plan(client, "p", MILESTONES, calendar="standard", time_zone="Europe/Berlin")
    clock.advance(days=30)
    places: dict[str, int] = {}
    for each in delivery:
        places.setdefault(each["id"], len(places))
    items = [{**each, "plan": "p", "recorded_at": f"2026-03-20T10:{places[each['id']]:02}:00Z"} for each in delivery]
    for part in (items[:cut], items[cut:]):
        assert (await batch(client, part))["rejected"] == 0
    found = []
    for as_of in ("2026-03-05", "2026-03-07T09:00:00Z", "2026-03-20"):
        answer = await client.get("/v1/plans/p/variance", params={"as_of": as_of})
        digest: str = answer.json()["inputs_digest"]  # it names this plan and no other
        found.append(answer.content.replace(digest.encode(), b""))
    return found


@settings(
    max_examples=full(500, 25),
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.function_scoped_fixture],
)
@given(both=deliveries(), cut=st.integers(0, 20))
async def test_any_order_and_any_repeats_give_the_same_bytes(
    both: tuple[list[Json], list[Json]], cut: int, make_client: MakeClient, make_key: MakeKey, clock: TestClock
) -> None:
    in_order, shuffled = [
        await answers(make_client(await make_key("admin", workspace=uuid4().hex)), delivery, at, clock)
        for delivery, at in zip(both, (0, cut), strict=True)
    ]
    assert in_order == shuffled
