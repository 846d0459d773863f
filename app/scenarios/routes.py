"""HTTP of scenarios, their comparison and their adoption."""

from typing import Annotated, Any

from fastapi import APIRouter, Path, Query
from sqlalchemy.ext.asyncio import AsyncConnection
from starlette.responses import Response

from app.access.caller import Caller, needs
from app.access.service import Scope
from app.kit import wire
from app.kit.answers import Answer, answer
from app.kit.ids import KEY_PATTERN
from app.kit.routing import StrictRoute
from app.kit.stamps import Stamp
from app.kit.threads import beside_loop
from app.milestones.schemas import PlanPath
from app.parts.resource import Resource, router_of
from app.parts.service import Kind
from app.plans.change_schemas import changes_document
from app.plans.lookup import head_of
from app.scenarios import service
from app.scenarios.adopting import Adopted, adopt
from app.scenarios.comparison_schemas import ScenarioComparisonOut
from app.scenarios.problems import ScenarioKeyTaken, ScenarioNotFound
from app.scenarios.schemas import AdoptionIn, AdoptionOut, ScenarioFields
from app.variance.asking import AsOf, BaselineName, KnownAt, Reader, size
from app.variance.service import header
from app.variance.snapshot import Question, take

SCENARIOS = Kind(service.PART, ScenarioNotFound, ScenarioKeyTaken)
Writer = Annotated[Caller, needs(Scope.plans_write)]
ScenarioPath = Annotated[str, Path(pattern=KEY_PATTERN, description="Key of the scenario.")]
_KEY = KEY_PATTERN.strip("^$")
ScenarioKeys = Annotated[
    str | None,
    Query(
        pattern=f"^{_KEY}(,{_KEY}){{0,99}}$",
        description="Keys of scenarios, with commas between them; at most ten, fewer of a plan of more than 4,000 "
        "milestones. Default: all, or as many by key; `left_out` of the answer lists the others.",
    ),
]

router = router_of(Resource(SCENARIOS, "scenario", "scenarios", "Scenario", ScenarioFields))
choices = APIRouter(prefix="/v1/plans/{plan}", tags=["scenarios"], route_class=StrictRoute)


@choices.get("/scenario-comparison", response_model=ScenarioComparisonOut)
async def compare_scenarios(
    plan: PlanPath,
    caller: Reader,
    scenarios: ScenarioKeys = None,
    as_of: AsOf = None,
    known_at: KnownAt = None,
    baseline: BaselineName = None,
) -> Response:
    """The plan as it is beside its scenarios: finish, floats, cost, exposure, metrics of each. Nothing is stored."""
    keys = None if scenarios is None else scenarios.split(",")
    async with caller.read() as db:
        head = await head_of(db, caller.workspace_id, plan)
        snapshot = await take(db, head, Question(as_of, known_at, baseline), caller.now)
        content = await service.content_of(db, snapshot)
        loaded = await service.chosen(db, snapshot, content, keys)
    work = size(snapshot) * (1 + len(loaded))
    tried = await beside_loop(work, service.tried, content, loaded)
    async with caller.read() as db:
        sides = await service.sides(db, snapshot, tried, caller.now)
    at, source = snapshot.as_of(as_of, caller.now)
    told = header(snapshot, at, source)
    worlds = [None if side is None else side.snapshot for _, side in sides]
    told["known_at"] = max([snapshot.known_at, *(each.known_at for each in worlds if each is not None)])
    digests = [None if each is None else each.digest(at) for each in worlds]
    told["inputs_digest"] = wire.digest([told["inputs_digest"], [each.key for each in loaded], digests])
    found = await beside_loop(work, service.compared, snapshot, content, sides, at)
    return answer({**told, **found}).response()


@choices.post("/scenarios/{scenario}/adoptions", status_code=201, response_model=AdoptionOut)
async def adopt_scenario(plan: PlanPath, scenario: ScenarioPath, adoption: AdoptionIn, caller: Writer) -> Response:
    """Choose a scenario: its change becomes the plan's next revision, recorded with the decision behind it.

    Refused if what it touches was edited since it was saved, unless `accept_changes_since` says that this is known.
    """

    async def work(tx: AsyncConnection) -> Answer:
        stamp = Stamp(caller.name, caller.clock, adoption.reason)
        adopted = await adopt(tx, caller.workspace_id, plan, scenario, adoption, stamp)
        revision = adopted.edited.head.revision
        return answer(
            _document(plan, scenario, adoption, adopted), 201, location=f"/v1/plans/{plan}/revisions/{revision}"
        )

    return await caller.write(work)


def _document(plan: str, scenario: str, wanted: AdoptionIn, adopted: Adopted) -> dict[str, Any]:
    edited = adopted.edited
    return {
        "plan": plan,
        "scenario": scenario,
        "revision": edited.head.revision,
        "reason": wanted.reason,
        "decision": adopted.decision,
        "changes": changes_document(edited.changes, adopted.before, edited.content),
    }
