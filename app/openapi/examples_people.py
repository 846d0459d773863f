"""Examples for resources and what they are assigned to; `app.openapi.examples` has them in their place."""

from typing import Any

_ANY = {"If-Match": "*"}
_RESOURCE = {"resource": "roofers"}
_ASSIGNMENT = {"plan": "example", "assignment": "roof-roofers"}
_SAID = {
    "name": "The roofers",
    "kind": "team",
    "calendar": None,
    "capacity": 3,
    "cost_rate": {"amount": "62.50", "currency": "EUR"},
    "owner": "site-manager",
    "contact": "roofers@example.com",
    "labels": {"trade": "roof"},
}


def _patch(body: dict[str, Any]) -> dict[str, Any]:
    return {"application/merge-patch+json": body, "application/json": body}


PEOPLE_EXAMPLES: dict[str, dict[str, Any]] = {
    "create_resource": {
        "parameters": {"reason": "The contract is signed", "Idempotency-Key": "roofers"},
        "body": {"application/json": {"key": "roofers", **_SAID}},
    },
    "list_resources": {"parameters": {"kind": "team", "label": "trade:roof", "limit": 50}},
    "get_resource": {"parameters": {**_RESOURCE, "version": 1}},
    "put_resource": {
        "parameters": {**_RESOURCE, **_ANY, "reason": "One more"},
        "body": {"application/json": {**_SAID, "capacity": 4}},
    },
    "update_resource": {
        "parameters": {**_RESOURCE, **_ANY, "reason": "The rates of the new year"},
        "body": _patch({"cost_rate": {"amount": "65.00"}}),
    },
    "create_assignment": {
        "parameters": {"plan": "example", "reason": "The contract is signed"},
        "body": {
            "application/json": {
                "key": "roof-roofers",
                "milestone": "roof",
                "resource": "roofers",
                "effort_minutes": 14400,
                "role": "builders",
            }
        },
    },
    "list_assignments": {"parameters": {"plan": "example", "limit": 50}},
    "get_assignment": {"parameters": _ASSIGNMENT},
    "update_assignment": {
        "parameters": {**_ASSIGNMENT, **_ANY, "reason": "It is steeper than drawn"},
        "body": _patch({"effort_minutes": 16800}),
    },
    "list_delegations": {"parameters": {"plan": "example", "as_of": "2024-05-31", "limit": 50}},
    "get_plan_load": {
        "parameters": {"plan": "example", "from": "2024-05-01", "to": "2024-06-30", "period": "week", "limit": 50}
    },
    "get_resource_load": {"parameters": {**_RESOURCE, "from": "2024-05-01", "to": "2024-06-30", "period": "month"}},
    "delete_assignment": {"parameters": {**_ASSIGNMENT, **_ANY, "reason": "They are bankrupt"}},
    "delete_resource": {"parameters": {**_RESOURCE, **_ANY}},
}
