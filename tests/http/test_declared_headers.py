"""What answers carry in their headers is what the OpenAPI document says of them."""

import httpx
import pytest

from app.settings import Settings
from tests.http.operations import PROTECTED, USUAL, Operation, lay_out
from tests.service import openapi

pytestmark = pytest.mark.only_on("sqlite")


RATE_LIMIT = {"ratelimit", "ratelimit-policy"}
EVERYTHING = [*USUAL, "import", "deviation"]


@pytest.fixture
def settings(settings: Settings) -> Settings:
    """With a limit, which is never reached: it is told in headers."""
    return settings.model_copy(update={"requests_per_minute": 1_000_000})


def declared(operation: Operation, status: int) -> set[str]:
    """The headers that the document names for an answer."""
    found = openapi()["paths"][operation.path][operation.method]["responses"][str(status)]
    return {name.lower() for name in found.get("headers", {})}


async def laid_out_for(client: httpx.AsyncClient, operation: Operation) -> str:
    """The name of a plan of its own with what the operation asks for."""
    name = operation.id.replace("_", "-")
    await lay_out(client, name, operation.parts)
    return name


async def test_headers_are_sent_where_they_are_declared(client: httpx.AsyncClient, subtests: pytest.Subtests) -> None:
    await lay_out(client, "p", EVERYTHING)
    for operation in PROTECTED:
        with subtests.test(operation=operation.id):
            name = "p" if operation.method == "get" else await laid_out_for(client, operation)
            answer = await operation.send(client, name)
            assert answer.is_success
            sent = {"etag", "location", "content-disposition", *RATE_LIMIT} & answer.headers.keys()
            assert declared(operation, answer.status_code) - {"idempotency-replayed"} == sent


# A preview has no effect that could be repeated.
REPLAYED = [found for found in PROTECTED if found.method == "post" and not found.id.startswith("preview_")]


async def test_a_replay_says_so_where_it_is_declared(client: httpx.AsyncClient, subtests: pytest.Subtests) -> None:
    for operation in REPLAYED:
        with subtests.test(operation=operation.id):
            name = await laid_out_for(client, operation)
            for replayed in (None, "true"):
                answer = await operation.send(client, name, **{"Idempotency-Key": name})
                assert answer.headers.get("Idempotency-Replayed") == replayed
            assert "idempotency-replayed" in declared(operation, answer.status_code)


async def test_what_has_not_changed_is_not_sent_again_where_it_is_declared(client: httpx.AsyncClient) -> None:
    await lay_out(client, "p", EVERYTHING)
    for operation in (found for found in PROTECTED if found.method == "get"):
        said = openapi()["paths"][operation.path]["get"]
        takes = "If-None-Match" in {parameter["name"] for parameter in said.get("parameters", ())}
        answer = await operation.send(client, "p", **{"If-None-Match": "*"})
        assert (answer.status_code == 304) == takes == ("304" in said["responses"]), operation.id
