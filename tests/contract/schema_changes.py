"""What differs between two versions of a schema, and which differences break a client (docs/adr/0026)."""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

Json = dict[str, Any]
_ANYTHING = {"string", "number", "integer", "boolean", "object", "array"}


@dataclass(frozen=True, order=True)
class Change:
    """One difference, at an operation (`GET /v1/plans`) or inside of a named schema (`Plan.name`)."""

    place: str
    what: str
    breaking: bool
    via: str = ""

    @property
    def said(self) -> str:
        """What it is, and where a schema is met first."""
        return f"{self.what} ({self.via})" if self.via and " " not in self.place else self.what

    def __str__(self) -> str:
        return f"{'breaking' if self.breaking else 'addition'}  {self.place}: {self.said}"


@dataclass(frozen=True)
class Walk:
    """From where both documents are walked: what clients send, or what they receive."""

    old: Json
    new: Json
    received: bool
    via: str
    seen: set[tuple[str | None, str | None, bool]]

    def breaking(self, place: str, what: str) -> Change:
        return Change(place, what, True, self.via)

    def addition(self, place: str, what: str) -> Change:
        return Change(place, what, False, self.via)

    def wider(self, place: str, what: str) -> Change:
        """More is allowed than was: new for who sends, unexpected for who receives."""
        return Change(place, what, self.received, self.via)

    def narrower(self, place: str, what: str) -> Iterator[Change]:
        """Less is allowed than was: it breaks who sends, and who receives does not notice."""
        if not self.received:
            yield self.breaking(place, what)


def resolve(document: Json, value: Json) -> tuple[str | None, Json]:
    """The name of the component that is referred to, if one is, and what it says."""
    name = None
    while "$ref" in value:
        _, section, kind, name = value["$ref"].split("/")
        value = document[section][kind][name]
    return name, value


def schema_changes(walk: Walk, place: str, old: Json, new: Json) -> Iterator[Change]:
    """Every difference of two schemas and of what they refer to; named ones are compared once for each direction."""
    (was, was_null), (now, now_null) = _without_null(old), _without_null(new)
    if now_null and not was_null:
        yield walk.wider(place, "may be null")
    elif was_null and not now_null:
        yield from walk.narrower(place, "may not be null any more")
    if not walk.received and not _same(old.get("default"), new.get("default")):
        yield walk.breaking(place, f"default {_said(old.get('default'))} → {_said(new.get('default'))}")
    if new.get("deprecated") and not old.get("deprecated"):
        yield walk.addition(place, "deprecated")
    if "$ref" in was and "$ref" in now and _beside(was) != _beside(now):
        yield walk.breaking(place, f"beside the reference: {_said(_beside(was))} → {_said(_beside(now))}")
    (was_name, was), (now_name, now) = _resolved(walk.old, was), _resolved(walk.new, now)
    if was_name == now_name is None:
        parts, others = was.get("allOf", []), now.get("allOf", [])
        if len(parts) == len(others) > 0:
            was, now = _without_parts(was), _without_parts(now)
            for part, other in zip(parts, others, strict=True):
                yield from schema_changes(walk, place, part, other)
        yield from _shape(walk, place, _merged(walk.old, was), _merged(walk.new, now))
        return
    if was_name != now_name and (_is_a_type(was) or _is_a_type(now)):
        yield walk.breaking(place, f"the type {was_name or 'without a name'} → {now_name or 'without a name'}")
    key = (was_name, now_name, walk.received)
    if key not in walk.seen:
        walk.seen.add(key)
        yield from schema_changes(walk, was_name or place, was, now)


_TOLD = {"$ref", "description", "title", "examples", "example", "default", "deprecated"}


def _beside(schema: Json) -> Json:
    """What a schema demands beside its reference."""
    return {key: value for key, value in schema.items() if key not in _TOLD}


def _resolved(document: Json, schema: Json) -> tuple[str | None, Json]:
    """As `resolve`, but with what is demanded beside the reference."""
    name, said = resolve(document, schema)
    beside = _beside(schema) if name else {}
    return name, _merged(document, {"allOf": [said, beside]}) if beside else said


def _without_null(schema: Json) -> tuple[Json, bool]:
    """The schema of what is not null, and whether null is allowed."""
    for word in ("anyOf", "oneOf"):
        members = schema.get(word, [])
        others = [member for member in members if member != {"type": "null"}]
        rest = {key: value for key, value in schema.items() if key != word}
        if len(others) < len(members):
            return (others[0] if len(others) == 1 else {**rest, word: others}), True
    if len(schema.get("allOf", [])) == 1 and "properties" not in schema:
        return _without_null(schema["allOf"][0])
    types = schema.get("type")
    if isinstance(types, list) and "null" in types:
        left = [name for name in types if name != "null"]
        return {**schema, "type": left[0] if len(left) == 1 else left}, True
    return schema, False


