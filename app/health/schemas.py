"""Health, limits and problems on the wire."""

from pydantic import Field

from app.kit.schemas import Out


class HealthOut(Out):
    """The process is there (or ready to serve)."""

    status: str = Field(examples=["ok"])


class LimitsOut(Out):
    """Every limit that is enforced; beyond it a request answers 413, 422 or 429."""

    max_milestones_per_plan: int
    max_dependencies_per_plan: int
    max_document_bytes: int
    max_import_bytes: int
    max_preview_changes: int
    max_batch_events: int
    max_batch_bytes: int
    max_event_bytes: int
    max_body_bytes: int
    max_json_depth: int
    max_page_items: int
    max_variance_page_items: int
    max_trend_steps: int
    max_trend_milestone_steps: int
    max_calendar_exceptions: int
    max_labels: int
    max_tolerances: int
    max_tolerance_milestones: int
    max_impacts: int = Field(description="Of a risk.")
    max_contingencies: int = Field(description="Of a risk.")
    max_plan_contingencies: int = Field(description="Of all risks of a plan.")
    max_wide_triggers: int = Field(
        description="Of a plan: triggers on a value of milestones that name none, and so look at all of them."
    )
    max_prepared_steps: int = Field(
        description="Prepared changes that one edit writes, times the plan's milestones and dependencies; one that "
        "changes no more than dates, names and the like counts a twentieth."
    )
    max_objectives: int
    max_objective_depth: int
    max_objective_metrics: int
    max_rollup_plans: int
    max_rollup_milestones: int
    max_webhooks: int
    max_event_mappings: int
    max_load_periods: int
    max_load_rows: int = Field(description="Resources times periods on one page of the load of a plan.")
    max_load_plans: int = Field(description="Of which the load of a resource is told.")
    max_load_milestones: int = Field(description="Of all those plans together.")
    max_event_hours_ahead: int
    max_listed_errors: int
    idempotency_key_hours: int
    requests_per_minute: int | None = Field(
        description="Of each API key, at each process that serves; beyond it a request answers 429. Null: no limit."
    )
    requests_burst: int | None = Field(description="How many of them may come at once. Null: no limit.")


class ProblemTypeOut(Out):
    """A type of problem that answers may have."""

    type: str
    title: str
    status: int
    code: str
    description: str
    advice: str


class ProblemTypesOut(Out):
    """Every type of problem."""

    items: list[ProblemTypeOut]
