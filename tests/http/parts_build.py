"""A part of each kind that a plan with the milestones `a` and `b` can have, and an edit of it."""

from typing import NamedTuple

from tests.http.build import Json


class Part(NamedTuple):
    """What a part says, without its key; a merge patch of it; and the name of its key in the problems of the kind.

    `another` is what a second one beside it has to say otherwise.
    """

    body: Json
    patch: Json
    slug: str
    another: Json = {}


PARTS: dict[str, Part] = {
    "objectives": Part({"weight": 2.0}, {"weight": 3.0}, "contribution"),
    "metrics": Part({"name": "Adoption", "baseline_value": 0, "target": 40}, {"target": 50}, "metric"),
    "assumptions": Part(
        {
            "statement": "The interface stays as it is",
            "sources": [{"kind": "person", "title": None, "url": None, "role": "supplier's architect", "at": None}],
            "confidence": 0.8,
            "dependents": [{"part": "milestones", "key": "a"}],
        },
        {"confidence": 0.5},
        "assumption",
    ),
    "assignments": Part(
        {"milestone": "a", "resource": "anna", "units": 0.5, "effort_minutes": None, "role": "builder"},
        {"effort_minutes": 960, "units": None},
        "assignment",
        {"milestone": "b"},
    ),
}
