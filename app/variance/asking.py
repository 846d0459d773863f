"""How a plan is asked about as of an instant: the parameters, the snapshot, and pages of one and the same answer."""

from dataclasses import dataclass
from datetime import datetime
from typing import Annotated, Any

from fastapi import Query

from app.access.caller import Caller, needs
from app.access.service import Scope
from app.kit.paging import ANY_LIMIT, Cursor, decode_cursor, encode_cursor, position_of
from app.kit.schemas import DayOrInstant
from app.plans.lookup import head_of
from app.variance import service
from app.variance.snapshot import Question, Snapshot, take

Reader = Annotated[Caller, needs(Scope.variance_read)]
AsOf = Annotated[
    DayOrInstant | None,
    Query(
        description="Status date: what had happened by then counts. A bare day means its end in the plan's zone. "
        "Default: the plan's status_date, else known_at, else now."
    ),
]
KnownAt = Annotated[
    DayOrInstant | None,
    Query(description="What was known by then counts: plan, calendars and events. Default: everything."),
]
BaselineName = Annotated[
    str | None,
    Query(
        pattern=r"^([1-9]\d{0,8}|original|current)$",
        description="Number of a baseline, `original` or `current` (the default).",
    ),
]
ItemLimit = Annotated[
    int,
    Query(ge=0, le=ANY_LIMIT, description="Items a page; more than 1,000 is lowered to 1,000; 0: the summary alone."),
]


@dataclass(frozen=True, slots=True)
class Asked:
    """A question that was resolved, and where its page begins.

    `binding` is what the cursor of the next page is good for; `after` is the last key of the page before.
    """

    caller: Caller
    snapshot: Snapshot
    as_of: datetime
    header: dict[str, Any]
    binding: dict[str, Any]
    after: str | None

    def next_cursor(self, last: str | None) -> str | None:
        """The cursor of the page after the item `last`; None where there is none."""
        return None if last is None else encode_cursor(self.caller.cursor_secret, self.binding, [last])


async def snapshot_of(caller: Caller, plan: str, question: Question) -> Snapshot:
    """The plan as it was known.

    Raises:
        PlanNotFound, BaselineNotFound, InstantRefused
    """
    async with caller.read() as db:
        head = await head_of(db, caller.workspace_id, plan)
        return await take(db, head, question, caller.now)


def size(snapshot: Snapshot) -> int:
    """How much there is to compute with."""
    return len(snapshot.current) + len(snapshot.events)


async def ask(caller: Caller, plan: str, question: Question, binding: dict[str, Any], cursor: Cursor) -> Asked:
    """The snapshot that a page is made of; `binding` names the list and its filters.

    Later pages answer the very question of the first, as it was resolved then.

    Raises:
        PlanNotFound, BaselineNotFound, InstantRefused, InvalidRequest (the cursor is of another query)
    """
    secret, source = caller.cursor_secret, None
    asked = {"as_of": question.as_of, "known_at": question.known_at, "baseline": question.baseline}
    binding = {**binding, "plan": plan, **asked}
    if cursor is not None:
        carried = decode_cursor(secret, cursor)[1]
        position_of(secret, {**binding, "carried": carried}, cursor)
        known = datetime.fromisoformat(carried["known_at"])
        question = Question(datetime.fromisoformat(carried["as_of"]), known, carried["baseline"])
        source = carried["as_of_source"]
    snapshot = await snapshot_of(caller, plan, question)
    at, found_source = snapshot.as_of(question.as_of, caller.now)
    header = service.header(snapshot, at, source or found_source)
    binding["carried"] = {
        "as_of": at.isoformat(),
        "as_of_source": header["as_of_source"],
        "known_at": snapshot.known_at.isoformat(),
        "baseline": None if snapshot.baseline is None else str(snapshot.baseline.number),
    }
    position = position_of(secret, binding, cursor)
    return Asked(caller, snapshot, at, header, binding, position[0] if position else None)
