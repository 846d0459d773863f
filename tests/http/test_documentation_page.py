"""The documentation page works without any network: everything it loads comes from the service itself."""

import re

import pytest

from tests.service import MakeClient

LOADED = re.compile(r"""(?:src|href)=["']([^"']+)["']|url:\s*'([^']+)'""")
ELSEWHERE = re.compile(r"""(?:src|href)\s*=\s*["'](?:https?:)?//|url\(\s*["']?(?:https?:)?//|@import\s""")

pytestmark = pytest.mark.only_on("sqlite")


async def test_every_asset_of_the_page_is_here(make_client: MakeClient) -> None:
    client = make_client(None)
    page = await client.get("/docs")
    assert page.headers["content-type"] == "text/html; charset=utf-8"
    loaded = {link or url for link, url in LOADED.findall(page.text)}
    assert {"/openapi.json", "/static-offline-docs/swagger-ui-bundle.js"} < loaded
    for path in loaded:
        assert path.startswith("/")
        assert not path.startswith("//")
        assert (await client.get(path)).status_code == 200, path


async def test_the_page_and_its_styles_name_nothing_elsewhere(make_client: MakeClient) -> None:
    client = make_client(None)
    for path in ("/docs", "/docs/oauth2-redirect", "/static-offline-docs/swagger-ui.css"):
        assert not ELSEWHERE.search((await client.get(path)).text), path


async def test_the_browser_is_told_to_load_from_here_only(make_client: MakeClient) -> None:
    page = await make_client(None).get("/docs")
    policy = dict(part.strip().split(" ", 1) for part in page.headers["content-security-policy"].split(";"))
    assert policy["default-src"] == "'self'"
    allowed = {word for sources in policy.values() for word in sources.split()}
    assert allowed <= {"'self'", "'none'", "'unsafe-inline'", "data:"}


async def test_the_page_shows_the_document_that_clients_get(make_client: MakeClient) -> None:
    document = (await make_client(None).get("/openapi.json")).json()
    examples = [
        operation["requestBody"]["content"]
        for methods in document["paths"].values()
        for operation in methods.values()
        if "requestBody" in operation
    ]
    assert len(examples) > 10
    assert all("example" in body for content in examples for body in content.values())
