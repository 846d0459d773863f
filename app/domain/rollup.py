"""What follows from the leaves: the span of each phase, and the finish of the plan."""

from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from datetime import datetime
from enum import StrEnum

from app.domain.measures import (
    NOTHING,
    UNDATED,
    UNREPORTED,
    Basis,
    Compared,
    Line,
    Reason,
    Variance,
    date_variance,
)
from app.domain.moments import Moment
from app.domain.plan import Milestone, MilestoneKind
from app.domain.progress import Lifecycle, State
from app.domain.subjects import ABSENT, GONE, Subject, absence_of


class Slot(StrEnum):
    """What a span keeps the earliest (of starts) or the latest (of finishes) of."""

    planned_start = "planned_start"
    planned_finish = "planned_finish"
    baseline_start = "baseline_start"
    baseline_finish = "baseline_finish"
    actual_start = "actual_start"
    actual_finish = "actual_finish"
    projected_start = "projected_start"
    projected_finish = "projected_finish"
    start = "start"
    finish = "finish"


_STARTS = frozenset({Slot.planned_start, Slot.baseline_start, Slot.actual_start, Slot.projected_start, Slot.start})
_ADDED = frozenset({Reason.not_in_baseline})
_RANK = {basis: rank for rank, basis in enumerate(Basis)}
_Order = tuple[int, int, str]  # the working line (finishes negated), then the basis, then the key


class Span:
    """What is known of a set of leaves together, on one calendar.

    Starts are the earliest and finishes the latest on the working line; of two that tie, the basis
    named first in `Basis`, then the first key.
    """

    __slots__ = ("best", "is_start_unreported", "last_event_at", "lifecycles", "lost")

    def __init__(self) -> None:
        self.best: dict[Slot, tuple[_Order, Compared]] = {}
        self.lost: set[Slot] = set()
        self.is_start_unreported = False
        self.lifecycles: set[Lifecycle] = set()
        self.last_event_at: datetime | None = None

    def add(self, slot: Slot, key: str, line: Line, moment: Moment | None) -> None:
        """Takes in one date, if there is one."""
        if moment is not None:
            found = Compared(moment, Basis.none)
            self._show(slot, _order(slot, key, line, found), found)

    def compare(self, slot: Slot, key: str, line: Line, sides: tuple[Compared, Moment | None]) -> None:
        """Takes in what one baseline date is compared with; `sides` are the two."""
        found, baseline = sides
        if found.reason is None:
            self._show(slot, _order(slot, key, line, found), found)
        elif baseline is not None:
            self.lost.add(slot)

    def add_current(self, leaf: Subject, line: Line) -> None:
        """Takes in what a leaf of the current plan has; of a cancelled one only that there is one."""
        self.lifecycles.add(leaf.lifecycle)
        self._hear(leaf.state.last_event_at)
        if leaf.lifecycle is Lifecycle.cancelled:
            return
        self.add(Slot.planned_start, leaf.key, line, leaf.planned.planned_start)
        self.add(Slot.planned_finish, leaf.key, line, leaf.planned.planned_finish)
        self.add(Slot.actual_start, leaf.key, line, leaf.actual_start)
        self.add(Slot.actual_finish, leaf.key, line, leaf.actual_finish)
        self.add(Slot.projected_start, leaf.key, line, leaf.projected_start)
        self.add(Slot.projected_finish, leaf.key, line, leaf.projected_finish)
        if leaf.start.reason is Reason.start_not_reported:
            self.is_start_unreported = True
        else:
            self.compare(Slot.start, leaf.key, line, (leaf.start, leaf.base.planned_start))
        self.compare(Slot.finish, leaf.key, line, (leaf.finish, leaf.base.planned_finish))

    def add_baseline(self, leaf: Subject, line: Line) -> None:
        """Takes in the baseline dates of a leaf that survives."""
        if leaf.absence is None:
            self.add(Slot.baseline_start, leaf.key, line, leaf.base.planned_start)
            self.add(Slot.baseline_finish, leaf.key, line, leaf.base.planned_finish)

    def merge(self, other: "Span") -> None:
        """Takes in all that another span of the same calendar has."""
        for slot, (order, found) in other.best.items():
            self._show(slot, order, found)
        self.lost |= other.lost
        self.is_start_unreported |= other.is_start_unreported
        self.lifecycles |= other.lifecycles
        self._hear(other.last_event_at)

    def moment(self, slot: Slot) -> Moment | None:
        """The earliest or latest date of that kind, as it was given."""
        best = self.best.get(slot)
        return None if best is None else best[1].moment

    def compared(self, slot: Slot) -> Compared:
        """What the baseline date of the span is compared with.

        Nothing if a leaf with a baseline date has none now: the span might end with it.
        """
        if slot is Slot.start and self.is_start_unreported:
            return UNREPORTED
        if slot in self.lost or slot not in self.best:
            return UNDATED
        return self.best[slot][1]

    def lifecycle(self) -> Lifecycle:
        """The lifecycle of the whole: in progress where its living leaves differ, unless work is suspended."""
        living = self.lifecycles - {Lifecycle.cancelled}
        if not living:
            return Lifecycle.cancelled if self.lifecycles else Lifecycle.not_started
        if len(living) == 1:
            return next(iter(living))
        if Lifecycle.suspended in living and Lifecycle.in_progress not in living:
            return Lifecycle.suspended
        return Lifecycle.in_progress

    def _show(self, slot: Slot, order: _Order, found: Compared) -> None:
        best = self.best.get(slot)
        if best is None or order < best[0]:
            self.best[slot] = (order, found)

    def _hear(self, at: datetime | None) -> None:
        if at is not None and (self.last_event_at is None or at > self.last_event_at):
            self.last_event_at = at


