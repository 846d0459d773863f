"""What is told in place becomes a named schema: one name for one meaning, and generators make one class of it."""

from typing import Any

from app.openapi.walking import Place, Schema, places, reference, types_of

_ENUMS: dict[str, tuple[str, ...]] = {
    "ActionStatus": ("planned", "in_progress", "done", "cancelled"),
    "BaselineReason": ("no_baseline", "not_in_baseline"),
    "BatchStatus": ("accepted", "duplicate", "rejected"),
    "ClosedStatus": ("completed", "cancelled"),
    "ConstraintType": ("SNET", "FNET", "SNLT", "FNLT", "SO", "FO", "MSO", "MFO", "ALAP"),
    "DecisionRequired": ("adoption", "rebaseline"),
    "DeliveryState": ("pending", "delivered", "dead"),
    "DisabledReason": ("requested", "gone", "failing"),
    "DocumentFormat": ("json", "yaml"),
    "EditKind": ("added", "removed", "changed"),
    "FailureReason": ("gone", "failing"),
    "FeedStart": ("beginning", "now"),
    "FileFormat": ("xer", "mspdi", "csv", "leeway"),
    "LagCalendar": ("predecessor", "successor", "project", "24h"),
    "LagUnit": ("working", "elapsed"),
    "ObjectiveEventType": ("metric.measured", "event.corrected", "event.retracted"),
    "PayloadFormat": ("standard", "cloudevents"),
    "PlanStatus": ("draft", "active", "on_hold", "completed", "cancelled"),
    "ProgressLogic": ("retained", "override"),
    "Scheduling": ("hold_planned_dates", "as_soon_as_possible"),
    "SealCause": ("closed", "revised"),
    "TotalFloatMethod": ("finish", "start", "smallest"),
    "WebhookState": ("enabled", "disabled"),
}
_ENUM_TEXTS = {
    "ActionStatus": "How far a corrective action is.",
    "BaselineReason": "Why there is nothing in the baseline to compare with.",
    "BatchStatus": "What became of an event of a batch.",
    "ClosedStatus": "How a plan ended.",
    "ConstraintType": "What a date is to a milestone: start or finish no earlier, or no later, than it; on it; or as "
    "late as possible.",
    "DecisionRequired": "What of a plan needs a decision.",
    "DeliveryState": "How far a delivery came.",
    "DisabledReason": "Why nothing is sent to a webhook.",
    "DocumentFormat": "How a document is written.",
    "EditKind": "What became of a part of the plan.",
    "FailureReason": "Why a webhook was disabled by itself: it answered 410, or it took nothing for 120 hours.",
    "FeedStart": "Where to begin in the feed without a cursor.",
    "FileFormat": "Formats of schedule files.",
    "LagCalendar": "The calendar that working lags are counted in.",
    "LagUnit": "Which minutes a lag counts: working ones, or all that elapse.",
    "ObjectiveEventType": "Types of the events of an objective.",
    "PayloadFormat": "How payloads of webhooks are written.",
    "PlanStatus": "How a plan stands; only an `active` one is evaluated.",
    "ProgressLogic": "Whether work that began out of sequence still waits for its predecessors.",
    "RecordedType": "Types of the events that a mapping records.",
    "Scheduling": "Whether planned dates are commitments that logic may push, or logic alone decides.",
    "SealCause": "Why an outcome was sealed.",
    "TotalFloatMethod": "Which dates the total float is measured by.",
    "WebhookState": "Whether anything is sent to a webhook.",
}
_ANYTHING: Schema = {
    "type": "object",
    "description": "A JSON object whose members depend on what it is of.",
    "additionalProperties": True,
}
_MAPS: dict[str, tuple[str, str]] = {
    "labels": ("Labels", "The caller's own labels: text by name."),
    "reasons": ("Reasons", "Why fields have no value, by the name of the field."),
    "counts": ("Counts", "How many there are, by what they are."),
    "finding_counts": ("Counts", "How many there are, by what they are."),
    "transitions": ("Counts", "How many there are, by what they are."),
    "tolerances": ("Versions", "Numbers of versions, by key."),
    "calendars": ("Versions", "Numbers of versions, by key."),
    "milestones": ("MilestoneChanges", "JSON merge patches by the key of a milestone; null removes it."),
    "assignments": ("AssignmentChanges", "JSON merge patches by the key of an assignment; null removes it."),
    "metric_effects": ("MetricEffects", "Expected final values by the key of a success metric, in its unit."),
    "content": ("ContentPatterns", "Patterns by the path of a member, one of which has to match."),
}
_MERGED = frozenset({"content", "labels"})  # in a patch, key by key
_UNIONS = {"trigger": ("ContingencyTrigger", "When a contingency falls due.")}
_BODIES = {"record_objective_event": ("ObjectiveEventInput", "An event of an objective, by its type.")}


