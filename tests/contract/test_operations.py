"""The OpenAPI document: every operation named, described, tagged and scoped, and the committed copy up to date."""

import json
import re
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from starlette.middleware.base import BaseHTTPMiddleware

from app.access.service import SCOPE_DESCRIPTIONS, Scope
from app.main import create_app
from app.openapi import TAGS
from app.settings import Settings, environment_table
from tests.service import openapi

ROOT = Path(__file__).resolve().parents[2]
PUBLIC = {"get_liveness", "get_readiness", "list_problem_types", "get_problem_type"}
VERBS = {
    *("list", "get", "create", "update", "delete", "put", "compare", "record", "preview", "export", "import"),
    *("acknowledge", "activate", "close", "adopt", "stream", "rotate", "test", "replay"),
}


def operations() -> list[tuple[str, str, dict[str, Any]]]:
    return [
        (path, method, found) for path, methods in openapi()["paths"].items() for method, found in methods.items()
    ]


every_operation = pytest.mark.parametrize(
    ("path", "method", "operation"), [pytest.param(*found, id=found[2]["operationId"]) for found in operations()]
)


def test_the_committed_document_is_the_generated_one() -> None:
    committed = json.loads((ROOT / "openapi" / "openapi.json").read_text(encoding="utf-8"))
    assert committed == openapi(), "run make openapi and commit the result"


def test_operation_ids_are_unique() -> None:
    counts = Counter(operation["operationId"] for _, _, operation in operations())
    assert counts.most_common(1)[0][1] == 1


@every_operation
def test_an_operation_is_named_verb_noun(path: str, method: str, operation: dict[str, Any]) -> None:
    verb, _, noun = operation["operationId"].partition("_")
    assert verb in VERBS
    assert re.fullmatch(r"[a-z]+(_[a-z]+)*", noun)


@every_operation
def test_an_operation_has_one_tag_that_is_described(path: str, method: str, operation: dict[str, Any]) -> None:
    (tag,) = operation["tags"]
    assert tag in {found["name"] for found in TAGS if found["description"]}


@every_operation
def test_an_operation_is_described(path: str, method: str, operation: dict[str, Any]) -> None:
    assert len(operation["description"]) >= 10
    assert operation["summary"]


@every_operation
def test_an_operation_declares_its_scopes_or_is_public(path: str, method: str, operation: dict[str, Any]) -> None:
    if operation["operationId"] in PUBLIC:
        assert operation["security"] == []
        return
    ((scheme, scopes),) = operation["security"][0].items()
    assert scheme == "apiKey"
    assert scopes
    assert set(scopes) <= set(Scope) - {Scope.admin}


@every_operation
def test_an_operation_describes_every_parameter(path: str, method: str, operation: dict[str, Any]) -> None:
    undescribed = [p["name"] for p in operation.get("parameters", []) if not _description(p)]
    assert undescribed == []


def _description(parameter: dict[str, Any]) -> Any:
    return parameter.get("description") or parameter["schema"].get("description")


@every_operation
def test_every_failure_is_a_problem_document(path: str, method: str, operation: dict[str, Any]) -> None:
    failures = {status: found for status, found in operation["responses"].items() if int(status) >= 400}
    assert "500" in failures
    for status, found in failures.items():
        _, _, name = found["$ref"].rpartition("/")
        assert name.startswith(f"Problem{status}")
        assert list(openapi()["components"]["responses"][name]["content"]) == ["application/problem+json"]


@every_operation
def test_an_edit_takes_if_match_and_a_post_an_idempotency_key(
    path: str, method: str, operation: dict[str, Any]
) -> None:
    names = {parameter["name"] for parameter in operation.get("parameters", [])}
    assert ("If-Match" in names) == (method in {"put", "patch", "delete"})
    has_an_effect = not operation["operationId"].startswith("preview_")
    assert ("Idempotency-Key" in names) == (method == "post" and has_an_effect)


def test_what_is_deprecated_says_until_when() -> None:
    """An operation is deprecated by the mark of app.kit.deprecation, not by an argument of its route."""
    silent = [
        found["operationId"]
        for _, _, found in operations()
        if found.get("deprecated") and "Sunset" not in json.dumps(found["responses"])
    ]
    assert silent == []


def test_the_frameworks_own_error_schema_is_nowhere() -> None:
    assert "ValidationError" not in json.dumps(openapi())


def test_every_reference_leads_somewhere() -> None:
    for reference in set(_references(openapi())):
        found: Any = openapi()
        for part in reference.removeprefix("#/").split("/"):
            found = found[part]


def test_every_schema_is_used_and_described() -> None:
    used = {reference.rpartition("/")[2] for reference in _references(openapi())}
    schemas = openapi()["components"]["schemas"]
    assert set(schemas) - used == set()
    assert [name for name, schema in schemas.items() if not schema.get("description") and "oneOf" not in schema] == []


def _references(value: Any) -> Iterator[str]:
    if isinstance(value, dict):
        if isinstance(value.get("$ref"), str):
            yield value["$ref"]
        for child in value.values():
            yield from _references(child)
    elif isinstance(value, list):
        for child in value:
            yield from _references(child)


def test_every_scope_is_described() -> None:
    assert set(SCOPE_DESCRIPTIONS) == set(Scope)
    description = openapi()["components"]["securitySchemes"]["apiKey"]["description"]
    assert [scope for scope in Scope if f"`{scope.value}`" not in description] == []


def test_no_middleware_of_the_kind_that_breaks_streams_and_cancellation() -> None:
    layer: Any = create_app(Settings()).build_middleware_stack()
    layers = []
    while layer is not None:
        layers.append(layer)
        layer = getattr(layer, "app", None)
    assert len(layers) >= 3
    assert [found for found in layers if isinstance(found, BaseHTTPMiddleware)] == []


@pytest.mark.parametrize("name", sorted(Settings.model_fields))
def test_every_setting_is_described(name: str) -> None:
    assert len(Settings.model_fields[name].description or "") >= 10


def test_the_documentation_has_the_table_of_all_settings() -> None:
    text = (ROOT / "docs" / "configuration.md").read_text(encoding="utf-8")
    assert environment_table() in text


def test_every_schema_has_one_plain_name() -> None:
    """Two models of one name are told apart by their modules, and so would be the classes of generated clients."""
    assert [name for name in openapi()["components"]["schemas"] if "__" in name] == []


def test_what_an_operation_answers_is_told_in_words_of_its_own() -> None:
    responses = openapi()["paths"]["/v1/event-mappings"]["get"]["responses"]
    assert responses["200"]["description"] == "A page of mappings, by key."
    assert "Successful Response" not in json.dumps(openapi())