def _without_parts(schema: Json) -> Json:
    return {key: value for key, value in schema.items() if key != "allOf"}


def _merged(document: Json, schema: Json) -> Json:
    """A schema with what its `allOf` says: of two bounds the stricter."""
    merged = _without_parts(schema)
    for part in schema.get("allOf", []):
        said = _merged(document, _resolved(document, part)[1])
        properties = {**said.get("properties", {}), **merged.get("properties", {})}
        required = [*said.get("required", []), *merged.get("required", [])]
        both = said.keys() & merged.keys()
        bounds = {word: min(said[word], merged[word]) for word in both.intersection(_UPPER)}
        bounds |= {word: max(said[word], merged[word]) for word in both.intersection(_LOWER)}
        merged = {**said, **merged, **bounds, "properties": properties, "required": required}
    return merged


def _is_a_type(schema: Json) -> bool:
    """Whether generators make a type of its own of it, whose name is then in the code of users."""
    return bool({"properties", "enum", "oneOf", "anyOf", "allOf"} & schema.keys())


def _shape(walk: Walk, place: str, old: Json, new: Json) -> Iterator[Change]:
    was, now = _kinds(old), _kinds(new)
    if was != now and (
        was == {"a union"} or now == {"a union"} or not (now > was if not walk.received else now < was)
    ):
        yield walk.breaking(place, f"type {_listed(was)} → {_listed(now)}")
        return
    if was != now:
        yield walk.addition(place, f"type {_listed(was)} → {_listed(now)}")
    if was == {"a union"}:
        yield from _union(walk, place, old, new)
        return
    yield from _values(walk, place, old, new)
    yield from _bounds(walk, place, old, new)
    yield from _fixed(walk, place, old, new)
    yield from _properties(walk, place, old, new)
    yield from _other_keys(walk, place, old, new)
    if "items" in old or "items" in new:
        yield from schema_changes(walk, f"{place}[]", old.get("items", {}), new.get("items", {}))


def _kinds(schema: Json) -> frozenset[str]:
    if "oneOf" in schema or "anyOf" in schema:
        return frozenset({"a union"})
    told = schema.get("type", [])
    values = _enumerated(schema) or [None]
    guessed = {"string"} if all(isinstance(value, str) for value in values) else _ANYTHING
    return frozenset([told] if isinstance(told, str) else told) or frozenset(guessed)


def _union(walk: Walk, place: str, old: Json, new: Json) -> Iterator[Change]:
    was, now = _members(old), _members(new)
    before, discriminator = old.get("discriminator", {}), new.get("discriminator", {})
    if before.get("propertyName") != discriminator.get("propertyName"):
        yield walk.breaking(place, "another discriminator")
    kinds = discriminator.get("mapping", {})
    for value, target in sorted(before.get("mapping", {}).items()):
        if value not in kinds:
            yield walk.breaking(place, f"the kind {value} is gone")
        elif kinds[value] != target:
            yield walk.breaking(place, f"the kind {value} is of another schema")
    for name, member in was.items():
        if name in now:
            yield from schema_changes(walk, f"{place}<{name}>", member, now[name])
        else:
            yield walk.breaking(place, f"the choice {name} is gone")
    for name in now.keys() - was.keys():
        open_ended = bool(discriminator)  # as an enum is: clients pass over kinds that they do not know
        yield (walk.addition if open_ended else walk.wider)(place, f"the choice {name} is new")


def _members(schema: Json) -> dict[str, Json]:
    named: dict[str, Json] = {}
    for member in schema.get("oneOf") or schema["anyOf"]:
        name = member["$ref"].rsplit("/", 1)[1] if "$ref" in member else _listed(_kinds(member))
        named[name if name not in named else f"{name} {len(named)}"] = member
    return named


def _enumerated(schema: Json) -> list[Any] | None:
    values: list[Any] | None = [schema["const"]] if "const" in schema else schema.get("enum")
    return values


def _values(walk: Walk, place: str, old: Json, new: Json) -> Iterator[Change]:
    """Enums are open-ended: a new value is an addition wherever it is; one that goes takes a generated name along."""
    was, now = _enumerated(old), _enumerated(new)
    if was is None or now is None:
        if was is not now:
            yield walk.breaking(
                place, "any value → a list of values" if was is None else "a list of values → any value"
            )
        return
    for value in was:
        if not any(_same(value, other) for other in now):
            yield walk.breaking(place, f"the value {_said(value)} is gone")
    for value in now:
        if not any(_same(value, other) for other in was):
            yield walk.addition(place, f"the value {_said(value)} is new")


_UPPER = ("maxLength", "maxItems", "maxProperties", "maximum", "exclusiveMaximum")
_LOWER = ("minLength", "minItems", "minProperties", "minimum", "exclusiveMinimum")
_CAPACITY = ("maxLength", "maxItems", "maxProperties")
_NOTHING = {"minLength": 0, "minItems": 0, "minProperties": 0}


