"""One evaluation of a plan, without any I/O: what tolerances say of it, and what that changes."""

from collections.abc import Mapping, Sequence, Set
from dataclasses import dataclass
from datetime import datetime
from functools import partial

from app.deviations.service import Shown
from app.domain.deviation_values import Judged, Observed, Reconciled, Subject, Track
from app.domain.deviations import Scope, reconcile
from app.domain.due import next_check_at
from app.domain.evidence import Evidences
from app.domain.judging import baseline_of, judge
from app.domain.root_causes import explained
from app.domain.tolerances import AGAINST_BASELINE, Tolerance
from app.evaluation.observing import View, observe


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
        item = None if value is None else evidences[id(seen)].item(tolerance, value)
        evidence = None if value is None or value.value is None else evidences[id(seen)].of(tolerance, value)
        state = None if milestone is None else seen.states.get(milestone.key)
        found[subject] = Shown(
            tolerance=tolerance,
            judged=value,
            evidence=evidence,
            owner=(item and item.owner)
            or (state and state.assignee)
            or (milestone and milestone.owner)
            or seen.fields.owner,
            labels={} if milestone is None else milestone.labels,
            consequences=reconciled.consequences.get(subject, ()),
        )
    return found
