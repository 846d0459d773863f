"""The books of a plan, computed on read from one snapshot, as JSON-ready values."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, NamedTuple

from app.cost.inputs import inputs_of
from app.cost.planned import planned_effort
from app.cost.wire import Writer
from app.domain.cost import Books, CostInputs, open_books
from app.domain.cost_lines import CostBy, CostLine, by_milestone, by_owner, by_phase, total
from app.domain.cost_periods import MOST_PERIODS, Curves, Period, TooManyPeriods, by_period, curves
from app.domain.performance import performance, planned_value
from app.domain.plan import MilestoneKind, PartBody
from app.kit.problems import FieldError, InvalidRequest
from app.variance.problems import InstantRefused
from app.variance.snapshot import Snapshot


class View(NamedTuple):
    """What is asked of the books: of which phase, in which lines, which page of them."""

    phase: str | None
    by: CostBy
    period: Period
    limit: int
    after: str | None


def document(snapshot: Snapshot, as_of: datetime, view: View, assignments: Mapping[str, PartBody]) -> dict[str, Any]:
    """The answer but for its header, with the key of its last line, if more follow, as `last`. Pure.

    Raises:
        InvalidRequest: the phase is none of the plan, nor of its baseline.
        InstantRefused: there are more periods than are told at once.
    """
    inputs = inputs_of(snapshot)
    _check_phase(inputs, view.phase)
    books = open_books(inputs, as_of, view.phase)
    planned = planned_value(books)
    try:
        found = curves(books, planned, snapshot.zone, view.period)
    except TooManyPeriods:
        detail = f"makes more than {MOST_PERIODS} periods of this plan; ask for longer ones"
        raise InstantRefused(errors=[FieldError("?period", "too_many_periods", detail)]) from None
    lines = [line for line in _lines(books, found, view) if view.after is None or (line.key or "") > view.after]
    shown = lines[: view.limit]
    writer = Writer(books)
    return {
        "phase": view.phase,
        **writer.currency(),
        "basis": str(books.basis),
        "total": writer.figures(total(books)),
        "effort": writer.effort(planned_effort(snapshot, books, assignments)),
        **writer.performance(performance(books, planned)),
        "period": str(view.period),
        "series": writer.series(found),
        "excluded": writer.excluded(),
        "excluded_count": len(books.excluded),
        "by": str(view.by),
        "items": [writer.line(line) for line in shown],
        "last": shown[-1].key or "" if shown and len(lines) > view.limit else None,
    }


def _check_phase(inputs: CostInputs, phase: str | None) -> None:
    if phase is None:
        return
    found = inputs.current.get(phase) or (inputs.baseline or {}).get(phase)
    if found is None or found.kind is not MilestoneKind.phase:
        detail = "is no phase of this plan, nor of the baseline"
        raise InvalidRequest(errors=[FieldError("?phase", "unknown_phase", detail)])


def _lines(books: Books, found: Curves, view: View) -> Sequence[CostLine]:
    match view.by:
        case CostBy.milestone:
            return by_milestone(books)
        case CostBy.owner:
            return by_owner(books)
        case CostBy.phase:
            return by_phase(books, view.phase)
        case CostBy.period:
            return by_period(books, found)
