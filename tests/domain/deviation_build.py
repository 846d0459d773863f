"""Short spellings of tolerances, and a caller that remembers between evaluations what a database would."""

from collections.abc import Iterable, Mapping, Set
from datetime import UTC, datetime, timedelta
from typing import Any

from app.domain.deviation_values import DeviationState, Judged, Reconciled, Subject, Track, Transition
from app.domain.deviations import Explain, Scope, reconcile
from app.domain.levels import level_of
from app.domain.measures import Reason
from app.domain.tolerances import Bounds, Measure, Tolerance, Unit

START = datetime(2024, 5, 6, 9, tzinfo=UTC)
FINISH = Tolerance("finish", Measure.finish_variance, Unit.working_days, upper=Bounds(10, 20))
"""Warning beyond 10 days, over again at 8; breach beyond 20, over again at 16."""


def never(_: Tolerance, __: Mapping[str, Judged], ___: Set[str]) -> Mapping[str, str]:
    """Nothing explains anything."""
    return {}


def in_a_row(_: Tolerance, ready: Mapping[str, Judged], holding: Set[str]) -> Mapping[str, str]:
    """The alphabet is one chain: each is explained by the nearest before it that has, or gets, a record."""
    found, root = {}, ""
    for milestone in sorted(ready):
        if root and milestone not in holding:
            found[milestone] = root
        else:
            root = milestone
    return found


def judge(tolerance: Tolerance, values: Mapping[Any, float | Reason], baseline: int | None = 1) -> list[Judged]:
    """Each value (or the reason for none) judged."""
    return [
        Judged(Subject(tolerance.key, milestone, baseline), None, value)
        if isinstance(value, Reason)
        else Judged(Subject(tolerance.key, milestone, baseline), value, level=level_of(tolerance, value))
        for milestone, value in values.items()
    ]


def told(transitions: Iterable[Transition]) -> list[str]:
    """Each as `kind milestone#episode level`, or the resolution."""
    return [
        f"{one.kind} {one.subject.milestone or 'plan'}#{one.track.episode} {one.resolution or one.track.level}"
        for one in transitions
    ]


class Watch:
    """Evaluates again and again, a minute after the last time unless told otherwise."""

    def __init__(self, *tolerances: Tolerance, explain: Explain = never) -> None:
        self.tolerances = {one.key: one for one in tolerances or (FINISH,)}
        self.explain = explain
        self.baseline: int | None = 1
        self.as_of = START
        self.tracks: Mapping[Subject, Track] = {}
        self.episodes: dict[Subject, int] = {}
        self.last = Reconciled()

    def evaluate(self, judged: Iterable[Judged], minutes: float = 1, *, closed: bool = False) -> list[str]:
        self.as_of += timedelta(minutes=minutes)
        known = {subject: Track(episode) for subject, episode in self.episodes.items()}
        scope = Scope(self.as_of, self.as_of, dict.fromkeys(self.tolerances, self.baseline), closed)
        self.last = reconcile({**known, **self.tracks}, judged, self.tolerances, scope, self.explain)
        self.tracks = self.last.tracks
        self.episodes |= {one.subject: one.track.episode for one in self.last.transitions}
        return told(self.last.transitions)

    def see(self, minutes: float = 1, **values: float | Reason) -> list[str]:
        """Evaluates these values of the first tolerance."""
        tolerance = next(iter(self.tolerances.values()))
        return self.evaluate(judge(tolerance, dict(values), self.baseline), minutes)

    def acknowledge(self, milestone: str, *, until: datetime | None = None, accepted: bool = False) -> None:
        """What the service does when somebody acknowledges the milestone's open record."""
        subject = next(one for one in self.tracks if one.milestone == milestone)
        track = self.tracks[subject]._replace(state=DeviationState.acknowledged, acknowledged_until=until)
        if accepted:
            track = Track(track.episode, is_accepted=True, level=track.level, value=track.value)
        self.tracks = {**self.tracks, subject: track}
