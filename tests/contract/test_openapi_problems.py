"""Failures of each operation: every answer names the codes of the problems it may be."""

from typing import Any

import pytest

from app.kit.problems import registry
from app.main import create_app
from app.openapi import problems
from app.openapi.problems import codes_of
from app.settings import Settings
from tests.service import openapi

create_app(Settings())  # so that every module that defines a problem is loaded
KINDS = {kind.slug: kind for kind in registry() if kind.__module__.startswith("app.")}
OPERATIONS = {
    operation["operationId"]: operation for methods in openapi()["paths"].values() for operation in methods.values()
}
NEVER_OF_AN_OPERATION = {"method-not-allowed", "api-key-not-found", "workspace-not-found"}


def responses(name: str) -> dict[str, dict[str, Any]]:
    found = {status: told["$ref"].rpartition("/")[2] for status, told in failures(name).items()}
    return {status: openapi()["components"]["responses"][name] for status, name in found.items()}


def failures(name: str) -> dict[str, dict[str, str]]:
    return {status: told for status, told in OPERATIONS[name]["responses"].items() if int(status) >= 400}


@pytest.mark.parametrize("name", OPERATIONS)
def test_each_failure_lists_the_problems_it_may_be(name: str) -> None:
    told = responses(name)
    for code in codes_of(OPERATIONS[name]):
        assert f"* `{code}`: {KINDS[code].title}." in told[str(KINDS[code].status)]["description"]
    listed = sum(response["description"].count("\n* `") for response in told.values())
    assert listed == len(codes_of(OPERATIONS[name]))


@pytest.mark.parametrize("name", openapi()["components"]["responses"])
def test_an_example_is_the_first_problem_that_is_listed(name: str) -> None:
    response = openapi()["components"]["responses"][name]
    example = response["content"]["application/problem+json"]["example"]
    assert response["description"].partition("\n* `")[2].startswith(f"{example['code']}`: {example['title']}")
    assert name.startswith(f"Problem{example['status']}")


def test_failures_are_listed_by_name() -> None:
    """So that the same service makes the same document, byte for byte, in every process."""
    listed = list(openapi()["components"]["responses"])
    assert listed == sorted(listed)


def test_the_table_names_operations_that_there_are() -> None:
    assert set(problems._ONLY) | set(problems._SOUND) <= set(OPERATIONS)


def test_every_problem_is_that_of_some_operation() -> None:
    declared = set().union(*map(codes_of, OPERATIONS.values()))
    assert set(KINDS) - declared <= NEVER_OF_AN_OPERATION


def test_what_is_not_there_is_told_by_what_the_path_names() -> None:
    assert {"plan-not-found", "milestone-not-found"} <= codes_of(OPERATIONS["get_milestone"])
    assert "calendar-not-found" not in codes_of(OPERATIONS["put_calendar"])
