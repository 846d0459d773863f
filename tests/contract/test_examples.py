"""Every example of the documentation runs, in its order, on the data of `leeway demo`."""

import json
from typing import Any

import httpx
from fastapi import FastAPI

from app.demo.history import load
from app.demo.run import PLAN, sample
from app.evaluation.service import evaluate_due
from app.openapi.examples import EXAMPLES
from tests.service import TestClock, openapi

OPERATIONS = {
    operation["operationId"]: (method, path, operation)
    for path, methods in openapi()["paths"].items()
    for method, operation in methods.items()
}


def request(client: httpx.AsyncClient, name: str, media_type: str | None, body: Any, **made: str) -> httpx.Request:
    """The request that the documentation page makes of an operation's examples; `made` are names that we give."""
    method, path, operation = OPERATIONS[name]
    given: dict[str, dict[str, str]] = {"path": {}, "query": {}, "header": {}}
    for parameter in operation.get("parameters", ()):
        if "example" in parameter:
            value = parameter["example"]
            given[parameter["in"]][parameter["name"]] = value if isinstance(value, str) else json.dumps(value)
    given["path"] |= {parameter: value for parameter, value in made.items() if parameter in given["path"]}
    content = body if isinstance(body, str) or body is None else json.dumps(body)
    headers = given["header"] if media_type is None else {**given["header"], "Content-Type": media_type}
    address = path.format(**given["path"])
    return client.build_request(method, address, params=given["query"], headers=headers, content=content)


async def test_every_example_runs(client: httpx.AsyncClient, service: FastAPI, clock: TestClock) -> None:
    await load(client, PLAN, sample())
    await evaluate_due(service.state.database, clock)
    before = (await client.get(f"/v1/plans/{PLAN}/document")).content
    made: dict[str, str] = {}
    for name in EXAMPLES:
        bodies = OPERATIONS[name][2].get("requestBody", {}).get("content") or {None: {"example": None}}
        for media_type, content in bodies.items():
            clock.advance(minutes=1)
            answer = await client.send(request(client, name, media_type, content["example"], **made))
            assert answer.is_success, f"{name} as {media_type}: {answer.text}"
            if name == "create_import":
                made["import"] = answer.json()["id"]
            if name == "test_webhook":
                made["delivery"] = answer.json()["id"]
            if name == "list_plan_deviations":
                made["deviation"] = answer.json()["items"][0]["id"]
            if name == "create_corrective_action":
                made["action"] = answer.json()["id"]
            if answer.status_code == 207:
                assert answer.json()["rejected"] == 0, answer.text
    assert (await client.get(f"/v1/plans/{PLAN}/document")).content == before


async def test_examples_of_lists_and_questions_are_not_empty(client: httpx.AsyncClient) -> None:
    await load(client, PLAN, sample())
    for name in ("list_plans", "list_revisions", "list_baselines", "list_milestones", "list_events", "get_variance"):
        answer = await client.send(request(client, name, None, None))
        assert answer.json()["items"], name


def test_no_operation_lacks_an_example() -> None:
    assert set(EXAMPLES) == set(OPERATIONS)


def test_every_example_is_shown_where_it_belongs() -> None:
    for name, example in EXAMPLES.items():
        operation = OPERATIONS[name][2]
        shown = {p["name"]: p["example"] for p in operation.get("parameters", ()) if "example" in p}
        assert shown == example.get("parameters", {}), name
        bodies = operation.get("requestBody", {}).get("content", {})
        assert {name: body.get("example") for name, body in bodies.items()} == {
            media_type: body for media_type, body in example.get("body", {}).items() if media_type in bodies
        }


def test_path_parameters_all_have_examples() -> None:
    for name, (_, _, operation) in OPERATIONS.items():
        for parameter in operation.get("parameters", ()):
            if parameter["required"]:
                assert "example" in parameter, f"{name}: {parameter['name']}"
