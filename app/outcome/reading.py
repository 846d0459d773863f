"""What became of a plan, computed from all that is known of it. Pure."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from decimal import Decimal
from functools import cached_property
from typing import Any

from app.cost.inputs import inputs_of
from app.domain.calendars import WorkingTime
from app.domain.causes import Cause, blocks, causes
from app.domain.cost import open_books
from app.domain.durations import planned_minutes
from app.domain.estimate_calibration import Calibration, Estimate, calibration
from app.domain.execution import ExecutionEvent, Lifecycle
from app.domain.forecast_accuracy import ForecastAccuracy, accuracy, issued_forecasts
from app.domain.measures import Basis, Line
from app.domain.metric_scores import Score, score
from app.domain.money import total
from app.domain.outcome import BudgetResult, Delivery, MetricsResult, budget, delivery, metrics
from app.domain.plan import Milestone, MilestoneKind
from app.domain.progress import effective, has_happened
from app.domain.subjects import SILENCE
from app.domain.target_moves import Step, steps
from app.domain.variance import MilestoneVariance, PlanSummary
from app.metrics.reading import Readings, scorecard
from app.outcome.materials import Materials, Side
from app.variance.service import Measured, measure


@dataclass(frozen=True, slots=True)
class Spending:
    """Money in the plan's currency; None, with a reason, where it is not known.

    Attributes:
        is_least: more was spent than this: time without a rate, or money in other currencies.
    """

    currency: str | None
    budgeted: Decimal | None
    spent: Decimal | None
    is_least: bool
    reason: str | None


@dataclass(frozen=True, slots=True)
class SideOutcome:
    """What became of a plan against one baseline.

    Attributes:
        work: what became of the work, whatever the plan was closed as.
        finished, cancelled, unfinished: how many leaves of the current revision are.
        score: what the metrics come to, as the baseline defines them. `readings`: each of them.
    """

    side: Side
    work: Delivery
    summary: PlanSummary
    finished: int
    cancelled: int
    unfinished: int
    budget: BudgetResult
    spending: Spending
    metrics: MetricsResult
    score: Score
    readings: Readings


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of a plan, and what can be learned of it."""

    materials: Materials
    as_of: datetime
    current: SideOutcome
    original: SideOutcome
    moves: tuple[Step, ...]
    causes: Sequence[Cause]
    forecasts: ForecastAccuracy
    estimates: Calibration

    def delivery(self, side: SideOutcome) -> Delivery:
        """What became of the work against one baseline; of a plan that was closed as cancelled it was cancelled."""
        closed = self.materials.closed
        return Delivery.cancelled if closed is not None and closed.status == "cancelled" else side.work

    def closed(self, row: Any) -> "Outcome":
        """The same of the plan when nothing happened but that it was closed."""
        known_at = row.recorded_at
        snapshot = replace(self.materials.snapshot, known_at=known_at)
        original = replace(self.materials.original.snapshot, known_at=known_at)
        return replace(
            self,
            materials=replace(
                self.materials,
                current=replace(self.materials.current, snapshot=snapshot),
                original=replace(self.materials.original, snapshot=original),
                closed=row,
            ),
        )

    @property
    def next_instant(self) -> datetime | None:
        """When time alone may change it next: a metric is to be measured, or its grace period ends."""
        windows = [each.window for side in (self.current, self.original) for each in side.readings.values()]
        times = [at for each in windows for at in (each.due, each.closed) if at is not None and at > self.as_of]
        return min(times, default=None)


def read(materials: Materials, as_of: datetime) -> Outcome:
    """What became of a plan as of an instant. O(events log events + milestones x baselines)."""
    return _Reading(materials, as_of).outcome()


