"""HTTP of risks, of a plan's exposure, and of the activation of contingencies."""

from typing import Annotated, Any

from fastapi import APIRouter, Path
from sqlalchemy.ext.asyncio import AsyncConnection
from starlette.responses import Response

from app.access.caller import Caller, needs
from app.access.service import Scope
from app.evaluation.observing import View, scene_of, view_of
from app.events.reading import event_document
from app.kit.answers import Answer, answer
from app.kit.ids import KEY_PATTERN
from app.kit.paging import MAX_ITEMS_LIMIT, Cursor
from app.kit.routing import StrictRoute
from app.kit.stamps import Stamp
from app.kit.threads import beside_loop
from app.milestones.schemas import PlanPath
from app.parts.resource import Resource, router_of
from app.parts.service import Kind
from app.risks.activating import ORIGIN, Activated, Wanted, activate
from app.risks.activation_schemas import ActivationIn, ActivationOut
from app.risks.documents import risk_documents, summary_document
from app.risks.exposure_schemas import ExposureOut
from app.risks.items import PART
from app.risks.problems import RiskExists, RiskNotFound
from app.risks.schemas import RiskFields
from app.risks.service import Assessed
from app.variance.asking import Asked, AsOf, BaselineName, ItemLimit, KnownAt, Reader, ask, size
from app.variance.snapshot import Question

router = router_of(Resource(Kind(PART, RiskNotFound, RiskExists), "risk", "risks", "Risk", RiskFields))
exposures = APIRouter(prefix="/v1/plans/{plan}", tags=["risks"], route_class=StrictRoute)

Activator = Annotated[Caller, needs(Scope.plans_write, Scope.events_write)]
RiskPath = Annotated[str, Path(pattern=KEY_PATTERN, description="Key of the risk.", examples=["supplier-fails"])]
ContingencyPath = Annotated[
    str, Path(pattern=KEY_PATTERN, description="Key of the contingency.", examples=["other-supplier"])
]


@exposures.get("/exposure", response_model=ExposureOut)
async def get_exposure(
    plan: PlanPath,
    caller: Reader,
    as_of: AsOf = None,
    known_at: KnownAt = None,
    baseline: BaselineName = None,
    limit: ItemLimit = 50,
    cursor: Cursor = None,
) -> Response:
    """What the risks of a plan may cost, which float, buffer and reserve cover it, and what is due."""
    asked = await ask(caller, plan, Question(as_of, known_at, baseline), {"list": "exposure"}, cursor)
    async with caller.read() as db:
        view = await view_of(db, asked.snapshot)
    content, last = await beside_loop(size(asked.snapshot), _page, view, asked, min(limit, MAX_ITEMS_LIMIT))
    return answer({**asked.header, **content, "next_cursor": asked.next_cursor(last)}).response()


def _page(view: View, asked: Asked, most: int) -> tuple[dict[str, Any], str | None]:
    """One page of the exposure, and the key of its last risk if more follow."""
    assessed = Assessed(scene_of(view, asked.as_of, asked.as_of), lambda at: scene_of(view, at, at))
    keys = [key for key in assessed.risks if asked.after is None or key > asked.after]
    shown = keys[:most]
    items = risk_documents(assessed, [assessed.risks[key] for key in shown])
    last = shown[-1] if shown and len(keys) > most else None
    return {"summary": summary_document(assessed), "items": items}, last


@exposures.post(
    "/risks/{risk}/contingencies/{contingency}/activations",
    status_code=201,
    response_model=ActivationOut,
    responses={200: {"model": ActivationOut, "description": "It was recorded before; this call had no effect."}},
)
async def activate_contingency(
    plan: PlanPath,
    risk: RiskPath,
    contingency: ContingencyPath,
    activation: ActivationIn,
    caller: Activator,
) -> Response:
    """Activate a contingency: its prepared change becomes a revision, with the reason, and its event is recorded.

    Whether its trigger holds is not asked. A repeat of (`source`, `id`) with the same content has no second effect.
    """
    if activation.recorded_at is not None:
        caller.require(Scope.history_write)
    wanted = Wanted(plan, risk, contingency, activation)

    async def work(tx: AsyncConnection) -> Answer:
        stamp = Stamp(caller.name, caller.clock, activation.reason, activation.recorded_at, ORIGIN)
        return _activated(wanted, await activate(tx, caller.workspace_id, wanted, stamp))

    return await caller.write(work)


def _activated(wanted: Wanted, found: Activated) -> Answer:
    event = event_document(wanted.plan, found.event)
    content = {
        "plan": wanted.plan,
        "risk": wanted.risk,
        "contingency": wanted.contingency,
        "revision": event["data"]["revision"],
        "event": event,
        "duplicate": found.is_duplicate,
    }
    location = f"/v1/plans/{wanted.plan}/events/{event['sequence']}"
    return answer(content, 200 if found.is_duplicate else 201, location=location)
