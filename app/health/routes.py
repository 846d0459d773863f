"""HTTP of health, limits and the registry of problems."""

from dataclasses import replace
from typing import Annotated, Any

from fastapi import APIRouter, Path, Request
from starlette.responses import Response

from app.access.caller import Caller, needs
from app.access.service import Scope
from app.domain.objectives import MAX_DEPTH
from app.health.schemas import HealthOut, LimitsOut, ProblemTypeOut, ProblemTypesOut
from app.kit import limits, paging, strict_json
from app.kit.answers import answer
from app.kit.problems import MAX_ERRORS, NotFound, Problem, explanation, registry
from app.kit.routing import StrictRoute
from app.pages.layout import html, prefers_html
from app.pages.problems import problem_index, problem_page

router = APIRouter(tags=["operations"], route_class=StrictRoute)


@router.get("/livez", response_model=HealthOut)
async def get_liveness() -> Response:
    """Whether the process is there. Looks at nothing else."""
    return answer({"status": "ok"}).response()


@router.get("/readyz", response_model=HealthOut)
async def get_readiness(request: Request) -> Response:
    """Whether the process can serve: the database answers and its schema is the one this release needs."""
    await request.app.state.readiness.check()
    return answer({"status": "ok"}).response()


@router.get("/v1/limits", response_model=LimitsOut)
async def get_limits(caller: Annotated[Caller, needs(Scope.plans_read)]) -> Response:
    """Read every limit that is enforced."""
    state = caller.request.app.state
    return answer(
        {
            "max_milestones_per_plan": limits.MAX_MILESTONES,
            "max_dependencies_per_plan": limits.MAX_DEPENDENCIES,
            "max_document_bytes": limits.MAX_DOCUMENT_BYTES,
            "max_import_bytes": limits.MAX_IMPORT_BYTES,
            "max_preview_changes": limits.MAX_PREVIEW_CHANGES,
            "max_batch_events": limits.MAX_BATCH_EVENTS,
            "max_batch_bytes": limits.MAX_BATCH_BYTES,
            "max_event_bytes": limits.MAX_EVENT_BYTES,
            "max_body_bytes": limits.MAX_BODY_BYTES,
            "max_json_depth": strict_json.MAX_DEPTH,
            "max_page_items": paging.MAX_LIMIT,
            "max_variance_page_items": paging.MAX_ITEMS_LIMIT,
            "max_trend_steps": limits.MAX_TREND_STEPS,
            "max_trend_milestone_steps": limits.MAX_TREND_MILESTONE_STEPS,
            "max_calendar_exceptions": limits.MAX_CALENDAR_EXCEPTIONS,
            "max_labels": limits.MAX_LABELS,
            "max_tolerances": limits.MAX_TOLERANCES,
            "max_tolerance_milestones": limits.MAX_TOLERANCE_MILESTONES,
            "max_impacts": limits.MAX_IMPACTS,
            "max_contingencies": limits.MAX_CONTINGENCIES,
            "max_plan_contingencies": limits.MAX_PLAN_CONTINGENCIES,
            "max_wide_triggers": limits.MAX_WIDE_TRIGGERS,
            "max_prepared_steps": limits.MAX_PREPARED_STEPS,
            "max_objectives": limits.MAX_OBJECTIVES,
            "max_objective_depth": MAX_DEPTH,
            "max_objective_metrics": limits.MAX_OBJECTIVE_METRICS,
            "max_rollup_plans": limits.MAX_ROLLUP_PLANS,
            "max_rollup_milestones": limits.MAX_ROLLUP_MILESTONES,
            "max_webhooks": limits.MAX_WEBHOOKS,
            "max_event_mappings": limits.MAX_EVENT_MAPPINGS,
            "max_load_periods": limits.MAX_LOAD_PERIODS,
            "max_load_rows": limits.MAX_LOAD_ROWS,
            "max_load_plans": limits.MAX_LOAD_PLANS,
            "max_load_milestones": limits.MAX_LOAD_MILESTONES,
            "max_event_hours_ahead": limits.MAX_FUTURE_HOURS,
            "max_listed_errors": MAX_ERRORS,
            "idempotency_key_hours": state.settings.idempotency_hours,
            "requests_per_minute": state.rate_limit and state.rate_limit.per_minute,
            "requests_burst": state.rate_limit and state.rate_limit.burst,
        }
    ).response()


def _problem_type(kind: type[Problem]) -> dict[str, Any]:
    told = explanation(kind)
    return {
        "type": f"/problems/{kind.slug}",
        "title": kind.title,
        "status": kind.status,
        "code": kind.slug,
        "description": f"{told.what} {told.why}",
        "advice": told.advice,
    }


# Browsers are shown a page, programs get JSON.
_ALSO_HTML: dict[int | str, dict[str, Any]] = {200: {"content": {"text/html": {"schema": {"type": "string"}}}}}
_VARY = {"Vary": "Accept"}


@router.get("/problems", response_model=ProblemTypesOut, responses=_ALSO_HTML)
async def list_problem_types(request: Request) -> Response:
    """List every type of problem that answers may have; as a page for browsers (`Accept: text/html`)."""
    if prefers_html(request):
        return html(problem_index(registry()), headers=_VARY)
    listed = answer({"items": [_problem_type(kind) for kind in registry()]})
    return replace(listed, headers=_VARY).response()


@router.get("/problems/{slug}", response_model=ProblemTypeOut, responses=_ALSO_HTML)
async def get_problem_type(
    request: Request,
    slug: Annotated[str, Path(pattern=r"^[a-z-]{1,60}$", description="The end of a problem's type.")],
) -> Response:
    """Read what a type of problem means; this is where a problem's `type` points. As a page for browsers."""
    for kind in registry():
        if kind.slug == slug and prefers_html(request):
            return html(problem_page(kind), headers=_VARY)
        if kind.slug == slug:
            return replace(answer(_problem_type(kind)), headers=_VARY).response()
    raise NotFound
