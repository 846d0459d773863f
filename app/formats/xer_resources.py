"""Who works on the activities of a Primavera XER file, and what they may cost."""

import re
from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Any

from app.formats.xer_tables import Row, Tables
from app.formats.xer_values import MAX_TEXT, Values, cleaned

_CURRENCY = re.compile("[A-Z]{3}")
_CENT, _SMALLEST = Decimal("0.01"), Decimal("0.0001")
_ACTUAL_COSTS = ("act_reg_cost", "act_ot_cost", "act_cost")


class Resources:
    """The resources and costs of a file by activity, added up as they are asked for."""

    def __init__(self, tables: Tables, values: Values) -> None:
        self._values = values
        self._resources = values.by_id(tables.of("RSRC"), "rsrc_id")
        self._assignments = _by_task(tables.of("TASKRSRC"))
        self._costs = _by_task((*tables.of("TASKRSRC"), *tables.of("PROJCOST")))
        self._currency = _currency(tables, values)
        self._unpriced: list[Row] = []
        self._negative: list[Row] = []
        self._spent: list[Row] = []

    def owner(self, task: Row) -> str | None:
        """The names of the resources of an activity, the primary one first; None: it has none."""
        ids = [task.raw("rsrc_id"), *(row.raw("rsrc_id") for row in self._assigned(task))]
        rows = [self._resources[rsrc_id] for rsrc_id in dict.fromkeys(ids) if rsrc_id in self._resources]
        names = [cleaned(row.raw("rsrc_name"), cleaned(row.raw("rsrc_short_name"))) for row in rows]
        return ", ".join(filter(None, names))[:MAX_TEXT].rstrip(", ") or None

    def budget(self, task: Row) -> Mapping[str, Any] | None:
        """The sum of the planned costs of an activity; None: nothing is planned, or nobody says in what money."""
        rows = self._costs.get(task.raw("task_id"), ())
        amount = sum((self._values.number(row, "target_cost") or Decimal() for row in rows), Decimal())
        if any(self._values.number(row, column) for row in rows for column in _ACTUAL_COSTS):
            self._spent.append(task)
        if not amount:
            return None
        if self._currency is None or amount < 0:
            (self._negative if self._currency else self._unpriced).append(task)
            return None
        exact = amount.quantize(_SMALLEST)
        return {"amount": str(exact if exact % _CENT else exact.quantize(_CENT)), "currency": self._currency}

    def has_own_calendar(self, task: Row) -> bool:
        """Whether a resource of the activity works by another calendar than the activity."""
        resources = (self._resources.get(row.raw("rsrc_id")) for row in self._assigned(task))
        calendars = {row.raw("clndr_id") for row in resources if row is not None}
        return bool(calendars - {"", task.raw("clndr_id")})

    def note(self) -> None:
        """Notes on the costs that were left out."""
        values = self._values
        said = "planned costs are left out: the file does not say in which currency they are"
        values.note_all(self._unpriced, None, "no_currency", said)
        values.note_all(self._negative, None, "negative_cost", "planned costs below zero are left out")
        values.note_all(self._spent, None, "actual_costs", "actual costs are left out")

    def _assigned(self, task: Row) -> Sequence[Row]:
        return self._assignments.get(task.raw("task_id"), ())


def _by_task(rows: Sequence[Row]) -> Mapping[str, Sequence[Row]]:
    found: dict[str, list[Row]] = {}
    for row in rows:
        found.setdefault(row.raw("task_id"), []).append(row)
    return found


def _currency(tables: Tables, values: Values) -> str | None:
    """What all amounts are in: named in the header, else the currency that the others are told by."""
    named = tables.currency
    if not named:
        base = [row for row in tables.of("CURRTYPE") if values.number(row, "base_exch_rate") == 1]
        named = base[0].raw("curr_short_name") if len(base) == 1 else ""
    return named if _CURRENCY.fullmatch(named) else None
