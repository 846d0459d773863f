"""Schemas as generators of clients like them: named, bounded, described; unions that one field decides."""

import re
from collections import defaultdict
from collections.abc import Iterator
from typing import Any

import pytest

from app.openapi.walking import PREFIX, Place, places, types_of
from tests.service import openapi

SCHEMAS = openapi()["components"]["schemas"]
PLACES = list(places(openapi()))
INSIDE = [place for place in PLACES if place.field or place.owner not in SCHEMAS]
QUANTITY = re.compile(r"(_minutes|_days|_at|_on|_percent|_hours|_seconds|_ms|_points)$|variance|^(minutes|as_of)$")


def told(where: list[Place]) -> list[str]:
    return [f"{place.owner}.{place.field}{place.path}" for place in where]


def properties() -> Iterator[tuple[str, str, dict[str, Any]]]:
    for name, schema in SCHEMAS.items():
        for field, found in schema.get("properties", {}).items():
            yield name, field, found


def is_described(schema: dict[str, Any]) -> bool:
    """By itself, or by its type."""
    if "description" in schema:
        return True
    referred = [schema, *(choice for kind in ("anyOf", "oneOf", "allOf") for choice in schema.get(kind, ()))]
    names = [found["$ref"].removeprefix(PREFIX) for found in referred if "$ref" in found]
    return any("description" in SCHEMAS[name] for name in names)


def test_no_list_of_values_stands_in_place() -> None:
    assert told([place for place in INSIDE if len(place.schema.get("enum", ())) > 1]) == []


def test_no_object_stands_in_place() -> None:
    assert told([place for place in INSIDE if "object" in types_of(place.schema)]) == []


def test_no_union_of_objects_stands_in_place() -> None:
    assert told([place for place in INSIDE if "oneOf" in place.schema]) == []


def test_no_two_schemas_list_the_same_values() -> None:
    names = defaultdict(list)
    for name, schema in SCHEMAS.items():
        if "enum" in schema:
            names[tuple(schema["enum"])].append(name)
    assert [found for found in names.values() if len(found) > 1] == []


def test_maps_of_one_meaning_have_one_name() -> None:
    labels = {found.get("$ref") for _, field, found in properties() if field == "labels"}
    assert labels - {None} == {PREFIX + "Labels"}


def test_every_field_is_described() -> None:
    assert [f"{name}.{field}" for name, field, found in properties() if not is_described(found)] == []


@pytest.mark.parametrize("word", ["minutes", "days", "hours", "percent", "seconds"])
def test_a_quantity_is_described_with_its_unit(word: str) -> None:
    silent = []
    for name, field, found in properties():
        text = found.get("description", "")
        if field.endswith(f"_{word}") and not field.startswith("max_") and not is_described(found):
            silent.append(f"{name}.{field}: {text}")
    assert silent == []


def test_every_time_and_quantity_is_described_where_it_stands_or_by_its_type() -> None:
    quantities = [(name, field, found) for name, field, found in properties() if QUANTITY.search(field)]
    assert len(quantities) > 300
    assert [f"{name}.{field}" for name, field, found in quantities if not is_described(found)] == []


def test_every_text_has_a_greatest_length() -> None:
    texts = [place for place in PLACES if "string" in types_of(place.schema)]
    free = {"const", "enum", "maxLength"}
    files = [place for place in texts if place.schema.get("format") == "binary"]
    assert told([place for place in texts if not free & set(place.schema) and place not in files]) == []


def test_every_whole_number_has_a_format_and_bounds() -> None:
    numbers = [place for place in PLACES if "integer" in types_of(place.schema)]
    assert told([place for place in numbers if not {"format", "minimum", "maximum"} <= set(place.schema)]) == []


def test_every_array_has_a_greatest_length() -> None:
    assert told([p for p in PLACES if "array" in types_of(p.schema) and "maxItems" not in p.schema]) == []


def test_keys_that_are_answered_look_like_those_that_are_asked() -> None:
    for name in ("Plan", "Milestone", "Calendar", "Tolerance", "Webhook"):
        assert SCHEMAS[name]["properties"]["key"]["pattern"] == "^[A-Za-z0-9][A-Za-z0-9._~-]{0,99}$"


def test_what_is_left_out_of_a_merge_patch_has_no_default() -> None:
    patches = [(name, field, found) for name, field, found in properties() if name.endswith("Patch")]
    assert patches
    assert [f"{name}.{field}" for name, field, found in patches if "default" in found] == []


UNIONS = {name: schema for name, schema in SCHEMAS.items() if "discriminator" in schema}


def test_what_is_told_by_its_type_is_a_union() -> None:
    wanted = {"ExecutionEventInput", "ExecutionEvent", "BatchEventInput", "Replacement", "ObjectiveEventInput"}
    wanted |= {"ObjectiveEvent", "FeedItem", "WebhookPayload", "ContingencyTrigger"}
    assert set(UNIONS) == wanted


@pytest.mark.parametrize("name", UNIONS)
def test_each_member_of_a_union_has_types_of_its_own(name: str) -> None:
    mapping = UNIONS[name]["discriminator"]["mapping"]
    assert {choice["$ref"] for choice in UNIONS[name]["oneOf"]} == set(mapping.values())
    for value, reference in mapping.items():
        assert value in types_of_member(reference), f"{reference} does not let {value} through"
    own = [types_of_member(reference) for reference in set(mapping.values())]
    assert sum(map(len, own)) == len(set().union(*own)) == len(mapping)


def types_of_member(reference: str) -> set[str]:
    kind = SCHEMAS[reference.removeprefix(PREFIX)]["properties"]["type"]
    if "$ref" in kind:
        kind = SCHEMAS[kind["$ref"].removeprefix(PREFIX)]
    return set(kind.get("enum", [kind.get("const")]))


def test_an_event_is_read_with_every_type_it_is_written_with() -> None:
    for name in ("ExecutionEvent", "ObjectiveEvent"):
        written = UNIONS[f"{name}Input"]["discriminator"]["mapping"]
        read = UNIONS[name]["discriminator"]["mapping"]
        assert set(read) - set(written) == ({"contingency.activated"} if name == "ExecutionEvent" else set())
        assert set(written) <= set(read)


@pytest.mark.parametrize("name", ["ExecutionEvent", "ObjectiveEvent", "FeedItem", "WebhookPayload"])
def test_a_union_that_is_answered_says_what_to_do_with_an_unknown_type(name: str) -> None:
    assert "Types may be added" in SCHEMAS[name]["description"]


@pytest.mark.parametrize("name", ["ScheduleStatus", "PlanStatus", "DeviationState", "EventType", "DeliveryState"])
def test_a_list_of_values_that_is_answered_says_that_it_is_open(name: str) -> None:
    assert SCHEMAS[name]["description"].endswith("New values may be added; treat one that you do not know like none.")


def test_a_list_of_values_that_is_only_asked_for_is_not_open() -> None:
    assert "may be added" not in SCHEMAS["FeedStart"]["description"]
