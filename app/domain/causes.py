"""Why a plan went as it did: what people said of its deviations, and what blocked its work, by reason code."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import NamedTuple

from app.domain.calendars import WorkingTime
from app.domain.execution import EventType, ExecutionEvent
from app.domain.moments import to_minutes


class Block(NamedTuple):
    """For how long a milestone stood still: from the first report up to what ended it, or the status date."""

    milestone: str
    reason_code: str | None
    since: datetime
    until: datetime


class Said(NamedTuple):
    """What a person said last of one deviation; of the plan as a whole there is no milestone."""

    milestone: str | None
    reason_code: str | None


@dataclass(frozen=True, slots=True)
class Cause:
    """What one reason code explains; None: what was acknowledged or blocked without one.

    Attributes:
        deviations, blocks: how many.
        slip_minutes: by how many working minutes those milestones are later than the baseline, each once; early ones
            and those without a value count nothing.
        blocked_minutes: for how many working minutes they stood still.
        milestones: the keys, sorted.
    """

    reason_code: str | None
    deviations: int
    blocks: int
    slip_minutes: int
    blocked_minutes: int
    milestones: tuple[str, ...]


_ENDS = frozenset({EventType.unblocked, EventType.completed, EventType.cancelled})


def blocks(happened: Iterable[ExecutionEvent], until: datetime) -> list[Block]:
    """Every time that a milestone was blocked, as the fold of events counts it: see `app.domain.progress.fold`.

    A block begins with the first report; what is reported while it lasts, or of finished work, begins none.

    Args:
        happened: effective events in canonical order, up to the status date.
        until: the instant up to which a block that nothing ended counts.
    """
    found: list[Block] = []
    begun: dict[str, Block] = {}
    done: set[str] = set()
    for event in happened:
        key = event.milestone
        if key is None:
            continue
        if event.type == EventType.blocked and key not in begun and key not in done:
            begun[key] = Block(key, event.data.get("reason_code"), event.occurred_at, until)
        elif event.type in _ENDS and key in begun:
            found.append(begun.pop(key)._replace(until=event.occurred_at))
        if event.type == EventType.completed:
            done.add(key)
        elif event.type == EventType.reopened:
            done.discard(key)
    return found + list(begun.values())


def causes(
    said: Iterable[Said],
    blocked: Iterable[Block],
    slips: Mapping[str, int],
    working: Callable[[str], WorkingTime],
) -> list[Cause]:
    """What each reason code explains, the most working minutes of slip and standstill first; no order changes that.

    A milestone of which two reasons were given counts its slip for both: causes are not shares of one whole.

    Args:
        said: of each deviation that was ever acknowledged what was said last.
        blocked: when work stood still.
        slips: the finish variance in working minutes of each leaf that has one.
        working: the calendar of a milestone, by key.
    """
    by_code: dict[str | None, tuple[list[Said], list[Block]]] = {}
    for one in said:
        by_code.setdefault(one.reason_code, ([], []))[0].append(one)
    for block in blocked:
        by_code.setdefault(block.reason_code, ([], []))[1].append(block)
    found = [_cause(code, *parts, slips, working) for code, parts in by_code.items()]
    return sorted(
        found,
        key=lambda each: (
            -(each.slip_minutes + each.blocked_minutes),
            -(each.deviations + each.blocks),
            each.reason_code is None,
            each.reason_code or "",
        ),
    )


def _cause(
    code: str | None,
    said: Sequence[Said],
    blocked: Sequence[Block],
    slips: Mapping[str, int],
    working: Callable[[str], WorkingTime],
) -> Cause:
    late = {one.milestone for one in said if one.milestone is not None}
    stood = sum(_minutes(block, working(block.milestone)) for block in blocked)
    return Cause(
        reason_code=code,
        deviations=len(said),
        blocks=len(blocked),
        slip_minutes=sum(max(slips.get(key, 0), 0) for key in late),
        blocked_minutes=stood,
        milestones=tuple(sorted(late | {block.milestone for block in blocked})),
    )


def _minutes(block: Block, calendar: WorkingTime) -> int:
    """Working minutes that a block lasted; 0 of one that began after it was over."""
    return max(calendar.worked(to_minutes(block.until)) - calendar.worked(to_minutes(block.since)), 0)
