"""The record of a deviation, and how an evaluation or a person changes it: values only, saved by the store."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from app.domain.deviation_values import (
    DeviationState,
    Evidence,
    Judged,
    Resolution,
    Subject,
    Track,
    Transition,
    TransitionKind,
)
from app.domain.deviations import is_time_alone
from app.domain.levels import bound_of
from app.domain.moments import format_instant, parse_instant, parse_moment
from app.domain.tolerances import Level, Measure, Tolerance
from app.kit import wire
from app.kit.ids import uuid7
from app.plans.store import Head

EVALUATOR = "leeway"
"""Who is written down for what an evaluation found."""


def place_of(milestone: str | None, about: str | None) -> str:
    """What a deviation is about in one word, which no key has a slash in: "", "m", "/metrics/a", "m/metrics/a"."""
    return (milestone or "") + ("" if about is None else f"/{about}")


def subject_of(tolerance: str, place: str, baseline: int) -> Subject:
    """The subject that columns name."""
    milestone, slash, about = place.partition("/")
    return Subject(tolerance, milestone or None, baseline or None, about if slash else None)


@dataclass(frozen=True, slots=True)
class Record:
    """A row of the table, column by column; baseline 0 is none.

    Attributes:
        milestone: the milestone, and what else it is about, as `place_of` packs them.
        told_value: the value as the newest transition told it. `value`: as the newest evaluation found it.
        transitions: how many there are, and so the number of the newest.
        stands: whether the next evaluation must know of it.
        side: `upper` or `lower`: of which bounds `bound` is.
    """

    workspace_id: int
    plan_id: UUID
    deviation_id: UUID
    tolerance: str
    milestone: str
    baseline: int
    episode: int
    tolerance_version: int
    measure: str
    level: str
    state: str
    opened_at: datetime
    changed_at: datetime
    unit: str
    resolution: str | None = None
    told_value: float | None = None
    transitions: int = 0
    resolved_at: datetime | None = None
    acknowledgement: Mapping[str, Any] | None = None
    acknowledged_until: datetime | None = None
    stands: bool = True
    value: float | None = None
    bound: float | None = None
    side: str = "upper"
    is_final: bool = False
    beyond: int = 0
    within: int = 0
    counted_at: datetime | None = None
    summary: str = ""
    owner: str | None = None
    labels: Mapping[str, str] = field(default_factory=dict)
    evidence: Mapping[str, Any] = field(default_factory=dict)
    impact: Mapping[str, Any] = field(default_factory=dict)
    consequences: list[str] = field(default_factory=list)

    @property
    def subject(self) -> Subject:
        """What it is about."""
        return subject_of(self.tolerance, self.milestone, self.baseline)

    @property
    def is_over(self) -> bool:
        """Whether it is resolved."""
        return self.state == DeviationState.resolved


@dataclass(frozen=True, slots=True)
class Shown:
    """What is to be shown of a subject.

    Attributes:
        judged: the value as it is now; None (or without a value): what was shown stays.
        evidence: what it was computed from; None: what was shown stays.
        owner: the milestone's or its assignee's, else the plan's.
        labels: the milestone's.
        consequences: the milestones whose breach it explains.
    """

    tolerance: Tolerance
    judged: Judged | None
    evidence: Evidence | None
    owner: str | None
    labels: Mapping[str, str]
    consequences: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class EvaluationStamp:
    """Which evaluation found it.

    Attributes:
        as_of: the data date it judged at.
        retroactive: what is told late: facts recorded since the last evaluation moved what had been so before it.
    """

    number: int
    recorded_at: datetime
    as_of: datetime
    retroactive: frozenset[Subject] = frozenset()


def opened(head: Head, transition: Transition, shown: Shown, stamp: EvaluationStamp) -> Record:
    """The record of a new episode, before its first transition is told."""
    subject, tolerance = transition.subject, shown.tolerance
    return Record(
        workspace_id=head.workspace_id,
        plan_id=head.plan_id,
        deviation_id=uuid7(),
        tolerance=subject.tolerance,
        milestone=place_of(subject.milestone, subject.about),
        baseline=subject.baseline or 0,
        episode=transition.track.episode,
        tolerance_version=tolerance.version,
        measure=tolerance.measure.value,
        level=_level(transition.track.level, Level.breach),
        state=DeviationState.open.value,
        opened_at=stamp.recorded_at,
        changed_at=stamp.recorded_at,
        unit=tolerance.unit.value,
    )


def changed(record: Record, transition: Transition, stamp: EvaluationStamp) -> Record:
    """The record after a transition that an evaluation found."""
    track, why = transition.track, transition.resolution
    moved = replace(
        record,
        level=_level(track.level, record.level),
        state=(track.state or DeviationState.resolved).value,
        told_value=record.told_value if track.value is None else track.value,
        transitions=record.transitions + 1,
        changed_at=stamp.recorded_at,
    )
    if transition.kind is TransitionKind.reopened:
        return replace(moved, acknowledgement=None, acknowledged_until=None)
    if transition.kind is TransitionKind.resolved and why is not None:
        return replace(moved, **over(why, stamp.recorded_at))
    return moved


def over(why: Resolution, at: datetime) -> dict[str, Any]:
    """What changes in a record that is over; what is accepted still stands."""
    return {
        "state": DeviationState.resolved.value,
        "resolution": why.value,
        "resolved_at": at,
        "acknowledged_until": None,
        "stands": why is Resolution.accepted,
    }


def counted(record: Record, track: Track | None) -> Record:
    """The record with what the evaluation counted."""
    if track is None:
        return record
    counts = (track.beyond, track.within, track.counted_at)
    if counts == (record.beyond, record.within, record.counted_at):
        return record
    return replace(record, beyond=track.beyond, within=track.within, counted_at=track.counted_at)


def refreshed(record: Record, shown: Shown | None, as_of: datetime, *, is_told: bool = False) -> Record:
    """The record as the evaluation shows it; the same one if nothing but the data date moved.

    Where only time passed, value and evidence stay as of the last change, unless it `is_told` now; what the data
    date pushes on is shown anew after a day. Else ten thousand records would be written at every evaluation, to say
    that a minute went by.
    """
    if shown is None:
        return record
    told = record
    around = (shown.owner, shown.labels, list(shown.consequences))
    if around != (record.owner, record.labels, record.consequences):
        told = replace(record, owner=shown.owner, labels=dict(shown.labels), consequences=around[2])
    if shown.judged is not None and shown.judged.value is not None:
        again = _judged_again(told, shown, shown.judged, shown.judged.value)
        told = told if not is_told and _is_later_only(record, again, shown.judged, as_of) else again
    if told == record:
        return record
    if told.evidence != record.evidence:
        told = replace(told, evidence={**told.evidence, "as_of": format_instant(as_of)})
    return told


def _judged_again(record: Record, shown: Shown, judged: Judged, value: float) -> Record:
    tolerance = shown.tolerance
    bound = bound_of(tolerance, value, Level(record.level))
    evidence = {
        **record.evidence,
        "value": value,
        "unit": tolerance.unit.value,
        "bound": bound,
        "basis": judged.basis,
    }
    found = shown.evidence
    if found is None and not record.evidence:
        evidence |= {"operands": {}, "events": []}
    elif found is not None:
        events = [{"source": source, "id": name} for source, name in found.events]
        evidence |= {"operands": wire.plain(found.operands), "events": events}
    return replace(
        record,
        tolerance_version=tolerance.version,
        measure=tolerance.measure.value,
        unit=tolerance.unit.value,
        value=value,
        bound=bound,
        side=_side(tolerance, value, bound),
        is_final=judged.is_final,
        evidence=evidence,
        impact={"unabsorbed_minutes": found.unabsorbed_minutes} if found is not None else record.impact,
        summary=found.summary if found is not None else record.summary,
    )


_DATES = ("compared_start", "compared_finish", "projected_start", "projected_finish", "late_finish")
_FOLLOWS_TIME = frozenset({"value", "as_of", "working_minutes", "total_float_minutes", *_DATES})
"""What of the evidence time alone may move."""
_JUDGED_BY = ("tolerance_version", "unit", "bound", "side", "is_final")
_A_DAY = timedelta(days=1)


def _is_later_only(record: Record, again: Record, judged: Judged, as_of: datetime) -> bool:
    """Whether nothing but time lies between what is shown and what was judged again."""
    if not record.evidence or is_better(record, again.value, record.value):
        return False
    is_same = all(getattr(record, name) == getattr(again, name) for name in _JUDGED_BY)
    if not is_same or _lasting(record.evidence) != _lasting(again.evidence):
        return False
    return is_time_alone(judged, Measure(again.measure)) or _is_pushed(record.evidence, again.evidence, as_of)


def _is_pushed(before: Mapping[str, Any], after: Mapping[str, Any], as_of: datetime) -> bool:
    """Whether within one day projected dates moved by no more than the data date, which pushes what is to be done."""
    passed = as_of - parse_instant(before["as_of"])
    sides = before["operands"], after["operands"]
    moved = [(old, new) for old, new in ([side.get(name) for side in sides] for name in _DATES) if old != new]
    return bool(moved) and passed < _A_DAY and all(timedelta() <= _way(*pair) <= passed for pair in moved)


def _way(old: str | None, new: str | None) -> timedelta:
    """How far a date moved; from a day to an instant, or to none, further than any time."""
    if old is None or new is None:
        return timedelta.max
    one, other = parse_moment(old), parse_moment(new)
    if isinstance(one, datetime) != isinstance(other, datetime):
        return timedelta.max
    return other - one


def _lasting(evidence: Mapping[str, Any]) -> dict[str, Any]:
    """The evidence without what follows time."""
    found = {name: value for name, value in evidence.items() if name not in _FOLLOWS_TIME}
    operands = evidence.get("operands", {})
    return {**found, "operands": {name: value for name, value in operands.items() if name not in _FOLLOWS_TIME}}


def _side(tolerance: Tolerance, value: float, bound: float) -> str:
    is_upper = bound in tolerance.upper and (bound not in tolerance.lower or value >= bound)
    return "upper" if is_upper else "lower"


def _level(level: Level | None, otherwise: str) -> str:
    return otherwise if level is None else level.value


def is_better(record: Record, value: float | None, than: float | None) -> bool:
    """Whether a value is nearer to being within the bound that the record is about."""
    if value is None or than is None:
        return False
    return value < than if record.side == "upper" else value > than


def continues(record: Record | None, transitions: Iterable[Transition], now: datetime) -> bool:
    """Whether the transitions of one subject follow from how its record stands (None, or over: there is none)."""
    found = list(transitions)
    kinds = [transition.kind for transition in found]
    is_open = record is not None and not record.is_over
    if TransitionKind.opened in kinds:
        return not is_open
    if record is None or not is_open:
        return False
    if TransitionKind.resolved in kinds:
        return True
    if TransitionKind.reopened in kinds:
        until = record.acknowledged_until
        is_late = until is not None and until <= now
        is_worse = any(_level(one.track.level, record.level) != record.level for one in found)
        return record.state == DeviationState.acknowledged and (is_late or is_worse)
    return all(one.track.state == record.state for one in found)
