"""The roll-up of an objective as JSON-ready values."""

from typing import Any

from app.domain.metric_grades import band_of
from app.domain.metric_values import exact
from app.domain.objectives import Contributor, Known, Rolled, RolledUp
from app.objectives.rollup import RollupAnswer

_PERCENT_DIGITS, _SCORE_DIGITS = 4, 6


def _quantity(rolled: Rolled[Any], digits: int | None) -> dict[str, Any]:
    """A quantity as JSON-ready values, numbers to so many digits."""
    return {
        "value": _told(rolled.known.value, digits),
        "reason": rolled.known.reason,
        "coverage": round(rolled.known.coverage, 6),
        "drivers": [_reference(name) for name in rolled.drivers],
    }


def _contributor(contributor: Contributor, result: RolledUp) -> dict[str, Any]:
    """A contributor as JSON-ready values, with its shares in the result."""

    def part(known: Known[Any], rolled: Rolled[Any], digits: int | None) -> dict[str, Any]:
        share = rolled.shares.get(contributor.name)
        told = {"value": _told(known.value, digits), "reason": known.reason, "coverage": round(known.coverage, 6)}
        return {**told, "share": None if share is None else round(share, 6)}

    return {
        **_reference(contributor.name),
        "weight": contributor.weight,
        "finish": None if contributor.finish is None else contributor.finish.told,
        "progress": part(contributor.progress, result.progress, _PERCENT_DIGITS),
        "schedule_status": part(contributor.status, result.status, None),
        "score": part(contributor.score, result.score, _SCORE_DIGITS),
        "gate_failed": contributor.gate_failed,
    }


def result_document(answer: RollupAnswer) -> dict[str, Any]:
    """The roll-up as JSON-ready values."""
    result = answer.result
    finish, score = result.finish, result.score.known.value
    band = None if score is None else str(band_of(exact(score)))
    return {
        "progress": _quantity(result.progress, _PERCENT_DIGITS),
        "schedule_status": _quantity(result.status, None),
        "score": {**_quantity(result.score, _SCORE_DIGITS), "band": band},
        "finish": None if finish is None else finish.told,
        "gates_failed": [_reference(name) for name in result.gates_failed],
        "contributors": [
            _contributor(each, result) for each in sorted(answer.contributors, key=lambda each: each.name)
        ],
    }


def _told(value: Any, digits: int | None) -> Any:
    return value if value is None or digits is None else round(value, digits)


def _reference(name: tuple[str, str]) -> dict[str, str]:
    return {"kind": name[0], "key": name[1]}
