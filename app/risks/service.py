"""The exposure of a plan: what its risks may cost, which room covers it, what is due; computed on read."""

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime, timedelta
from decimal import Decimal
from functools import cache, cached_property, lru_cache

from app.domain.execution import Lifecycle
from app.domain.exposure import Coverage, Exposure, NoRoom, all_of, coverage, exposure_of
from app.domain.measures import Reason
from app.domain.money import Undefined, currency_of, total
from app.domain.risk_judging import Found, TriggerStatus, due_value, look
from app.domain.risk_since import Past, held_since
from app.domain.risk_triggers import MeasureTrigger
from app.domain.risks import RISK_EVENTS, UNTOUCHED, Contingency, Risk, RiskState, RiskStatus, fold_risks
from app.domain.variance import MilestoneVariance
from app.risks.items import risks_in, situation_in
from app.variance.scene import Scene
from app.variance.snapshot import end_of

At = Callable[[datetime], Scene]
_MINUTE = timedelta(minutes=1)
_LOOKS = 50_000  # at the past of a plan, times its milestones and events, to find since when values hold triggers
_MOST_LOOKS = 60
_KEPT = 64  # instants
_DONE = frozenset({Lifecycle.completed, Lifecycle.cancelled})


class Assessed:
    """The risks of a plan as of one instant: their states, what is expected of them, and the room there is.

    `at` is the same plan at another instant, as far as it is known now; without it, values do not tell since when.
    """

    def __init__(self, scene: Scene, at: At | None = None) -> None:
        self.scene = scene
        self._at = None if at is None else lru_cache(_KEPT)(at)
        self.risks: Mapping[str, Risk] = {risk.key: risk for risk in risks_in(scene)}
        told = [event for event in scene.effective if event.type in RISK_EVENTS]
        self._states = fold_risks(told, scene.as_of)
        self.items: Mapping[str, MilestoneVariance] = {item.milestone: item for item in scene.variance.items}

    def state(self, risk: Risk) -> RiskState:
        """What the events say of a risk."""
        return self._states.get(risk.key, UNTOUCHED)

    @property
    def alive(self) -> Sequence[Risk]:
        """The risks that are not closed, by key."""
        return [risk for risk in self.risks.values() if self.state(risk).status is not RiskStatus.closed]

    @cached_property
    def exposures(self) -> Mapping[str, Exposure]:
        """What is expected of each risk."""
        done = frozenset(key for key, item in self.items.items() if item.lifecycle in _DONE)
        return {key: exposure_of(risk, self.state(risk).status, done) for key, risk in self.risks.items()}

    @cached_property
    def exposure(self) -> Exposure:
        """What is expected of all of them together."""
        return all_of(self.exposures.values())

    @cached_property
    def found(self) -> Mapping[tuple[str, str], Found]:
        """What is found of the trigger of each contingency, by the keys of its risk and its own."""
        situation = situation_in(self.scene)
        found = {
            (risk.key, each.key): look(each.trigger, self.state(risk), situation)
            for risk in self.risks.values()
            for each in risk.contingencies
        }
        return found if self._at is None else {**found, **self._dated(found, self._at)}

    def _dated(self, found: Mapping[tuple[str, str], Found], at: At) -> Mapping[tuple[str, str], Found]:
        """What is found of the triggers that values hold, with since when, as far as that is told by few looks."""
        held = {
            (risk.key, each.key): each.trigger
            for risk in self.risks.values()
            for each in risk.contingencies
            if isinstance(each.trigger, MeasureTrigger) and found[risk.key, each.key].status is TriggerStatus.holds
        }
        looks = _LOOKS // max(len(held) * (len(self.items) + len(self.scene.effective)), 1)
        since = cache(lambda trigger: self._since(trigger, at, min(looks, _MOST_LOOKS)))
        return {name: found[name]._replace(since=since(trigger)) for name, trigger in held.items()}

    def _since(self, trigger: MeasureTrigger, at: At, looks: int) -> datetime | None:
        """Since when a value holds a trigger, by the plan as it is; None: it takes too many looks to tell."""
        snapshot, as_of = self.scene.snapshot, self.scene.as_of
        turns = [event.occurred_at for event in self.scene.effective]
        first = min([snapshot.head.created_at, as_of, *turns]) - _MINUTE

        def holds(instant: datetime) -> bool:
            return look(trigger, UNTOUCHED, situation_in(at(instant))).status is TriggerStatus.holds

        return held_since(Past(holds, looks), turns, first, as_of)

    def due(self, risk: Risk, contingency: Contingency) -> bool | None:
        """Whether a contingency is due; None: it can't be told."""
        value = due_value(contingency, self.state(risk), self.found[risk.key, contingency.key])
        return None if value is None else bool(value)

    def is_review_overdue(self, risk: Risk) -> bool:
        """Whether the instant of its review, or the day of it, is over."""
        if risk.review_at is None or self.state(risk).status is RiskStatus.closed:
            return False
        return end_of(risk.review_at, self.scene.snapshot.zone) < self.scene.as_of

    @cached_property
    def currency(self) -> str | None:
        """The one currency of the plan: its own, else that of its budgets, else that of its risks."""
        snapshot = self.scene.snapshot
        known = currency_of(snapshot.fields, snapshot.current)
        if not isinstance(known, Undefined):
            return known
        costs = (each.cost for risk in self.risks.values() for each in risk.impacts)
        return next((cost.currency for cost in costs if cost is not None), None)

    def room(self, milestone: str) -> tuple[Decimal | None, Reason | None]:
        """The total float of a milestone in working minutes, or why there is none."""
        item = self.items[milestone]
        if item.total_float_minutes is None:
            return None, item.network_reason or Reason.not_applicable
        return Decimal(item.total_float_minutes), None

    def coverage_of(self, milestone: str) -> Coverage:
        """What is expected of a milestone, against its total float."""
        return coverage(self.exposure.minutes.get(milestone, Decimal(0)), *self.room(milestone))

    @cached_property
    def buffer(self) -> Coverage:
        """All expected delay, as if one came after another, against the room before the plan's target."""
        target, summary = self.scene.snapshot.fields.target_finish, self.scene.variance.summary
        room: Decimal | None = None
        reason: Reason | NoRoom | None = None
        if target is None:
            reason = NoRoom.no_target_finish
        elif summary.projected_finish is None:
            reason = summary.projection_reason
        else:
            line = self.scene.measured.plan_working
            room = Decimal(line.finish_work(target) - line.finish_work(summary.projected_finish))
        return coverage(self.exposure.total_minutes, room, reason)

    @cached_property
    def reserve(self) -> Coverage:
        """All expected cost, against the plan's reserve."""
        reserve = self.scene.snapshot.fields.reserve
        if reserve is None:
            return coverage(self.exposure.total_cost, None, NoRoom.no_reserve)
        if self.currency not in {None, reserve.currency}:
            return coverage(self.exposure.total_cost, None, NoRoom.mixed_currency)
        return coverage(self.exposure.total_cost, reserve.amount, None)

    @cached_property
    def budget(self) -> Decimal | None:
        """The sum of all budgets in the plan's currency; None where there is none."""
        budgets = [each.budget for each in self.scene.snapshot.current.values() if each.budget is not None]
        found = [budget.amount for budget in budgets if budget.currency == self.currency]
        return total(found) if found else None

    @property
    def as_of(self) -> datetime:
        """The instant that all of it is seen from."""
        return self.scene.as_of
