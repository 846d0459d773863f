"""What an evaluation makes of the deviations known before it: a pure fold, one step per evaluation.

A subject is counted until its value was beyond its tolerance often enough, then has an open record, until
the value was back often enough. Where another milestone's record explains it, it opens none of its own.
The fold depends on nothing but its arguments, and on their order in nothing: repeated, it changes nothing;
replayed over the log of evaluations, it gives the same records.
"""

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Set
from datetime import datetime
from typing import NamedTuple

from app.domain.deviation_values import (
    DeviationState,
    Judged,
    Reconciled,
    Resolution,
    Subject,
    Track,
    Transition,
    TransitionKind,
)
from app.domain.levels import change_of, is_worse, level_of, rank
from app.domain.measures import Basis, Reason
from app.domain.tolerances import AGAINST_BASELINE, Measure, Tolerance

Explain = Callable[[Tolerance, Mapping[str, Judged], Set[str]], Mapping[str, str]]
"""(tolerance, what is beyond it for long enough or has a record, by milestone, the milestones with an open or
accepted record) → of each milestone that another one explains, the one whose record does: of those that have
one, or of those that are ready and that nothing explains."""

_NEW = Track()
_TIME_THAT_PASSES = frozenset({Measure.blocked_minutes, Measure.silence_minutes})
_GONE: Mapping[Reason | None, Resolution] = {
    Reason.cancelled: Resolution.cancelled,
    Reason.removed: Resolution.removed,
}


class Scope(NamedTuple):
    """What an evaluation looks at.

    Attributes:
        as_of: the data date; evaluations within one minute count once.
        now: the present instant, which ends acknowledgements.
        baselines: of each tolerance, the number of the baseline that it looks at now; None: there is none.
        closed: whether the plan is completed, cancelled or deleted: everything is over.
    """

    as_of: datetime
    now: datetime
    baselines: Mapping[str, int | None]
    closed: bool = False

    def minute_of(self, tolerance: Tolerance) -> datetime:
        """The data date as it is counted; silence is judged at the present instant."""
        at = self.now if tolerance.measure is Measure.silence_minutes else self.as_of
        return at.replace(second=0, microsecond=0)


class _Step(NamedTuple):
    """How one subject stands after an evaluation, and what of that is news."""

    track: Track
    transitions: tuple[Transition, ...] = ()


def reconcile(
    tracks: Mapping[Subject, Track],
    judged: Iterable[Judged],
    tolerances: Mapping[str, Tolerance],
    scope: Scope,
    explain: Explain,
) -> Reconciled:
    """Finds what changes, what to remember, and whose breach each record explains.

    Args:
        tracks: what the last evaluation left to remember, and for every other subject that ever had a
            record a `Track` with the number of its newest episode.
        judged: each subject at most once; what was open and is not among them is over.
        tolerances: those that watch the plan now, by key.
        scope: when, and against what.
        explain: tells root causes.
    """
    seen = {
        one.subject: one
        for one in judged
        if (one.level is not None or one.subject in tracks) and _is_watched(one.subject, tolerances, scope)
    }
    steps = {
        subject: _follow(tracks.get(subject, _NEW), one, tolerances[subject.tolerance], scope)
        for subject, one in seen.items()
    }
    over = {
        subject: _resolved(subject, track, None, _why_over(subject, tolerances, scope))
        for subject, track in tracks.items()
        if track.state is not None and subject not in seen
    }
    waiting = {subject for subject, step in steps.items() if _is_due(step.track, seen[subject], tolerances)}
    explained = _explained(steps, seen, waiting, tolerances, explain)
    steps |= {subject: _opened(steps[subject].track, seen[subject]) for subject in waiting - explained.keys()}
    changes = (one for step in (*steps.values(), *over.values()) for one in step.transitions)
    return Reconciled(
        tuple(sorted(changes, key=_order)),
        {s: step.track for s, step in steps.items() if _must_be_remembered(step.track, tolerances[s.tolerance])},
        _consequences(steps, explained),
    )


def _is_watched(subject: Subject, tolerances: Mapping[str, Tolerance], scope: Scope) -> bool:
    """Whether the tolerance still looks at this subject, against this baseline."""
    tolerance = tolerances.get(subject.tolerance)
    if tolerance is None or scope.closed:
        return False
    needed = scope.baselines.get(tolerance.key) if tolerance.measure in AGAINST_BASELINE else None
    return subject.baseline == needed


def _why_over(subject: Subject, tolerances: Mapping[str, Tolerance], scope: Scope) -> Resolution:
    """Why a record whose subject is no longer judged is over."""
    if scope.closed:
        return Resolution.plan_closed
    tolerance = tolerances.get(subject.tolerance)
    if tolerance is None or subject.baseline is None or tolerance.measure not in AGAINST_BASELINE:
        return Resolution.tolerance_changed
    is_same = subject.baseline == scope.baselines.get(tolerance.key)
    return Resolution.tolerance_changed if is_same else Resolution.rebaselined


def _follow(known: Track, one: Judged, tolerance: Tolerance, scope: Scope) -> _Step:
    """One subject's next step, as if nothing explained it; opening is left to the end."""
    is_open = known.state is not None
    if one.value is None:
        gone = _GONE.get(one.reason)
        if gone is None:
            return _reopened(_Step(known), one, scope)
        return _resolved(one.subject, known, one, gone) if is_open else _Step(Track(known.episode))
    if is_open:
        return _open_one(known, one, one.value, tolerance, scope)
    if one.level is None:
        return _Step(Track(known.episode))
    if known.is_accepted and not is_worse(tolerance, one.value, _told(known)):
        return _Step(known._replace(beyond=0, counted_at=None))
    beyond, counted_at = _counted(known.beyond, known.counted_at, tolerance, scope)
    return _Step(known._replace(beyond=beyond, counted_at=counted_at))


