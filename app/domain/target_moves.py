"""How the target of a plan has moved: its finish in each baseline, and the milestones whose dates changed."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import NamedTuple

from app.domain.calendars import WorkingTime
from app.domain.moments import Moment
from app.domain.plan import Milestone, MilestoneKind


class Target(NamedTuple):
    """The planned date that a leaf is held to: its finish, of a start milestone its start."""

    moment: Moment
    is_start: bool = False

    def work(self, calendar: WorkingTime) -> int:
        """Where it lies on the working line of a calendar."""
        return calendar.start_work(self.moment) if self.is_start else calendar.finish_work(self.moment)


def target_of(milestone: Milestone) -> Target | None:
    """What a milestone is held to; None: a phase, which has no dates of its own, or nothing is planned."""
    if milestone.kind is MilestoneKind.phase:
        return None
    if milestone.planned_finish is not None:
        return Target(milestone.planned_finish)
    return None if milestone.planned_start is None else Target(milestone.planned_start, is_start=True)


@dataclass(frozen=True, slots=True)
class Aim:
    """What one baseline aims at: the targets of its leaves by key, those without one left out."""

    number: int
    targets: Mapping[str, Target]
    is_supplementary: bool = False


class Move(NamedTuple):
    """A milestone whose target moved, in working minutes of its own calendar: + is later."""

    milestone: str
    before: Moment
    after: Moment
    working_minutes: int


class Step(NamedTuple):
    """A baseline beside the one before.

    Attributes:
        finish: the latest target; None: there is none.
        working_minutes: how much later, on the plan's calendar, than the last one before that has a finish; None:
            there is none before.
        moves: every target that is another one, the furthest first.
        added, removed: how many milestones have a target in this one alone, or in the one before alone.
    """

    number: int
    finish: Moment | None
    working_minutes: int | None
    moves: tuple[Move, ...]
    added: int
    removed: int


def step_minutes(before: Target, after: Target, calendar: WorkingTime) -> int:
    """W(after) - W(before) on one working line: + is later; the other way round it is the same with another sign.

    Days and instants are taken as they stand, not to each other's precision, so that steps add up to the whole move.
    """
    return after.work(calendar) - before.work(calendar)


def finish_of(aim: Aim, calendar: WorkingTime) -> Target | None:
    """The latest target on a calendar; of two that tie the one with the first key."""
    found = min(aim.targets.items(), key=lambda item: (-item[1].work(calendar), item[0]), default=None)
    return None if found is None else found[1]


def steps(aims: Iterable[Aim], working: Callable[[str], WorkingTime], plan_working: WorkingTime) -> tuple[Step, ...]:
    """Each baseline beside the one before it, by number.

    A supplementary one is compared too, and nothing is compared with it: it moves no target. The steps of the others
    add up to the move from the first to the last. O(n log n) in the targets of all.

    Args:
        aims: the baselines, in any order.
        working: the calendar of a milestone, by key.
        plan_working: the plan's calendar.
    """
    found: list[Step] = []
    before: Aim | None = None
    last: Target | None = None
    for aim in sorted(aims, key=lambda each: each.number):
        finish = finish_of(aim, plan_working)
        minutes = None if last is None or finish is None else step_minutes(last, finish, plan_working)
        old = aim.targets if before is None else before.targets
        found.append(
            Step(
                number=aim.number,
                finish=None if finish is None else finish.moment,
                working_minutes=minutes,
                moves=_moves(old, aim.targets, working),
                added=len(aim.targets.keys() - old.keys()),
                removed=len(old.keys() - aim.targets.keys()),
            )
        )
        if not aim.is_supplementary:
            before, last = aim, finish or last
    return tuple(found)


def _moves(
    old: Mapping[str, Target], new: Mapping[str, Target], working: Callable[[str], WorkingTime]
) -> tuple[Move, ...]:
    changed = sorted(key for key, target in new.items() if key in old and old[key] != target)
    moves = [
        Move(key, old[key].moment, new[key].moment, step_minutes(old[key], new[key], working(key))) for key in changed
    ]
    return tuple(sorted(moves, key=lambda move: (-abs(move.working_minutes), move.milestone)))
