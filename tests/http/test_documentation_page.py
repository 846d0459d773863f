"""The pages work without any network: what they load comes from the service itself, and little of it may run."""

import gzip
import re

import pytest

from app.pages.assets import FILES, address
from app.pages.guides import guides
from tests.service import MakeClient

LOADED = re.compile(r"""<(?:link|script|img)\b[^>]*?(?:src|href)="([^"]+)\"""")
LINKED = re.compile(r"""<a\b[^>]*?href="([^"#]+)[^"]*\"""")
ELSEWHERE = re.compile(r"""url\(\s*["']?(?:https?:)?//|@import\s""")
PAGES = ["/docs", "/guides", *(f"/guides/{name}" for name in guides() if name), "/problems", "/problems/not-found"]
BROWSER = {"Accept": "text/html,*/*;q=0.8"}

pytestmark = pytest.mark.only_on("sqlite")
every_page = pytest.mark.parametrize("path", PAGES)


@every_page
async def test_everything_that_a_page_loads_is_here(make_client: MakeClient, path: str) -> None:
    client = make_client(None)
    page = await client.get(path, headers=BROWSER)
    assert page.headers["content-type"] == "text/html; charset=utf-8"
    for asset in LOADED.findall(page.text):
        assert re.match(r"/[^/]", asset)
        assert (await client.get(asset)).status_code == 200, asset


@every_page
async def test_every_link_to_a_page_of_ours_leads_somewhere(make_client: MakeClient, path: str) -> None:
    client = make_client(None)
    for link in LINKED.findall((await client.get(path, headers=BROWSER)).text):
        assert link.startswith(("/", "https://")), link
        if link.startswith("/"):
            assert (await client.get(link, headers=BROWSER)).status_code == 200, link


@every_page
async def test_a_page_runs_no_script_but_its_own_files(make_client: MakeClient, path: str) -> None:
    page = await make_client(None).get(path, headers=BROWSER)
    policy = dict(part.strip().split(" ", 1) for part in page.headers["content-security-policy"].split(";"))
    assert policy["default-src"] == "'none'"
    assert policy.get("script-src", "'none'") == ("'self'" if path == "/docs" else "'none'")
    allowed = {word for sources in policy.values() for word in sources.split()}
    assert allowed <= {"'self'", "'none'", "data:"}
    assert not re.search(r"<script(?![^>]*\bsrc=)|<style|\bstyle=|\bon\w+=", page.text)


@pytest.mark.parametrize("name", FILES)
async def test_a_file_of_a_page_is_kept_for_ever_and_sent_small(make_client: MakeClient, name: str) -> None:
    client = make_client(None)
    small = await client.get(address(name), headers={"Accept-Encoding": "br, gzip"})
    plain = await client.get(address(name), headers={"Accept-Encoding": "gzip;q=0, br"})
    assert (small.headers["content-encoding"], plain.headers.get("content-encoding")) == ("gzip", None)
    assert int(small.headers["content-length"]) == len(gzip.compress(plain.content, 6))
    assert small.content == plain.content == FILES[name].read_bytes()
    assert {small.headers["vary"], plain.headers["vary"]} == {"Accept-Encoding"}
    assert "immutable" in plain.headers["cache-control"]


async def test_no_style_names_anything_elsewhere(make_client: MakeClient) -> None:
    for name in FILES:
        if name.endswith(".css"):
            assert not ELSEWHERE.search((await make_client(None).get(address(name))).text), name


@pytest.mark.parametrize(
    "path",
    ["/redoc", "/docs/oauth2-redirect", "/docs/assets/0/page.css", "/docs/assets/0/routes.py", "/guides/README"],
)
async def test_nothing_else_is_there(make_client: MakeClient, path: str) -> None:
    assert (await make_client(None).get(path)).json()["code"] == "not-found"


async def test_the_reference_shows_the_document_that_clients_get(make_client: MakeClient) -> None:
    client = make_client(None)
    assert 'data-document="/openapi.json"' in (await client.get("/docs")).text
    document = (await client.get("/openapi.json")).json()
    examples = [
        operation["requestBody"]["content"]
        for methods in document["paths"].values()
        for operation in methods.values()
        if "requestBody" in operation
    ]
    assert len(examples) > 10
    assert all("example" in body for content in examples for body in content.values())


async def test_the_document_is_compressed_and_asked_for_once(make_client: MakeClient) -> None:
    client = make_client(None)
    first = await client.get("/openapi.json", headers={"Accept-Encoding": "gzip"})
    assert first.headers["content-encoding"] == "gzip"
    assert first.headers["vary"] == "Accept-Encoding"
    again = await client.get("/openapi.json", headers={"If-None-Match": first.headers["etag"]})
    assert (again.status_code, again.content) == (304, b"")
    plain = await client.get("/openapi.json", headers={"Accept-Encoding": "identity"})
    assert plain.json() == first.json()
