"""A body with every field for each operation that reads one, on a plan and a calendar made by `lay_out`."""

from collections.abc import Iterator
from copy import deepcopy
from typing import Any

from tests.http.build import Json, calendar

_FIELDS: Json = {
    "name": "A plan",
    "goal": "Ship",
    "owner": "release-manager",
    "time_zone": "Europe/Berlin",
    "calendar": "p",
    "scheduling": "hold_planned_dates",
    "schedule_options": {
        "progress_logic": "retained",
        "lag_calendar": "predecessor",
        "total_float": "finish",
        "critical_float_minutes": 60,
        "project_start": "2026-03-02",
    },
    "weight_basis": "weight",
    "target_finish": "2026-10-01",
    "status_date": "2026-03-01",
    "labels": {"team": "core"},
    "currency": "EUR",
    "reserve": {"amount": "5000.50", "currency": "EUR"},
    "decisions_required_for": ["adoption"],
}
_ACTIVITY: Json = {
    "external_id": "UID 7",
    "name": "Work",
    "kind": "activity",
    "planned_start": "2026-03-02",
    "planned_finish": "2026-03-10T12:00:00Z",
    "planned_duration_minutes": 480,
    "calendar": "standard",
    "parent": None,
    "owner": "docs-team",
    "constraint": {"type": "SNET", "date": "2026-03-02"},
    "deadline": "2026-03-12",
    "weight": 2.5,
    "labels": {"team": "docs"},
    "budget": {"amount": "1200.00", "currency": "EUR"},
}
_LAG: Json = {"lag_minutes": -30, "lag_percent": None, "lag_unit": "elapsed"}
_METRIC: Json = {
    "name": "Adoption",
    "description": "Who opened it in the last week",
    "kind": "numeric",
    "unit": "% of users",
    "baseline_value": 10.5,
    "target": 60.5,
    "floor": 40.5,
    "stretch": 80.5,
    "low": None,
    "high": None,
    "margin": 0.0,
    "weight": 2.5,
    "gate": True,
    "commitment": "committed",
    "start_at": "2026-01-01",
    "measure_at": "2026-04-11T12:00:00+01:00",
    "grace_minutes": 60,
    "trajectory": {"shape": "points", "points": [{"at": "2026-02-01", "attainment": 0.5}]},
    "owner": "somebody",
}
_MADE: Json = {
    "question": "Wait for the supplier?",
    "context": "They are late, again",
    "options": [{"key": "wait", "name": "Wait", "description": "Two weeks", "scenario": "fast"}],
    "choice": "wait",
    "reason": "It is cheaper",
    "decided_by": "the board",
    "decided_at": "2026-03-01",
    "evidence": [{"assumption": None, "url": "https://example.com/study", "title": "Delivery times"}],
    "supersedes": None,
}
_DECISION: Json = {**_MADE, "scenario": "fast", "resulting_revision": 1}
_ASSUMPTION: Json = {
    "statement": "The interface of the supplier stays as it is",
    "sources": [
        {
            "kind": "person",
            "title": "A talk",
            "url": "https://example.com/talk",
            "role": "the supplier's architect",
            "at": "2026-02-01",
        }
    ],
    "confidence": 0.5,
    "review_at": "2026-06-01",
    "owner": "somebody",
    "note": "Asked twice",
    "dependents": [{"part": "milestones", "key": "a"}],
}
_RISK: Json = {
    "name": "The supplier fails",
    "description": "They are late elsewhere",
    "category": "supplier",
    "probability": 0.5,
    "impacts": [{"milestone": "a", "minutes": 480, "cost": {"amount": "1200.00", "currency": "EUR"}}],
    "response": "mitigate",
    "response_text": "A second offer",
    "owner": "somebody",
    "review_at": "2026-04-01",
    "contingencies": [
        {
            "key": "other",
            "name": "The other supplier",
            "description": "They could begin at once",
            "trigger": {
                "type": "measure",
                "measure": "finish_variance",
                "unit": "working_days",
                "above": 2.5,
                "below": None,
                "milestone": "a",
                "metric": None,
            },
            "change": {
                "plan": {"goal": "Less"},
                "milestones": {"b": {"planned_finish": "2026-04-20"}},
                "dependencies": [{"predecessor": "a", "type": "SS", "successor": "b", **_LAG}],
                "removed_dependencies": [{"predecessor": "a", "type": "FS", "successor": "b"}],
            },
        },
        {
            "key": "dated",
            "name": "By a date",
            "description": None,
            "trigger": {"type": "date", "date": "2026-04-01"},
            "change": {},
        },
        {
            "key": "told",
            "name": "By an event",
            "description": None,
            "trigger": {"type": "event", "event": "milestone.blocked", "milestone": "a"},
            "change": {"milestones": {"b": None}},
        },
    ],
}
_ASSIGNMENT: Json = {
    "milestone": "a",
    "resource": "p",
    "units": 0.5,
    "effort_minutes": 960,
    "role": "builder",
}
_DOCUMENT: Json = {
    **_FIELDS,
    "milestones": [
        {**_ACTIVITY, "key": "a", "parent": "c"},
        {"key": "b", "name": "B", "planned_finish": "2026-03-20"},
        {"key": "c", "name": "Phase", "kind": "phase"},
    ],
    "dependencies": [{"predecessor": "a", "type": "FS", "successor": "b", **_LAG}],
    "objectives": [{"key": "p", "weight": 2.5}],
    "metrics": [{**_METRIC, "key": "adoption"}],
    "risks": [{**_RISK, "key": "supplier"}],
    "assumptions": [{**_ASSUMPTION, "key": "api"}],
    "scenarios": [{"key": "fast", "name": "A second shift", "change": {"milestones": {"b": {"owner": "me"}}}}],
    "decisions": [{**_DECISION, "key": "supplier"}],
    "assignments": [{**_ASSIGNMENT, "key": "build"}],
}
_CALENDAR: Json = calendar(
    time_zone="Europe/Berlin",
    exceptions=[{"date": "2026-05-01", "intervals": [{"from": "10:00", "to": "24:00"}], "name": "Half a day"}],
    holidays={"country": "DE", "subdivision": "BY"},
    minutes_per_day=450,
)
_TOLERANCE: Json = {
    "name": "Told to the board",
    "measure": "finish_variance",
    "unit": "working_days",
    "basis": "actual",
    "lower": {"warning": -2.5, "breach": -5.5},
    "upper": {"warning": 1.5, "breach": 5.5},
    "clear_margin": 0.5,
    "consecutive": 2,
    "baseline": "original",
    "applies_to": {
        "kinds": ["milestone", "phase"],
        "milestones": ["a"],
        "labels": {"team": "core"},
        "critical_only": True,
    },
    "plan": None,
}
_OBJECTIVE: Json = {
    "name": "Half of all teams use it",
    "description": "Those who plan see what drifts.",
    "owner": "the board",
    "parent": None,
    "weight": 2.5,
    "period": {"start": "2026-01-01", "finish": "2026-12-31"},
    "time_zone": "Europe/Berlin",
    "rollup": "critical_path",
    "labels": {"team": "core"},
}
_RESOURCE: Json = {
    "name": "Anna",
    "kind": "person",
    "calendar": "p",
    "capacity": 0.75,
    "cost_rate": {"amount": "80.25", "currency": "EUR"},
    "owner": "the board",
    "contact": "anna@example.com",
    "labels": {"team": "core"},
}
_ACTION: Json = {
    "title": "A second shift",
    "description": "Until the roof is on",
    "owner": "site-manager",
    "due_at": "2026-12-01T00:00:00Z",
    "status": "in_progress",
}
_WEBHOOK: Json = {
    "url": "https://example.com/leeway?for=board",
    "description": "The board's inbox",
    "filter": {
        "types": ["deviation.opened"],
        "plans": ["p"],
        "levels": ["breach"],
        "measures": ["finish_variance"],
        "tolerances": ["finish"],
        "milestones": ["a"],
        "owners": ["docs-team"],
    },
    "format": "cloudevents",
    "enabled": True,
}
_EVENT: Json = {
    "id": "run-1",
    "source": "ci/release",
    "milestone": "a",
    "occurred_at": "2026-03-01T10:00:00Z",
    "recorded_at": None,
    "actor": "somebody",
}
_MAPPING: Json = {
    "description": "What the release pipeline says",
    "position": 10,
    "event_type": "dev.cdevents.pipelinerun.finished",
    "source": "https://ci.example.com/*",
    "subject": "release-*",
    "content": {"outcome": ["failure", "error"], "environment.id": ["prod*"]},
    "plan": "p",
    "milestone": "a",
    "records": "milestone.blocked",
    "reason_code": "ci_failed",
}
_NAME = {"source": "tests", "id": "run-p"}
_ORIGIN: Json = {
    "origin": {
        "type": "dev.cdevents.pipelinerun.finished.0.2.0",
        "subject": "release-8123",
        "mapping": "release-done",
        "outcome": "success",
        "url": "https://ci.example.com/runs/8123",
    }
}
EVENT_DATA: dict[str, Json] = {
    "milestone.started": _ORIGIN,
    "milestone.progressed": {"percent_complete": 40.5, "remaining_minutes": 600},
    "milestone.completed": _ORIGIN,
    "milestone.reopened": _ORIGIN,
    "milestone.blocked": {
        "reason_code": "supply",
        "description": "No steel",
        "expected_resume_at": "2026-04-01",
        **_ORIGIN,
    },
    "milestone.unblocked": _ORIGIN,
    "milestone.forecast_changed": {"start": "2026-03-05", "finish": "2026-03-15T12:00:00+01:00"},
    "milestone.cancelled": _ORIGIN,
    "milestone.assigned": {"assignee": "somebody"},
    "cost.incurred": {"amount": "-12.50", "currency": "EUR"},
    "effort.spent": {"minutes": 30, "resource": "p"},
    "note.added": {"text": "Fine", **_ORIGIN},
    "metric.measured": {"metric": "adoption", "value": 62.5},
    "risk.occurred": {"risk": "supplier", "description": "They went bankrupt"},
    "risk.closed": {"risk": "supplier", "reason": "Another one was found"},
    "assumption.invalidated": {"assumption": "api", "reason": "They announced version 2"},
    "assignment.requested": {"assignment": "build", "to": "p", "by": "ada", "note": "For a week"},
    "assignment.accepted": {"assignment": "build", "by": "p"},
    "assignment.declined": {"assignment": "build", "by": "p", "reason": "On holiday"},
    "event.corrected": {
        "event": _NAME,
        "replacement": {
            "type": "milestone.progressed",
            "milestone": "a",
            "occurred_at": "2026-03-01",
            "actor": "somebody",
            "data": {"percent_complete": 10.5},
        },
    },
    "event.retracted": {"event": _NAME, "reason": "never happened"},
}
CLOUD_EVENT: Json = {
    "specversion": "1.0",
    "id": "run-1",
    "source": "ci/release",
    "type": "leeway.milestone.progressed",
    "subject": "plans/p/milestones/a",
    "time": "2026-03-01T10:00:00Z",
    "datacontenttype": "application/json",
    "actor": "somebody",
    "data": {"percent_complete": 40.5},
}

