"""The tolerances that every workspace begins with, so that its first plan is watched without any set-up."""

from collections.abc import Mapping, Sequence
from types import MappingProxyType
from typing import Any

from app.domain.moments import EARLIEST
from app.domain.tolerances import UNITS, Measure

AUTHOR = "leeway"
_UNBOUNDED = {"warning": None, "breach": None}


def _built_in(
    key: str, name: str, measure: str, warning: float | None, breach: float | None, kinds: Sequence[str] = ()
) -> Mapping[str, Any]:
    """Version 1, shaped like a stored one; its upper bounds are in the first unit of the measure."""
    applies_to = {"kinds": list(kinds), "milestones": [], "labels": {}, "critical_only": False}
    return MappingProxyType(
        {
            "key": key,
            "plan": None,
            "version": 1,
            "recorded_at": EARLIEST,
            "author": AUTHOR,
            "reason": None,
            "name": name,
            "measure": measure,
            "unit": UNITS[Measure(measure)][0].value,
            "basis": "forecast",
            "lower": _UNBOUNDED,
            "upper": {"warning": warning, "breach": breach},
            "clear_margin": None,
            "consecutive": 1,
            "baseline": "current",
            "applies_to": applies_to,
        }
    )


BUILT_INS: Mapping[str, Mapping[str, Any]] = MappingProxyType(
    {
        row["key"]: row
        for row in (
            _built_in("finish", "Milestones finish on time", "finish_variance", None, 0, ["milestone"]),
            _built_in("start", "Milestones that are starts begin on time", "start_variance", None, 0, ["milestone"]),
            _built_in("activity-finish", "Activities finish on time", "finish_variance", 1, 5, ["activity"]),
            _built_in("plan-finish", "The plan finishes on time", "plan_finish_variance", 0, 5),
            _built_in("deadline", "Deadlines are kept", "deadline_variance", None, 0),
            _built_in("blocked", "Nothing stays blocked", "blocked_minutes", 1, 5),
            _built_in("metric-pace", "Metrics keep their pace", "metric_gap_points", 10, 25),
            _built_in("contingency", "Contingencies that are due are activated", "contingency_due", None, 0),
            _built_in("assumption", "Assumptions hold", "assumption_invalidated", None, 0),
        )
    }
)
"""The built-in tolerances by key. They are never stored; rows of the workspace lie over them."""
