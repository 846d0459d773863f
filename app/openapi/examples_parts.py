"""Examples for what a plan consists of besides milestones; `app.openapi.examples` has them in their place."""

from typing import Any

_PLAN = {"plan": "example"}
_ANY = {"If-Match": "*"}
_METRIC = {"metric": "heat-demand"}
_ASSUMPTION = {"assumption": "dry-spring"}
_RISK = {"risk": "roofer-fails"}
_SCENARIO = {"scenario": "two-crews"}
_DECISION = {"decision": "roof"}


def _patch(body: dict[str, Any]) -> dict[str, Any]:
    return {"application/merge-patch+json": body, "application/json": body}


PART_EXAMPLES: dict[str, dict[str, Any]] = {
    "create_metric": {
        "parameters": {**_PLAN, "reason": "What it is for"},
        "body": {
            "application/json": {
                "key": "heat-demand",
                "name": "Heat demand",
                "description": "By the meter, in the first winter.",
                "unit": "kWh per m² and year",
                "baseline_value": 120,
                "target": 40,
                "floor": 60,
                "commitment": "committed",
                "start_at": "2024-11-01",
                "measure_at": "2025-04-30",
                "grace_minutes": 43200,
                "trajectory": {"shape": "step"},
                "owner": "architect",
            }
        },
    },
    "list_metrics": {"parameters": {**_PLAN, "limit": 50}},
    "get_metric": {"parameters": {**_PLAN, **_METRIC}},
    "update_metric": {
        "parameters": {**_PLAN, **_METRIC, **_ANY, "reason": "The new code"},
        "body": _patch({"target": 35, "gate": True}),
    },
    "create_scenario": {
        "parameters": {**_PLAN, "reason": "What if the winter comes early"},
        "body": {
            "application/json": {
                "key": "two-crews",
                "name": "Two crews",
                "description": "The roof before the frost, for more money.",
                "change": {"milestones": {"foundation": {"budget": {"amount": "90000.00", "currency": "EUR"}}}},
            }
        },
    },
    "list_scenarios": {"parameters": {**_PLAN, "limit": 50}},
    "get_scenario": {"parameters": {**_PLAN, **_SCENARIO}},
    "update_scenario": {
        "parameters": {**_PLAN, **_SCENARIO, **_ANY, "reason": "After a talk with the crews"},
        "body": _patch({"description": "The roof before the frost."}),
    },
    "compare_scenarios": {"parameters": {**_PLAN, "scenarios": "two-crews", "as_of": "2024-03-04T06:00:00Z"}},
    "create_decision": {
        "parameters": {**_PLAN, "reason": "Asked by the architect"},
        "body": {
            "application/json": {
                "key": "roof",
                "question": "Which roof?",
                "options": [
                    {"key": "tiles", "name": "Tiles"},
                    {"key": "steel", "name": "Steel", "description": "Lighter, and sooner"},
                ],
                "evidence": [{"url": "https://example.com/roofs", "title": "Roofs compared"}],
            }
        },
    },
    "list_decisions": {"parameters": {**_PLAN, "limit": 50}},
    "get_decision": {"parameters": {**_PLAN, **_DECISION}},
    "update_decision": {
        "parameters": {**_PLAN, **_DECISION, **_ANY, "reason": "For the board"},
        "body": _patch({"context": "The old roof leaks."}),
    },
    "adopt_scenario": {
        "parameters": {**_PLAN, **_SCENARIO, "Idempotency-Key": "two-crews"},
        "body": {
            "application/json": {
                "reason": "The frost is early",
                "new_decision": {
                    "key": "crews",
                    "question": "One crew or two?",
                    "options": [
                        {"key": "one", "name": "One"},
                        {"key": "two", "name": "Two", "scenario": "two-crews"},
                    ],
                    "choice": "two",
                    "reason": "A month of rent costs more.",
                    "decided_by": "the owners",
                    "decided_at": "2024-03-01",
                },
            }
        },
    },
    "get_scorecard": {"parameters": {**_PLAN, "as_of": "2025-05-01T00:00:00Z", "limit": 50}},
    "create_assumption": {
        "parameters": {**_PLAN, "reason": "What the offer rests on"},
        "body": {
            "application/json": {
                "key": "dry-spring",
                "statement": "It rains on fewer than ten working days until May",
                "sources": [{"kind": "study", "title": "Rain in the region, 1991-2020", "at": "2021-06-01"}],
                "confidence": 0.7,
                "review_at": "2024-04-02",
                "owner": "site-manager",
                "dependents": [{"part": "milestones", "key": "foundation"}],
            }
        },
    },
    "list_assumptions": {"parameters": {**_PLAN, "limit": 50}},
    "get_assumption": {"parameters": {**_PLAN, **_ASSUMPTION}},
    "update_assumption": {
        "parameters": {**_PLAN, **_ASSUMPTION, **_ANY, "reason": "A wet March"},
        "body": _patch({"confidence": 0.4}),
    },
    "get_evidence": {"parameters": {**_PLAN, "as_of": "2024-04-30", "limit": 50}},
    "create_status_report": {
        "parameters": {**_PLAN, "Idempotency-Key": "week-18"},
        "body": {
            "application/json": {
                "health": "on_track",
                "headline": "The roof can come",
                "narrative": "Two days of rain, and the foundation is dry all the same.",
                "reporter": "site-manager",
            }
        },
    },
    "list_status_reports": {"parameters": {**_PLAN, "limit": 10}},
    "get_status_report": {"parameters": {**_PLAN, "report": 1}},
    "create_risk": {
        "parameters": {**_PLAN, "reason": "Workshop of 12 February"},
        "body": {
            "application/json": {
                "key": "roofer-fails",
                "name": "The roofer fails",
                "description": "Three of their sites stand still.",
                "category": "supplier",
                "probability": 0.25,
                "impacts": [
                    {"milestone": "roof", "minutes": 4800, "cost": {"amount": "18000.00", "currency": "EUR"}}
                ],
                "response": "mitigate",
                "response_text": "A second offer is asked for.",
                "owner": "site-manager",
                "review_at": "2024-05-02",
                "contingencies": [
                    {
                        "key": "second-roofer",
                        "name": "The second roofer",
                        "trigger": {
                            "type": "measure",
                            "measure": "start_variance",
                            "unit": "working_days",
                            "above": 5,
                            "milestone": "roof",
                        },
                        "change": {"milestones": {"roof": {"owner": "second-roofer"}}},
                    }
                ],
            }
        },
    },
    "list_risks": {"parameters": {**_PLAN, "limit": 50}},
    "get_risk": {"parameters": {**_PLAN, **_RISK}},
    "update_risk": {
        "parameters": {**_PLAN, **_RISK, **_ANY, "reason": "They were seen on the site"},
        "body": _patch({"probability": 0.1, "review_at": "2024-06-03"}),
    },
    "get_exposure": {"parameters": {**_PLAN, "as_of": "2024-05-31", "limit": 50}},
    "activate_contingency": {
        "parameters": {**_PLAN, **_RISK, "contingency": "second-roofer"},
        "body": {
            "application/json": {
                "id": "diary-88",
                "source": "site/diary",
                "occurred_at": "2024-06-03T08:00:00+02:00",
                "actor": "site-manager",
                "reason": "The roofer is bankrupt",
            }
        },
    },
}
