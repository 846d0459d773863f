"""All that an outcome is made of, as it was known at one instant."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from sqlalchemy.ext.asyncio import AsyncConnection

from app.deviations import store as deviations
from app.domain.causes import Said
from app.domain.plan import PartBody
from app.domain.target_moves import Aim, target_of
from app.metrics import service as metrics
from app.milestones import remembered
from app.plans import store as plans
from app.plans.store import Head
from app.variance.snapshot import Question, Snapshot, take

MOST_BASELINES = 50
_MOST_TARGETS = 100_000  # milestones times baselines
_ATTEMPTS = 5


@dataclass(frozen=True, slots=True)
class Side:
    """The plan beside one baseline, and the metrics of both revisions, by key."""

    snapshot: Snapshot
    metrics: Mapping[str, PartBody]
    baseline_metrics: Mapping[str, PartBody]


@dataclass(frozen=True, slots=True)
class Materials:
    """All that an outcome is made of.

    Attributes:
        current: the plan beside the current baseline. `original`: beside the first; the same where they are one.
        baselines: the rows of the baselines of the ledger by number, and what each aims at.
        baselines_left_out: how many lie between the first and the others, and are too many to tell.
        said: what people said last of each deviation. `said_at`: when they said the newest of it.
        closed: the row of the status that the plan is closed with; None: it is not.
        known_at: the newest instant of all of it.
    """

    current: Side
    original: Side
    baselines: Sequence[tuple[Any, Aim]]
    baselines_left_out: int
    said: Sequence[Said]
    said_at: datetime | None
    closed: Any
    known_at: datetime

    @property
    def snapshot(self) -> Snapshot:
        """The plan as it was known."""
        return self.current.snapshot


async def load(db: AsyncConnection, head: Head, question: Question, now: datetime) -> Materials:
    """Everything as it was known at the instant asked; outside of any transaction.

    What people say of deviations is told by its own clock. So where everything up to now counts, the plan's row is
    looked at again afterwards, and everything is read again if it has moved on.

    Raises:
        InstantRefused: `known_at` lies in the future, or before the plan's first fact.
    """
    for _ in range(_ATTEMPTS):
        found = await _load(db, head, question, now)
        if found.snapshot.is_past:
            return found
        again = await plans.get(db, head.workspace_id, head.key)
        if again is None or (again.last_recorded_at, again.act_count) == (head.last_recorded_at, head.act_count):
            return found
        head = again
    # Writers are faster than this reader: then as of the plan's newest fact, which needs no second look.
    return await _load(db, head, replace(question, known_at=question.known_at or head.last_recorded_at), now)


async def _load(db: AsyncConnection, head: Head, question: Question, now: datetime) -> Materials:
    snapshot = await take(db, head, replace(question, baseline="current"), now)
    current = await _side(db, snapshot)
    original = current
    if snapshot.baseline is not None and snapshot.baseline.number != 1:
        same = Question(known_at=snapshot.known_at, baseline="original")
        first = await take(db, snapshot.head, same, now)
        original = await _side(db, replace(first, asked_known_at=snapshot.asked_known_at))
    baselines, left_out = await _baselines(db, snapshot)
    said = await deviations.said(db, head, snapshot.asked_known_at)
    said_at = max((at for *_, at in said), default=None)
    status = await plans.status_at(db, head, snapshot.known_at)
    return Materials(
        current=current,
        original=original,
        baselines=baselines,
        baselines_left_out=left_out,
        said=[Said(milestone, code) for milestone, code in _last_said(said)],
        said_at=said_at,
        closed=status if status is not None and status.status in plans.CLOSED else None,
        known_at=snapshot.known_at if said_at is None else max(snapshot.known_at, said_at),
    )


async def _side(db: AsyncConnection, snapshot: Snapshot) -> Side:
    return Side(snapshot, *await metrics.bodies_of(db, snapshot))


def _last_said(said: Sequence[tuple[Any, str | None, Any, datetime]]) -> list[tuple[str | None, str | None]]:
    """The milestone and the reason code of each deviation, as it was acknowledged last."""
    found = {deviation: (milestone, told["reason_code"]) for deviation, milestone, told, _ in said if told}
    return [found[deviation] for deviation in sorted(found)]


async def _baselines(db: AsyncConnection, snapshot: Snapshot) -> tuple[list[tuple[Any, Aim]], int]:
    """The original baseline and the newest ones, by number, each with what it aims at; and how many are left out."""
    head = snapshot.head
    most = min(MOST_BASELINES, max(3, _MOST_TARGETS // max(len(snapshot.current), 1)))
    rows: list[Any] = list(await plans.newest_baselines(db, head, most, snapshot.known_at))
    left_out = rows[-1].number - 1 if rows else 0
    if left_out:
        rows[-1] = await plans.baseline(db, head, 1)  # instead of the oldest of them
    found = []
    for row in reversed(rows):
        milestones = await remembered.milestones_at(db, head, row.revision)
        targets = {key: target for key, each in milestones.items() if (target := target_of(each)) is not None}
        found.append((row, Aim(row.number, targets, row.supplementary)))
    return found, left_out