class _Reading:
    """What several parts of an outcome are made of, each computed once."""

    def __init__(self, materials: Materials, as_of: datetime) -> None:
        self._materials, self._as_of = materials, as_of
        self._snapshot = materials.snapshot
        self._lines: dict[int, Line] = {}
        self._measured = {id(side): measure(side.snapshot, as_of) for side in materials.sides}

    def outcome(self) -> Outcome:
        materials = self._materials
        sides = {id(side): self._side(side) for side in materials.sides}
        baselines = [aim for _, aim in materials.baselines]
        return Outcome(
            materials=materials,
            as_of=self._as_of,
            current=sides[id(materials.current)],
            original=sides[id(materials.original)],
            moves=steps(baselines, self._working, self._snapshot.working(self._snapshot.fields.calendar)),
            causes=self._causes(),
            forecasts=accuracy(
                issued_forecasts(self._happened, self._snapshot.current, self._states.states, self._line)
            ),
            estimates=calibration(self._estimates()),
        )

    @cached_property
    def _events(self) -> list[ExecutionEvent]:
        return effective(self._snapshot.events)

    @cached_property
    def _happened(self) -> list[ExecutionEvent]:
        return [event for event in self._events if has_happened(event, self._as_of)]

    @property
    def _states(self) -> Measured:
        return self._measured[id(self._materials.current)]

    def _line(self, milestone: Milestone) -> Line:
        calendar = self._snapshot.working_of(milestone)
        line = self._lines.get(id(calendar))
        if line is None:
            line = self._lines[id(calendar)] = Line(calendar, self._as_of)
        return line

    def _working(self, key: str) -> WorkingTime:
        """The calendar of a milestone as the plan has it now; of one that has left it, the plan's."""
        milestone = self._snapshot.current.get(key)
        if milestone is None:
            return self._snapshot.working(self._snapshot.fields.calendar)
        return self._snapshot.working_of(milestone)

    def _side(self, side: Side) -> SideOutcome:
        summary = self._measured[id(side)].variance.summary
        states, current = self._states.states, self._snapshot.current.values()
        found = [states.get(each.key, SILENCE).lifecycle for each in current if each.kind is not MilestoneKind.phase]
        card = scorecard(side.snapshot, side.metrics, side.baseline_metrics, self._as_of)
        scored = score(()) if card.baseline_score is None else card.baseline_score
        spending = self._spending(side)
        return SideOutcome(
            side=side,
            work=delivery(found, summary.finish_variance),
            summary=summary,
            finished=found.count(Lifecycle.completed),
            cancelled=found.count(Lifecycle.cancelled),
            unfinished=sum(each not in {Lifecycle.completed, Lifecycle.cancelled} for each in found),
            budget=budget(spending.budgeted, spending.spent, is_least=spending.is_least),
            spending=spending,
            metrics=metrics(scored),
            score=scored,
            readings=card.baseline or {},
        )

    def _spending(self, side: Side) -> Spending:
        books = open_books(inputs_of(side.snapshot), self._as_of)
        currency = books.currency if type(books.currency) is str else None
        budgeted = None if books.no_cost is not None else total(leaf.weight for leaf in books.leaves.values())
        spent = total(cost.amount for cost in books.costs) if books.costs else None
        left_out = [str(each.reason) for each in books.excluded if each.event is not None]
        left_out += ["no_rate"] if books.effort.minutes_without_rate else []
        reasons = [*([str(books.no_cost)] if books.no_cost else []), *left_out]
        reasons += ["no_cost_reported"] if spent is None else []
        return Spending(currency, budgeted, spent, bool(left_out), reasons[0] if reasons else None)

    def _causes(self) -> list[Cause]:
        closed = self._materials.closed
        until = self._as_of if closed is None else min(self._as_of, closed.recorded_at)
        items = self._measured[id(self._materials.original)].variance.items
        slips = {
            item.milestone: item.finish_variance.working_minutes
            for item in items
            if item.finish_variance.working_minutes is not None and item.kind is not MilestoneKind.phase
        }
        stood = [block for block in blocks(self._happened, until) if block.milestone in self._snapshot.current]
        return causes(self._materials.said, stood, slips, self._working)

    def _estimates(self) -> list[Estimate]:
        """Every finished activity that a baseline plans a duration of: the original's, else the current one's."""
        found: dict[str, Estimate] = {}
        for side in (self._materials.original, self._materials.current):
            baseline: Mapping[str, Milestone] = side.snapshot.baseline_milestones or {}
            for item in self._measured[id(side)].variance.items:
                estimate = self._estimate(item, baseline)
                if estimate is not None:
                    found.setdefault(item.milestone, estimate)
        return list(found.values())

    def _estimate(self, item: MilestoneVariance, baseline: Mapping[str, Milestone]) -> Estimate | None:
        """Planned by the baseline, and that plus the variance of the duration, as `/variance` tells it."""
        longer = item.duration_variance
        if longer.basis is not Basis.actual or longer.working_minutes is None:
            return None
        milestone = self._snapshot.current[item.milestone]
        planned = planned_minutes(self._line(milestone), baseline[item.milestone])
        if not planned:
            return None
        state = self._states.states[item.milestone]
        return Estimate(state.assignee or milestone.owner, planned, planned + longer.working_minutes)