CD_EVENT: Json = {
    "specversion": "1.0",
    "id": "run-1",
    "source": "https://ci.example.com/tekton",
    "type": "dev.cdevents.pipelinerun.finished.0.2.0",
    "time": "2026-03-01T10:00:00Z",
    "datacontenttype": "application/json",
    "actor": "somebody",
    "data": {
        "subject": {
            "id": "release-8123",
            "content": {"outcome": "failure", "url": "https://ci.example.com/runs/8123"},
        },
        "customData": {"leeway": {"plan": "p", "milestone": "a"}},
    },
}


def event(type: str) -> Json:  # noqa: A002
    """An event of this type with every field."""
    fields = {name: value for name, value in _EVENT.items() if name != "milestone" or not type.startswith("event.")}
    return {**fields, "type": type, "data": deepcopy(EVENT_DATA[type])}


_SCENARIO: Json = {
    "name": "A second shift",
    "description": "Nights, too",
    "change": {
        "plan": {"goal": "Sooner", "schedule_options": {"critical_float_minutes": 60}},
        "milestones": {"a": {"planned_finish": "2026-03-09", "owner": "crew"}, "d": {"name": "Check"}},
        "dependencies": [{"predecessor": "a", "type": "SS", "successor": "d", **_LAG}],
        "removed_dependencies": [{"predecessor": "a", "type": "FS", "successor": "b"}],
    },
    "risks": [],
    "metric_effects": {"adoption": 60.5},
}
FULL_BODIES: dict[str, Json | list[Json]] = {
    "create_plan": {**_FIELDS, "key": "new"},
    "update_plan": {**_FIELDS, "status": "on_hold"},
    "put_document": _DOCUMENT,
    "create_baseline": {
        "name": "Agreed",
        "reason": "signed off",
        "approved_by": "the board",
        "supplementary": True,
        "revision": 1,
        "decision": None,
    },
    "create_milestone": {**_ACTIVITY, "key": "new"},
    "update_milestone": _ACTIVITY,
    "create_dependency": {"predecessor": "b", "type": "SS", "successor": "c", **_LAG},
    "update_dependency": _LAG,
    "create_contribution": {"key": "p-other", "weight": 2.5},
    "update_contribution": {"weight": 2.5},
    "create_metric": {**_METRIC, "key": "new"},
    "update_metric": _METRIC,
    "create_risk": {**_RISK, "key": "new"},
    "update_risk": _RISK,
    "activate_contingency": {
        "id": "act-1",
        "source": "tests",
        "occurred_at": "2026-03-01T10:00:00Z",
        "recorded_at": None,
        "actor": "somebody",
        "reason": "They are bankrupt",
    },
    "create_objective": {**_OBJECTIVE, "key": "new"},
    "put_objective": _OBJECTIVE,
    "update_objective": _OBJECTIVE,
    "create_resource": {**_RESOURCE, "key": "new"},
    "put_resource": _RESOURCE,
    "update_resource": _RESOURCE,
    "create_objective_metric": {**_METRIC, "key": "new"},
    "update_objective_metric": _METRIC,
    "record_objective_event": {
        **{name: value for name, value in _EVENT.items() if name != "milestone"},
        "type": "metric.measured",
        "data": {"metric": "adoption", "value": 40.5},
    },
    "create_calendar": {**_CALENDAR, "key": "new"},
    "put_calendar": _CALENDAR,
    "update_calendar": _CALENDAR,
    "create_tolerance": {**_TOLERANCE, "key": "new"},
    "put_tolerance": _TOLERANCE,
    "update_tolerance": _TOLERANCE,
    "preview_tolerance": {
        "plan": "p",
        "tolerance": {**_TOLERANCE, "key": "new"},
        "from": "2026-03-01",
        "to": "2026-03-02T08:00:00Z",
    },
    "acknowledge_deviation": {"reason": "Known", "reason_code": "p", "until": "2026-12-01T00:00:00Z"},
    "create_corrective_action": _ACTION,
    "update_corrective_action": _ACTION,
    "create_reason_code": {"key": "new", "name": "New", "description": "Why"},
    "update_reason_code": {"name": "New", "description": "Why", "deprecated": True},
    "create_event_mapping": {**_MAPPING, "key": "new"},
    "update_event_mapping": _MAPPING,
    "create_webhook": {**_WEBHOOK, "key": "new"},
    "update_webhook": _WEBHOOK,
    "replay_deliveries": {
        "delivery": None,
        "from": "2026-03-01T00:00:00Z",
        "to": "2026-03-02T00:00:00+01:00",
        "states": ["dead", "delivered"],
        "cursor": None,
    },
    "preview_schedule": {
        "plan": {name: value for name, value in _FIELDS.items() if name != "status"},
        "milestones": {"a": _ACTIVITY},
        "dependencies": [{"predecessor": "a", "type": "SS", "successor": "b", **_LAG}],
        "removed_dependencies": [{"predecessor": "a", "type": "FS", "successor": "b"}],
        "assignments": {"build": _ASSIGNMENT},
        "events": [event("milestone.progressed")],
    },
    "create_assumption": {**_ASSUMPTION, "key": "new"},
    "update_assumption": _ASSUMPTION,
    "create_assignment": {**_ASSIGNMENT, "milestone": "b", "key": "new"},
    "update_assignment": _ASSIGNMENT,
    "create_status_report": {
        "health": "at_risk",
        "headline": "The roof",
        "narrative": "The crane is late.",
        "reporter": "somebody",
        "supersedes": 1,
    },
    "create_decision": {**_DECISION, "key": "new"},
    "update_decision": _DECISION,
    "create_scenario": {**_SCENARIO, "key": "new"},
    "update_scenario": _SCENARIO,
    "adopt_scenario": {
        "reason": "Chosen",
        "decision": None,
        "new_decision": {**_MADE, "key": None},
        "accept_changes_since": 1,
    },
    "close_plan": {
        "status": "completed",
        "reason": "All is done",
        "lessons": [{"text": "Ask the city first", "labels": {"team": "core"}}],
        "as_of": "2026-03-01",
    },
    "record_event": event("milestone.progressed"),
    "record_events": [{**event("milestone.progressed"), "plan": "p"}],
}

Place = tuple[str | int, ...]


def places(value: Any, at: Place = ()) -> Iterator[Place]:
    """Every place in a JSON value, but the whole."""
    children: Any = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for name, child in children:
        yield (*at, name)
        yield from places(child, (*at, name))


def replaced(body: Any, place: Place, value: Any) -> Any:
    """The body with another value at a place."""
    if not place:
        return value
    copy = body.copy()
    copy[place[0]] = replaced(body[place[0]], place[1:], value)
    return copy


def without(body: Any, place: Place) -> Any:
    """The body without what is at a place."""
    copy = body.copy()
    if len(place) == 1:
        del copy[place[0]]
    else:
        copy[place[0]] = without(body[place[0]], place[1:])
    return copy
