"""What differs between two OpenAPI documents, and which differences break a client (docs/adr/0026)."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace

from tests.contract.schema_changes import Change, Json, Walk, resolve, schema_changes

_METHODS = ("get", "put", "post", "delete", "patch", "head", "options", "trace")


@dataclass(frozen=True)
class Operation:
    """One operation of a document: where it is, and what it says."""

    place: str
    path_parameters: tuple[Json, ...]
    said: Json

    @property
    def name(self) -> str:
        return str(self.said["operationId"])


def changes(old: Json, new: Json) -> list[Change]:
    """Every difference that a client may notice, breaking ones first; texts and examples are none."""
    seen: set[tuple[str | None, str | None, bool]] = set()
    walk = Walk(old, new, received=False, via="", seen=seen)
    found = [*_operations(walk), *_webhooks(walk), *_named(walk)]
    breaking = {(change.place, change.what) for change in found if change.breaking}
    unique: dict[tuple[str, str], Change] = {}
    for change in found:
        if change.breaking or (change.place, change.what) not in breaking:
            unique.setdefault((change.place, change.what), change)
    return sorted(unique.values(), key=lambda change: (not change.breaking, change))


def _listed(document: Json, section: str) -> list[Operation]:
    return [
        Operation(
            f"{method.upper()} {path}",
            tuple(item.get("parameters", [])),
            {"servers": item.get("servers", []), **item[method]},
        )
        for path, item in document.get(section, {}).items()
        for method in _METHODS
        if method in item
    ]


def _operations(walk: Walk) -> Iterator[Change]:
    """An operation is its operationId, which is a method's name in every client; else what is at its path."""
    listed = _listed(walk.new, "paths")
    by_name = {operation.name: operation for operation in listed}
    by_place = {operation.place: operation for operation in listed}
    kept = {operation.name for operation in _listed(walk.old, "paths")} & by_name.keys()
    paired: set[str] = set()
    for old in _listed(walk.old, "paths"):
        at_place = by_place.get(old.place)
        new = by_name.get(old.name) or (at_place if at_place and at_place.name not in kept else None)
        if new is None:
            yield Change(old.place, f"the operation {old.name} is gone", breaking=True)
            continue
        paired.add(new.name)
        if new.name != old.name:
            yield Change(old.place, f"operationId {old.name} → {new.name}", breaking=True)
        if new.place != old.place:
            yield Change(old.place, f"{old.name} is at {new.place}", breaking=True)
        yield from _operation(walk, old, new)
    for operation in listed:
        if operation.name not in paired:
            yield Change(operation.place, f"the operation {operation.name} is new", breaking=False)


def _operation(walk: Walk, old: Operation, new: Operation) -> Iterator[Change]:
    if old.said.get("tags", [])[:1] != new.said.get("tags", [])[:1]:
        yield Change(old.place, f"tag {_first_tag(old)} → {_first_tag(new)}", breaking=True)
    if old.said["servers"] != new.said["servers"]:
        yield Change(old.place, "another server", breaking=True)
    if new.said.get("deprecated") and not old.said.get("deprecated"):
        yield Change(old.place, "deprecated", breaking=False)
    yield from _security(walk, old, new)
    sent = replace(walk, received=False, via=f"request of {new.name}")
    yield from _parameters(sent, old, new)
    yield from _body(sent, old, new)
    yield from _answers(walk, old, new)


def _first_tag(operation: Operation) -> str:
    return next(iter(operation.said.get("tags", [])), "none")


def _security(walk: Walk, old: Operation, new: Operation) -> Iterator[Change]:
    """Each way to be allowed that there was must still do: with no more schemes, nor more scopes of them."""
    before = old.said.get("security", walk.old.get("security", [])) or [{}]
    after = new.said.get("security", walk.new.get("security", [])) or [{}]
    if any(not any(_suffices(way, needs) for needs in after) for way in before):
        yield Change(old.place, f"needs {_needed(before)} → {_needed(after)}", breaking=True)
    elif any(not any(_suffices(way, needs) for needs in before) for way in after):
        yield Change(old.place, f"needs {_needed(before)} → {_needed(after)}", breaking=False)


def _suffices(held: dict[str, list[str]], needed: dict[str, list[str]]) -> bool:
    return all(scheme in held and set(scopes) <= set(held[scheme]) for scheme, scopes in needed.items())


def _needed(ways: Iterable[dict[str, list[str]]]) -> str:
    told = [" and ".join(" ".join([scheme, *scopes]) for scheme, scopes in way.items()) for way in ways]
    return " or ".join(text or "nothing" for text in told)


def _parameters(walk: Walk, old: Operation, new: Operation) -> Iterator[Change]:
    was, now = _by_place(walk.old, old), _by_place(walk.new, new)
    plain = replace(walk, via="")
    for key, parameter in was.items():
        place = f"{old.place} {key}"
        if key not in now:
            yield plain.breaking(place, "gone")
            continue
        if now[key].get("required", False) != parameter.get("required", False):
            required = now[key].get("required", False)
            if walk.received is not required:
                yield plain.breaking(place, "optional → required" if required else "required → optional")
            elif not required:
                yield plain.addition(place, "required → optional")
        if now[key].get("deprecated") and not parameter.get("deprecated"):
            yield plain.addition(place, "deprecated")
        written, otherwise = _written(parameter), _written(now[key])
        for word in written:
            if otherwise[word] != written[word]:
                yield plain.breaking(place, f"another {word}")
        yield from schema_changes(plain, place, parameter.get("schema", {}), now[key].get("schema", {}))
    for key in now.keys() - was.keys():
        must = now[key].get("required", False) and not walk.received
        yield Change(f"{old.place} {key}", "new, and required" if must else "new", must)


