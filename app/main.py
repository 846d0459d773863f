"""The composition root: settings in, application out."""

import asyncio
import sys
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from functools import partial
from importlib.metadata import version

from fastapi import FastAPI

from app.access.caller import admit
from app.access.service import Gate, NewKey, bootstrap
from app.assignments.load_routes import router as load
from app.assignments.routes import delegations
from app.assignments.routes import router as assignments
from app.assumptions.routes import evidence
from app.assumptions.routes import router as assumptions
from app.calendars.routes import router as calendars
from app.cost.routes import router as cost
from app.decisions.routes import router as decisions
from app.deviations.action_routes import router as corrective_actions
from app.deviations.reason_routes import router as reason_codes
from app.deviations.routes import router as deviations
from app.evaluation.routes import router as evaluation
from app.events.mapping_routes import router as event_mappings
from app.events.routes import router as events
from app.events.service import Incoming, Outcome, record
from app.feed.hub import Hub
from app.feed.routes import router as feed
from app.health.readiness import Readiness
from app.health.routes import router as health
from app.imports.routes import router as imports
from app.kit.clock import Clock, ticks_of, utc_now
from app.kit.db import Database
from app.kit.grouping import Grouping
from app.kit.logs import log
from app.kit.middleware import Envelope
from app.kit.problems import ServiceUnavailable, answer_failures
from app.metrics.routes import router as metrics
from app.metrics.routes import scorecards
from app.milestones.routes import router as milestones
from app.objectives.event_routes import router as objective_events
from app.objectives.metric_routes import router as objective_metrics
from app.objectives.rollup_routes import router as objective_rollup
from app.objectives.routes import router as objectives
from app.openapi import DESCRIPTION, document, operation_id
from app.outcome.routes import router as outcomes
from app.pages.contract import router as contract
from app.pages.guides import guides
from app.pages.routes import router as pages
from app.parts.routes import router as contributions
from app.plans.routes import router as plans
from app.portfolio.routes import router as portfolio
from app.reports.routes import router as status_reports
from app.resources.routes import router as resources
from app.risks.routes import exposures
from app.risks.routes import router as risks
from app.scenarios.routes import choices
from app.scenarios.routes import router as scenarios
from app.schedule.routes import router as schedule
from app.settings import Settings
from app.tolerances.routes import router as tolerances
from app.variance.routes import router as variance
from app.webhooks.routes import router as webhooks
from app.worker import run_loops


def create_app(settings: Settings, clock: Clock = utc_now) -> FastAPI:
    """The application, with everything it needs wired up; its lifespan opens and closes it."""
    app = FastAPI(
        title="Leeway",
        version=version("leeway"),
        description=DESCRIPTION,
        lifespan=_lifespan,
        openapi_url=None,  # served as it is kept, like our pages: app/pages
        docs_url=None,
        redoc_url=None,
        generate_unique_id_function=operation_id,
        redirect_slashes=False,
        telemetry={"tracing": False, "metrics": False, "logs": False},
    )
    database = Database(
        settings.database_url,
        pool_size=settings.database_pool_size,
        pool_timeout_seconds=settings.database_pool_timeout_seconds,
    )
    app.state.settings = settings
    app.state.clock = clock
    app.state.database = database
    app.state.gate = Gate(database, clock, settings.key_cache_seconds)
    app.state.rate_limit = settings.rate_limit(ticks_of(clock))
    app.state.admit = admit
    app.state.readiness = Readiness(database, clock, partial(_set_up, database, settings, clock))
    app.state.recorder = Grouping(partial(_record, database, clock), writers=database.writer_count)
    app.state.hub = Hub(database)
    app.state.vault = settings.vault()
    # Routes are tried in order: the one that is called most comes first.
    app.state.routers = (
        events,
        plans,
        milestones,
        contributions,
        scenarios,
        choices,
        decisions,
        metrics,
        scorecards,
        risks,
        exposures,
        assumptions,
        evidence,
        assignments,
        delegations,
        load,
        variance,
        outcomes,
        status_reports,
        portfolio,
        cost,
        schedule,
        calendars,
        event_mappings,
        imports,
        evaluation,
        tolerances,
        resources,
        objectives,
        objective_metrics,
        objective_events,
        objective_rollup,
        deviations,
        corrective_actions,
        reason_codes,
        feed,
        webhooks,
        health,
        contract,
        pages,
    )
    for router in app.state.routers:
        app.include_router(router)
    answer_failures(app)
    app.add_middleware(Envelope)
    app.openapi = partial(document, app)  # type: ignore[method-assign]
    return app


async def _record(database: Database, clock: Clock, batch: Sequence[Incoming]) -> Sequence[Outcome]:
    return await database.write(lambda tx: record(tx, batch, clock))


async def _set_up(database: Database, settings: Settings, clock: Clock) -> None:
    """On a new database: make the first workspace and its admin key, and print a key that was made, once."""
    given = None if settings.bootstrap_key is None else settings.bootstrap_key.get_secret_value()
    key: NewKey | None = await database.write(lambda tx: bootstrap(tx, given, clock()))
    if key is not None:
        log.info("workspace created", workspace="default", key_id=str(key.key_id))
        if given is None:
            sys.stdout.write(f"\nAdmin API key of the workspace default (shown once):\n\n    {key.token}\n\n")
            sys.stdout.flush()


@asynccontextmanager
async def _lifespan(app: FastAPI) -> AsyncIterator[None]:
    state = app.state
    guides()  # rendered before the first request, once a process
    try:
        await state.readiness.require_schema()
    except ServiceUnavailable as problem:
        log.warning("not ready", detail=problem.detail)
    stop = asyncio.Event()
    loops = asyncio.create_task(_loops(app, stop)) if state.settings.run_loops else None
    try:
        yield
    finally:
        stop.set()
        state.hub.close()
        await state.recorder.close()
        if loops is not None:
            await loops
        await state.database.close()


async def _loops(app: FastAPI, stop: asyncio.Event) -> None:
    state = app.state
    await run_loops(state.database, state.settings, state.clock, stop)