def name_inline(made: dict[str, Any]) -> None:
    """Turn every enum, map and union that stands in a field, parameter or body into a component of its own.

    Raises:
        ValueError: one has no name yet; give it one above.
    """
    schemas = made["components"]["schemas"]
    for place in places(made):
        _close(place.schema)
    named = {tuple(schema["enum"]): name for name, schema in schemas.items() if "enum" in schema}
    names = {values: name for name, values in _ENUMS.items()} | named
    for place in [place for place in places(made) if place.field or place.owner not in schemas]:
        if len(place.schema.get("enum", ())) > 1:
            _name_enum(place, names, schemas)
        elif "oneOf" in place.schema:
            _name_union(place, schemas)
        elif "object" in types_of(place.schema):
            _name_map(place, schemas)


def _close(schema: Schema) -> None:
    """A map whose keys have a pattern, or are few, told as generators read it."""
    for pattern, values in schema.pop("patternProperties", {}).items():
        schema["additionalProperties"] = values
        schema["propertyNames"] = {"type": "string", "pattern": pattern}
    few = schema.get("propertyNames", {}).get("enum")
    if few:
        del schema["propertyNames"]
        values = schema["additionalProperties"]
        text = "On {}s; left out: a day off." if "monday" in few else "How many are {}."
        fields = {name: {**values, "description": text.format(name.capitalize())} for name in few}
        schema |= {"properties": fields, "additionalProperties": False}


def _name_enum(place: Place, names: dict[tuple[str, ...], str], schemas: dict[str, Schema]) -> None:
    values = tuple(place.schema["enum"])
    name = "RecordedType" if place.field == "records" else names.get(values)
    if name is None:
        raise ValueError(f"the values of {place.owner}.{place.field} have no name: {values}")
    if name not in schemas:
        schemas[name] = {"type": "string", "enum": list(values), "description": _ENUM_TEXTS[name]}
    _refer(place.schema, name)


def _name_union(place: Place, schemas: dict[str, Schema]) -> None:
    name, text = _UNIONS[place.field] if place.field else _BODIES[place.owner]
    union = {part: place.schema[part] for part in ("oneOf", "discriminator")}
    schemas.setdefault(name, {"description": text, **union})
    _refer(place.schema, name)


def _name_map(place: Place, schemas: dict[str, Schema]) -> None:
    schema = place.schema
    name, component = _component(place)
    known = schemas.setdefault(name, component)
    if len(component) > len(known):  # of a request: it tells how many there may be, and of what form
        known.update(component)
    _refer(schema, name)


def _component(place: Place) -> tuple[str, Schema]:
    schema = place.schema
    structure = {part: schema[part] for part in _STRUCTURE if part in schema}
    if place.path == "[]" and place.field == "errors":
        return "FieldError", {}
    if "monday" in structure.get("properties", {}):
        name = "WeeklyHoursPatch" if place.owner.endswith("Patch") else "WeeklyHours"
        return name, {
            "type": "object",
            "description": "Working intervals by weekday; a missing day is off.",
            **structure,
        }
    if "red" in structure.get("properties", {}):
        return "BandCounts", {"type": "object", "description": "How many metrics have which band.", **structure}
    if structure.get("additionalProperties") is True:
        return "JsonObject", _ANYTHING
    name, text = _MAPS[place.field]
    if place.field in _MERGED and place.owner.endswith("Patch"):
        name, text = f"{name}Patch", f"{text} Null takes one away."
    return name, {"type": "object", "description": text, **structure}


_BESIDE = ("description", "default", "examples")
_STRUCTURE = ("properties", "additionalProperties", "propertyNames", "maxProperties")


def _refer(schema: Schema, name: str) -> None:
    """Put the reference in the place of the schema; what is said beside stays, and null too."""
    nullable = "null" in types_of(schema)
    kept: Schema = {part: schema[part] for part in _BESIDE if part in schema}
    schema.clear()
    schema |= {"anyOf": [reference(name), {"type": "null"}]} if nullable else reference(name)
    schema |= kept
