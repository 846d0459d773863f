"""The schedule of a snapshot as an answer, and of a plan as it might be."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from app.domain.cpm import Bound, Schedule, ScheduleFinding
from app.domain.cpm_findings import future_actuals
from app.domain.moments import from_minutes
from app.domain.progress import State, effective
from app.domain.variance import MilestoneVariance, PlanVariance
from app.schedule.problems import ScheduleBeyondCalendars
from app.variance.service import measure, variance_document
from app.variance.snapshot import Snapshot


@dataclass(frozen=True, slots=True)
class Computed:
    """A schedule with the variance that was measured with it, and what is odd about both the plan and its events."""

    snapshot: Snapshot
    variance: PlanVariance
    schedule: Schedule
    states: Mapping[str, State]
    findings: Sequence[ScheduleFinding]

    @property
    def items(self) -> list[MilestoneVariance]:
        """The milestones that are in the schedule, by key."""
        return [item for item in self.variance.items if item.milestone in self.schedule.items]


def compute(snapshot: Snapshot, as_of: datetime, source: str = "asked") -> Computed:
    """The schedule of a snapshot, and its variance.

    `source` is where `as_of` comes from. Of an instant that was asked for, what happened later is no finding.

    Raises:
        ScheduleBeyondCalendars: dates run beyond 2300.
    """
    measured = measure(snapshot, as_of)
    if measured.schedule is None:
        raise ScheduleBeyondCalendars
    findings = measured.schedule.findings
    if source != "asked":
        findings += tuple(
            each for each in future_actuals(effective(snapshot.events), as_of) if each.milestone in snapshot.current
        )
    return Computed(snapshot, measured.variance, measured.schedule, measured.states, findings)


def summary_document(computed: Computed) -> dict[str, Any]:
    """The schedule as a whole, as JSON-ready values."""
    summary, schedule = computed.variance.summary, computed.schedule
    return {
        "baseline_finish": summary.baseline_finish,
        "projected_finish": summary.projected_finish,
        "projection_reason": summary.projection_reason and str(summary.projection_reason),
        "late_finish": _instant(schedule.late_finish),
        "target_finish": computed.snapshot.fields.target_finish,
        "finish_variance": variance_document(summary.finish_variance),
        "worst_total_float_minutes": schedule.worst_total_float_minutes,
        "critical_count": len(schedule.critical),
        "near_critical_count": len(schedule.near_critical),
        "longest_path": list(schedule.longest_path),
        "driving_chain": list(schedule.driving_chain),
        "finding_counts": dict(sorted(Counter(str(each.code) for each in computed.findings).items())),
    }


def item_documents(computed: Computed, items: Iterable[MilestoneVariance]) -> list[dict[str, Any]]:
    """Milestones in the schedule, as JSON-ready values; `items` are some of those that it has."""
    findings: defaultdict[str, list[ScheduleFinding]] = defaultdict(list)
    for finding in computed.findings:
        findings[finding.milestone].append(finding)
    return [_item(item, computed.schedule, findings.get(item.milestone, ())) for item in items]


def _item(item: MilestoneVariance, schedule: Schedule, findings: Iterable[ScheduleFinding]) -> dict[str, Any]:
    key = item.milestone
    scheduled, late_why = schedule.items[key], schedule.late_why(key)
    return {
        "milestone": key,
        "kind": str(item.kind),
        "lifecycle": str(item.lifecycle),
        "early_start": _instant(scheduled.early_start),
        "early_finish": _instant(scheduled.early_finish),
        "late_start": _instant(scheduled.late_start),
        "late_finish": _instant(scheduled.late_finish),
        "projected_start": item.projected_start,
        "projected_finish": item.projected_finish,
        "projection_reason": item.projection_reason and str(item.projection_reason),
        "baseline_start": item.baseline_start,
        "baseline_finish": item.baseline_finish,
        "remaining_minutes": scheduled.remaining_minutes,
        "network_reason": item.network_reason and str(item.network_reason),
        "total_float_minutes": scheduled.total_float_minutes,
        "free_float_minutes": scheduled.free_float_minutes,
        "critical": scheduled.critical,
        "near_critical": scheduled.near_critical,
        "driving_predecessor": scheduled.driving_predecessor,
        "why": [_bound(bound) for bound in schedule.why(key)],
        "late_why": None if late_why is None else _bound(late_why),
        "findings": [_finding(finding) for finding in findings],
    }


def _instant(minute: int | None) -> datetime | None:
    return None if minute is None else from_minutes(minute)


def _bound(bound: Bound) -> Mapping[str, Any]:
    return {
        "edge": bound.edge,
        "kind": str(bound.kind),
        "at": from_minutes(bound.at),
        "slack_minutes": bound.slack_minutes,
        "milestone": bound.milestone,
        "type": bound.type and str(bound.type),
        "lag_minutes": bound.lag_minutes,
        "constraint": bound.constraint,
    }


def _finding(finding: ScheduleFinding) -> Mapping[str, Any]:
    return {
        "code": str(finding.code),
        "detail": finding.detail,
        "minutes": finding.minutes,
        "predecessor": finding.predecessor,
    }
