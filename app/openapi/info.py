"""What stands at the head of the document: what Leeway is, its tags, and what operations are called."""

from app.openapi.walking import words
from app.openapi.webhooks import FEED, WEBHOOKS

DESCRIPTION = """
**How far has the execution drifted from the plan, and how much room is left?**

Declare a plan with milestones, freeze a baseline, report what really happens as execution events, and read the
variance: per milestone and for the plan, as of any instant, with a reason for every number.

* Authorise with `Authorization: Bearer lw_…`.
* Positive variance is later or longer. What is not known is `null` and has a `reason`.
* A bare date (`2024-05-07`) is a day and stays one; an instant is RFC 3339 and is answered in UTC.
* Edits need `If-Match` with the ETag you read. Every POST that has an effect takes an `Idempotency-Key`.
* Lists of values are open where they are answered: values, types, fields may be added. Ignore what you do not know.
* Errors are problem documents (RFC 9457) whose `type` points at its explanation.
"""

TAGS = [
    {"name": "plans", "description": "Intentions with a goal, milestones, dependencies and calendars."},
    {"name": "milestones", "description": "The planned outcomes of a plan; each edit is a new revision."},
    {"name": "dependencies", "description": "Links between milestones."},
    {"name": "metrics", "description": "Success metrics of a plan, and its scorecard."},
    {"name": "contributions", "description": "Which objectives of the workspace a plan contributes to."},
    {"name": "risks", "description": "What may happen, what it would cost, what covers it, and what is prepared."},
    {"name": "scenarios", "description": "Alternatives to a plan, compared beside it, and adopted."},
    {"name": "decisions", "description": "What was asked, what was chosen and why, and what that changed."},
    {"name": "assumptions", "description": "What a plan takes for granted, on which evidence, and what hangs on it."},
    {"name": "assignments", "description": "Who does the work of which milestone, and who took it over from whom."},
    {"name": "revisions", "description": "Who changed what, when and why; any two compared."},
    {"name": "baselines", "description": "Frozen revisions that execution is held against."},
    {"name": "events", "description": "What really happened: append-only, recorded once, in any order."},
    {"name": "event-mappings", "description": "What the events of build and delivery systems (CDEvents) mean."},
    {"name": "variance", "description": "The drift between the two, as of any instant, as known at any instant."},
    {"name": "cost", "description": "The money of a plan; earned value and earned schedule."},
    {
        "name": "outcome",
        "description": "What became of a plan against what was intended; sealed for ever when the plan is closed.",
    },
    {"name": "schedule", "description": "Early, late and projected dates, floats, and what sets each date."},
    {"name": "status-reports", "description": "What people say of a plan, beside what was computed of it then."},
    {"name": "calendars", "description": "Working time, versioned."},
    {"name": "evaluation", "description": "When a plan is judged next, and the log of how it was judged."},
    {"name": "portfolio", "description": "All plans of the workspace rolled up, what needs attention first."},
    {"name": "objectives", "description": "Long-term goals in a tree, that plans contribute to; versioned."},
    {"name": "resources", "description": "People, teams and machines: when they work, how much, what they cost."},
    {"name": "tolerances", "description": "How much drift is allowed before it is flagged, versioned."},
    {
        "name": "deviations",
        "description": "Drift beyond a tolerance: found by itself, kept with its evidence, acted on.",
    },
    {"name": "reason-codes", "description": "The words in which a workspace says why a deviation came about."},
    {"name": "feed", "description": FEED},
    {"name": "webhooks", "description": WEBHOOKS},
    {"name": "webhook-receivers", "description": "What is sent to webhooks: requests that your service answers."},
    {"name": "imports", "description": "Schedule files of Primavera, Microsoft Project and others as plans."},
    {"name": "operations", "description": "Health, limits and the registry of problems."},
]

LICENSE = {"name": "All rights reserved", "identifier": "LicenseRef-All-Rights-Reserved"}
CONTACT = {"name": "The maintainers of Leeway"}

_VERBS = {
    "put": "Create or replace",
    "update": "Change",
    "list": "List",
    "record": "Record",
}
_THE = words(
    "document variance milestone_variance trend outcome cost schedule schedule_csv schedule_xml portfolio evaluation "
    "exposure evidence scorecard objective_scorecard objective_rollup plan_load resource_load limits liveness "
    "readiness deviation_summary feed webhook_secret problem_page"
)
_PLURALS = frozenset({"compare_revisions", "compare_scenarios", "record_events", "replay_deliveries"})
_SPELT = {"csv": "as CSV", "xml": "as Microsoft Project XML"}


def summary(operation_id: str) -> str:
    """A few words for an operation: `Create a plan`."""
    verb, _, noun = operation_id.partition("_")
    spoken = " ".join(_SPELT.get(word, word) for word in noun.split("_"))
    article = "the " if noun in _THE else "" if verb == "list" or operation_id in _PLURALS else _article(noun)
    return f"{_VERBS.get(verb, verb.capitalize())} {article}{spoken}"


def _article(noun: str) -> str:
    return "an " if noun[0] in "aeio" else "a "