def _written(parameter: Json) -> Json:
    """How a parameter is written; what is not said is the default of its place."""
    style = parameter.get("style", "form" if parameter["in"] in {"query", "cookie"} else "simple")
    return {
        "style": style,
        "explode": parameter.get("explode", style == "form"),
        "allowReserved": parameter.get("allowReserved", False),
        "content": sorted(parameter.get("content", {})),
    }


def _by_place(document: Json, operation: Operation) -> dict[str, Json]:
    told = [resolve(document, one)[1] for one in (*operation.path_parameters, *operation.said.get("parameters", []))]
    return {f"{one['in']} {one['name'].lower() if one['in'] == 'header' else one['name']}": one for one in told}


def _body(walk: Walk, old: Operation, new: Operation) -> Iterator[Change]:
    was = resolve(walk.old, old.said.get("requestBody", {}))[1]
    now = resolve(walk.new, new.said.get("requestBody", {}))[1]
    place = f"{old.place} body"
    if not was or not now:
        if was != now:
            must = bool(was) or now.get("required", False)
            what = "gone" if was else "new, and required" if must else "new"
            yield Change(place, what, must)
        return
    if now.get("required", False) and not was.get("required", False):
        yield from replace(walk, via="").narrower(place, "optional → required")
    yield from _content(walk, place, was, now)


def _answers(walk: Walk, old: Operation, new: Operation) -> Iterator[Change]:
    was, now = old.said.get("responses", {}), new.said.get("responses", {})
    for status, answer in was.items():
        place = f"{old.place} {status}"
        if status not in now:
            yield Change(old.place, f"the answer {status} is gone", breaking=True)
            continue
        received = replace(walk, received=True, via=f"answer of {new.name}")
        before, after = resolve(walk.old, answer)[1], resolve(walk.new, now[status])[1]
        yield from _content(received, place, before, after)
        yield from _headers(received, place, before, after)
    for status in now.keys() - was.keys():  # who knows only 201 cannot read a 202; problems are read by their code
        yield Change(old.place, f"the answer {status} is new", breaking=status < "4" and not walk.received)


def _content(walk: Walk, place: str, old: Json, new: Json) -> Iterator[Change]:
    was, now = old.get("content", {}), new.get("content", {})
    for media_type, content in was.items():
        if media_type not in now:
            yield Change(place, f"{media_type} is gone", breaking=True)
        else:
            if content.get("encoding") != now[media_type].get("encoding"):
                yield walk.breaking(place, f"another encoding of {media_type}")
            yield from schema_changes(walk, place, content.get("schema", {}), now[media_type].get("schema", {}))
    for media_type in now.keys() - was.keys():
        yield Change(place, f"{media_type} is new", breaking=False)


def _headers(walk: Walk, place: str, old: Json, new: Json) -> Iterator[Change]:
    was, now = old.get("headers", {}), new.get("headers", {})
    for name, header in was.items():
        field = f"{place} header {name}"
        if name not in now:
            yield walk.breaking(field, "gone")
            continue
        before, after = resolve(walk.old, header)[1], resolve(walk.new, now[name])[1]
        if before.get("required", False) and not after.get("required", False):
            yield walk.wider(field, "required → optional")
        yield from schema_changes(walk, field, before.get("schema", {}), after.get("schema", {}))
    for name in now.keys() - was.keys():
        yield Change(f"{place} header {name}", "new", breaking=False)


def _webhooks(walk: Walk) -> Iterator[Change]:
    """What is sent to clients: for them its body is an answer."""
    was = {operation.place: operation for operation in _listed(walk.old, "webhooks")}
    now = {operation.place: operation for operation in _listed(walk.new, "webhooks")}
    for place, old in was.items():
        told = f"webhook {place.partition(' ')[2]}"
        if place not in now:
            yield Change(told, "gone", breaking=True)
            continue
        received = replace(walk, received=True, via=told)
        named = replace(old, place=told)
        yield from _parameters(received, named, now[place])
        yield from _body(received, named, now[place])
        yield from _answers(received, named, now[place])
    for place in now.keys() - was.keys():
        yield Change(f"webhook {place.partition(' ')[2]}", "new", breaking=False)


def _named(walk: Walk) -> Iterator[Change]:
    """Names that are in the code of users, or decide how they come in."""
    was, now = walk.old.get("components", {}), walk.new.get("components", {})
    for name in was.get("schemas", {}).keys() - now.get("schemas", {}).keys():
        yield Change(name, "the schema is gone", breaking=True)
    for name, scheme in was.get("securitySchemes", {}).items():
        other = now.get("securitySchemes", {}).get(name, {})
        if any(
            scheme.get(word) != other.get(word)
            for word in ("type", "scheme", "in", "name", "flows", "openIdConnectUrl")
        ):
            yield Change(name, "the security scheme is gone, or another", breaking=True)
    places = [[server["url"] for server in document.get("servers", [])] for document in (walk.old, walk.new)]
    if places[0] != places[1]:
        yield Change("servers", f"{' '.join(places[0])} → {' '.join(places[1])}", breaking=True)
