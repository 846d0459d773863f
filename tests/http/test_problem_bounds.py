"""Problems are bounded, whatever is wrong, and however much of it."""

import httpx
import pytest

from tests.http.twins import CANARY, Twins


async def test_at_most_50_errors_are_listed_and_more_are_told(twins: Twins) -> None:
    milestones = [{"key": f"m{i}", "planned_finish": CANARY, CANARY: CANARY} for i in range(5_000)]
    document = {"name": "A", "milestones": milestones}
    answer = await twins.send("PUT", "/v1/plans/p/document", json=document, headers={"If-Match": "*"})
    assert answer.status_code == 422
    assert len(answer.json()["errors"]) == 50
    assert answer.json()["errors_truncated"] is True


@pytest.mark.parametrize("length", [200, 10_000])
async def test_long_names_do_not_make_long_problems(twins: Twins, length: int) -> None:
    unknown = {f"{i:03}" + "\U0001f6f6" * length: 1 for i in range(60)}
    for document in (unknown, {"name": "A", "labels": unknown}, {"name": "A", "milestones": [unknown] * 5}):
        answer = await twins.send("PUT", "/v1/plans/p/document", json=document, headers={"If-Match": "*"})
        assert answer.status_code == 422
        assert len(answer.content) <= 32 * 1024


async def test_a_cycle_of_20_000_milestones_is_told_in_bounds(client: httpx.AsyncClient) -> None:
    keys = [f"{i:05}" + "k" * 95 for i in range(20_000)]
    milestones = [{"key": key, "name": key} for key in keys]
    links = [{"predecessor": a, "successor": b} for a, b in zip(keys, [*keys[1:], keys[0]], strict=True)]
    document = {"name": "A", "milestones": milestones, "dependencies": links}
    answer = await client.put("/v1/plans/ring/document", json=document)
    assert answer.status_code == 422
    assert answer.json()["errors"][0]["code"] == "cycle"
    assert len(answer.content) <= 32 * 1024
