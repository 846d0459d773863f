"""Batches of execution events on the wire: the events each with its plan, and what became of them."""

from functools import reduce
from operator import or_
from typing import Annotated, Any, Literal, get_args

from pydantic import Field, create_model
from typing_extensions import TypeAliasType

from app.events.schemas import ExecutionEventIn
from app.kit.schemas import In, Instant, Key, Out


def _in_batch(event: type[In]) -> Any:
    """The event with the plan it is of."""
    plan: Any = (Key, Field(description="Key of the plan it is of.", examples=["python-3.13"]))
    name = f"Batch{event.__name__}"
    return create_model(name, __base__=event, __doc__=event.__doc__, __module__=__name__, plan=plan)


_events, _by_type = get_args(ExecutionEventIn.__value__)
BatchEventIn: Any = TypeAliasType(
    "BatchEventIn",
    Annotated[reduce(or_, map(_in_batch, get_args(_events))), _by_type],
)


class ItemProblem(Out):
    """Why an item of a batch was not recorded."""

    type: str
    title: str
    status: int
    detail: str
    code: str
    errors: list[dict[str, str]]


class BatchResult(Out):
    """What became of one item of a batch."""

    index: int
    status: Literal["accepted", "duplicate", "rejected"]
    plan: str | None
    sequence: int | None
    recorded_at: Instant | None
    problem: ItemProblem | None


class BatchOut(Out):
    """What became of a batch: one result an item, in their order."""

    accepted: int
    duplicates: int
    rejected: int
    results: list[BatchResult]
