"""What schemathesis must know of the service: requests that succeed, and what a schema can't tell.

SCHEMATHESIS_KNOWN names a file with one for every operation; SCHEMATHESIS_SHARE says how much is run of the phases
without a number of examples to be set.
"""

import json
import os
from pathlib import Path
from random import Random
from typing import Any

import schemathesis
from schemathesis.generation import GenerationMode
from schemathesis.generation.meta import TestPhase

# Codes of errors that say what the document says already: nothing that fits the document may be refused for them.
_SHAPE = {
    *("missing", "extra_forbidden", "model_type", "model_attributes_type", "dict_type", "list_type", "enum"),
    *("too_long", "too_short", "string_type", "string_too_long", "string_too_short", "string_pattern_mismatch"),
    *("int_type", "int_parsing", "int_from_float", "float_type", "float_parsing", "bool_type", "bool_parsing"),
    *("greater_than", "greater_than_equal", "less_than", "less_than_equal", "multiple_of", "finite_number"),
    *("date_type", "datetime_type", "uuid_type", "uuid_parsing", "union_tag_invalid", "union_tag_not_found"),
    "literal_error",
}
_KNOWN: dict[str, dict[str, Any]] = json.loads(Path(os.environ["SCHEMATHESIS_KNOWN"]).read_text(encoding="utf-8"))
_SHARE = float(os.environ.get("SCHEMATHESIS_SHARE", "1"))
_chosen = Random(_SHARE)


def _known(operation: Any) -> dict[str, Any]:
    return _KNOWN[operation.definition.raw["operationId"]]


def _phase(case: Any) -> Any:
    return None if case.meta is None else case.meta.phase.name


def _is_positive(case: Any) -> bool:
    return case.meta is not None and case.meta.generation.mode == GenerationMode.POSITIVE


@schemathesis.hook
def before_add_examples(context: Any, examples: list[Any]) -> None:
    """Beside the examples of the document, the request that succeeds."""
    operation, known = context.operation, _known(context.operation)
    if examples:
        first = examples[0]
        examples[:] = [each for each in examples if _chosen.random() < _SHARE]
        given = {name: known[name] for name in ("body",) if known[name] is not None}
        media_type = next(iter(operation.definition.raw.get("requestBody", {}).get("content", ())), None)
        sent = {**given, "media_type": media_type} if given else {}
        query, path = dict(known["query"]), dict(known["path"])
        examples.append(operation.Case(path_parameters=path, query=query, _meta=first.meta, **sent))


@schemathesis.hook
def filter_case(context: Any, case: Any) -> bool:
    """A share of the coverage phase."""
    return _phase(case) != TestPhase.COVERAGE or _chosen.random() < _SHARE


@schemathesis.hook
def before_call(context: Any, case: Any, **_: Any) -> None:
    """Let what fits the document reach what was laid out: its names, and whatever version of it is there."""
    if not _is_positive(case):
        return
    if "If-Match" in {parameter.name for parameter in case.operation.headers}:
        case.headers["If-Match"] = "*"
    if _phase(case) == TestPhase.STATEFUL:
        return  # what was made is named by links
    known = _known(case.operation)
    case.path_parameters = {name: known["path"].get(name, value) for name, value in case.path_parameters.items()}
    if "plan" in case.query and "plan" in known["query"]:
        case.query["plan"] = known["query"]["plan"]


@schemathesis.hook
def filter_failure(context: Any, failure: Any, case: Any, response: Any) -> bool:
    """All but two that are none.

    A plan that is made whole may bring changes that it does not take: they are looked at when they are written.
    The schema of YAML tells the text, as clients read it, and not what stands in it.
    """
    is_whole = case.operation.definition.raw["operationId"] in {"create_import", "put_document"}
    is_yaml = response.headers.get("content-type", [""])[0].startswith("application/yaml")
    is_of_schema = failure.title == "Response violates schema"
    return not (is_whole and "change -> " in str(failure.message)) and not (is_yaml and is_of_schema)


@schemathesis.check
def refused_for_what_a_schema_cannot_tell(context: Any, response: Any, case: Any) -> None:
    """A request that fits the document is never refused for its shape."""
    if not _is_positive(case) or response.status_code != 422:
        return
    told = [error for error in response.json()["errors"] if error["code"] in _SHAPE and not _is_of_data(error, case)]
    assert not told, f"the document allows what is refused: {told[:3]}"


def _is_of_data(error: dict[str, Any], case: Any) -> bool:
    """Whether a merge patch makes something where nothing was, and leaves out what that needs."""
    preview = case.operation.path.endswith("/schedule/preview")
    is_patch = case.method == "PATCH" or preview or "/change/" in error["pointer"]
    return is_patch and error["code"] == "missing" and not _stands(case.body, error["pointer"])


def _stands(value: Any, pointer: str) -> bool:
    for part in pointer.split("/")[1:]:
        if isinstance(value, list) and part.isdecimal() and int(part) < len(value):
            value = value[int(part)]
        elif isinstance(value, dict) and part in value:
            value = value[part]
        else:
            return False
    return True
