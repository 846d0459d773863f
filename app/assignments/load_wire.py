"""Load as JSON-ready values."""

from collections.abc import Mapping, Sequence
from datetime import timedelta
from decimal import Decimal
from fractions import Fraction
from typing import Any

from app.assignments.load import Planned, Spans, Spent, actual_cost
from app.cost.planned import planned_cost
from app.domain.calendars import WorkingTime
from app.domain.load import Slot, slots, spread, working_minutes
from app.domain.money import text
from app.domain.plan import Money
from app.resources.store import Version


def number(minutes: Fraction | Decimal) -> float:
    """Minutes as they are told: to six decimals."""
    return round(float(minutes), 6)


def money(amount: Money | None) -> dict[str, str] | None:
    """An amount of money, all its digits."""
    return None if amount is None else {"amount": text(amount.amount), "currency": amount.currency}


def burden(
    version: Version,
    calendars: Sequence[WorkingTime],
    planned: Sequence[Planned],
    spent: Sequence[Spent],
    told: Spans,
) -> dict[str, Any]:
    """What a resource has to do, has done and can do; `calendars` are those that it may work by, if any is known."""
    minutes = working_minutes(calendars, told.edges)
    rows = slots([each.work for each in planned], version["capacity"], minutes, told.edges)
    done = [0] * len(rows)
    for each in spent:
        index = told.of(each.event)
        if index >= 0:
            done[index] += each.event.data["minutes"]
    over = [(index, row.over) for index, row in enumerate(rows) if row.over]
    days = [day.isoformat() for day in told.days]
    return {
        "resource": version["key"],
        "version": version["version"],
        "name": version["name"],
        "kind": version["kind"],
        "calendar": version["calendar"],
        "capacity": version["capacity"],
        "effort": effort(version, planned, spent),
        "over_allocated_minutes": number(sum((most for _, most in over), Fraction(0))),
        "findings": [
            {"code": "over_allocated", "start": days[index], "minutes": number(most)} for index, most in over
        ],
        "periods": [_period(told, index, rows[index], minutes, done[index]) for index in range(len(rows))],
    }


def _period(told: Spans, index: int, row: Slot, minutes: Sequence[int] | None, done: int) -> dict[str, Any]:
    return {
        "start": told.days[index].isoformat(),
        "finish": (told.days[index + 1] - timedelta(days=1)).isoformat(),
        "working_minutes": None if minutes is None else minutes[index],
        "capacity_minutes": None if row.capacity is None else number(row.capacity),
        "planned_minutes": number(row.planned),
        "actual_minutes": done,
        "over_allocated_minutes": None if row.capacity is None else number(row.over),
    }


def effort(version: Version, planned: Sequence[Planned], spent: Sequence[Spent]) -> dict[str, Any]:
    """All the effort of a resource, whenever it is: planned against actual, and what it costs."""
    minutes = sum((each.work.effort for each in planned), Decimal(0))
    return {
        "planned_minutes": number(minutes),
        "actual_minutes": sum(each.event.data["minutes"] for each in spent),
        "planned_cost": money(planned_cost(version, minutes)),
        "actual_cost": money(actual_cost(spent)),
    }


def work(planned: Planned, told: Spans) -> Mapping[str, Any]:
    """One assignment, and how much of it lies in the periods."""
    assignment, reason = planned.assignment, planned.reason
    return {
        "assignment": assignment.key,
        "milestone": assignment.milestone,
        "role": assignment.role,
        "units": assignment.units,
        "start": planned.start,
        "finish": planned.finish,
        "planned_minutes": number(planned.work.effort),
        "minutes_within": number(sum(spread(planned.work, told.edges).values(), Fraction(0))),
        "reason": None if reason is None else str(reason),
    }
