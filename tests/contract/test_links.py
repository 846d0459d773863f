"""Links of the document: from what was made or found to the operations on it."""

from typing import Any

import httpx
import pytest

from tests.http import build
from tests.service import openapi

PATHS = {
    operation["operationId"]: path for path, methods in openapi()["paths"].items() for operation in methods.values()
}
LINKS = {
    (operation["operationId"], name): link
    for methods in openapi()["paths"].values()
    for operation in methods.values()
    for response in operation["responses"].values()
    for name, link in response.get("links", {}).items()
}


def value(expression: str, request: dict[str, str], body: Any) -> str:
    """What a runtime expression of a link says."""
    source, _, place = expression.partition("#")
    if not place:
        return request[source.removeprefix("$request.path.")]
    for part in place.split("/")[1:]:
        body = body[int(part) if isinstance(body, list) else part]
    return str(body)


def test_a_link_gives_every_name_that_the_path_needs() -> None:
    for (_, name), link in LINKS.items():
        assert set(link["parameters"]) == {part[1:-1] for part in PATHS[name].split("/") if part.startswith("{")}


@pytest.mark.parametrize(
    ("start", "body", "target"),
    [
        ("create_milestone", build.milestone("d"), "get_milestone"),
        ("create_dependency", build.dependency("b", "a"), "get_dependency"),
        ("create_baseline", build.baseline(), "get_baseline"),
        ("record_event", build.event("e"), "get_event"),
        ("list_revisions", None, "get_revision"),
    ],
)
async def test_a_link_leads_to_what_was_made_or_found(
    client: httpx.AsyncClient, start: str, body: Any, target: str
) -> None:
    await build.put(client, "p", build.document(*map(build.milestone, "ab")))
    named = {"plan": "p"}
    method = "GET" if body is None else "POST"
    told = build.ok(await client.request(method, PATHS[start].format(**named), json=body))
    parameters = LINKS[start, target]["parameters"]
    names = {name: value(expression, named, told) for name, expression in parameters.items()}
    assert (await client.get(PATHS[target].format(**names))).status_code == 200
