"""The registry of problems: where the `type` of every failure leads."""

import re
from collections import Counter

import pytest

from app.kit.problems import Problem, registry
from app.main import create_app
from app.settings import Settings
from tests.service import MakeClient, openapi

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
    assert "\n" not in (kind.__doc__ or "\n").strip()
    assert kind.__doc__ != Problem.__doc__


@every_problem
def test_its_status_is_one_that_answers_declare(kind: type[Problem]) -> None:
    declared = {int(name.removeprefix("Problem")) for name in openapi()["components"]["responses"]}
    assert kind.status in declared


@pytest.mark.only_on("sqlite")
async def test_every_type_leads_to_its_explanation_without_a_key(make_client: MakeClient) -> None:
    client = make_client(None)
    for kind in defined():
        assert (await client.get(f"/problems/{kind.slug}")).json() == {
            "type": f"/problems/{kind.slug}",
            "title": kind.title,
            "status": kind.status,
            "code": kind.slug,
            "description": (kind.__doc__ or "").strip(),
            "advice": kind.advice,
        }


@pytest.mark.only_on("sqlite")
async def test_the_registry_lists_every_problem(make_client: MakeClient) -> None:
    answer = await make_client(None).get("/problems")
    assert [item["code"] for item in answer.json()["items"]] == sorted(kind.slug for kind in defined())


@pytest.mark.only_on("sqlite")
@pytest.mark.parametrize("slug", ["nothing-of-the-kind", "problem"])
async def test_what_is_no_problem_is_not_found(make_client: MakeClient, slug: str) -> None:
    answer = await make_client(None).get(f"/problems/{slug}")
    assert (answer.status_code, answer.json()["code"]) == (404, "not-found")
