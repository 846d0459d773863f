"""Waiting, without a connection, until the evaluation of a plan has covered an event."""

import asyncio
from typing import Annotated

from fastapi import Query

from app.access.caller import Caller
from app.evaluation import store
from app.kit.db import Database
from app.plans.lookup import head_of

_LOOK_AGAIN_SECONDS = 0.5

MinSequence = Annotated[
    int | None,
    Query(ge=1, le=2**53 - 1, description="Wait until the evaluation has covered the event of this sequence number."),
]
WaitSeconds = Annotated[
    float, Query(ge=0, le=30, description="How long to wait for it at most; then what there is, is answered.")
]


async def evaluated(caller: Caller, plan: str, min_sequence: int | None, wait_seconds: float) -> int:
    """The newest event that an evaluation of the plan has covered, waited for; 0: none.

    Raises:
        PlanNotFound: no such plan.
    """
    database: Database = caller.request.app.state.database
    async with database.read() as db:
        head = await head_of(db, caller.workspace_id, plan)
    until = asyncio.get_running_loop().time() + wait_seconds
    while True:
        seen = database.wakeups.seen("evaluated")
        async with database.read() as db:
            covered = await store.evaluated_sequence(db, caller.workspace_id, head.plan_id)
        left = until - asyncio.get_running_loop().time()
        if min_sequence is None or covered >= min_sequence or left <= 0 or head.status != "active":
            return covered
        await database.wakeups.wait("evaluated", seen, min(left, _LOOK_AGAIN_SECONDS))
