"""The books of a plan as JSON-ready values: null with a reason where there is no value."""

from collections.abc import Mapping
from dataclasses import asdict
from decimal import Decimal
from typing import Any

from app.cost.planned import PlannedEffort
from app.cost.schemas import EarnedScheduleOut
from app.domain.cost import Books
from app.domain.cost_lines import CostLine, Sums, total
from app.domain.cost_periods import Curves, Point
from app.domain.earned_value import Estimates, Standing, ValueFigures
from app.domain.money import Amount, Undefined, exact, ratio, text
from app.domain.performance import EarnedSchedule, Performance

_MOST_EXCLUDED = 100


def _percent(amount: Decimal | None, budget: Decimal) -> float | None:
    return None if amount is None or not budget else float(100 * amount / budget)


_SCHEDULE = tuple(name for name in EarnedScheduleOut.model_fields if name != "reasons")


class Writer:
    """Writes what the books of one scope say."""

    def __init__(self, books: Books) -> None:
        self._books = books
        self._no_spent = books.currency if isinstance(books.currency, Undefined) else None

    def currency(self) -> dict[str, Any]:
        """The one currency of the books."""
        return {
            "currency": None if self._no_spent else self._books.currency,
            "currency_reason": self._no_spent and str(self._no_spent),
        }

    def _money(self, amount: Amount | None) -> dict[str, Any] | None:
        if amount is None or isinstance(amount, Undefined):
            return None
        return {"amount": text(amount), "currency": self._books.currency}

    def _told(self, figures: Mapping[str, Any]) -> dict[str, Any]:
        """Every figure by its name, and the reasons for those that have no value."""
        reasons = {name: str(each) for name, each in figures.items() if isinstance(each, Undefined)}
        told: dict[str, Any] = {}
        for name, each in figures.items():
            told[name] = self._money(each) if isinstance(each, Decimal) else None if name in reasons else each
        return {**told, "reasons": reasons}

    def _value(self, amount: Amount) -> Amount:
        """An amount of what is planned or earned, which is money only where there are budgets."""
        return self._books.no_cost or amount

    def figures(self, sums: Sums) -> dict[str, Any]:
        """The figures of a line."""
        spent: Amount = self._no_spent or sums.spent
        with exact():
            left, variance = sums.planned - sums.spent, sums.earned - sums.spent
        cpi = ratio(sums.earned, sums.spent, Undefined.actual_cost_zero)
        return self._told(
            {
                "planned": self._value(sums.planned),
                "planned_to_date": self._value(sums.planned_to_date),
                "earned": self._value(sums.earned),
                "actual": spent,
                "remaining": self._value(left),
                "variance": self._value(variance),
                "spi": ratio(sums.earned, sums.planned_to_date, Undefined.planned_value_zero),
                "cpi": self._books.no_cost or cpi,
            }
        )

    def line(self, line: CostLine) -> dict[str, Any]:
        """One line."""
        absence = line.absence and str(line.absence)
        return {
            "key": line.key,
            "name": line.name,
            "parent": line.parent,
            "absence": absence,
            **self.figures(line.sums),
        }

    def effort(self, planned: PlannedEffort) -> dict[str, Any]:
        """The time that was spent, beside what is planned to be."""
        effort = self._books.effort
        reason = str(effort.cost) if isinstance(effort.cost, Undefined) else None
        told: dict[str, Any] = {"minutes": effort.minutes, "minutes_without_rate": effort.minutes_without_rate}
        told |= {"cost": self._money(effort.cost), "reason": reason}
        unknown = str(planned.cost) if isinstance(planned.cost, Undefined) else None
        return {
            **told,
            "planned_minutes": round(float(planned.minutes), 6),
            "planned_cost": self._money(planned.cost),
            "planned_reason": unknown,
        }

    def performance(self, found: Performance) -> dict[str, Any]:
        """Earned value, estimates and earned schedule."""
        return {
            "performance": self._earned_value(found.standing, found.value),
            "estimates": self._estimates(found.estimates),
            "schedule": self._schedule(found.schedule),
        }

    def _earned_value(self, standing: Standing, value: ValueFigures) -> dict[str, Any]:
        return self._told(
            {
                "planned_value": self._value(standing.planned),
                "earned_value": self._value(standing.earned),
                "actual_cost": standing.spent,
                "budget_at_completion": self._value(standing.budget),
                "schedule_variance": self._value(value.schedule_variance),
                "cost_variance": value.cost_variance,
                "spi": value.spi,
                "cpi": value.cpi,
                "sci": value.sci,
                "percent_planned": value.percent_planned,
                "percent_complete": value.percent_complete,
                "percent_spent": value.percent_spent,
                "tcpi": value.tcpi,
            }
        )

    def _estimates(self, found: Estimates) -> dict[str, Any]:
        told = self._told(
            {
                "estimate_at_completion": found.estimate,
                "estimate_to_complete": found.to_complete,
                "variance_at_completion": found.variance,
                "tcpi": found.tcpi,
                "minimum": found.minimum,
                "maximum": found.maximum,
            }
        )
        methods = [
            {
                "method": str(method),
                "amount": self._money(each),
                "reason": str(each) if isinstance(each, Undefined) else None,
            }
            for method, each in found.methods.items()
        ]
        return {**told, "methods": methods}

    def _schedule(self, found: EarnedSchedule | Undefined) -> dict[str, Any]:
        if isinstance(found, Undefined):
            return self._told(dict.fromkeys(_SCHEDULE, found))
        time, figures = found.time, asdict(found.figures)
        times = {f"{name}_minutes": each for name, each in figures.items() if name.startswith(("ieac_", "schedule_"))}
        return self._told(
            {
                "baseline_start": found.baseline_start,
                "baseline_finish": found.baseline_finish,
                "earned_schedule_minutes": time.earned,
                "actual_time_minutes": time.actual,
                "planned_duration_minutes": time.planned,
                "is_complete": time.is_complete,
                "forecast_finish": found.forecast_finish,
                **{name: figures[name] for name in ("spi_t", "early_life", "tspi_planned", "tspi_target")},
                **times,
            }
        )

    def series(self, found: Curves) -> list[dict[str, Any]]:
        """The S-curves."""
        budget = total(self._books).planned
        return [self._point(point, budget) for point in found.points]

    def _point(self, point: Point, budget: Decimal) -> dict[str, Any]:
        has_money = self._books.no_cost is None
        spent = point.spent if has_money else None
        names = ("planned_value", "earned_value", "actual_cost")
        values = (point.planned, point.earned, spent)
        money = {name: self._money(each) if has_money else None for name, each in zip(names, values, strict=True)}
        percents = zip(("percent_planned", "percent_complete", "percent_spent"), values, strict=True)
        return {"at": point.at, **money, **{name: _percent(each, budget) for name, each in percents}}

    def excluded(self) -> list[dict[str, Any]]:
        """What is in no sum."""
        return [
            {
                "milestone": each.milestone,
                "event": None if each.event is None else {"source": each.event[0], "id": each.event[1]},
                "money": {"amount": text(each.amount), "currency": each.currency},
                "reason": str(each.reason),
            }
            for each in self._books.excluded[:_MOST_EXCLUDED]
        ]
