"""The shortest way from a plan to its variance."""

import httpx


async def test_a_plan_its_baseline_an_event_and_the_variance(client: httpx.AsyncClient) -> None:
    document = {
        "name": "Python 3.13",
        "milestones": [{"key": "beta-1", "name": "3.13.0 beta 1", "planned_finish": "2024-05-07"}],
    }
    created = await client.put("/v1/plans/python-3.13/document", json=document)
    assert created.status_code == 201
    baseline = await client.post("/v1/plans/python-3.13/baselines", json={"name": "PEP 719", "reason": "announced"})
    assert baseline.status_code == 201
    event = {
        "id": "run-8123",
        "source": "ci/release",
        "type": "milestone.completed",
        "milestone": "beta-1",
        "occurred_at": "2024-05-08T10:12:00Z",
        "actor": "release-manager",
        "data": {},
    }
    assert (await client.post("/v1/plans/python-3.13/events", json=event)).status_code == 201
    answer = await client.get("/v1/plans/python-3.13/variance", params={"as_of": "2024-05-09T00:00:00Z"})
    assert answer.status_code == 200
    item = answer.json()["items"][0]
    assert item["schedule_status"] == "late"
    assert item["finish_variance"] == {
        "working_minutes": 1440,
        "working_days": 1.0,
        "elapsed_minutes": 1440,
        "basis": "actual",
        "favorability": "unfavorable",
        "reason": None,
    }
