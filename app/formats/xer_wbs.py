"""The work breakdown structure of a Primavera XER file as phases."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from hashlib import sha256
from typing import Any

from app.formats.xer_tables import Row
from app.formats.xer_values import MAX_TEXT, Values, cleaned, some

_MAX_LEVELS = 100


@dataclass(frozen=True, slots=True)
class Breakdown:
    """The phases that have activities below them.

    Attributes:
        name: what the root is called, which is the plan itself.
        ids: by `wbs_id` the id of the phase; of the root None.
        phases: as in a plan document, parents first.
        places: where each of them stands in the file.
    """

    name: str
    ids: Mapping[str, str | None]
    phases: Sequence[Mapping[str, Any]]
    places: Sequence[str]


def breakdown(rows: Sequence[Row], used: Iterable[str], values: Values) -> Breakdown:
    """The phases of one project; `used` are the `wbs_id` of its activities. O(rows + used).

    Their ids are the ways of short names from below the root, which stay the same from export to export.
    """
    nodes = values.by_id(rows, "wbs_id")
    below: dict[str, list[str]] = {}
    for wbs_id, row in nodes.items():
        below.setdefault(row.raw("parent_wbs_id"), []).append(wbs_id)
    root = _root(nodes, values)
    if root is None:
        return Breakdown("", {}, (), ())
    ids = _ids(root, nodes, below, values)
    for wbs_id, row in nodes.items():
        if wbs_id not in ids:
            detail = "does not lead to the root of the project: a parent is missing, or they go in a circle"
            values.findings.wrong(row, "parent_wbs_id", "not_below_root", detail)
    needed = _with_parents(used, nodes)
    kept = [wbs_id for wbs_id in ids if wbs_id in needed and wbs_id != root]
    empty = [nodes[wbs_id] for wbs_id in ids if wbs_id not in needed and wbs_id != root]
    if empty:
        names = some([cleaned(row.raw("wbs_short_name")) for row in empty])
        values.findings.note(empty[0], None, "empty_phase", f"phases without activities are left out: {names}")
    return Breakdown(
        cleaned(nodes[root].raw("wbs_name")),
        ids,
        [_phase(nodes[wbs_id], ids) for wbs_id in kept],
        [nodes[wbs_id].place() for wbs_id in kept],
    )


def _root(nodes: Mapping[str, Row], values: Values) -> str | None:
    """The node that stands for the project itself: flagged so, or the only one without a parent in the file."""
    flagged = [wbs_id for wbs_id, row in nodes.items() if row.raw("proj_node_flag") == "Y"]
    found = flagged or [wbs_id for wbs_id, row in nodes.items() if row.raw("parent_wbs_id") not in nodes]
    if len(found) == 1:
        return found[0]
    for row in list(nodes.values())[:1]:
        values.findings.wrong(row, "proj_node_flag", "no_root", "the project needs one node that is its root")
    return None


def _ids(
    root: str, nodes: Mapping[str, Row], below: Mapping[str, Sequence[str]], values: Values
) -> dict[str, str | None]:
    """The ids of what is below the root, level by level."""
    ids: dict[str, str | None] = {root: None}
    taken: set[str] = set()
    level, depth = [root], 0
    while level:
        depth += 1
        reached = [wbs_id for parent in level for wbs_id in below.get(parent, ()) if wbs_id != root]
        for wbs_id in reached:
            row = nodes[wbs_id]
            parent = ids[row.raw("parent_wbs_id")]
            path = _path(parent, cleaned(row.raw("wbs_short_name"), wbs_id))
            ids[wbs_id] = path if path not in taken else _short(f"{path}~{cleaned(wbs_id)}")
            taken.add(path)
            if depth == _MAX_LEVELS + 1:
                values.findings.wrong(row, "parent_wbs_id", "too_deep", f"lies below {_MAX_LEVELS} levels")
        level = reached
    return ids


def _path(parent: str | None, name: str) -> str:
    return _short(f"wbs:{name}" if parent is None else f"{parent}.{name}")


def _short(path: str) -> str:
    """At most as long as an id may be, and different for different paths."""
    return path if len(path) <= MAX_TEXT else f"{path[:160]}~{sha256(path.encode()).hexdigest()[:24]}"


def _with_parents(used: Iterable[str], nodes: Mapping[str, Row]) -> set[str]:
    found: set[str] = set()
    for start in used:
        wbs_id = start
        while wbs_id in nodes and wbs_id not in found:
            found.add(wbs_id)
            wbs_id = nodes[wbs_id].raw("parent_wbs_id")
    return found


def _phase(row: Row, ids: Mapping[str, str | None]) -> dict[str, Any]:
    phase = ids[row.raw("wbs_id")]
    return {
        "key": phase,
        "external_id": phase,
        "name": cleaned(row.raw("wbs_name"), phase or ""),
        "kind": "phase",
        "parent": ids[row.raw("parent_wbs_id")],
    }
