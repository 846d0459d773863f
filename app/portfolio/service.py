"""The portfolio, read from the summaries that evaluations keep; as JSON-ready values."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any, get_args

from sqlalchemy.ext.asyncio import AsyncConnection

from app.domain.calendars import WorkingTime
from app.domain.metric_values import Band
from app.domain.moments import Moment
from app.domain.money import text
from app.domain.portfolio import FIGURES, Entry, MoneySum, Totals, grouped, totals
from app.domain.variance import ScheduleStatus
from app.kit.problems import FieldError
from app.kit.threads import beside_loop
from app.plans.field_schemas import PlanStatus
from app.portfolio import store
from app.variance.problems import InstantRefused
from app.variance.snapshot import end_of

MOST_GROUPS = 200
_COLUMNS = {"owner": "owner", "label": "labels", "objective": "objectives", "none": None}


@dataclass(frozen=True, slots=True)
class Grouping:
    """By what plans are grouped: `none`, `owner`, `objective`, or `label` with the label's name."""

    kind: str
    label: str | None = None

    def of(self, told: Any) -> Iterable[tuple[str | None, float]]:
        """The groups of a plan by the column it is grouped by, and its weight in each."""
        if self.kind == "objective":
            return told.items() or [(None, 1.0)]
        return [(told if self.kind == "owner" else told.get(self.label), 1.0)]


def instant_of(asked: Moment | None, now: datetime, zone: WorkingTime) -> datetime:
    """The instant of knowledge; a day as its end, and today as now.

    Raises:
        InstantRefused: it lies in the future.
    """
    if asked is None:
        return now
    instant = end_of(asked, zone)
    if instant > now:
        if isinstance(asked, datetime) or asked > now.date():
            raise InstantRefused(errors=[FieldError("?known_at", "known_at_refused", "lies in the future")])
        return now
    return instant


async def rolled_up(
    db: AsyncConnection, workspace_id: int, chosen: Mapping[str, Any], by: Grouping, known_at: datetime
) -> dict[str, Any]:
    """Totals and groups of every plan that is chosen, as it was known."""
    rows = await store.added_up(db, workspace_id, chosen, known_at, _COLUMNS[by.kind])
    return await beside_loop(len(rows), _rolled_up, rows, by)


def _rolled_up(rows: Sequence[Sequence[Any]], by: Grouping) -> dict[str, Any]:
    entries = [_entry(row) for row in rows]
    found: Sequence[tuple[str | None, Totals]] = []
    if by.kind != "none":
        told = zip(entries, rows, strict=True)
        found = grouped((key, weight, entry) for entry, row in told for key, weight in by.of(row[-1]))
    shown = found[:MOST_GROUPS]
    return {
        "totals": totals_document(totals(entries)),
        "groups": [{"key": key, **totals_document(group)} for key, group in shown],
        "groups_left_out": len(found) - len(shown),
    }


def _entry(row: Sequence[Any]) -> Entry:
    key, status, schedule_status, band, percent, finish, told, rank, currency, *amounts = row
    return Entry(
        key=key,
        status=status,
        schedule_status=schedule_status,
        band=band,
        percent=None if percent is None else Decimal(repr(percent)),
        finish=finish,
        told=told,
        currency=currency,
        # What follows them is what it is grouped by.
        amounts=tuple(None if each is None else Decimal(each) for each in amounts[: len(FIGURES)]),
        rank=rank,
    )


def totals_document(found: Totals) -> dict[str, Any]:
    """What plans come to together."""
    percent, coverage = found.percent, found.percent_coverage
    return {
        "plans": found.plans,
        "need_attention": found.concerned,
        "drivers": list(found.drivers),
        "by_status": {str(each): found.statuses.get(each, 0) for each in get_args(PlanStatus)},
        "by_schedule_status": {str(each): found.schedule_statuses.get(each, 0) for each in ScheduleStatus},
        "by_band": {**{str(each): found.bands.get(each, 0) for each in Band}, "unknown": found.bands.get(None, 0)},
        "schedule_status": found.worst and str(found.worst),
        "schedule_status_reason": found.reason(found.worst),
        "actual_percent_complete": None if percent is None else round(float(percent), 4),
        "percent_coverage": None if coverage is None else round(float(coverage), 6),
        "percent_reason": found.reason(percent),
        "projected_finish": found.finish,
        "projected_finish_reason": found.reason(found.finish),
        "money": _money(found.money),
    }


def _money(money: Mapping[tuple[str, str], MoneySum]) -> list[dict[str, Any]]:
    def told(found: MoneySum) -> dict[str, Any]:
        return {"amount": text(found.amount) if found.plans else None, "plans": found.plans}

    currencies = sorted({currency for _, currency in money})
    return [{"currency": each, **{name: told(money[name, each]) for name in FIGURES}} for each in currencies]
