"""When to look again: the next instant at which any finding could change although nothing is recorded."""

from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime, timedelta

from app.domain.deviation_values import DeviationState, Observed, Subject, Track
from app.domain.execution import Lifecycle
from app.domain.subjects import SILENCE
from app.domain.tolerances import Measure, Tolerance

_MINUTE = timedelta(minutes=1)


def next_check_at(
    observed: Observed, tolerances: Iterable[Tolerance], tracks: Mapping[Subject, Track]
) -> datetime | None:
    """The next instant at which a finding could change if nothing is recorded before it; None: never.

    No finding changes strictly before it, minutes being the grain of data dates.
    """
    soon = observed.now.replace(second=0, microsecond=0) + _MINUTE
    return min((max(at, soon) for at in _instants(observed, tuple(tolerances), tracks, soon)), default=None)


def _instants(
    observed: Observed, tolerances: tuple[Tolerance, ...], tracks: Mapping[Subject, Track], soon: datetime
) -> Iterator[datetime]:
    for track in tracks.values():
        if track.state is DeviationState.acknowledged and track.acknowledged_until is not None:
            yield track.acknowledged_until
    is_watched = any(observed.moves or each.measure is Measure.silence_minutes for each in tolerances)
    done = (Lifecycle.completed, Lifecycle.cancelled)
    states = (observed.states.get(key, SILENCE) for key in observed.current)
    if is_watched and any(state.lifecycle not in done for state in states):
        yield soon
