"""One evaluation of a plan, without any I/O: what tolerances say of it, and what that changes."""

from collections.abc import Iterator, Mapping, Sequence, Set
from dataclasses import dataclass
from datetime import datetime
from functools import partial

from app.deviations.service import Shown
from app.domain.deviation_values import Judged, Observed, Reconciled, Subject, Track
from app.domain.deviations import Scope, reconcile
from app.domain.due import next_check_at
from app.domain.evidence import Evidences
from app.domain.execution import ExecutionEvent, Identity
from app.domain.judging import baseline_of, judge
from app.domain.moments import to_minutes
from app.domain.root_causes import explained
from app.domain.tolerances import AGAINST_BASELINE, Tolerance
from app.evaluation.observing import View, observe
from app.variance.snapshot import Snapshot


@dataclass(frozen=True, slots=True)
class Looked:
    """What every tolerance sees: the plan beside each baseline, and the values beyond a bound or known before."""

    tolerances: Mapping[str, Tolerance]
    observed: Sequence[tuple[Observed, tuple[Tolerance, ...]]]
    judged: tuple[Judged, ...]


@dataclass(frozen=True, slots=True)
class Judgement:
    """What one evaluation makes of a plan, and when the next one is due; None: when something is recorded."""

    reconciled: Reconciled
    shown: Mapping[Subject, Shown]
    next_check_at: datetime | None


def look(views: Sequence[View], as_of: datetime, now: datetime, known: Set[Subject]) -> Looked:
    """Judge every tolerance; `known` are the subjects to be told of whatever their value is."""
    observed = [(observe(view, as_of, now), view.tolerances) for view in views]
    judged = [value for seen, tolerances in observed for value in judge(seen, tolerances, known)]
    tolerances = {tolerance.key: tolerance for view in views for tolerance in view.tolerances}
    return Looked(tolerances, observed, tuple(judged))


def conclude(looked: Looked, tracks: Mapping[Subject, Track]) -> Judgement:
    """Reconcile what was seen with what is known; pure, so that the log of evaluations can be replayed."""
    observer = {tolerance.key: seen for seen, tolerances in looked.observed for tolerance in tolerances}
    first = looked.observed[0][0]
    baselines = {
        key: observer[key].baseline_number if tolerance.measure in AGAINST_BASELINE else None
        for key, tolerance in looked.tolerances.items()
    }
    scope = Scope(as_of=first.as_of, now=first.now, baselines=baselines, closed=False)
    limits: dict[Subject, float] = {}
    explain = partial(_explain, observer, limits)
    reconciled = reconcile(tracks, looked.judged, looked.tolerances, scope, explain)
    times = [next_check_at(seen, tolerances, reconciled.tracks, limits) for seen, tolerances in looked.observed]
    return Judgement(
        reconciled, _shown(looked, observer, reconciled), min((t for t in times if t is not None), default=None)
    )


def _explain(
    observer: Mapping[str, Observed],
    limits: dict[Subject, float],
    tolerance: Tolerance,
    ready: Mapping[str, Judged],
    holding: Set[str],
) -> Mapping[str, str]:
    """The root causes; up to which value each explains another one is noted in `limits`."""
    seen = observer[tolerance.key]
    found = explained(seen, tolerance, ready, holding)
    limits |= {Subject(tolerance.key, key, baseline_of(seen, tolerance)): most for key, most in found.limits.items()}
    return found.roots


def _shown(looked: Looked, observer: Mapping[str, Observed], reconciled: Reconciled) -> dict[Subject, Shown]:
    """What is told of every subject that has a record, or whose record ends now."""
    judged = {value.subject: value for value in looked.judged}
    changed = {transition.subject for transition in reconciled.transitions}
    recorded = {subject for subject, track in reconciled.tracks.items() if track.state is not None}
    evidences = {id(seen): Evidences(seen) for seen, _ in looked.observed}
    found = {}
    for subject in changed | recorded:
        tolerance, value = looked.tolerances.get(subject.tolerance), judged.get(subject)
        if tolerance is None:
            continue
        seen = observer[tolerance.key]
        milestone = None if subject.milestone is None else seen.current.get(subject.milestone)
        evidence = None if value is None or value.value is None else evidences[id(seen)].of(tolerance, value)
        state = None if milestone is None else seen.states.get(milestone.key)
        found[subject] = Shown(
            tolerance=tolerance,
            judged=value,
            evidence=evidence,
            owner=(state and state.assignee) or (milestone and milestone.owner) or seen.fields.owner,
            labels={} if milestone is None else milestone.labels,
            consequences=reconciled.consequences.get(subject, ()),
        )
    return found


def told_late(snapshot: Snapshot, known: int, before: datetime) -> frozenset[str | None]:
    """The milestones, with all that follow or contain them, of which something from before an instant was told late.

    The evaluation at that instant knew the first `known` events; what those after them change of what had happened
    by then it did not know: the transitions they cause are retroactive. With any milestone comes None, the plan as
    a whole. O(events + milestones + dependencies).
    """
    events, edge = snapshot.events, to_minutes(before)
    fresh = events[known:]
    named = {event.identity: event for event in events} if any(event.target for event in fresh) else {}
    late = {
        told.milestone
        for event in fresh
        for told in _spoken_of(event, named)
        if told.milestone is not None and to_minutes(told.occurred_at) < edge
    }
    if not late:
        return frozenset()
    followers: dict[str, list[str]] = {}
    for predecessor, _, successor in snapshot.dependencies:
        followers.setdefault(predecessor, []).append(successor)
    for milestone in snapshot.current.values():
        if milestone.parent is not None:
            followers.setdefault(milestone.key, []).append(milestone.parent)
    waiting = list(late)
    while waiting:
        for follower in followers.get(waiting.pop(), ()):
            if follower not in late:
                late.add(follower)
                waiting.append(follower)
    return frozenset({None, *late})


def _spoken_of(event: ExecutionEvent, named: Mapping[Identity, ExecutionEvent]) -> Iterator[ExecutionEvent]:
    """The event; what it takes back or replaces, as far as that was told; and what it puts in its place."""
    told, seen = event, {event.identity}
    while True:
        yield told
        if told.replacement is not None:
            yield told.replacement
        if told.target is None or told.target not in named or told.target in seen:
            return
        seen.add(told.target)
        told = named[told.target]
