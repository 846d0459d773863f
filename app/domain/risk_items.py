"""Contingencies as items that tolerances judge: whether each is due."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from functools import cache
from typing import NamedTuple

from app.domain.deviation_values import Observed
from app.domain.due import next_check_at
from app.domain.execution import ExecutionEvent
from app.domain.items import Item, ItemValue
from app.domain.measures import Reason
from app.domain.moments import Moment
from app.domain.risk_judging import Found, Situation, TriggerStatus, due_value, look
from app.domain.risk_triggers import DateTrigger, EventTrigger, MeasureTrigger, tolerance_of
from app.domain.risks import RISK_EVENTS, UNTOUCHED, Contingency, Risk, RiskState, fold_risks, moment_of

_INSTANT = timedelta(microseconds=1)


def contingency_items(risks: Iterable[Risk], situation: Situation) -> list[Item]:
    """The items of the measure `contingency_due`, one a contingency.

    What a trigger on a measure says after the first instant at which time alone may change it is judged then, and
    not before: from there on its item has no value. O(contingencies x events), and one search for that instant.
    """
    told = [(risk, each) for risk in risks for each in risk.contingencies]
    turn = _turn((each for _, each in told), situation.observed)
    events = tuple(each for each in situation.events if each.type in RISK_EVENTS)
    measured = cache(lambda trigger: look(trigger, UNTOUCHED, situation))
    ahead = {_begins(moment_of(each), situation) for each in situation.events if each.occurred_at >= situation.as_of}
    return [_item(_Due(risk, each, _Seen(situation, events, measured, turn)), ahead) for risk, each in told]


def _turn(contingencies: Iterable[Contingency], observed: Observed) -> datetime | None:
    """The first instant at which time alone may change what a trigger on a measure says."""
    triggers = [each.trigger for each in contingencies]
    tolerances = [tolerance_of(trigger) for trigger in triggers if isinstance(trigger, MeasureTrigger)]
    distinct = {(each.key, each.lower, each.upper): each for each in tolerances}
    return next_check_at(observed, distinct.values(), {}) if distinct else None


def _begins(moment: Moment, situation: Situation) -> datetime:
    """The first instant at which a moment has come; of a day, just after it has begun."""
    return moment if isinstance(moment, datetime) else situation.begins(moment) + _INSTANT


class _Seen(NamedTuple):
    """What all contingencies of a plan are judged on.

    `events` are those of risks; `measured` is what a trigger on a measure says until the `turn`.
    """

    situation: Situation
    events: Sequence[ExecutionEvent]
    measured: Callable[[MeasureTrigger], Found]
    turn: datetime | None


@dataclass(frozen=True, slots=True)
class _Due:
    """Whether one contingency is due, now and later."""

    risk: Risk
    contingency: Contingency
    seen: _Seen

    @property
    def name(self) -> str:
        return f"risks/{self.risk.key}/contingencies/{self.contingency.key}"

    def value_at(self, at: datetime) -> ItemValue:
        """Its value at the data date, or later if nothing more is heard until then."""
        state = fold_risks(self.seen.events, at).get(self.risk.key, UNTOUCHED)
        found = self._look(state, at)
        value = due_value(self.contingency, state, found)
        return ItemValue(
            value=value,
            reason=found.reason if value is None else None,
            operands={"risk": self.risk.key, "contingency": self.contingency.key, **found.operands},
            events=found.events,
            summary=self._summary(state, found.summary, value),
        )

    def _look(self, state: RiskState, at: datetime) -> Found:
        trigger, seen = self.contingency.trigger, self.seen
        if not isinstance(trigger, MeasureTrigger):
            return look(trigger, state, replace(seen.situation, as_of=at))
        found = seen.measured(trigger)
        if seen.turn is None or at < seen.turn:
            return found
        is_taken = found.reason is Reason.not_computed
        reason = Reason.insufficient_data if is_taken else Reason.not_computed
        return found._replace(status=TriggerStatus.unknown, reason=reason)

    def _summary(self, state: RiskState, found: str, value: float | None) -> str:
        what = f"{self.contingency.key} of the risk {self.risk.key}"
        if value:
            return f"{what} is due: {found}"
        if self.contingency.key in state.activations:
            return f"{what} is activated"
        return f"{what} is not due: {found}"


def _item(due: _Due, ahead: set[datetime]) -> Item:
    trigger, current = due.contingency.trigger, due.seen.situation.observed.current
    milestone, turns = None, set(ahead)
    if isinstance(trigger, MeasureTrigger | EventTrigger) and trigger.milestone in current:
        milestone = trigger.milestone
    if isinstance(trigger, MeasureTrigger) and due.seen.turn is not None:
        turns.add(due.seen.turn)
    if isinstance(trigger, DateTrigger):
        turns.add(_begins(trigger.date, due.seen.situation))
    return Item(
        about=due.name,
        milestone=milestone,
        owner=due.risk.owner,
        value_at=due.value_at,
        breakpoints=tuple(sorted(each for each in turns if each > due.seen.situation.as_of)),
    )