def _order(slot: Slot, key: str, line: Line, found: Compared) -> _Order:
    edge = line.start if slot in _STARTS else line.finish
    work = edge.now if found.moment is None else edge.work[found.moment]
    return (work if slot in _STARTS else -work, _RANK[found.basis], key)


def upwards(milestones: Mapping[str, Milestone]) -> list[tuple[str, str]]:
    """The (phase, parent phase) pairs, children before parents; phases in a cycle are left out."""
    phases = {key for key, milestone in milestones.items() if milestone.kind is MilestoneKind.phase}
    parents = {key: parent for key in phases if (parent := milestones[key].parent) in phases and parent}
    waiting = Counter(parents.values())
    ready = [key for key in phases if key not in waiting]
    pairs = []
    while ready:
        key = ready.pop()
        parent = parents.get(key)
        if parent is None:
            continue
        pairs.append((key, parent))
        waiting[parent] -= 1
        if not waiting[parent]:
            ready.append(parent)
    return pairs


def phases_of(
    current: Mapping[str, Milestone],
    baseline: Mapping[str, Milestone] | None,
    leaves: Iterable[Subject],
    lines: Mapping[str, Line],
) -> dict[str, Subject]:
    """Each phase of `lines` as if it were a leaf, with the span of all the leaves below it at any depth.

    Planned, actual, projected and compared dates span the leaves that the current revision has there and nobody
    cancelled; baseline dates those that the baseline had there and that survive. The actual start is
    unknown while that of any leaf is; the actual finish is there when every leaf has finished. `lines`
    gives each phase's own calendar. O(leaves x calendars of phases).

    Source: summary tasks as Microsoft Project rolls them up.
    """
    below = list(leaves)
    old = baseline or {}
    pairs, old_pairs = upwards(current), upwards(old)
    phases: dict[str, Subject] = {}
    for line in {id(line): line for line in lines.values()}.values():
        parents = ((leaf.planned.parent, leaf) for leaf in below)
        now = _gather(current, pairs, parents, (Span.add_current, line))
        parents = ((leaf.base.parent, leaf) for leaf in below)
        then = _gather(old, old_pairs, parents, (Span.add_baseline, line))
        for key, own in lines.items():
            if own is line:
                sides = (current.get(key), old.get(key))
                spans = (now.get(key) or Span(), then.get(key) or Span())
                phases[key] = _phase(sides, spans, line, has_baseline=baseline is not None)
    return phases


