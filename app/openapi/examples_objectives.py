"""Examples for objectives and contributions to them; `app.openapi.examples` has them in their place."""

from typing import Any

_ANY = {"If-Match": "*"}
_GOAL = {"objective": "affordable-homes"}
_METRIC = {**_GOAL, "metric": "rent"}
_CONTRIBUTION = {"plan": "example", **_GOAL}
_SAID = {
    "name": "Homes that people can pay for",
    "description": "Build small and simply, and again and again in the same way.",
    "owner": "the board",
    "period": {"start": "2024-01-01", "finish": "2026-12-31"},
    "time_zone": "Europe/Berlin",
    "rollup": "weighted",
    "labels": {"programme": "housing"},
}


def _patch(body: dict[str, Any]) -> dict[str, Any]:
    return {"application/merge-patch+json": body, "application/json": body}


OBJECTIVE_EXAMPLES: dict[str, dict[str, Any]] = {
    "create_objective": {
        "parameters": {"reason": "The strategy for three years", "Idempotency-Key": "strategy-2024"},
        "body": {"application/json": {"key": "affordable-homes", **_SAID}},
    },
    "get_objective": {"parameters": {**_GOAL, "version": 1}},
    "list_objectives": {"parameters": {"owner": "the board", "label": "programme:housing", "limit": 50}},
    "put_objective": {
        "parameters": {**_GOAL, **_ANY, "reason": "The weakest decides"},
        "body": {"application/json": {**_SAID, "rollup": "worst"}},
    },
    "update_objective": {
        "parameters": {**_GOAL, **_ANY, "reason": "The means decides after all"},
        "body": _patch({"rollup": "weighted", "labels": {"city": "north"}}),
    },
    "create_objective_metric": {
        "parameters": {**_GOAL, "reason": "What it is for"},
        "body": {
            "application/json": {
                "key": "rent",
                "name": "Rent",
                "unit": "EUR per m² and month",
                "baseline_value": 14.5,
                "target": 11,
                "weight": 2,
            }
        },
    },
    "list_objective_metrics": {"parameters": {**_GOAL, "limit": 50}},
    "get_objective_metric": {"parameters": _METRIC},
    "update_objective_metric": {
        "parameters": {**_METRIC, **_ANY, "reason": "No more than that"},
        "body": _patch({"floor": 12.5, "gate": True}),
    },
    "record_objective_event": {
        "parameters": _GOAL,
        "body": {
            "application/json": {
                "id": "rent-2024",
                "source": "city/rent-index",
                "type": "metric.measured",
                "occurred_at": "2024-06-30",
                "data": {"metric": "rent", "value": 13.1},
            }
        },
    },
    "list_objective_events": {"parameters": {**_GOAL, "type": "metric.measured", "limit": 50}},
    "get_objective_event": {"parameters": {**_GOAL, "sequence": 1}},
    "create_contribution": {
        "parameters": {"plan": "example", "reason": "One of the first"},
        "body": {"application/json": {"key": "affordable-homes", "weight": 1}},
    },
    "list_contributions": {"parameters": {"plan": "example", "limit": 50}},
    "get_contribution": {"parameters": _CONTRIBUTION},
    "update_contribution": {
        "parameters": {**_CONTRIBUTION, **_ANY, "reason": "A large one"},
        "body": _patch({"weight": 3}),
    },
    "get_objective_rollup": {"parameters": {**_GOAL, "as_of": "2024-07-01"}},
    "get_objective_scorecard": {"parameters": {**_GOAL, "as_of": "2024-07-01"}},
    "get_portfolio": {"parameters": {"by": "owner", "status": "active", "limit": 50}},
    "delete_contribution": {"parameters": {**_CONTRIBUTION, **_ANY, "reason": "It was sold"}},
    "delete_objective_metric": {"parameters": {**_METRIC, **_ANY, "reason": "The city tells it no more"}},
    "delete_objective": {"parameters": {**_GOAL, **_ANY}},
}
