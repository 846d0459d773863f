"""Examples for the documentation page; each of them runs against the demo data, in this order (tested).

What reads, reads the demonstration; what edits, edits a plan `example` and a calendar `plant` that come and go.
"""

from typing import Any

from app.openapi.examples_events import CD_EVENT, NOTE, PROGRESSED, STARTED, cloud_event
from app.openapi.examples_files import FILES
from app.openapi.examples_objectives import OBJECTIVE_EXAMPLES
from app.openapi.examples_parts import PART_EXAMPLES
from app.openapi.examples_people import PEOPLE_EXAMPLES

_DEMO = {"plan": "python-3.13"}
_PLAN = {"plan": "example"}
_ANY = {"If-Match": "*"}
_WEBHOOK = {"webhook": "board"}
_DEVIATION = {"deviation": "018f5b1c-7d20-7a4e-8c11-6f0d2b9e4a35"}
_ACTION = {"action": "018f5b20-1c44-7b7e-9a03-2d5e8f6c7b10"}
_MAPPING = {"mapping": "release-done"}
_LATE = {"level": "breach", "measure": "finish_variance"}
_LINK = {"predecessor": "foundation", "type": "FS", "successor": "roof"}
_SHIFTS = [{"from": "06:00", "to": "14:00"}, {"from": "14:00", "to": "22:00"}]
_OFFICE = [{"from": "08:00", "to": "12:00"}, {"from": "13:00", "to": "17:00"}]
_WEEKDAYS = ("monday", "tuesday", "wednesday", "thursday", "friday")
_CALENDAR = {
    "name": "Plant in Munich",
    "time_zone": "Europe/Berlin",
    "weekly": dict.fromkeys(_WEEKDAYS, _OFFICE),
    "exceptions": [{"date": "2024-12-24", "intervals": [{"from": "08:00", "to": "12:00"}], "name": "Christmas Eve"}],
    "holidays": {"country": "DE", "subdivision": "BY"},
    "minutes_per_day": 480,
}


def _patch(body: dict[str, Any]) -> dict[str, Any]:
    return {"application/merge-patch+json": body, "application/json": body}