_OTHER_RULES = (
    *("not", "if", "then", "else", "dependentRequired", "dependentSchemas", "prefixItems", "contains"),
    *("minContains", "maxContains", "unevaluatedProperties", "unevaluatedItems", "readOnly", "writeOnly"),
)
"""What we do not write; the gate does not say what a difference of them means."""


def _bounds(walk: Walk, place: str, old: Json, new: Json) -> Iterator[Change]:
    for words, stricter in ((_UPPER, _is_less), (_LOWER, _is_more)):
        for word in words:
            was, now = old.get(word, _NOTHING.get(word)), new.get(word, _NOTHING.get(word))
            what = f"{word} {_said(was)} → {_said(now)}"
            if stricter(now, was):
                yield from walk.narrower(place, what)
            elif was != now:  # what is received may become larger, but not mean something else
                yield (walk.addition if word in _CAPACITY else walk.wider)(place, what)


def _is_less(bound: float | None, other: float | None) -> bool:
    return bound is not None and (other is None or bound < other)


def _is_more(bound: float | None, other: float | None) -> bool:
    return bound is not None and (other is None or bound > other)


def _fixed(walk: Walk, place: str, old: Json, new: Json) -> Iterator[Change]:
    """What decides the type in the language of a client, or cannot be told to be wider or narrower."""
    for word in _OTHER_RULES:
        if old.get(word) != new.get(word):
            yield walk.breaking(place, f"another {word}")
    for word in ("format", "contentEncoding", "contentMediaType"):
        if old.get(word) != new.get(word):
            yield walk.breaking(place, f"{word} {_said(old.get(word))} → {_said(new.get(word))}")
    for word in ("pattern", "multipleOf", "uniqueItems"):
        was, now = old.get(word) or None, new.get(word) or None
        what = f"{word} {_said(was)} → {_said(now)}"
        if was is not None and now is None:
            yield walk.wider(place, what)
        elif was is None and now is not None:
            yield from walk.narrower(place, what)
        elif was != now:
            yield walk.breaking(place, what)


def _properties(walk: Walk, place: str, old: Json, new: Json) -> Iterator[Change]:
    was, now = old.get("properties", {}), new.get("properties", {})
    required, requires = set(old.get("required", [])), set(new.get("required", []))
    for name, schema in was.items():
        field = f"{place}.{name}"
        if name not in now:
            same = [other for other in now.keys() - was.keys() if _plain(now[other]) == _plain(schema)]
            yield walk.breaking(field, f"renamed to {same[0]}" if len(same) == 1 else "gone")
            continue
        if name in requires - required:
            yield from walk.narrower(field, "optional → required")
        elif name in required - requires:
            yield walk.wider(field, "required → optional")
        yield from schema_changes(walk, field, schema, now[name])
    for name in now.keys() - was.keys():
        must = name in requires and not walk.received
        yield Change(f"{place}.{name}", "new, and required" if must else "new", must, walk.via)


def _plain(schema: Json) -> str:
    """A schema without what is only told of it."""
    return json.dumps(
        {key: value for key, value in schema.items() if key not in {"description", "title", "examples"}}
    )


def _other_keys(walk: Walk, place: str, old: Json, new: Json) -> Iterator[Change]:
    was, now = _map_kind(old), _map_kind(new)
    if {was, now} == {"open", "closed"}:
        what = "other fields are refused" if now == "closed" else "other fields are allowed"
        if not walk.received:
            yield Change(place, what, now == "closed", walk.via)
    elif was != now:
        yield walk.breaking(place, f"other fields: {was} → {now}")
    elif was == "typed":
        yield from schema_changes(walk, f"{place}{{}}", old["additionalProperties"], new["additionalProperties"])
    before, after = old.get("patternProperties", {}), new.get("patternProperties", {})
    if before.keys() != after.keys():
        yield walk.breaking(place, f"keys {_listed(frozenset(before))} → {_listed(frozenset(after))}")
    for pattern in before.keys() & after.keys():
        yield from schema_changes(walk, f"{place}{{}}", before[pattern], after[pattern])
    if old.get("propertyNames") != new.get("propertyNames"):
        yield from schema_changes(walk, f"{place}{{key}}", old.get("propertyNames", {}), new.get("propertyNames", {}))


def _map_kind(schema: Json) -> str:
    told = schema.get("additionalProperties", True)
    if isinstance(told, bool) or not told:
        return "closed" if told is False else "open"
    return "typed"


def _listed(words: frozenset[str]) -> str:
    return "anything" if words == _ANYTHING else " or ".join(sorted(words)) or "none"


def _same(value: object, other: object) -> bool:
    """Whether JSON says the same: 1 is not true."""
    return value == other and isinstance(value, bool) == isinstance(other, bool)


def _said(value: object) -> str:
    return "none" if value is None else json.dumps(value, ensure_ascii=False)