def _open_one(known: Track, one: Judged, value: float, tolerance: Tolerance, scope: Scope) -> _Step:
    """The next step of what has an open record."""
    level = level_of(tolerance, value, known.level)
    if rank(level) < rank(known.level):
        within, counted_at = _counted(known.within, known.counted_at, tolerance, scope)
        if within < tolerance.consecutive:
            return _reopened(_Step(known._replace(within=within, counted_at=counted_at)), one, scope)
        if level is None:
            return _resolved(one.subject, known, one, Resolution.within_tolerance)
    change = rank(level) - rank(known.level) or change_of(tolerance, value, _told(known))
    if change > 0 and level is known.level and is_time_alone(one, tolerance.measure):
        change = 0
    track = known._replace(within=0, counted_at=None)
    if not change:
        return _reopened(_Step(track), one, scope)
    track = track._replace(level=level, value=value)
    kind = TransitionKind.worsened if change > 0 else TransitionKind.improved
    told = _Step(track, (Transition(kind, one.subject, track, one),))
    return _reopened(told, one, scope, is_worse_level=rank(level) > rank(known.level))


def is_time_alone(one: Judged, measure: Measure) -> bool:
    """Whether the value is nothing but time that passes: that goes on is no news, until it crosses a bound."""
    return one.basis == Basis.overdue_floor or measure in _TIME_THAT_PASSES


def _told(known: Track) -> float:
    """The value that its record told last; every record has one."""
    return known.value or 0.0


def _counted(
    count: int, counted_at: datetime | None, tolerance: Tolerance, scope: Scope
) -> tuple[int, datetime | None]:
    """The count after one more evaluation, and the data date it was counted at; enough is not counted on."""
    minute = scope.minute_of(tolerance)
    if count >= tolerance.consecutive or (count and counted_at == minute):
        return count, counted_at
    return count + 1, minute


def _reopened(step: _Step, one: Judged, scope: Scope, *, is_worse_level: bool = False) -> _Step:
    """With the end of the acknowledgement, where the level rose or its time is over."""
    track = step.track
    is_late = track.acknowledged_until is not None and track.acknowledged_until <= scope.now
    if track.state is not DeviationState.acknowledged or not (is_late or is_worse_level):
        return step
    track = track._replace(state=DeviationState.open, acknowledged_until=None)
    return _Step(track, (*step.transitions, Transition(TransitionKind.reopened, one.subject, track, one)))


def _opened(known: Track, one: Judged) -> _Step:
    track = Track(known.episode + 1, DeviationState.open, level=one.level, value=one.value)
    return _Step(track, (Transition(TransitionKind.opened, one.subject, track, one),))


def _resolved(subject: Subject, known: Track, one: Judged | None, why: Resolution) -> _Step:
    value = known.value if one is None or one.value is None else one.value
    track = Track(known.episode, level=known.level, value=value)
    return _Step(track, (Transition(TransitionKind.resolved, subject, track, one, why),))


def _has_record(track: Track) -> bool:
    """Whether its newest record is open, or accepted and so still stands for it."""
    return track.state is not None or track.is_accepted


def _is_due(track: Track, one: Judged, tolerances: Mapping[str, Tolerance]) -> bool:
    """Whether the value was beyond for long enough, and no record says so yet."""
    enough = tolerances[one.subject.tolerance].consecutive
    return track.state is None and one.level is not None and track.beyond >= enough


def _must_be_remembered(track: Track, tolerance: Tolerance) -> bool:
    """Whether a later step depends on it; where one evaluation is enough, there is nothing to count."""
    return _has_record(track) or (track.beyond > 0 and tolerance.consecutive > 1)


def _explained(
    steps: Mapping[Subject, _Step],
    seen: Mapping[Subject, Judged],
    waiting: Set[Subject],
    tolerances: Mapping[str, Tolerance],
    explain: Explain,
) -> dict[Subject, Subject]:
    """Of those that wait for a record, the ones that another milestone's record explains, and whose."""
    groups: dict[str, dict[str, Subject]] = defaultdict(dict)
    for subject, step in steps.items():
        if subject.about is not None:  # the network of milestones drives none of these
            continue
        if subject.milestone is not None and (subject in waiting or _has_record(step.track)):
            groups[subject.tolerance][subject.milestone] = subject
    found = {}
    for key in groups.keys() & {subject.tolerance for subject in waiting}:
        group = groups[key]
        ready = {milestone: seen[subject] for milestone, subject in sorted(group.items())}
        holding = {milestone for milestone, subject in group.items() if _has_record(steps[subject].track)}
        for milestone, root in explain(tolerances[key], ready, holding).items():
            if group[milestone] in waiting:
                found[group[milestone]] = group[root]
    return found


def _consequences(
    steps: Mapping[Subject, _Step], explained: Mapping[Subject, Subject]
) -> dict[Subject, tuple[str, ...]]:
    """The milestones that each record explains, sorted; empty where it explains none."""
    found: dict[Subject, list[str]] = {subject: [] for subject, step in steps.items() if _has_record(step.track)}
    for subject, root in explained.items():
        found[root].append(str(subject.milestone))
    return {subject: tuple(sorted(milestones)) for subject, milestones in found.items()}


def _order(one: Transition) -> tuple[bool, str, str, int, str]:
    """What is over comes first; then by subject, the plan before its milestones."""
    subject = one.subject
    return (
        one.kind is not TransitionKind.resolved,
        subject.tolerance,
        subject.milestone or "",
        subject.baseline or 0,
        subject.about or "",
    )