def _phase(
    sides: tuple[Milestone | None, Milestone | None],
    spans: tuple[Span, Span],
    line: Line,
    *,
    has_baseline: bool,
) -> Subject:
    (current, baseline), (now, then) = sides, spans
    lifecycle = now.lifecycle()
    planned, base = current or ABSENT, baseline or ABSENT
    planned = replace(
        planned, planned_start=now.moment(Slot.planned_start), planned_finish=now.moment(Slot.planned_finish)
    )
    if base.kind is MilestoneKind.phase:
        base = replace(
            base,
            planned_start=then.moment(Slot.baseline_start),
            planned_finish=then.moment(Slot.baseline_finish),
        )
    has_finished = lifecycle is Lifecycle.completed
    return Subject(
        milestone=current or base,
        planned=planned,
        base=base,
        state=State(lifecycle=lifecycle, last_event_at=now.last_event_at),
        line=line,
        lifecycle=lifecycle,
        absence=absence_of(current, baseline, lifecycle, has_baseline=has_baseline),
        actual_start=None if now.is_start_unreported else now.moment(Slot.actual_start),
        actual_finish=now.moment(Slot.actual_finish) if has_finished else None,
        projected_start=None if now.is_start_unreported else now.moment(Slot.projected_start),
        projected_finish=now.moment(Slot.projected_finish),
        start=now.compared(Slot.start),
        finish=now.compared(Slot.finish),
    )


def _gather(
    milestones: Mapping[str, Milestone],
    pairs: Iterable[tuple[str, str]],
    leaves: Iterable[tuple[str | None, Subject]],
    how: tuple[Callable[[Span, Subject, Line], None], Line],
) -> dict[str, Span]:
    add, line = how
    spans = {key: Span() for key, each in milestones.items() if each.kind is MilestoneKind.phase}
    for parent, leaf in leaves:
        if parent in spans:
            add(spans[parent], leaf, line)
    for key, parent in pairs:
        spans[parent].merge(spans[key])
    return spans


def plan_finish(
    leaves: Iterable[Subject], line: Line, *, is_projected: bool
) -> tuple[Moment | None, Moment | None, Variance]:
    """The latest baseline finish, the latest projected finish, and the variance of the plan's finish.

    Finish variance = W(latest of what is compared) - W(latest baseline finish), on the plan's calendar; + is
    late; the basis is that of the leaf that gives the latest. The baseline's is the latest of the leaves that
    survive. Compared is what their finishes are compared with; where the network is computed, also the dates of
    what was added since: the plan finishes with all that is left in it. `no_planned_date` where no surviving
    leaf has a baseline finish, or one that has can be compared with nothing.
    """
    edge = line.finish
    baselines: list[tuple[int, str, Moment]] = []
    projections: list[tuple[int, str, Moment]] = []
    expectations: list[tuple[int, int, str, Compared]] = []
    is_lost = False
    for leaf in leaves:
        projected = leaf.projected_finish or leaf.projected_start
        baseline = leaf.base.planned_finish if leaf.absence is None else None
        if projected is not None and leaf.absence not in GONE:
            projections.append((-edge.work[projected], leaf.key, projected))
        if baseline is not None:
            baselines.append((-edge.work[baseline], leaf.key, baseline))
        elif not is_projected or leaf.absence not in _ADDED:
            continue
        found = leaf.finish
        if found.reason is None:
            work = edge.now if found.moment is None else edge.work[found.moment]
            expectations.append((-work, _RANK[found.basis], leaf.key, found))
        elif baseline is not None:
            is_lost = True
    projected = min(projections)[2] if projections and is_projected else None
    if not baselines:
        return None, projected, NOTHING[Reason.no_planned_date]
    latest = min(baselines)[2]
    if is_lost:
        return latest, projected, NOTHING[Reason.no_planned_date]
    return latest, projected, date_variance(line, edge, min(expectations)[3], latest)
