"""Names of schemas as clients see them: `Plan` and `PlanInput`, not the names of our classes."""

from typing import Any

_PREFIX = "#/components/schemas/"
_PUBLISHED = {
    "Delivery": "DeliveryResult",  # of a milestone; `DeliveryOut` is that of a webhook
    "EventOut": "ExecutionEvent",
    "ImportOut": "ImportReport",  # `import` is a word of most languages
    "ContingencyModel": "ContingencyInput",
    "EvidenceModel": "EvidenceReference",
    "ImpactModel": "RiskImpactInput",
    "NewDecision": "DecisionRecord",  # `NewDecision` is how Go makes a `Decision`
    "Health": "ReportedHealth",  # of a plan; `HealthOut` is that of the process
}


_NO_INPUT = frozenset({"CdEvent", "CloudEvent", "RecordedEvent", "RecordedObjectiveEvent"})


def published(name: str) -> str:
    """The public name of a class of `app`: without `Out` or `Model`; `Input` for `In`, and for what is reported."""
    if name in _PUBLISHED:
        return _PUBLISHED[name]
    if name.endswith("Event") and not name.endswith("CloudEvent") and name not in _NO_INPUT:
        return f"{name}Input"
    for suffix in ("Out", "Model"):
        if name.endswith(suffix):
            return name.removesuffix(suffix)
    return name.removesuffix("In") + "Input" if name.endswith("In") else name


def publish(made: dict[str, Any]) -> None:
    """Give every schema of an OpenAPI document its public name.

    Raises:
        ValueError: two schemas would have one name.
    """
    schemas = made["components"]["schemas"]
    renamed = {published(name): schema for name, schema in schemas.items()}
    if len(renamed) != len(schemas):
        raise ValueError("two schemas are published under one name")
    made["components"]["schemas"] = dict(sorted(renamed.items()))
    _rename(made)


def _rename(value: Any) -> None:
    if isinstance(value, dict):
        for key, child in value.items():
            if isinstance(child, str) and child.startswith(_PREFIX):
                value[key] = _PREFIX + published(child.removeprefix(_PREFIX))
            else:
                _rename(child)
    elif isinstance(value, list):
        for child in value:
            _rename(child)
