"""Who writes, when and why; and the instants at which facts are recorded."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from app.kit.clock import Clock
from app.kit.problems import Problem

_STEP = timedelta(microseconds=1)
_TIES = timedelta(seconds=1)


@dataclass(frozen=True, slots=True)
class Stamp:
    """The authorship of a write; `recorded_at` where the caller may state it, else the clock decides.

    The clock is read once the plan's lock is held: an instant taken before might already have been asked about.
    """

    author: str
    clock: Clock
    reason: str | None = None
    recorded_at: datetime | None = None
    origin: str = "edit"


class RecordedBeforeHistory(Problem):
    """The recorded_at given lies before the plan's newest fact, or in the future.

    What was known at an instant never changes; a fact cannot be slipped in before others.
    """

    slug, title, status = "recorded-before-history", "recorded_at does not continue the history", 422
    advice = (
        "Give an instant at or after the plan's newest fact (`known_at` of its variance), load history in its "
        "order, or leave recorded_at out."
    )


def next_recorded_at(asked: datetime | None, now: datetime, last: datetime | None) -> datetime:
    """When the next fact of a plan is recorded: later than its last, and never in the future.

    Facts that were really recorded at one instant are kept apart by 1 µs each, so an instant asked for
    may lie up to a second before the last fact.

    Raises:
        RecordedBeforeHistory: the instant asked for lies before the last fact or after now.
    """
    if asked is not None and (asked > now or (last is not None and asked < last - _TIES)):
        raise RecordedBeforeHistory
    wanted = asked or now
    return wanted if last is None else max(wanted, last + _STEP)