EXAMPLES: dict[str, dict[str, Any]] = {
    "list_plans": {"parameters": {"status": "active", "limit": 50}},
    "get_plan": {"parameters": _DEMO},
    "get_document": {"parameters": {**_DEMO, "revision": 1}},
    "list_revisions": {"parameters": {**_DEMO, "limit": 10}},
    "get_revision": {"parameters": {**_DEMO, "revision": 2}},
    "compare_revisions": {"parameters": {**_DEMO, "from": "baseline:1", "to": "current"}},
    "list_baselines": {"parameters": _DEMO},
    "get_baseline": {"parameters": {**_DEMO, "number": "original"}},
    "list_milestones": {"parameters": {**_DEMO, "kind": "milestone", "limit": 50}},
    "get_milestone": {"parameters": {**_DEMO, "milestone": "beta-1"}},
    "list_dependencies": {"parameters": _DEMO},
    "list_events": {"parameters": {**_DEMO, "milestone": "beta-1", "type": "milestone.completed"}},
    "get_event": {"parameters": {**_DEMO, "sequence": 1}},
    "get_variance": {
        "parameters": {
            **_DEMO,
            "as_of": "2024-05-09T00:00:00Z",
            "known_at": "2024-05-16",
            "baseline": "original",
            "schedule_status": "late",
            "limit": 50,
        }
    },
    "get_milestone_variance": {
        "parameters": {**_DEMO, "milestone": "alpha-2", "known_at": "2023-12-01T00:00:00Z", "baseline": "1"}
    },
    "get_trend": {
        "parameters": {**_DEMO, "from": "2023-11-01", "to": "2024-10-31", "step_days": 28, "baseline": "original"}
    },
    "get_cost": {
        "parameters": {**_DEMO, "as_of": "2024-05-09T00:00:00Z", "baseline": "original", "by": "period", "limit": 50}
    },
    "get_schedule": {"parameters": {**_DEMO, "as_of": "2024-05-09T00:00:00Z", "baseline": "original", "limit": 50}},
    "export_schedule_csv": {"parameters": {**_DEMO, "as_of": "2024-05-09T00:00:00Z"}},
    "export_schedule_xml": {"parameters": {**_DEMO, "as_of": "2024-05-09T00:00:00Z"}},
    "preview_schedule": {
        "parameters": {**_DEMO, "as_of": "2024-09-10T00:00:00Z"},
        "body": {
            "application/json": {
                "milestones": {"final": {"planned_finish": "2024-10-14"}},
                "dependencies": [{"predecessor": "candidate-2", "type": "FS", "successor": "final"}],
                "events": [
                    {
                        "id": "what-if-1",
                        "source": "what-if",
                        "type": "milestone.forecast_changed",
                        "milestone": "candidate-2",
                        "occurred_at": "2024-09-09",
                        "data": {"finish": "2024-09-20"},
                    }
                ],
            }
        },
    },
    "record_event": {
        "parameters": _DEMO,
        "body": {"application/json": NOTE, "application/cloudevents+json": cloud_event(1, "final")},
    },
    "create_calendar": {
        "parameters": {"reason": "The plant opens"},
        "body": {"application/json": {"key": "plant", **_CALENDAR}},
    },
    "get_calendar": {"parameters": {"calendar": "plant", "version": 1}},
    "list_calendars": {"parameters": {"limit": 50}},
    "put_calendar": {
        "parameters": {"calendar": "plant", **_ANY, "reason": "Two shifts"},
        "body": {
            "application/json": {
                **_CALENDAR,
                "weekly": dict.fromkeys(_WEEKDAYS, _SHIFTS),
                "minutes_per_day": 960,
            }
        },
    },
    "update_calendar": {
        "parameters": {"calendar": "plant", **_ANY, "reason": "Saturdays, too"},
        "body": _patch({"weekly": {"saturday": [{"from": "06:00", "to": "14:00"}]}}),
    },
    "create_plan": {
        "parameters": {"reason": "The board agreed"},
        "body": {
            "application/json": {
                "key": "example",
                "name": "A house",
                "goal": "Move in before winter",
                "owner": "site-manager",
                "time_zone": "Europe/Berlin",
                "calendar": "standard",
                "target_finish": "2024-10-31",
                "labels": {"site": "north"},
            }
        },
    },
    "put_document": {
        "parameters": {**_PLAN, **_ANY, "dry_run": False, "reason": "The architect's plan"},
        "body": {
            "application/json": {
                "name": "A house",
                "milestones": [
                    {
                        "key": "foundation",
                        "name": "Foundation",
                        "kind": "activity",
                        "planned_start": "2024-03-04",
                        "planned_finish": "2024-03-08",
                        "planned_duration_minutes": 2400,
                        "budget": {"amount": "84000.00", "currency": "EUR"},
                    },
                    {"key": "roof", "name": "Roof on", "planned_finish": "2024-06-14", "deadline": "2024-06-28"},
                ],
                "dependencies": [],
                "scenarios": [{"key": "no-cellar", "name": "Without a cellar"}],
            }
        },
    },
    "update_plan": {
        "parameters": {**_PLAN, **_ANY, "reason": "The bank asked"},
        "body": _patch({"target_finish": "2024-09-30", "labels": {"bank": "first"}}),
    },
    "create_milestone": {
        "parameters": {**_PLAN, "reason": "The permit names it"},
        "body": {"application/json": {"key": "inspection", "name": "Inspection", "planned_finish": "2024-06-19"}},
    },
    "update_milestone": {
        "parameters": {**_PLAN, "milestone": "inspection", **_ANY, "reason": "Their next free day"},
        "body": _patch({"planned_finish": "2024-06-25", "owner": "city"}),
    },
    "create_dependency": {
        "parameters": {**_PLAN, "reason": "The concrete must harden"},
        "body": {"application/json": {**_LINK, "lag_minutes": 40320, "lag_unit": "elapsed"}},
    },
    "get_dependency": {"parameters": {**_PLAN, **_LINK}},
    "update_dependency": {
        "parameters": {**_PLAN, **_LINK, **_ANY, "reason": "Another concrete"},
        "body": _patch({"lag_minutes": 20160}),
    },
    **PART_EXAMPLES,
    **OBJECTIVE_EXAMPLES,
    **PEOPLE_EXAMPLES,
    "create_baseline": {
        "parameters": {**_PLAN, "Idempotency-Key": "contract-of-20-february"},
        "body": {
            "application/json": {"name": "Contract", "reason": "Signed on 20 February", "approved_by": "the board"}
        },
    },
    "create_event_mapping": {
        "body": {
            "application/json": {
                "key": "release-done",
                "event_type": "dev.cdevents.pipelinerun.finished",
                "source": "https://ci.example.com/*",
                "content": {"pipelineName": ["release"], "outcome": ["success"]},
                "plan": "example",
                "milestone": "roof",
                "records": "milestone.completed",
            }
        }
    },
    "list_event_mappings": {"parameters": {"limit": 50}},
    "get_event_mapping": {"parameters": _MAPPING},
    "update_event_mapping": {"parameters": {**_MAPPING, **_ANY}, "body": _patch({"position": 50})},
    "record_events": {
        "parameters": {"atomic": False},
        "body": {
            "application/json": [{"plan": "example", **STARTED}, {"plan": "example", **PROGRESSED}],
            "application/x-ndjson": '{"plan": "example", "id": "crew-3", "source": "site/diary", '
            '"type": "milestone.completed", "milestone": "foundation", "occurred_at": "2024-03-11"}\n',
            "application/cloudevents-batch+json": [cloud_event(2, "beta-1"), CD_EVENT],
        },
    },
    "delete_event_mapping": {"parameters": {**_MAPPING, **_ANY}},
    "create_tolerance": {
        "parameters": {"reason": "The board is told of two days"},
        "body": {
            "application/json": {
                "key": "board",
                "name": "Told to the board",
                "measure": "finish_variance",
                "unit": "working_days",
                "upper": {"warning": 2, "breach": 10},
                "consecutive": 2,
                "applies_to": {"kinds": ["milestone"], "critical_only": True},
                "plan": "python-3.13",
            }
        },
    },
    "get_tolerance": {"parameters": {"tolerance": "board", "version": 1}},
    "list_tolerances": {"parameters": {**_DEMO, "measure": "finish_variance", "limit": 50}},
    "put_tolerance": {
        "parameters": {"tolerance": "plan-finish", **_ANY, "reason": "A week is no breach here"},
        "body": {
            "application/json": {
                "name": "The plan finishes on time",
                "measure": "plan_finish_variance",
                "unit": "working_days",
                "lower": {"warning": -20},
                "upper": {"warning": 0, "breach": 7},
                "clear_margin": 0.5,
            }
        },
    },
    "update_tolerance": {
        "parameters": {"tolerance": "board", **_ANY, "reason": "Sooner"},
        "body": _patch({"upper": {"breach": 5}, "basis": "actual"}),
    },
    "delete_tolerance": {"parameters": {"tolerance": "board", **_ANY}},
    "preview_tolerance": {
        "body": {
            "application/json": {
                "plan": "python-3.13",
                "tolerance": {
                    "measure": "finish_variance",
                    "unit": "working_days",
                    "upper": {"warning": 0, "breach": 7},
                },
                "from": "2024-04-01",
                "to": "2024-10-08",
            }
        },
    },
    "get_evaluation": {"parameters": {**_DEMO, "min_sequence": 1, "wait_seconds": 0}},
    "list_evaluations": {"parameters": {**_DEMO, "limit": 50}},
    "list_deviations": {"parameters": {**_DEMO, **_LATE, "owner": "release-manager", "limit": 50}},
    "list_plan_deviations": {"parameters": {**_DEMO, **_LATE, "min_sequence": 1, "wait_seconds": 0}},
    "get_deviation_summary": {"parameters": {**_DEMO, "limit": 50}},
    "get_deviation": {"parameters": _DEVIATION},
    "list_deviation_transitions": {"parameters": {**_DEVIATION, "limit": 50}},
    "create_corrective_action": {
        "parameters": _DEVIATION,
        "body": {
            "application/json": {
                "title": "A second reviewer for release blockers",
                "owner": "release-manager",
                "due_at": "2099-01-05T09:00:00Z",
            }
        },
    },
    "list_corrective_actions": {"parameters": {**_DEVIATION, "limit": 50}},
    "get_corrective_action": {"parameters": {**_DEVIATION, **_ACTION}},
    "update_corrective_action": {
        "parameters": {**_DEVIATION, **_ACTION, **_ANY},
        "body": _patch({"status": "done"}),
    },
    "acknowledge_deviation": {
        "parameters": _DEVIATION,
        "body": {"application/json": {"reason": "The board took the new date.", "reason_code": "scope_change"}},
    },
    "create_reason_code": {
        "body": {
            "application/json": {"key": "permit_late", "name": "Permit late", "description": "The city is not done."}
        }
    },
    "get_reason_code": {"parameters": {"code": "permit_late"}},
    "list_reason_codes": {"parameters": {"limit": 50}},
    "update_reason_code": {"parameters": {"code": "permit_late", **_ANY}, "body": _patch({"deprecated": True})},
    "list_feed": {"parameters": {"from": "beginning", "type": "deviation.opened", **_DEMO, "limit": 50}},
    "stream_feed": {"parameters": {"from": "beginning", **_DEMO, "seconds": 0}},
    "create_webhook": {
        "body": {
            "application/json": {
                "key": "board",
                "url": "https://example.com/leeway",
                "description": "The board's inbox",
                "filter": {"types": ["deviation.opened", "deviation.worsened"], "levels": ["breach"]},
                "format": "standard",
            }
        }
    },
    "get_webhook": {"parameters": _WEBHOOK},
    "list_webhooks": {"parameters": {"limit": 50}},
    "test_webhook": {"parameters": _WEBHOOK},
    "list_deliveries": {"parameters": {**_WEBHOOK, "state": "pending", "type": "webhook.test", "limit": 50}},
    "get_delivery": {"parameters": {**_WEBHOOK, "delivery": "018e9e5f-3a01-7c3e-9d2b-5d3a1c0f7b12"}},
    "replay_deliveries": {
        "parameters": _WEBHOOK,
        "body": {"application/json": {"from": "2024-10-01T00:00:00Z", "to": "2024-10-08T00:00:00Z"}},
    },
    "rotate_webhook_secret": {"parameters": _WEBHOOK},
    "update_webhook": {
        "parameters": {**_WEBHOOK, **_ANY},
        "body": _patch({"filter": {"plans": ["python-3.13"]}, "format": "cloudevents"}),
    },
    "delete_webhook": {"parameters": {**_WEBHOOK, **_ANY}},
    "create_import": {
        "parameters": {**_PLAN, "dry_run": False, "time_zone": "Europe/Berlin", "reason": "Update of 2 April"},
        "body": FILES,
    },
    "list_imports": {"parameters": {**_PLAN, "limit": 50}},
    "get_import": {"parameters": {"import": "018e9e5f-3a01-7c3e-9d2b-5d3a1c0f7b11"}},
    "delete_dependency": {"parameters": {**_PLAN, **_LINK, **_ANY, "reason": "Prefabricated"}},
    "delete_milestone": {"parameters": {**_PLAN, "milestone": "inspection", **_ANY, "reason": "Not needed here"}},
    "delete_scenario": {"parameters": {**_PLAN, "scenario": "no-cellar", **_ANY, "reason": "The owners want one"}},
    "delete_decision": {"parameters": {**_PLAN, "decision": "roof", **_ANY, "reason": "Asked elsewhere"}},
    "delete_assumption": {"parameters": {**_PLAN, "assumption": "dry-spring", **_ANY, "reason": "It is May"}},
    "delete_metric": {"parameters": {**_PLAN, "metric": "heat-demand", **_ANY, "reason": "Nobody reads the meter"}},
    "get_outcome": {"parameters": {**_DEMO, "as_of": "2024-10-08T00:00:00Z"}},
    "close_plan": {
        "parameters": {**_PLAN, "Idempotency-Key": "handed-over"},
        "body": {
            "application/json": {
                "status": "completed",
                "reason": "Handed over on 14 June",
                "lessons": [{"text": "Ask the city for the inspection with the permit.", "labels": {"team": "site"}}],
            }
        },
    },
    "list_outcomes": {"parameters": {**_PLAN, "limit": 50}},
    "get_sealed_outcome": {"parameters": {**_PLAN, "version": 1}},
    "delete_risk": {"parameters": {**_PLAN, "risk": "roofer-fails", **_ANY, "reason": "The roof is on"}},
    "delete_plan": {"parameters": {**_PLAN, **_ANY}},
    "delete_calendar": {"parameters": {"calendar": "plant", **_ANY}},
    "get_liveness": {},
    "get_readiness": {},
    "get_limits": {},
    "list_problem_types": {},
    "get_problem_type": {"parameters": {"slug": "precondition-failed"}},
}
