"""What schemathesis must know of the service: names that exist, and what a schema can tell."""

from typing import Any

import schemathesis
from schemathesis.generation import GenerationMode
from schemathesis.generation.meta import TestPhase

from tests.http.operations import NAMES

# Codes of errors that say what the document says already: nothing that fits the document may be refused for them.
_SHAPE = {
    *(
        "missing",
        "extra_forbidden",
        "model_type",
        "model_attributes_type",
        "dict_type",
        "list_type",
        "too_long",
        "too_short",
    ),
    *("string_type", "string_too_long", "string_too_short", "string_pattern_mismatch", "enum", "literal_error"),
    *("int_type", "int_parsing", "int_from_float", "float_type", "float_parsing", "bool_type", "bool_parsing"),
    *("greater_than", "greater_than_equal", "less_than", "less_than_equal", "multiple_of", "finite_number"),
    *("date_type", "datetime_type", "uuid_type", "uuid_parsing", "union_tag_invalid", "union_tag_not_found"),
}
_KEPT = {"delete", "close_plan"}  # what they are asked to end is none of what the others need


@schemathesis.hook
def before_call(context: Any, case: Any, **_: Any) -> None:
    """Name what was laid out, so that a request reaches it; those that end something keep what was drawn."""
    drawn, operation = case.meta, case.operation
    if drawn is None or drawn.generation.mode != GenerationMode.POSITIVE or drawn.phase.name == TestPhase.STATEFUL:
        return
    if operation.method.lower() in _KEPT or operation.definition.raw["operationId"] in _KEPT:
        return
    case.path_parameters = {name: NAMES.get(name, value) for name, value in (case.path_parameters or {}).items()}


@schemathesis.check
def refused_for_what_a_schema_cannot_tell(context: Any, response: Any, case: Any) -> None:
    """A request that fits the document is never refused for its shape."""
    if case.meta is None or case.meta.generation.mode != GenerationMode.POSITIVE or response.status_code != 422:
        return
    told = [error for error in response.json()["errors"] if error["code"] in _SHAPE]
    assert not told, f"the document allows what is refused: {told[:3]}"
