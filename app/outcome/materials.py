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
from app.plans import baseline_store
from app.plans import store as plans
from app.plans.store import Head
from app.variance.snapshot import Question, Snapshot, take

MOST_BASELINES = 50
_MOST_TARGETS = 100_000  # milestones times baselines


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
        said: what people said last of each deviation.
        closed: the row of the status that the plan is closed with; None: it is not.
    """

    current: Side
    original: Side
    baselines: Sequence[tuple[Any, Aim]]
    baselines_left_out: int
    said: Sequence[Said]
    closed: Any

    @property
    def snapshot(self) -> Snapshot:
        """The plan as it was known."""
        return self.current.snapshot

    @property
    def sides(self) -> tuple[Side, ...]:
        """Each once: of a plan with one baseline there is one."""
        return (self.current,) if self.original is self.current else (self.current, self.original)


async def load(db: AsyncConnection, head: Head, question: Question, now: datetime) -> Materials:
    """Everything as it was known at the instant asked; outside of any transaction.

    All but the snapshot itself is read up to the newest fact of the snapshot: what is recorded meanwhile is later.

    Raises:
        InstantRefused: `known_at` lies in the future, or before the plan's first fact.
    """
    snapshot = await take(db, head, replace(question, baseline="current"), now)
    current = await _side(db, snapshot)
    original = current
    if snapshot.baseline is not None and snapshot.baseline.number != 1:
        same = Question(known_at=snapshot.known_at, baseline="original")
        first = await take(db, snapshot.head, same, now)
        original = await _side(db, replace(first, asked_known_at=snapshot.asked_known_at))
    baselines, left_out = await _baselines(db, snapshot)
    said = await deviations.said(db, head, snapshot.known_at)
    status = await plans.status_at(db, head, snapshot.known_at)
    return Materials(
        current=current,
        original=original,
        baselines=baselines,
        baselines_left_out=left_out,
        said=[Said(milestone, code) for milestone, code in _last_said(said)],
        closed=status if status is not None and status.status in plans.CLOSED else None,
    )


async def _side(db: AsyncConnection, snapshot: Snapshot) -> Side:
    return Side(snapshot, *await metrics.bodies_of(db, snapshot))


def _last_said(said: Sequence[tuple[Any, str | None, Any]]) -> list[tuple[str | None, str | None]]:
    """The milestone and the reason code of each deviation, as it was acknowledged last."""
    found = {deviation: (milestone, told["reason_code"]) for deviation, milestone, told in said if told}
    return [found[deviation] for deviation in sorted(found)]


async def _baselines(db: AsyncConnection, snapshot: Snapshot) -> tuple[list[tuple[Any, Aim]], int]:
    """The original baseline and the newest ones, by number, each with what it aims at; and how many are left out."""
    head = snapshot.head
    most = min(MOST_BASELINES, max(3, _MOST_TARGETS // max(len(snapshot.current), 1)))
    rows: list[Any] = list(await baseline_store.newest_baselines(db, head, most, snapshot.known_at))
    left_out = rows[-1].number - 1 if rows else 0
    if left_out:
        rows[-1] = await baseline_store.baseline(db, head, 1)  # instead of the oldest of them
    found = []
    for row in reversed(rows):
        milestones = await remembered.milestones_at(db, head, row.revision)
        targets = {key: target for key, each in milestones.items() if (target := target_of(each)) is not None}
        found.append((row, Aim(row.number, targets, row.supplementary)))
    return found, left_out
