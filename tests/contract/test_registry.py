"""The registry of problems: where the `type` of every failure leads."""

import json
import re
from collections import Counter
from html import unescape

import pytest
from jsonschema_rs import validator_for

from app.kit.problems import Problem, explanation, registry
from app.main import create_app
from app.settings import Settings
from tests.service import MakeClient, openapi

BROWSER = {"Accept": "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8"}
PROBLEM = {"$ref": "#/components/schemas/Problem", "components": openapi()["components"]}
create_app(Settings())  # so that every module that defines a problem is loaded


def defined(kind: type[Problem] = Problem) -> list[type[Problem]]:
    return [found for direct in kind.__subclasses__() for found in (direct, *defined(direct))]


every_problem = pytest.mark.parametrize("kind", [pytest.param(kind, id=kind.__name__) for kind in defined()])


def test_slugs_are_unique_so_none_is_missing_from_the_registry() -> None:
    counts = Counter(kind.slug for kind in defined())
    assert [slug for slug, count in counts.items() if count > 1] == []
    assert {kind.slug for kind in registry()} == counts.keys()


@every_problem
def test_a_problem_says_what_it_is(kind: type[Problem]) -> None:
    assert re.fullmatch(r"[a-z]+(-[a-z]+)*", kind.slug)
    assert kind.slug != Problem.slug
    assert kind.title
    assert kind.title != Problem.title
    assert kind.__doc__ != Problem.__doc__


@every_problem
def test_a_problem_says_what_happened_why_and_what_to_do(kind: type[Problem]) -> None:
    told = explanation(kind)
    for text in (told.what, told.why, told.advice):
        assert len(text) >= 20
        assert text.endswith((".", ")."))
        assert "—" not in text
    assert len({told.what, told.why, told.advice}) == 3


@every_problem
def test_a_problem_that_names_places_has_an_example_of_one(kind: type[Problem]) -> None:
    names_places = re.search(r"\berrors\b", f"{kind.__doc__} {kind.advice}") is not None
    assert names_places <= bool(kind.example_errors)


@every_problem
def test_its_status_is_one_that_answers_declare(kind: type[Problem]) -> None:
    declared = {int(name.removeprefix("Problem")[:3]) for name in openapi()["components"]["responses"]}
    assert kind.status in declared | {405}  # no operation answers that it is not one


@pytest.mark.only_on("sqlite")
async def test_every_type_leads_to_its_explanation_without_a_key(make_client: MakeClient) -> None:
    client = make_client(None)
    for kind in defined():
        assert (await client.get(f"/problems/{kind.slug}")).json() == {
            "type": f"/problems/{kind.slug}",
            "title": kind.title,
            "status": kind.status,
            "code": kind.slug,
            "description": " ".join((kind.__doc__ or "").split()),
            "advice": kind.advice,
        }


@pytest.mark.only_on("sqlite")
async def test_every_type_leads_to_a_page_in_a_browser(make_client: MakeClient) -> None:
    client = make_client(None)
    index = await client.get("/problems", headers=BROWSER)
    for kind in defined():
        page = await client.get(f"/problems/{kind.slug}", headers=BROWSER)
        assert page.headers["content-type"] == "text/html; charset=utf-8"
        assert page.headers["vary"] == index.headers["vary"] == "Accept"
        assert f'href="/problems/{kind.slug}"' in index.text
        shown = unescape(page.text)
        for heading in (f"<h1>{kind.title}</h1>", "What happened", "Why", "What to do", f"HTTP/1.1 {kind.status} "):
            assert heading in shown
        example = json.loads(re.findall(r"\n\n(\{\n.*\n\})</code>", shown, re.DOTALL)[0])
        assert (example["code"], example["status"]) == (kind.slug, kind.status)
        validator_for(PROBLEM).validate(example)


@pytest.mark.only_on("sqlite")
@pytest.mark.parametrize(
    ("accept", "answered"),
    [
        (None, "application/json"),
        ("*/*", "application/json"),
        ("application/json", "application/json"),
        ("application/json, text/html", "application/json"),
        ("text/html;q=0.4, application/json;q=0.5", "application/json"),
        ("text/html;q=0, */*", "application/json"),
        ("image/png", "application/json"),
        ("text/html;q=much", "application/json"),
        ("text/html", "text/html"),
        ("text/*", "text/html"),
        ("TEXT/HTML; charset=utf-8, */*; q=0.1", "text/html"),
        ("application/json;q=0.1, */*", "text/html"),
    ],
)
async def test_who_prefers_html_gets_a_page(make_client: MakeClient, accept: str | None, answered: str) -> None:
    client = make_client(None)
    client.headers.pop("accept")
    page = await client.get("/problems/not-found", headers={} if accept is None else {"Accept": accept})
    assert page.headers["content-type"].partition(";")[0] == answered
    assert page.headers["vary"] == "Accept"


@pytest.mark.only_on("sqlite")
async def test_the_registry_lists_every_problem(make_client: MakeClient) -> None:
    answer = await make_client(None).get("/problems")
    assert [item["code"] for item in answer.json()["items"]] == sorted(kind.slug for kind in defined())


@pytest.mark.only_on("sqlite")
@pytest.mark.parametrize("slug", ["nothing-of-the-kind", "problem"])
async def test_what_is_no_problem_is_not_found(make_client: MakeClient, slug: str) -> None:
    answer = await make_client(None).get(f"/problems/{slug}")
    assert (answer.status_code, answer.json()["code"]) == (404, "not-found")
