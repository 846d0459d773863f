"""What the plan of the demonstration says beside its dates: what shows success, what may go wrong, what was decided.

The history of the dates is CPython's own; these are ours, made for it from PEP 719 and what is known of the release.
"""

from typing import Any

SOURCE = "demo/planning"
BEGINNING: dict[str, Any] = {
    "goal": "Ship 3.13.0 on the announced day, with nothing in it that has to be taken back",
    "target_finish": "2024-10-01",
    "metrics": [
        {
            "key": "days-late",
            "name": "Days that the final release is late",
            "kind": "maintain",
            "unit": "days",
            "high": 0,
            "margin": 14,
            "measure_at": "2024-10-01",
            "grace_minutes": 20160,
            "owner": "release-manager",
        }
    ],
    "risks": [
        {
            "key": "late-regression",
            "name": "A regression is found in a release candidate",
            "probability": 0.2,
            "impacts": [{"milestone": "final", "minutes": 8640}],
            "response": "mitigate",
            "response_text": "What causes it is reverted, and another candidate is released.",
            "owner": "release-manager",
            "contingencies": [
                {
                    "key": "another-candidate",
                    "name": "Another release candidate",
                    "trigger": {"type": "risk_occurred"},
                    "change": {
                        "milestones": {
                            "candidate-3": {"name": "3.13 candidate 3", "planned_finish": "2024-10-01"},
                            "final": {"planned_finish": "2024-10-07"},
                        }
                    },
                }
            ],
        }
    ],
}
"""What the plan begins with. The room before its target and the impact are minutes round the clock."""

ADDED = "3.13 candidate 3"
DECIDED: dict[str, Any] = {
    "decisions": [
        {
            "key": "incremental-gc",
            "question": "Does 3.13.0 have the incremental garbage collector?",
            "options": [{"key": "keep", "name": "Keep it"}, {"key": "revert", "name": "Revert it"}],
            "choice": "revert",
            "reason": "It made some programs slower, as the last candidate showed",
            "decided_by": "release-manager",
            "evidence": [{"url": "https://peps.python.org/pep-0719/", "title": "PEP 719"}],
        }
    ]
}
"""What the plan says besides once a third candidate was added: the decision that it follows from."""

EVENTS: dict[str, list[dict[str, Any]]] = {
    "added 3.13 candidate 3": [{"type": "risk.occurred", "data": {"risk": "late-regression"}}],
    "completed 3.13 final": [
        {"type": "metric.measured", "data": {"metric": "days-late", "value": 6}, "occurred_at": "2024-10-07"},
        {"type": "risk.closed", "data": {"risk": "late-regression", "reason": "3.13.0 is out"}},
    ],
}
"""What is reported besides, by what was reported at the same instant."""
